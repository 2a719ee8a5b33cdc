//! Who may come in, what goes wrong next, and what was asked: the same for every fake.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use trunkline::domain::clock::{Clock, ManualClock};

use super::oauth::Code;
use super::{Asked, lock};

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The credential is not taken.
    Unauthorized,
    /// Too many requests, with so many seconds to wait, or without a word on it.
    RateLimited(Option<u64>),
    /// The credential may not do this.
    Forbidden,
    /// It fails, and nothing is done.
    ServerError,
    /// It is done, and then it fails.
    AfterCommit,
    /// No answer ever.
    Hang,
    /// A log-in page in place of JSON.
    Html,
    /// Half of the answer.
    Truncated,
}

/// Why a vendor refuses.
#[derive(Debug, Clone, Copy)]
pub enum Refusal {
    Unauthorized,
    RateLimited(Option<u64>),
    Forbidden,
    Failed,
}

/// A key that is always good, until it is revoked.
pub const KEY: &str = "fake-key-0001";

pub struct Gate {
    pub clock: Arc<ManualClock>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
pub(super) struct Inner {
    /// Tokens, and when they end.
    pub tokens: HashMap<String, Option<i64>>,
    /// Refresh tokens that are good.
    pub refresh: Vec<String>,
    pub codes: HashMap<String, Code>,
    pub made: u64,
    faults: Vec<(String, Fault, Option<u32>)>,
    seen: Vec<Asked>,
}

impl Gate {
    pub(super) fn new(clock: Arc<ManualClock>) -> Self {
        let inner = Inner { tokens: HashMap::from([(KEY.to_owned(), None)]), ..Inner::default() };
        Self { clock, inner: Mutex::new(inner) }
    }

    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut lock(&self.inner))
    }

    /// The next request whose `METHOD /path` holds `part` goes wrong.
    pub fn once(&self, part: &str, fault: Fault) {
        self.with(|inner| inner.faults.push((part.to_owned(), fault, Some(1))));
    }

    /// All such requests go wrong, until [`Gate::heal`].
    pub fn always(&self, part: &str, fault: Fault) {
        self.with(|inner| inner.faults.push((part.to_owned(), fault, None)));
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.with(|inner| inner.faults.clear());
    }

    /// A credential is not good any more.
    pub fn revoke(&self, token: &str) {
        self.with(|inner| inner.tokens.remove(token));
    }

    /// Every access token has ended; what was signed in to stays so.
    pub fn expire(&self) {
        self.with(|inner| inner.tokens.clear());
    }

    /// An administrator of the vendor's takes every sign-in back.
    pub fn withdraw(&self) {
        self.with(|inner| {
            inner.tokens.clear();
            inner.refresh.clear();
        });
    }

    /// How many sign-ins can still be renewed.
    pub fn sign_ins(&self) -> usize {
        self.with(|inner| inner.refresh.len())
    }

    /// A credential is good from now on.
    pub fn admit(&self, token: &str) {
        self.with(|inner| inner.tokens.insert(token.to_owned(), None));
    }

    pub(super) fn admits(&self, token: &str) -> bool {
        let now = self.clock.now_ms();
        self.with(|inner| inner.tokens.get(token).is_some_and(|ends| ends.is_none_or(|ends| now < ends)))
    }

    pub(super) fn note(&self, asked: &Asked) {
        self.with(|inner| inner.seen.push(asked.clone()));
    }

    pub(super) fn fault(&self, asked: &Asked) -> Option<Fault> {
        let line = asked.line();
        self.with(|inner| {
            let at = inner.faults.iter().position(|(part, ..)| line.contains(part.as_str()))?;
            let fault = inner.faults[at].1.clone();
            if let Some(left) = &mut inner.faults[at].2 {
                *left -= 1;
                if *left == 0 {
                    inner.faults.remove(at);
                }
            }
            Some(fault)
        })
    }

    /// All requests since the last time this was asked.
    pub fn take_seen(&self) -> Vec<Asked> {
        self.with(|inner| std::mem::take(&mut inner.seen))
    }

    /// How many requests since then hold `part` in their `METHOD /path`.
    pub fn count(&self, part: &str) -> usize {
        self.with(|inner| inner.seen.iter().filter(|asked| asked.line().contains(part)).count())
    }
}
