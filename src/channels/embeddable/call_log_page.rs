//! The widget's log form, where the service runs without the widget's own one (`show_log_modal =
//! false`): one stored page, sent anew for each call (protocol 5).

use serde_json::{Map, Value, json};

use super::commands;
use crate::domain::call_log::CallLog;
use crate::domain::json;

/// (id, name) of the contacts the widget matched for either end.
pub(super) fn candidates(body: &Map<String, Value>) -> Vec<(String, String)> {
    let call = json::object(body.get("call"));
    let lists = ["fromMatches", "toMatches"].map(|key| call.and_then(|call| call.get(key)).and_then(Value::as_array));
    let entities = ["fromEntity", "toEntity"].map(|key| body.get(key)).into_iter().flatten();
    let mut found: Vec<(String, String)> = Vec::new();
    for entity in lists.into_iter().flatten().flatten().chain(entities) {
        if let (Some(id), Some(name)) = (json::id_of(Some(entity)), json::text(entity.get("name")))
            && found.iter().all(|(known, _)| *known != id)
        {
            found.push((id, name));
        }
    }
    found
}

/// The form for a log, and the way to it.
pub(super) fn commands(title: &str, log: &CallLog, matches: &[(String, String)]) -> [Value; 2] {
    let contact = log.choice.contact_id.clone().unwrap_or_else(|| "unknown".into());
    let mut options: Vec<Value> = matches.iter().map(|(id, name)| json!({"const": id, "title": name})).collect();
    if contact != "unknown" && matches.iter().all(|(id, _)| *id != contact) {
        options.push(json!({"const": contact, "title": contact}));
    }
    options.push(json!({"const": "unknown", "title": "Nobody of these"}));
    let page = json!({
        "title": title,
        "schema": {
            "type": "object",
            "required": ["contact"],
            "properties": {
                "contact": {"type": "string", "title": "Contact", "oneOf": options},
                "note": {"type": "string", "title": "Note"},
            },
        },
        "uiSchema": {"note": {"ui:widget": "textarea"}, "submitButtonOptions": {"submitText": "Save"}},
        "formData": {"contact": contact, "note": log.note.text.clone().unwrap_or_default()},
    });
    [commands::call_log_page(&page), commands::navigate(&format!("/log/call/{}", log.session_id))]
}
