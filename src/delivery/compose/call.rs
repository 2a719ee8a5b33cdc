//! What a call log says.

use serde_json::{Map, Value};

use super::{Facts, moment};
use crate::domain::activity::{call_subject, spoken};
use crate::domain::call_log::CallLog;
use crate::domain::json;
use chrono_tz::Tz;

/// The numbers of both ends, as keys where they are known.
pub(in crate::delivery) fn ends(log: &CallLog) -> (String, String) {
    let number = |end: &str| {
        let party = json::object(log.call.get(end));
        let read = |key| json::text(party.and_then(|party| party.get(key)));
        read("phoneNumber").or_else(|| read("extensionNumber")).unwrap_or_default()
    };
    (number("from"), number("to"))
}

/// The vendor's link to the recording.
pub(in crate::delivery) fn recording(log: &CallLog) -> Option<String> {
    let recording = json::object(log.call.get("recording"))?;
    json::text(recording.get("link")).or_else(|| json::text(recording.get("contentUri")))
}

/// The facts of a call.
pub(in crate::delivery) fn of_call(log: &CallLog, contact: Option<String>, zone: Tz) -> Facts {
    let (from, to) = ends(log);
    let extra = |key: &str| text_of(log.extra.get(key));
    Facts {
        kind: "call",
        subject: call_subject(log.direction(), log.result(), log.duration(), None),
        direction: log.direction().word().to_owned(),
        from,
        to,
        contact,
        operator: log.operator.clone(),
        started: moment(log.started_at(), zone),
        duration: log.duration().filter(|seconds| *seconds > 0).map(spoken),
        result: log.result().map(str::to_owned),
        note: log.note.text.clone(),
        recording: recording(log),
        ai_note: extra("aiNote"),
        transcript: extra("transcript"),
        legs: legs(&log.call),
        form: log.form.clone(),
        ..Facts::default()
    }
}

/// A text, or the texts of a list of texts or of `{text}`, `{speakerName, text}` tables.
pub(super) fn text_of(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::Array(items) => {
            let line = |item: &Value| match item {
                Value::Object(part) => {
                    let text = json::text(part.get("text"))?;
                    let who = json::text(part.get("speakerName")).or_else(|| json::text(part.get("name")));
                    Some(who.map_or_else(|| text.clone(), |who| format!("{who}: {text}")))
                }
                other => json::text(Some(other)),
            };
            items.iter().filter_map(line).collect::<Vec<_>>().join("\n")
        }
        Value::Object(map) => json::text(map.get("text"))?,
        other => json::text(Some(other))?,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// Each leg in a few words: "Queue, Support, Accepted, 1 min 5 s".
fn legs(call: &Map<String, Value>) -> Vec<String> {
    let legs = call.get("legs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if legs.len() < 2 {
        return Vec::new();
    }
    let words = |leg: &Value| {
        let leg = leg.as_object()?;
        let named = json::object(leg.get("to"));
        let to = ["name", "phoneNumber"].into_iter().find_map(|key| json::text(named?.get(key)));
        let seconds = json::integer(leg.get("duration")).filter(|seconds| *seconds > 0);
        let all = [json::text(leg.get("legType")), to, json::text(leg.get("result")), seconds.map(spoken)];
        let told: Vec<String> = all.into_iter().flatten().collect();
        (!told.is_empty()).then(|| told.join(", "))
    };
    legs.iter().filter_map(words).collect()
}
