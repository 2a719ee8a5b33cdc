//! What is to be delivered to a CRM: an outbox entry for each log and connector, and the rules by which
//! a log finds its connector and its time. Pure; who claims and delivers entries is elsewhere.

mod course;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::party::{Choice, Decider};
use super::upstream::{LogKind, Trouble};
pub use course::{Claimed, Fact, Settlement, Why, advance};

/// How an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// It is delivered when it is due.
    Waiting,
    /// The connector is signed out: it goes on after the next sign-in.
    Paused,
    /// A person has to say which contact it belongs to.
    Decision,
    /// It may stand upstream, and nothing can find out: a person has to look.
    Unsure,
    /// The upstream does not take it, and says why.
    Dead,
    /// It stands upstream as it stands here.
    Delivered,
    /// It is kept here only: nobody upstream is concerned, or a person dropped it.
    Kept,
}

impl OutboxState {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Waiting, Self::Paused, Self::Decision, Self::Unsure, Self::Dead, Self::Delivered, Self::Kept];

    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Decision => "decision",
            Self::Unsure => "unsure",
            Self::Dead => "dead",
            Self::Delivered => "delivered",
            Self::Kept => "kept",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether something is still to be done, by the worker or by a person.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Delivered | Self::Kept)
    }
}

/// The delivery of one log to one connector.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxEntry {
    /// `ob_...`.
    pub id: String,
    /// The log: `cl_...` or `ml_...`.
    pub log_id: String,
    /// What it is.
    pub kind: LogKind,
    /// Empty until it is known whose it is.
    pub connector: String,
    /// Whose log it is.
    pub operator: String,
    /// How it stands.
    pub state: OutboxState,
    /// Grows with each change of the log.
    pub revision: i64,
    /// The revision that stands upstream; 0 for none.
    pub delivered_revision: i64,
    /// The revision that was sent when it is not known whether it arrived; 0 when that is known.
    pub tried_revision: i64,
    /// The contact that it was sent for.
    pub tried_contact: Option<String>,
    /// When that was, Unix ms.
    pub tried_ms: i64,
    /// The contact it hangs on upstream.
    pub delivered_contact: Option<String>,
    /// What tells apart what it says there; none where that is not known.
    #[serde(skip)]
    pub delivered_digest: Option<String>,
    /// The upstream's id of the log.
    pub upstream_id: Option<String>,
    /// What the steps of a write that is not complete brought.
    pub captured: Map<String, Value>,
    /// Attempts since it last succeeded or changed hands.
    pub attempts: i64,
    /// Not before this time, Unix ms.
    pub due_ms: i64,
    /// The kind of the last trouble.
    pub trouble: Option<Trouble>,
    /// The last trouble in words, or what a person has to decide.
    pub words: Option<String>,
    /// Unix ms.
    pub created_ms: i64,
    /// Unix ms.
    pub updated_ms: i64,
    /// Unix ms of the last delivery.
    pub delivered_ms: Option<i64>,
}

/// What a connector takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct Route {
    /// Calls.
    pub calls: bool,
    /// Messages.
    pub messages: bool,
    /// Logs of which a person said that they belong to no contact.
    pub unassigned: bool,
    /// What stands there cannot be replaced: it is written when no more is to come.
    pub patient: bool,
}

impl Route {
    fn takes(self, kind: LogKind) -> bool {
        match kind {
            LogKind::Call => self.calls,
            LogKind::Message => self.messages,
        }
    }
}

/// Where logs go, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes {
    /// The connectors that take logs, by id.
    pub connectors: BTreeMap<String, Route>,
    /// How long a call that ended waits for the telephone system's record, in milliseconds.
    pub settle_ms: i64,
    /// After so long without a post a log is taken for complete, in milliseconds.
    pub finalise_ms: i64,
}

/// Where a log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Nowhere: it is kept here.
    Here,
    /// Not known yet: looked up when it is due.
    Open,
    /// To this connector.
    Connector(String),
}

/// How urgent a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Nothing more will come.
    Complete,
    /// A person waits for it.
    Asked,
    /// More will come shortly.
    Settling,
    /// It goes on.
    Live,
}

/// The connector of a contact's id; `None` for the built-in address book.
pub fn connector_of(contact_id: &str) -> Option<(&str, &str)> {
    contact_id.split_once(':')
}

impl Routes {
    /// Whether anything is delivered at all.
    pub fn is_empty(&self) -> bool {
        self.connectors.is_empty()
    }

    /// Whether a connector takes logs of a kind.
    pub fn takes(&self, connector: &str, kind: LogKind) -> bool {
        self.connectors.get(connector).is_some_and(|route| route.takes(kind))
    }

    /// Whether an entry may stay where it is though its log has no contact.
    fn takes_unassigned(&self, entry: &OutboxEntry) -> bool {
        entry.state != OutboxState::Kept && self.connectors.get(&entry.connector).is_some_and(|route| route.unassigned)
    }

    /// Where a log goes by its contact.
    pub fn target(&self, kind: LogKind, choice: &Choice) -> Target {
        if !self.connectors.values().any(|route| route.takes(kind)) {
            return Target::Here;
        }
        match (&choice.contact_id, choice.decided_by) {
            (Some(id), _) => match connector_of(id) {
                Some((connector, _)) if self.takes(connector, kind) => Target::Connector(connector.to_owned()),
                _ => Target::Here,
            },
            (None, Decider::Person) => self
                .connectors
                .iter()
                .find(|(_, route)| route.takes(kind) && route.unassigned)
                .map_or(Target::Here, |(id, _)| Target::Connector(id.clone())),
            (None, _) => Target::Open,
        }
    }

    /// When a change is to be delivered, Unix ms.
    pub fn due(&self, urgency: Urgency, now_ms: i64) -> i64 {
        now_ms.saturating_add(match urgency {
            Urgency::Complete | Urgency::Asked => 0,
            Urgency::Settling => self.settle_ms,
            Urgency::Live => self.finalise_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(contact: Option<&str>, decided_by: Decider) -> Choice {
        Choice { contact_id: contact.map(str::to_owned), decided_by }
    }

    #[test]
    fn a_log_goes_where_its_contact_is() {
        let takes = Route { calls: true, ..Route::default() };
        let all = BTreeMap::from([
            ("crm".to_owned(), takes),
            ("desk".to_owned(), Route { unassigned: true, ..takes }),
            ("books".to_owned(), Route::default()),
        ]);
        let routes = Routes { connectors: all, ..Routes::default() };
        let call = |contact, by| routes.target(LogKind::Call, &choice(contact, by));
        assert_eq!(call(Some("crm:17"), Decider::Machine), Target::Connector("crm".into()));
        assert_eq!(call(Some("books:/a/b.vcf"), Decider::Machine), Target::Here, "it takes no logs");
        assert_eq!(call(Some("c-1"), Decider::Machine), Target::Here);
        assert_eq!(call(None, Decider::Nobody), Target::Open);
        assert_eq!(call(None, Decider::Person), Target::Connector("desk".into()));
        assert_eq!(routes.target(LogKind::Message, &choice(None, Decider::Nobody)), Target::Here);
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        assert!(OutboxState::ALL.into_iter().all(|state| OutboxState::from_word(state.word()) == Some(state)));
    }
}
