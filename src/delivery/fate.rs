//! What becomes of an entry after trouble: the kind of the error decides.

use std::time::Duration;

use super::budget::{Budget, later};
use crate::domain::outbox::{Settlement, Why};
use crate::domain::upstream::{Trouble, UpstreamError};

/// Attempts at an answer that is not what the protocol says, before a person has to look.
const MOST_BROKEN: i64 = 10;
/// The first wait of an entry of its own, in first rests of its connector; it doubles.
const FIRST: u32 = 6;
/// The longest.
const LONGEST: Duration = Duration::from_hours(1);

/// What trouble means for an entry after `attempts` of them, and for its connector. `jitter` is between
/// 0 and 1. A write whose end is not known waits at least `unclear` before it is looked up.
pub(super) fn of(
    error: &UpstreamError,
    attempts: i64,
    budget: &mut Budget,
    now_ms: i64,
    jitter: f64,
    unclear: Duration,
) -> Settlement {
    let why = Why { trouble: error.trouble, words: error.words.clone(), without_effect: !error.unclear };
    let looked_up = if error.unclear { later(now_ms, unclear) } else { now_ms };
    let own = later(now_ms, own_wait(attempts, budget.rest()).mul_f64(0.5 + jitter / 2.0));
    match error.trouble {
        Trouble::Down | Trouble::Slow => {
            let due = budget.failed(now_ms, error.retry_after, jitter);
            Settlement::Retry { due_ms: due.max(looked_up), why }
        }
        Trouble::RateLimited => {
            let due = budget.limited(now_ms, error.retry_after);
            Settlement::Retry { due_ms: due.max(looked_up), why }
        }
        Trouble::Unauthorized => Settlement::Paused(why),
        // An administrator may give the permission at any time.
        Trouble::Forbidden => Settlement::Retry { due_ms: own.max(looked_up), why },
        Trouble::Broken if attempts < MOST_BROKEN => Settlement::Retry { due_ms: own.max(looked_up), why },
        Trouble::Broken if error.unclear => Settlement::Unsure(why),
        Trouble::Broken | Trouble::Gone | Trouble::Rejected => Settlement::Dead(why),
    }
}

fn own_wait(attempts: i64, rest: Duration) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 12) - 1).unwrap_or(0);
    rest.saturating_mul(FIRST << doublings).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(trouble: Trouble, unclear: bool, attempts: i64) -> Settlement {
        let error = UpstreamError::new(trouble, "words");
        let error = if unclear { error.unclear() } else { error };
        of(
            &error,
            attempts,
            &mut Budget::new(4, Duration::from_secs(5), Duration::from_mins(5)),
            0,
            1.0,
            Duration::from_mins(1),
        )
    }

    #[test]
    fn each_kind_of_trouble_has_its_fate() {
        assert!(matches!(fate(Trouble::Down, false, 1), Settlement::Retry { due_ms: 5_000, .. }));
        assert!(matches!(fate(Trouble::Slow, true, 1), Settlement::Retry { due_ms: 60_000, .. }));
        assert!(matches!(fate(Trouble::RateLimited, false, 1), Settlement::Retry { due_ms: 30_000, .. }));
        assert!(matches!(fate(Trouble::Unauthorized, false, 9), Settlement::Paused(_)));
        assert!(matches!(fate(Trouble::Forbidden, false, 99), Settlement::Retry { due_ms: 3_600_000, .. }));
        assert!(matches!(fate(Trouble::Rejected, false, 1), Settlement::Dead(_)));
        assert!(matches!(fate(Trouble::Broken, false, 1), Settlement::Retry { .. }));
        assert!(matches!(fate(Trouble::Broken, false, 10), Settlement::Dead(_)));
        assert!(matches!(fate(Trouble::Broken, true, 10), Settlement::Unsure(_)));
    }
}
