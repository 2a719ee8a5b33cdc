//! The vault: seals secrets for the database (AES-256-GCM-SIV, RFC 8452). A sealed text opens only
//! with its key, and only for the connector and the owner it was sealed for, so that rows of the
//! database cannot be exchanged. Knows nothing of what it seals.

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::config::MasterKey;
use crate::storage::credentials::Sealed;

const NONCE_BYTES: usize = 12;
/// What a key's id is made of beside the key, so that the id tells nothing of it.
const KEY_ID: &[u8] = b"trunkline vault key id\0";
const BOUND_TO: &[u8] = b"trunkline credential\0";

/// Why a sealed text does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Sealed with a key that is not here.
    #[error("it was sealed with the vault key {0}, which is not configured")]
    UnknownKey(String),
    /// Changed, cut off, or moved from another row.
    #[error("it was damaged or moved in the database")]
    Damaged,
}

/// Keys that seal and open.
pub struct Vault {
    /// The newest first: it seals.
    newest: Key,
    previous: Vec<Key>,
}

struct Key {
    id: String,
    cipher: Aes256GcmSiv,
}

impl Key {
    fn new(key: &MasterKey) -> Self {
        let digest = Sha256::new().chain_update(KEY_ID).chain_update(key).finalize();
        Self { id: URL_SAFE_NO_PAD.encode(&digest[..6]), cipher: Aes256GcmSiv::new(&(*key).into()) }
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("newest", &self.newest.id).finish_non_exhaustive()
    }
}

impl Vault {
    /// Seals with `newest`; opens with all of them.
    pub fn new(newest: &MasterKey, previous: &[MasterKey]) -> Self {
        Self { newest: Key::new(newest), previous: previous.iter().map(Key::new).collect() }
    }

    /// The id of the key that seals.
    pub fn key_id(&self) -> &str {
        &self.newest.id
    }

    /// Seals a secret of an owner (empty: the company) at a connector.
    pub fn seal(&self, connector: &str, owner: &str, secret: &SecretString) -> Result<Sealed, VaultError> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let bound = bound_to(connector, owner);
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: &bound };
        let text = self
            .newest
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_: aes_gcm_siv::Error| VaultError::Damaged)?;
        Ok(Sealed { key_id: self.newest.id.clone(), nonce: nonce.to_vec(), text })
    }

    /// Opens what was sealed for this owner at this connector.
    pub fn open(&self, connector: &str, owner: &str, sealed: &Sealed) -> Result<SecretString, VaultError> {
        let key = std::iter::once(&self.newest)
            .chain(&self.previous)
            .find(|key| key.id == sealed.key_id)
            .ok_or_else(|| VaultError::UnknownKey(sealed.key_id.clone()))?;
        let nonce: [u8; NONCE_BYTES] = sealed.nonce.as_slice().try_into().map_err(|_| VaultError::Damaged)?;
        let bound = bound_to(connector, owner);
        let payload = Payload { msg: &sealed.text, aad: &bound };
        let text = key.cipher.decrypt(&Nonce::from(nonce), payload).map_err(|_| VaultError::Damaged)?;
        String::from_utf8(text).map(SecretString::from).map_err(|_| VaultError::Damaged)
    }
}

/// A connector's id holds no zero byte, so that no two pairs are written alike.
fn bound_to(connector: &str, owner: &str) -> Vec<u8> {
    [BOUND_TO, connector.as_bytes(), b"\0", owner.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(vault: &Vault, connector: &str, owner: &str, sealed: &Sealed) -> Result<String, VaultError> {
        vault.open(connector, owner, sealed).map(|text| text.expose_secret().to_owned())
    }

    #[test]
    fn what_is_sealed_opens_for_its_own_row_only() {
        let vault = Vault::new(&[7; 32], &[]);
        let sealed = vault.seal("crm", "ann", &"CANARY".into()).expect("sealed");
        assert_eq!(open(&vault, "crm", "ann", &sealed).as_deref(), Ok("CANARY"));
        for (connector, owner) in [("crm", ""), ("crm", "bob"), ("crmann", ""), ("cr", "mann")] {
            assert_eq!(open(&vault, connector, owner, &sealed), Err(VaultError::Damaged), "{connector} {owner}");
        }
        for at in 0..sealed.text.len() {
            let mut changed = sealed.clone();
            changed.text[at] ^= 1;
            assert_eq!(open(&vault, "crm", "ann", &changed), Err(VaultError::Damaged), "byte {at}");
        }
        for nonce in [vec![], vec![0; 11], vec![0; 12], vec![0; 13]] {
            let changed = Sealed { nonce, ..sealed.clone() };
            assert_eq!(open(&vault, "crm", "ann", &changed), Err(VaultError::Damaged));
        }
        let again = vault.seal("crm", "ann", &"CANARY".into()).expect("sealed");
        assert_ne!((again.nonce, again.text), (sealed.nonce, sealed.text), "equal secrets look alike");
    }

    #[test]
    fn keys_change_hands() {
        let old = Vault::new(&[1; 32], &[]);
        let sealed = old.seal("crm", "", &"s".into()).expect("sealed");
        let both = Vault::new(&[2; 32], &[[1; 32]]);
        assert_eq!(open(&both, "crm", "", &sealed).as_deref(), Ok("s"));
        let resealed = both.seal("crm", "", &"s".into()).expect("sealed");
        assert_eq!(resealed.key_id, both.key_id());
        let new = Vault::new(&[2; 32], &[]);
        assert_eq!(open(&new, "crm", "", &resealed).as_deref(), Ok("s"));
        assert_eq!(open(&new, "crm", "", &sealed), Err(VaultError::UnknownKey(sealed.key_id.clone())));
        assert!(!format!("{both:?}").contains("[1"), "{both:?}");
    }
}
