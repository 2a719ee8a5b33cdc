//! `/v1/engage/hooks/{id}`: what Engage Digital tells of its own accord. Only status 200 is an answer it
//! takes for one; anything else comes again, and too much of that switches the webhook off.

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::reader::Reader;
use super::site::BODY_LIMIT;
use crate::config::Secret;
use crate::config::engage::CommunityConfig;
use crate::domain::engage_thread::{ThreadEvent, ThreadNews};
use crate::domain::passing::digest;
use crate::http::extract::{Params, Part};
use crate::http::{ApiError, ServiceState, body};

/// The webhook's secret, as Engage sends it.
const SECRET: &str = "x-dimelo-secret";
/// Longest challenge that is sent back, in bytes.
const LONGEST_CHALLENGE: usize = 1_024;
/// Longest ids that are kept, in bytes.
const LONGEST_ID: usize = 256;

/// A community of an address.
pub(super) fn find<'a>(state: &'a ServiceState, id: &str) -> Result<&'a CommunityConfig, ApiError> {
    state.config.engage.communities.get(id).ok_or_else(|| {
        ApiError::not_found("there is no community with this id").fix("see [engage.communities] in the configuration")
    })
}

#[derive(Deserialize)]
pub(super) struct Challenge {
    #[serde(rename = "hub.mode")]
    mode: Option<String>,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
    #[serde(rename = "hub.verify_token")]
    verify_token: Option<String>,
}

/// `GET`: Engage asks whether the webhook is wanted here; the challenge comes back.
pub(super) async fn challenge(
    State(state): State<ServiceState>,
    Part(id): Part,
    Params(asked): Params<Challenge>,
) -> Result<Response, ApiError> {
    let community = find(&state, &id)?;
    if !is_secret(&community.verify_token, asked.verify_token.as_deref().unwrap_or_default()) {
        let detail = "`hub.verify_token` is not the community's";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "verify_refused", detail)
            .fix("give the webhook in Engage the verify_token of the configuration"));
    }
    let challenge = asked.challenge.filter(|text| text.len() <= LONGEST_CHALLENGE);
    match (asked.mode.as_deref(), challenge) {
        (Some("subscribe"), Some(challenge)) => {
            let plain = HeaderValue::from_static("text/plain; charset=utf-8");
            Ok(([(header::CONTENT_TYPE, plain)], challenge).into_response())
        }
        _ => Err(ApiError::invalid_request("`hub.mode` must be `subscribe`, with a `hub.challenge`")),
    }
}

/// `POST`: events. Each is kept as it came, known or not; those that came before are known by their ids.
pub(super) async fn events(
    State(state): State<ServiceState>,
    Extension(reader): Extension<Reader>,
    Part(id): Part,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let community = find(&state, &id)?;
    let mut secrets = headers.get_all(SECRET).iter();
    let only = secrets.next().filter(|_| secrets.next().is_none());
    if !only.is_some_and(|secret| is_secret(&community.hook_secret, secret.to_str().unwrap_or_default())) {
        let detail = "X-Dimelo-Secret is not the community's";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "secret_refused", detail)
            .fix("give the webhook in Engage the hook_secret of the configuration"));
    }
    let bytes = body::read(body, BODY_LIMIT).await?;
    let mut told = body::parse_object(&bytes)?;
    let Some(Value::Array(items)) = told.shift_remove("events") else {
        return Err(ApiError::invalid_body("`events` must be an array"));
    };
    let now_ms = state.clock.now_ms();
    let events: Vec<ThreadEvent> = items.iter().map(|item| event(item, now_ms)).collect();
    let all = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let stored = state.storage.take_engage_events(&id, events).await?;
    if stored > 0 {
        reader.nudge();
    }
    Ok(Json(json!({"stored": stored, "duplicate": all - stored})).into_response())
}

/// Compared in one time whatever is sent; what is not set is nobody's secret.
fn is_secret(known: &Secret, sent: &str) -> bool {
    !known.is_empty() && bool::from(digest(known.expose()).ct_eq(&digest(sent)))
}

fn event(item: &Value, now_ms: i64) -> ThreadEvent {
    let body = item.to_string();
    let id = item["id"].as_str().filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
    let kind = item["type"].as_str().filter(|kind| kind.len() <= LONGEST_ID).unwrap_or_default();
    let issued_ms = item["issued_at"].as_str().and_then(time).unwrap_or(now_ms);
    let metadata = &item["resource"]["metadata"];
    let thread = metadata["thread_id"].as_str().filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
    // Events about a thread itself name it as their resource.
    let own = item["resource"]["id"].as_str().filter(|_| item["resource"]["type"] == "content_thread");
    let news = match kind {
        "content.thread_opened" => Some(ThreadNews::Opened),
        "content.thread_closed" => Some(ThreadNews::Closed { idle: false }),
        "content.thread_auto_closed" => Some(ThreadNews::Closed { idle: true }),
        "intervention.closed" => Some(ThreadNews::Intervention),
        kind if kind.starts_with("content.") => Some(ThreadNews::Content),
        _ => None,
    };
    ThreadEvent {
        // One without an id is known by all of it.
        id: id.map_or_else(|| unnamed(&body), ToOwned::to_owned),
        kind: kind.to_owned(),
        issued_ms,
        about: news.and_then(|news| thread.or(own).map(|thread| (thread.to_owned(), news))),
        body,
    }
}

fn unnamed(body: &str) -> String {
    use base64::Engine as _;
    format!("sha256:{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest(body)))
}

/// A time as Engage writes it (RFC 3339), in Unix ms.
pub(super) fn time(text: &str) -> Option<i64> {
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
}
