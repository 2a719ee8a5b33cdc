//! Declarative connectors against fakes: an API as a closure, credentials that count their renewals.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use trunkline::config::{ConnectorConfig, ConnectorKind};
use trunkline::connectors::{Means, SharedConnector, build};
use trunkline::domain::clock::ManualClock;
use trunkline::domain::credential::{Credentials, Grant, Opening, Whose};
use trunkline::domain::upstream::{Change, LogEntry, LogKind, Next, Trouble, UpstreamError};
use trunkline::outbound::{Outbound, OutboundOptions};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// 2026-10-01T09:30:00Z.
pub const NOON: i64 = 1_790_847_000_000;

/// An API on loopback.
pub struct Api {
    pub server: MockServer,
}

impl Api {
    /// One that answers as `respond` says.
    pub async fn start(respond: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static) -> Self {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(respond).mount(&server).await;
        Self { server }
    }

    /// All requests so far, as `METHOD path?query`.
    pub async fn asked(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.expect("recorded");
        let line = |r: &Request| match r.url.query() {
            Some(query) => format!("{} {}?{query}", r.method, r.url.path()),
            None => format!("{} {}", r.method, r.url.path()),
        };
        requests.iter().map(line).collect()
    }

    pub async fn requests(&self) -> Vec<Request> {
        self.server.received_requests().await.expect("recorded")
    }
}

/// 200 with JSON.
pub fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// A query parameter.
pub fn param(request: &Request, name: &str) -> Option<String> {
    request.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A request's JSON.
pub fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).expect("json")
}

/// Credentials: `token-0`, and after each renewal the next.
#[derive(Debug)]
pub struct Keys {
    pub renewals: AtomicU64,
    pub opening: Mutex<Option<Opening>>,
    pub base_url: Option<String>,
    pub renewable: bool,
}

impl Keys {
    pub fn tokens() -> Self {
        Self { renewals: AtomicU64::new(0), opening: Mutex::new(None), base_url: None, renewable: true }
    }

    pub fn password(username: &str, password: &str) -> Self {
        let opening = Opening::Password { username: username.into(), password: password.into() };
        Self { opening: Mutex::new(Some(opening)), renewable: false, ..Self::tokens() }
    }

    fn now(&self) -> Grant {
        let serial = self.renewals.load(Ordering::SeqCst);
        let own = self.opening.lock().expect("a lock").clone();
        let opening = own.unwrap_or_else(|| Opening::Token(format!("token-{serial}").into()));
        Grant { serial, opening, base_url: self.base_url.clone() }
    }
}

#[async_trait]
impl Credentials for Keys {
    async fn grant(&self, _: &Whose) -> Result<Grant, UpstreamError> {
        Ok(self.now())
    }

    async fn renew(&self, _: &Whose, _: &Grant) -> Result<Grant, UpstreamError> {
        if !self.renewable {
            return Err(UpstreamError::new(Trouble::Unauthorized, "correct the key"));
        }
        self.renewals.fetch_add(1, Ordering::SeqCst);
        Ok(self.now())
    }
}

/// A connector under test.
pub struct Rig {
    pub connector: SharedConnector,
    pub clock: Arc<ManualClock>,
    pub keys: Arc<Keys>,
}

/// A connector by a manifest's text, whose `URL` stands for the API's address.
pub fn rig(api: &Api, manifest: &str) -> Rig {
    rig_with(api, manifest, Keys::tokens(), |_| {})
}

/// The same with credentials and changes to the configuration.
pub fn rig_with(api: &Api, manifest: &str, keys: Keys, change: impl FnOnce(&mut ConnectorConfig)) -> Rig {
    try_rig(&api.server.uri(), manifest, keys, change).unwrap_or_else(|words| panic!("{words}"))
}

