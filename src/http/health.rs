//! `/healthz`: the process answers. `/readyz`: it can do its work.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Json, http::StatusCode};
use serde_json::json;

use super::problem::ApiError;
use super::state::ServiceState;

/// 200 as long as the process runs.
pub async fn healthz() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

/// 200 when the database answers and takes writes; 503 with the reason otherwise. After a failed
/// write it tries one, so that freed disk space shows without a restart. `outbox` says how many logs
/// have not reached their CRM, and how old the oldest is.
pub async fn readyz(State(state): State<ServiceState>) -> Result<Response, ApiError> {
    if let Err(error) = state.storage.check().await {
        let mut problem = ApiError::from(error);
        problem.status = StatusCode::SERVICE_UNAVAILABLE;
        return Err(problem);
    }
    let counts = state.storage.count_outbox().await?;
    let open: i64 = counts.iter().map(|count| count.count).sum();
    let oldest = counts.iter().map(|count| count.oldest_ms).min();
    let age = oldest.map(|oldest| (state.clock.now_ms() - oldest).max(0) / 1000);
    Ok(Json(json!({"status": "ready", "outbox": {"open": open, "oldestSeconds": age}})).into_response())
}
