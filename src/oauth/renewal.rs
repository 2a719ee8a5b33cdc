//! Renewing what is not taken: one renewal at a time, stored before it is used, and carried on when
//! whoever asked has gone.
//!
//! What cannot be healed: a server that takes a refresh token once, and a crash between its answer
//! and our commit. Then the person signs in again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use secrecy::SecretString;

use super::Inner;
use super::desk::{Desk, Slot};
use super::keep::SharedDesk;
use super::state::Cause;
use super::stored::{OAuthTokens, Stored};
use super::token::TokenError;
use super::trial::Trial;
use crate::domain::credential::{Grant, Whose};
use crate::domain::upstream::{Account, Trouble, UpstreamError};

/// Longest question whether a credential opens its upstream.
const TRIAL: Duration = Duration::from_secs(20);
/// A token that is refused this soon after it was given is not refused for its age.
const FRESH_MS: i64 = 60_000;
/// A refused token of this age may be refused for it, whatever its life.
const OLD_MS: i64 = 10 * 60_000;

impl Inner {
    /// What a slot holds now, renewed where that is due.
    pub(super) async fn grant(self: &Arc<Self>, desk: &SharedDesk, slot: &Arc<Slot>) -> Result<Grant, UpstreamError> {
        let held = slot.held();
        let Some(stored) = held.stored.as_ref().filter(|_| held.is_usable()) else {
            return Err(signed_out(desk, slot));
        };
        let now_ms = self.clock.now_ms();
        match stored {
            Stored::OAuth(tokens) if tokens.refresh.is_some() && tokens.due_ms.is_some_and(|due| due <= now_ms) => {
                match self.renewed(desk, slot, held.serial).await {
                    // Not renewed in time, but still good: the next one tries again.
                    Err(_) if slot.held().is_usable() && tokens.expires_ms.is_some_and(|end| now_ms < end) => {
                        Ok(stored.grant(held.serial))
                    }
                    other => other,
                }
            }
            stored => Ok(stored.grant(held.serial)),
        }
    }

    /// What a slot holds after `serial`: renewed by one of all who ask at once.
    pub(super) async fn renewed(
        self: &Arc<Self>,
        desk: &SharedDesk,
        slot: &Arc<Slot>,
        serial: u64,
    ) -> Result<Grant, UpstreamError> {
        let ended = slot.flights.load(Ordering::Acquire);
        let (inner, desk, slot) = (self.clone(), desk.clone(), slot.clone());
        // A task of its own: a caller that is cut off must not lose the answer.
        let task = self.tasks.spawn(async move {
            let _flight = slot.flight.lock().await;
            if slot.held().serial == serial && slot.flights.load(Ordering::Acquire) == ended {
                let failure = inner.renew_once(&desk, &slot, serial).await.err();
                slot.alter(|held| held.failure = failure);
                slot.flights.fetch_add(1, Ordering::Release);
            }
            let held = slot.held();
            match (held.failure, held.stored.filter(|_| held.refusal.is_none())) {
                (_, None) => Err(signed_out(&desk, &slot)),
                (Some(failure), Some(_)) if held.serial == serial => Err(failure),
                (_, Some(stored)) => Ok(stored.grant(held.serial)),
            }
        });
        task.await.unwrap_or_else(|_| Err(UpstreamError::new(Trouble::Down, "the renewal was broken off")))
    }

    async fn renew_once(&self, desk: &SharedDesk, slot: &Arc<Slot>, serial: u64) -> Result<(), UpstreamError> {
        let held = slot.held();
        if let Some(tokens) = held.unsaved {
            return self.store(desk, slot, serial, tokens).await;
        }
        let fresh = held.given_ms.is_some_and(|given| (self.clock.now_ms() - given).abs() < FRESH_MS);
        let due = |tokens: &OAuthTokens| tokens.expires_ms.is_some_and(|end| end <= self.clock.now_ms());
        match held.stored {
            Some(Stored::OAuth(tokens)) if !fresh || due(&tokens) => {
                if let Some(refresh) = &tokens.refresh {
                    return self.refresh(desk, slot, serial, &tokens, refresh).await;
                }
                let reason = "the sign-in has ended, and the server gives no renewal".to_owned();
                self.refuse(desk, slot, serial, reason, true).await;
                Ok(())
            }
            Some(stored) => self.confirm(desk, slot, serial, &stored).await,
            None => Ok(()),
        }
    }

