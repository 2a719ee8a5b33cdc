//! Threads of Engage Digital: what its webhook tells of them, and what is read of them from its API. Events
//! come more than once and in any order; the latest time of each kind counts.

use super::conversation::ChatMessage;
use super::identity::Seen;

/// What an event says of its thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadNews {
    /// There is something to read.
    Content,
    /// It goes on.
    Opened,
    /// It ended: by a person, or by itself (`true`).
    Closed {
        /// Engage closed it because nobody wrote.
        idle: bool,
    },
    /// An agent is done for now. In messaging mode the thread goes on.
    Intervention,
}

/// An event of the webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadEvent {
    /// Its id; the same each time it is sent.
    pub id: String,
    /// The vendor's word.
    pub kind: String,
    /// When it happened, Unix ms.
    pub issued_ms: i64,
    /// The thread it is about, where it is about one, and what it says of it.
    pub about: Option<(String, ThreadNews)>,
    /// All of it as it came.
    pub body: String,
}

/// A thread that is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueThread {
    /// The community's id.
    pub community: String,
    /// The vendor's id.
    pub thread: String,
    /// How often something was told of it; what is read now answers these.
    pub wanted: i64,
    /// Reads that failed since the last that did not.
    pub failures: i64,
}

/// What was read of a thread.
#[derive(Debug, Clone)]
pub struct ThreadRead {
    /// Which, and what it answers.
    pub due: DueThread,
    /// The visitor, where one wrote.
    pub visitor: Option<Seen>,
    /// All messages.
    pub messages: Vec<ChatMessage>,
}
