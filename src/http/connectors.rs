//! `/v1/connectors`: what stands upstream, how its sync does, and looks for changes on demand.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::ApiCaller;
use super::body;
use super::extract::{Params, Part};
use super::problem::ApiError;
use super::state::ServiceState;
use crate::connectors::{Connector, Webhook, WebhookProblem};
use crate::domain::upstream::Trouble;
use crate::storage::contacts::LOCAL;
use crate::sync::{Lane, RunError, RunOptions};

/// `GET /v1/connectors`: `{"items"}`, the built-in address book first.
pub async fn list(State(state): State<ServiceState>, _: ApiCaller) -> Result<Response, ApiError> {
    let mut items = vec![local(&state).await?];
    for lane in state.sync.lanes() {
        items.push(shown(&state, lane).await?);
    }
    for (id, words) in state.sync.broken() {
        items.push(json!({"id": id, "usable": false, "problem": words}));
    }
    Ok(Json(json!({"items": items})).into_response())
}

/// `GET /v1/connectors/{id}`.
pub async fn get(State(state): State<ServiceState>, _: ApiCaller, Part(id): Part) -> Result<Response, ApiError> {
    if id == LOCAL {
        return Ok(Json(local(&state).await?).into_response());
    }
    if let Some(words) = state.sync.broken().get(&id) {
        return Ok(Json(json!({"id": id, "usable": false, "problem": words})).into_response());
    }
    let lane = find(&state, &id)?;
    Ok(Json(shown(&state, &lane).await?).into_response())
}

/// `?wait=true` answers at the end of the run.
#[derive(Debug, Deserialize)]
pub struct SyncQuery {
    wait: Option<String>,
}

impl SyncQuery {
    fn waits(&self) -> Result<bool, ApiError> {
        match self.wait.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ApiError::invalid_request("wait is true or false")),
        }
    }
}

/// `POST /v1/connectors/{id}/sync`: looks for changes now. The body, which may be empty, is
/// `{"full", "sweep", "accept_deletions"}`, each a boolean. 202, or 200 with the report of the run.
pub async fn sync(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
    Params(query): Params<SyncQuery>,
    body: Body,
) -> Result<Response, ApiError> {
    let lane = find(&state, &id)?;
    let bytes = body::read(body, body::WIDGET_LIMIT).await?;
    let asked = if bytes.is_empty() { Value::Null } else { body::parse::<Value>(&bytes)? };
    let options = match asked {
        Value::Null => RunOptions::default(),
        asked @ Value::Object(_) => {
            serde_json::from_value(asked).map_err(|error| ApiError::invalid_body(error.to_string()))?
        }
        _ => return Err(ApiError::invalid_body("the body must be a JSON object")),
    };
    if query.waits()? {
        let report = lane.sync_now(options).await.map_err(run_failed)?;
        return Ok(Json(json!({"report": report})).into_response());
    }
    state.hub.tasks().spawn(async move { drop(lane.sync_now(options).await) });
    let address = format!("/v1/connectors/{id}");
    Ok((StatusCode::ACCEPTED, Json(json!({"status": "started", "progress": address}))).into_response())
}

/// `POST /v1/connectors/{id}/preview`: what a full listing would change. Nothing is written.
pub async fn preview(State(state): State<ServiceState>, _: ApiCaller, Part(id): Part) -> Result<Response, ApiError> {
    let lane = find(&state, &id)?;
    let preview = state.sync.preview(&lane).await.map_err(run_failed)?;
    Ok(Json(preview).into_response())
}

