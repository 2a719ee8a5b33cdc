//! Things that are passed on under a name nobody can guess: tickets, sessions, states. In memory, for
//! a while, and of the names only digests are kept.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// Things at most; beyond it the oldest give way.
const MOST: usize = 2_000;

/// SHA-256 of a name.
pub type Digested = [u8; 32];

/// Things under random names that are not kept, only their digests.
#[derive(Debug)]
pub struct Passing<T>(HashMap<Digested, (i64, T)>);

impl<T> Default for Passing<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Passing<T> {
    /// Keeps `item` under `name` for `life_ms`.
    pub fn put(&mut self, name: &str, now_ms: i64, life_ms: i64, item: T) {
        self.0.retain(|_, (ends_ms, _)| *ends_ms > now_ms);
        if self.0.len() >= MOST
            && let Some(oldest) = self.0.iter().min_by_key(|(_, (ends_ms, _))| *ends_ms).map(|(name, _)| *name)
        {
            self.0.remove(&oldest);
        }
        self.0.insert(digest(name), (now_ms.saturating_add(life_ms), item));
    }

    /// Uses it up, whether its time was over or not.
    pub fn take(&mut self, name: &str, now_ms: i64) -> Option<T> {
        self.0.remove(&digest(name)).filter(|(ends_ms, _)| *ends_ms > now_ms).map(|(_, item)| item)
    }

    /// Looks at it, while its time lasts.
    pub fn get(&self, name: &str, now_ms: i64) -> Option<&T> {
        self.0.get(&digest(name)).filter(|(ends_ms, _)| *ends_ms > now_ms).map(|(_, item)| item)
    }
}

/// What is kept of a name.
pub fn digest(name: &str) -> Digested {
    Sha256::digest(name.as_bytes()).into()
}

/// A name nobody can guess: 256 random bits.
pub fn random_name() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_is_bounded() {
        let mut passing = Passing::default();
        for n in 0..i64::try_from(MOST).expect("fits") + 10 {
            passing.put(&n.to_string(), n, 1_000_000, n);
        }
        assert_eq!(passing.0.len(), MOST);
        assert_eq!((passing.take("9", 5_000), passing.take("10", 5_000)), (None, Some(10)));
    }
}
