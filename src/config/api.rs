//! `[api]`: keys of the programs that use `/v1`.

use serde::{Deserialize, Serialize};

use super::report::Report;
use super::secret::Secret;

/// Shortest key, in bytes.
const SHORTEST: usize = 24;

/// `[api]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    /// Keys, each of at least 24 characters; asked for when `operators.auth` is `jwt`.
    pub keys: Vec<Secret>,
    /// A file with further keys, one a line; empty lines and lines that start with `#` are skipped.
    pub keys_file: String,
    #[serde(skip)]
    from_file: Vec<Secret>,
}

impl ApiConfig {
    /// Every key, of the configuration and of the file.
    pub fn all(&self) -> impl Iterator<Item = &Secret> {
        self.keys.iter().chain(&self.from_file)
    }

    /// True when there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.from_file.is_empty()
    }

    pub(super) fn check(&mut self, report: &mut Report<'_>) {
        for (index, key) in self.keys.iter().enumerate() {
            check_key(&format!("api.keys[{index}]"), "", key, report);
        }
        if self.keys_file.is_empty() {
            return;
        }
        let path = "api.keys_file";
        match std::fs::read_to_string(&self.keys_file) {
            Ok(text) => {
                for (index, line) in text.lines().enumerate() {
                    let line = line.trim();
                    if line.is_empty() || line.starts_with('#') {
                        continue;
                    }
                    let key = Secret::from(line);
                    check_key(path, &format!("line {} of {}: ", index + 1, self.keys_file), &key, report);
                    self.from_file.push(key);
                }
                if self.from_file.is_empty() {
                    report.wrong(path, format!("{} holds no key: write one a line", self.keys_file));
                }
            }
            Err(error) => report.wrong(path, format!("cannot read {}: {error}", self.keys_file)),
        }
    }
}

fn check_key(path: &str, lead: &str, key: &Secret, report: &mut Report<'_>) {
    let text = key.expose();
    if text.len() < SHORTEST {
        let fix = "make one with `openssl rand -hex 24`";
        report.wrong(path, format!("{lead}a key needs at least {SHORTEST} characters: {fix}"));
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        report.wrong(path, format!("{lead}a key is one word of ASCII letters, digits and signs"));
    }
}
