//! `POST /v1/engage/communities/{id}/sync`: reads now what waits to be read, or one thread.

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::hooks;
use super::reader::Reader;
use super::site::BODY_LIMIT;
use crate::http::extract::Part;
use crate::http::{ApiCaller, ApiError, ServiceState, body};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct SyncBody {
    thread_id: Option<String>,
}

/// Answers `{"read", "failed", "waiting": [{"threadId", "words"}]}`.
pub(super) async fn sync(
    State(state): State<ServiceState>,
    Extension(reader): Extension<Reader>,
    _: ApiCaller,
    Part(id): Part,
    body: Body,
) -> Result<Response, ApiError> {
    hooks::find(&state, &id)?;
    let bytes = body::read(body, BODY_LIMIT).await?;
    let asked = if bytes.is_empty() { None } else { body::parse::<Option<SyncBody>>(&bytes)? };
    if let Some(thread) = asked.and_then(|asked| asked.thread_id).filter(|thread| !thread.is_empty()) {
        state.storage.want_engage_thread(&id, &thread).await?;
    }
    let run = reader.run().await?;
    let waiting = state.storage.waiting_engage_threads(&id).await?;
    let waiting: Vec<Value> =
        waiting.into_iter().map(|(thread, words)| json!({"threadId": thread, "words": words})).collect();
    Ok(Json(json!({"read": run.read, "failed": run.failed, "waiting": waiting})).into_response())
}
