//! Where the sync of a connector stands: kept with every page, so that a crash resumes there.

use serde::{Deserialize, Serialize};

use super::upstream::{Trouble, UpstreamError};

/// Records that were not taken, of which examples are kept.
const EXAMPLES: usize = 5;

/// The state of one connector.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectorState {
    /// Where the next look for changes starts; none lists everything.
    pub cursor: Option<String>,
    /// A full listing is under way: what it does not show in the end is gone.
    pub full: bool,
    /// Of the configuration the contacts were mapped with: another one maps them all anew.
    pub fingerprint: String,
    /// When the run under way, or the last one, began (Unix ms).
    pub started_ms: i64,
    /// When a run last ended well (Unix ms); 0 is never.
    pub succeeded_ms: i64,
    /// When everything was last listed, by a full listing or a sweep (Unix ms).
    pub swept_ms: i64,
    /// What stands in the way, since when.
    pub trouble: Option<TroubleNote>,
    /// Deletions a sweep found, which wait for a person's word.
    pub held_deletions: Option<u64>,
    /// Records of the last full listing that could not be taken, by reason.
    pub refused: Refused,
}

/// Records that could not be taken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refused {
    /// How many.
    pub count: u64,
    /// Ids with reasons, of the first few.
    pub examples: Vec<String>,
}

impl Refused {
    /// Notes one.
    pub fn add(&mut self, id: &str, reason: &str) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(format!("{id}: {reason}"));
        }
    }
}

/// Trouble that lasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TroubleNote {
    /// What kind.
    pub trouble: Trouble,
    /// What happened, for a person.
    pub words: String,
    /// Of the first failure (Unix ms).
    pub since_ms: i64,
    /// Failures in a row.
    pub failures: u32,
}

impl ConnectorState {
    /// A run failed.
    pub fn note_trouble(&mut self, error: &UpstreamError, now_ms: i64) {
        let (since_ms, failures) = self.trouble.as_ref().map_or((now_ms, 0), |note| (note.since_ms, note.failures));
        self.trouble = Some(TroubleNote {
            trouble: error.trouble,
            words: error.words.clone(),
            since_ms,
            failures: failures.saturating_add(1),
        });
    }

    /// A run ended well.
    pub fn note_success(&mut self, now_ms: i64) {
        self.trouble = None;
        self.succeeded_ms = now_ms;
    }
}

/// The contact's id in the address book.
pub fn contact_id(connector: &str, external_id: &str) -> String {
    format!("{connector}:{external_id}")
}

/// The upstream's id in a contact's id.
pub fn external_id<'a>(connector: &str, contact_id: &'a str) -> Option<&'a str> {
    contact_id.strip_prefix(connector)?.strip_prefix(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_remembers_when_it_began() {
        let mut state = ConnectorState::default();
        state.note_trouble(&UpstreamError::new(Trouble::Down, "first"), 10);
        state.note_trouble(&UpstreamError::new(Trouble::Slow, "second"), 20);
        let note = state.trouble.clone().expect("a note");
        assert_eq!((note.since_ms, note.failures, note.words.as_str()), (10, 2, "second"));
        state.note_success(30);
        assert!(state.trouble.is_none() && state.succeeded_ms == 30);
    }

    #[test]
    fn ids_name_their_connector() {
        let id = contact_id("books", "/alice/a:b.vcf");
        assert_eq!(external_id("books", &id), Some("/alice/a:b.vcf"));
        assert_eq!(external_id("book", &id), None);
    }
}
