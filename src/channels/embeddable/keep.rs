//! What the adapter keeps in the browser while the daemon is out of reach, path by path: the adapter
//! knows no path and no field by name, so all it has to know about a log stands here. Must not know how
//! the adapter keeps it.

use serde_json::{Value, json};

use crate::config::ServiceConfig;

/// Posts of one path that may not be lost.
pub(super) struct Keep {
    /// What the operator reads when a post is lost after all.
    alert: &'static str,
    /// Body fields whose values name the thing: posts that share one are delivered in their order.
    keys: &'static [&'static str],
    /// The body field that the path's matcher asks for.
    mark: &'static str,
    /// Body fields that tell a person which one it was.
    about: &'static [&'static str],
    /// Triggers of posts that no person made: a later one of the same thing says all an earlier one said.
    machine: &'static [&'static str],
    /// The trigger that only opens something, and what the operator reads when that fails.
    opens: (&'static str, &'static str),
    /// The command that makes the widget ask the matcher again, and its field of keys.
    rematch: Option<(&'static str, &'static str)>,
    /// Whether the widget can be asked for what it has not posted.
    swept: bool,
}

pub(super) const CALLS: Keep = Keep {
    alert: "The call was not saved",
    keys: &["call.sessionId", "call.telephonySessionId"],
    mark: "call.sessionId",
    about: &["call.fromName", "call.from.phoneNumber", "call.toName", "call.to.phoneNumber"],
    machine: &["presenceUpdate", "callLogSync"],
    opens: ("viewLog", "The call was not opened"),
    rematch: Some(("rc-adapter-trigger-call-logger-match", "sessionIds")),
    swept: true,
};

pub(super) const MESSAGES: Keep = Keep {
    alert: "The messages were not saved",
    keys: &["conversation.conversationId"],
    mark: "conversation.conversationLogId",
    about: &[
        "conversation.type",
        "conversation.correspondents.0.name",
        "conversation.correspondents.0.phoneNumber",
        "conversation.date",
    ],
    machine: &["auto"],
    opens: ("openLog", "The messages were not opened"),
    rematch: None,
    swept: false,
};

impl Keep {
    pub(super) fn to_json(&self, config: &ServiceConfig) -> Value {
        let (opens, not_opened) = self.opens;
        let mut keep = json!({
            "kind": "keep",
            "response": {"data": "kept"},
            "refused": {"data": "error"},
            "alert": self.alert,
            "keys": self.keys,
            "mark": self.mark,
            "about": self.about,
            "words": ["note"],
            "machine": {"triggerType": self.machine},
            "unkept": {"when": {"triggerType": [opens]}, "alert": not_opened},
        });
        if let Some((command, field)) = self.rematch {
            keep["rematch"] = json!({"type": command, "field": field});
        }
        if self.swept {
            keep["sweep"] = json!({
                "item": "call",
                "key": "sessionId",
                "with": {"triggerType": "callLogSync"},
                // The widget's own posts have these beside the call (protocol 4.1).
                "lift": ["aiNote", "transcript"],
                "matcher": {"path": "/callLogger/match", "keys": "sessionIds"},
                // Null: the widget's user decides, and the widget tells.
                "autoLog": (config.call_auto_log_read_only && config.call_auto_log_read_only_value).then_some(true),
            });
        }
        keep
    }
}

/// What a matcher shows for posts that are in the browser only, and for those that are lost.
pub(super) struct Waiting {
    /// The path whose posts they are.
    pub(super) path: &'static str,
    /// The matcher's field of asked marks.
    pub(super) keys: &'static str,
}

impl Waiting {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "path": self.path,
            "keys": self.keys,
            "entity": {"id": "waiting", "type": "status", "status": "pending", "message": "Waiting in this browser"},
            // The adapter adds why.
            "lost": {"id": "lost", "type": "status", "status": "failed", "message": "Not saved"},
        })
    }
}
