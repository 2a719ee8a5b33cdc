//! The shipped manifests against stand-ins for the vendors' APIs, and Tryton for real.

mod delivery;
mod faults;
mod hubspot;
mod log_form;
mod pipedrive;
mod salesforce;
mod sdk;
mod sign_in;
mod tryton;
mod zoho;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::Map;
use trunkline::config::{ConnectorConfig, ConnectorKind, Secret};
use trunkline::connectors::{Means, SharedConnector, build};
use trunkline::domain::clock::ManualClock;
use trunkline::domain::credential::{Credentials, Grant, Opening, Whose};
use trunkline::domain::upstream::{LogEntry, LogKind, UpstreamError};
use trunkline::outbound::{Outbound, OutboundOptions};

use crate::fakes::gate::KEY;

/// A connector's surroundings in these tests.
pub struct Site {
    pub config: ConnectorConfig,
    pub clock: Arc<ManualClock>,
    /// How long an answer may take.
    pub answer: Duration,
    _manifest: Option<tempfile::NamedTempFile>,
}

impl Site {
    pub fn new(kind: ConnectorKind, base: &str, clock: &Arc<ManualClock>) -> Self {
        let config =
            ConnectorConfig { kind, url: base.to_owned(), api_key: Secret::from(KEY), ..ConnectorConfig::default() };
        Self { config, clock: clock.clone(), answer: Duration::from_secs(30), _manifest: None }
    }

    /// The shipped manifest, but with no rate to keep to: for thousands of rows.
    pub fn unhurried(mut self) -> Self {
        let shipped = trunkline::connectors::rest::shipped(self.config.kind.name()).expect("shipped");
        let fast: Vec<String> = shipped
            .lines()
            .map(|line| if line.starts_with("per_second") { "per_second = 0".to_owned() } else { line.to_owned() })
            .collect();
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), fast.join("\n")).expect("written");
        self.config.manifest = file.path().display().to_string();
        Self { _manifest: Some(file), ..self }
    }

    /// The connector with a key that can be renewed once and again.
    pub fn connector(&self) -> SharedConnector {
        self.with(Renewing::new(KEY))
    }

    pub fn with(&self, credentials: Arc<Renewing>) -> SharedConnector {
        let options = OutboundOptions { answer: self.answer, ..OutboundOptions::default() };
        let outbound = Outbound::new(&options).expect("a door");
        let means = Means { outbound, clock: self.clock.clone(), credentials };
        build("crm", &self.config, means).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A key that is the same however often it is renewed; counts how often that was.
#[derive(Debug)]
pub struct Renewing {
    key: String,
    renewals: AtomicU64,
}

impl Renewing {
    pub fn new(key: &str) -> Arc<Self> {
        Arc::new(Self { key: key.to_owned(), renewals: AtomicU64::new(0) })
    }

    pub fn renewals(&self) -> u64 {
        self.renewals.load(Ordering::SeqCst)
    }

    fn now(&self) -> Grant {
        let opening = Opening::Token(SecretString::from(self.key.clone()));
        Grant { serial: self.renewals(), opening, base_url: None }
    }
}

#[async_trait]
impl Credentials for Renewing {
    async fn grant(&self, _: &Whose) -> Result<Grant, UpstreamError> {
        Ok(self.now())
    }

    async fn renew(&self, _: &Whose, _: &Grant) -> Result<Grant, UpstreamError> {
        self.renewals.fetch_add(1, Ordering::SeqCst);
        Ok(self.now())
    }
}

/// A log of a call or of messages with a contact.
pub fn entry(kind: LogKind, key: &str, contact: Option<&str>) -> LogEntry {
    LogEntry {
        key: key.to_owned(),
        kind,
        contact_id: contact.map(str::to_owned),
        moved: false,
        moved_from: None,
        subject: "Inbound call".to_owned(),
        body: "They asked about engines".to_owned(),
        direction: "Inbound".to_owned(),
        from: "+16505550100".to_owned(),
        to: "+16505550199".to_owned(),
        started_ms: 1_767_261_600_000,
        seconds: 75,
        result: "Call connected".to_owned(),
        recording_url: None,
        form: Map::new(),
        answers: Map::new(),
        captured: Map::new(),
    }
}

/// A world of the conformance suite on a fake: what all of them have alike.
macro_rules! fake_world {
    ($world:ident, $fake:ty, $kind:expr) => {
        pub struct $world {
            pub fake: $crate::fakes::Running<$fake>,
            pub clock: std::sync::Arc<trunkline::domain::clock::ManualClock>,
        }

        impl $world {
            pub fn site(&self) -> super::Site {
                super::Site::new($kind, &self.fake.base, &self.clock)
            }
        }
    };
}
pub(crate) use fake_world;
