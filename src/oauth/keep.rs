//! Changing a slot: first on the disk, then in memory, then told.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Inner;
use super::desk::{COMPANY, Desk, Held, Slot};
use super::state::{Cause, CredentialChange};
use super::stored::{OAuthTokens, Stored};
use crate::domain::upstream::{Trouble, UpstreamError};
use crate::storage::StorageError;
use crate::storage::credentials::CredentialRow;

impl Inner {
    pub(super) fn next_serial(&self) -> u64 {
        self.serials.fetch_add(1, Ordering::Relaxed)
    }

    /// Changes what a slot holds, unless it is not what `expected` names any more. On return the
    /// change is on the disk; `None` where it was not made.
    pub(super) async fn change(
        &self,
        desk: &Desk,
        slot: &Slot,
        expected: Option<u64>,
        change: impl FnOnce(&mut Held) + Send,
    ) -> Result<Option<Held>, UpstreamError> {
        let _write = slot.write.lock().await;
        let mut held = slot.held();
        if expected.is_some_and(|serial| serial != held.serial) {
            return Ok(None);
        }
        change(&mut held);
        held.serial = self.next_serial();
        held.unsaved = None;
        self.save(desk, slot, &mut held).await?;
        slot.set(held.clone());
        Ok(Some(held))
    }

    /// Notes that a credential is not taken, and tells it. With `forget` the secret is worthless and
    /// goes. Holds at once, whatever the disk does.
    pub(super) async fn refuse(&self, desk: &Desk, slot: &Slot, serial: u64, reason: String, forget: bool) {
        let _write = slot.write.lock().await;
        let mut held = slot.held();
        if held.serial != serial {
            return;
        }
        let known = held.refusal.is_some();
        held.refusal = Some(reason);
        if !known {
            held.since_ms = Some(self.clock.now_ms());
        }
        if forget {
            held.stored = None;
            held.unsaved = None;
            held.serial = self.next_serial();
        }
        slot.set(held.clone());
        if let Err(error) = self.save(desk, slot, &mut held).await {
            tracing::warn!(connector = %desk.id, %error, "a lost sign-in could not be noted in the database");
        }
        slot.set(held);
        if !known {
            self.announce(desk, slot, Cause::Refused);
        }
    }

    /// Forgets a credential; returns what is to be revoked. `by` is the name of who wants it so.
    pub(super) async fn forget(&self, desk: &Desk, slot: &Slot, by: &str) -> Result<Option<OAuthTokens>, StorageError> {
        let _write = slot.write.lock().await;
        let held = slot.held();
        if held.configured {
            return Ok(None);
        }
        self.storage.forget_credential(&desk.id, &slot.owner).await?;
        slot.set(Held { serial: self.next_serial(), ..Held::default() });
        if held.is_usable() {
            self.announce(desk, slot, Cause::Left(by.to_owned()));
        }
        let current = match held.stored {
            Some(Stored::OAuth(tokens)) => Some(tokens),
            _ => None,
        };
        Ok(held.unsaved.or(current))
    }

    /// Takes up what another process wrote since this slot was read. True where that was so.
    pub(super) async fn take_up(&self, desk: &Desk, slot: &Slot, serial: u64) -> bool {
        let found = match self.storage.find_credential(&desk.id, &slot.owner).await {
            Ok(Some(row)) => row,
            Ok(None) => return false,
            Err(error) => {
                tracing::warn!(connector = %desk.id, %error, "a credential could not be read again");
                return false;
            }
        };
        let _write = slot.write.lock().await;
        let mut held = slot.held();
        let newer = found.sealed.as_ref().is_some_and(|sealed| sealed.nonce != held.nonce);
        if held.serial != serial || !newer {
            return false;
        }
        let read = self.held_of(found);
        // Sealed again under another key, it is the same secret.
        let same = matches!((&held.stored, &read.stored), (Some(ours), Some(theirs)) if ours.is_same(theirs));
        if same || !read.is_usable() {
            held.nonce = read.nonce;
            slot.set(held);
            return false;
        }
        slot.set(read);
        true
    }

