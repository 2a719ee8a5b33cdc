//! Activities: what was done with a contact, as the widget lists it (protocol 3.5).

use super::identity::Channel;
use super::party::Direction;

/// One line of a contact's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The id of the log it stands for.
    pub id: String,
    /// What it stands for.
    pub kind: ActivityKind,
    /// Where it was done.
    pub channel: Channel,
    /// One line for a person.
    pub subject: String,
    /// Unix ms.
    pub time: i64,
}

/// What an activity stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityKind {
    /// A call log.
    Call,
    /// A day of a conversation by text message, a voicemail or a fax.
    Messages,
    /// A conversation of a chat widget.
    Chat,
}

impl ActivityKind {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Messages => "messages",
            Self::Chat => "chat",
        }
    }
}

/// "Inbound call, Accepted, 1 min 15 s: wants a quote".
pub fn call_subject(direction: Direction, result: Option<&str>, seconds: Option<i64>, note: Option<&str>) -> String {
    let mut subject = format!("{} call", direction.word());
    if let Some(result) = result.filter(|r| !matches!(*r, "Disconnected" | "CallConnected" | "")) {
        subject.push_str(", ");
        subject.push_str(result);
    }
    if let Some(seconds) = seconds.filter(|s| *s > 0) {
        subject.push_str(", ");
        subject.push_str(&spoken(seconds));
    }
    push_note(&mut subject, note);
    subject
}

/// "SMS, 3 messages: When can you ship?".
pub fn messages_subject(kind: &str, count: i64, last_text: Option<&str>, note: Option<&str>) -> String {
    let what = match kind {
        "VoiceMail" => "Voicemail",
        "Pager" => "Internal message",
        other => other,
    };
    let mut subject = match (kind, count) {
        ("VoiceMail" | "Fax", _) => what.to_owned(),
        (_, 1) => format!("{what}, 1 message"),
        (_, n) => format!("{what}, {n} messages"),
    };
    push_note(&mut subject, note.or(last_text));
    subject
}

/// "Rox.Chat, 3 messages: When can you ship?"; of what the transcript shows.
pub fn chat_subject(channel: Channel, count: i64, last_text: Option<&str>) -> String {
    let mut subject = match count {
        1 => format!("{}, 1 message", channel.name()),
        n => format!("{}, {n} messages", channel.name()),
    };
    push_note(&mut subject, last_text);
    subject
}

/// `75` is "1 min 15 s".
pub fn spoken(seconds: i64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

fn push_note(subject: &mut String, note: Option<&str>) {
    let Some(line) = note.and_then(|n| n.lines().map(str::trim).find(|l| !l.is_empty())) else { return };
    subject.push_str(": ");
    subject.extend(line.chars().take(120));
    if line.chars().nth(120).is_some() {
        subject.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_read_as_a_person_would_say_it() {
        assert_eq!(
            call_subject(Direction::Inbound, Some("Accepted"), Some(75), Some("\nWants quote\nmore")),
            "Inbound call, Accepted, 1 min 15 s: Wants quote"
        );
        assert_eq!(call_subject(Direction::Outbound, None, Some(0), None), "Outbound call");
        assert_eq!(messages_subject("SMS", 2, Some("hi"), None), "SMS, 2 messages: hi");
        assert_eq!(messages_subject("VoiceMail", 1, None, None), "Voicemail");
        assert_eq!(call_subject(Direction::Inbound, None, Some(7_260), None), "Inbound call, 2 h 1 min");
    }
}
