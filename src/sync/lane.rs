//! A lane: one connector with its schedule, its progress, and whoever waits for its next run.

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use tokio::sync::{Notify, watch};

use super::engine::Run;
use super::mapping::Mapping;
use super::outcome::{Progress, RunError, RunOptions, RunReport};
use super::{Means, RunReport as Report};
use crate::config::ConnectorConfig;
use crate::connectors::SharedConnector;
use crate::domain::hex::hex;
use crate::domain::phone::Region;
use crate::domain::upstream::UpstreamError;

/// One connector's lane.
#[derive(Debug)]
pub struct Lane {
    id: String,
    name: String,
    config: ConnectorConfig,
    connector: SharedConnector,
    pub(super) mapping: Mapping,
    pub(super) fingerprint: String,
    pub(super) progress: watch::Sender<Progress>,
    wishes: Mutex<Wishes>,
    pub(super) wake: Notify,
    finished: watch::Sender<u64>,
    last: Mutex<Option<Result<Report, RunError>>>,
}

#[derive(Debug, Default)]
struct Wishes {
    options: RunOptions,
    asked: bool,
    running: bool,
}

impl Lane {
    pub(super) fn new(id: &str, connector: SharedConnector, config: ConnectorConfig, region: Option<Region>) -> Self {
        let mapping = Mapping::new(id, &config, region);
        Self {
            name: config.display_name(id).to_owned(),
            id: id.to_owned(),
            fingerprint: fingerprint(&connector, &config, &mapping),
            config,
            connector,
            mapping,
            progress: watch::Sender::new(Progress::default()),
            wishes: Mutex::default(),
            wake: Notify::new(),
            finished: watch::Sender::new(0),
            last: Mutex::default(),
        }
    }

    /// Its id in the configuration.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its section of the configuration.
    pub fn config(&self) -> &ConnectorConfig {
        &self.config
    }

    /// What it talks to.
    pub fn connector(&self) -> &SharedConnector {
        &self.connector
    }

    /// How far it is, now and later.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Whether a run is under way.
    pub fn is_running(&self) -> bool {
        self.wishes().running
    }

    /// Asks for a run soon: a webhook came, or a credential is good again.
    pub fn hint(&self) {
        self.wishes().asked = true;
        self.wake.notify_one();
    }

    /// Asks for a run that begins after this call, and waits for its end. Many who ask share one.
    pub async fn sync_now(&self, options: RunOptions) -> Result<RunReport, RunError> {
        let mut finished = self.finished.subscribe();
        let target = {
            let mut wishes = self.wishes();
            wishes.options = wishes.options.and(options);
            wishes.asked = true;
            // A run under way began before this call.
            *finished.borrow_and_update() + if wishes.running { 2 } else { 1 }
        };
        self.wake.notify_one();
        if finished.wait_for(|count| *count >= target).await.is_err() {
            return Err(RunError::Stopped);
        }
        lock(&self.last).clone().unwrap_or(Err(RunError::Stopped))
    }

    /// Runs once and keeps the result for whoever waits.
    pub(super) async fn run(&self, means: &Means, options: RunOptions) -> Result<RunReport, RunError> {
        let options = {
            let mut wishes = self.wishes();
            wishes.running = true;
            wishes.asked = false;
            std::mem::take(&mut wishes.options).and(options)
        };
        // A fault of ours in one record must not end the lane for good.
        let run = AssertUnwindSafe(Run::new(self, means, options).run()).catch_unwind();
        let result = tokio::select! {
            result = run => result.unwrap_or_else(|_| Err(RunError::broken("a fault of Trunkline: see the log"))),
            () = means.closing.cancelled() => Err(RunError::Stopped),
        };
        if let Err(RunError::Upstream(error)) = &result {
            self.keep_trouble(means, error).await;
        }
        self.progress.send_replace(Progress::default());
        *lock(&self.last) = Some(result.clone());
        self.wishes().running = false;
        self.finished.send_modify(|count| *count += 1);
        result
    }

    async fn keep_trouble(&self, means: &Means, error: &UpstreamError) {
        let kept = async {
            let mut state = means.storage.find_connector_state(&self.id).await?.unwrap_or_default();
            state.note_trouble(error, means.clock.now_ms());
            let write = crate::storage::connectors::SyncWrite {
                connector: self.id.clone(),
                state: Some(state),
                ..Default::default()
            };
            means.storage.write_sync(write).await
        };
        if let Err(error) = kept.await {
            tracing::warn!(connector = self.id, %error, "the state of the sync could not be kept");
        }
    }

    /// Whether somebody asked while no run was under way.
    pub(super) fn is_asked(&self) -> bool {
        self.wishes().asked
    }

    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        lock(&self.wishes)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Of everything that decides what a record looks like here. Secrets are not part of it: a new
/// password is no reason to map every contact anew.
fn fingerprint(connector: &SharedConnector, config: &ConnectorConfig, mapping: &Mapping) -> String {
    let text = format!(
        "{} {} {:?} {} {}",
        config.kind.name(),
        config.url,
        config.vars,
        mapping.fingerprint(),
        connector.fingerprint()
    );
    hex(&Sha256::digest(text.as_bytes())[..8])
}
