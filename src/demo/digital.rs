//! Stands for the web chat's vendor: keeps what visitors write and what an agent answers, tells the daemon by
//! webhook, and lists it over an API, as Engage Digital documents both. In memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::domain::clock::SharedClock;
use crate::outbound::{Outbound, OutboundOptions};

/// The community's id in the configuration.
const COMMUNITY: &str = "demo";
/// What the agent answers to a first message, and to later ones.
const ANSWERS: [&str; 2] = ["Thank you for writing. How can we help?", "We will see to that."];

/// The stand-in. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Digital(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Opens the API, and stands in each webhook.
    token: String,
    secret: String,
    clock: SharedClock,
    outbound: Outbound,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    last: u32,
    /// By the visitor's uuid.
    threads: BTreeMap<String, String>,
    /// By their ids.
    identities: BTreeMap<String, Value>,
    contents: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Written {
    uuid: String,
    name: Option<String>,
    text: String,
}

#[derive(Debug, Deserialize)]
struct Whose {
    uuid: String,
}

#[derive(Debug, Deserialize)]
struct Asked {
    q: String,
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
}

impl Digital {
    pub(super) fn new(clock: SharedClock) -> Result<Self, String> {
        let secret = || format!("{:032x}", rand::random::<u128>());
        Ok(Self(Arc::new(Inner {
            token: secret(),
            secret: secret(),
            clock,
            outbound: Outbound::new(&OutboundOptions::default())?,
            books: Mutex::default(),
        })))
    }

    /// The configuration's part; `url` is where [`Digital::api`] is served.
    pub(super) fn settings(&self, url: &str, site: &str) -> String {
        let Inner { token, secret, .. } = &*self.0;
        format!(
            "\n[engage.communities.{COMMUNITY}]\ndomain = \"sample\"\nurl = \"{url}/1.0\"\nsites = [\"{site}\"]\n\
             api_token = \"{token}\"\nhook_secret = \"{secret}\"\nverify_token = \"{secret}\"\n"
        )
    }

    /// The API that the daemon reads.
    pub(super) fn api(&self) -> Router {
        Router::new()
            .route("/1.0/contents", get(contents))
            .route("/1.0/identities/{id}", get(identity))
            .with_state(self.clone())
    }

    /// What the stand-in chat of the shop's page calls; `daemon` is told of it.
    pub(super) fn chat(&self, daemon: &str) -> Router {
        let hook = format!("{daemon}/v1/engage/hooks/{COMMUNITY}");
        Router::new()
            .route("/engage/messages", post(write))
            .route("/engage/close", post(close))
            .with_state((self.clone(), hook))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> String {
        chrono::DateTime::from_timestamp_millis(self.0.clock.now_ms()).unwrap_or_default().to_rfc3339()
    }

    fn opens(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        given.and_then(|value| value.strip_prefix("Bearer ")) == Some(self.0.token.as_str())
    }

    /// Tells the daemon; a webhook that fails would be sent again.
    async fn tell(&self, hook: &str, events: Vec<Value>) {
        let id = self.books().id("hook");
        let body = json!({"id": id, "domain_id": "sample", "events": events});
        let Ok(url) = Url::parse(hook) else { return };
        let request = self.0.outbound.request(Method::POST, url).header("x-dimelo-secret", &self.0.secret).json(&body);
        if let Ok(request) = request.build()
            && let Err(error) = self.0.outbound.send(request).await
        {
            tracing::warn!("the daemon was not told of the web chat: {}", error.words);
        }
    }

    fn event(&self, kind: &str, resource: &str, id: &str, thread: &str) -> Value {
        let event = self.books().id("event");
        json!({
            "type": kind, "id": event, "issued_at": self.now(),
            "resource": {"type": resource, "id": id, "metadata": {"thread_id": thread}},
        })
    }
}

impl Books {
    /// Another one after each start: the daemon remembers those of before.
    fn id(&mut self, kind: &str) -> String {
        self.last += 1;
        format!("{kind}_{}_{:012x}", self.last, rand::random::<u64>() >> 16)
    }

    fn thread(&mut self, uuid: &str) -> (String, bool) {
        if let Some(thread) = self.threads.get(uuid) {
            return (thread.clone(), false);
        }
        let thread = self.id("thread");
        self.threads.insert(uuid.to_owned(), thread.clone());
        (thread, true)
    }

    fn identity(&mut self, uuid: &str, name: Option<&str>) -> String {
        let known = self.identities.iter().find(|(_, identity)| identity["uuid"] == uuid);
        let id = known.map(|(id, _)| id.clone());
        let id = id.unwrap_or_else(|| self.id("identity"));
        self.identities.insert(id.clone(), json!({"id": id, "uuid": uuid, "screenname": name}));
        id
    }

    fn content(&mut self, content: Value) -> String {
        let id = self.id("content");
        let mut content = content;
        content["id"] = id.clone().into();
        self.contents.push(content);
        id
    }
}

/// `POST /engage/messages`: the visitor writes, and the agent answers: `{"answer"}`.
async fn write(State((digital, hook)): State<(Digital, String)>, Json(written): Json<Written>) -> Response {
    let Written { uuid, name, text } = written;
    let at = digital.now();
    let (thread, first, asked, answered, answer) = {
        let mut books = digital.books();
        let (thread, first) = books.thread(&uuid);
        let author = books.identity(&uuid, name.as_deref());
        let answer = ANSWERS[usize::from(!first)];
        let asked = books.content(json!({
            "thread_id": thread, "author_id": author, "body": text, "created_at": at, "status": "new",
        }));
        let answered = books.content(json!({
            "thread_id": thread, "author_id": "agent", "creator_id": "agent_1", "body": answer, "created_at": at,
            "status": "user_reply",
        }));
        (thread, first, asked, answered, answer)
    };
    let mut events = Vec::with_capacity(3);
    if first {
        events.push(digital.event("content.thread_opened", "content_thread", &thread, &thread));
    }
    events.push(digital.event("content.imported", "content", &asked, &thread));
    events.push(digital.event("content.exported", "content", &answered, &thread));
    digital.tell(&hook, events).await;
    Json(json!({"answer": answer})).into_response()
}

/// `POST /engage/close`: the agent closes the visitor's thread; what comes later opens another.
async fn close(State((digital, hook)): State<(Digital, String)>, Json(whose): Json<Whose>) -> StatusCode {
    let Some(thread) = digital.books().threads.remove(&whose.uuid) else { return StatusCode::NOT_FOUND };
    let event = digital.event("content.thread_closed", "content_thread", &thread, &thread);
    digital.tell(&hook, vec![event]).await;
    StatusCode::NO_CONTENT
}

async fn contents(State(digital): State<Digital>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    if !digital.opens(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let thread = asked.q.split('"').nth(1).unwrap_or_default();
    let books = digital.books();
    let all: Vec<&Value> = books.contents.iter().filter(|content| content["thread_id"] == thread).collect();
    let limit = asked.limit.unwrap_or(30).min(150);
    let records: Vec<&&Value> = all.iter().skip(asked.offset).take(limit).collect();
    let body = json!({"count": all.len(), "offset": asked.offset, "limit": limit, "records": records});
    Json(body).into_response()
}

async fn identity(State(digital): State<Digital>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if !digital.opens(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match digital.books().identities.get(&id) {
        Some(identity) => Json(identity.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
