//! How often an API may be asked: a steady rate, and what its own headers say.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::manifest::{Limits, ResetUnit};
use crate::domain::clock::SharedClock;
use crate::domain::upstream::{Trouble, UpstreamError};
use crate::outbound::Answer;

/// Longest wait inside of a request. Beyond it the caller decides what to do meanwhile.
const LONGEST: Duration = Duration::from_secs(3);
/// Longest reset that is believed: beyond it a clock is wrong.
const LONGEST_RESET_MS: i64 = 24 * 3_600_000;

/// The limiter of one connector, for all who ask.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: Limits,
    clock: SharedClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the next request is due at the steady rate; a second's worth may come at once.
    due: Option<Instant>,
    /// Unix ms before which the API's headers allow nothing.
    closed_until: i64,
}

impl Limiter {
    pub(super) fn new(limits: Limits, clock: SharedClock) -> Self {
        Self { limits, clock, state: Mutex::default() }
    }

    /// Waits for a turn; where that is long, says how long instead.
    pub(super) async fn turn(&self) -> Result<(), UpstreamError> {
        let wait = self.take()?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    fn take(&self) -> Result<Duration, UpstreamError> {
        let now = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let closed = state.closed_until.saturating_sub(self.clock.now_ms());
        let mut wait = Duration::from_millis(u64::try_from(closed).unwrap_or(0));
        let mut due = None;
        if self.limits.per_second > 0.0 {
            let every = Duration::from_secs_f64(1.0 / self.limits.per_second);
            let burst = every.mul_f64((self.limits.per_second - 1.0).max(0.0));
            let next = state.due.map_or(now, |due| due.max(now));
            wait = wait.max(next.duration_since(now).saturating_sub(burst));
            due = Some(next + every);
        }
        if wait > LONGEST {
            let words = "as many requests as the API allows were made: it goes on in a while";
            return Err(UpstreamError::new(Trouble::RateLimited, words).retry_after(Some(wait)));
        }
        state.due = due;
        Ok(wait)
    }

    /// Learns from the headers of an answer.
    pub(super) fn learn(&self, answer: &Answer) {
        let limits = &self.limits;
        if limits.remaining_header.is_empty() || limits.reset_header.is_empty() {
            return;
        }
        let number = |name: &str| answer.header(name)?.trim().parse::<f64>().ok();
        let (Some(remaining), Some(reset)) = (number(&limits.remaining_header), number(&limits.reset_header)) else {
            return;
        };
        if remaining > 0.0 {
            return;
        }
        let now = self.clock.now_ms();
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and is bounded below")]
        let until = match limits.reset_unit {
            ResetUnit::Seconds => now.saturating_add((reset * 1000.0) as i64),
            ResetUnit::Milliseconds => now.saturating_add(reset as i64),
            ResetUnit::UnixSeconds => (reset * 1000.0) as i64,
            ResetUnit::UnixMilliseconds => reset as i64,
        };
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.closed_until = until.min(now.saturating_add(LONGEST_RESET_MS));
    }
}
