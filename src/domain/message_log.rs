//! Message logs: the widget sends a conversation's whole browser day again and again; we keep each
//! message once, by its id, under (operator, conversation, our own day) (protocol 4.4).
//!
//! The widget's `conversationLogId` is conversation + "/" + a date in the browser's locale and zone:
//! no key, only an alias under which the matcher asks.

use chrono::TimeZone;
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::json;
use super::media::MediaNote;
use super::party::{NamedContact, note_of, number_of, single_match};
use super::phone::Region;
use super::redact::{redacted, strip_access_token};

/// Why the widget posts (protocol 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageTrigger {
    /// Automatic.
    Auto,
    /// The operator pressed Log: one post a stored date.
    Manual,
    /// The operator saved the log form: one post a stored date.
    LogForm,
    /// 3.x: chosen messages only.
    SelectedLog,
    /// A word this version does not know: taken like an automatic post.
    Unknown,
}

impl MessageTrigger {
    /// From the widget's word.
    pub fn from_word(word: Option<&str>) -> Self {
        match word {
            Some("auto") => Self::Auto,
            Some("manual") => Self::Manual,
            Some("logForm") => Self::LogForm,
            Some("selectedLog") => Self::SelectedLog,
            _ => Self::Unknown,
        }
    }
}

impl MessageTrigger {
    /// Whether a person waits for it.
    pub fn is_persons(self) -> bool {
        matches!(self, Self::Manual | Self::LogForm | Self::SelectedLog)
    }
}

/// One message, without secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// `RingCentral`'s id: unique for an operator.
    pub id: String,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms of its last change: an older telling does not replace a newer one.
    pub modified_at: i64,
    /// Our own day of it, `YYYY-MM-DD` in the configured zone.
    pub day: String,
    /// The message as sent.
    pub body: Map<String, Value>,
}

/// One post of the message logger, read and cleaned.
#[derive(Debug, Clone, PartialEq)]
pub struct MessagePost {
    /// The conversation; for voicemail and fax the message id.
    pub conversation_id: String,
    /// The widget's own key, under which its matcher will ask; absent in 3.x selections.
    pub alias: Option<String>,
    /// SMS, Pager, `VoiceMail`, Fax, Thread.
    pub kind: String,
    /// Why the widget posted.
    pub trigger: MessageTrigger,
    /// The contact a person named.
    pub named_by_person: NamedContact,
    /// The contact a machine found.
    pub named_by_machine: Option<String>,
    /// The form's note.
    pub note: Option<String>,
    /// The form as saved.
    pub form: Option<Map<String, Value>>,
    /// The messages of the post.
    pub messages: Vec<Message>,
    /// The conversation without its messages, and further keys of the body under `request`.
    pub conversation: Map<String, Value>,
    /// The keys of the other ends' numbers.
    pub remote_numbers: Vec<String>,
    /// Files that came with the messages: read before the post was cleaned.
    pub media: Vec<MediaNote>,
    /// The zone our days are counted in.
    pub zone: Tz,
}

/// What a post lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageProblem {
    /// No `conversation` object.
    #[error("`conversation` is missing: send the widget's body unchanged")]
    NoConversation,
    /// No `conversationId`.
    #[error("`conversation.conversationId` is missing")]
    NoConversationId,
    /// `messages` is not an array of objects with an id.
    #[error("`conversation.messages` must be an array of messages with an `id`")]
    BadMessages,
}

const DERIVED: [&str; 3] = ["messages", "conversationLogMatches", "correspondentMatches"];
const KNOWN: [&str; 8] =
    ["conversation", "triggerType", "redirect", "prefill", "selfEntity", "correspondentEntity", "note", "formData"];

