//! What a run is asked for, how far it is, and what came of it.

use serde::{Deserialize, Serialize};

use crate::domain::upstream::{Trouble, UpstreamError};
use crate::storage::StorageError;

/// What a run does beside looking for changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunOptions {
    /// List everything anew.
    pub full: bool,
    /// Compare all ids, whether it is due or not.
    pub sweep: bool,
    /// Delete what is gone upstream, however much it is: a person's word.
    pub accept_deletions: bool,
}

impl RunOptions {
    /// Both wishes in one run.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            full: self.full || other.full,
            sweep: self.sweep || other.sweep,
            accept_deletions: self.accept_deletions || other.accept_deletions,
        }
    }
}

/// What a lane does at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing.
    #[default]
    Idle,
    /// Reads everything.
    Listing,
    /// Reads what changed.
    Changes,
    /// Compares ids.
    Sweeping,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What it does.
    pub phase: Phase,
    /// Records so far.
    pub done: u64,
    /// Records in all, where the upstream says so.
    pub total: Option<u64>,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReport {
    /// Records the upstream sent.
    pub received: u64,
    /// New or changed here.
    pub upserted: u64,
    /// The same as held.
    pub unchanged: u64,
    /// Deleted here.
    pub deleted: u64,
    /// Left out by the filter.
    pub filtered: u64,
    /// Could not be taken.
    pub refused: u64,
    /// Everything was listed.
    pub full: bool,
    /// Ids were compared.
    pub swept: bool,
    /// Deletions that wait for a person's word.
    pub held_deletions: Option<u64>,
}

/// Why a run did not end well.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RunError {
    /// The upstream.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The daemon ends; the next start goes on here.
    #[error("the daemon is shutting down")]
    Stopped,
}

impl RunError {
    /// What to do about it.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::Upstream(error) => error.trouble.fix(),
            Self::Storage(error) => error.fix(),
            Self::Stopped => "nothing: it goes on with the next start",
        }
    }

    pub(super) fn broken(words: impl std::fmt::Display) -> Self {
        Self::Upstream(UpstreamError::new(Trouble::Broken, words))
    }
}
