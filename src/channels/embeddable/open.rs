//! Opening records: by an address made from a configured template, by the page, or inside the widget.

use serde_json::{Value, json};

use super::commands;
use crate::domain::call_log::CallLog;
use crate::domain::operator::Operator;
use crate::http::logs::call_json;
use crate::http::{ApiError, ServiceState};
use crate::storage::message_logs::MessageLog;

/// A value as one step of the widget's own routes.
pub(super) fn step(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The commands that open a log, by our id (`cl_...` or `ml_...`). With `own`, only a log of that
/// operator: ids come from the matcher then, which gives each operator their own.
pub(super) async fn log(state: &ServiceState, id: &str, own: Option<&Operator>) -> Result<Vec<Value>, ApiError> {
    let visible = |operator: &str| own.is_none_or(|own| own.id == operator);
    if let Some(log) = state.storage.find_call_log(id).await?.filter(|log| visible(&log.operator)) {
        return Ok(call_log(state, &log));
    }
    match state.storage.find_message_log(id).await?.filter(|log| visible(&log.operator)) {
        Some(log) => Ok(message_log(state, &log)),
        None => Ok(vec![commands::alert("warning", "This log is no longer there")]),
    }
}

fn call_log(state: &ServiceState, log: &CallLog) -> Vec<Value> {
    let url = state.config.service.call_log_url.expand(|name| match name {
        "id" => Some(log.id.clone()),
        "session_id" => Some(log.session_id.clone()),
        "telephony_session_id" => log.telephony_session_id.clone(),
        "contact_id" => log.choice.contact_id.clone(),
        "phone_number" => log.remote_number.clone(),
        _ => None,
    });
    let inside = url.is_none().then(|| commands::navigate(&format!("/log/call/{}", step(&log.session_id))));
    std::iter::once(commands::open("call-log", url.as_deref(), &call_json(log))).chain(inside).collect()
}

fn message_log(state: &ServiceState, log: &MessageLog) -> Vec<Value> {
    let url = state.config.service.message_log_url.expand(|name| match name {
        "id" => Some(log.id.clone()),
        "conversation_id" => Some(log.conversation_id.clone()),
        "date" => Some(log.day.clone()),
        "contact_id" => log.choice.contact_id.clone(),
        "phone_number" => log.remote_numbers.first().cloned(),
        _ => None,
    });
    let detail = json!({
        "id": log.id,
        "conversationId": log.conversation_id,
        "day": log.day,
        "type": log.kind,
        "contactId": log.choice.contact_id,
        "note": log.note.text,
    });
    let inside = url.is_none().then(|| commands::navigate(&format!("/conversations/{}", step(&log.conversation_id))));
    std::iter::once(commands::open("message-log", url.as_deref(), &detail)).chain(inside).collect()
}
