//! The worker: claims what is due as far as the budgets go, lets it be attempted, and settles it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use rand::Rng;

use super::{Delivery, Inner, attempt, budget, fate, resolve};
use crate::domain::outbox::{OutboxEntry, Settlement};
use crate::domain::upstream::{Trouble, UpstreamError};
use crate::storage::StorageError;

/// How often due entries are looked for when nothing says that there are some.
const IDLE: Duration = Duration::from_secs(30);
/// The wait after the database failed.
const TROUBLED: Duration = Duration::from_secs(1);
/// Entries without a connector that are looked at together.
const OPEN_AT_ONCE: usize = 32;
/// How long attempts may go on when the daemon ends.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// A clock that goes back by more than this, in milliseconds, was set; by less, it was corrected.
const TURNED_BACK: i64 = 2_000;
/// A lease beyond the longest attempt.
const SPARE: Duration = Duration::from_secs(30);

impl Delivery {
    pub(super) async fn run(self) {
        let Inner { means, nudge, tasks, .. } = &*self.0;
        if let Err(error) = self.take_over().await {
            tracing::error!(%error, "what was in hand before is delivered when its lease ends");
        }
        loop {
            let wait = match self.round().await {
                Ok(_) => self.wait().await,
                Err(StorageError::Closed) => break,
                Err(error) => {
                    tracing::error!(%error, "deliveries wait for the database");
                    TROUBLED
                }
            };
            tokio::select! {
                () = nudge.notified() => {}
                () = means.storage.outbox_news() => {}
                () = tokio::time::sleep(wait) => {}
                () = means.closing.cancelled() => break,
            }
        }
        // What is under way is settled; what is not begun waits in the outbox.
        tasks.close();
        tasks.wait().await;
    }

    /// Takes over what a daemon before this one left behind.
    async fn take_over(&self) -> Result<(), StorageError> {
        let Inner { means, unclear, newest, .. } = &*self.0;
        if let Some(time) = means.storage.newest_outbox_time().await? {
            newest.fetch_max(time, Ordering::Relaxed);
        }
        self.heed_the_clock().await?;
        means.storage.free_outbox(budget::millis(self.longest()), budget::millis(*unclear)).await
    }

    /// Where the clock was turned back, what waits is turned back with it.
    async fn heed_the_clock(&self) -> Result<(), StorageError> {
        let Inner { means, lanes, newest, .. } = &*self.0;
        let now = means.clock.now_ms();
        let by = newest.load(Ordering::Relaxed).saturating_sub(now);
        if by > TURNED_BACK {
            tracing::warn!(seconds = by / 1000, "the clock was turned back: deliveries that wait follow it");
            means.storage.turn_back_outbox(by).await?;
            for lane in lanes.values() {
                lane.budget().turn_back(by);
            }
            newest.store(now, Ordering::Relaxed);
        } else {
            newest.fetch_max(now, Ordering::Relaxed);
        }
        Ok(())
    }

    /// How long nothing will be due.
    async fn wait(&self) -> Duration {
        let (storage, now) = (&self.0.means.storage, self.0.means.clock.now_ms());
        let mut next = storage.next_outbox_due(now, false).await.ok().flatten();
        if next.is_some_and(|due| due <= now) {
            // It is due and was not begun: its connector is full, which tells when it is not, or rests.
            let reopens = self.0.lanes.values().filter_map(|lane| lane.budget().reopens(now)).min();
            let later = storage.next_outbox_due(now, true).await.ok().flatten();
            next = Some(reopens.unwrap_or(now + 1000).min(later.unwrap_or(i64::MAX)));
        }
        let Some(next) = next else { return IDLE };
        Duration::from_millis(u64::try_from(next.saturating_sub(now)).unwrap_or(0))
            .clamp(Duration::from_millis(10), IDLE)
    }

    /// Begins what is due as far as the budgets go. How many were begun.
    pub(super) async fn round(&self) -> Result<usize, StorageError> {
        let Inner { means, lanes, turn, .. } = &*self.0;
        let _turn = turn.lock().await;
        self.heed_the_clock().await?;
        let until = budget::later(means.clock.now_ms(), self.lease());
        let mut begun = 0;
        for entry in means.storage.claim_outbox("", until, OPEN_AT_ONCE, Vec::new()).await? {
            begun += 1;
            let settlement = resolve::resolve(&self.0, &entry).await;
            self.settle(&entry, settlement).await?;
        }
        for lane in lanes.values() {
            let free = lane.budget().free(means.clock.now_ms());
            if free == 0 {
                continue;
            }
            let held = self.hands().iter().cloned().collect();
            let entries = means.storage.claim_outbox(&lane.id, until, free, held).await?;
            lane.budget().begin(entries.len());
            begun += entries.len();
            for entry in entries {
                self.hands().insert(entry.id.clone());
                let (delivery, id) = (self.clone(), lane.id.clone());
                self.0.tasks.spawn(async move { delivery.deliver(&id, entry).await });
            }
        }
        Ok(begun)
    }

    /// An attempt is several requests.
    fn longest(&self) -> Duration {
        self.0.answer * 4
    }

    fn lease(&self) -> Duration {
        self.longest() + SPARE
    }

    fn hands(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn deliver(&self, lane: &str, entry: OutboxEntry) {
        let Some(lane) = self.0.lanes.get(lane) else { return };
        let closing = async {
            self.0.means.closing.cancelled().await;
            tokio::time::sleep(LAST_WORDS).await;
        };
        let outcome = tokio::select! {
            outcome = tokio::time::timeout(self.longest(), attempt::attempt(&self.0, lane, &entry)) => {
                outcome.unwrap_or_else(|_| {
                    let words = format!("{} did not answer in time", lane.name);
                    Err(attempt::Failed::Upstream(UpstreamError::new(Trouble::Slow, words).unclear()))
                })
            }
            // It is still leased: the next daemon looks it up.
            () = closing => return,
        };
        let settlement = match outcome {
            Ok(settlement) => {
                lane.budget().answered();
                Some(settlement)
            }
            Err(attempt::Failed::Upstream(error)) => {
                let jitter = rand::rng().random_range(0.0..1.0);
                let now = self.0.means.clock.now_ms();
                let mut budget = lane.budget();
                let was_resting = budget.is_resting();
                let fate = fate::of(&error, entry.attempts + 1, &mut budget, now, jitter, self.0.unclear);
                if budget.is_resting() && !was_resting {
                    tracing::warn!(connector = %lane.id, %error, "deliveries rest until this connector answers again");
                }
                Some(fate)
            }
            Err(attempt::Failed::Storage(error)) => {
                tracing::error!(entry = %entry.id, %error, "a delivery stopped: the database failed");
                None
            }
        };
        if let Some(settlement) = settlement
            && let Err(error) = self.settle(&entry, settlement).await
        {
            // Its lease ends by itself, and then it is looked up.
            tracing::error!(entry = %entry.id, %error, "what became of a delivery could not be written");
        }
        self.0.endings.fetch_add(1, Ordering::SeqCst);
        self.hands().remove(&entry.id);
        lane.budget().end();
        self.0.ended.notify_waiters();
        self.nudge();
    }

    async fn settle(&self, entry: &OutboxEntry, settlement: Settlement) -> Result<(), StorageError> {
        let settled = self.0.means.storage.settle_outbox(entry, settlement).await?;
        if let Some(settled) = settled {
            (self.0.means.audience)(&settled);
        }
        Ok(())
    }
}
