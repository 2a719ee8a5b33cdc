//! `/messageLogger`: a conversation's messages, each kept once (protocol 3.7, 3.8 and 4.3).

use serde_json::{Value, json};

use super::wire::{Answer, Call, Reply};
use super::{message_log_page, open};
use crate::domain::json;
use crate::domain::message_log::{MessagePost, MessageTrigger};
use crate::http::ApiError;

pub(super) async fn handle(call: Call) -> Answer {
    let body = call.object()?;
    if body.get("triggerType").and_then(Value::as_str) == Some("openLog") {
        let id = json::text(body.get("logId")).ok_or_else(|| ApiError::invalid_body("`logId` is missing"))?;
        return Ok(Reply::ok().then_all(open::log(&call.state, &id, Some(&call.operator)).await?));
    }
    let state = &call.state;
    let matches = message_log_page::matches(&body);
    let redirect = body.get("redirect") == Some(&Value::Bool(true));
    // Before the body is cleaned: the token stands in it.
    let media = state.media.of_conversation(&body);
    let mut post = MessagePost::from_body(body, state.region, state.zone, state.clock.now_ms())
        .map_err(|problem| ApiError::invalid_body(problem.to_string()))?;
    // Of the posts of one click, one for each stored date, only the newest has it.
    let asks = redirect && post.trigger == MessageTrigger::Manual && !state.config.service.message_fields.is_empty();
    let selected = post.trigger == MessageTrigger::SelectedLog;
    if selected && post.messages.is_empty() {
        return Err(ApiError::invalid_body("none of `selectedMessageIds` is among `conversation.messages`"));
    }
    post.media = media.notes();
    let logs = state.storage.take_message_post(&call.operator, post).await?;
    state.media.fetch_soon(&call.operator.id, logs.clone(), media);
    if asks
        && let Some(id) = logs.first()
        && let Some(log) = state.storage.find_message_log(id).await?
    {
        return Ok(Reply::ok().then_all(message_log_page::commands(&state.config.service, &log, &matches)));
    }
    Ok(if selected { Reply::new(&json!({"data": {"logId": logs.first()}})) } else { Reply::ok() })
}
