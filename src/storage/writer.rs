//! The one writer: jobs from everywhere, committed in groups, acknowledged after the commit.
//!
//! While one transaction is on its way to the disk the next jobs queue up and share the following
//! one, so that durability (`synchronous = full`) costs one flush for many. A group that fails is run
//! again job by job, so that one bad job fails alone.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use sqlx::{Connection, SqliteConnection};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::batch;
use super::connectors::SyncWrite;
use super::contact_batch::{BatchOutcome, ContactBatch};
use super::conversation_write::ConversationJob;
use super::credentials::CredentialJob;
use super::engage::{EngageDone, EngageJob};
use super::error::StorageError;
use super::media_rows::{MediaJob, Removed};
use super::number_index::NumberIndex;
use super::outbox::OutboxJob;
use super::roxchat::{RoxchatDone, RoxchatJob};
use crate::domain::call_log::{CallLog, CallPost};
use crate::domain::clock::SharedClock;
use crate::domain::message_log::MessagePost;
use crate::domain::outbox::{OutboxEntry, Routes};

/// Jobs that share one transaction at most.
const GROUP: usize = 32;
/// Jobs that wait at most; further callers wait for a place.
const QUEUE: usize = 4096;

/// Before the routes are known.
static NOWHERE: Routes = Routes { connectors: BTreeMap::new(), settle_ms: 0, finalise_ms: 0 };

/// One write.
#[derive(Debug, Clone)]
pub(super) enum Job {
    Contacts(Arc<ContactBatch>),
    Sync(Arc<SyncWrite>),
    CallPost {
        operator: String,
        post: Arc<CallPost>,
    },
    MessagePost {
        operator: String,
        post: Arc<MessagePost>,
    },
    Settings {
        operator: String,
        values: Vec<(String, String)>,
    },
    Authorized {
        operator: String,
        authorized: bool,
    },
    Invite {
        operator: String,
        kind: &'static str,
        body: String,
    },
    ForgetConnector {
        connector: String,
    },
    Conversation(ConversationJob),
    Roxchat(Arc<RoxchatJob>),
    Credential(CredentialJob),
    Outbox(OutboxJob),
    Media(Arc<MediaJob>),
    Engage(Arc<EngageJob>),
    PurgeTombstones {
        changed_before: i64,
    },
    /// Leaves nothing behind: finds out whether writing works again.
    Probe,
}

impl Job {
    /// Whether something may be due in the outbox by it that was not.
    fn is_news(&self) -> bool {
        match self {
            Self::Outbox(job) => job.is_news(),
            Self::CallPost { .. }
            | Self::MessagePost { .. }
            | Self::Conversation(_)
            | Self::Engage(_)
            | Self::Roxchat(_)
            | Self::Media(_) => true,
            _ => false,
        }
    }
}

/// What a write did.
#[derive(Debug, Clone)]
pub(super) enum Done {
    Contacts(BatchOutcome),
    CallLog(Arc<CallLog>),
    MessageLogs(Vec<String>),
    Outbox(Vec<OutboxEntry>),
    Chosen(bool),
    /// How many.
    Count(i64),
    Roxchat(RoxchatDone),
    /// A file of this log became stored or failed; `None` where nothing did.
    MediaChanged {
        log_id: Option<String>,
    },
    /// Files went.
    MediaGone(Removed),
    Engage(EngageDone),
    /// Tombstones were forgotten: the oldest usable token.
    Floor(i64),
    Nothing,
}

struct Request {
    job: Job,
    reply: oneshot::Sender<Result<Done, StorageError>>,
}

/// The way to the writer task.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Request>,
    closing: CancellationToken,
    task: TaskTracker,
    trouble: Arc<Mutex<Option<String>>>,
    written: Arc<AtomicI64>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Request")
    }
}

impl Writer {
    pub(super) fn start(
        connection: SqliteConnection,
        clock: SharedClock,
        stamp: Arc<AtomicI64>,
        floor: Arc<AtomicI64>,
        numbers: Arc<NumberIndex>,
        routes: Arc<OnceLock<Routes>>,
        news: Arc<Notify>,
    ) -> Self {
        let (queue, requests) = mpsc::channel(QUEUE);
        let writer = Self {
            queue,
            closing: CancellationToken::new(),
            task: TaskTracker::new(),
            trouble: Arc::default(),
            written: Arc::default(),
        };
        let (trouble, written) = (writer.trouble.clone(), writer.written.clone());
        let state = Task { connection, clock, stamp, floor, numbers, routes, news, written, trouble };
        writer.task.spawn(state.run(requests, writer.closing.clone()));
        writer.task.close();
        writer
    }

