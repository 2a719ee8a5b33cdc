//! `/v1/engage/sites/{site}/keys`: the rotation of keys. Their material stays in the configuration.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::site::{self, BODY_LIMIT};
use crate::config::engage::SiteConfig;
use crate::domain::engage::{KeyRefusal, KeyRing, KeyState};
use crate::http::extract::{Part, TwoParts};
use crate::http::{ApiCaller, ApiError, ServiceState, body};

pub(super) async fn list(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
) -> Result<Response, ApiError> {
    let site = site::find(&state, &id)?;
    let ring = site::key_ring(&state.storage, &id, site).await?;
    Ok(Json(listing(site, &ring, state.clock.now_ms())).into_response())
}

pub(super) async fn activate(
    State(state): State<ServiceState>,
    _: ApiCaller,
    TwoParts(id, kid): TwoParts,
) -> Result<Response, ApiError> {
    change(&state, &id, &kid, KeyRing::activate).await
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RetireBody {
    #[serde(default)]
    force: bool,
}

pub(super) async fn retire(
    State(state): State<ServiceState>,
    _: ApiCaller,
    TwoParts(id, kid): TwoParts,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = body::read(body, BODY_LIMIT).await?;
    let asked = if bytes.is_empty() { None } else { body::parse::<Option<RetireBody>>(&bytes)? };
    let RetireBody { force } = asked.unwrap_or_default();
    let now = state.clock.now_ms().div_euclid(1_000);
    change(&state, &id, &kid, |ring, kid| ring.retire(kid, now, force)).await
}

async fn change(
    state: &ServiceState,
    id: &str,
    kid: &str,
    step: impl FnOnce(&mut KeyRing, &str) -> Result<(), KeyRefusal>,
) -> Result<Response, ApiError> {
    let site = site::find(state, id)?;
    if site.find_key(kid).is_none() {
        return Err(ApiError::not_found("there is no key with this id").fix("see the site's keys in the configuration"));
    }
    let mut ring = site::key_ring(&state.storage, id, site).await?;
    step(&mut ring, kid).map_err(|refusal| {
        let (code, words) = told(refusal);
        ApiError::new(StatusCode::CONFLICT, code, words)
    })?;
    state.storage.put_engage_keys(id, &ring).await?;
    tracing::info!(site = id, kid, state = ring.state(kid).word(), "a key's state changed");
    Ok(Json(listing(site, &ring, state.clock.now_ms())).into_response())
}

/// A refusal as a code and words.
pub fn told(refusal: KeyRefusal) -> (&'static str, String) {
    match refusal {
        KeyRefusal::WasRetired => {
            ("kid_retired", "this key was retired: make a new one, under a key id that was never used".into())
        }
        KeyRefusal::IsActive => ("kid_active", "tokens are signed with this key: activate another one first".into()),
        KeyRefusal::StillInUse(safe) => {
            ("kid_in_use", format!("tokens of this key are still good: wait until {}, or force it", at(safe)))
        }
    }
}

/// `{"items": [{"kid", "alg", "state", "lastExp", "safeToRemoveAt", "removable", "words", "publicKey"?}]}`,
/// in the order of the configuration; times in Unix seconds.
pub fn listing(site: &SiteConfig, ring: &KeyRing, now_ms: i64) -> Value {
    let now = now_ms.div_euclid(1_000);
    let items: Vec<Value> = site
        .keys
        .iter()
        .map(|key| {
            let (state, safe) = (ring.state(&key.id), ring.safe_to_remove_at(&key.id));
            let removable = state == KeyState::Retired
                || (matches!(state, KeyState::Retiring) && safe.is_none_or(|safe| now >= safe));
            let mut item = json!({
                "kid": key.id,
                "alg": key.alg.word(),
                "state": state,
                "lastExp": ring.last_exp.get(&key.id),
                "safeToRemoveAt": safe,
                "removable": removable,
                "words": words(state, safe, removable),
            });
            if let Some(pem) = key.public_key_pem() {
                item["publicKey"] = pem.into();
            }
            item
        })
        .collect();
    json!({"items": items})
}

fn words(state: KeyState, safe: Option<i64>, removable: bool) -> String {
    match (state, safe) {
        (KeyState::Pending, _) => "paste it into the community under this Key ID, then activate it".into(),
        (KeyState::Active, _) => "signs new tokens; the community must have it".into(),
        (KeyState::Retiring, _) if removable => "delete it in the community, then retire it".into(),
        (KeyState::Retiring, Some(safe)) => format!("leave it in the community until {}", at(safe)),
        (KeyState::Retiring | KeyState::Retired, _) => {
            "take it out of the configuration; never use its id again".into()
        }
    }
}

fn at(seconds: i64) -> String {
    match chrono::DateTime::from_timestamp(seconds, 0) {
        Some(time) => time.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        None => seconds.to_string(),
    }
}
