//! Delivery: what was logged here reaches the CRM, exactly once.
//!
//! A log and its outbox entry are written in one transaction ([`storage`](crate::storage)); this room
//! claims entries by a lease, writes them through the connector and settles them. An attempt whose end
//! is not known (the connection broke, the daemon was killed) is looked up by our key before anything
//! is written again. Knows nothing of widgets or pages; those are told by the audience.

mod attempt;
mod budget;
mod compose;
mod fate;
mod log;
mod resolve;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono_tz::Tz;
use rand::Rng;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::delivery::{Nobody, Several};
use crate::config::{Config, ConnectorConfig};
use crate::connectors::SharedConnector;
use crate::domain::clock::SharedClock;
use crate::domain::credential::Whose;
use crate::domain::outbox::{OutboxEntry, Route, Routes, Settlement};
use crate::domain::phone::Region;
use crate::domain::upstream::{NewContact, UpdateLog, UpstreamError};
use crate::storage::{Storage, StorageError};
use budget::Budget;
use compose::Composer;

/// How often due entries are looked for when nothing says that there are some.
const IDLE: Duration = Duration::from_secs(30);
/// The wait after the database failed.
const TROUBLED: Duration = Duration::from_secs(1);
/// Entries without a connector that are looked at together.
const OPEN_AT_ONCE: usize = 32;
/// A lease beyond the longest attempt.
const SPARE: Duration = Duration::from_secs(30);

/// Who is told that entries stand otherwise than before.
pub type Audience = Arc<dyn Fn(&OutboxEntry) + Send + Sync>;

/// Makes a contact in a connector, upstream and here; its id here.
pub type Create = Arc<dyn Fn(String, Whose, NewContact) -> Creating + Send + Sync>;

/// A contact being made.
pub type Creating = Pin<Box<dyn Future<Output = Result<String, UpstreamError>> + Send>>;

/// What deliveries are made with.
#[derive(Clone)]
pub struct Means {
    /// The database.
    pub storage: Storage,
    /// Time.
    pub clock: SharedClock,
    /// Who is told.
    pub audience: Audience,
    /// For numbers that nobody has.
    pub create: Create,
    /// The country of national spellings.
    pub region: Option<Region>,
    /// The zone in which times are written.
    pub zone: Tz,
    /// The end of the daemon.
    pub closing: CancellationToken,
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("delivery::Means")
    }
}

/// One connector that takes logs.
#[derive(Debug)]
struct Lane {
    id: String,
    name: String,
    connector: SharedConnector,
    composer: Composer,
    route: Route,
    several: Several,
    nobody: Nobody,
    budget: Mutex<Budget>,
}

impl Lane {
    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All deliveries. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Delivery(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    means: Means,
    lanes: BTreeMap<String, Lane>,
    routes: Routes,
    /// The conflict rules where several connectors are concerned.
    several: Several,
    answer: Duration,
    unclear: Duration,
    nudge: Notify,
    /// An attempt has ended.
    ended: Notify,
    tasks: TaskTracker,
}

impl Delivery {
    /// Lanes for the connectors that take logs, and what is wrong with the others by their ids. From now
    /// on the database enqueues what is logged.
    pub fn new(
        config: &Config,
        connectors: BTreeMap<String, (ConnectorConfig, SharedConnector)>,
        means: Means,
    ) -> (Self, BTreeMap<String, String>) {
        let (mut lanes, mut broken) = (BTreeMap::new(), BTreeMap::new());
        for (id, (section, connector)) in connectors {
            match lane(config, &id, &section, connector) {
                Ok(Some(lane)) => {
                    lanes.insert(id, lane);
                }
                Ok(None) => {}
                Err(words) => {
                    broken.insert(id, words);
                }
            }
        }
        let delivery = &config.delivery;
        let routes = Routes {
            connectors: lanes.iter().map(|(id, lane)| (id.clone(), lane.route)).collect(),
            settle_ms: i64::from(delivery.settle_seconds) * 1000,
            finalise_ms: i64::from(delivery.finalise_minutes) * 60_000,
        };
        means.storage.route(routes.clone());
        let inner = Inner {
            means,
            lanes,
            routes,
            several: delivery.several,
            answer: Duration::from_secs(delivery.answer_seconds.into()),
            unclear: Duration::from_secs(delivery.unclear_seconds.into()),
            nudge: Notify::new(),
            ended: Notify::new(),
            tasks: TaskTracker::new(),
        };
        (Self(Arc::new(inner)), broken)
    }

    /// Begins to deliver, and goes on until the daemon ends.
    pub fn start(&self, tasks: &TaskTracker) {
        if !self.0.lanes.is_empty() {
            tasks.spawn(self.clone().run());
        }
    }

    /// Whether a connector takes logs.
    pub fn delivers_to(&self, connector: &str) -> bool {
        self.0.lanes.contains_key(connector)
    }

    /// Whether anything is delivered at all.
    pub fn is_idle(&self) -> bool {
        self.0.lanes.is_empty()
    }

    /// Looks for due entries now.
    pub fn nudge(&self) {
        self.0.nudge.notify_one();
    }

    /// A connector can be used again: what waited for that goes on.
    pub async fn resume(&self, connector: &str) -> Result<(), StorageError> {
        let Some(lane) = self.0.lanes.get(connector) else { return Ok(()) };
        lane.budget().reopen();
        self.0.means.storage.resume_outbox(connector).await?;
        self.nudge();
        Ok(())
    }

