//! Keeping the address book in step with what stands upstream.
//!
//! One lane a connector: a schedule, one run at a time, its progress and its trouble. Owns when to ask
//! and what to keep; what an upstream says is the connector's ([`connectors`](crate::connectors)), the
//! tables are the storage's. A run never holds up an answer to the widget: those come from the tables.

pub mod create;
mod engine;
pub mod lane;
pub mod local;
mod mapping;
mod outcome;
pub mod preview;
mod schedule;
mod sweep;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::ConnectorConfig;
use crate::connectors::SharedConnector;
use crate::domain::clock::SharedClock;
use crate::domain::phone::Region;
use crate::storage::Storage;

pub use create::CreateError;
pub use lane::Lane;
pub use outcome::{Phase, Progress, RunError, RunOptions, RunReport};

/// Who is told that contacts changed: the numbers concerned.
pub type Audience = Arc<dyn Fn(Vec<String>) + Send + Sync>;

/// What lanes share.
#[derive(Clone)]
pub struct Means {
    /// The database.
    pub storage: Storage,
    /// Time.
    pub clock: SharedClock,
    /// Who is told of changes.
    pub audience: Audience,
    /// The country of national spellings where a connector has none of its own.
    pub region: Option<Region>,
    /// The end of the daemon.
    pub closing: CancellationToken,
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sync::Means")
    }
}

/// A connector of the configuration: ready, or why it cannot be.
#[derive(Debug, Clone)]
pub struct Configured {
    /// Its section.
    pub config: ConnectorConfig,
    /// Itself, or words for the administrator.
    pub connector: Result<SharedConnector, String>,
}

/// All connectors, and the built-in address book. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Syncs {
    means: Means,
    local: local::Local,
    lanes: Arc<BTreeMap<String, Arc<Lane>>>,
    broken: Arc<BTreeMap<String, String>>,
}

impl Syncs {
    /// Lanes for what is configured; none runs yet.
    pub fn new(configured: BTreeMap<String, Configured>, means: Means) -> Self {
        let mut lanes = BTreeMap::new();
        let mut broken = BTreeMap::new();
        for (id, Configured { config, connector }) in configured {
            match connector {
                Ok(connector) => {
                    let lane = Lane::new(&id, connector, config, means.region);
                    lanes.insert(id, Arc::new(lane));
                }
                Err(words) => {
                    broken.insert(id, words);
                }
            }
        }
        let local = local::Local::new(means.storage.clone(), means.clock.clone(), means.region);
        Self { means, local, lanes: Arc::new(lanes), broken: Arc::new(broken) }
    }

    /// Starts every lane's schedule.
    pub fn start(&self, tasks: &TaskTracker) {
        for lane in self.lanes.values() {
            tasks.spawn(schedule::run(lane.clone(), self.means.clone()));
        }
        for (id, words) in &*self.broken {
            tracing::error!(connector = id, reason = words, "this connector cannot be used");
        }
    }

    /// Connectors that can be used, in the order of their ids.
    pub fn lanes(&self) -> impl Iterator<Item = &Arc<Lane>> {
        self.lanes.values()
    }

    /// One of them.
    pub fn find_lane(&self, id: &str) -> Option<&Arc<Lane>> {
        self.lanes.get(id)
    }

    /// The built-in address book.
    pub fn local(&self) -> &local::Local {
        &self.local
    }

    /// Connectors that cannot be used, with why.
    pub fn broken(&self) -> &BTreeMap<String, String> {
        &self.broken
    }

    /// Looks for changes now, beside a schedule that does not run: what the command line does when no
    /// daemon answers.
    pub async fn run_alone(&self, lane: &Lane, options: RunOptions) -> Result<RunReport, RunError> {
        lane.run(&self.means, options).await
    }

    /// What a full listing of a connector would change; nothing is written.
    pub async fn preview(&self, lane: &Lane) -> Result<preview::Preview, RunError> {
        preview::preview(lane, &self.means).await
    }
}