impl MessagePost {
    /// Reads the body of a message logger post. `now_ms` stands in for a message without a time.
    pub fn from_body(
        body: Map<String, Value>,
        region: Option<Region>,
        zone: Tz,
        now_ms: i64,
    ) -> Result<Self, MessageProblem> {
        // First of all, so that no field is missed: ids are texts of the sender's as well.
        let mut body = redacted(body);
        let Some(Value::Object(mut conversation)) = body.remove("conversation") else {
            return Err(MessageProblem::NoConversation);
        };
        let conversation_id = json::text(conversation.get("conversationId")).ok_or(MessageProblem::NoConversationId)?;
        let trigger = MessageTrigger::from_word(body.get("triggerType").and_then(Value::as_str));
        let form = json::object(body.get("formData")).cloned();
        let entity = NamedContact::from_entity(body.get("correspondentEntity"));
        let (named_by_person, named_by_machine) = match (trigger, entity) {
            (MessageTrigger::LogForm, _) => (NamedContact::from_form(form.as_ref()), None),
            (MessageTrigger::Manual | MessageTrigger::SelectedLog, NamedContact::Contact(id)) => {
                (NamedContact::Contact(id), None)
            }
            (_, NamedContact::Contact(id)) => (NamedContact::Silent, Some(id)),
            _ => (NamedContact::Silent, single_match(conversation.get("correspondentMatches"))),
        };
        let note = note_of(body.get("note"), form.as_ref());
        let selected = (trigger == MessageTrigger::SelectedLog).then(|| ids(body.get("selectedMessageIds")));
        let fallback_time = json::integer(conversation.get("creationTime")).unwrap_or(now_ms);
        let messages = read_messages(conversation.get("messages"), selected.as_deref(), fallback_time, zone)?;
        let remote_numbers = remote_numbers(&conversation, region);

        let alias = json::text(conversation.get("conversationLogId"));
        let kind = json::text(conversation.get("type")).unwrap_or_else(|| "SMS".into());
        conversation.retain(|key, _| !DERIVED.contains(&key.as_str()));
        body.retain(|key, _| !KNOWN.contains(&key.as_str()));
        if !body.is_empty() {
            conversation.insert("request".into(), Value::Object(body));
        }
        Ok(Self {
            conversation_id,
            alias,
            kind,
            trigger,
            named_by_person,
            named_by_machine,
            note,
            form,
            messages,
            conversation,
            remote_numbers,
            media: Vec::new(),
            zone,
        })
    }
}

/// Ids as the widget lists them: strings or numbers (protocol 3.8).
pub fn ids(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(|id| json::text(Some(id))).collect()
}

fn read_messages(
    value: Option<&Value>,
    selected: Option<&[String]>,
    fallback_time: i64,
    zone: Tz,
) -> Result<Vec<Message>, MessageProblem> {
    let items = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(MessageProblem::BadMessages),
    };
    let mut messages = Vec::with_capacity(items.len());
    for item in items {
        let body = item.as_object().ok_or(MessageProblem::BadMessages)?;
        let id = json::text(body.get("id")).ok_or(MessageProblem::BadMessages)?;
        if selected.is_some_and(|selected| !selected.contains(&id)) {
            continue;
        }
        let created_at = json::integer(body.get("creationTime")).unwrap_or(fallback_time);
        let modified_at = json::integer(body.get("lastModifiedTime")).unwrap_or(created_at);
        let body = clean_message(body.clone());
        messages.push(Message { id, created_at, modified_at, day: day_of(created_at, zone), body });
    }
    Ok(messages)
}

/// What is known of a message after one more telling. The newer telling wins; nothing takes the place
/// of something in neither: a transcript that is fetched anew, or a text that was deleted in the
/// mailbox, was still said.
pub fn retold(
    (stored, stored_at): (Map<String, Value>, i64),
    (told, told_at): (&Map<String, Value>, i64),
) -> (Map<String, Value>, i64) {
    if told_at >= stored_at { (overlay(stored, told), told_at) } else { (overlay(told.clone(), &stored), stored_at) }
}

fn overlay(mut below: Map<String, Value>, above: &Map<String, Value>) -> Map<String, Value> {
    for (key, value) in above {
        let merged = match (below.get(key), value) {
            (Some(known), value) if says_nothing(value) && !says_nothing(known) => continue,
            (Some(Value::Array(known)), Value::Array(told)) if key == "attachments" => attachments(known, told),
            (_, value) => value.clone(),
        };
        below.insert(key.clone(), merged);
    }
    below
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn attachments(known: &[Value], told: &[Value]) -> Value {
    let known_of =
        |item: &Value| known.iter().find(|known| known.get("id") == item.get("id")).and_then(Value::as_object);
    told.iter()
        .map(|item| match (known_of(item), item.as_object()) {
            (Some(known), Some(told)) => Value::Object(overlay(known.clone(), told)),
            _ => item.clone(),
        })
        .collect()
}

/// Attachment URIs are cut at "?": with tokens on, the suffix can stand there twice (V28).
fn clean_message(mut body: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Array(attachments)) = body.get_mut("attachments") {
        for attachment in attachments.iter_mut().filter_map(Value::as_object_mut) {
            if let Some(Value::String(uri)) = attachment.get_mut("uri")
                && uri.to_ascii_lowercase().contains("access_token")
            {
                *uri = uri.split('?').next().map_or_else(String::new, |head| strip_access_token(head).into_owned());
            }
        }
    }
    redacted(body)
}

