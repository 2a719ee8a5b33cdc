//! Conversations: what a visitor and the company's people wrote to each other in a chat widget, whichever
//! it was. A conversation can go on after it was closed; it stays one, and one log upstream.

use serde_json::{Map, Value};

use super::identity::Channel;
use super::party::Choice;

/// Longest text of one message that is kept, in bytes of UTF-8.
pub const LONGEST_TEXT: usize = 32 * 1024;

/// A conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// `cv_...`.
    pub id: String,
    /// Where it was held.
    pub channel: Channel,
    /// The community or workspace, by its id in the configuration.
    pub account: String,
    /// Its id there.
    pub external_id: String,
    /// The visitor.
    pub identity_id: Option<String>,
    /// Who held it on our side: an operator's id, or empty.
    pub operator: String,
    /// Which contact it belongs to, and who said so.
    pub choice: Choice,
    /// Whether it goes on.
    pub open: bool,
    /// Who closed it last: `operator`, `visitor`, `idle`, `system`.
    pub closed_by: Option<String>,
    /// Whether messages are surely missing: it was watched only in part.
    pub partial: bool,
    /// Its first message, Unix ms.
    pub started_ms: i64,
    /// Its last message, Unix ms.
    pub last_ms: i64,
    /// When it was closed last, Unix ms.
    pub closed_ms: Option<i64>,
    /// Which telling of it the CRM is to have: 0 until it is closed for the first time, then one more with
    /// each message, each reopening by one and each close.
    pub revision: i64,
    /// What else the channel tells: page, kind of channel, category.
    pub facts: Map<String, Value>,
    /// Unix ms.
    pub created_ms: i64,
    /// Unix ms.
    pub updated_ms: i64,
}

/// What begins a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Where.
    pub channel: Channel,
    /// The community or workspace.
    pub account: String,
    /// Its id there.
    pub external_id: String,
    /// The visitor, where known.
    pub identity_id: Option<String>,
    /// Who holds it on our side.
    pub operator: String,
    /// Unix ms.
    pub started_ms: i64,
}

impl Conversation {
    /// A conversation that was not known before.
    pub fn new(id: String, opening: Opening, now_ms: i64) -> Self {
        Self {
            id,
            channel: opening.channel,
            account: opening.account,
            external_id: opening.external_id,
            identity_id: opening.identity_id,
            operator: opening.operator,
            choice: Choice::default(),
            open: true,
            closed_by: None,
            partial: false,
            started_ms: opening.started_ms,
            last_ms: opening.started_ms,
            closed_ms: None,
            revision: 0,
            facts: Map::new(),
            created_ms: now_ms,
            updated_ms: now_ms,
        }
    }

    /// A message of `at_ms` was added. A conversation that was closed goes on.
    pub fn heard(&mut self, at_ms: i64, now_ms: i64) {
        self.started_ms = self.started_ms.min(at_ms);
        self.last_ms = self.last_ms.max(at_ms);
        self.updated_ms = now_ms;
        self.open = true;
        if self.revision > 0 {
            self.revision += 1;
        }
    }

    /// It ended. Returns false where that was known.
    pub fn close(&mut self, by: &str, at_ms: i64, now_ms: i64) -> bool {
        if !self.open {
            return false;
        }
        self.open = false;
        self.closed_by = Some(by.to_owned());
        self.closed_ms = Some(at_ms);
        self.updated_ms = now_ms;
        self.revision += 1;
        true
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The visitor.
    Visitor,
    /// One of the company's people.
    Agent,
    /// The system: "the operator joined".
    System,
    /// For the company's people only: never shown to the visitor, nor told to the CRM.
    Internal,
}

impl Author {
    const ALL: [Self; 4] = [Self::Visitor, Self::Agent, Self::System, Self::Internal];

    /// The stored word, and the word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Agent => "agent",
            Self::System => "system",
            Self::Internal => "internal",
        }
    }

    /// From the stored word; what is not known was the system.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|author| author.word() == word).unwrap_or(Self::System)
    }
}

/// One message of a conversation. In a transcript they stand by `at_ms`, then by `place`.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatMessage {
    /// Its id in the conversation, the channel's or made of what is unique there.
    pub id: String,
    /// Unix ms.
    pub at_ms: i64,
    /// Order among messages of one time.
    pub place: i64,
    /// Who wrote it.
    pub author: Author,
    /// Their name.
    pub author_name: Option<String>,
    /// The channel's word for what it is.
    pub kind: String,
    /// What it says, at most [`LONGEST_TEXT`].
    pub text: String,
    /// Whether the text was longer.
    pub truncated: bool,
    /// Links to what is attached.
    pub attachments: Vec<String>,
    /// Whether the transcript has it: not every kind belongs there.
    pub shown: bool,
    /// The message that it repeats: told by another tab or after a reload.
    pub collapsed_into: Option<String>,
}

impl ChatMessage {
    /// Whether it stands in the transcript.
    pub fn is_told(&self) -> bool {
        self.shown && self.collapsed_into.is_none()
    }
}

/// A text cut to [`LONGEST_TEXT`], and whether it was longer.
pub fn bounded_text(text: &str) -> (String, bool) {
    if text.len() <= LONGEST_TEXT {
        return (text.to_owned(), false);
    }
    let mut end = LONGEST_TEXT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (text[..end].to_owned(), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation() -> Conversation {
        let opening = Opening {
            channel: Channel::Roxchat,
            account: "main".into(),
            external_id: "7".into(),
            identity_id: None,
            operator: "dana".into(),
            started_ms: 10,
        };
        Conversation::new("cv_1".into(), opening, 10)
    }

    #[test]
    fn close_late_message_close_is_revision_three() {
        let mut chat = conversation();
        chat.heard(20, 20);
        assert_eq!((chat.revision, chat.last_ms), (0, 20));
        assert!(chat.close("operator", 30, 30) && !chat.close("operator", 31, 31));
        assert_eq!((chat.revision, chat.open), (1, false));
        chat.heard(40, 40);
        assert_eq!((chat.revision, chat.open), (2, true));
        assert!(chat.close("idle", 50, 50));
        assert_eq!((chat.revision, chat.closed_by.as_deref()), (3, Some("idle")));
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        let (text, cut) = bounded_text(&"ё".repeat(LONGEST_TEXT));
        assert!(cut && text.len() == LONGEST_TEXT && text.chars().all(|letter| letter == 'ё'));
        let (text, cut) = bounded_text(&format!("a{}", "ё".repeat(LONGEST_TEXT)));
        assert!(cut && text.len() == LONGEST_TEXT - 1);
        assert_eq!(bounded_text("short"), ("short".into(), false));
    }
}
