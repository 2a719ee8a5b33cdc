//! `[api]`: keys of the programs that use `/v1`.

use serde::{Deserialize, Serialize};

use super::connectors::read_secret;
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
    /// Keys that open only what their scopes name.
    pub scoped_keys: Vec<ScopedKey>,
    #[serde(skip)]
    from_file: Vec<Secret>,
}

/// What a scoped key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Tokens for visitors of a site: minting them.
    #[serde(rename = "engage:mint")]
    EngageMint,
    /// Having tokens looked at.
    #[serde(rename = "engage:check")]
    EngageCheck,
    /// Signatures of a Rox.Chat visitor's fields.
    #[serde(rename = "roxchat:sign")]
    RoxchatSign,
}

impl Scope {
    /// As written in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::EngageMint => "engage:mint",
            Self::EngageCheck => "engage:check",
            Self::RoxchatSign => "roxchat:sign",
        }
    }
}

/// One of `api.scoped_keys`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScopedKey {
    /// The key, at least 24 characters.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub key: Secret,
    /// A file that holds it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key_file: String,
    /// What it opens.
    pub scopes: Vec<Scope>,
}

impl ApiConfig {
    /// Every key that opens everything, of the configuration and of the file.
    pub fn all(&self) -> impl Iterator<Item = &Secret> {
        self.keys.iter().chain(&self.from_file)
    }

    /// True when there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.from_file.is_empty() && self.scoped_keys.is_empty()
    }

    pub(super) fn check(&mut self, report: &mut Report<'_>) {
        for (index, key) in self.keys.iter().enumerate() {
            check_key(&format!("api.keys[{index}]"), "", key, report);
        }
        self.check_scoped(report);
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

impl ApiConfig {
    fn check_scoped(&mut self, report: &mut Report<'_>) {
        for index in 0..self.scoped_keys.len() {
            let (earlier, rest) = self.scoped_keys.split_at_mut(index);
            let Some(scoped) = rest.first_mut() else { continue };
            let path = format!("api.scoped_keys[{index}]");
            let found = report.problems.len();
            read_secret(&format!("{path}.key"), &mut scoped.key, &scoped.key_file, report);
            if report.problems.len() == found {
                check_key(&format!("{path}.key"), "", &scoped.key, report);
            }
            if scoped.scopes.is_empty() {
                report.wrong(&format!("{path}.scopes"), "is empty: name what the key opens, or put it into `api.keys`");
            }
            if self.keys.contains(&scoped.key) || earlier.iter().any(|other| other.key == scoped.key) {
                report.wrong(&format!("{path}.key"), "stands here twice: give each key its own text");
            }
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
