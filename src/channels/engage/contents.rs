//! A thread's contents as messages. Not everything in a thread was written by a person: what the channel
//! said by itself is marked and left out of the transcript.

use serde_json::Value;

use super::hooks::time;
use crate::domain::conversation::{Author, ChatMessage, bounded_text};
use crate::domain::json;

/// Statuses of contents that come from the company's side.
const OURS: [&str; 3] = ["userinitiated", "userreply", "userreplyassigned"];

/// A message with the identity that wrote it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    pub(super) message: ChatMessage,
    pub(super) author_id: Option<String>,
}

/// One record of `/contents`; `None` where it has no id or no time.
pub(super) fn content(record: &Value, place: i64) -> Option<Content> {
    let id = json::text(record.get("id"))?;
    let at_ms = ["created_at", "date"].iter().find_map(|key| time(record[*key].as_str()?))?;
    let author = author(record);
    let body = ["body_as_text", "body"].iter().find_map(|key| record[*key].as_str()).unwrap_or_default();
    let (text, truncated) = bounded_text(body);
    let automatic = author == Author::System;
    let message = ChatMessage {
        id,
        at_ms,
        place,
        author,
        author_name: None,
        kind: if automatic { "automatic".into() } else { author.word().into() },
        text,
        truncated,
        attachments: attachments(record),
        shown: !matches!(author, Author::System | Author::Internal),
        collapsed_into: None,
    };
    Some(Content { message, author_id: json::text(record.get("author_id")) })
}

fn author(record: &Value) -> Author {
    let status: String =
        record["status"].as_str().unwrap_or_default().chars().filter(|c| c.is_alphanumeric()).collect();
    let by_user = record["creator_id"].as_str().is_some_and(|id| !id.is_empty());
    let ours = OURS.contains(&status.to_ascii_lowercase().as_str());
    if record["private"] == true {
        Author::Internal
    } else if record["auto_submitted"] == true || (ours && !by_user) {
        Author::System
    } else if by_user || ours {
        Author::Agent
    } else {
        Author::Visitor
    }
}

fn attachments(record: &Value) -> Vec<String> {
    let items = record["attachments"].as_array().into_iter().flatten();
    items.filter_map(|item| item["url"].as_str().or(item.as_str())).map(ToOwned::to_owned).collect()
}

/// Of several identities that wrote as visitors the first is the visitor; what others wrote, such as the
/// channel's own welcome, came by itself.
pub(super) fn of_one_visitor(contents: Vec<Content>) -> (Option<String>, Vec<ChatMessage>) {
    let from = |content: &&Content| content.message.author == Author::Visitor;
    let visitor = contents.iter().find(from).and_then(|content| content.author_id.clone());
    let messages = contents.into_iter().map(|Content { mut message, author_id }| {
        if message.author == Author::Visitor && author_id != visitor {
            message.author = Author::System;
            message.kind = "automatic".into();
            message.shown = false;
        }
        message
    });
    let messages = messages.collect();
    (visitor, messages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(record: Value) -> Content {
        content(&record, 0).expect("a message")
    }

    #[test]
    fn who_wrote_is_told_apart() {
        let with = |key: &str, value: Value| {
            let mut record = json!({"id": "c", "created_at": "2026-01-01T10:00:00Z", "body": "x", "author_id": "i1", "status": "new"});
            record[key] = value;
            read(record).message
        };
        assert_eq!((with("a", json!(1)).author, with("a", json!(1)).shown), (Author::Visitor, true));
        assert_eq!(with("creator_id", json!("u1")).author, Author::Agent);
        assert_eq!(
            (with("private", json!(true)).author, with("private", json!(true)).shown),
            (Author::Internal, false)
        );
        for (key, value) in
            [("auto_submitted", json!(true)), ("status", json!("user_reply")), ("status", json!("UserInitiated"))]
        {
            let message = with(key, value);
            assert_eq!((message.author, message.kind.as_str(), message.shown), (Author::System, "automatic", false));
        }
        assert_eq!(with("created_at", json!("2026-01-01T11:00:00.250+01:00")).at_ms, 1_767_261_600_250);
        assert!(content(&json!({"id": "c", "body": "x"}), 0).is_none());
        assert!(content(&json!({"created_at": "2026-01-01T10:00:00Z"}), 0).is_none());
    }

    #[test]
    fn a_second_identity_is_not_the_visitor() {
        let said = |id: &str, author: &str| {
            read(
                json!({"id": id, "author_id": author, "created_at": "2026-01-01T10:00:00Z", "body": "x", "status": "new"}),
            )
        };
        let (visitor, messages) = of_one_visitor(vec![said("1", "i1"), said("2", "i2"), said("3", "i1")]);
        assert_eq!(visitor.as_deref(), Some("i1"));
        assert_eq!(messages.iter().map(|message| message.shown).collect::<Vec<_>>(), [true, false, true]);
    }
}
