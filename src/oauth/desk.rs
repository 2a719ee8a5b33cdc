//! One connector's credentials in memory: a slot for the company or for each operator. Pure keeping;
//! what changes a slot is elsewhere.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::state::{CredentialState, Means, Need};
use super::stored::{OAuthTokens, Stored};
use super::token::TokenClient;
use crate::config::SignIn;
use crate::domain::credential::{AuthKind, Whose};
use crate::domain::operator::Operator;
use crate::domain::upstream::UpstreamError;

/// The owner of what is the company's.
pub(super) const COMPANY: &str = "";
const NOBODY: &str = "nobody has signed in yet";

/// One connector.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) sign_in: SignIn,
    pub(super) kind: AuthKind,
    /// The name that is proposed beside a password.
    pub(super) username: String,
    /// For OAuth; the error is for the administrator.
    pub(super) client: Result<TokenClient, String>,
    pub(super) slots: Mutex<BTreeMap<String, Arc<Slot>>>,
}

/// One credential.
#[derive(Debug)]
pub(super) struct Slot {
    /// [`COMPANY`] or an operator's id.
    pub(super) owner: String,
    /// One renewal at a time.
    pub(super) flight: tokio::sync::Mutex<()>,
    /// How many renewals have ended: whoever waited for one takes its outcome.
    pub(super) flights: AtomicU64,
    /// One change at a time: first on the disk, then in memory.
    pub(super) write: tokio::sync::Mutex<()>,
    held: Mutex<Held>,
}

/// What a slot holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    pub(super) stored: Option<Stored>,
    /// Renewed tokens that could not be stored: not used before they are.
    pub(super) unsaved: Option<OAuthTokens>,
    /// Why it is not taken.
    pub(super) refusal: Option<String>,
    pub(super) account: Option<String>,
    pub(super) since_ms: Option<i64>,
    pub(super) signed_in_ms: i64,
    /// When tokens were last given.
    pub(super) given_ms: Option<i64>,
    /// It stands in the configuration, not in the database.
    pub(super) configured: bool,
    /// Changes with the secret.
    pub(super) serial: u64,
    /// Of the row it was read from or written to.
    pub(super) nonce: Vec<u8>,
    /// How the last renewal failed.
    pub(super) failure: Option<UpstreamError>,
}

impl Held {
    pub(super) fn state(&self) -> CredentialState {
        match (&self.stored, &self.refusal) {
            (Some(_), None) => CredentialState::SignedIn { account: self.account.clone(), since_ms: self.since_ms },
            (_, Some(reason)) => CredentialState::SignedOut { reason: reason.clone(), since_ms: self.since_ms },
            (None, None) => CredentialState::SignedOut { reason: NOBODY.into(), since_ms: None },
        }
    }

    pub(super) fn is_usable(&self) -> bool {
        self.stored.is_some() && self.refusal.is_none()
    }
}

impl Slot {
    pub(super) fn new(owner: &str, held: Held) -> Arc<Self> {
        Arc::new(Self {
            owner: owner.to_owned(),
            flight: tokio::sync::Mutex::default(),
            flights: AtomicU64::new(0),
            write: tokio::sync::Mutex::default(),
            held: Mutex::new(held),
        })
    }

    pub(super) fn held(&self) -> Held {
        self.lock().clone()
    }

    pub(super) fn set(&self, held: Held) {
        *self.lock() = held;
    }

    pub(super) fn alter(&self, alter: impl FnOnce(&mut Held)) {
        alter(&mut self.lock());
    }

    pub(super) fn whose(&self) -> Whose {
        if self.owner == COMPANY { Whose::Company } else { Whose::Operator(self.owner.clone()) }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Whether somebody has to sign in here.
    pub(super) fn needs_sign_in(&self) -> bool {
        let configured = self.find(COMPANY).is_some_and(|slot| slot.held().configured);
        self.kind != AuthKind::Open && (self.sign_in == SignIn::Operator || !configured)
    }

    /// Who owns what this operator signs in with.
    pub(super) fn owner<'a>(&self, operator: &'a Operator) -> &'a str {
        if self.sign_in == SignIn::Company { COMPANY } else { &operator.id }
    }

    pub(super) fn find(&self, owner: &str) -> Option<Arc<Slot>> {
        self.lock().get(owner).cloned()
    }

    /// The slot of an owner, made where there is none.
    pub(super) fn slot(&self, owner: &str) -> Arc<Slot> {
        let mut slots = self.lock();
        slots.entry(owner.to_owned()).or_insert_with(|| Slot::new(owner, Held::default())).clone()
    }

    pub(super) fn all(&self) -> Vec<Arc<Slot>> {
        self.lock().values().cloned().collect()
    }

    /// Whose slot is used: the operator's own where operators sign in; for the company the configured
    /// one, or else that of the operator who signed in first and still is.
    pub(super) fn used_by(&self, whose: &Whose) -> Option<Arc<Slot>> {
        match whose {
            Whose::Operator(id) if self.sign_in == SignIn::Operator && self.kind != AuthKind::Open => self.find(id),
            _ if self.sign_in == SignIn::Company => self.find(COMPANY),
            _ => self.find(COMPANY).or_else(|| {
                let first = |usable: bool| {
                    let slots = self.all().into_iter().map(|slot| (slot.held(), slot));
                    let (_, slot) = slots
                        .filter(|(held, _)| held.is_usable() || (!usable && held.refusal.is_some()))
                        .min_by_key(|(held, slot)| (held.signed_in_ms, slot.owner.clone()))?;
                    Some(slot)
                };
                first(true).or_else(|| first(false))
            }),
        }
    }

    pub(super) fn state(&self, whose: &Whose) -> CredentialState {
        let held = self.used_by(whose).map(|slot| slot.held()).unwrap_or_default();
        match &self.client {
            Err(words) if self.is_oauth() && held.stored.is_none() => {
                CredentialState::SignedOut { reason: words.clone(), since_ms: None }
            }
            _ => held.state(),
        }
    }

    fn is_oauth(&self) -> bool {
        matches!(self.kind, AuthKind::OAuth(_))
    }

    pub(super) fn need(&self, operator: &Operator) -> Option<Need> {
        if !self.needs_sign_in() {
            return None;
        }
        let means = match &self.kind {
            AuthKind::OAuth(_) => Means::OAuth,
            AuthKind::Password => Means::Password(self.username.clone()),
            AuthKind::ApiKey | AuthKind::Open => Means::Key,
        };
        Some(Need {
            connector: self.id.clone(),
            name: self.name.clone(),
            company: self.sign_in == SignIn::Company,
            means,
            state: self.state(&Whose::Operator(operator.id.clone())),
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
