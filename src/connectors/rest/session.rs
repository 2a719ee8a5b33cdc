//! Sessions of a log-in: in memory only, one log-in at a time for each account.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex as Lock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tokio::sync::Mutex;

use crate::domain::credential::Whose;
use crate::domain::upstream::UpstreamError;

/// A session.
pub(super) struct Held {
    /// Tells one session from the next, so that a late refusal does not end a newer one.
    pub(super) number: u64,
    /// What the log-in answered; a secret.
    pub(super) session: Value,
    serial: u64,
    since_ms: i64,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("number", &self.number).finish_non_exhaustive()
    }
}

type Place = Arc<Mutex<Option<Arc<Held>>>>;

/// The sessions of one connector.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    places: Lock<HashMap<Whose, Place>>,
    count: AtomicU64,
}

impl Sessions {
    fn place(&self, whose: &Whose) -> Place {
        let mut places = self.places.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        places.entry(whose.clone()).or_default().clone()
    }

    /// The session for the credential of a serial; `log_in` makes one where there is none.
    pub(super) async fn get(
        &self,
        whose: &Whose,
        serial: u64,
        max_ms: Option<i64>,
        now_ms: i64,
        log_in: impl Future<Output = Result<Value, UpstreamError>>,
    ) -> Result<Arc<Held>, UpstreamError> {
        let place = self.place(whose);
        let mut held = place.lock().await;
        if let Some(held) = &*held
            && held.serial == serial
            && max_ms.is_none_or(|max| now_ms.saturating_sub(held.since_ms) < max)
        {
            return Ok(held.clone());
        }
        *held = None;
        let session = log_in.await?;
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let fresh = Arc::new(Held { number, session, serial, since_ms: now_ms });
        *held = Some(fresh.clone());
        Ok(fresh)
    }

    /// Forgets a session that was refused, unless it was replaced meanwhile.
    pub(super) async fn forget(&self, whose: &Whose, number: u64) {
        let place = self.place(whose);
        let mut held = place.lock().await;
        if held.as_ref().is_some_and(|held| held.number == number) {
            *held = None;
        }
    }
}
