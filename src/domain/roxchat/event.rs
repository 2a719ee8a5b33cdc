//! The events of a workspace, once they were read.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Who writes, under the ids that are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visitor {
    /// The vendor's id. It changes when the visitor signs in.
    pub id: String,
    /// The id the company's site gave; nothing says whether its signature was asked for.
    pub provided: Option<String>,
    /// The id in the CRM.
    pub siebel: Option<String>,
}

/// Through what a visitor came, where that was another messenger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatSource {
    /// The vendor's id of the channel.
    pub id: Option<String>,
    /// `telegram`, `skype`.
    pub kind: Option<String>,
    /// The visitor's id there.
    pub user_id: Option<String>,
    /// The visitor's name there.
    pub user_name: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `newMessageAdded`.
    Message {
        /// In whose chat.
        visitor: Visitor,
        /// Which chat.
        chat_id: i64,
        /// The visit.
        session: Option<String>,
        /// The vendor's word.
        kind: String,
        /// Cut to the longest that is kept.
        text: String,
        /// Whether it was cut.
        truncated: bool,
    },
    /// `chatClosedByOperator`.
    Closed {
        /// Whose chat.
        visitor: Visitor,
        /// Which chat.
        chat_id: i64,
        /// Through what the visitor came.
        source: ChatSource,
    },
    /// `visitorAuthorized`: the same person under another id.
    Authorized {
        /// Before.
        old: Visitor,
        /// From now on.
        new: Visitor,
    },
    /// `visitorSelected`: the agent opened a chat.
    Selected {
        /// With whom.
        visitor: Visitor,
        /// Which chat; a visitor who wrote nothing has none.
        chat_id: Option<i64>,
        /// The visit.
        session: Option<String>,
    },
    /// `notificationAdded`.
    NotificationAdded {
        /// Its id.
        id: String,
    },
    /// `notificationRemoved`.
    NotificationRemoved {
        /// Its id.
        id: String,
    },
    /// Something newer than this daemon: kept as it came.
    Unknown,
}

impl Event {
    /// The chat it is about.
    pub fn chat_id(&self) -> Option<i64> {
        match self {
            Self::Message { chat_id, .. } | Self::Closed { chat_id, .. } => Some(*chat_id),
            Self::Selected { chat_id, .. } => *chat_id,
            _ => None,
        }
    }

    /// What two pages tell alike when they tell of the same message, or of the same closing.
    pub fn digest(&self) -> Option<String> {
        let mut hash = Sha256::new();
        match self {
            Self::Message { chat_id, session, kind, text, .. } => {
                // Lengths keep the parts apart.
                for part in [&chat_id.to_string(), session.as_deref().unwrap_or_default(), kind, text] {
                    hash.update(part.len().to_be_bytes());
                    hash.update(part.as_bytes());
                }
            }
            Self::Closed { chat_id, .. } => hash.update(format!("closed {chat_id}")),
            _ => return None,
        }
        Some(URL_SAFE_NO_PAD.encode(hash.finalize()))
    }
}

/// Why an event is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Stable, for programs.
    pub reason: &'static str,
    /// What it would have been as an HTTP status.
    pub status: u16,
    /// For a person.
    pub words: &'static str,
}

/// One event as a page told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// Its place in the page's stream.
    pub seq: i64,
    /// When the page saw it, by our clock, Unix ms.
    pub at_ms: i64,
    /// As it came: kept whatever it means.
    pub raw: String,
    /// What it means, or why it cannot.
    pub event: Result<Event, Refusal>,
}
