//! Collects what the sections find wrong, so that all of it is told at once.

use super::places::Places;
use super::problem::{Place, Problem};

/// Problems and warnings, placed.
pub(super) struct Report<'a> {
    places: &'a Places,
    /// What must be corrected.
    pub(super) problems: Vec<Problem>,
    /// What works but deserves a look.
    pub(super) warnings: Vec<String>,
}

impl<'a> Report<'a> {
    pub(super) fn new(places: &'a Places) -> Self {
        Self { places, problems: Vec::new(), warnings: Vec::new() }
    }

    /// `key` with its section; `words` say what is wrong and what to do.
    pub(super) fn wrong(&mut self, key: &str, words: impl Into<String>) {
        let problem = Problem { key: key.to_owned(), place: self.places.of(key), unknown: false, words: words.into() };
        self.problems.push(problem);
    }

    /// As [`Report::wrong`], for what is allowed.
    pub(super) fn warn(&mut self, key: &str, words: &str) {
        let place = match self.places.of(key) {
            Place::Unset => String::new(),
            place => format!(" ({place})"),
        };
        self.warnings.push(format!("`{key}`{place}: {words}"));
    }

    /// Tells a number outside of its range.
    pub(super) fn range(&mut self, key: &str, value: u32, range: std::ops::RangeInclusive<u32>) {
        if !range.contains(&value) {
            self.wrong(key, format!("{value} is out of range: from {} to {}", range.start(), range.end()));
        }
    }
}
