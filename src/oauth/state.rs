//! Whether credentials open anything, in words and as changes that others follow.

use std::fmt;

use crate::domain::credential::Whose;

/// A credential, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialState {
    /// It opens the upstream, as far as is known.
    SignedIn {
        /// Whose account it opens, where the upstream tells.
        account: Option<String>,
        /// Unix ms; none for what stands in the configuration.
        since_ms: Option<i64>,
    },
    /// It does not.
    SignedOut {
        /// Why, in words.
        reason: String,
        /// Unix ms; none where nobody ever signed in.
        since_ms: Option<i64>,
    },
}

impl CredentialState {
    /// Whether a request can be made with it.
    pub fn is_usable(&self) -> bool {
        matches!(self, Self::SignedIn { .. })
    }

    /// Whose account it opens, where that is known.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::SignedIn { account, .. } => account.as_deref(),
            Self::SignedOut { .. } => None,
        }
    }

    /// Why it opens nothing.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::SignedIn { .. } => None,
            Self::SignedOut { reason, .. } => Some(reason),
        }
    }

    /// Since when, Unix ms, where that is known.
    pub fn since_ms(&self) -> Option<i64> {
        match self {
            Self::SignedIn { since_ms, .. } | Self::SignedOut { since_ms, .. } => *since_ms,
        }
    }
}

impl fmt::Display for CredentialState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedIn { account: Some(account), .. } => write!(f, "signed in as {account}")?,
            Self::SignedIn { account: None, .. } => write!(f, "signed in")?,
            Self::SignedOut { reason, .. } => write!(f, "signed out because {reason}")?,
        }
        match self.since_ms().and_then(chrono::DateTime::from_timestamp_millis) {
            Some(since) => write!(f, " since {}", since.format("%Y-%m-%d %H:%M UTC")),
            None => Ok(()),
        }
    }
}

/// What made a credential change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Somebody signed in, or what was refused is taken again.
    Opened,
    /// An operator signed out, by name.
    Left(String),
    /// The upstream, or its sign-in, refused it.
    Refused,
}

/// A credential opens, or does not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialChange {
    /// The connector's id.
    pub connector: String,
    /// Whose it is. Where operators sign in themselves, an operator's change may change what the
    /// company's syncs use: ask `Authority::state` for [`Whose::Company`].
    pub whose: Whose,
    /// How it is now.
    pub state: CredentialState,
    /// Why it changed.
    pub cause: Cause,
}

/// How the credential of one connector is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// At the vendor's own page.
    OAuth,
    /// A key is entered.
    Key,
    /// A name and a password are entered; the name that is proposed.
    Password(String),
}

/// A sign-in that an operator's widget depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The connector's id.
    pub connector: String,
    /// Its name for people.
    pub name: String,
    /// One credential for all operators.
    pub company: bool,
    /// How it is given.
    pub means: Means,
    /// How it is now.
    pub state: CredentialState,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_told_in_words() {
        let account = Some("Ada".to_owned());
        let state = CredentialState::SignedIn { account, since_ms: Some(1_767_261_600_000) };
        assert_eq!(state.to_string(), "signed in as Ada since 2026-01-01 10:00 UTC");
        let state = CredentialState::SignedOut { reason: "nobody has signed in yet".into(), since_ms: None };
        assert_eq!(state.to_string(), "signed out because nobody has signed in yet");
    }
}
