//! The cursor: how far each book has been read, and where in a run it stands. Opaque to the rest of
//! the house; what cannot be read any more is answered with a run from the start.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::upstream::{Trouble, UpstreamError};

/// Version of the form.
const VERSION: u8 = 1;

/// States of books by their canonical paths.
pub(super) type States = BTreeMap<String, State>;

/// The state a book was in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// A sync token of RFC 6578.
    Token(String),
    /// For a book without such tokens: its ctag, and versions of its cards unless it has too many.
    Cards {
        ctag: Option<String>,
        /// Versions by the canonical paths of cards.
        versions: Option<BTreeMap<String, String>>,
    },
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Tells one run from another.
    pub(super) run: String,
    /// The states that will have been reached at its end.
    pub(super) to: States,
    /// The last card that was handed out.
    pub(super) after: String,
}

/// A cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    v: u8,
    /// The states at the end of the last run.
    pub(super) from: States,
    /// A run that goes on.
    pub(super) place: Option<Place>,
}

impl Cursor {
    pub(super) fn new(from: States, place: Option<Place>) -> Self {
        Self { v: VERSION, from, place }
    }

    pub(super) fn read(text: Option<&str>) -> Result<Self, UpstreamError> {
        let Some(text) = text else { return Ok(Self::new(States::new(), None)) };
        match serde_json::from_str::<Self>(text) {
            Ok(cursor) if cursor.v == VERSION => Ok(cursor),
            _ => Err(UpstreamError::new(Trouble::Gone, "the cursor is not one that this connector reads any more")),
        }
    }

    pub(super) fn write(&self) -> String {
        // A map of strings always has a text.
        serde_json::to_string(self).unwrap_or_default()
    }
}