    /// Tries an entry again now. `None` where there is none.
    pub async fn retry(&self, id: &str) -> Result<Option<OutboxEntry>, StorageError> {
        let entry = self.0.means.storage.retry_outbox(id).await?;
        if let Some(lane) = entry.as_ref().and_then(|entry| self.0.lanes.get(&entry.connector)) {
            lane.budget().reopen();
        }
        self.nudge();
        Ok(entry)
    }

    /// Delivers what is due now, until nothing is: for the command line, and for tests.
    pub async fn drain(&self) -> Result<(), StorageError> {
        loop {
            let begun = self.round().await?;
            loop {
                let mut ended = pin!(self.0.ended.notified());
                ended.as_mut().enable();
                if self.in_hand() == 0 {
                    break;
                }
                ended.await;
            }
            if begun == 0 {
                return Ok(());
            }
        }
    }

    fn in_hand(&self) -> usize {
        self.0.lanes.values().map(|lane| lane.budget().in_hand()).sum()
    }

    async fn run(self) {
        let Inner { means, nudge, tasks, unclear, answer, .. } = &*self.0;
        let grace = i64::try_from((*unclear + *answer).as_millis()).unwrap_or(i64::MAX);
        if let Err(error) = means.storage.free_outbox(grace).await {
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

    /// How long nothing will be due.
    async fn wait(&self) -> Duration {
        let now = self.0.means.clock.now_ms();
        let due = self.0.means.storage.next_outbox_due().await.ok().flatten();
        let reopens = self.0.lanes.values().filter_map(|lane| lane.budget().reopens(now)).min();
        let Some(due) = due else { return IDLE };
        let next = if due <= now { reopens.unwrap_or(now + 1000) } else { due };
        Duration::from_millis(u64::try_from(next.saturating_sub(now)).unwrap_or(0))
            .clamp(Duration::from_millis(10), IDLE)
    }

    /// Begins what is due as far as the budgets go. How many were begun.
    async fn round(&self) -> Result<usize, StorageError> {
        let Inner { means, lanes, .. } = &*self.0;
        let until = budget::later(means.clock.now_ms(), self.lease());
        let mut begun = 0;
        for entry in means.storage.claim_outbox("", until, OPEN_AT_ONCE).await? {
            begun += 1;
            let settlement = resolve::resolve(&self.0, &entry).await;
            self.settle(&entry, settlement).await?;
        }
        for lane in lanes.values() {
            let free = lane.budget().free(means.clock.now_ms());
            if free == 0 {
                continue;
            }
            let entries = means.storage.claim_outbox(&lane.id, until, free).await?;
            lane.budget().begin(entries.len());
            begun += entries.len();
            for entry in entries {
                let (delivery, id) = (self.clone(), lane.id.clone());
                self.0.tasks.spawn(async move { delivery.deliver(&id, entry).await });
            }
        }
        Ok(begun)
    }

    /// An attempt is several requests; each ends within `answer`.
    fn lease(&self) -> Duration {
        self.0.answer * 8 + SPARE
    }

    async fn deliver(&self, lane: &str, entry: OutboxEntry) {
        let Some(lane) = self.0.lanes.get(lane) else { return };
        let outcome = attempt::attempt(&self.0, lane, &entry).await;
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
        lane.budget().end();
        self.0.ended.notify_waiters();
        self.nudge();
    }

    async fn settle(&self, entry: &OutboxEntry, settlement: Settlement) -> Result<(), StorageError> {
        let settled = self.0.means.storage.settle_outbox(&entry.id, settlement).await?;
        if let Some(settled) = settled {
            (self.0.means.audience)(&settled);
        }
        Ok(())
    }
}

/// The lane of a connector; none where it takes no logs.
fn lane(
    config: &Config,
    id: &str,
    section: &ConnectorConfig,
    connector: SharedConnector,
) -> Result<Option<Lane>, String> {
    let (logs, all, capabilities) = (&section.logs, &config.delivery, connector.capabilities());
    let (calls, messages) =
        (logs.calls && capabilities.write_call_log, logs.messages && capabilities.write_message_log);
    if !calls && !messages {
        return Ok(None);
    }
    let nobody = logs.nobody.unwrap_or(all.nobody);
    let read = |file: &str| match file {
        "" => Ok(None),
        file => std::fs::read_to_string(file).map(Some).map_err(|error| format!("cannot read {file}: {error}")),
    };
    let composer = Composer::new(
        logs.format.unwrap_or(capabilities.log_format),
        logs.lines.as_ref().unwrap_or(&all.lines),
        read(&logs.call_template)?,
        read(&logs.message_template)?,
    )?;
    let route = Route {
        calls,
        messages,
        unassigned: nobody == Nobody::Log,
        patient: capabilities.update_log != UpdateLog::Replace,
    };
    Ok(Some(Lane {
        id: id.to_owned(),
        name: section.display_name(id).to_owned(),
        connector,
        composer,
        route,
        several: logs.several.unwrap_or(all.several),
        nobody,
        budget: Mutex::new(Budget::new(usize::try_from(all.parallel).unwrap_or(4))),
    }))
}
