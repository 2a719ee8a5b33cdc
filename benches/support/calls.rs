//! Posts of the call logger as the widget sends them, and the rows they end in.

use serde_json::{Map, Value, json};
use trunkline::domain::call_log::{CallLog, CallPost};
use trunkline::domain::phone::Region;

use super::numbers::mix;
use super::people;

/// Posts of one call: it rings, it is talked, it is in the history.
pub const POSTS: u64 = 3;

/// A call's post: 0 makes its log, 1 and 2 change it.
pub fn post(run: u64, call: u64, which: u64) -> Value {
    let session = mix(run ^ mix(call)) >> 8;
    let who = mix(call) % 1_000_000;
    let number = people::number(who, 2);
    let mut told = json!({
        "sessionId": session.to_string(),
        "telephonySessionId": format!("s-a0d{session:x}z18c"),
        "partyId": format!("p-a0d{session:x}z18c-1"),
        "direction": "Inbound",
        "type": "Voice",
        "startTime": 1_763_000_000_000_u64 + call * 1000,
        "duration": which * 41,
        "from": {"phoneNumber": number, "name": "WIRELESS CALLER", "location": "Springfield, IL"},
        "to": {"phoneNumber": "+16505550100", "extensionNumber": "101", "name": "Dana Bench"},
        "fromMatches": [{"id": format!("crm-{who:08}"), "name": "Ann Harbor", "type": "Trunkline",
            "phoneNumbers": [{"phoneNumber": number, "phoneType": "mobile"}]}],
        "toMatches": [],
        "activityMatches": [],
    });
    let details = match which {
        0 => json!({"result": "Ringing", "telephonyStatus": "Ringing"}),
        1 => json!({"result": "CallConnected", "telephonyStatus": "CallConnected"}),
        _ => json!({"result": "Accepted", "action": "Phone Call", "internalType": "LongDistance",
            "uri": format!("https://platform.example/restapi/v1.0/account/1/extension/2/call-log/{session}"),
            "lastModifiedTime": "2025-11-21T10:00:00.000Z"}),
    };
    if let (Value::Object(told), Value::Object(details)) = (&mut told, details) {
        told.extend(details);
    }
    let trigger = if which < 2 { "presenceUpdate" } else { "callLogSync" };
    json!({"triggerType": trigger, "call": told, "fromEntity": {"id": format!("crm-{who:08}"), "name": "Ann Harbor"}})
}

/// The rows a call's log has after each of its posts, as the columns of `call_log`.
pub fn rows(run: u64, call: u64) -> Vec<Value> {
    let region = Region::from_code("US");
    let mut log: Option<CallLog> = None;
    (0..POSTS)
        .map(|which| {
            let Value::Object(body) = post(run, call, which) else { return Value::Null };
            let post = CallPost::from_body(body, region).expect("a post");
            let now = 1_763_000_000_000 + i64::try_from(which).unwrap_or(0);
            let log = log.get_or_insert_with(|| CallLog::new(format!("cl_{run:x}_{call:012x}"), "dana", &post, now));
            log.take(&post, now);
            row(log)
        })
        .collect()
}

fn row(log: &CallLog) -> Value {
    let text = |map: &Map<String, Value>| json!(map).to_string();
    json!([
        log.id,
        log.operator,
        log.session_id,
        log.telephony_session_id,
        log.phase.word(),
        log.choice.contact_id,
        log.choice.decided_by.word(),
        log.note.text,
        json!(log.note.earlier).to_string(),
        text(&log.form),
        text(&log.call),
        text(&log.extra),
        log.remote_number,
        log.started_at(),
        log.created_at,
        log.updated_at,
    ])
}

/// Writes such rows: one statement for any number of them.
pub const UPSERT: &str = "insert into call_log (id, operator, session_id, telephony_session_id, phase, contact_id, \
       decided_by, note, earlier_notes, form, call, extra, remote_number, started_at, created_at, updated_at) \
     select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, \
       value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15 \
     from json_each($1) where true \
     on conflict (id) do update set phase = excluded.phase, contact_id = excluded.contact_id, \
       decided_by = excluded.decided_by, note = excluded.note, earlier_notes = excluded.earlier_notes, \
       form = excluded.form, call = excluded.call, extra = excluded.extra, remote_number = excluded.remote_number, \
       started_at = excluded.started_at, updated_at = excluded.updated_at";
