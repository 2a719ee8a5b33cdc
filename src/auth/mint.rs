//! Making a token by hand, for trying things out.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::claims::check_operator;
use crate::config::{Auth, KeyAlg, OperatorsConfig};

/// Why no token is made, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MintProblem(pub String);

/// A token for an operator, signed with the first HS256 key, that [`super::Verifier`] accepts from
/// `now_ms` (Unix milliseconds) for `ttl_seconds`.
///
/// # Errors
/// Without an HS256 key; with an id, name or e-mail address a token may not hold; with a life of
/// zero or above `operators.max_lifetime_seconds`.
pub fn mint(
    config: &OperatorsConfig,
    operator: &str,
    name: Option<&str>,
    email: Option<&str>,
    ttl_seconds: u32,
    now_ms: i64,
) -> Result<String, MintProblem> {
    if config.auth == Auth::None {
        return Err(MintProblem("operators.auth is \"none\": the daemon takes no tokens, and needs none".into()));
    }
    let Some(key) = config.keys.iter().find(|key| key.alg == KeyAlg::HS256) else {
        let words = "there is no HS256 key in operators.keys, and the daemon holds only the public half of others: \
                     sign with the private key where it lives, or add an HS256 key";
        return Err(MintProblem(words.into()));
    };
    check_operator(operator, name, email).map_err(MintProblem)?;
    let longest = config.max_lifetime_seconds;
    if ttl_seconds == 0 || (longest > 0 && ttl_seconds > longest) {
        let most = if longest > 0 { format!(" to {longest} (operators.max_lifetime_seconds)") } else { String::new() };
        return Err(MintProblem(format!("a token lives from 1{most} seconds, not {ttl_seconds}")));
    }
    let issued = now_ms.div_euclid(1000);
    let mut claims = json!({"sub": operator, "iat": issued, "exp": issued + i64::from(ttl_seconds)});
    let optional = [("name", name), ("email", email)].map(|(claim, text)| (claim, text.unwrap_or_default()));
    for (claim, text) in optional.into_iter().chain([("iss", &*config.issuer), ("aud", &*config.audience)]) {
        if !text.is_empty() {
            claims[claim] = Value::String(text.to_owned());
        }
    }
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(key.material().as_bytes()))
        .map_err(|_| MintProblem(format!("key `{}` cannot sign", key.kid)))
}
