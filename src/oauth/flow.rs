//! Sign-ins under way: tickets that lead a pop-up here, the browser sessions they are redeemed for,
//! and the states that come back from a vendor. All short-lived, in memory, each used once but the
//! session. A restart ends them; the person presses Authorize again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::PkceCodeVerifier;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::operator::Operator;

const TICKET_MS: i64 = 5 * 60_000;
const STATE_MS: i64 = 10 * 60_000;
/// Long enough for a vendor's page with a second factor.
pub(super) const SESSION_MS: i64 = 15 * 60_000;
/// Sign-ins under way at most; beyond it the oldest give way.
const MOST: usize = 2_000;

type Digested = [u8; 32];

/// Things under random names that are not kept, only their digests.
#[derive(Debug)]
struct Passing<T>(HashMap<Digested, (i64, T)>);

impl<T> Default for Passing<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Passing<T> {
    fn put(&mut self, name: &str, now_ms: i64, life_ms: i64, item: T) {
        self.0.retain(|_, (ends_ms, _)| *ends_ms > now_ms);
        if self.0.len() >= MOST
            && let Some(oldest) = self.0.iter().min_by_key(|(_, (ends_ms, _))| *ends_ms).map(|(name, _)| *name)
        {
            self.0.remove(&oldest);
        }
        self.0.insert(digest(name), (now_ms.saturating_add(life_ms), item));
    }

    fn take(&mut self, name: &str, now_ms: i64) -> Option<T> {
        self.0.remove(&digest(name)).filter(|(ends_ms, _)| *ends_ms > now_ms).map(|(_, item)| item)
    }

    fn get(&self, name: &str, now_ms: i64) -> Option<&T> {
        self.0.get(&digest(name)).filter(|(ends_ms, _)| *ends_ms > now_ms).map(|(_, item)| item)
    }
}

/// A browser in which an operator signs in.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who.
    pub operator: Arc<Operator>,
    /// What forms must bring back.
    pub form_token: String,
    id: Digested,
}

impl Session {
    /// Whether a form was made for this session.
    pub fn is_own_form(&self, token: &str) -> bool {
        self.form_token.as_bytes().ct_eq(token.as_bytes()).into()
    }
}

/// A person who was sent to a vendor.
#[derive(Debug)]
pub(super) struct Pending {
    session: Digested,
    pub(super) connector: String,
    pub(super) verifier: PkceCodeVerifier,
    pub(super) redirect: String,
}

impl Pending {
    /// Whether it was this browser that was sent.
    pub(super) fn is_of(&self, session: &Session) -> bool {
        self.session.ct_eq(&session.id).into()
    }
}

/// All sign-ins under way.
#[derive(Debug, Default)]
pub(super) struct Flow(Mutex<Underway>);

#[derive(Debug, Default)]
struct Underway {
    tickets: Passing<Arc<Operator>>,
    sessions: Passing<Session>,
    states: Passing<Pending>,
}

impl Flow {
    pub(super) fn ticket(&self, operator: Arc<Operator>, now_ms: i64) -> String {
        let ticket = random();
        self.lock().tickets.put(&ticket, now_ms, TICKET_MS, operator);
        ticket
    }

    /// A session's cookie for a ticket. `None` where it was used or is too old.
    pub(super) fn redeem(&self, ticket: &str, now_ms: i64) -> Option<(String, Session)> {
        let mut underway = self.lock();
        let operator = underway.tickets.take(ticket, now_ms)?;
        let cookie = random();
        let session = Session { operator, form_token: random(), id: digest(&cookie) };
        underway.sessions.put(&cookie, now_ms, SESSION_MS, session.clone());
        Some((cookie, session))
    }

    pub(super) fn session(&self, cookie: &str, now_ms: i64) -> Option<Session> {
        self.lock().sessions.get(cookie, now_ms).cloned()
    }

    /// Notes that a browser is sent to a vendor under `state`.
    pub(super) fn send(
        &self,
        state: &str,
        session: &Session,
        connector: &str,
        verifier: PkceCodeVerifier,
        redirect: &str,
        now_ms: i64,
    ) {
        let pending =
            Pending { session: session.id, connector: connector.to_owned(), verifier, redirect: redirect.to_owned() };
        self.lock().states.put(state, now_ms, STATE_MS, pending);
    }

    /// Who was sent under `state`. It is used up, whoever brings it.
    pub(super) fn arrive(&self, state: &str, now_ms: i64) -> Option<Pending> {
        self.lock().states.take(state, now_ms)
    }

    fn lock(&self) -> MutexGuard<'_, Underway> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(name: &str) -> Digested {
    Sha256::digest(name.as_bytes()).into()
}

/// A name nobody can guess: 256 random bits.
pub(super) fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_once_and_not_for_long() {
        let flow = Flow::default();
        let operator = Arc::new(Operator::local());
        let ticket = flow.ticket(operator.clone(), 0);
        let (cookie, session) = flow.redeem(&ticket, 1).expect("a session");
        assert!(flow.redeem(&ticket, 1).is_none());
        assert!(flow.session(&cookie, SESSION_MS).is_some_and(|found| found.is_own_form(&session.form_token)));
        assert!(flow.session(&cookie, SESSION_MS + 1).is_none());
        let late = flow.ticket(operator, 0);
        assert!(flow.redeem(&late, TICKET_MS).is_none());
        assert!(!session.is_own_form(""));
    }

    #[test]
    fn what_is_under_way_is_bounded() {
        let mut passing = Passing::default();
        for n in 0..i64::try_from(MOST).expect("fits") + 10 {
            passing.put(&n.to_string(), n, 1_000_000, n);
        }
        assert_eq!(passing.0.len(), MOST);
        assert_eq!((passing.take("9", 5_000), passing.take("10", 5_000)), (None, Some(10)));
    }
}