    pub(super) fn announce(&self, desk: &Desk, slot: &Slot, cause: Cause) {
        let state = slot.held().state();
        match &cause {
            Cause::Opened => tracing::info!(connector = %desk.id, "signed in"),
            Cause::Left(_) => tracing::info!(connector = %desk.id, "signed out"),
            Cause::Refused => {
                tracing::warn!(connector = %desk.id, reason = state.reason().unwrap_or_default(), "signed out by the upstream");
            }
        }
        let change = CredentialChange { connector: desk.id.clone(), whose: slot.whose(), state, cause };
        // Nobody follows: nobody to tell.
        drop(self.changes.send(change));
    }

    /// What a row of the database holds. What does not open is to be signed in again.
    pub(super) fn held_of(&self, row: CredentialRow) -> Held {
        let serial = self.next_serial();
        let mut held = Held {
            refusal: row.reason,
            account: row.account,
            since_ms: Some(row.since_ms),
            signed_in_ms: row.signed_in_ms,
            serial,
            ..Held::default()
        };
        let Some(sealed) = row.sealed else { return held };
        held.nonce.clone_from(&sealed.nonce);
        let opened = match &self.vault {
            Some(vault) => vault.open(&row.connector, &row.owner, &sealed).map_err(|error| error.to_string()),
            None => Err("there is no vault".to_owned()),
        };
        let stored = opened.and_then(|text| Stored::from_text(&text).ok_or("a newer version wrote it".to_owned()));
        match stored {
            Ok(stored) => held.stored = Some(stored),
            Err(words) => {
                tracing::error!(
                    connector = %row.connector,
                    "a stored credential cannot be opened: {words}; restore the key (vault.key, vault.previous_keys), or sign in again"
                );
                held.refusal = Some(format!("the stored credential cannot be opened: {words}"));
            }
        }
        held
    }

    async fn save(&self, desk: &Desk, slot: &Slot, held: &mut Held) -> Result<(), UpstreamError> {
        if held.configured {
            return Ok(());
        }
        let failed = |words: &dyn std::fmt::Display| {
            UpstreamError::new(Trouble::Down, format!("the credential of {} cannot be stored: {words}", desk.name))
        };
        let sealed = match (held.stored.as_ref().and_then(Stored::to_text), &self.vault) {
            (None, _) => None,
            (Some(_), None) => return Err(failed(&"there is no vault")),
            (Some(text), Some(vault)) => {
                Some(vault.seal(&desk.id, &slot.owner, &text).map_err(|error| failed(&error))?)
            }
        };
        held.nonce = sealed.as_ref().map(|sealed| sealed.nonce.clone()).unwrap_or_default();
        let row = CredentialRow {
            connector: desk.id.clone(),
            owner: slot.owner.clone(),
            account: held.account.clone(),
            reason: held.refusal.clone(),
            since_ms: held.since_ms.unwrap_or_default(),
            signed_in_ms: held.signed_in_ms,
            sealed,
        };
        self.storage.put_credential(row).await.map_err(|error| failed(&error))
    }

    /// Puts the rows of the database into their slots.
    pub(super) fn fill(&self, rows: Vec<CredentialRow>) {
        for row in rows {
            // A connector that was taken out of the configuration may come back.
            let Some(desk) = self.desks.get(&row.connector) else { continue };
            let owner = row.owner.clone();
            // What the configuration says goes before.
            if owner == COMPANY && desk.find(COMPANY).is_some() {
                continue;
            }
            let held = self.held_of(row);
            let slot = Slot::new(&owner, held);
            desk.slots.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(owner, slot);
        }
    }
}

/// A desk as tasks share it.
pub(super) type SharedDesk = Arc<Desk>;
