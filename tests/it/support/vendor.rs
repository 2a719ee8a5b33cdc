//! A vendor: an authorization server that holds to its rules (code, PKCE, rotation, revocation), and
//! an API that tells whose token it is asked with. Its temper is set by the test.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// What happens to the next request for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Nothing comes back, ever; nothing was done.
    Hang,
    /// It is done, and the answer breaks off.
    BreakOff,
    Fail500,
    Html,
    InvalidClient,
    /// It waits for [`Vendor::go_on`], then is done.
    Wait,
}

#[derive(Debug, Default)]
pub struct Books {
    /// Code to challenge and redirect address.
    codes: BTreeMap<String, (String, String)>,
    pub refresh: BTreeSet<String>,
    pub access: BTreeSet<String>,
    pub keys: BTreeSet<String>,
    pub moods: VecDeque<Mood>,
    /// Seconds a token lives; nothing is said without.
    pub life: Option<u64>,
    /// A refresh token of before is taken again.
    pub grace: bool,
    spent: BTreeSet<String>,
    pub denies: bool,
    pub secret_in_body: bool,
    pub public_client: bool,
    pub refreshes: usize,
    pub exchanges: usize,
    pub asked: usize,
    pub revoked: Vec<String>,
    serial: usize,
    /// Query strings of the authorization page, and addresses browsers were sent back to.
    pub visits: Vec<BTreeMap<String, String>>,
}

#[derive(Clone)]
pub struct Vendor {
    pub base: String,
    books: Arc<Mutex<Books>>,
    changed: Arc<Notify>,
    gate: Arc<Notify>,
    _served: Arc<JoinSet<()>>,
}

pub const SECRET: &str = "CANARYclientsecret";

