//! From a message of the workspace's frame to an event. Every nullable key may be null or absent, an id of
//! the CRM may be `siebelId` or `SiebelId` (the vendor's samples and tables differ), ids may be numbers.

use serde_json::{Map, Value};

use super::event::{ChatSource, Event, Refusal, Visitor};
use crate::domain::conversation::bounded_text;

/// Longest id that is taken, in bytes.
const LONGEST_ID: usize = 512;

const NOT_AN_OBJECT: Refusal =
    Refusal { reason: "invalid_event", status: 422, words: "the event is no JSON object with a text as `event`" };
const OTHER_SOURCE: Refusal = Refusal {
    reason: "source_unknown",
    status: 422,
    words: "the event's `source` is not one of the workspace's: see `sources` in its configuration",
};
const NO_PARAMS: Refusal = Refusal { reason: "params_missing", status: 422, words: "the event has no `params` object" };
const NO_VISITOR: Refusal =
    Refusal { reason: "visitor_missing", status: 422, words: "the event names no `roxchatVisitorId`" };
const BAD_CHAT: Refusal =
    Refusal { reason: "chat_id_not_integer", status: 422, words: "the event's `chatId` is not a whole number" };
const BAD_FIELD: Refusal = Refusal {
    reason: "wrong_type",
    status: 422,
    words: "an id, a kind or a text of the event is of another type, or an id is longer than 512 bytes",
};
const NO_NOTIFICATION: Refusal =
    Refusal { reason: "notification_missing", status: 422, words: "the event has no `notification` with an `id`" };

/// Reads what the frame posted; `sources` are what its `source` may say.
pub fn read(message: &Value, sources: &[String]) -> Result<Event, Refusal> {
    let envelope = message.as_object().ok_or(NOT_AN_OBJECT)?;
    if !envelope.get("source").and_then(Value::as_str).is_some_and(|source| sources.iter().any(|own| own == source)) {
        return Err(OTHER_SOURCE);
    }
    let name = envelope.get("event").and_then(Value::as_str).ok_or(NOT_AN_OBJECT)?;
    let params = || envelope.get("params").and_then(Value::as_object).ok_or(NO_PARAMS);
    match name {
        "newMessageAdded" => message_added(params()?),
        "chatClosedByOperator" => closed(params()?),
        "visitorAuthorized" => {
            let side = |key: &str| params()?.get(key).and_then(Value::as_object).ok_or(NO_VISITOR).and_then(visitor);
            Ok(Event::Authorized { old: side("old")?, new: side("new")? })
        }
        "visitorSelected" => selected(params()?),
        "notificationAdded" => notification(params()?).map(|id| Event::NotificationAdded { id }),
        "notificationRemoved" => notification(params()?).map(|id| Event::NotificationRemoved { id }),
        _ => Ok(Event::Unknown),
    }
}

fn message_added(params: &Map<String, Value>) -> Result<Event, Refusal> {
    let (text, truncated) = match params.get("messageText") {
        None | Some(Value::Null) => (String::new(), false),
        Some(Value::String(text)) => bounded_text(text),
        Some(_) => return Err(BAD_FIELD),
    };
    Ok(Event::Message {
        visitor: visitor(params)?,
        chat_id: chat_id(params)?.ok_or(BAD_CHAT)?,
        session: id(params, "sessionId")?,
        kind: id(params, "kind")?.unwrap_or_default(),
        text,
        truncated,
    })
}

fn closed(params: &Map<String, Value>) -> Result<Event, Refusal> {
    Ok(Event::Closed {
        visitor: visitor(params)?,
        chat_id: chat_id(params)?.ok_or(BAD_CHAT)?,
        source: ChatSource {
            id: id(params, "channelId")?,
            kind: id(params, "channelType")?,
            user_id: id(params, "channelUserId")?,
            user_name: id(params, "channelUserName")?,
        },
    })
}

fn selected(params: &Map<String, Value>) -> Result<Event, Refusal> {
    Ok(Event::Selected { visitor: visitor(params)?, chat_id: chat_id(params)?, session: id(params, "sessionId")? })
}

fn visitor(params: &Map<String, Value>) -> Result<Visitor, Refusal> {
    let siebel = match id(params, "siebelId")? {
        None => id(params, "SiebelId")?,
        known => known,
    };
    Ok(Visitor {
        id: id(params, "roxchatVisitorId")?.ok_or(NO_VISITOR)?,
        provided: id(params, "providedVisitorId")?,
        siebel,
    })
}

/// JavaScript has no other number than `1024.0` for 1024, and writes it as `1024`: what has a point in it
/// is not one.
fn chat_id(params: &Map<String, Value>) -> Result<Option<i64>, Refusal> {
    match params.get("chatId") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or(BAD_CHAT),
    }
}

fn notification(params: &Map<String, Value>) -> Result<String, Refusal> {
    let notification = params.get("notification").and_then(Value::as_object).ok_or(NO_NOTIFICATION)?;
    id(notification, "id")?.ok_or(NO_NOTIFICATION)
}

/// A text, or a number as text. What is empty is nothing.
fn id(params: &Map<String, Value>, key: &str) -> Result<Option<String>, Refusal> {
    let text = match params.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(BAD_FIELD),
    };
    if text.len() > LONGEST_ID {
        return Err(BAD_FIELD);
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}
