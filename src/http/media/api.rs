//! `/v1/media`: what is kept of logs, for programs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::media::MediaRow;
use crate::http::access::ApiCaller;
use crate::http::api::PageQuery;
use crate::http::extract::{Params, Part};
use crate::http::logs::with_next;
use crate::http::problem::ApiError;
use crate::http::state::ServiceState;
use crate::media::MediaError;

/// `?logId=` of a call log or message log.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MediaQuery {
    log_id: Option<String>,
}

/// `GET /v1/media`: `{"items", "nextPage"}`, oldest first; with `?logId=` the files of one log.
pub(super) async fn list(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Params(query): Params<MediaQuery>,
    Params(page): Params<PageQuery>,
) -> Result<Response, ApiError> {
    let limit = page.limit()?;
    let (rows, next) = match &query.log_id {
        Some(log_id) => (state.storage.list_media_of(log_id).await?, None),
        None => with_next(state.storage.list_media(page.page(), limit).await?, limit, |row| &row.id),
    };
    let items: Vec<Value> = rows.iter().map(|row| media_json(&state, row)).collect();
    Ok(Json(json!({"items": items, "nextPage": next})).into_response())
}

/// `GET /v1/media/{id}`.
pub(super) async fn get(State(state): State<ServiceState>, _: ApiCaller, Part(id): Part) -> Result<Response, ApiError> {
    let row = state.storage.find_media(&id).await?.ok_or_else(none)?;
    Ok(Json(media_json(&state, &row)).into_response())
}

/// `DELETE /v1/media/{id}`: the file goes, and with the last row of its bytes the bytes. The row stays
/// and says so. 204, or 404 where there is nothing to delete.
pub(super) async fn delete(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
) -> Result<StatusCode, ApiError> {
    match state.media.forget(&id).await {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => Err(none()),
        Err(MediaError::Storage(error)) => Err(error.into()),
        Err(MediaError::Store(error)) => {
            tracing::warn!(%error, "a file is not in the database any more, but still in the store");
            let detail = "the file is gone from the logs, but the store did not delete it yet";
            Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "media_store_down", detail)
                .fix("nothing needs to be done: files without a log are deleted within days"))
        }
    }
}

fn none() -> ApiError {
    ApiError::not_found("there is no file with this id")
}

/// A file of a log on the wire. `url` is what a CRM is given (`media.link`).
pub fn media_json(state: &ServiceState, row: &MediaRow) -> Value {
    let base = state.media.gives_own_address().then(|| state.authority.base());
    let blob = row.blob.as_ref();
    json!({
        "id": row.id,
        "logId": row.log_id,
        "operator": row.operator,
        "type": row.kind.word(),
        "messageId": Some(&row.message_id).filter(|id| !id.is_empty()),
        "sourceId": row.source_id,
        "state": row.state.word(),
        "words": row.words,
        "url": row.address(base),
        "vendorUrl": row.uri,
        "vendorLink": row.link,
        "fileName": row.file_name,
        "contentType": blob.map(|blob| &blob.content_type),
        "size": blob.map(|blob| blob.size),
        "sha256": blob.map(|blob| &blob.sha256),
        "storedAt": blob.map(|blob| blob.stored_at),
        "madeAt": row.made_at,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    })
}
