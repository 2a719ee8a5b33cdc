//! `POST /v1/roxchat/{workspace}/visitors/sign`: the company's own server has a visitor signed,
//! with an API key that may do that.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::Workspace;
use super::signature;
use crate::config::Scope;
use crate::http::{ApiError, ServiceState, body};

/// Greatest body, in bytes.
const LIMIT: usize = 64 * 1024;
/// How long a signature holds where nothing is asked for, in seconds: a day.
const LIFE: i64 = 24 * 3600;
/// The longest that is signed for, in seconds: thirty days.
const LONGEST_LIFE: i64 = 30 * 24 * 3600;
/// Ids that are shorter can be guessed.
const SHORT_ID: usize = 16;

/// `{"fields", "expires"}` in, `{"fields", "expires", "hash", "warnings"}` out; `expires` is in Unix
/// seconds. Fields are texts, and `id` is one of them.
pub(super) async fn sign(
    State(state): State<ServiceState>,
    headers: HeaderMap,
    workspace: Workspace,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    state.access.scoped(&headers, Scope::RoxchatSign)?;
    let key = &workspace.config.signature_key;
    if key.is_empty() {
        let detail = "this workspace has no key to sign visitors with";
        return Err(ApiError::new(StatusCode::CONFLICT, "no_signature_key", detail)
            .fix("set signature_key or signature_key_file of the workspace to the key of the Rox.Chat account"));
    }
    let asked = body::parse_object(&body::read(body, LIMIT).await?)?;
    let fields = fields(&asked)?;
    let expires = expires(asked.get("expires"), state.clock.now_ms().div_euclid(1000))?;
    let hash = signature::sign(workspace.config.hash_algorithm, key.expose(), &fields, expires);
    let id = fields.get("id").map(String::as_str).unwrap_or_default();
    // Values stand in the signed text without anything between them, so that parts of one field can pass
    // for parts of another: an id that cannot be guessed keeps that from becoming somebody else's.
    let guessable = id.len() < SHORT_ID || id.bytes().all(|byte| byte.is_ascii_digit());
    let warnings: &[&str] = if guessable { &["id_guessable"] } else { &[] };
    Ok(Json(json!({"fields": fields, "expires": expires, "hash": hash, "warnings": warnings})))
}

fn fields(asked: &Map<String, Value>) -> Result<BTreeMap<String, String>, ApiError> {
    let refused = |code, detail: &str| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
    let given = asked.get("fields").and_then(Value::as_object);
    let given = given.ok_or_else(|| refused("fields_missing", "`fields` must be an object of texts"))?;
    let mut fields = BTreeMap::new();
    for (name, value) in given {
        let text = value.as_str().ok_or_else(|| refused("field_not_text", "every field must be a text"))?;
        fields.insert(name.clone(), text.to_owned());
    }
    if fields.get("id").is_none_or(|id| id.trim().is_empty()) {
        return Err(refused("id_missing", "`fields` needs an `id` that is not blank"));
    }
    Ok(fields)
}

fn expires(asked: Option<&Value>, now: i64) -> Result<i64, ApiError> {
    let refused = |code, detail: &str| Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail));
    let at = match asked {
        None | Some(Value::Null) => return Ok(now + LIFE),
        Some(value) => value.as_i64(),
    };
    match at {
        None => refused("expires_not_integer", "`expires` must be a whole number of Unix seconds"),
        Some(at) if at <= now => refused("expires_past", "`expires` has passed: it is in Unix seconds"),
        Some(at) if at > now + LONGEST_LIFE => {
            refused("expires_too_late", "`expires` is more than thirty days ahead: it is in seconds, not milliseconds")
        }
        Some(at) => Ok(at),
    }
}
