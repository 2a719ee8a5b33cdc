//! Reads threads that something was told of, one at a time, and keeps them as conversations. What fails is
//! tried again later; a community that asks for fewer requests is left alone meanwhile.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

use super::contents::{content, of_one_visitor};
use super::digital::{Digital, ReadProblem};
use super::linking::{Link, link};
use crate::config::Config;
use crate::config::engage::CommunityConfig;
use crate::domain::clock::SharedClock;
use crate::domain::engage_thread::{DueThread, ThreadRead};
use crate::domain::identity::{Channel, Seen};
use crate::domain::json;
use crate::outbound::Outbound;
use crate::storage::{Storage, StorageError};

/// Threads that are asked for at once.
const MOST: i64 = 50;
/// First wait after a failure, in ms; it doubles.
const FIRST_WAIT_MS: i64 = 5_000;
/// Longest wait, in ms.
const LONGEST_WAIT_MS: i64 = 15 * 60_000;
/// Longest sleep between two looks.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// The reader. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    config: Arc<Config>,
    storage: Storage,
    outbound: Outbound,
    clock: SharedClock,
    news: Arc<Notify>,
    /// Until when communities are left alone, Unix ms. Held while threads are read: one run at a time.
    resting: Arc<Mutex<HashMap<String, i64>>>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadRun {
    /// Threads that were read.
    pub read: u32,
    /// Threads that could not be read.
    pub failed: u32,
}

impl Reader {
    /// Of the configured communities.
    pub fn new(config: Arc<Config>, storage: Storage, outbound: Outbound, clock: SharedClock) -> Self {
        Self { config, storage, outbound, clock, news: Arc::default(), resting: Arc::default() }
    }

    /// Something was told.
    pub fn nudge(&self) {
        self.news.notify_one();
    }

    /// Reads as long as the daemon runs; nothing to do without a community.
    pub async fn follow(self, closing: CancellationToken) {
        if self.config.engage.communities.is_empty() {
            return;
        }
        loop {
            let sleep = match self.run().await {
                Ok(_) => self.until_next().await,
                Err(error) => {
                    tracing::warn!(%error, "threads of Engage cannot be looked for");
                    LONGEST_SLEEP
                }
            };
            tokio::select! {
                () = self.news.notified() => {}
                () = tokio::time::sleep(sleep) => {}
                () = closing.cancelled() => return,
            }
        }
    }

    async fn until_next(&self) -> Duration {
        let next = self.storage.next_engage_thread().await.ok().flatten();
        let wait = next.map_or(i64::MAX, |next| next.saturating_sub(self.clock.now_ms()));
        // What is due and rests is not looked for without a pause.
        Duration::from_millis(u64::try_from(wait).unwrap_or(0)).clamp(Duration::from_secs(1), LONGEST_SLEEP)
    }

    /// Reads what may be read now.
    pub async fn run(&self) -> Result<ReadRun, StorageError> {
        let mut resting = self.resting.lock().await;
        let mut done = ReadRun::default();
        loop {
            let due = self.storage.due_engage_threads(self.clock.now_ms(), MOST).await?;
            let mut read = 0;
            for thread in due {
                if self.read(&mut resting, &thread).await? {
                    read += 1;
                } else {
                    done.failed += 1;
                }
            }
            done.read += read;
            if read == 0 {
                return Ok(done);
            }
        }
    }

    /// True where the thread was read.
    async fn read(&self, resting: &mut HashMap<String, i64>, due: &DueThread) -> Result<bool, StorageError> {
        let now = self.clock.now_ms();
        let Some(community) = self.config.engage.communities.get(&due.community) else {
            let words = "its community is no longer configured".to_owned();
            self.storage.note_engage_failure(due.clone(), now + LONGEST_WAIT_MS, words).await?;
            return Ok(false);
        };
        if let Some(until) = resting.get(&due.community).filter(|until| **until > now) {
            let words = "the API asked for fewer requests".to_owned();
            self.storage.note_engage_failure(due.clone(), *until, words).await?;
            return Ok(false);
        }
        match self.thread(community, due).await? {
            Ok(read) => {
                self.storage.put_engage_thread(read).await?;
                Ok(true)
            }
            Err(problem) => {
                let wait = wait_ms(&problem, due.failures);
                if problem.rest.is_some() {
                    resting.insert(due.community.clone(), now + wait);
                }
                tracing::warn!(community = due.community, "a thread of Engage could not be read: {}", problem.words);
                self.storage.note_engage_failure(due.clone(), now + wait, problem.words).await?;
                Ok(false)
            }
        }
    }

    async fn thread(
        &self,
        community: &CommunityConfig,
        due: &DueThread,
    ) -> Result<Result<ThreadRead, ReadProblem>, StorageError> {
        let api = Digital { community, outbound: &self.outbound, clock: &self.clock };
        let mut records = match api.contents(&due.thread).await {
            Ok(records) => records,
            Err(problem) => return Ok(Err(problem)),
        };
        records.retain(|record| is_read(community, record));
        let places = 0_i64..;
        let contents = records.iter().zip(places).filter_map(|(record, place)| content(record, place)).collect();
        let (visitor, messages) = of_one_visitor(contents);
        let visitor = match visitor {
            None => None,
            Some(id) => match api.identity(&id).await {
                Ok(identity) => Some(self.seen(community, &due.community, id, identity).await?),
                Err(problem) => return Ok(Err(problem)),
            },
        };
        Ok(Ok(ThreadRead { due: due.clone(), visitor, messages }))
    }

    async fn seen(
        &self,
        community: &CommunityConfig,
        account: &str,
        id: String,
        identity: Option<Value>,
    ) -> Result<Seen, StorageError> {
        let mut seen = Seen::new(Channel::Engage, account, id);
        let Some(identity) = identity else { return Ok(seen) };
        let text = |key: &str| json::text(identity.get(key));
        let both = [text("firstname"), text("lastname")].into_iter().flatten().collect::<Vec<_>>().join(" ");
        seen.name = text("screenname").or(Some(both).filter(|name| !name.is_empty()));
        let mut facts = Map::new();
        for key in ["uuid", "email", "company"] {
            if let Some(value) = text(key) {
                facts.insert(key.to_owned(), value.into());
            }
        }
        seen.facts = facts;
        if let Some(uuid) = text("uuid") {
            let sites: Vec<_> = community
                .sites
                .iter()
                .filter_map(|id| Some((id.as_str(), self.config.engage.sites.get(id)?)))
                .collect();
            let Link { verified, contact, suggested } = link(&self.storage, &sites, &uuid).await?;
            (seen.verified, seen.contact, seen.suggested) = (verified, contact, suggested);
        }
        Ok(seen)
    }
}

/// Whether a content is of a source that is read.
fn is_read(community: &CommunityConfig, record: &Value) -> bool {
    let source = json::text(record.get("source_id"));
    community.sources.is_empty() || source.is_some_and(|source| community.sources.contains(&source))
}

fn wait_ms(problem: &ReadProblem, failures: i64) -> i64 {
    match problem.rest {
        Some(rest) => i64::try_from(rest.as_millis()).unwrap_or(LONGEST_WAIT_MS),
        None if problem.setup => LONGEST_WAIT_MS,
        None => FIRST_WAIT_MS.saturating_mul(1_i64 << failures.clamp(0, 10)).min(LONGEST_WAIT_MS),
    }
}
