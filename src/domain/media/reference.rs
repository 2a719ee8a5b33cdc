//! References to media in what the widget posts (protocol 4.2 and 4.4), and the token that opens them.
//!
//! Read before a post is cleaned: the token stands in the query of the address, sometimes twice, and
//! can leak URL-encoded into the `link` that wraps it. It is kept apart from all that is stored.

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{MediaKind, MediaNote, MediaState};
use crate::domain::json;
use crate::domain::redact::{find_access_token, strip_access_token};

/// Files of one post that are looked at: a day of a busy conversation has fewer.
const MOST: usize = 500;
/// Attachments that are text we have anyway: the message itself, and the transcript.
const TEXTS: [&str; 2] = ["Text", "AudioTranscription"];

/// A file that a post names, and what opens it.
#[derive(Debug, Clone)]
pub struct Reference {
    /// What is stored of it. Its state is for whoever knows the configuration to decide.
    pub note: MediaNote,
    /// The operator's `RingCentral` token, where the post brought one.
    pub token: Option<SecretString>,
}

/// The recordings of a call logger's body, each once.
pub fn of_call(body: &Map<String, Value>) -> Vec<Reference> {
    let Some(call) = json::object(body.get("call")) else { return Vec::new() };
    let mut found: Vec<Reference> = Vec::new();
    let legs = call.get("legs").and_then(Value::as_array).into_iter().flatten();
    let parts = legs.chain(["outboundLeg", "inboundLeg"].into_iter().filter_map(|key| call.get(key)));
    let recordings = std::iter::once(call).chain(parts.filter_map(Value::as_object)).map(|part| part.get("recording"));
    let made_at = json::integer(call.get("startTime")).unwrap_or(0);
    for recording in recordings.filter_map(json::object).take(MOST) {
        let reference = read(recording, "contentUri", MediaKind::Recording, "", made_at);
        found.extend(reference.filter(|new| !found.iter().any(|known| known.note.source_id == new.note.source_id)));
    }
    found
}

/// The files of a message logger's body: voicemails, faxes and attachments.
pub fn of_conversation(body: &Map<String, Value>) -> Vec<Reference> {
    let Some(conversation) = json::object(body.get("conversation")) else { return Vec::new() };
    let own_kind = json::text(conversation.get("type"));
    let messages = conversation.get("messages").and_then(Value::as_array).into_iter().flatten();
    let mut found = Vec::new();
    for message in messages.filter_map(Value::as_object) {
        // As the message's own id is cleaned, so that the two are found together.
        let Some(message_id) = clean(message.get("id")) else { continue };
        let kind = json::text(message.get("type")).or_else(|| own_kind.clone());
        let kind = match kind.as_deref() {
            Some("VoiceMail") => MediaKind::Voicemail,
            Some("Fax") => MediaKind::Fax,
            _ => MediaKind::Attachment,
        };
        let made_at = json::integer(message.get("creationTime")).unwrap_or(0);
        let attachments = message.get("attachments").and_then(Value::as_array).into_iter().flatten();
        for attachment in attachments.filter_map(Value::as_object) {
            if TEXTS.iter().any(|text| attachment.get("type").and_then(Value::as_str) == Some(text)) {
                continue;
            }
            found.extend(read(attachment, "uri", kind, &message_id, made_at));
        }
    }
    found.truncate(MOST);
    found
}

/// The first token in any text of `value`.
pub fn first_token(value: &Value) -> Option<SecretString> {
    match value {
        Value::String(text) => find_access_token(text),
        Value::Array(items) => items.iter().find_map(first_token),
        Value::Object(map) => map.values().find_map(first_token),
        _ => None,
    }
}

fn read(item: &Map<String, Value>, key: &str, kind: MediaKind, message_id: &str, made_at: i64) -> Option<Reference> {
    let (told, link) = (json::text(item.get(key)), json::text(item.get("link")));
    let uri = told.clone().or_else(|| link.as_deref().and_then(wrapped))?;
    let bare = strip_access_token(&uri).into_owned();
    let token = told.as_deref().and_then(find_access_token).or_else(|| link.as_deref().and_then(find_access_token));
    let note = MediaNote {
        kind,
        message_id: message_id.to_owned(),
        source_id: clean(item.get("id")).unwrap_or_else(|| bare.clone()),
        uri: bare,
        link: clean(item.get("link")),
        file_name: clean(item.get("fileName")),
        made_at,
        state: MediaState::LinkOnly,
        words: String::new(),
        fresh: token.is_some(),
    };
    Some(Reference { note, token })
}

/// A text without tokens.
fn clean(value: Option<&Value>) -> Option<String> {
    json::text(value).map(|text| strip_access_token(&text).into_owned())
}

/// The address inside the vendor's player link.
fn wrapped(link: &str) -> Option<String> {
    let link = url::Url::parse(link).ok()?;
    link.query_pairs().find(|(name, _)| name == "media").map(|(_, address)| address.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        let Value::Object(map) = value else { panic!("an object") };
        map
    }

    fn token(reference: &Reference) -> Option<&str> {
        reference.token.as_ref().map(ExposeSecret::expose_secret)
    }

    #[test]
    fn a_recording_is_found_with_its_token_and_stored_without() {
        let body = map(json!({"call": {"startTime": 5, "recording": {"id": 7,
            "contentUri": "https://m/r/7/content?access_token=CANARY%7Cx",
            "link": "https://reader/?media=https%3A%2F%2Fm%2Fr%2F7%2Fcontent"},
            "legs": [{"recording": {"id": "7", "contentUri": "https://m/r/7/content"}}, {"recording": null},
                {"recording": {"id": "8", "link": "https://reader/?media=https%3A%2F%2Fm%2Fr%2F8%3Faccess_token%3DTWO"}}]}}));
        let found = of_call(&body);
        assert_eq!(found.len(), 2, "each once");
        assert_eq!((found[0].note.source_id.as_str(), found[0].note.uri.as_str()), ("7", "https://m/r/7/content"));
        assert_eq!((token(&found[0]), found[0].note.made_at), (Some("CANARY|x"), 5));
        assert_eq!((found[1].note.uri.as_str(), token(&found[1])), ("https://m/r/8", Some("TWO")));
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn attachments_are_found_but_not_the_texts_themselves() {
        let body = map(json!({"conversation": {"type": "SMS", "messages": [
            {"id": 1, "type": "SMS", "attachments": [{"id": 1, "type": "Text", "uri": "https://m/1"},
                {"id": 2, "type": "MmsAttachment", "uri": "https://m/2", "fileName": "roof.jpg"}]},
            {"id": 3, "type": "VoiceMail", "attachments": [
                {"id": 3, "type": "AudioRecording", "uri": "https://m/3?access_token=A?access_token=A"},
                {"id": 4, "type": "AudioTranscription", "uri": "https://m/4"}]},
            {"id": 5, "type": "Fax", "attachments": [{"id": 5, "uri": "https://m/5"}]},
            {"attachments": [{"id": 6, "uri": "https://m/6"}]}]}}));
        let found = of_conversation(&body);
        let seen: Vec<_> =
            found.iter().map(|f| (f.note.kind, f.note.message_id.as_str(), f.note.uri.as_str())).collect();
        assert_eq!(
            seen,
            [
                (MediaKind::Attachment, "1", "https://m/2"),
                (MediaKind::Voicemail, "3", "https://m/3"),
                (MediaKind::Fax, "5", "https://m/5"),
            ]
        );
        assert_eq!((token(&found[1]), found[0].note.file_name.as_deref()), (Some("A"), Some("roof.jpg")));
    }
}
