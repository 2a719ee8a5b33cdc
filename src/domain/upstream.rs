//! What travels between a connector and the rest of the house: records, changes, logs, and what can
//! go wrong on the way.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A contact as an upstream holds it, mapped to the canonical form.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// The upstream's own id; opaque, never empty.
    pub external_id: String,
    /// What tells one state of the record from another (an `ETag`); compared in sweeps.
    pub version: Option<String>,
    /// When the upstream says it changed, Unix ms. A record older than the one held is not taken.
    pub modified_ms: Option<i64>,
    /// The contact as the widget writes it (protocol 3.1), without `id`.
    pub contact: Map<String, Value>,
    /// What lists are filtered by; never sent to a browser.
    pub facets: Facets,
    /// The record as it came, for a dry run.
    pub raw: Value,
}

/// What a contact list may be filtered by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// Whose contact it is, by the upstream's id or name of a user.
    pub owners: Vec<String>,
    /// Lists, segments or groups it is on.
    pub lists: Vec<String>,
    /// Its tags or categories.
    pub tags: Vec<String>,
    /// Further fields by the upstream's names.
    pub fields: Map<String, Value>,
}

/// One change upstream.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// New or changed.
    Upsert(Box<Record>),
    /// Gone, archived or merged away.
    Delete {
        /// The upstream's own id.
        external_id: String,
        /// When, Unix ms, where the upstream says so.
        at_ms: Option<i64>,
    },
}

/// Some of the changes after a cursor.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePage {
    /// In the order they happened, as far as the upstream tells it.
    pub changes: Vec<Change>,
    /// Where to go on.
    pub next: Next,
    /// How many changes the run has in all, where it is known.
    pub total: Option<u64>,
}

/// Where a listing goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// There is more now: ask with this cursor.
    More(String),
    /// Nothing more for now. The cursor is for the next run; without one that run lists everything.
    Done(Option<String>),
}

/// Some of all ids, for a sweep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdPage {
    /// Id and version, where the upstream lists versions beside ids.
    pub ids: Vec<(String, Option<String>)>,
    /// Where to go on; none is the end.
    pub next: Option<String>,
}

/// What a connector can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a capability of its own")]
pub struct Capabilities {
    /// A cursor gives what changed since, not everything again.
    pub incremental: bool,
    /// Deletions come as changes. Where they do not, only a sweep finds them.
    pub deletions: bool,
    /// Contacts can be made.
    pub create_contact: bool,
    /// Contacts can be changed.
    pub update_contact: bool,
    /// Calls can be logged.
    pub write_call_log: bool,
    /// Messages can be logged.
    pub write_message_log: bool,
    /// A log can be found by our key, so that an unclear write may be looked up.
    pub find_log: bool,
    /// What happens to a log that is written again.
    pub update_log: UpdateLog,
    /// The text of a log can be read, so that what people wrote around ours stays.
    pub read_log: bool,
    /// How the text of a log is written.
    pub log_format: LogFormat,
    /// Each operator signs in for themselves.
    pub per_operator: bool,
}

/// How a log's text is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Plain text.
    #[default]
    Text,
    /// HTML.
    Html,
    /// Markdown.
    Markdown,
}

/// How a log that stands upstream can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum UpdateLog {
    /// It is replaced.
    Replace,
    /// Only further text can be added.
    Append,
    /// It stays as it is.
    #[default]
    None,
}

/// A contact to make or change upstream, as an operator gave it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewContact {
    /// The whole name, where the parts are not told apart.
    pub name: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Employer.
    pub company: String,
    /// Position.
    pub job_title: String,
    /// Numbers, E.164 where they can be.
    pub phone_numbers: Vec<NewPhone>,
    /// E-mail addresses.
    pub emails: Vec<String>,
}

/// A number of a [`NewContact`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewPhone {
    /// The number.
    pub phone_number: String,
    /// The widget's kind: `mobile`, `business` and so on.
    pub phone_type: String,
}

impl NewContact {
    /// The given and the family name: as told apart, or the whole name split at its last space. The
    /// family name, which many CRMs insist on, is never empty while there is anything to show.
    pub fn name_parts(&self) -> (String, String) {
        if !(self.first_name.is_empty() && self.last_name.is_empty()) {
            return (self.first_name.clone(), self.last_name.clone());
        }
        let name = if self.name.is_empty() {
            self.phone_numbers.first().map_or("", |phone| phone.phone_number.as_str())
        } else {
            self.name.trim()
        };
        match name.rsplit_once(' ') {
            Some((first, last)) => (first.trim().to_owned(), last.to_owned()),
            None => (String::new(), name.to_owned()),
        }
    }
}

/// What kind of log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// A call.
    Call,
    /// Messages of one conversation and day.
    Message,
}

