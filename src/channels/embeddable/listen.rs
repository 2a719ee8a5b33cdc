//! The button beside calls and conversations that opens what was recorded of them, or sent along: in a
//! window that is let in by it, and stays so for the day (`http::media`).

use serde_json::{Value, json};

use super::commands;
use super::wire::{Answer, Call, Reply};
use crate::domain::json;
use crate::domain::media::{MediaRow, MediaState};
use crate::http::media::ticket_url;

/// The button's id.
pub(super) const BUTTON: &str = "trunkline-listen";

/// The buttons of the registration.
pub(super) fn buttons() -> [Value; 2] {
    let button = |kind: &str, label: &str| json!({"id": BUTTON, "type": kind, "icon": "view", "label": label});
    [button("callAction", "Recording"), button("messageAction", "Voicemail, fax or file")]
}

/// The button was pressed: the newest file of the call or conversation.
pub(super) async fn start(call: &Call, kind: &str, resource: &Value) -> Answer {
    let state = &call.state;
    // The widget sends the token along whatever was registered (protocol 3.9): it may open what waits.
    state.media.bring(&call.operator.id, resource);
    let logs = if kind == "messageAction" {
        let id = json::text(resource.get("conversationId")).unwrap_or_default();
        let logs = state.storage.message_logs_of(&id).await?.into_iter();
        logs.filter(|log| log.operator == call.operator.id).map(|log| log.id).collect::<Vec<_>>()
    } else {
        let id = json::text(resource.get("sessionId")).or_else(|| json::text(resource.get("telephonySessionId")));
        let logs = state.storage.logged_calls(&call.operator, &id.into_iter().collect::<Vec<_>>()).await?;
        logs.into_iter().map(|log| log.id).collect()
    };
    let ids: Vec<&str> = logs.iter().map(String::as_str).collect();
    let files = state.storage.list_media_of_logs(&ids).await?;
    let newest = files.iter().rfind(|file| file.state == MediaState::Stored);
    Ok(Reply::ok().then(match newest {
        Some(file) => {
            let url = ticket_url(state, &call.operator, Some(&file.id));
            commands::open("media", Some(&url), &json!({"id": file.id, "logId": file.log_id}))
        }
        None => commands::alert("info", &why_not(logs.is_empty(), files.last())),
    }))
}

fn why_not(unlogged: bool, file: Option<&MediaRow>) -> String {
    match file {
        Some(file) => format!("The {} is not here. {}", file.kind.word(), file.words),
        None if unlogged => "Nothing is kept of this: it is not logged yet".into(),
        None => "Nothing was recorded or sent along".into(),
    }
}
