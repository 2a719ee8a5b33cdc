//! When a lane runs: at the start, every so often, when somebody asks, and after trouble with growing
//! patience.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng;

use super::outcome::RunError;
use super::{Lane, Means, RunOptions, RunReport};
use crate::domain::upstream::Trouble;

/// Of an upstream that must list everything to find a change: not every minute.
const LISTING: Duration = Duration::from_mins(15);
/// The first wait after trouble; it doubles.
const FIRST: Duration = Duration::from_secs(5);
/// The longest wait after trouble that heals by itself.
const LONGEST: Duration = Duration::from_mins(5);
/// The wait where a person must do something; what they do wakes the lane where it can be noticed.
const FOR_A_PERSON: Duration = Duration::from_mins(5);
/// A server that names no time for its limit.
const LIMITED: Duration = Duration::from_mins(1);

pub(super) async fn run(lane: Arc<Lane>, means: Means) {
    let mut failures = 0;
    loop {
        let result = lane.run(&means, RunOptions::default()).await;
        note(&lane, &result);
        failures = if result.is_ok() { 0 } else { failures + 1 };
        let incremental = lane.connector().capabilities().incremental;
        let every = Duration::from_secs(u64::from(lane.config().sync_seconds));
        let every = if incremental { every } else { every.max(LISTING) };
        let wait = patience(&result, failures, every).mul_f64(rand::rng().random_range(0.9..1.1));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = asked(&lane) => {}
            () = means.closing.cancelled() => return,
        }
    }
}

/// Somebody asks, or asked while a run was under way that could not know of it.
async fn asked(lane: &Lane) {
    while !lane.is_asked() {
        lane.wake.notified().await;
    }
}

fn note(lane: &Lane, result: &Result<RunReport, RunError>) {
    let connector = lane.id();
    match result {
        Ok(report) if report.upserted + report.deleted > 0 || report.full => {
            tracing::info!(
                connector,
                received = report.received,
                changed = report.upserted,
                deleted = report.deleted,
                refused = report.refused,
                full = report.full,
                "synced"
            );
        }
        Ok(_) | Err(RunError::Stopped) => {}
        Err(error) => tracing::warn!(connector, %error, fix = error.fix(), "the sync did not end well"),
    }
}

/// How long to wait after a run, before the jitter.
fn patience(result: &Result<RunReport, RunError>, failures: u32, every: Duration) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST);
    match result {
        Ok(_) => every,
        Err(RunError::Upstream(error)) => match error.trouble {
            Trouble::RateLimited => error.retry_after.unwrap_or(LIMITED),
            Trouble::Unauthorized | Trouble::Forbidden => FOR_A_PERSON,
            _ => doubled.max(error.retry_after.unwrap_or_default()),
        },
        Err(_) => doubled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::upstream::UpstreamError;

    #[test]
    fn patience_grows_with_trouble_and_obeys_the_server() {
        let every = Duration::from_mins(1);
        let failed = |trouble, wait| Err(RunError::Upstream(UpstreamError::new(trouble, "x").retry_after(wait)));
        let seconds = |result: &Result<RunReport, RunError>, failures| patience(result, failures, every).as_secs();
        assert_eq!(seconds(&Ok(RunReport::default()), 0), 60);
        let down = failed(Trouble::Down, None);
        assert_eq!([1, 2, 3, 20, u32::MAX].map(|n| seconds(&down, n)), [5, 10, 20, 300, 300]);
        assert_eq!(seconds(&failed(Trouble::RateLimited, Some(Duration::from_secs(7))), 1), 7);
        assert_eq!(seconds(&failed(Trouble::RateLimited, None), 1), 60);
        assert_eq!(seconds(&failed(Trouble::Down, Some(Duration::from_mins(20))), 1), 1200);
        assert_eq!(seconds(&failed(Trouble::Unauthorized, None), 1), 300);
    }
}
