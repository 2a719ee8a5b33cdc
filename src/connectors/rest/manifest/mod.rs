//! The manifest format: what a TOML file may say about a REST API. Types and their words only; how a
//! file is read is `load`'s, what it means is the engine's.
//!
//! Three kinds of text stand in a manifest, and each key says which it takes: a *path* is `JMESPath` and
//! picks something out of an answer; a *condition* is a `MiniJinja` expression without braces; a
//! *template* is text with `{{ expression }}` in it. The documentation of the keys here is that of
//! `docs/manifest.schema.json`.

mod auth;
mod contact;
mod many;
mod request;
mod sync;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::upstream::{LogFormat, UpdateLog};

pub use auth::{ApiKey, Auth, Basic, OAuth, SessionLogin, SignatureEncoding, Webhook, WebhookKind};
pub use contact::{Contact, Fetch, Log, WhoAmI};
pub use many::Many;
pub use request::{BodyFormat, Find, Method, Outcome, Read, Request, Step};
pub use sync::{Deletes, DeletesKind, Listing, Paging, PagingKind, Source, Strategy, Sync};

/// A REST API as a source of contacts and a place for call logs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Trunkline connector manifest")]
pub struct Manifest {
    /// Where the API is and what every request carries.
    pub api: Api,
    /// What the manifest leaves open, by name: `{{ vars.NAME }}`, set under `[connectors.ID.vars]`.
    #[serde(default)]
    pub vars: BTreeMap<String, Var>,
    /// How it is opened. Without any of its tables the API is open to all.
    #[serde(default)]
    pub auth: Auth,
    /// How often it may be asked.
    #[serde(default)]
    pub limits: Limits,
    /// How answers are told apart.
    #[serde(default)]
    pub outcome: Outcome,
    /// How contacts and their changes are listed.
    pub sync: Sync,
    /// Listings of all ids, for sweeps. Without any, a sweep reads `sync.full` for them.
    #[serde(default)]
    pub ids: Many<Listing>,
    /// How contacts are read by id.
    #[serde(default)]
    pub fetch: Many<Fetch>,
    /// How a record becomes a contact, and how contacts are written.
    pub contact: Contact,
    /// How calls are logged; without it they are not.
    #[serde(default)]
    pub call: Option<Log>,
    /// How messages are logged; without it they are not.
    #[serde(default)]
    pub message: Option<Log>,
    /// What cannot be seen from the rest.
    #[serde(default)]
    pub capabilities: Capable,
    /// Who is signed in.
    #[serde(default)]
    pub whoami: Option<WhoAmI>,
    /// How webhook requests are signed; without it there are none.
    #[serde(default)]
    pub webhook: Option<Webhook>,
    /// Answers of the API to try the mapping on.
    #[serde(default)]
    pub samples: Vec<Sample>,
}

/// `[api]`: where the API is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// The vendor's or the product's name, for people.
    pub name: String,
    /// Template (of `vars`): the address that all paths are below. `url` of the configuration replaces
    /// it. Empty where only the sign-in tells it.
    #[serde(default)]
    pub base_url: String,
    /// Paths that may be asked, by how they begin, also of addresses the API sends. Empty: all.
    #[serde(default)]
    pub allowed_paths: Vec<String>,
    /// Templates: headers of every request. One that is empty or none is not sent.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// `[vars.NAME]`: something an administrator may set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Var {
    /// What it is and where it is found, for the administrator.
    pub description: String,
    /// Its value where none is set. Without one it must be set.
    #[serde(default)]
    pub default: Option<String>,
    /// A value that could be; `connector check` uses it where there is no default.
    #[serde(default)]
    pub example: String,
}

/// `[limits]`: how often the API may be asked.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests a second, a fraction too. 0: as many as come.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub per_second: f64,
    /// The header that says how many requests are left.
    pub remaining_header: String,
    /// The header that says when there are more.
    pub reset_header: String,
    /// What `reset_header` holds.
    pub reset_unit: ResetUnit,
}

/// What a reset header holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResetUnit {
    /// Seconds to wait.
    #[default]
    Seconds,
    /// Milliseconds to wait.
    Milliseconds,
    /// The moment, in seconds since 1970.
    UnixSeconds,
    /// The moment, in milliseconds since 1970.
    UnixMilliseconds,
}

/// `[capabilities]`: what cannot be seen from the rest of the manifest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Capable {
    /// What `call.update` and `message.update` do with what stands upstream: `replace` it, `append`
    /// to it, or there is `none`.
    #[schemars(with = "UpdateLogWords")]
    pub update_log: UpdateLog,
    /// How the text of a log is written: `text`, `html` or `markdown`.
    #[schemars(with = "LogFormatWords")]
    pub log_format: LogFormat,
}

/// [`LogFormat`] as a manifest writes it.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the schema only")]
enum LogFormatWords {
    Text,
    Html,
    Markdown,
}

/// [`UpdateLog`] as a manifest writes it.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "read by the schema only")]
enum UpdateLogWords {
    Replace,
    Append,
    None,
}

/// `[[samples]]`: an answer of the API to try the mapping on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The whole answer, as JSON text.
    pub answer: String,
    /// Which of the listings under `sync.changes` it answers, counted from 0.
    #[serde(default)]
    pub listing: usize,
    /// How many contacts must come out of it.
    #[serde(default)]
    pub contacts: Option<usize>,
}
