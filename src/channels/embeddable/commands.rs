//! The messages a handler sends after its answer (protocol 5), from the list the adapter allows.

use serde_json::{Value, json};

pub(super) fn authorization_status(authorized: bool, account: &str) -> Value {
    // The widget clears the account when it is left out.
    let mut command = json!({"type": "rc-adapter-update-authorization-status", "authorized": authorized});
    if authorized {
        command["authorizedAccount"] = account.into();
    }
    command
}

pub(super) fn sync_contacts() -> Value {
    json!({"type": "rc-adapter-sync-third-party-contacts"})
}

pub(super) fn match_contacts(numbers: &[&str]) -> Value {
    json!({"type": "rc-adapter-trigger-contact-match", "phoneNumbers": numbers})
}

pub(super) fn match_calls(session_ids: &[&str]) -> Value {
    json!({"type": "rc-adapter-trigger-call-logger-match", "sessionIds": session_ids})
}

pub(super) fn update_settings(settings: &Value) -> Value {
    json!({"type": "rc-adapter-update-third-party-settings", "settings": settings})
}

pub(super) fn navigate(path: &str) -> Value {
    json!({"type": "rc-adapter-navigate-to", "path": path})
}

pub(super) fn call_log_page(page: &Value) -> Value {
    json!({"type": "rc-adapter-update-call-log-page", "page": page})
}

pub(super) fn messages_log_page(page: &Value) -> Value {
    json!({"type": "rc-adapter-update-messages-log-page", "page": page})
}

pub(super) fn customized_page(page: &Value) -> Value {
    json!({"type": "rc-adapter-register-customized-page", "page": page})
}

/// `level` is info, success, warning or danger.
pub(super) fn alert(level: &str, message: &str) -> Value {
    json!({
        "type": "rc-adapter-message-request",
        "path": "/custom-alert-message",
        "body": {"message": message, "level": level, "ttl": 8000},
    })
}

/// How far a long task is: one alert that is replaced as it goes. `level` is info, success, warning
/// or danger.
pub(super) fn progress(task: &str, level: &str, message: &str, done: bool) -> Value {
    json!({"type": "trunkline-progress", "id": task, "level": level, "message": message, "done": done})
}

/// Tells the page to open something; where it does not, the adapter opens `url`.
pub(super) fn open(kind: &str, url: Option<&str>, detail: &Value) -> Value {
    json!({"type": "trunkline-open", "kind": kind, "url": url, "detail": detail})
}
