//! `[vault]`: the keys that seal what is signed in with.

use serde::{Deserialize, Serialize};

use super::report::Report;
use super::secret::Secret;

/// Length of a key, in bytes.
const KEY_BYTES: usize = 32;

/// A key as bytes.
pub type MasterKey = [u8; KEY_BYTES];

/// `[vault]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VaultConfig {
    /// The key, 32 bytes as base64 or hex; where neither it nor `key_file` is set, a file beside the
    /// database.
    pub key: Secret,
    /// A file that holds the key.
    pub key_file: String,
    /// Keys of before, which still open what they sealed.
    pub previous_keys: Vec<Secret>,
    /// A file with further keys of before, one a line.
    pub previous_key_file: String,
    #[serde(skip)]
    newest: Option<Secret>,
    #[serde(skip)]
    from_file: Vec<Secret>,
}

impl VaultConfig {
    /// The configured key, if there is one.
    pub fn newest(&self) -> Option<MasterKey> {
        parse_key(self.newest.as_ref()?.expose()).ok()
    }

    /// The keys of before.
    pub fn previous(&self) -> Vec<MasterKey> {
        self.previous_keys.iter().chain(&self.from_file).filter_map(|key| parse_key(key.expose()).ok()).collect()
    }

    pub(super) fn check(&mut self, report: &mut Report<'_>) {
        if !self.key.is_empty() {
            self.newest = Some(self.key.clone());
            check_key("vault.key", "", &self.key, report);
        }
        if !self.key_file.is_empty() {
            let path = "vault.key_file";
            match std::fs::read_to_string(&self.key_file) {
                _ if self.newest.is_some() => {
                    report.wrong(path, "is set beside `vault.key`: keep one of the two");
                }
                Ok(text) => {
                    let key = Secret::from(text.trim());
                    check_key(path, &format!("{}: ", self.key_file), &key, report);
                    self.newest = Some(key);
                }
                Err(error) => report.wrong(path, format!("cannot read {}: {error}", self.key_file)),
            }
        }
        for (index, key) in self.previous_keys.iter().enumerate() {
            check_key(&format!("vault.previous_keys[{index}]"), "", key, report);
        }
        if self.previous_key_file.is_empty() {
            return;
        }
        let path = "vault.previous_key_file";
        match std::fs::read_to_string(&self.previous_key_file) {
            Ok(text) => {
                for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
                    let key = Secret::from(line);
                    check_key(path, &format!("{}: ", self.previous_key_file), &key, report);
                    self.from_file.push(key);
                }
            }
            Err(error) => report.wrong(path, format!("cannot read {}: {error}", self.previous_key_file)),
        }
    }
}

fn check_key(path: &str, lead: &str, key: &Secret, report: &mut Report<'_>) {
    if let Err(words) = parse_key(key.expose()) {
        report.wrong(path, format!("{lead}{words}"));
    }
}

/// Reads a key: 64 hex digits, or base64 with or without its padding.
pub fn parse_key(text: &str) -> Result<MasterKey, String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let text = text.trim();
    let bytes = if text.len() == 2 * KEY_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        (0..KEY_BYTES).filter_map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()).collect()
    } else {
        let bare = text.trim_end_matches('=');
        STANDARD_NO_PAD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare)).unwrap_or_default()
    };
    bytes
        .try_into()
        .map_err(|_| "is not a key of 32 bytes as base64 or hex: make one with `trunkline vault key`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_every_spelling_and_never_shortened() {
        let hex = "00ff".repeat(16);
        let key = parse_key(&hex).expect("hex");
        assert_eq!((key[0], key[1], key[31]), (0, 0xff, 0xff));
        for text in ["AP8A/wD/AP8A/wD/AP8A/wD/AP8A/wD/AP8A/wD/AP8=", "AP8A_wD_AP8A_wD_AP8A_wD_AP8A_wD_AP8A_wD_AP8\n"] {
            assert_eq!(parse_key(text).expect(text), key);
        }
        for text in ["", "AP8A", &hex[2..], &format!("{hex}00"), "é".repeat(32).as_str(), "g".repeat(64).as_str()] {
            assert!(parse_key(text).is_err(), "{text:?}");
        }
    }
}
