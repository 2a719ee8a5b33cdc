//! `/v1/call-logs` and `/v1/message-logs`: what was logged, for programs.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::ApiCaller;
use super::api::PageQuery;
use super::extract::Params;
use super::media::media_json;
use super::problem::ApiError;
use super::state::ServiceState;
use crate::domain::call_log::CallLog;
use crate::storage::message_logs::MessageLog;

/// `?sessionId=` of a call, `?conversationId=` of a conversation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogQuery {
    session_id: Option<String>,
    conversation_id: Option<String>,
}

/// `GET /v1/call-logs`: `{"items", "nextPage"}`, oldest first; with `?sessionId=` (a session id or a
/// telephony session id) every operator's log of that call.
pub async fn calls(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Params(log): Params<LogQuery>,
    Params(page): Params<PageQuery>,
) -> Result<Response, ApiError> {
    let limit = page.limit()?;
    let (logs, next) = match &log.session_id {
        Some(session_id) => (state.storage.call_logs_of_session(session_id).await?, None),
        None => with_next(state.storage.list_call_logs(page.page(), limit).await?, limit, |log| &log.id),
    };
    let ids: Vec<&str> = logs.iter().map(|log| log.id.as_str()).collect();
    let mut media = media_of(&state, &ids).await?;
    let with_media = |log: &CallLog| {
        let mut item = call_json(log);
        item["media"] = media.remove(&log.id).unwrap_or_default().into();
        item
    };
    let items: Vec<Value> = logs.iter().map(with_media).collect();
    Ok(Json(json!({"items": items, "nextPage": next})).into_response())
}

/// `GET /v1/message-logs`: `{"items", "nextPage"}`, oldest first, each with its messages; with
/// `?conversationId=` every operator's logs of that conversation, by day.
pub async fn messages(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Params(log): Params<LogQuery>,
    Params(page): Params<PageQuery>,
) -> Result<Response, ApiError> {
    let limit = page.limit()?;
    let (logs, next) = match &log.conversation_id {
        Some(conversation_id) => (state.storage.message_logs_of(conversation_id).await?, None),
        None => with_next(state.storage.list_message_logs(page.page(), limit).await?, limit, |log| &log.id),
    };
    let ids: Vec<&str> = logs.iter().map(|log| log.id.as_str()).collect();
    let mut media = media_of(&state, &ids).await?;
    let mut items = Vec::with_capacity(logs.len());
    for log in &logs {
        let messages = state.storage.messages_of(&log.id).await?;
        let mut item = message_json(log, &messages);
        item["media"] = media.remove(&log.id).unwrap_or_default().into();
        items.push(item);
    }
    Ok(Json(json!({"items": items, "nextPage": next})).into_response())
}

/// The files of logs, by log.
async fn media_of(state: &ServiceState, ids: &[&str]) -> Result<HashMap<String, Vec<Value>>, ApiError> {
    let mut found: HashMap<String, Vec<Value>> = HashMap::new();
    for row in state.storage.list_media_of_logs(ids).await? {
        found.entry(row.log_id.clone()).or_default().push(media_json(state, &row));
    }
    Ok(found)
}

/// A full page has a next one, after its last id.
pub(super) fn with_next<T>(items: Vec<T>, limit: i64, id: impl Fn(&T) -> &String) -> (Vec<T>, Option<String>) {
    let full = i64::try_from(items.len()).is_ok_and(|count| count == limit);
    let next = items.last().filter(|_| full).map(|last| id(last).clone());
    (items, next)
}

/// A call log on the wire; keys a newer widget adds to its body stand beside ours.
pub fn call_json(log: &CallLog) -> Value {
    let mut out = log.extra.clone();
    let own = json!({
        "id": log.id,
        "operator": log.operator,
        "sessionId": log.session_id,
        "telephonySessionId": log.telephony_session_id,
        "phase": log.phase.word(),
        "contactId": log.choice.contact_id,
        "decidedBy": log.choice.decided_by.word(),
        "note": log.note.text,
        "earlierNotes": log.note.earlier,
        "formData": log.form,
        "call": log.call,
        "remoteNumber": log.remote_number,
        "startedAt": log.started_at(),
        "createdAt": log.created_at,
        "updatedAt": log.updated_at,
    });
    if let Value::Object(own) = own {
        out.extend(own);
    }
    Value::Object(out)
}

fn message_json(log: &MessageLog, messages: &[Value]) -> Value {
    json!({
        "id": log.id,
        "operator": log.operator,
        "conversationId": log.conversation_id,
        "day": log.day,
        "type": log.kind,
        "contactId": log.choice.contact_id,
        "decidedBy": log.choice.decided_by.word(),
        "note": log.note.text,
        "earlierNotes": log.note.earlier,
        "formData": log.form,
        "conversation": log.conversation,
        "messages": messages,
        "remoteNumbers": log.remote_numbers,
        "lastMessageAt": log.last_message_at,
        "createdAt": log.created_at,
        "updatedAt": log.updated_at,
    })
}
