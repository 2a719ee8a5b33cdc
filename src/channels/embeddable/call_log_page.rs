//! The widget's log form of calls, where the service runs without the widget's own one (`show_log_modal =
//! false`, or fields of one's own): one stored page, sent anew for each call (protocol 5).

use serde_json::{Map, Value};

use super::commands;
use super::log_page::{LogPage, candidates};
use crate::config::ServiceConfig;
use crate::domain::call_log::CallLog;
use crate::domain::json;

/// (id, name) of the contacts the widget matched for either end.
pub(super) fn matches(body: &Map<String, Value>) -> Vec<(String, String)> {
    let call = json::object(body.get("call"));
    let lists = ["fromMatches", "toMatches"].map(|key| call.and_then(|call| call.get(key)).and_then(Value::as_array));
    let entities = ["fromEntity", "toEntity"].map(|key| body.get(key)).into_iter().flatten();
    candidates(lists.into_iter().flatten().flatten().chain(entities))
}

/// The form for a log, and the way to it.
pub(super) fn commands(config: &ServiceConfig, log: &CallLog, matches: &[(String, String)]) -> [Value; 2] {
    let page = LogPage {
        title: &config.call_title(),
        contact: log.choice.contact_id.as_deref(),
        note: log.note.text.as_deref(),
        form: &log.form,
        fields: &config.call_fields,
    };
    let way = commands::navigate(&format!("/log/call/{}", log.session_id));
    [commands::call_log_page(&page.to_json(matches)), way]
}