/// `GET /v1/connectors/{id}/progress`: server-sent events `progress` while the connection lasts.
pub async fn progress(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let mut progress = find(&state, &id)?.progress();
    progress.mark_changed();
    let closing = state.hub.closing();
    let events = stream::unfold((progress, closing), |(mut progress, closing)| async move {
        tokio::select! {
            changed = progress.changed() => changed.ok()?,
            () = closing.cancelled() => return None,
        }
        let now = *progress.borrow_and_update();
        let event = Event::default().event("progress").data(json!(now).to_string());
        Some((Ok(event), (progress, closing)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// `POST /hooks/{id}`: an upstream says that something changed. Checked, and then only a hint.
pub async fn hook(
    State(state): State<ServiceState>,
    Part(id): Part,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let lane = find(&state, &id)?;
    let bytes = body::read(body, body::WIDGET_LIMIT).await?;
    let asked = uri.path_and_query().map_or("", |part| part.as_str());
    let url = format!("{}{asked}", state.config.server.public_url);
    let hook = Webhook { method: method.as_str(), url: &url, headers: &headers, body: &bytes };
    lane.connector().check_webhook(&hook).map_err(|problem| {
        let (status, code) = match problem {
            WebhookProblem::NotConfigured => (StatusCode::NOT_FOUND, "not_found"),
            WebhookProblem::Signature => (StatusCode::UNAUTHORIZED, "signature_refused"),
            WebhookProblem::Stale => (StatusCode::UNAUTHORIZED, "signature_stale"),
        };
        ApiError::new(status, code, problem.to_string())
    })?;
    lane.hint();
    Ok(StatusCode::NO_CONTENT)
}

/// A run's failure for whoever asked for it.
pub fn run_failed(error: RunError) -> ApiError {
    let fix = error.fix();
    match error {
        RunError::Storage(error) => error.into(),
        RunError::Stopped => {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", "Trunkline is shutting down")
        }
        RunError::Upstream(error) => upstream_failed(error.trouble, &error.words).fix(fix),
    }
}

/// Upstream trouble as an answer. Never 401 or 403: those speak of the caller, and this is about the
/// account upstream.
pub fn upstream_failed(trouble: Trouble, words: &str) -> ApiError {
    let (status, code) = match trouble {
        Trouble::Down => (StatusCode::BAD_GATEWAY, "upstream_down"),
        Trouble::Slow => (StatusCode::GATEWAY_TIMEOUT, "upstream_slow"),
        Trouble::RateLimited => (StatusCode::SERVICE_UNAVAILABLE, "upstream_rate_limited"),
        Trouble::Unauthorized => (StatusCode::BAD_GATEWAY, "upstream_unauthorized"),
        Trouble::Forbidden => (StatusCode::BAD_GATEWAY, "upstream_forbidden"),
        Trouble::Gone => (StatusCode::BAD_GATEWAY, "upstream_gone"),
        Trouble::Rejected => (StatusCode::UNPROCESSABLE_ENTITY, "upstream_rejected"),
        Trouble::Broken => (StatusCode::BAD_GATEWAY, "upstream_broken"),
    };
    ApiError::new(status, code, words)
}

fn find(state: &ServiceState, id: &str) -> Result<Arc<Lane>, ApiError> {
    if let Some(words) = state.sync.broken().get(id) {
        let detail = format!("the connector {id} cannot be used: {words}");
        return Err(ApiError::new(StatusCode::CONFLICT, "connector_unusable", detail));
    }
    if id == LOCAL {
        let detail = "the built-in address book is here: there is nothing to fetch";
        return Err(ApiError::new(StatusCode::CONFLICT, "nothing_upstream", detail));
    }
    let lane = state.sync.find_lane(id).cloned();
    lane.ok_or_else(|| {
        ApiError::not_found(format!("there is no connector {id:?}")).fix("see [connectors] in the configuration")
    })
}

async fn local(state: &ServiceState) -> Result<Value, ApiError> {
    Ok(json!({
        "id": LOCAL,
        "name": "Address book",
        "kind": LOCAL,
        "usable": true,
        "capabilities": state.sync.local().capabilities(),
        "contacts": state.storage.count_local_contacts().await?,
    }))
}

async fn shown(state: &ServiceState, lane: &Lane) -> Result<Value, ApiError> {
    let kept = state.storage.find_connector_state(lane.id()).await?.unwrap_or_default();
    let contacts = state.storage.count_contacts_of(lane.id()).await?;
    let never = |ms: i64| (ms > 0).then_some(ms);
    Ok(json!({
        "id": lane.id(),
        "name": lane.name(),
        "kind": lane.config().kind.name(),
        "usable": true,
        "capabilities": lane.connector().capabilities(),
        "contacts": contacts,
        "running": lane.is_running(),
        "progress": *lane.progress().borrow(),
        "lastSuccess": never(kept.succeeded_ms),
        "lastSweep": never(kept.swept_ms),
        "trouble": kept.trouble.as_ref().map(|note| json!({
            "kind": note.trouble,
            "detail": note.words,
            "fix": note.trouble.fix(),
            "since": note.since_ms,
            "failures": note.failures,
        })),
        "heldDeletions": kept.held_deletions,
        "refused": kept.refused,
    }))
}
