//! `trunkline vault rotate`: everything under the newest key.

use super::vault::Vault;
use crate::storage::{Storage, StorageError};

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rotated {
    /// Sealed again.
    pub resealed: usize,
    /// Under the newest key already.
    pub current: usize,
    /// Not opened by any key, in words: those sign in again.
    pub lost: Vec<String>,
}

/// Seals again what an older key sealed. A credential that a running daemon renews meanwhile is left
/// to it: run this again, or after the daemon took up the new key.
pub async fn rotate(storage: &Storage, vault: &Vault) -> Result<Rotated, StorageError> {
    let mut done = Rotated::default();
    for row in storage.list_credentials().await? {
        let Some(sealed) = &row.sealed else { continue };
        if sealed.key_id == vault.key_id() {
            done.current += 1;
            continue;
        }
        let again = vault
            .open(&row.connector, &row.owner, sealed)
            .and_then(|secret| vault.seal(&row.connector, &row.owner, &secret));
        match again {
            Ok(again) => {
                storage.reseal_credential(&row, sealed, again).await?;
                done.resealed += 1;
            }
            Err(error) => {
                let owner = if row.owner.is_empty() { "the company" } else { &row.owner };
                done.lost.push(format!("{} of {owner}: {error}", row.connector));
            }
        }
    }
    Ok(done)
}
