//! Rox.Chat: what the agents' workspace, framed in a CRM page, tells of its chats, and what the page may
//! ask of it. The adapter carries messages between the frame and these routes; what they mean is decided
//! here and in `domain::roxchat`.

mod events;
mod outgoing;
mod pop;
mod sign;
mod signature;
mod sweep;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::config::{LogOn, WorkspaceConfig};
use crate::domain::roxchat::Rules;
use crate::http::{ApiError, Caller, ServiceState};
pub use sweep::{keep_sweeping, sweep};

/// The routes of this channel.
pub fn router() -> Router<ServiceState> {
    Router::new()
        .route("/v1/roxchat/{workspace}", get(describe))
        .route("/v1/roxchat/{workspace}/events", post(events::take))
        .route("/v1/roxchat/{workspace}/contacts/{item}/outgoing", get(outgoing::find))
        .route("/v1/roxchat/{workspace}/commands", post(outgoing::ask))
        .route("/v1/roxchat/{workspace}/commands/{item}/result", post(outgoing::settle))
        .route("/v1/roxchat/{workspace}/visitors/sign", post(sign::sign))
}

/// `GET /v1/roxchat/{workspace}`: what a page needs to attach the frame: `{"workspace", "origin", "sources"}`.
async fn describe(_: Caller, workspace: Workspace) -> Json<Value> {
    let Workspace { id, config, .. } = workspace;
    Json(json!({"workspace": id, "origin": config.origin, "sources": config.sources}))
}

/// The workspace of an address, and what else the address names.
#[derive(Debug)]
struct Workspace {
    id: String,
    config: WorkspaceConfig,
    item: String,
}

impl FromRequestParts<ServiceState> for Workspace {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ServiceState) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| ApiError::invalid_request("the address is not percent-encoded UTF-8"))?;
        let part = |name: &str| {
            params.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        let id = part("workspace");
        let Some(config) = state.config.roxchat.workspaces.get(&id) else {
            let detail = "there is no such workspace of Rox.Chat";
            return Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_workspace", detail)
                .fix("name one of [roxchat.workspaces] in the configuration"));
        };
        Ok(Self { id, config: config.clone(), item: part("item") })
    }
}

impl Workspace {
    /// What the meaning of events depends on.
    fn rules(&self, state: &ServiceState) -> Rules {
        Rules {
            workspace: self.id.clone(),
            kinds: self.config.kinds.clone(),
            dedupe_ms: i64::from(self.config.dedupe_seconds) * 1000,
            log_at_once: self.config.log_on == LogOn::Message,
            trust_provided_id: self.config.trust_provided_id,
            id_priority: self.config.id_priority.clone(),
            connectors: state.config.connectors.keys().cloned().collect(),
        }
    }
}
