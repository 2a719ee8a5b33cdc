//! An authorization server: codes with PKCE (S256), refresh tokens, revocation. A person who is sent to
//! it signs in at once.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use trunkline::domain::clock::Clock;

use super::{Asked, Gate, Reply};

pub const CLIENT_ID: &str = "trunkline-client";
pub const CLIENT_SECRET: &str = "trunkline-client-secret";

/// What a vendor's authorization server does in its own way.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    pub authorize: &'static str,
    pub token: &'static str,
    pub revoke: &'static str,
    /// A refresh token is good once; the answer holds the next.
    pub rotates: bool,
    /// The answer says how long a token lives; without it nothing says so.
    pub seconds: Option<i64>,
    /// The client's secret must come as HTTP Basic, not in the body.
    pub basic: bool,
    /// What else stands in the answer (`api_domain`).
    pub extra: Map<String, Value>,
    /// A parameter of the authorization request, and what must be in it for a refresh token to be given.
    pub offline: Option<(&'static str, &'static str)>,
    /// What is refused is answered with 200 and this in `error`.
    pub refusal: Option<&'static str>,
}

/// A code that a person brings back.
pub struct Code {
    challenge: Option<String>,
    redirect: String,
    /// Whether the person agreed to access while they are away.
    offline: bool,
}

pub(super) fn answer(paths: &Paths, gate: &Gate, asked: &Asked) -> Option<Reply> {
    let path = format!("/{}", asked.path.join("/"));
    if path == paths.authorize && asked.method == "GET" {
        return Some(authorize(paths, gate, asked));
    }
    if path == paths.token && asked.method == "POST" {
        return Some(token(paths, gate, asked));
    }
    if !paths.revoke.is_empty() && path == paths.revoke && asked.method == "POST" {
        if !known_client(paths, asked) {
            return Some(unknown_client());
        }
        let token = asked.form("token").or_else(|| asked.query("token").map(str::to_owned)).unwrap_or_default();
        gate.with(|inner| {
            inner.tokens.remove(&token);
            inner.refresh.retain(|held| *held != token);
        });
        return Some(Reply::json(200, json!({})));
    }
    None
}

fn authorize(paths: &Paths, gate: &Gate, asked: &Asked) -> Reply {
    let (Some(redirect), Some(CLIENT_ID), Some("code")) =
        (asked.query("redirect_uri"), asked.query("client_id"), asked.query("response_type"))
    else {
        return Reply { status: 400, text: Some("<p>This request is not right.</p>".into()), ..Reply::default() };
    };
    let offline = paths.offline.is_none_or(|(name, wanted)| {
        asked.query(name).is_some_and(|value| value.split(' ').any(|word| word == wanted))
    });
    let challenge = asked.query("code_challenge").map(str::to_owned);
    let code = issue(gate, Code { challenge, redirect: redirect.to_owned(), offline });
    let mut url = url::Url::parse(redirect).expect("an address");
    url.query_pairs_mut().append_pair("code", &code).append_pair("state", asked.query("state").unwrap_or_default());
    Reply::empty(302).with("location", &url)
}

fn issue(gate: &Gate, agreed: Code) -> String {
    gate.with(|inner| {
        inner.made += 1;
        let code = format!("code-{}", inner.made);
        inner.codes.insert(code.clone(), agreed);
        code
    })
}

fn unknown_client() -> Reply {
    Reply::json(401, json!({"error": "invalid_client", "error_description": "client not known"}))
}

fn token(paths: &Paths, gate: &Gate, asked: &Asked) -> Reply {
    if !known_client(paths, asked) {
        return unknown_client();
    }
    let refused = |words: &str| match paths.refusal {
        Some(code) => Reply::json(200, json!({"error": code})),
        None => Reply::json(400, json!({"error": "invalid_grant", "error_description": words})),
    };
    let mut offline = true;
    let old = match asked.form("grant_type").as_deref() {
        Some("authorization_code") => {
            let code = asked.form("code").unwrap_or_default();
            let Some(agreed) = gate.with(|inner| inner.codes.remove(&code)) else {
                return refused("the code is not known or was used");
            };
            if asked.form("redirect_uri").as_deref() != Some(&agreed.redirect) {
                return refused("redirect_uri is another");
            }
            let verifier = asked.form("code_verifier").unwrap_or_default();
            let wanted = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
            if agreed.challenge.is_some_and(|challenge| challenge != wanted) {
                return refused("code_verifier does not fit");
            }
            offline = agreed.offline;
            None
        }
        Some("refresh_token") => {
            let held = asked.form("refresh_token").unwrap_or_default();
            if !gate.with(|inner| inner.refresh.contains(&held)) {
                return refused("the refresh token is not good (any more)");
            }
            Some(held)
        }
        _ => return Reply::json(400, json!({"error": "unsupported_grant_type"})),
    };
    let mut answer = grant(paths, gate, old);
    if !offline {
        answer.remove("refresh_token");
    }
    Reply::json(200, Value::Object(answer))
}

fn known_client(paths: &Paths, asked: &Asked) -> bool {
    let basic = asked.scheme("Basic").map(|text| STANDARD.decode(text).unwrap_or_default());
    let wanted = format!("{CLIENT_ID}:{CLIENT_SECRET}");
    let by_basic = basic.as_deref() == Some(wanted.as_bytes());
    let by_body = asked.form("client_id").as_deref() == Some(CLIENT_ID)
        && asked.form("client_secret").as_deref() == Some(CLIENT_SECRET);
    if paths.basic { by_basic } else { by_basic || by_body }
}

fn grant(paths: &Paths, gate: &Gate, old: Option<String>) -> Map<String, Value> {
    let now = gate.clock.now_ms();
    let mut answer = paths.extra.clone();
    let (token, refresh) = gate.with(|inner| {
        inner.made += 1;
        let token = format!("access-{}", inner.made);
        inner.tokens.insert(token.clone(), paths.seconds.map(|seconds| now + seconds * 1000));
        let fresh = format!("refresh-{}", inner.made);
        let refresh = match old {
            Some(old) if !paths.rotates => old,
            Some(old) => {
                inner.refresh.retain(|held| *held != old);
                fresh
            }
            None => fresh,
        };
        if !inner.refresh.contains(&refresh) {
            inner.refresh.push(refresh.clone());
        }
        (token, refresh)
    });
    answer.insert("access_token".into(), token.into());
    answer.insert("refresh_token".into(), refresh.into());
    answer.insert("token_type".into(), "Bearer".into());
    if let Some(seconds) = paths.seconds {
        answer.insert("expires_in".into(), seconds.into());
    }
    answer
}
