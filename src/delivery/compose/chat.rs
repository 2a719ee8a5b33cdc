//! What a conversation of a chat widget says.

use chrono_tz::Tz;

use super::{Facts, MessageFacts, moment};
use crate::domain::activity::chat_subject;
use crate::domain::conversation::{Author, ChatMessage, Conversation};
use crate::domain::identity::Identity;

/// Characters of a transcript that go upstream. Of the shipped CRMs the least that one takes as a text is
/// 32,000, and there is more in a log than its transcript.
const LONGEST: usize = 24_000;
/// What stands between the parts of a message, in any format.
const AROUND: usize = 16;

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
        messages: newest_of(lines, conversation.channel.name()),
        ..Facts::default()
    }
}

/// The newest messages that have room, and a word on those before them: what a CRM refuses, or cuts off at its
/// end, would tell nothing of how the chat went on.
fn newest_of(lines: Vec<MessageFacts>, channel: &str) -> Vec<MessageFacts> {
    let all = lines.len();
    let mut room = LONGEST;
    let mut kept = Vec::new();
    for mut line in lines.into_iter().rev() {
        let beside = length(&line.time) + length(&line.from) + AROUND;
        let beside = beside + line.attachments.iter().map(|link| length(link) + AROUND).sum::<usize>();
        let whole = beside + length(&line.text);
        if whole > room {
            if !kept.is_empty() {
                break;
            }
            line.text = line.text.chars().take(room.saturating_sub(beside)).chain(['…']).collect();
        }
        room = room.saturating_sub(whole);
        kept.push(line);
    }
    let left = all - kept.len();
    if let Some(first) = kept.last().filter(|_| left > 0) {
        let text = format!("{left} earlier messages are left out here; Trunkline has the whole transcript");
        kept.push(MessageFacts { time: first.time.clone(), from: channel.to_owned(), text, ..MessageFacts::default() });
    }
    kept.reverse();
    kept
}

fn length(text: &str) -> usize {
    text.chars().count()
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

    #[test]
    fn of_a_long_chat_the_newest_messages_are_told_and_how_many_are_not() {
        let line = |n: usize, length: usize| MessageFacts {
            time: "10:00".into(),
            from: "Ada".into(),
            text: format!("{n}{}", "x".repeat(length)),
            ..MessageFacts::default()
        };
        let told = |lines: &[MessageFacts]| lines.iter().map(|line| length(&line.text)).sum::<usize>();
        let some: Vec<MessageFacts> = (0..100).map(|n| line(n, 100)).collect();
        assert_eq!(newest_of(some, "Engage").len(), 100);
        let many = newest_of((0..1_000).map(|n| line(n, 100)).collect(), "Engage");
        assert!(told(&many) < LONGEST && told(&many) > LONGEST / 2, "{}", told(&many));
        assert!(many.last().is_some_and(|last| last.text.starts_with("999x")));
        let left = 1_000 - (many.len() - 1);
        assert_eq!((many[0].from.as_str(), many[0].text.contains(&format!("{left} earlier"))), ("Engage", true));
        // One message that is too long is cut, not left out.
        let one = newest_of(vec![line(1, 100), line(2, 32_000)], "Engage");
        assert_eq!((one.len(), one[1].text.ends_with('…'), told(&one) < LONGEST + 100), (2, true, true));
        assert!(newest_of(Vec::new(), "Engage").is_empty());
    }
}
