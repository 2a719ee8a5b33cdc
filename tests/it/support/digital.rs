//! A stand-in for Engage Digital's API: contents by pages of at most 150, identities, faults on demand.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub const TOKEN: &str = "api-token-0123456789";
pub const HOOK_SECRET: &str = "hook-secret-0123456789";
pub const VERIFY: &str = "verify-token-0123456789";

#[derive(Default)]
struct State {
    threads: BTreeMap<String, Vec<Value>>,
    identities: BTreeMap<String, Value>,
    asked: Vec<String>,
    faults: VecDeque<ResponseTemplate>,
}

#[derive(Clone, Default)]
struct Api(Arc<Mutex<State>>);

pub struct Digital {
    server: MockServer,
    api: Api,
}

impl Api {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic before")
    }
}

impl Respond for Api {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.state();
        state.asked.push(format!("{}?{}", request.url.path(), request.url.query().unwrap_or_default()));
        if request.headers.get("authorization").is_none_or(|value| *value != format!("Bearer {TOKEN}")) {
            return ResponseTemplate::new(401);
        }
        if let Some(fault) = state.faults.pop_front() {
            return fault;
        }
        let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
        if let Some(id) = request.url.path().strip_prefix("/1.0/identities/") {
            return match state.identities.get(id) {
                Some(identity) => ResponseTemplate::new(200).set_body_json(identity),
                None => ResponseTemplate::new(404),
            };
        }
        let number = |key: &str| query.get(key).and_then(|text| text.parse::<usize>().ok());
        let (Some(offset), Some(limit)) = (number("offset"), number("limit")) else {
            return ResponseTemplate::new(400);
        };
        let asked = query.get("q").and_then(|q| q.strip_prefix("thread:\"")?.strip_suffix("\" order:created_at.asc"));
        let Some(thread) = asked.filter(|_| request.url.path() == "/1.0/contents" && limit <= 150) else {
            return ResponseTemplate::new(400);
        };
        let all = state.threads.get(thread).cloned().unwrap_or_default();
        let records: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
        let page = json!({"count": all.len(), "offset": offset, "limit": limit, "records": records});
        ResponseTemplate::new(200).set_body_json(page)
    }
}

impl Digital {
    pub async fn start() -> Self {
        let server = MockServer::start().await;
        let api = Api::default();
        Mock::given(any()).respond_with(api.clone()).mount(&server).await;
        Self { server, api }
    }

    /// The community's section; `sites` as in TOML.
    pub fn toml(&self, sites: &str) -> String {
        format!(
            "[engage.communities.support]\ndomain = 'acme'\nurl = '{}/1.0'\nsites = {sites}\napi_token = '{TOKEN}'\n\
             hook_secret = '{HOOK_SECRET}'\nverify_token = '{VERIFY}'\n",
            self.server.uri()
        )
    }

    /// Puts a content into a thread, at its place in time.
    pub fn say(&self, thread: &str, record: Value) {
        let mut state = self.api.state();
        let records = state.threads.entry(thread.to_owned()).or_default();
        records.push(record);
        records.sort_by_key(|record| record["created_at"].as_str().expect("a time").to_owned());
    }

    pub fn identity(&self, id: &str, identity: Value) {
        self.api.state().identities.insert(id.to_owned(), identity);
    }

    /// What the next requests get.
    pub fn fail(&self, faults: impl IntoIterator<Item = ResponseTemplate>) {
        self.api.state().faults.extend(faults);
    }

    /// What was asked since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.api.state().asked)
    }
}

/// A content of the visitor `identity`, so many seconds after 10:00.
pub fn content(id: &str, identity: &str, seconds: u32, body: &str) -> Value {
    json!({"id": id, "author_id": identity, "body": body, "status": "new", "creator_id": null,
        "created_at": format!("2026-01-01T10:{:02}:{:02}Z", seconds / 60, seconds % 60)})
}

/// An event of the webhook about a thread.
pub fn event(id: &str, kind: &str, thread: &str, seconds: u32) -> Value {
    json!({"id": id, "type": kind, "issued_at": format!("2026-01-01T10:{:02}:{:02}.000Z", seconds / 60, seconds % 60),
        "resource": {"type": "content", "id": format!("c-{id}"), "metadata": {"thread_id": thread}}})
}
