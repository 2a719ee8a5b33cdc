//! The cursor of a sync: all a connector knows between two calls, as text that nobody else reads.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::expression::Scope;
use super::plan::PagingPlan;
use crate::domain::upstream::{Trouble, UpstreamError};

/// Changes when older cursors cannot be gone on with.
const VERSION: u8 = 1;

/// Between runs, and within one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cursor {
    v: u8,
    /// The bookmark, without the overlap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mark: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<String>,
    /// Of each listing of deletions, by its place in the manifest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) deletes: BTreeMap<usize, DeletesState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<Run>,
}

/// A listing of deletions between runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeletesState {
    /// Up to when it is known to be complete, Unix ms.
    pub(super) covered: i64,
    /// When it was last read, Unix ms.
    pub(super) read: i64,
}

/// A run that is not over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    /// Unix ms by our clock; also `sync.until`.
    pub(super) start: i64,
    /// The first answer's `Date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) server: Option<i64>,
    /// The newest change seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) newest: Option<i64>,
    /// What is still to be read, the present one first.
    pub(super) stages: Vec<Stage>,
    #[serde(default)]
    pub(super) page: Page,
}

/// One listing of a run, by its place in the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    /// Of `sync.deletes`.
    Deletes(usize),
    /// Of `sync.changes`.
    Changes(usize),
    /// Of `sync.full`.
    Full(usize),
}

/// The place within a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Page {
    /// Pages read.
    pub(super) count: u32,
    /// Records read: the offset.
    pub(super) records: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cursor: Option<String>,
    /// The next page's address, for paging by addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_id: Option<serde_json::Value>,
    pub(super) cursors: Loop,
    pub(super) pages: Loop,
}

/// Notices that something comes again, however long the circle, with one thing remembered (Brent's
/// algorithm).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Loop {
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
    steps: u32,
    limit: u32,
}

impl Loop {
    /// Takes the next; true where it is the one remembered.
    pub(super) fn comes_again(&mut self, next: &str) -> bool {
        if self.kept.as_deref() == Some(next) {
            return true;
        }
        self.steps += 1;
        if self.steps > self.limit {
            self.limit = self.limit.saturating_mul(2).max(1);
            self.steps = 0;
            self.kept = Some(next.to_owned());
        }
        false
    }
}

impl Cursor {
    pub(super) fn first() -> Self {
        Self { v: VERSION, ..Self::default() }
    }

    /// Reads a cursor. One of another version, or of another manifest, is not known any more.
    pub(super) fn read(text: &str) -> Result<Self, UpstreamError> {
        let cursor: Result<Self, _> = serde_json::from_str(text);
        cursor.ok().filter(|cursor| cursor.v == VERSION).ok_or_else(unknown)
    }

    pub(super) fn text(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// For a cursor that is not known any more.
pub(super) fn unknown() -> UpstreamError {
    UpstreamError::new(Trouble::Gone, "the place of the last sync is not known any more: everything is listed again")
}

impl Page {
    /// `page` for templates.
    pub(super) fn scope(&self, scope: Scope, paging: &PagingPlan) -> Scope {
        let page = serde_json::json!({
            "cursor": self.cursor,
            "number": u64::from(paging.first) + u64::from(self.count),
            "offset": self.records,
            "size": paging.size,
            "last_id": self.last_id,
        });
        scope.with("page", page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_of_any_length_are_noticed() {
        for length in [1_usize, 2, 3, 7, 50] {
            let mut seen = Loop::default();
            let at = (0..length * 6).position(|n| seen.comes_again(&format!("c{}", n % length)));
            assert!(at.is_some(), "a circle of {length}");
        }
        let mut seen = Loop::default();
        assert!(!(0..10_000).any(|n| seen.comes_again(&n.to_string())));
    }
}
