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
mod lane;
mod log;
mod resolve;
mod session;
mod wishes;
mod work;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono_tz::Tz;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::delivery::Several;
use crate::config::{Config, ConnectorConfig};
use crate::connectors::SharedConnector;
use crate::domain::clock::SharedClock;
use crate::domain::credential::Whose;
use crate::domain::outbox::{OutboxEntry, Routes};
use crate::domain::phone::Region;
use crate::domain::setting::Setting;
use crate::domain::upstream::{LogKind, NewContact, UpstreamError};
use crate::storage::{Storage, StorageError};
use lane::{Lane, lane};

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
    /// Our own address, where CRMs are given ours for what is kept here.
    pub own_address: Arc<dyn Fn() -> Option<String> + Send + Sync>,
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

/// All deliveries. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Delivery(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    means: Means,
    lanes: BTreeMap<String, Lane>,
    routes: Routes,
    settings: Vec<Setting>,
    /// The administrator's own fields of both log forms.
    call_fields: Vec<Setting>,
    message_fields: Vec<Setting>,
    /// The conflict rules where several connectors are concerned.
    several: Several,
    answer: Duration,
    unclear: Duration,
    rest: Duration,
    nudge: Notify,
    /// One round at a time.
    turn: tokio::sync::Mutex<()>,
    /// Entries of attempts under way: a lease may end while the clock jumps, the attempt does not.
    in_hand: Mutex<BTreeSet<String>>,
    /// The newest time a round saw, Unix ms.
    newest: AtomicI64,
    /// An attempt has ended.
    ended: Notify,
    /// How many have.
    endings: AtomicU64,
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
        let settings = if lanes.is_empty() { Vec::new() } else { wishes::settings(delivery) };
        let inner = Inner {
            means,
            settings,
            call_fields: config.service.call_fields.clone(),
            message_fields: config.service.message_fields.clone(),
            lanes,
            routes,
            several: delivery.several,
            answer: Duration::from_secs(delivery.answer_seconds.into()),
            unclear: Duration::from_secs(delivery.unclear_seconds.into()),
            rest: Duration::from_secs(delivery.rest_seconds.into()),
            nudge: Notify::new(),
            turn: tokio::sync::Mutex::default(),
            in_hand: Mutex::default(),
            newest: AtomicI64::new(i64::MIN),
            ended: Notify::new(),
            endings: AtomicU64::new(0),
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

    /// What operators may choose for themselves; nothing where nothing is delivered.
    pub fn settings(&self) -> &[Setting] {
        &self.0.settings
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
        let entry = self.0.means.storage.retry_outbox(id, budget::millis(self.0.unclear)).await?;
        if let Some(lane) = entry.as_ref().and_then(|entry| self.0.lanes.get(&entry.connector)) {
            lane.budget().reopen();
        }
        self.nudge();
        Ok(entry)
    }

    /// Delivers what is due now, until nothing is: for the command line, and for tests.
    pub async fn drain(&self) -> Result<(), StorageError> {
        loop {
            let before = self.0.endings.load(Ordering::SeqCst);
            let mut idle = self.round().await? == 0;
            loop {
                let mut ended = pin!(self.0.ended.notified());
                ended.as_mut().enable();
                if self.in_hand() == 0 {
                    break;
                }
                // Somebody else had begun it; what follows it is due now.
                idle = false;
                ended.await;
            }
            if idle && self.0.endings.load(Ordering::SeqCst) == before {
                return Ok(());
            }
        }
    }

    fn in_hand(&self) -> usize {
        self.0.lanes.values().map(|lane| lane.budget().in_hand()).sum()
    }
}

impl Inner {
    fn fields_of(&self, kind: LogKind) -> &[Setting] {
        match kind {
            LogKind::Call => &self.call_fields,
            LogKind::Message => &self.message_fields,
        }
    }
}
