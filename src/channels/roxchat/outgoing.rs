//! Outgoing chats from a contact's record: whether one can be started, the message for the workspace's
//! frame, and how it ended. What is not confirmed is never called started.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Workspace;
use crate::domain::ids::new_id;
use crate::domain::roxchat::{CommandStatus, outgoing_words};
use crate::http::{ApiError, Caller, ServiceState, body};
use crate::storage::roxchat::{Command, Session};

/// A visit that was heard of within this time may go on.
const FRESH_MS: i64 = 24 * 3600 * 1000;
/// How long the workspace has to show the chat or to refuse.
const TIMEOUT_MS: u32 = 10_000;
/// Longest error code, in bytes.
const LONGEST_CODE: usize = 128;
/// Greatest body, in bytes.
const LIMIT: usize = 16 * 1024;

/// Why no chat can be started.
struct Obstacle {
    reason: &'static str,
    words: &'static str,
}

const NO_CONTACT: Obstacle = Obstacle { reason: "contact_unknown", words: "The contact is not in the address book." };
const NO_SESSION: Obstacle =
    Obstacle { reason: "no_session", words: "No visit of this contact to the site is known: they must come first." };
const OLD_SESSION: Obstacle =
    Obstacle { reason: "session_old", words: "The contact's last visit to the site is more than a day ago." };

/// `GET .../contacts/{id}/outgoing`: `{"enabled", "reason", "words"}`.
pub(super) async fn find(
    State(state): State<ServiceState>,
    _: Caller,
    workspace: Workspace,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(match session(&state, &workspace, &workspace.item).await? {
        Ok(session) => json!({"enabled": true, "seenAt": session.seen_ms}),
        Err(obstacle) => json!({"enabled": false, "reason": obstacle.reason, "words": obstacle.words}),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    contact_id: String,
}

/// `POST .../commands` `{"contactId"}`: `{"id", "message", "timeoutMs"}`. The message is posted to the frame
/// as it is.
pub(super) async fn ask(
    State(state): State<ServiceState>,
    Caller { operator, .. }: Caller,
    workspace: Workspace,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let asked: Asked = body::parse(&body::read(body, LIMIT).await?)?;
    let session = match session(&state, &workspace, &asked.contact_id).await? {
        Ok(session) => session,
        Err(obstacle) => return Err(ApiError::new(StatusCode::CONFLICT, obstacle.reason, obstacle.words)),
    };
    let command = Command {
        id: new_id("rc", &*state.clock),
        workspace: workspace.id,
        operator: operator.id.clone(),
        contact_id: asked.contact_id,
        visitor: session.visitor,
        session: session.session,
        status: CommandStatus::Pending,
        code: None,
        asked_ms: state.clock.now_ms(),
    };
    let params = json!({"roxchatVisitorId": command.visitor, "sessionId": command.session});
    let answer = json!({
        "id": command.id,
        "message": {"action": "start_outgoing_chat", "params": params},
        "timeoutMs": TIMEOUT_MS,
    });
    state.storage.ask_roxchat(command).await?;
    Ok(Json(answer))
}

#[derive(Debug, Deserialize)]
struct Told {
    status: String,
    code: Option<String>,
}

/// `POST .../commands/{id}/result` `{"status", "code"}`: `{"status", "code", "words"}` as it stands then.
pub(super) async fn settle(
    State(state): State<ServiceState>,
    Caller { operator, .. }: Caller,
    workspace: Workspace,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let told: Told = body::parse(&body::read(body, LIMIT).await?)?;
    let (status, code) = read(told)?;
    let unknown = || ApiError::not_found("there is no such command of yours");
    let known = state.storage.find_roxchat_command(&workspace.id, &workspace.item).await?.ok_or_else(unknown)?;
    if known.operator != operator.id {
        return Err(unknown());
    }
    let settled = state.storage.settle_roxchat(&workspace.id, &known.id, status, code).await?.ok_or_else(unknown)?;
    let words = outgoing_words(settled.status, settled.code.as_deref());
    Ok(Json(json!({"status": settled.status.word(), "code": settled.code, "words": words})))
}

fn read(told: Told) -> Result<(CommandStatus, Option<String>), ApiError> {
    let status = CommandStatus::from_word(&told.status).filter(|status| *status != CommandStatus::Pending);
    let Some(status) = status else {
        let detail = "`status` must be \"confirmed\", \"error\" or \"unknown\"";
        return Err(ApiError::invalid_body(detail).fix("call a chat confirmed only when the workspace showed it"));
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if told.code.as_ref().is_some_and(|code| code.len() > LONGEST_CODE || !code.bytes().all(plain)) {
        return Err(ApiError::invalid_body("`code` must be one of the vendor's error codes"));
    }
    Ok((status, told.code.filter(|code| status == CommandStatus::Error && !code.is_empty())))
}

/// The visit in which a chat with a contact can be started.
async fn session(
    state: &ServiceState,
    workspace: &Workspace,
    contact_id: &str,
) -> Result<Result<Session, Obstacle>, ApiError> {
    if state.storage.find_contact(contact_id).await?.is_none() {
        return Ok(Err(NO_CONTACT));
    }
    let found = state.storage.find_roxchat_session(&workspace.id, contact_id).await?;
    Ok(match found {
        None => Err(NO_SESSION),
        Some(session) if state.clock.now_ms() - session.seen_ms >= FRESH_MS => Err(OLD_SESSION),
        Some(session) => Ok(session),
    })
}
