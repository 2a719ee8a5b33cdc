//! Rox.Chat as its agents' workspace tells of it: the events a page receives, kinds of messages, the
//! errors of an outgoing chat, and what the daemon makes of each. Reading is forgiving where the vendor's
//! documentation leaves things open, and refuses in words where it does not.

mod command;
mod event;
mod read;

#[cfg(test)]
mod read_tests;

use serde::{Deserialize, Serialize};

use super::conversation::Author;

pub use command::{CommandStatus, OUTGOING_ERRORS, outgoing_words};
pub use event::{ChatSource, Event, Refusal, Telling, Visitor};
pub use read::read;

/// Every kind of message the vendor documents, and who wrote it.
pub const KINDS: [(&str, Author); 17] = [
    ("visitor", Author::Visitor),
    ("operator", Author::Agent),
    ("for_operator", Author::Internal),
    ("info", Author::System),
    ("operator_busy", Author::System),
    ("cont_req", Author::System),
    ("contacts", Author::Visitor),
    ("file_operator", Author::Agent),
    ("file_visitor", Author::Visitor),
    ("form_response", Author::Visitor),
    ("operator_note", Author::Internal),
    ("keyboard", Author::Agent),
    ("keyboard_response", Author::Visitor),
    ("apple_chat", Author::Agent),
    ("apple_chat_response", Author::Visitor),
    ("action_request", Author::Agent),
    ("sticker_visitor", Author::Visitor),
];
/// What any other kind is called.
pub const OTHER: &str = "other";
/// Kinds that go into transcripts where nothing else is configured.
pub const DEFAULT_KINDS: [&str; 8] =
    ["visitor", "operator", "info", "contacts", "file_operator", "file_visitor", "keyboard", "keyboard_response"];

/// The kind's word, or [`OTHER`], and who wrote such a message. An unknown kind is taken for the
/// system's, so that nothing is put into anybody's mouth.
pub fn kind_of(word: &str) -> (&'static str, Author) {
    KINDS.into_iter().find(|(known, _)| *known == word).unwrap_or((OTHER, Author::System))
}

/// By what a visitor's contact is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdSource {
    /// The id that the company's site gave the visitor (`providedVisitorId`).
    ProvidedId,
    /// The id in the CRM that the workspace was given (`siebelId`).
    SiebelId,
    /// What is known of the visitor from before: said by a person, or of the visitor under an earlier id.
    Alias,
}

impl IdSource {
    /// All of them, in the order that is taken where nothing else is configured.
    pub const ALL: [Self; 3] = [Self::ProvidedId, Self::SiebelId, Self::Alias];

    /// As written in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::ProvidedId => "provided_id",
            Self::SiebelId => "siebel_id",
            Self::Alias => "alias",
        }
    }
}

/// What the configuration says of a workspace, as far as the meaning of its events depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The workspace's id in the configuration.
    pub workspace: String,
    /// Kinds of messages that go into transcripts.
    pub kinds: Vec<String>,
    /// Within this time two pages tell the same message, in milliseconds.
    pub dedupe_ms: i64,
    /// A chat becomes a log with its first message, not only when it is closed.
    pub log_at_once: bool,
    /// `providedVisitorId` is taken for a contact's id.
    pub trust_provided_id: bool,
    /// By what a visitor's contact is found, the first that finds one.
    pub id_priority: Vec<IdSource>,
    /// Connectors that are configured: an id of the CRM is one of theirs.
    pub connectors: Vec<String>,
}

impl Rules {
    /// Contact ids that an id from outside may stand for.
    pub fn contact_ids(&self, id: &str) -> Vec<String> {
        std::iter::once(id.to_owned())
            .chain(self.connectors.iter().map(|connector| format!("{connector}:{id}")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kinds_are_other_and_nobodys_words() {
        assert_eq!(kind_of("file_visitor"), ("file_visitor", Author::Visitor));
        assert_eq!(kind_of("operator_note"), ("operator_note", Author::Internal));
        for unknown in ["", "visitor ", "VISITOR", "hologram"] {
            assert_eq!(kind_of(unknown), (OTHER, Author::System), "{unknown:?}");
        }
        assert!(DEFAULT_KINDS.iter().all(|word| kind_of(word).1 != Author::Internal && kind_of(word).0 == *word));
    }
}
