//! `POST /v1/engage/sites/{site}/tokens/check`, and the same for the command line.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::check::Judge;
use super::mint::unstored;
use super::site::{self, BODY_LIMIT};
use super::verdict::{Place, verdict};
use crate::config::Scope;
use crate::config::engage::{Mode, SiteConfig};
use crate::domain::engage::{KeyRing, KeyState};
use crate::http::extract::Part;
use crate::http::{ApiError, ServiceState, body};

#[derive(Deserialize)]
struct CheckBody {
    token: String,
}

pub(super) async fn check(
    State(state): State<ServiceState>,
    Part(id): Part,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let site = site::find(&state, &id)?;
    state.access.scoped(&headers, Scope::EngageCheck)?;
    let bytes = body::read(body, BODY_LIMIT).await?;
    let CheckBody { token } = body::parse(&bytes).map_err(|error| match error.code {
        // The parser's words could repeat a value.
        "invalid_body" => ApiError::invalid_body("the body must be {\"token\": \"...\"}"),
        _ => error,
    })?;
    let ring = site::key_ring(&state.storage, &id, site).await?;
    Ok(unstored(Json(checked(site, &ring, &token, state.clock.now_ms())).into_response()))
}

/// Everything about a token but the token: `{"valid", "reasons", "warnings", "mode", "verdict", "verdicts",
/// "kid", "exp", "secondsLeft"}`.
pub fn checked(site: &SiteConfig, ring: &KeyRing, token: &str, now_ms: i64) -> Value {
    let now = now_ms.div_euclid(1_000);
    let retired: Vec<String> =
        ring.states.iter().filter(|(_, state)| **state == KeyState::Retired).map(|(kid, _)| kid.clone()).collect();
    let found = Judge { site, retired: &retired, now }.judge(token);
    let told = |place: Place| {
        let verdict = verdict(place, found.presented());
        json!({"opens": verdict.opens, "identity": verdict.identity, "inferred": verdict.inferred, "words": verdict.words()})
    };
    let mut verdicts: Map<String, Value> =
        Mode::ALL.into_iter().map(|mode| (mode.word().to_owned(), told(Place::Page(mode)))).collect();
    verdicts.insert("iframe".into(), told(Place::Frame(site.mode)));
    json!({
        "valid": found.reasons.is_empty(),
        "reasons": found.reasons,
        "warnings": found.warnings,
        "mode": site.mode,
        "verdict": told(Place::Page(site.mode)),
        "verdicts": verdicts,
        "kid": found.kid,
        "exp": found.exp,
        "secondsLeft": found.exp.map(|exp| exp.saturating_sub(now)),
    })
}