fn remote_numbers(conversation: &Map<String, Value>, region: Option<Region>) -> Vec<String> {
    let correspondents = conversation.get("correspondents").and_then(Value::as_array);
    let mut numbers: Vec<String> =
        correspondents.into_iter().flatten().filter_map(|party| number_of(Some(party), region)).collect();
    numbers.sort();
    numbers.dedup();
    numbers
}

/// The calendar day of a time in a zone, `YYYY-MM-DD`.
pub fn day_of(ms: i64, zone: Tz) -> String {
    match zone.timestamp_millis_opt(ms) {
        chrono::LocalResult::Single(time) | chrono::LocalResult::Ambiguous(time, _) => {
            time.format("%Y-%m-%d").to_string()
        }
        chrono::LocalResult::None => "1970-01-01".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &Value) -> Result<MessagePost, MessageProblem> {
        let body = body.as_object().cloned().unwrap_or_default();
        MessagePost::from_body(body, Region::from_code("US"), chrono_tz::UTC, 1_000)
    }

    #[test]
    fn days_are_ours_not_the_browsers() {
        let midnight = 1_767_312_000_000; // 2026-01-02T00:00:00Z
        assert_eq!(day_of(midnight, chrono_tz::UTC), "2026-01-02");
        assert_eq!(day_of(midnight, chrono_tz::America::New_York), "2026-01-01");
        assert_eq!(day_of(i64::MAX, chrono_tz::UTC), "1970-01-01");
    }

    #[test]
    fn tokens_go_from_attachments_and_links() {
        let post = read(&json!({"triggerType": "auto", "conversation": {"conversationId": "1", "messages": [{"id": 1,
            "attachments": [{"uri": "https://m/c?access_token=CANARY?access_token=CANARY",
                "link": "https://r/?media=https%3A%2F%2Fm%2Fc%3Faccess_token%3DCANARY"}]}]}}))
        .expect("valid");
        let text = Value::Object(post.messages[0].body.clone()).to_string();
        assert!(!text.contains("CANARY") && text.contains("https://m/c"), "{text}");
    }

    #[test]
    fn only_the_selected_messages_count() {
        let post = read(&json!({"triggerType": "selectedLog", "selectedMessageIds": ["2"],
            "conversation": {"conversationId": 7, "messages": [{"id": 1}, {"id": 2}]}}))
        .expect("valid");
        assert_eq!(post.messages.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["2"]);
        assert_eq!(post.conversation_id, "7");
    }

    #[test]
    fn nothing_takes_the_place_of_something() {
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        let first = map(json!({"subject": "keep me", "availability": "Alive",
            "attachments": [{"id": 1, "transcript": "call back"}]}));
        let again =
            map(json!({"availability": "Deleted", "attachments": [{"id": 1, "transcript": null, "link": "l"}]}));
        let (merged, at) = retold((first.clone(), 5), (&again, 5));
        let all = json!({"subject": "keep me", "availability": "Deleted",
            "attachments": [{"id": 1, "transcript": "call back", "link": "l"}]});
        assert_eq!((Value::Object(merged), at), (all, 5));
        let (merged, at) = retold((first, 9), (&again, 5));
        assert_eq!((merged["availability"].as_str(), at), (Some("Alive"), 9), "the older telling only adds");
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(read(&json!({})), Err(MessageProblem::NoConversation));
        assert_eq!(read(&json!({"conversation": {}})), Err(MessageProblem::NoConversationId));
        let bad = json!({"conversation": {"conversationId": "1", "messages": [{}]}});
        assert_eq!(read(&bad), Err(MessageProblem::BadMessages));
    }
}