/// The same, with the error.
pub fn try_rig(
    url: &str,
    manifest: &str,
    keys: Keys,
    change: impl FnOnce(&mut ConnectorConfig),
) -> Result<Rig, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("manifest.toml");
    std::fs::write(&file, manifest.replace("URL", url)).expect("written");
    let mut config = ConnectorConfig {
        kind: ConnectorKind::Rest,
        manifest: file.to_string_lossy().into_owned(),
        ..ConnectorConfig::default()
    };
    change(&mut config);
    let clock = ManualClock::at(NOON);
    let keys = Arc::new(keys);
    let means = Means { outbound: door(Duration::from_mins(1)), clock: clock.clone(), credentials: keys.clone() };
    Ok(Rig { connector: build("crm", &config, means)?, clock, keys })
}

fn door(answer: Duration) -> Outbound {
    Outbound::new(&OutboundOptions { answer, ..OutboundOptions::default() }).expect("a door")
}

/// A connector that waits so long for an answer.
pub fn rig_within(api: &Api, manifest: &str, answer: Duration) -> Rig {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("manifest.toml");
    std::fs::write(&file, manifest.replace("URL", &api.server.uri())).expect("written");
    let manifest = file.to_string_lossy().into_owned();
    let config = ConnectorConfig { kind: ConnectorKind::Rest, manifest, ..ConnectorConfig::default() };
    let (clock, keys) = (ManualClock::at(NOON), Arc::new(Keys::tokens()));
    let means = Means { outbound: door(answer), clock: clock.clone(), credentials: keys.clone() };
    Rig { connector: build("crm", &config, means).expect("a connector"), clock, keys }
}

/// What a run brought: `+id` for an upsert, `-id` for a deletion, and the cursor at its end.
pub struct Ran {
    pub changes: Vec<String>,
    pub cursor: Option<String>,
}

/// Runs a sync to its end, page by page.
pub async fn run(rig: &Rig, cursor: Option<&str>) -> Result<Ran, UpstreamError> {
    let mut changes = Vec::new();
    let mut cursor = cursor.map(str::to_owned);
    for _ in 0..200 {
        let page = rig.connector.list_changes(cursor.as_deref()).await?;
        changes.extend(page.changes.iter().map(|change| match change {
            Change::Upsert(record) => format!("+{}", record.external_id),
            Change::Delete { external_id, .. } => format!("-{external_id}"),
        }));
        match page.next {
            Next::More(next) => cursor = Some(next),
            Next::Done(cursor) => return Ok(Ran { changes, cursor }),
        }
    }
    panic!("the run does not end: {changes:?}");
}

/// The ids of a sweep.
pub async fn sweep(rig: &Rig) -> Result<Vec<String>, UpstreamError> {
    let mut ids = Vec::new();
    let mut page = None;
    for _ in 0..200 {
        let found = rig.connector.list_ids(page.as_deref()).await?;
        ids.extend(found.ids.into_iter().map(|(id, _)| id));
        page = found.next;
        if page.is_none() {
            return Ok(ids);
        }
    }
    panic!("the sweep does not end");
}

/// A manifest of the least: `paging` and more go in at `LISTING`.
pub fn manifest(listing: &str, more: &str) -> String {
    format!(
        "[api]\nname = \"Fake\"\nbase_url = \"URL\"\n[auth.api_key]\nheader = \"x-key\"\n\
         [sync]\nstrategy = \"full_scan\"\n[sync.changes]\nrecords = \"items\"\n{listing}\n\
         [contact]\nid = \"id\"\nname = \"name\"\n{more}\n"
    )
}

/// Records with ids from `from` to `to`.
pub fn people(from: usize, to: usize) -> Vec<Value> {
    (from..=to).map(|id| json!({"id": id, "name": format!("Person {id}")})).collect()
}

/// A call log.
pub fn call_log(key: &str) -> LogEntry {
    LogEntry {
        key: key.into(),
        kind: LogKind::Call,
        contact_id: Some("17".into()),
        moved: false,
        moved_from: None,
        subject: "Inbound call".into(),
        body: "Wants a quote".into(),
        direction: "Inbound".into(),
        from: "+16505550100".into(),
        to: "+16505550101".into(),
        started_ms: NOON,
        seconds: 61,
        result: "Accepted".into(),
        recording_url: None,
        form: serde_json::Map::new(),
        answers: serde_json::Map::new(),
        captured: serde_json::Map::new(),
    }
}
