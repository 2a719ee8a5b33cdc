//! `POST /v1/engage/sites/{site}/identities/revoke`: a visitor signed out of the site, or an account was
//! closed. Nothing is renewed any more; a token that a page has is good until it ends.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::site::{self, BODY_LIMIT};
use crate::config::Scope;
use crate::http::extract::Part;
use crate::http::{ApiError, ServiceState, body};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeBody {
    uuid: String,
}

/// Ends every chain of a uuid at this site: `{"revoked"}`, how many there were.
pub(super) async fn revoke(
    State(state): State<ServiceState>,
    Part(id): Part,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    site::find(&state, &id)?;
    state.access.scoped(&headers, Scope::EngageMint)?;
    let bytes = body::read(body, BODY_LIMIT).await?;
    let RevokeBody { uuid } = site::shaped(&bytes, "{\"uuid\": \"...\"}")?;
    let revoked = state.storage.revoke_visitor(&id, &uuid).await?;
    Ok(Json(json!({"revoked": revoked})).into_response())
}
