//! What token addresses answer, read more kindly than RFC 6749 demands, since vendors write as they
//! like.

use std::time::Duration;

use oauth2::basic::BasicTokenType;
use oauth2::{AccessToken, RefreshToken, Scope, TokenResponse};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use url::Url;

/// Code and words of an error that is not written as RFC 6749 has it.
pub(super) fn error_of(body: &[u8]) -> Option<(String, String)> {
    let answer: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    let code = text("error").or_else(|| text("status")).or_else(|| text("code"))?;
    Some((code, text("error_description").or_else(|| text("message")).unwrap_or_default()))
}
/// https, or http on this machine: tokens are sent there.
pub(super) fn is_web_address(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| match url.scheme() {
        "https" => url.has_host(),
        "http" => matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")),
        _ => false,
    })
}

/// A token answer, read more kindly than RFC 6749 demands: the type may be left out, and the life be
/// written as text.
#[derive(Serialize, Deserialize)]
pub(super) struct TokenAnswer {
    pub(super) access_token: AccessToken,
    #[serde(default = "bearer")]
    token_type: BasicTokenType,
    #[serde(default, deserialize_with = "seconds")]
    pub(super) expires_in: Option<u64>,
    #[serde(default)]
    pub(super) refresh_token: Option<RefreshToken>,
    #[serde(flatten)]
    pub(super) more: Map<String, Value>,
}

impl std::fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenAnswer")
    }
}

impl TokenResponse for TokenAnswer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    })
}
