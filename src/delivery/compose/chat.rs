//! What a conversation of a chat widget says.

use chrono_tz::Tz;

use super::{Facts, MessageFacts, moment};
use crate::domain::activity::chat_subject;
use crate::domain::conversation::{Author, ChatMessage, Conversation};
use crate::domain::identity::Identity;

/// The facts of a conversation: what its transcript shows.
pub(in crate::delivery) fn of_chat(
    conversation: &Conversation,
    identity: Option<&Identity>,
    messages: &[ChatMessage],
    contact: Option<String>,
    zone: Tz,
) -> Facts {
    let visitor = contact.clone().or_else(|| identity.and_then(|identity| identity.name.clone()));
    let visitor = visitor.unwrap_or_else(|| "Visitor".into());
    let company = if conversation.operator.is_empty() { "Agent" } else { &conversation.operator };
    let told: Vec<&ChatMessage> = messages.iter().filter(|message| message.is_told()).collect();
    let agent_began =
        told.iter().find(|message| message.author != Author::System).is_some_and(|m| m.author == Author::Agent);
    let (direction, from, to) = if agent_began {
        ("Outbound", company.to_owned(), visitor.clone())
    } else {
        ("Inbound", visitor.clone(), company.to_owned())
    };
    let count = i64::try_from(told.len()).unwrap_or(i64::MAX);
    let newest = told.last().map(|message| message.text.as_str());
    let lines: Vec<MessageFacts> = told
        .iter()
        .map(|message| MessageFacts {
            time: moment(message.at_ms, zone),
            from: message.author_name.clone().unwrap_or_else(|| match message.author {
                Author::Visitor => visitor.clone(),
                Author::Agent => company.to_owned(),
                Author::System | Author::Internal => conversation.channel.name().to_owned(),
            }),
            text: if message.truncated { format!("{}…", message.text) } else { message.text.clone() },
            attachments: message.attachments.clone(),
            transcript: None,
        })
        .collect();
    Facts {
        kind: "message",
        subject: chat_subject(conversation.channel, count, newest),
        direction: direction.into(),
        from,
        to,
        contact,
        operator: conversation.operator.clone(),
        started: moment(conversation.started_ms, zone),
        incomplete: conversation.partial,
        messages: lines,
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::conversation::Opening;
    use crate::domain::identity::Channel;

    fn message(id: &str, author: Author, text: &str) -> ChatMessage {
        ChatMessage {
            id: id.into(),
            at_ms: 1_767_261_600_000,
            place: 0,
            author,
            author_name: None,
            kind: author.word().into(),
            text: text.into(),
            truncated: false,
            attachments: Vec::new(),
            shown: author != Author::Internal,
            collapsed_into: None,
        }
    }

    #[test]
    fn a_chat_reads_as_its_transcript() {
        let opening = Opening {
            channel: Channel::Roxchat,
            account: "main".into(),
            external_id: "7".into(),
            identity_id: None,
            operator: "dana".into(),
            started_ms: 0,
        };
        let conversation = Conversation { partial: true, ..Conversation::new("cv_1".into(), opening, 0) };
        let repeated = ChatMessage { collapsed_into: Some("1".into()), ..message("3", Author::Visitor, "Hello") };
        let messages = [
            message("1", Author::Visitor, "Hello"),
            message("2", Author::Internal, "a difficult one"),
            repeated,
            ChatMessage { truncated: true, ..message("4", Author::Agent, "Good day") },
        ];
        let facts = of_chat(&conversation, None, &messages, Some("Ada Lovelace".into()), chrono_tz::UTC);
        assert_eq!(facts.subject, "Rox.Chat, 2 messages: Good day");
        assert_eq!(
            (facts.direction.as_str(), facts.from.as_str(), facts.to.as_str()),
            ("Inbound", "Ada Lovelace", "dana")
        );
        let said: Vec<(&str, &str)> = facts.messages.iter().map(|m| (m.from.as_str(), m.text.as_str())).collect();
        assert_eq!(said, [("Ada Lovelace", "Hello"), ("dana", "Good day…")]);
        assert!(facts.incomplete);
    }
}
