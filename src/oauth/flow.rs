//! Sign-ins under way: tickets that lead a pop-up here, the browser sessions they are redeemed for,
//! and the states that come back from a vendor. All short-lived, in memory, each used once but the
//! session. A restart ends them; the person presses Authorize again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oauth2::PkceCodeVerifier;
use subtle::ConstantTimeEq;

use crate::domain::operator::Operator;
pub(super) use crate::domain::passing::random_name as random;
use crate::domain::passing::{Digested, Passing, digest};

const TICKET_MS: i64 = 5 * 60_000;
const STATE_MS: i64 = 10 * 60_000;
/// Long enough for a vendor's page with a second factor.
pub(super) const SESSION_MS: i64 = 15 * 60_000;

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
}
