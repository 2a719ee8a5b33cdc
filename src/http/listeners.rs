//! Browsers that may listen and read: a link in a CRM cannot carry a token, so a browser is let in once, by
//! a ticket that its operator's phone asked for, and known by a cookie from then on. In memory: a restart
//! ends it, and the next press of the button lets the browser in again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::access::Listener;
use super::problem::ApiError;
use super::state::ServiceState;
use crate::domain::operator::Operator;
use crate::domain::passing::{Passing, random_name};

const COOKIE: &str = "trunkline_media";
const TICKET_MS: i64 = 5 * 60_000;

/// Tickets and browsers.
#[derive(Debug, Default)]
pub struct Listeners {
    tickets: Mutex<Passing<Arc<Operator>>>,
    browsers: Mutex<Passing<Arc<Operator>>>,
}

impl Listeners {
    /// A ticket, good once and for five minutes.
    pub fn ticket(&self, operator: &Arc<Operator>, now_ms: i64) -> String {
        let ticket = random_name();
        lock(&self.tickets).put(&ticket, now_ms, TICKET_MS, operator.clone());
        ticket
    }

    /// A cookie for a ticket, good for `life_ms`. `None` where it was used or is too old.
    pub fn redeem(&self, ticket: &str, now_ms: i64, life_ms: i64) -> Option<String> {
        let operator = lock(&self.tickets).take(ticket, now_ms)?;
        let cookie = random_name();
        lock(&self.browsers).put(&cookie, now_ms, life_ms, operator);
        Some(cookie)
    }

    /// Whose browser sends these headers.
    pub fn find(&self, headers: &HeaderMap, now_ms: i64) -> Option<Arc<Operator>> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut ours = cookies.flat_map(|line| line.split(';')).filter_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == COOKIE).then_some(value)
        });
        ours.find_map(|cookie| lock(&self.browsers).get(cookie, now_ms).cloned())
    }
}

/// How a person gets in.
pub const HOW_TO_ENTER: &str = "In the phone, press \"Recording\" beside a call, or open a chat among a contact's \
    activities: that lets this browser in for the day. Then open this link again.";

/// Who asks: a program, or an operator by token or by their browser.
pub fn listener(state: &ServiceState, headers: &HeaderMap) -> Result<Listener, ApiError> {
    let by_cookie = || state.listeners.find(headers, state.clock.now_ms()).map(Listener::Operator);
    state.access.listener(headers)?.or_else(by_cookie).ok_or_else(|| {
        ApiError::new(StatusCode::UNAUTHORIZED, "listener_unknown", "this browser was not let in yet").fix(HOW_TO_ENTER)
    })
}

/// Makes a browser known. Lax, not strict: it follows links of the CRM's pages.
pub fn set_cookie(response: &mut Response, base: &str, cookie: &str, life_ms: i64) {
    let secure = if base.starts_with("https:") { "; Secure" } else { "" };
    let path = url::Url::parse(base).map(|base| base.path().trim_end_matches('/').to_owned()).unwrap_or_default();
    let seconds = life_ms / 1000;
    let line = format!("{COOKIE}={cookie}; Path={path}/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::from_str(&line) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

fn lock<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_lets_one_browser_in_for_a_while() {
        let listeners = Listeners::default();
        let ticket = listeners.ticket(&Arc::new(Operator::local()), 0);
        let cookie = listeners.redeem(&ticket, 1, 100).expect("a cookie");
        assert!(listeners.redeem(&ticket, 1, 100).is_none());
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(&format!("a=b; {COOKIE}={cookie}")).expect("a value"));
        assert!(listeners.find(&headers, 100).is_some() && listeners.find(&headers, 101).is_none());
        assert!(listeners.find(&HeaderMap::new(), 1).is_none());
        let late = listeners.ticket(&Arc::new(Operator::local()), 0);
        assert!(listeners.redeem(&late, TICKET_MS, 100).is_none());
    }
}
