//! Keys that sign identities: what they are called, what they hold, and that it is of the right kind.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};

use crate::config::connectors::read_secret;
use crate::config::report::Report;
use crate::config::secret::Secret;

/// Characters of a secret, as the community's settings ask for them.
const SECRET_LENGTH: usize = 24;
/// Shortest RSA modulus, in bytes.
const SHORTEST_MODULUS: usize = 256;
/// Longest key id, in bytes.
const MAX_KID: usize = 64;
/// Characters of a line of PEM.
const PEM_LINE: usize = 64;

/// What Engage verifies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names of RFC 7518")]
pub enum KeyAlg {
    #[default]
    HS256,
    RS256,
}

impl KeyAlg {
    /// As the header names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::RS256 => "RS256",
        }
    }

    /// As the signing library names it.
    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::HS256 => Algorithm::HS256,
            Self::RS256 => Algorithm::RS256,
        }
    }
}

/// How a secret of 24 hexadecimal characters becomes bytes. The vendor's pages do not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretEncoding {
    /// The 24 characters.
    #[default]
    Text,
    /// The 12 bytes they spell.
    Hex,
}

impl SecretEncoding {
    /// The one that it is not.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Text => Self::Hex,
            Self::Hex => Self::Text,
        }
    }

    /// As written in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Hex => "hex",
        }
    }
}

/// One of `keys`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngageKey {
    /// The key's id (`kid`), as in the community.
    pub id: String,
    /// What it signs with; HS256 where it is left out.
    pub alg: KeyAlg,
    /// HS256: the community's secret, 24 of 0-9 and a-f.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub secret: Secret,
    /// HS256: a file that holds it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub secret_file: String,
    /// HS256: how it becomes bytes.
    pub secret_encoding: SecretEncoding,
    /// RS256: a PEM file with the private key; the community is given the public one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub private_key_file: String,
    #[serde(skip)]
    private_key: Secret,
}

impl EngageKey {
    /// The key that signs.
    ///
    /// # Errors
    /// What is wrong with it, without its text. A loaded configuration holds only keys that sign.
    pub fn signing_key(&self) -> Result<EncodingKey, String> {
        match self.alg {
            KeyAlg::HS256 => self.secret_bytes(self.secret_encoding).map(|bytes| EncodingKey::from_secret(&bytes)),
            KeyAlg::RS256 => self.rsa().map(|(key, _)| key),
        }
    }

    /// The key that verifies, a secret read as the configuration says.
    ///
    /// # Errors
    /// As [`EngageKey::signing_key`].
    pub fn verifying_key(&self) -> Result<DecodingKey, String> {
        match self.alg {
            KeyAlg::HS256 => self.secret_bytes(self.secret_encoding).map(|bytes| DecodingKey::from_secret(&bytes)),
            KeyAlg::RS256 => self.rsa().map(|(_, pair)| DecodingKey::from_rsa_der(pair.public_key().as_ref())),
        }
    }

    /// The same secret read the other way; `None` for keys that have none.
    pub fn other_verifying_key(&self) -> Option<DecodingKey> {
        let bytes = self.secret_bytes(self.secret_encoding.other()).ok()?;
        (self.alg == KeyAlg::HS256).then(|| DecodingKey::from_secret(&bytes))
    }

    /// The public key as PEM (SPKI), to be pasted into the community; `None` for a secret.
    pub fn public_key_pem(&self) -> Option<String> {
        if self.alg != KeyAlg::RS256 {
            return None;
        }
        let (_, pair) = self.rsa().ok()?;
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().ok()?;
        let text = STANDARD.encode(der.as_ref());
        let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
        for line in text.as_bytes().chunks(PEM_LINE) {
            pem.extend(line.iter().map(|byte| char::from(*byte)));
            pem.push('\n');
        }
        pem.push_str("-----END PUBLIC KEY-----\n");
        Some(pem)
    }

    fn secret_bytes(&self, encoding: SecretEncoding) -> Result<Vec<u8>, String> {
        let text = self.secret.expose();
        if text.len() != SECRET_LENGTH || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(format!(
                "must be the {SECRET_LENGTH} characters of 0-9 and a-f that the community has: `openssl rand -hex 12`"
            ));
        }
        Ok(match encoding {
            SecretEncoding::Text => text.as_bytes().to_vec(),
            SecretEncoding::Hex => {
                text.as_bytes().chunks(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect()
            }
        })
    }

    fn rsa(&self) -> Result<(EncodingKey, KeyPair), String> {
        let text = self.private_key.expose();
        if text.contains("PUBLIC KEY") {
            return Err("is a public key: give the private one, and paste the public one into the community".into());
        }
        let wrong = "is no RSA private key as PEM: `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`";
        let key = EncodingKey::from_rsa_pem(text.as_bytes()).map_err(|_| wrong.to_owned())?;
        let pair = KeyPair::from_der(key.as_bytes()).map_err(|_| wrong.to_owned())?;
        if pair.public_modulus_len() < SHORTEST_MODULUS {
            return Err(format!("is weak: an RSA key needs at least {} bits", SHORTEST_MODULUS * 8));
        }
        Ok((key, pair))
    }

    fn check(&mut self, path: &str, report: &mut Report<'_>) {
        let at = |key: &str| format!("{path}.{key}");
        let found = report.problems.len();
        let material = match self.alg {
            KeyAlg::HS256 => {
                if !self.private_key_file.is_empty() {
                    report.wrong(&at("private_key_file"), "does not belong to alg = \"HS256\", which takes `secret`");
                }
                read_secret(&at("secret"), &mut self.secret, &self.secret_file, report);
                at("secret")
            }
            KeyAlg::RS256 => {
                if !self.secret.is_empty() || !self.secret_file.is_empty() {
                    report.wrong(&at("secret"), "does not belong to alg = \"RS256\", which takes `private_key_file`");
                }
                read_secret(&at("private_key"), &mut self.private_key, &self.private_key_file, report);
                at("private_key_file")
            }
        };
        if report.problems.len() > found {
            return;
        }
        if let Err(words) = self.signing_key() {
            report.wrong(&material, words);
        }
    }
}

/// Whether a text can be a key id in a community.
pub fn is_key_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

pub(super) fn check_keys(path: &str, keys: &mut [EngageKey], report: &mut Report<'_>) {
    for index in 0..keys.len() {
        let path = format!("{path}[{index}]");
        let (earlier, rest) = keys.split_at_mut(index);
        let Some(key) = rest.first_mut() else { continue };
        if !is_key_id(&key.id) || key.id.len() > MAX_KID {
            report.wrong(
                &format!("{path}.id"),
                "must be the Key ID of the community: a-z, 0-9 and _, such as \"site_1\"",
            );
        } else if earlier.iter().any(|other| other.id == key.id) {
            report.wrong(&format!("{path}.id"), format!("`{}` names two keys: give each its own", key.id));
        }
        key.check(&path, report);
    }
}

/// A hexadecimal digit that was checked before.
fn nibble(digit: u8) -> u8 {
    if digit.is_ascii_digit() { digit - b'0' } else { digit - b'a' + 10 }
}
