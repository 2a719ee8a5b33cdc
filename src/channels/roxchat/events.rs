//! `POST /v1/roxchat/{workspace}/events`: a page's batch in, what became of each event out.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{Workspace, pop};
use crate::domain::json;
use crate::domain::roxchat::{Event, Refusal, Telling, read};
use crate::http::{ApiError, Caller, ServiceState, body};
use crate::storage::roxchat::{EventBatch, Fate, Outcome};

/// Greatest body, in bytes.
const LIMIT: usize = 256 * 1024;
/// Most events of one batch.
const MOST: usize = 200;
/// Longest name of a page, in bytes.
const LONGEST_STREAM: usize = 64;

const NOT_JSON: Refusal =
    Refusal { reason: "invalid_json", status: 400, words: "the event is a text that is not JSON" };
/// A page tells what it saw; nothing was seen before this (2020-01-01).
const EARLIEST_MS: i64 = 1_577_836_800_000;

/// A batch. `sentAt` is the page's clock (Unix ms) as the batch leaves: with it, a page whose clock is wrong
/// is understood all the same.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    stream: String,
    sent_at: Option<Value>,
    events: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    seq: u32,
    observed_at: Option<Value>,
    event: Option<Box<RawValue>>,
}

/// Keeps the events and does what they mean. The answer names each by its `seq`, in the batch's order.
pub(super) async fn take(
    State(state): State<ServiceState>,
    Caller { operator, .. }: Caller,
    workspace: Workspace,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let batch: Batch = body::parse(&body::read(body, LIMIT).await?)?;
    check(&batch)?;
    let now = state.clock.now_ms();
    let skew = json::integer(batch.sent_at.as_ref()).map_or(0, |sent| now.saturating_sub(sent));
    let tellings: Vec<Telling> =
        batch.events.iter().map(|item| telling(item, &workspace.config.sources, (skew, now))).collect();
    let taken = EventBatch {
        rules: Arc::new(workspace.rules(&state)),
        operator: operator.id.clone(),
        stream: batch.stream,
        tellings: tellings.clone(),
    };
    let rules = taken.rules.clone();
    let outcomes = state.storage.take_roxchat_events(taken).await?;
    // An agent who went through five chats while the daemon was away looks at the last of them.
    let looked_at = tellings.iter().filter(|telling| matches!(telling.event, Ok(Event::Selected { .. })));
    let looked_at = looked_at.map(|telling| telling.seq).max();
    let mut results = Vec::with_capacity(tellings.len());
    for (telling, outcome) in tellings.iter().zip(&outcomes) {
        let mut effects = Vec::new();
        if let (Ok(Event::Selected { visitor, .. }), false) = (&telling.event, is_refused(outcome))
            && looked_at == Some(telling.seq)
        {
            effects.push(json!({"screenPop": pop::find(&state, &workspace, &rules, visitor).await?}));
        }
        effects.extend(outcome.badge.map(|count| json!({"badge": count})));
        results.push(result(telling, outcome, effects));
    }
    Ok(Json(json!({"results": results})))
}