    /// Runs a job; returns after its transaction is on the disk.
    pub(super) async fn run(&self, job: Job) -> Result<Done, StorageError> {
        let (reply, answer) = oneshot::channel();
        if self.closing.is_cancelled() || self.queue.send(Request { job, reply }).await.is_err() {
            return Err(StorageError::Closed);
        }
        answer.await.unwrap_or(Err(StorageError::Closed))
    }

    /// Whether writes work: after a failed one, finds out by trying.
    pub(super) async fn health(&self) -> Result<(), StorageError> {
        let troubled = self.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_some();
        if troubled {
            self.run(Job::Probe).await?;
        }
        Ok(())
    }

    /// The newest stamp taken by this task.
    pub(super) fn written_stamp(&self) -> i64 {
        self.written.load(Ordering::Acquire)
    }

    pub(super) async fn close(&self) {
        self.closing.cancel();
        self.task.wait().await;
    }
}

struct Task {
    connection: SqliteConnection,
    clock: SharedClock,
    stamp: Arc<AtomicI64>,
    floor: Arc<AtomicI64>,
    numbers: Arc<NumberIndex>,
    routes: Arc<OnceLock<Routes>>,
    news: Arc<Notify>,
    written: Arc<AtomicI64>,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Task {
    async fn run(mut self, mut requests: mpsc::Receiver<Request>, closing: CancellationToken) {
        let mut group = Vec::with_capacity(GROUP);
        loop {
            group.clear();
            let received = tokio::select! {
                biased;
                received = requests.recv_many(&mut group, GROUP) => received,
                () = closing.cancelled(), if !requests.is_closed() => {
                    // Whoever is already in the queue was promised an answer.
                    requests.close();
                    continue;
                }
            };
            if received == 0 {
                break;
            }
            self.serve(&mut group).await;
        }
        if let Err(error) = sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut self.connection).await {
            tracing::warn!(%error, "the write-ahead log could not be folded into the database at shutdown");
        }
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }

    async fn serve(&mut self, group: &mut Vec<Request>) {
        let jobs: Vec<Job> = group.iter().map(|request| request.job.clone()).collect();
        match self.commit(&jobs).await {
            Ok(done) => {
                self.note_trouble(None);
                for (request, done) in group.drain(..).zip(done) {
                    drop(request.reply.send(Ok(done)));
                }
            }
            Err(error) if jobs.len() == 1 => {
                self.note_trouble(Some(&error));
                group.drain(..).for_each(|request| drop(request.reply.send(Err(error.clone()))));
            }
            Err(_) => {
                for request in group.drain(..) {
                    let result = self.commit(std::slice::from_ref(&request.job)).await;
                    self.note_trouble(result.as_ref().err());
                    let done = result.and_then(|mut done| done.pop().ok_or(StorageError::Closed));
                    drop(request.reply.send(done));
                }
            }
        }
    }

    async fn commit(&mut self, jobs: &[Job]) -> Result<Vec<Done>, StorageError> {
        let mut tx = self.connection.begin_with("begin immediate").await?;
        let done = batch::run(&mut tx, jobs, self.routes.get().unwrap_or(&NOWHERE), &*self.clock).await?;
        let contacts =
            || done.iter().filter_map(|done| if let Done::Contacts(outcome) = done { Some(outcome) } else { None });
        contacts().for_each(|outcome| self.numbers.mark(&outcome.numbers));
        tx.commit().await?;
        if self.routes.get().is_some() && jobs.iter().any(Job::is_news) {
            self.news.notify_one();
        }
        for done in &done {
            if let Done::Floor(floor) = done {
                self.floor.fetch_max(*floor, Ordering::AcqRel);
            }
        }
        for outcome in contacts() {
            self.numbers.mark(&outcome.numbers);
            self.numbers.committed(outcome.before, outcome.stamp);
            self.stamp.fetch_max(outcome.stamp, Ordering::AcqRel);
            if outcome.upserted + outcome.deleted > 0 {
                self.written.fetch_max(outcome.stamp, Ordering::AcqRel);
            }
        }
        Ok(done)
    }

    fn note_trouble(&self, error: Option<&StorageError>) {
        let mut trouble = self.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(error) = error
            && trouble.is_none()
        {
            tracing::error!(%error, fix = error.fix(), "a write failed");
        }
        *trouble = error.map(ToString::to_string);
    }
}
