//! The keys of programs that use `/v1`.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::config::{ApiConfig, Scope, Secret};

/// Longest key that is looked at, in bytes.
const MAX_KEY: usize = 1_024;

/// The configured keys, by their hashes: so the comparison takes one time whatever is sent, and the
/// keys themselves are not kept twice.
#[derive(Clone)]
pub struct ApiKeys {
    whole: Vec<[u8; 32]>,
    scoped: Vec<([u8; 32], Vec<Scope>)>,
}

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyReach<'a> {
    /// Everything.
    Whole,
    /// What these name.
    Scopes(&'a [Scope]),
    /// Nothing: it is not one of ours.
    Nothing,
}

impl KeyReach<'_> {
    /// Whether it opens what needs a scope.
    pub fn has(self, scope: Scope) -> bool {
        match self {
            Self::Whole => true,
            Self::Scopes(scopes) => scopes.contains(&scope),
            Self::Nothing => false,
        }
    }
}

impl ApiKeys {
    /// The keys of `[api]`, those of its file included.
    pub fn new(config: &ApiConfig) -> Self {
        let digest = |key: &Secret| Sha256::digest(key.expose()).into();
        Self {
            whole: config.all().map(digest).collect(),
            scoped: config.scoped_keys.iter().map(|scoped| (digest(&scoped.key), scoped.scopes.clone())).collect(),
        }
    }

    /// What `key` opens. With none configured it is always nothing.
    pub fn reach(&self, key: &str) -> KeyReach<'_> {
        if key.len() > MAX_KEY {
            return KeyReach::Nothing;
        }
        let asked: [u8; 32] = Sha256::digest(key).into();
        let any = |found: Choice, known: &[u8; 32]| found | known.ct_eq(&asked);
        let whole: bool = self.whole.iter().fold(Choice::from(0), any).into();
        let mut found = if whole { KeyReach::Whole } else { KeyReach::Nothing };
        for (known, scopes) in &self.scoped {
            // Every one is compared, also after one that fits.
            if bool::from(known.ct_eq(&asked)) && found == KeyReach::Nothing {
                found = KeyReach::Scopes(scopes);
            }
        }
        found
    }

    /// True when `key` opens everything.
    pub fn accepts(&self, key: &str) -> bool {
        self.reach(key) == KeyReach::Whole
    }

    /// True when no key is configured.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.scoped.is_empty()
    }
}

impl std::fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKeys({})", self.whole.len() + self.scoped.len())
    }
}
