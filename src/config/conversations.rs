//! `[conversations]`: how long conversations of chat widgets are kept.

use serde::{Deserialize, Serialize};

use super::report::Report;

/// Most days that a retention can name: a hundred years.
const MOST_DAYS: u32 = 36_500;

/// `[conversations]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConversationsConfig {
    /// Days that a conversation is kept after its last message; 0: for ever.
    pub keep_days: u32,
}

impl ConversationsConfig {
    pub(super) fn check(&self, report: &mut Report<'_>) {
        if self.keep_days > MOST_DAYS {
            report.wrong("conversations.keep_days", format!("must be 0 (for ever) to {MOST_DAYS}"));
        }
    }
}
