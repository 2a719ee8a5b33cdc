//! What is kept of a credential, as the vault seals it: JSON, so that later versions can add to it.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::domain::credential::{Grant, Opening};

/// A refresh this long before a token ends.
const EARLY_MS: i64 = 60_000;

/// A secret that opens an upstream.
#[derive(Debug, Clone)]
pub(super) enum Stored {
    /// A key, a static token, or a name and a password.
    Fixed(Opening),
    /// What a token address gave.
    OAuth(OAuthTokens),
}

/// Tokens of an OAuth sign-in.
#[derive(Debug, Clone)]
pub(super) struct OAuthTokens {
    pub(super) access: SecretString,
    pub(super) refresh: Option<SecretString>,
    /// Unix ms; where the server does not say, only a refusal tells.
    pub(super) expires_ms: Option<i64>,
    /// From when on a refresh is due, Unix ms.
    pub(super) due_ms: Option<i64>,
    /// The API's address, where the answer named one.
    pub(super) base_url: Option<String>,
}

impl OAuthTokens {
    /// Sets when they end, for tokens that were asked for at `asked_ms` and live for `life_ms`.
    pub(super) fn lasting(mut self, asked_ms: i64, life_ms: Option<i64>) -> Self {
        self.expires_ms = life_ms.map(|life| asked_ms.saturating_add(life));
        self.due_ms = life_ms.map(|life| asked_ms.saturating_add(life - EARLY_MS.min(life / 2)));
        self
    }
}

/// The shape on the disk.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Shape {
    Token {
        token: String,
    },
    Password {
        username: String,
        password: String,
    },
    OAuth {
        access: String,
        refresh: Option<String>,
        expires_ms: Option<i64>,
        due_ms: Option<i64>,
        base_url: Option<String>,
    },
}

impl Stored {
    /// What a connector uses now.
    pub(super) fn grant(&self, serial: u64) -> Grant {
        match self {
            Self::Fixed(opening) => Grant { serial, opening: opening.clone(), base_url: None },
            Self::OAuth(tokens) => {
                Grant { serial, opening: Opening::Token(tokens.access.clone()), base_url: tokens.base_url.clone() }
            }
        }
    }

    /// As text for the vault. `None` for what opens nothing.
    pub(super) fn to_text(&self) -> Option<SecretString> {
        let text = |secret: &SecretString| secret.expose_secret().to_owned();
        let shape = match self {
            Self::Fixed(Opening::Nothing) => return None,
            Self::Fixed(Opening::Token(token)) => Shape::Token { token: text(token) },
            Self::Fixed(Opening::Password { username, password }) => {
                Shape::Password { username: username.clone(), password: text(password) }
            }
            Self::OAuth(tokens) => Shape::OAuth {
                access: text(&tokens.access),
                refresh: tokens.refresh.as_ref().map(text),
                expires_ms: tokens.expires_ms,
                due_ms: tokens.due_ms,
                base_url: tokens.base_url.clone(),
            },
        };
        serde_json::to_string(&shape).ok().map(SecretString::from)
    }

    /// Out of the vault. `None` where a newer version wrote it.
    pub(super) fn from_text(text: &SecretString) -> Option<Self> {
        Some(match serde_json::from_str(text.expose_secret()).ok()? {
            Shape::Token { token } => Self::Fixed(Opening::Token(token.into())),
            Shape::Password { username, password } => {
                Self::Fixed(Opening::Password { username, password: password.into() })
            }
            Shape::OAuth { access, refresh, expires_ms, due_ms, base_url } => Self::OAuth(OAuthTokens {
                access: access.into(),
                refresh: refresh.map(SecretString::from),
                expires_ms,
                due_ms,
                base_url,
            }),
        })
    }
}

impl Stored {
    /// Whether both are the same secret.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let text = |stored: &Self| stored.to_text().map(|text| text.expose_secret().to_owned());
        text(self) == text(other)
    }
}
