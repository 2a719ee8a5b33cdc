//! `[log]`: what the daemon writes about itself.

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use super::report::Report;
use super::words::did_you_mean;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Lines for people or for programs.
    pub format: LogFormat,
    /// A level, or a filter such as `info,trunkline::storage=debug`.
    pub level: String,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Human, level: "info".into() }
    }
}

impl LogConfig {
    pub(super) fn check(&self, report: &mut Report<'_>) {
        let key = "log.level";
        // The filter takes a bare word as the name of a module, so a misspelt level passes it.
        let bare = |part: &&str| !part.contains(['=', '[', ':']) && !LEVELS.contains(&part.to_lowercase().as_str());
        let parts = self.level.split(',').map(str::trim);
        if let Some(word) = parts.clone().find(bare) {
            let fix = did_you_mean(word, LEVELS.into_iter());
            report.wrong(key, format!("`{word}` is no level: {fix}"));
        } else if EnvFilter::try_new(&self.level).is_err() {
            report.wrong(key, "is no filter: write a level, or a filter such as info,trunkline::storage=debug");
        }
    }
}
