//! How many deliveries a connector gets at once: more while it answers, fewer when it says it is too
//! much, none while it is down, and then one to find out.

use std::time::Duration;

/// Deliveries at once to begin with.
const FIRST: f64 = 2.0;
/// Failures in a row after which it is left alone.
const OPENS_AFTER: u32 = 3;
/// The rest where a limit names no time, in first rests.
const LIMITED: u32 = 6;

/// One connector's budget.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Budget {
    most: usize,
    /// The first rest; it doubles.
    rest: Duration,
    longest: Duration,
    window: f64,
    in_hand: usize,
    failures: u32,
    closed_until: i64,
    last_limited: i64,
}

impl Budget {
    /// At most so many at once; rests from the first to the longest.
    pub(super) fn new(most: usize, rest: Duration, longest: Duration) -> Self {
        Self {
            most: most.max(1),
            rest,
            longest,
            window: FIRST,
            in_hand: 0,
            failures: 0,
            closed_until: i64::MIN,
            last_limited: i64::MIN,
        }
    }

    /// How many more may begin now.
    pub(super) fn free(&self, now_ms: i64) -> usize {
        if now_ms < self.closed_until {
            return 0;
        }
        let window = if self.failures >= OPENS_AFTER { 1 } else { self.window_size() };
        window.saturating_sub(self.in_hand)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and `most`")]
    fn window_size(&self) -> usize {
        (self.window as usize).clamp(1, self.most)
    }

    /// When it opens again, where it is closed.
    pub(super) fn reopens(&self, now_ms: i64) -> Option<i64> {
        (now_ms < self.closed_until).then_some(self.closed_until)
    }

    /// The wait that others are measured by.
    pub(super) fn rest(&self) -> Duration {
        self.rest
    }

    pub(super) fn begin(&mut self, count: usize) {
        self.in_hand += count;
    }

    pub(super) fn end(&mut self) {
        self.in_hand = self.in_hand.saturating_sub(1);
    }

    pub(super) fn in_hand(&self) -> usize {
        self.in_hand
    }

    /// It answered.
    pub(super) fn answered(&mut self) {
        self.failures = 0;
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let most = self.most as f64;
        self.window = (self.window + 1.0 / self.window).min(most);
    }

    /// It said that it is too much. When it goes on, Unix ms.
    pub(super) fn limited(&mut self, now_ms: i64, retry_after: Option<Duration>) -> i64 {
        // Answers to requests that were on their way together are one limit.
        if now_ms >= self.closed_until || self.last_limited == i64::MIN {
            self.window = (self.window / 2.0).max(1.0);
        }
        self.last_limited = now_ms;
        let wait = retry_after.unwrap_or(self.rest * LIMITED);
        self.close(now_ms, wait)
    }

    /// It did not answer, or failed inside. When it is asked again, Unix ms. `jitter` is between 0 and 1.
    pub(super) fn failed(&mut self, now_ms: i64, retry_after: Option<Duration>, jitter: f64) -> i64 {
        if now_ms >= self.closed_until {
            self.failures = self.failures.saturating_add(1);
        }
        let doubled = self.rest.saturating_mul(1 << self.failures.saturating_sub(1).min(10)).min(self.longest);
        let wait = doubled.mul_f64(0.5 + jitter / 2.0).max(retry_after.unwrap_or_default());
        if self.failures >= OPENS_AFTER || retry_after.is_some() {
            return self.close(now_ms, wait);
        }
        later(now_ms, wait)
    }

    fn close(&mut self, now_ms: i64, wait: Duration) -> i64 {
        self.closed_until = self.closed_until.max(later(now_ms, wait));
        self.closed_until
    }

    /// The clock was turned back.
    pub(super) fn turn_back(&mut self, by_ms: i64) {
        self.closed_until = self.closed_until.saturating_sub(by_ms);
        self.last_limited = self.last_limited.saturating_sub(by_ms);
    }

    /// Somebody says that it works again.
    pub(super) fn reopen(&mut self) {
        self.closed_until = i64::MIN;
    }

    /// Whether it is left alone after failures.
    pub(super) fn is_resting(&self) -> bool {
        self.failures >= OPENS_AFTER
    }
}

pub(super) fn later(now_ms: i64, wait: Duration) -> i64 {
    now_ms.saturating_add(millis(wait))
}

pub(super) fn millis(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_while_it_answers_fewer_when_it_is_too_much() {
        let mut budget = Budget::new(8, Duration::from_secs(5), Duration::from_mins(5));
        (0..200).for_each(|_| budget.answered());
        assert_eq!(budget.free(0), 8);
        budget.begin(3);
        assert_eq!(budget.free(0), 5);
        assert_eq!(budget.limited(1_000, Some(Duration::from_secs(7))), 8_000);
        budget.limited(1_001, Some(Duration::from_secs(3)));
        assert_eq!((budget.free(7_999), budget.reopens(7_999)), (0, Some(8_000)));
        assert_eq!(budget.free(8_000), 1, "half of eight, less three in hand");
    }

    #[test]
    fn what_is_down_is_left_alone_and_then_asked_once() {
        let mut budget = Budget::new(8, Duration::from_secs(5), Duration::from_mins(5));
        budget.failed(0, None, 1.0);
        budget.failed(0, None, 1.0);
        assert!(budget.free(0) > 0, "twice is chance");
        let until = budget.failed(0, None, 1.0);
        assert_eq!((budget.free(until - 1), budget.free(until)), (0, 1));
        let longer = budget.failed(until, None, 1.0);
        assert!(longer - until > until, "{until} {longer}");
        budget.answered();
        assert!(!budget.is_resting());
        for _ in 0..40 {
            let now = budget.closed_until.max(0);
            assert!(budget.failed(now, None, 1.0) - now <= 300_000);
        }
    }
}