    /// Asks for newer tokens. After a lost answer once more with the same token: most servers take it
    /// for a while.
    async fn refresh(
        &self,
        desk: &SharedDesk,
        slot: &Arc<Slot>,
        serial: u64,
        tokens: &OAuthTokens,
        refresh: &SecretString,
    ) -> Result<(), UpstreamError> {
        if self.take_up(desk, slot, serial).await {
            return Ok(());
        }
        let client = desk.client.as_ref().map_err(|words| UpstreamError::new(Trouble::Unauthorized, words))?;
        let mut answer = client.refresh(tokens, refresh).await;
        let lost = matches!(&answer, Err(TokenError::Upstream(error)) if error.unclear);
        if lost {
            answer = client.refresh(tokens, refresh).await;
        }
        match answer {
            Ok(newer) => self.store(desk, slot, serial, newer).await,
            // Another process was faster.
            Err(TokenError::Refused(_)) if self.take_up(desk, slot, serial).await => Ok(()),
            Err(TokenError::Refused(words)) => {
                let reason = if lost {
                    format!("the answer to a renewal was lost, and the server does not renew it again ({words})")
                } else {
                    format!("the server does not renew it any more ({words})")
                };
                self.refuse(desk, slot, serial, reason, true).await;
                Ok(())
            }
            Err(TokenError::Client(words)) => {
                let reason =
                    format!("the server does not know this client ({words}): correct client_id and client_secret");
                self.refuse(desk, slot, serial, reason, false).await;
                Ok(())
            }
            Err(TokenError::Upstream(error)) => {
                tracing::warn!(connector = %desk.id, %error, "a sign-in could not be renewed; it is tried again");
                Err(error)
            }
        }
    }

    async fn store(&self, desk: &Desk, slot: &Slot, serial: u64, newer: OAuthTokens) -> Result<(), UpstreamError> {
        let given = Some(self.clock.now_ms());
        let stored = Stored::OAuth(newer.clone());
        let change = self.change(desk, slot, Some(serial), |held| {
            held.stored = Some(stored);
            held.given_ms = given;
        });
        match change.await {
            Ok(Some(_)) => Ok(()),
            // Signed out or in while the server answered: these tokens are nobody's.
            Ok(None) => {
                if let Ok(client) = &desk.client
                    && let Err(error) = client.revoke(&newer).await
                {
                    tracing::info!(connector = %desk.id, %error, "tokens that came too late were not revoked");
                }
                Ok(())
            }
            Err(error) => {
                tracing::error!(connector = %desk.id, %error, "renewed tokens wait in memory until they can be stored");
                slot.alter(|held| held.unsaved = (held.serial == serial).then_some(newer));
                Err(error)
            }
        }
    }

    /// A key or a fresh token was refused: asks the upstream once whether it means it.
    async fn confirm(
        &self,
        desk: &SharedDesk,
        slot: &Arc<Slot>,
        serial: u64,
        stored: &Stored,
    ) -> Result<(), UpstreamError> {
        match self.who_am_i(desk, &slot.whose(), stored).await {
            // It opens; what was refused was something else.
            Ok(_) => {
                let next = self.next_serial();
                slot.alter(|held| {
                    if held.serial == serial {
                        held.serial = next;
                    }
                });
                Ok(())
            }
            Err(error) if matches!(error.trouble, Trouble::Unauthorized | Trouble::Forbidden) => {
                self.refuse(desk, slot, serial, error.words, false).await;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Whose account a secret opens.
    pub(super) async fn who_am_i(&self, desk: &Desk, whose: &Whose, stored: &Stored) -> Result<Account, UpstreamError> {
        let asking = self.upstreams.who_am_i(&desk.id, Trial::of(stored.grant(0)), whose);
        match tokio::time::timeout(TRIAL, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(UpstreamError::new(Trouble::Slow, format!("{} did not answer in time", desk.name))),
        }
    }

    /// Tries what was refused but not forgotten: a key may be valid again, a client known again.
    pub(super) async fn heal(self: &Arc<Self>) {
        for desk in self.desks.values() {
            for slot in desk.all() {
                let held = slot.held();
                if held.refusal.is_some() && held.stored.is_some() {
                    self.heal_one(desk, &slot).await;
                }
            }
        }
    }

    async fn heal_one(&self, desk: &SharedDesk, slot: &Arc<Slot>) {
        let _flight = slot.flight.lock().await;
        let held = slot.held();
        let now_ms = self.clock.now_ms();
        if let Some(Stored::OAuth(tokens)) = &held.stored
            && let Some(refresh) = &tokens.refresh
            && (tokens.due_ms.is_some_and(|due| due <= now_ms)
                || held.given_ms.is_none_or(|given| given.saturating_add(OLD_MS) <= now_ms))
            && self.refresh(desk, slot, held.serial, tokens, refresh).await.is_err()
        {
            return;
        }
        let held = slot.held();
        let Some(stored) = &held.stored else { return };
        let Ok(account) = self.who_am_i(desk, &slot.whose(), stored).await else { return };
        let change = self.change(desk, slot, Some(held.serial), |held| {
            held.refusal = None;
            held.since_ms = Some(now_ms);
            held.account = named(account);
        });
        if let Ok(Some(_)) = change.await {
            self.announce(desk, slot, Cause::Opened);
        }
    }
}

/// A name people recognise, where the upstream tells one.
pub(super) fn named(account: Account) -> Option<String> {
    [account.name, account.id].into_iter().find(|name| !name.is_empty())
}

fn signed_out(desk: &Desk, slot: &Slot) -> UpstreamError {
    no_credential(desk, slot.held().state().reason().unwrap_or_default())
}

/// There is nothing to open the upstream with.
pub(super) fn no_credential(desk: &Desk, reason: &str) -> UpstreamError {
    UpstreamError::new(Trouble::Unauthorized, format!("{} is signed out because {reason}", desk.name))
}
