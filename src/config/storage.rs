//! `[storage]`: where the data is kept.

use serde::{Deserialize, Serialize};

use super::report::Report;

/// `[storage]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// `sqlite:` and the path of the database file, from the working directory.
    pub url: String,
    /// Megabytes the database may grow to; 0 is no limit, otherwise at least 16.
    pub max_size_mb: u32,
    /// Days a deletion is remembered, and a widget's sync token lives: 1 to 3650.
    pub tombstone_days: u32,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { url: "sqlite:trunkline.db".into(), max_size_mb: 0, tombstone_days: 30 }
    }
}

impl StorageConfig {
    pub(super) fn check(&self, report: &mut Report<'_>) {
        let key = "storage.url";
        match self.url.split_once(':') {
            Some(("sqlite", path)) if path.trim_start_matches('/').is_empty() => {
                report.wrong(key, "names no file: write sqlite:trunkline.db");
            }
            Some(("sqlite", path)) => {
                if path.contains([':', '?']) {
                    report.wrong(key, "must name a plain file, such as sqlite:trunkline.db: nothing is kept in memory");
                }
            }
            Some(("postgres" | "postgresql", _)) => {
                report.wrong(key, "PostgreSQL is not supported by this version: write sqlite: and a file");
            }
            _ => report.wrong(key, "must start with sqlite: followed by a file, such as sqlite:trunkline.db"),
        }
        if self.max_size_mb != 0 {
            report.range("storage.max_size_mb", self.max_size_mb, 16..=u32::MAX);
        }
        report.range("storage.tombstone_days", self.tombstone_days, 1..=3650);
    }
}