/// A log to write upstream.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogEntry {
    /// Our key: the same for every attempt and every later version of this log.
    pub key: String,
    /// What it is.
    pub kind: LogKind,
    /// The upstream's id of the contact, where there is one.
    pub contact_id: Option<String>,
    /// It stands on another contact than this one, or on none.
    pub moved: bool,
    /// That other contact.
    pub moved_from: Option<String>,
    /// One line.
    pub subject: String,
    /// The text, composed and escaped for the connector's format.
    pub body: String,
    /// `Inbound` or `Outbound`.
    pub direction: String,
    /// E.164, or as the widget wrote it.
    pub from: String,
    /// E.164, or as the widget wrote it.
    pub to: String,
    /// Unix ms.
    pub started_ms: i64,
    /// Length of a call, in seconds.
    pub seconds: i64,
    /// How it ended, in the widget's words.
    pub result: String,
    /// Where the recording can be heard, where there is one.
    pub recording_url: Option<String>,
    /// Values of the log form, as it was saved.
    pub form: Map<String, Value>,
    /// What was answered to the administrator's own fields of it, by their ids; nothing empty.
    pub answers: Map<String, Value>,
    /// What earlier steps of this write captured; empty in the first attempt.
    pub captured: Map<String, Value>,
}

/// Whose account a credential opens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// The upstream's id of the user, where it tells one.
    pub id: String,
    /// A name or an address that people recognise.
    pub name: String,
}

/// The kinds of upstream trouble, told apart by what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// No connection, or it fails inside (5xx): tried again.
    Down,
    /// No answer in time: tried again.
    Slow,
    /// Too many requests: tried again when it says.
    RateLimited,
    /// The credential is not taken (any more): waits for a person.
    Unauthorized,
    /// The credential is good, but may not do this: waits for an administrator.
    Forbidden,
    /// What was asked for is not there; of a cursor, it is not known any more.
    Gone,
    /// The upstream does not take what was sent, and says why.
    Rejected,
    /// The answer is not what the protocol says.
    Broken,
}

impl Trouble {
    /// What to do about it.
    pub fn fix(self) -> &'static str {
        match self {
            Self::Down | Self::Slow => {
                "nothing: it is tried again by itself; look at the server, or at the connector's url, if it lasts"
            }
            Self::RateLimited => {
                "nothing: it goes on when the server allows it; sync less often (sync_seconds) if it lasts"
            }
            Self::Unauthorized => {
                "sign in again (Connect in the widget's settings), or correct the connector's key or password in the configuration"
            }
            Self::Forbidden => "give the connector's account the permission it lacks",
            Self::Gone => "check the connector's url",
            Self::Rejected => "correct what the server names",
            Self::Broken => "check that the connector's url is this API's, and not a log-in page or a proxy",
        }
    }
}

/// Upstream trouble with its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct UpstreamError {
    /// What kind.
    pub trouble: Trouble,
    /// What happened, for a person; holds no secret.
    pub words: String,
    /// How long to wait, where the upstream says so.
    pub retry_after: Option<Duration>,
    /// The request may have had its effect all the same: look before it is repeated.
    pub unclear: bool,
}

impl UpstreamError {
    /// Trouble that surely had no effect.
    pub fn new(trouble: Trouble, words: impl fmt::Display) -> Self {
        Self { trouble, words: words.to_string(), retry_after: None, unclear: false }
    }

    /// The same after a refusal, which is told first unless it is told already.
    #[must_use]
    pub fn after(mut self, refusal: &str) -> Self {
        if self.words.is_empty() {
            refusal.clone_into(&mut self.words);
        } else if !self.words.contains(refusal) {
            self.words = format!("{refusal}: {}", self.words);
        }
        self
    }

    /// The same, but the request may have been carried out.
    #[must_use]
    pub fn unclear(mut self) -> Self {
        self.unclear = true;
        self
    }

    /// The same, with the wait the upstream asks for.
    #[must_use]
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_name_is_never_missing() {
        let named = |name: &str| NewContact { name: name.into(), ..NewContact::default() }.name_parts();
        assert_eq!(named("Ada King Lovelace"), ("Ada King".into(), "Lovelace".into()));
        assert_eq!(named("Ada"), (String::new(), "Ada".into()));
        let unnamed = NewContact {
            phone_numbers: vec![NewPhone { phone_number: "+16505550100".into(), ..NewPhone::default() }],
            ..NewContact::default()
        };
        assert_eq!(unnamed.name_parts().1, "+16505550100");
        let parts = NewContact { first_name: "Ada".into(), ..NewContact::default() };
        assert_eq!(parts.name_parts(), ("Ada".into(), String::new()));
    }
}
