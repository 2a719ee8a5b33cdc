//! Media of logs, kept before their links die: which are fetched, from where, how they get into the
//! store, how long they stay.
//!
//! A post of the widget names files and brings the operator's token. The row of each is written with its
//! log ([`storage::media`](crate::storage::media)), without the token; right after that the file is
//! fetched. Tokens are held in memory only: after a restart a file waits for the next post of its
//! operator that brings one. Knows nothing of who may listen: that is the HTTP edge's.

pub mod address;
mod allow;
mod content;
mod fetch;
mod keep;
mod landing;
mod queue;
pub mod store;
mod tokens;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, MediaConfig, MediaLink};
use crate::domain::clock::SharedClock;
use crate::domain::media::{MediaKind, MediaNote, MediaState, Reference, of_call, of_conversation};
use crate::storage::{Storage, StorageError};
use address::{Judge, Resolver, SystemResolver, is_public};
use allow::AllowList;
pub use content::{extension, is_shown};
use fetch::{Doors, Fetcher};
pub use keep::Swept;
use store::{Store, StoreError};
use tokens::Tokens;

const DAY_MS: i64 = 24 * 3_600_000;

/// What is outside of the room, and how long it is waited for.
#[derive(Debug, Clone)]
pub struct World {
    /// Finds addresses.
    pub resolver: Arc<dyn Resolver>,
    /// Says which addresses may be connected to.
    pub judge: Judge,
    /// Certificates that are trusted beside the system's.
    pub roots: Vec<reqwest::Certificate>,
    /// A proxy, as a URL.
    pub proxy: Option<String>,
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest silence of a server in the middle of a file.
    pub silence: Duration,
    /// The wait before the second attempt; each further one is four times as long.
    pub retry: Duration,
    /// Longest time for one file, where it is not the configured one.
    pub whole: Option<Duration>,
}

impl World {
    /// The real one.
    pub fn real(proxy: Option<String>) -> Self {
        Self {
            resolver: Arc::new(SystemResolver),
            judge: is_public,
            roots: Vec::new(),
            proxy,
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            retry: Duration::from_secs(2),
            whole: None,
        }
    }
}

/// What the room is made with.
#[derive(Debug)]
pub struct Parts {
    /// Where rows are kept.
    pub storage: Storage,
    /// Time.
    pub clock: SharedClock,
    /// Files under way are given up at the end of the service, and waited for.
    pub tasks: TaskTracker,
    /// The end of the service.
    pub closing: CancellationToken,
    /// What is outside.
    pub world: World,
}

/// Something of a file went wrong.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Media(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: MediaConfig,
    storage: Storage,
    clock: SharedClock,
    tasks: TaskTracker,
    closing: CancellationToken,
    world: World,
    fetcher: Fetcher,
    /// None where nothing is fetched and nothing ever was.
    store: Option<Store>,
    tokens: Tokens,
    slots: Semaphore,
    /// Files under way, by row.
    busy: Mutex<HashSet<String>>,
    /// Operators whose token the vendor asked to spare, and until when.
    spared: Mutex<HashMap<String, Instant>>,
    /// Tasks that are not finished.
    open: watch::Sender<usize>,
    /// Naming a file and deleting one do not happen at once: they could be the same bytes.
    naming: tokio::sync::Mutex<()>,
}

impl Media {
    /// Opens the store. In words why it cannot be opened.
    pub fn open(config: &Config, database: &Path, parts: Parts) -> Result<Self, String> {
        let Parts { storage, clock, tasks, closing, world } = parts;
        let media = config.media.clone();
        let proxy = world.proxy.as_deref();
        let doors = Doors {
            resolver: world.resolver.clone(),
            judge: world.judge,
            roots: &world.roots,
            proxy,
            silence: world.silence,
            connect: world.connect,
        };
        let largest = u64::from(media.max_file_mb) * 1_000_000;
        let fetcher = Fetcher::new(AllowList::new(&media.hosts, &media.allowed_hosts), largest, &doors)?;
        let store = if media.fetch || Store::exists(&media, database) {
            Some(Store::open(&media, database, proxy)?)
        } else {
            None
        };
        Ok(Self(Arc::new(Inner {
            slots: Semaphore::new(usize::try_from(media.concurrency).unwrap_or(1)),
            config: media,
            storage,
            clock,
            tasks,
            closing,
            fetcher,
            store,
            world,
            tokens: Tokens::default(),
            busy: Mutex::default(),
            spared: Mutex::default(),
            open: watch::channel(0).0,
            naming: tokio::sync::Mutex::default(),
        })))
    }

    /// The files that a call logger's body names. To be read before the body is cleaned.
    pub fn of_call(&self, body: &Map<String, Value>) -> Asked {
        self.plan(of_call(body))
    }

    /// The files that a message logger's body names. To be read before the body is cleaned.
    pub fn of_conversation(&self, body: &Map<String, Value>) -> Asked {
        self.plan(of_conversation(body))
    }

    /// The store, where there is one.
    pub fn store(&self) -> Option<&Store> {
        self.0.store.as_ref()
    }

    /// Whether files are fetched.
    pub fn fetches(&self) -> bool {
        self.0.config.fetch
    }

    /// Which address a CRM is given of a stored file: `true` for ours.
    pub fn gives_own_address(&self) -> bool {
        self.0.config.link == MediaLink::Stored
    }

    /// Resolves when no file is under way.
    pub async fn idle(&self) {
        // The sender lives as long as `self`.
        drop(self.0.open.subscribe().wait_for(|open| *open == 0).await);
    }

    fn plan(&self, mut references: Vec<Reference>) -> Asked {
        for reference in &mut references {
            let (state, words) = self.decide(reference);
            reference.note.state = state;
            reference.note.words = words;
        }
        Asked(references)
    }

    fn decide(&self, reference: &Reference) -> (MediaState, String) {
        let note = &reference.note;
        if !self.0.config.fetch {
            return (MediaState::LinkOnly, "Only the vendor's link is kept: media.fetch is off.".into());
        }
        if let Err(words) = self.0.fetcher.check(&note.uri) {
            return (MediaState::LinkOnly, format!("Only the vendor's link is kept: {words}."));
        }
        let oldest = self.oldest_kept(note.kind);
        if note.made_at > 0 && oldest.is_some_and(|oldest| note.made_at < oldest) {
            let words =
                format!("Only the vendor's link is kept: it is older than {}.", days_of(&self.0.config, note.kind));
            return (MediaState::LinkOnly, words);
        }
        let words = match reference.token {
            Some(_) => "It is being fetched.",
            None => WAITING,
        };
        (MediaState::Wanted, words.into())
    }

    /// Unix ms before which files of a kind are not kept.
    fn oldest_kept(&self, kind: MediaKind) -> Option<i64> {
        let days = i64::from(self.0.config.retention.days(kind));
        (days > 0).then(|| self.0.clock.now_ms() - days * DAY_MS)
    }
}

/// The words of a file without a token.
const WAITING: &str =
    "It waits for the next log of its operator that brings a token: the widget's own is needed to fetch it.";

fn days_of(config: &MediaConfig, kind: MediaKind) -> String {
    format!("media.retention.{}_days = {}", kind.word(), config.retention.days(kind))
}

/// The files of one post, with what opens them.
#[derive(Debug)]
pub struct Asked(Vec<Reference>);

impl Asked {
    /// What storage is told of them.
    pub fn notes(&self) -> Vec<MediaNote> {
        self.0.iter().map(|reference| reference.note.clone()).collect()
    }

    /// Whether the post names no file.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
