//! Who an operator is, from the token a page brings, and whether a program's key is one of ours.
//! Pure: time and tokens are passed in, HTTP and its headers are not known here.

mod api_keys;
mod claims;
mod mint;
mod problem;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde_json::{Map, Value};

use crate::config::{Auth, KeyAlg, OperatorsConfig};
use crate::domain::operator::Operator;
use claims::Rules;

pub use api_keys::{ApiKeys, KeyReach};
pub use mint::{MintProblem, mint};
pub use problem::TokenProblem;

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

/// A configured key that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("operators.keys `{kid}` {words}")]
pub struct KeyProblem {
    /// The key's name.
    pub kid: String,
    /// Why, and what to do.
    pub words: String,
}

/// What a token that holds says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Who brings it.
    pub operator: Operator,
    /// Its `exp` in Unix milliseconds, without the leeway: it may be remembered until then.
    pub expires_ms: i64,
}

/// Checks tokens against the configured keys.
#[derive(Debug)]
pub struct Verifier {
    keys: Vec<Key>,
    rules: Rules,
    enabled: bool,
}

#[derive(Debug)]
struct Key {
    kid: String,
    alg: Algorithm,
    decoding: DecodingKey,
}

impl Verifier {
    /// Reads the keys. With `auth = "none"` it refuses every token: the caller is to take
    /// [`Operator::local`] instead of asking.
    ///
    /// # Errors
    /// The first key that cannot be used; a loaded configuration has none.
    pub fn new(config: &OperatorsConfig) -> Result<Self, KeyProblem> {
        let read = |key: &crate::config::KeyConfig| match key.decoding_key() {
            Ok(decoding) => Ok(Key { kid: key.kid.clone(), alg: algorithm(key.alg), decoding }),
            Err(words) => Err(KeyProblem { kid: key.kid.clone(), words }),
        };
        let keys = config.keys.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { keys, rules: Rules::new(config), enabled: config.auth == Auth::Jwt })
    }

    /// Reads a token (what follows `Bearer `) at a time in Unix milliseconds. The key is chosen by
    /// the header's `kid`, the algorithm by the key; claims are looked at after the signature only.
    ///
    /// # Errors
    /// Why the token does not hold, without anything of it but `kid` and `alg`.
    pub fn verify(&self, bearer: &str, now_ms: i64) -> Result<Verified, TokenProblem> {
        if !self.enabled {
            return Err(TokenProblem::Disabled);
        }
        if bearer.is_empty() {
            return Err(TokenProblem::Missing);
        }
        if bearer.len() > MAX_TOKEN {
            return Err(TokenProblem::TooLong { longest: MAX_TOKEN });
        }
        let header = jsonwebtoken::decode_header(bearer).map_err(|error| header_problem(&error))?;
        let key = self.choose(&header)?;
        let claims = signed_claims(bearer, key)?;
        self.rules.read(&claims, now_ms)
    }

    fn choose(&self, header: &Header) -> Result<&Key, TokenProblem> {
        if header.crit.is_some() {
            return Err(TokenProblem::Malformed("its header has `crit`, and no extension is understood here"));
        }
        let key = match (&header.kid, self.keys.as_slice()) {
            (Some(kid), keys) => keys.iter().find(|key| key.kid == *kid).ok_or_else(|| TokenProblem::unknown_key(kid)),
            (None, [only]) => Ok(only),
            (None, _) => Err(TokenProblem::NoKid),
        }?;
        if header.alg != key.alg {
            let (alg, wanted) = (format!("{:?}", header.alg), format!("{:?}", key.alg));
            return Err(TokenProblem::WrongAlgorithm { kid: key.kid.clone(), alg, wanted });
        }
        Ok(key)
    }
}

/// The claims, once the signature fits. What they say is judged by [`Rules`]: the library would ask
/// the machine's clock.
fn signed_claims(bearer: &str, key: &Key) -> Result<Map<String, Value>, TokenProblem> {
    let mut signature_only = Validation::new(key.alg);
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    match jsonwebtoken::decode(bearer, &key.decoding, &signature_only) {
        Ok(token) => Ok(token.claims),
        Err(error) => Err(match error.kind() {
            ErrorKind::InvalidSignature | ErrorKind::Base64(_) => TokenProblem::BadSignature { kid: key.kid.clone() },
            _ => TokenProblem::Malformed("its claims are no JSON object with the claims' usual types"),
        }),
    }
}

fn header_problem(error: &jsonwebtoken::errors::Error) -> TokenProblem {
    match error.kind() {
        // The error's own text would repeat the header.
        ErrorKind::Json(json) if json.to_string().contains("unknown variant `none`") => TokenProblem::Unsigned,
        _ => TokenProblem::Malformed("it is not three parts of base64url joined by dots, or its `alg` is unknown"),
    }
}

fn algorithm(alg: KeyAlg) -> Algorithm {
    match alg {
        KeyAlg::HS256 => Algorithm::HS256,
        KeyAlg::RS256 => Algorithm::RS256,
        KeyAlg::ES256 => Algorithm::ES256,
    }
}

#[cfg(test)]
mod tests;
