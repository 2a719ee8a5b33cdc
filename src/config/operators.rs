//! `[operators]`: how operators prove who they are.

use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize};

use super::report::Report;
use super::secret::Secret;

/// Shortest HS256 secret, in bytes: the length of its hash (RFC 7518 section 3.2).
const SHORTEST_SECRET: usize = 32;
/// A 2048 bit modulus alone takes 256 bytes of an RSA public key (RFC 7518 section 3.3).
const SHORTEST_RSA: usize = 256;
/// A point of P-256: a format byte and two coordinates.
const P256_POINT: usize = 65;
/// Longest kid, in bytes.
const MAX_KID: usize = 100;

/// `[operators]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OperatorsConfig {
    /// Whether operators bring tokens.
    pub auth: Auth,
    /// Required `iss` of a token; empty: any or none.
    pub issuer: String,
    /// Required `aud` of a token; empty: any or none.
    pub audience: String,
    /// How far clocks may differ, in seconds: 0 to 600.
    pub leeway_seconds: u32,
    /// Longest life of a token, in seconds; a longer one is refused; 0: any.
    pub max_lifetime_seconds: u32,
    /// Keys that may sign tokens.
    pub keys: Vec<KeyConfig>,
}

/// Whether operators bring tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// No: whoever reaches the daemon is the one local operator. Loopback addresses only.
    #[default]
    None,
    /// A JWT the page's own server signs.
    Jwt,
}

/// The one algorithm a key is used with, whatever a token's header says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names of RFC 7518")]
pub enum KeyAlg {
    #[default]
    HS256,
    RS256,
    ES256,
}

/// One of `operators.keys`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyConfig {
    /// The name a token's header calls the key by: 1 to 100 visible ASCII characters, unique.
    pub kid: String,
    /// What it signs with; HS256 where it is left out.
    pub alg: KeyAlg,
    /// HS256: at least 32 bytes.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub secret: Secret,
    /// HS256: a file that holds the secret and nothing else (line ends at its end are dropped).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub secret_file: String,
    /// RS256, ES256: the public key as PEM.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub public_key: String,
    /// RS256, ES256: a PEM file with the public key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub public_key_file: String,
    #[serde(skip)]
    from_file: Secret,
}

impl Default for OperatorsConfig {
    fn default() -> Self {
        Self {
            auth: Auth::None,
            issuer: String::new(),
            audience: String::new(),
            leeway_seconds: 30,
            max_lifetime_seconds: 86_400,
            keys: Vec::new(),
        }
    }
}

impl OperatorsConfig {
    pub(super) fn check(&mut self, report: &mut Report<'_>) {
        report.range("operators.leeway_seconds", self.leeway_seconds, 0..=600);
        if self.auth == Auth::Jwt && self.keys.is_empty() {
            report.wrong(
                "operators.keys",
                "auth = \"jwt\" needs a key: [[operators.keys]] with kid = \"main\" and a secret (`openssl rand -hex 32`)",
            );
        }
        for index in 0..self.keys.len() {
            let path = format!("operators.keys[{index}]");
            let (earlier, rest) = self.keys.split_at_mut(index);
            let Some(key) = rest.first_mut() else { continue };
            key.check_kid(&path, earlier, report);
            key.check_material(&path, report);
        }
    }
}

impl KeyConfig {
    /// The secret, or the public key as PEM; of the file where one is named.
    pub(crate) fn material(&self) -> &str {
        if !self.from_file.is_empty() {
            self.from_file.expose()
        } else if self.alg == KeyAlg::HS256 {
            self.secret.expose()
        } else {
            &self.public_key
        }
    }

    /// The key for checking signatures.
    ///
    /// # Errors
    /// Why the key cannot be used and what to do, without any of it.
    pub fn decoding_key(&self) -> Result<DecodingKey, String> {
        let text = self.material();
        if self.alg == KeyAlg::HS256 {
            if text.len() < SHORTEST_SECRET {
                return Err(format!("is weak: at least {SHORTEST_SECRET} bytes, such as `openssl rand -hex 32` makes"));
            }
            return Ok(DecodingKey::from_secret(text.as_bytes()));
        }
        if text.contains("PRIVATE KEY") {
            return Err("is a private key, which stays with who signs: give `openssl pkey -in key.pem -pubout`".into());
        }
        let wrong = |what: &str| format!("is no {what} public key as PEM (-----BEGIN PUBLIC KEY-----)");
        let (key, fits) = if self.alg == KeyAlg::RS256 {
            let key = DecodingKey::from_rsa_pem(text.as_bytes()).map_err(|_| wrong("RSA"))?;
            let long = key.try_get_as_bytes().is_ok_and(|der| der.len() > SHORTEST_RSA);
            (key, long.then_some(()).ok_or("is weak: an RSA key needs at least 2048 bits"))
        } else {
            let key = DecodingKey::from_ec_pem(text.as_bytes()).map_err(|_| wrong("P-256"))?;
            let p256 = key.try_get_as_bytes().is_ok_and(|point| point.len() == P256_POINT);
            (key, p256.then_some(()).ok_or("is on another curve: ES256 takes P-256 (prime256v1)"))
        };
        fits.map(|()| key).map_err(ToOwned::to_owned)
    }

    fn check_kid(&self, path: &str, earlier: &[KeyConfig], report: &mut Report<'_>) {
        let kid = &self.kid;
        if kid.is_empty() || kid.len() > MAX_KID || !kid.bytes().all(|byte| byte.is_ascii_graphic()) {
            let words = format!("must be 1 to {MAX_KID} visible ASCII characters, such as \"main\"");
            report.wrong(&format!("{path}.kid"), words);
        } else if earlier.iter().any(|other| other.kid == *kid) {
            report.wrong(&format!("{path}.kid"), format!("`{kid}` names two keys: give each its own"));
        }
    }

    fn check_material(&mut self, path: &str, report: &mut Report<'_>) {
        let shared = self.alg == KeyAlg::HS256;
        let (name, file_name) = if shared { ("secret", "secret_file") } else { ("public_key", "public_key_file") };
        let foreign = [
            (shared && !self.public_key.is_empty(), "public_key"),
            (shared && !self.public_key_file.is_empty(), "public_key_file"),
            (!shared && !self.secret.is_empty(), "secret"),
            (!shared && !self.secret_file.is_empty(), "secret_file"),
        ];
        for (_, key) in foreign.iter().filter(|(set, _)| *set) {
            let words = format!("does not belong to alg = \"{:?}\", which takes `{name}` or `{file_name}`", self.alg);
            report.wrong(&format!("{path}.{key}"), words);
        }
        let (inline, file) = if shared {
            (!self.secret.is_empty(), self.secret_file.clone())
        } else {
            (!self.public_key.is_empty(), self.public_key_file.clone())
        };
        let at = format!("{path}.{}", if file.is_empty() { name } else { file_name });
        match (inline, file.as_str()) {
            (true, "") => {}
            (false, "") => return report.wrong(path, format!("needs `{name}` or `{file_name}`")),
            (true, _) => return report.wrong(&at, format!("and `{name}` are both set: keep one")),
            (false, file) => match std::fs::read_to_string(file) {
                Ok(text) if text.trim().is_empty() => return report.wrong(&at, format!("{file} is empty")),
                Ok(text) => self.from_file = Secret::from(text.trim_end_matches(['\r', '\n'])),
                Err(error) => return report.wrong(&at, format!("cannot read {file}: {error}")),
            },
        }
        if let Err(words) = self.decoding_key() {
            report.wrong(&at, words);
        }
    }
}
