//! The keys of programs that use `/v1`.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::config::ApiConfig;

/// Longest key that is looked at, in bytes.
const MAX_KEY: usize = 1_024;

/// The configured keys, by their hashes: so the comparison takes one time whatever is sent, and the
/// keys themselves are not kept twice.
#[derive(Clone)]
pub struct ApiKeys(Vec<[u8; 32]>);

impl ApiKeys {
    /// The keys of `[api]`, those of its file included.
    pub fn new(config: &ApiConfig) -> Self {
        Self(config.all().map(|key| Sha256::digest(key.expose()).into()).collect())
    }

    /// True when `key` is one of them. With none configured it is always false.
    pub fn accepts(&self, key: &str) -> bool {
        if key.len() > MAX_KEY {
            return false;
        }
        let asked: [u8; 32] = Sha256::digest(key).into();
        let any = |found: Choice, known: &[u8; 32]| found | known.ct_eq(&asked);
        self.0.iter().fold(Choice::from(0), any).into()
    }

    /// True when no key is configured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKeys({})", self.0.len())
    }
}
