//! `/meeting/invite`: the operator wants to invite to a `RingCentral` meeting (protocol 3.9). The
//! invitation is kept, and the page or the configured address gets its details.

use serde_json::{Map, Value};

use super::commands;
use super::wire::{Answer, Call, Reply};
use crate::domain::json;
use crate::domain::redact::redact;
use crate::http::ApiError;

pub(super) async fn handle(call: Call) -> Answer {
    invite(call, "meeting", "meeting-invite").await
}

/// Keeps the invitation found under `kind` in the body.
pub(super) async fn invite(call: Call, kind: &'static str, opens: &str) -> Answer {
    let mut body = call.object()?;
    let Some(Value::Object(invitation)) = body.remove(kind) else {
        return Err(ApiError::invalid_body(format!("`{kind}` is missing")));
    };
    let mut detail = Value::Object(invitation);
    redact(&mut detail);
    call.state.storage.add_invite(&call.operator, kind, detail.to_string()).await?;
    let url = detail.as_object().and_then(|map| address(&call, map));
    Ok(Reply::ok().then(commands::open(opens, url.as_deref(), &detail)))
}

fn address(call: &Call, invitation: &Map<String, Value>) -> Option<String> {
    call.state.config.service.meeting_invite_url.expand(|name| {
        let key = match name {
            "time_from" => "timeFrom",
            "time_to" => "timeTo",
            other => other,
        };
        Some(json::text(invitation.get(key)).unwrap_or_default())
    })
}
