//! The widget's log form of conversations, where it asks for fields of one's own: without them a log is
//! made by the click alone (protocol 3.7 and 5).

use serde_json::{Map, Value};

use super::commands;
use super::log_page::{LogPage, candidates};
use super::open::step;
use crate::config::ServiceConfig;
use crate::domain::json;
use crate::storage::message_logs::MessageLog;

/// (id, name) of the contacts the widget matched for the other ends.
pub(super) fn matches(body: &Map<String, Value>) -> Vec<(String, String)> {
    let conversation = json::object(body.get("conversation"));
    let list = conversation.and_then(|conversation| conversation.get("correspondentMatches")).and_then(Value::as_array);
    candidates(list.into_iter().flatten().chain(body.get("correspondentEntity")))
}

/// The form for a log, and the way to it.
pub(super) fn commands(config: &ServiceConfig, log: &MessageLog, matches: &[(String, String)]) -> [Value; 2] {
    let page = LogPage {
        title: &config.message_title(),
        contact: log.choice.contact_id.as_deref(),
        note: log.note.text.as_deref(),
        form: &log.form,
        fields: &config.message_fields,
    };
    let way = commands::navigate(&format!("/log/messages/{}", step(&log.conversation_id)));
    [commands::messages_log_page(&page.to_json(matches)), way]
}
