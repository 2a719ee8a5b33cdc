//! What rounds counted.

use std::collections::BTreeMap;
use std::fmt;

/// Counts by what they count.
#[derive(Debug, Clone, Default)]
pub struct Figures(BTreeMap<String, u64>);

impl Figures {
    /// Counts more of something.
    pub fn count(&mut self, what: &str, more: u64) {
        *self.0.entry(what.to_owned()).or_default() += more;
    }

    /// Takes another's counts.
    pub fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(what, count)| self.count(what, *count));
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(|(what, count)| format!("  {count:>7}  {what}")).collect();
        f.write_str(&all.join("\n"))
    }
}
