//! What a message log says.

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::call::text_of;
use super::{Facts, MessageFacts, moment};
use crate::domain::activity::messages_subject;
use crate::domain::json;
use crate::storage::message_logs::MessageLog;

/// Where the file of a message can be had, by the ids of both.
type Address<'a> = &'a dyn Fn(&str, &str) -> Option<String>;

fn number(party: Option<&Value>) -> Option<String> {
    let party = json::object(party)?;
    ["phoneNumber", "extensionNumber", "name"].into_iter().find_map(|key| json::text(party.get(key)))
}

/// The numbers of both ends, by the first message.
pub(in crate::delivery) fn ends(messages: &[Map<String, Value>]) -> (String, String) {
    let Some(first) = messages.first() else { return Default::default() };
    let to = first.get("to").and_then(Value::as_array).into_iter().flatten();
    let to: Vec<String> = to.filter_map(|party| number(Some(party))).collect();
    (number(first.get("from")).unwrap_or_default(), to.join(", "))
}

/// The direction of the first message.
pub(in crate::delivery) fn direction(messages: &[Map<String, Value>]) -> String {
    let word = messages.first().and_then(|message| json::text(message.get("direction")));
    word.unwrap_or_else(|| "Inbound".into())
}

/// The facts of a conversation's day.
pub(in crate::delivery) fn of_messages(
    log: &MessageLog,
    messages: &[Map<String, Value>],
    contact: Option<String>,
    zone: Tz,
    address: Address<'_>,
) -> Facts {
    let (from, to) = ends(messages);
    let told: Vec<MessageFacts> = messages.iter().map(|message| of_one(message, zone, address)).collect();
    let count = i64::try_from(messages.len()).unwrap_or(i64::MAX);
    let newest = told.last().map(|message| message.text.as_str()).filter(|text| !text.is_empty());
    Facts {
        kind: "message",
        subject: messages_subject(&log.kind, count, newest, None),
        direction: direction(messages),
        from,
        to,
        contact,
        operator: log.operator.clone(),
        started: moment(log.last_message_at, zone),
        note: log.note.text.clone(),
        form: log.form.clone(),
        messages: told,
        ..Facts::default()
    }
}

fn of_one(message: &Map<String, Value>, zone: Tz, address: Address<'_>) -> MessageFacts {
    let id = json::text(message.get("id")).unwrap_or_default();
    let attachments = message.get("attachments").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let attachments: Vec<&Map<String, Value>> = attachments.iter().filter_map(Value::as_object).collect();
    // The text of an SMS is its attachment, too.
    let is_text = |attachment: &&&Map<String, Value>| attachment.get("type").and_then(Value::as_str) != Some("Text");
    let link = |attachment: &&Map<String, Value>| {
        let kept = json::text(attachment.get("id")).and_then(|attachment| address(&id, &attachment));
        kept.or_else(|| json::text(attachment.get("link"))).or_else(|| json::text(attachment.get("uri")))
    };
    let transcripts: Vec<String> =
        attachments.iter().filter_map(|attachment| text_of(attachment.get("transcript"))).collect();
    MessageFacts {
        time: json::integer(message.get("creationTime")).map(|ms| moment(ms, zone)).unwrap_or_default(),
        from: number(message.get("from")).unwrap_or_default(),
        text: json::text(message.get("subject")).unwrap_or_default(),
        attachments: attachments.iter().filter(is_text).filter_map(link).collect(),
        transcript: (!transcripts.is_empty()).then(|| transcripts.join("\n")),
    }
}
