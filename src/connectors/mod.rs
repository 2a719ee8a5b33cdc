//! Connectors: what an address book or a CRM can be asked, whatever it is.
//!
//! A connector translates; it keeps nothing. When to ask, what to keep and what to do about trouble is
//! decided elsewhere ([`sync`](crate::sync)). To add one with no Rust, write a manifest for
//! [`rest`]; to add one in Rust, implement [`Connector`], give it a kind in [`build()`] and run the
//! conformance suite on it (`tests/it/conformance`).

pub mod carddav;
pub mod credentials;
pub mod rest;
mod trust;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use serde_json::{Map, Value};

use crate::config::{ConnectorConfig, ConnectorKind, SignIn};
use crate::domain::clock::SharedClock;
use crate::domain::credential::{AuthKind, SharedCredentials, Whose};
use crate::domain::upstream::{
    Account, Capabilities, ChangePage, IdPage, LogEntry, LogKind, NewContact, Record, Trouble, UpstreamError,
};
use crate::outbound::Outbound;

/// An upstream. Every method may be called at any time and by several tasks; none retries by itself
/// but for one renewal of a credential; each ends within the time-outs of [`Outbound`].
#[async_trait]
pub trait Connector: fmt::Debug + Send + Sync {
    /// Where the upstream is: for a look at its clock.
    fn address(&self) -> Option<url::Url> {
        None
    }

    /// What it can do. Asked once; does not change.
    fn capabilities(&self) -> Capabilities;

    /// Changes whenever records would be mapped otherwise than before (another manifest): everything is
    /// listed anew then.
    fn fingerprint(&self) -> String {
        String::new()
    }

    /// Whether the answer to a field of the log form has a place of its own in such a log. What has none is
    /// told in the log's text.
    fn places(&self, _: LogKind, _field: &str) -> bool {
        false
    }

    /// Changes after a cursor; without one, everything there is.
    /// [`Gone`](crate::domain::upstream::Trouble::Gone) when the cursor is not known any more.
    async fn list_changes(&self, cursor: Option<&str>) -> Result<ChangePage, UpstreamError>;

    /// The ids of everything there is, for a sweep; `page` is the one before's `next`.
    async fn list_ids(&self, page: Option<&str>) -> Result<IdPage, UpstreamError>;

    /// Records by id. What is not there any more is not in the answer.
    async fn fetch(&self, external_ids: &[String]) -> Result<Vec<Record>, UpstreamError>;

    /// Makes a contact and returns it as it stands upstream.
    async fn create_contact(&self, _: &Whose, _: &NewContact) -> Result<Record, UpstreamError> {
        Err(unable("make contacts"))
    }

    /// Changes a contact and returns it as it stands upstream; what `contact` does not know is kept.
    async fn update_contact(&self, _: &Whose, _id: &str, _: &NewContact) -> Result<Record, UpstreamError> {
        Err(unable("change contacts"))
    }

    /// The upstream's id of the log with our key.
    async fn find_log(&self, _: &Whose, _: LogKind, _key: &str) -> Result<Option<String>, UpstreamError> {
        Err(unable("find logs"))
    }

    /// Writes a log; returns the upstream's id of it.
    async fn create_log(&self, _: &Whose, _: &LogEntry) -> Result<String, UpstreamError> {
        Err(unable("take logs"))
    }

    /// The same, keeping what each step brings: an attempt that breaks off goes on after its last step.
    /// What `entry.captured` holds is not done again.
    async fn create_log_in_steps(
        &self,
        whose: &Whose,
        entry: &LogEntry,
        _: &dyn KeepStep,
    ) -> Result<String, UpstreamError> {
        self.create_log(whose, entry).await
    }

    /// The text of a log as it stands upstream.
    async fn read_log(&self, _: &Whose, _: LogKind, _id: &str) -> Result<String, UpstreamError> {
        Err(unable("read logs"))
    }

    /// Writes a log again, as [`Capabilities::update_log`] says.
    async fn update_log(&self, _: &Whose, _id: &str, _: &LogEntry) -> Result<(), UpstreamError> {
        Err(unable("change logs"))
    }

    /// Whose account the credential opens: what `trunkline doctor` and the widget show.
    async fn who_am_i(&self, whose: &Whose) -> Result<Account, UpstreamError>;

    /// Whether a webhook request really comes from the upstream. It is only ever a hint to sync.
    fn check_webhook(&self, _: &Webhook<'_>) -> Result<(), WebhookProblem> {
        Err(WebhookProblem::NotConfigured)
    }
}

/// Keeps what the steps of a write have brought.
#[async_trait]
pub trait KeepStep: Send + Sync {
    /// Returns once it is safe.
    async fn keep(&self, captured: &Map<String, Value>) -> Result<(), UpstreamError>;
}

/// For what [`Capabilities`] says a connector cannot do.
fn unable(what: &str) -> UpstreamError {
    UpstreamError::new(Trouble::Rejected, format!("this connector cannot {what}"))
}

/// Connectors as the rest of the house shares them.
pub type SharedConnector = Arc<dyn Connector>;

/// A webhook request, as it came.
#[derive(Debug)]
pub struct Webhook<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The public address that was asked, with its query.
    pub url: &'a str,
    /// The headers: names in lower case.
    pub headers: &'a reqwest::header::HeaderMap,
    /// All of it.
    pub body: &'a [u8],
}

/// Why a webhook request is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookProblem {
    /// The connector has no webhooks, or no secret to check them with.
    #[error("this connector takes no webhooks: its manifest must have [webhook], and its section `webhook_secret`")]
    NotConfigured,
    /// The signature is missing or wrong.
    #[error("the signature is missing or wrong")]
    Signature,
    /// It is too old.
    #[error("the request is too old, or this machine's clock is wrong")]
    Stale,
}

/// What connectors are built with.
#[derive(Debug, Clone)]
pub struct Means {
    /// The door out.
    pub outbound: Outbound,
    /// Time.
    pub clock: SharedClock,
    /// What opens this connector's upstream.
    pub credentials: SharedCredentials,
}

/// Builds a configured connector. The error is for the administrator: what is wrong and what to do.
pub fn build(id: &str, config: &ConnectorConfig, means: Means) -> Result<SharedConnector, String> {
    match config.kind {
        ConnectorKind::Carddav => Ok(Arc::new(carddav::Carddav::new(id, config, means)?)),
        _ => Ok(Arc::new(rest::Rest::new(config, means)?)),
    }
}

/// How the upstream of a configured connector wants to be opened.
pub fn auth_kind(config: &ConnectorConfig) -> Result<AuthKind, String> {
    if config.sign_in == SignIn::Nobody {
        return Ok(AuthKind::Open);
    }
    match config.kind {
        ConnectorKind::Carddav => Ok(carddav::auth_kind(config)),
        _ => rest::auth_kind(config),
    }
}
