//! `/callLogger`: every post about a call, taken into its one log (protocol 3.6 and 4.1).
//!
//! The answer leaves after the log is on the disk. Only then does the widget ask the matcher, which
//! must know the log by then.

use serde_json::Value;

use super::wire::{Answer, Call, Reply};
use super::{call_log_page, commands, open};
use crate::domain::call_log::{CallPost, Trigger};
use crate::http::ApiError;

pub(super) async fn handle(call: Call) -> Answer {
    let mut body = call.object()?;
    let matches = call_log_page::matches(&body);
    // Before the body is cleaned: the token stands in it.
    let media = call.state.media.of_call(&body);
    let redirect = body.remove("redirect") == Some(Value::Bool(true));
    let mut post =
        CallPost::from_body(body, call.state.region).map_err(|problem| ApiError::invalid_body(problem.to_string()))?;
    let trigger = post.trigger;
    if trigger == Trigger::ViewLog {
        return view(&call, &post).await;
    }
    post.media = media.notes();
    let log = call.state.storage.take_call_post(&call.operator, post).await?;
    call.state.media.fetch_soon(&call.operator.id, vec![log.id.clone()], media);
    if matches!(trigger, Trigger::LogForm | Trigger::CreateLog | Trigger::ContactUpdated)
        || log.created_at == log.updated_at
    {
        // The operator's other pages must not offer to log it again.
        call.state.hub.tell(&call.operator, &[commands::match_calls(&[&log.session_id])]);
    }
    let edits = matches!(trigger, Trigger::CreateLog | Trigger::EditLog) && redirect;
    let service = &call.state.config.service;
    if edits && !service.widget_call_form() {
        return Ok(Reply::ok().then_all(call_log_page::commands(service, &log, &matches)));
    }
    Ok(Reply::ok())
}

async fn view(call: &Call, post: &CallPost) -> Answer {
    let logged = call.state.storage.logged_calls(&call.operator, std::slice::from_ref(&post.session_id)).await?;
    let commands = match logged.first() {
        Some(log) => open::log(&call.state, &log.id, Some(&call.operator)).await?,
        None => vec![commands::alert("warning", "This call is not logged yet")],
    };
    Ok(Reply::ok().then_all(commands))
}
