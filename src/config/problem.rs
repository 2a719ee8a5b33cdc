//! What is wrong with a configuration, where, and what to do.

use std::fmt;
use std::path::PathBuf;

/// Where a key was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the file, at a line counted from 1.
    File {
        /// The file as it was named.
        name: String,
        /// The line.
        line: usize,
    },
    /// By an environment variable of this name.
    Env(String),
    /// Nowhere: its default holds.
    Unset,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line } => write!(f, "{name} line {line}"),
            Self::Env(name) => write!(f, "environment {name}"),
            Self::Unset => f.write_str("not set"),
        }
    }
}

/// One thing to correct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key with its section: `server.listen`, `service.settings[0].items[2].id`.
    pub key: String,
    /// Where it was set.
    pub place: Place,
    /// There is no such key.
    pub unknown: bool,
    /// What is wrong and what to do. Never holds a secret.
    pub words: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lead = if self.unknown { "unknown key " } else { "" };
        write!(f, "{lead}`{}` ({}): {}", self.key, self.place, self.words)
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{place} is not TOML: {words}")]
    Syntax {
        /// The file and line.
        place: Place,
        /// What the parser expected there.
        words: String,
    },
    /// Keys are unknown, or hold what they may not: all of them, at least one.
    #[error("{}", list(.0))]
    Invalid(Vec<Problem>),
}

fn list(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    match lines.as_slice() {
        [one] => one.clone(),
        _ => format!("{} problems in the configuration:\n  {}", lines.len(), lines.join("\n  ")),
    }
}