fn check(batch: &Batch) -> Result<(), ApiError> {
    if batch.events.len() > MOST {
        let detail = format!("the batch has {} events, more than {MOST}", batch.events.len());
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "batch_too_large", detail).fix("send less at once"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if batch.stream.is_empty() || batch.stream.len() > LONGEST_STREAM || !batch.stream.bytes().all(plain) {
        let detail = format!("`stream` must be 1 to {LONGEST_STREAM} letters, digits, hyphens, underscores or points");
        return Err(ApiError::invalid_body(detail).fix("make a UUID when the page loads"));
    }
    Ok(())
}

/// Reads one event; `skew` is by how much the page's clock is behind ours.
fn telling(item: &Item, sources: &[String], (skew, now): (i64, i64)) -> Telling {
    let seen = json::integer(item.observed_at.as_ref()).map_or(now, |at| at.saturating_add(skew));
    let raw = item.event.as_deref().map_or("null", RawValue::get);
    Telling {
        seq: item.seq.into(),
        at_ms: if seen < EARLIEST_MS { now } else { seen.min(now) },
        raw: raw.to_owned(),
        event: unwrap(raw).and_then(|message| read(&message, sources)),
    }
}

/// The frame may post an object, or the object as text.
fn unwrap(raw: &str) -> Result<Value, Refusal> {
    match body::parse(raw.as_bytes()) {
        Ok(Value::String(text)) => body::parse(text.as_bytes()).map_err(|_| NOT_JSON),
        Ok(value) => Ok(value),
        Err(_) => Err(NOT_JSON),
    }
}

fn is_refused(outcome: &Outcome) -> bool {
    matches!(outcome.fate, Fate::Refused(_))
}

/// `status` and, as `code`, what the event alone would have been answered with: 202 where it is newer than
/// this daemon and is only kept.
fn result(telling: &Telling, outcome: &Outcome, effects: Vec<Value>) -> Value {
    let mut result = Map::from_iter([("seq".to_owned(), telling.seq.into())]);
    let mut put = |key: &str, value: Value| drop(result.insert(key.to_owned(), value));
    match &outcome.fate {
        Fate::Stored => put("status", "stored".into()),
        Fate::Duplicate => put("status", "duplicate".into()),
        Fate::Refused(reason) => {
            put("status", "refused".into());
            put("reason", reason.as_str().into());
            // The reason of before, where the same place in the stream holds something else now.
            if let Some(refusal) = telling.event.as_ref().err().filter(|refusal| refusal.reason == reason) {
                put("code", refusal.status.into());
                put("detail", refusal.words.into());
            }
        }
    }
    if matches!(telling.event, Ok(Event::Unknown)) && !is_refused(outcome) {
        put("code", StatusCode::ACCEPTED.as_u16().into());
    }
    put("effects", effects.into());
    Value::Object(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_raw(raw: &str) -> Result<Event, Refusal> {
        unwrap(raw).and_then(|message| read(&message, &["roxchat".into()]))
    }

    #[test]
    fn an_object_and_its_text_are_the_same() {
        let event = json!({"source": "roxchat", "event": "notificationAdded", "params": {"notification": {"id": "n"}}});
        let text = Value::String(event.to_string()).to_string();
        assert_eq!(read_raw(&event.to_string()), Ok(Event::NotificationAdded { id: "n".into() }));
        assert_eq!(read_raw(&text), read_raw(&event.to_string()));
        let twice = Value::String(text).to_string();
        assert_eq!(read_raw(&twice).map_err(|refusal| refusal.reason), Err("invalid_event"), "once is enough");
    }

    #[test]
    fn the_vendors_own_samples_that_are_not_json_are_refused() {
        for sample in [
            include_str!("../../../tests/fixtures/roxchat/malformed/closed_in_a_channel.txt"),
            include_str!("../../../tests/fixtures/roxchat/malformed/closed_unauthorized.txt"),
            include_str!("../../../tests/fixtures/roxchat/malformed/notification_removed.txt"),
            include_str!("../../../tests/fixtures/roxchat/malformed/visitor_authorized.txt"),
            include_str!("../../../tests/fixtures/roxchat/malformed/envelope.txt"),
        ] {
            assert_eq!(read_raw(&Value::from(sample).to_string()), Err(NOT_JSON), "{sample}");
        }
    }

    #[test]
    fn half_an_emoji_and_great_depth_harm_nothing() {
        let half = r#"{"source":"roxchat","event":"new\ud83d","params":{}}"#;
        assert_eq!(read_raw(half), Ok(Event::Unknown));
        assert_eq!(read_raw(&Value::from(half).to_string()), Ok(Event::Unknown));
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(read_raw(&deep), Err(NOT_JSON));
        assert_eq!(read_raw(&Value::from(deep).to_string()), Err(NOT_JSON));
    }

    #[test]
    fn a_pages_clock_may_be_wrong() {
        let now = 1_767_261_600_000;
        let at = |observed: Value, skew: i64| {
            let item = Item { seq: 1, observed_at: Some(observed), event: None };
            telling(&item, &[], (skew, now)).at_ms
        };
        assert_eq!(at(json!(now - 5_000), 0), now - 5_000);
        assert_eq!(at(json!(1_767_261_595_000.5_f64), 0), now - 5_000);
        assert_eq!(at(json!(now + 60_000), 0), now, "nothing is seen in the future");
        assert_eq!(at(json!(now - 3_605_000), 3_600_000), now - 5_000, "an hour behind");
        for nonsense in [json!(0), json!(-1), json!(null), json!("x"), json!(i64::MIN), json!(i64::MAX)] {
            assert_eq!(at(nonsense.clone(), 0), now, "{nonsense}");
        }
    }
}