impl Vendor {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let (books, changed, gate) = (Arc::default(), Arc::<Notify>::default(), Arc::<Notify>::default());
        let mut vendor = Self { base, books, changed, gate, _served: Arc::default() };
        let router = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/me", get(me))
            .with_state(vendor.clone());
        let mut served = JoinSet::new();
        served.spawn(async move { axum::serve(listener, router).await.expect("served") });
        vendor._served = Arc::new(served);
        vendor.books().life = Some(3600);
        vendor
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("books")
    }

    pub fn next(&self, moods: &[Mood]) {
        self.books().moods.extend(moods);
    }

    /// Lets one waiting request go on.
    pub fn go_on(&self) {
        self.gate.notify_one();
    }

    /// Waits until the books are as wanted.
    pub async fn until(&self, wanted: impl Fn(&Books) -> bool) {
        let waiting = async {
            loop {
                let changed = self.changed.notified();
                if wanted(&self.books()) {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("the vendor was not asked");
    }

    /// Takes every token back, as an administrator of the vendor's does.
    pub fn withdraw(&self) {
        let mut books = self.books();
        books.refresh.clear();
        books.access.clear();
        books.spent.clear();
    }
}

impl Books {
    fn name(&mut self, kind: &str) -> String {
        self.serial += 1;
        format!("CANARY{kind}{}", self.serial)
    }

    fn tokens(&mut self) -> serde_json::Value {
        let (access, refresh) = (self.name("access"), self.name("refresh"));
        self.access.insert(access.clone());
        self.refresh.insert(refresh.clone());
        let mut answer = json!({"access_token": access, "refresh_token": refresh, "token_type": "bearer"});
        if let Some(life) = self.life {
            answer["expires_in"] = life.into();
        }
        answer
    }

    /// A code as if a person had agreed elsewhere.
    pub fn foreign_code(&mut self, redirect: &str) -> String {
        let code = self.name("code");
        self.codes.insert(code.clone(), ("another challenge".into(), redirect.to_owned()));
        code
    }
}

async fn authorize(State(vendor): State<Vendor>, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let mut books = vendor.books();
    books.visits.push(query.clone());
    let wanted = query.get("response_type").is_some_and(|kind| kind == "code")
        && query.get("client_id").is_some_and(|id| id == "client-1")
        && query.get("code_challenge_method").is_some_and(|method| method == "S256");
    let (Some(redirect), Some(challenge)) = (query.get("redirect_uri"), query.get("code_challenge")) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if !wanted {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let mut back = url::Url::parse(redirect).expect("an address");
    let state = query.get("state").expect("a state");
    if books.denies {
        back.query_pairs_mut().append_pair("error", "access_denied").append_pair("state", state);
    } else {
        let code = books.name("code");
        books.codes.insert(code.clone(), (challenge.clone(), redirect.clone()));
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", state);
    }
    Redirect::to(back.as_str()).into_response()
}

fn error(status: StatusCode, code: &str, words: &str) -> Response {
    (status, Json(json!({"error": code, "error_description": words}))).into_response()
}

fn is_client(books: &Books, headers: &HeaderMap, form: &BTreeMap<String, String>) -> bool {
    if books.public_client || books.secret_in_body {
        let secret = form.get("client_secret").map(String::as_str);
        return form.get("client_id").is_some_and(|id| id == "client-1")
            && secret == (!books.public_client).then_some(SECRET)
            && !headers.contains_key("authorization");
    }
    let basic = format!("Basic {}", STANDARD.encode(format!("client-1:{SECRET}")));
    headers.get("authorization").is_some_and(|value| value == &basic)
}

async fn token(
    State(vendor): State<Vendor>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let refreshing = form.get("grant_type").is_some_and(|kind| kind == "refresh_token");
    let mood = {
        let mut books = vendor.books();
        *(if refreshing { &mut books.refreshes } else { &mut books.exchanges }) += 1;
        books.moods.pop_front()
    };
    vendor.changed.notify_waiters();
    match mood {
        Some(Mood::Hang) => return std::future::pending().await,
        Some(Mood::Wait) => vendor.gate.notified().await,
        Some(Mood::Fail500) => return (StatusCode::INTERNAL_SERVER_ERROR, "<h1>oops</h1>").into_response(),
        Some(Mood::Html) => return (StatusCode::OK, "<!doctype html><p>Log in</p>").into_response(),
        Some(Mood::InvalidClient) => return error(StatusCode::UNAUTHORIZED, "invalid_client", SECRET),
        Some(Mood::BreakOff) | None => {}
    }
    let mut books = vendor.books();
    if !is_client(&books, &headers, &form) {
        return error(StatusCode::UNAUTHORIZED, "invalid_client", "who are you");
    }
    if refreshing {
        let asked = form.get("refresh_token").expect("a token").clone();
        let taken = books.refresh.remove(&asked) || (books.grace && books.spent.contains(&asked));
        if !taken {
            return error(StatusCode::BAD_REQUEST, "invalid_grant", &format!("the token {asked} is not known"));
        }
        books.spent.insert(asked);
    } else {
        let code = form.get("code").cloned().unwrap_or_default();
        let verifier = form.get("code_verifier").cloned().unwrap_or_default();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let known = books.codes.remove(&code);
        if known != Some((challenge, form.get("redirect_uri").cloned().unwrap_or_default())) {
            return error(StatusCode::BAD_REQUEST, "invalid_grant", &format!("the code {code} does not fit"));
        }
    }
    let answer = books.tokens();
    if mood == Some(Mood::BreakOff) {
        let broken = futures_util::stream::iter([Ok("{\"access"), Err(std::io::Error::other("broken"))]);
        return Body::from_stream(broken).into_response();
    }
    Json(answer).into_response()
}

async fn revoke(
    State(vendor): State<Vendor>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> StatusCode {
    let mut books = vendor.books();
    if !is_client(&books, &headers, &form) {
        return StatusCode::UNAUTHORIZED;
    }
    let token = form.get("token").expect("a token").clone();
    books.refresh.remove(&token);
    books.access.clear();
    books.revoked.push(token);
    drop(books);
    vendor.changed.notify_waiters();
    StatusCode::OK
}

async fn me(State(vendor): State<Vendor>, headers: HeaderMap) -> Response {
    let mut books = vendor.books();
    books.asked += 1;
    let sent = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = sent.split_once(' ').map_or("", |(_, secret)| secret);
    if books.access.contains(secret) || books.keys.contains(secret) {
        return Json(json!({"id": "7", "name": "Ada Lovelace"})).into_response();
    }
    StatusCode::UNAUTHORIZED.into_response()
}
