//! Operators' `RingCentral` tokens while they live: in memory only, the newest of each operator. What a
//! post brings for one file opens the others as well.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};

/// The vendor's tokens live for an hour; how old one is when it comes is not told.
const LIFE_MS: i64 = 55 * 60_000;
/// Operators at most.
const MOST: usize = 10_000;

/// The tokens.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<String, (SecretString, i64)>>);

impl Tokens {
    /// Keeps an operator's token. True where it is another one than before.
    pub(super) fn keep(&self, operator: &str, token: &SecretString, now_ms: i64) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, _)) = held.get(operator)
            && known.expose_secret() == token.expose_secret()
        {
            return false;
        }
        held.retain(|_, (_, since)| now_ms - *since < LIFE_MS);
        if held.len() < MOST {
            held.insert(operator.to_owned(), (token.clone(), now_ms));
        }
        true
    }

    /// An operator's token, while it may live.
    pub(super) fn find(&self, operator: &str, now_ms: i64) -> Option<SecretString> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(operator).filter(|(_, since)| now_ms - *since < LIFE_MS).map(|(token, _)| token.clone())
    }

    /// Forgets a token that was refused, unless a newer one came meanwhile.
    pub(super) fn drop_refused(&self, operator: &str, token: &SecretString) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(operator).is_some_and(|(known, _)| known.expose_secret() == token.expose_secret()) {
            held.remove(operator);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_held_while_it_may_live() {
        let tokens = Tokens::default();
        let (one, two) = (SecretString::from("one"), SecretString::from("two"));
        assert!(tokens.keep("ada", &one, 0) && !tokens.keep("ada", &one, 1));
        assert!(tokens.find("ada", LIFE_MS - 1).is_some() && tokens.find("ada", LIFE_MS).is_none());
        assert!(tokens.keep("ada", &two, 2));
        tokens.drop_refused("ada", &one);
        assert!(tokens.find("ada", 3).is_some(), "the newer one stays");
        tokens.drop_refused("ada", &two);
        assert!(tokens.find("ada", 3).is_none());
        assert!(!format!("{tokens:?}").contains("two"));
    }
}
