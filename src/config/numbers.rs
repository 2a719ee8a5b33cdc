//! `[numbers]`: how telephone numbers are read.

use serde::{Deserialize, Serialize};

use super::report::Report;
use crate::domain::phone::Region;

/// `[numbers]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NumbersConfig {
    /// The country (ISO 3166-1 alpha-2, `US`) of numbers written without `+`. Empty: such numbers
    /// stay bare digits, and can match only weakly, by their end; a weak match is shown, never
    /// logged by itself. An import may name another country for its own numbers.
    pub default_region: String,
}

impl NumbersConfig {
    /// The region, where one is set.
    pub fn region(&self) -> Option<Region> {
        Region::from_code(&self.default_region)
    }

    pub(super) fn check(&mut self, report: &mut Report<'_>) {
        self.default_region = self.default_region.trim().to_ascii_uppercase();
        if !self.default_region.is_empty() && self.region().is_none() {
            let words = "is no country code: write two letters such as \"US\" or \"DE\"";
            report.wrong("numbers.default_region", words);
        }
    }
}
