//! `[contact]`, `[fetch]`, `[call]`, `[message]`, `[whoami]`: what records mean and how they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Find, Many, Read, Request, Step};

/// `[contact]`: paths from a record to the contact. What a path does not find is left out.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Path: the record's id, a text or a number. Records without one are an error.
    pub id: String,
    /// Path: when it changed: RFC 3339 (without an offset: UTC), Unix seconds or ms, or a table with
    /// `year`, `month`, `day`, `hour`, `minute`, `second`, `microsecond`.
    #[serde(default)]
    pub modified: String,
    /// Path: what tells one state of the record from another.
    #[serde(default)]
    pub version: String,
    /// Path: where it is given, only records for which it is true are contacts.
    #[serde(default)]
    pub only_when: String,
    /// Path: the whole name. Without one it is made of the parts.
    #[serde(default)]
    pub name: String,
    /// Path: the given name.
    #[serde(default)]
    pub first_name: String,
    /// Path: the family name.
    #[serde(default)]
    pub last_name: String,
    /// Path: the employer.
    #[serde(default)]
    pub company: String,
    /// Path: the department.
    #[serde(default)]
    pub department: String,
    /// Path: the position.
    #[serde(default)]
    pub job_title: String,
    /// Path: the numbers: a list of `{number, label}` or of texts.
    #[serde(default)]
    pub phones: String,
    /// Path: the e-mail addresses: a list of texts, or one.
    #[serde(default)]
    pub emails: String,
    /// Path: the address of a picture.
    #[serde(default)]
    pub image: String,
    /// Path: whose contact it is, for filters: a text, a number or a list.
    #[serde(default)]
    pub owners: String,
    /// Path: the lists it is on, for filters.
    #[serde(default)]
    pub lists: String,
    /// Path: its tags, for filters.
    #[serde(default)]
    pub tags: String,
    /// Paths: further fields, for filters, by name.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// How a contact is made. Templates know `contact`: `name`, `first_name`, `last_name` (never
    /// empty), `company`, `job_title`, `phones` (a list of `{number, type}`), `emails`, and `phone` and
    /// `email` (the first, or none). Captures `id`.
    #[serde(default)]
    pub create: Many<Step>,
    /// How a contact is changed; `contact.id` beside what `create` knows.
    #[serde(default)]
    pub update: Many<Step>,
}

/// `[fetch]`: how contacts are read by id.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// Condition of `id`: these ids are read this way. Of several `[[fetch]]` the first that fits is
    /// taken. Empty: all.
    #[serde(default)]
    pub when: String,
    /// What is asked; `{{ id }}` is the id, `{{ ids }}` the list of them.
    pub request: Request,
    /// So many ids in one request. Else: 1.
    #[serde(default)]
    #[schemars(range(max = 10_000))]
    pub batch: u32,
    /// Path: the records in the answer; a list, or one record. Empty: the answer itself.
    #[serde(default)]
    pub records: String,
}

/// `[call]` and `[message]`: how logs are written. Templates know `log`: `key`, `contact_id` (or none),
/// `subject`, `body`, `direction` (`Inbound` or `Outbound`), `inbound` (true or false), `from`, `to`,
/// `started` and `ended` (Unix ms), `seconds`, `result`, `recording_url` (or none), `form` (a table),
/// `fields` (a table: what was answered to fields of the log form, by the names of `fields` here).
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How one is made. Captures `id`.
    pub create: Many<Step>,
    /// How one is written again; `log.id` is its id.
    #[serde(default)]
    pub update: Many<Step>,
    /// Where answers of the log form go: the id of a field in the widget's form, and the API's name for its
    /// place. The configuration adds to it (`[connectors.ID.logs]`). They are sent where a body says
    /// `"$merge" = "log.fields"`.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// How one is found by our key. Without it, a write whose end is unclear is not repeated.
    #[serde(default)]
    pub find: Option<Find>,
    /// How the text of one is read. With it, an update replaces our part of the text only, and what
    /// people wrote around it stays.
    #[serde(default)]
    pub read: Option<Read>,
}

/// `[whoami]`: who is signed in.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhoAmI {
    /// What is asked.
    pub request: Request,
    /// Path: the user's id.
    #[serde(default)]
    pub id: String,
    /// Path: a name or an address that people recognise.
    pub name: String,
}
