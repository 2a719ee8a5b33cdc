//! Outbox entries: read here, written in the transaction of the log they deliver and by the worker.

use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::Storage;
use super::error::StorageError;
use super::writer::{Done, Job};
use crate::domain::outbox::{Claimed, OutboxEntry, OutboxState, Settlement};
use crate::domain::party::NamedContact;
use crate::domain::upstream::LogKind;

/// The columns of an entry, as it is read.
macro_rules! columns {
    () => {
        "o.id, o.log_id, o.kind, o.connector, o.operator, o.state, o.revision, o.delivered_revision, \
         o.tried_revision, o.tried_ms, o.delivered_contact, o.upstream_id, o.captured, o.attempts, o.due_ms, \
         o.trouble, o.words, o.created_ms, o.updated_ms, o.delivered_ms, o.tried_contact, \
         o.delivered_digest"
    };
}
pub(super) use columns;

pub(super) const OF_LOGS: &str = concat!(
    "select ",
    columns!(),
    " from json_each($1) asked cross join outbox o on o.log_id = asked.value order by o.id"
);
pub(super) const BY_ID: &str = concat!("select ", columns!(), " from outbox o where o.id = $1");
const LIST: &str = concat!(
    "select ",
    columns!(),
    " from outbox o where o.id > $1 and ($2 is null or o.state = $2) and ($3 is null or o.connector = $3) \
     and ($4 = 0 or o.state not in ('delivered', 'kept')) order by o.id limit $5"
);
const NEXT_DUE: &str = "select min(max(due_ms, lease_ms, $1)) from outbox where state = 'waiting' \
     and ($2 or max(due_ms, lease_ms) > $1)";
/// The newest time that anything in it speaks of.
const NEWEST: &str = "select max(max(updated_ms, tried_ms)) from outbox where state = 'waiting'";
/// What was never tried, or is tried for the first time now, is not late before it is due; what stood there
/// once is not open for longer than that.
const COUNTS: &str = "select connector, state, count(*) as count, \
       min(case when state = 'waiting' and (attempts = 0 or attempts = 1 and lease_ms > 0) then max(due_ms, created_ms) \
         else max(created_ms, coalesce(delivered_ms, 0)) end) as oldest_ms from outbox \
     where state not in ('delivered', 'kept') group by connector, state order by connector, state";

const NEWEST_OF: &str = "select contact_id from ( \
       select l.contact_id, l.started_at as at from json_each($1) asked cross join call_log l on l.contact_id = asked.value \
       union all \
       select l.contact_id, l.last_message_at from json_each($1) asked cross join message_log l on l.contact_id = asked.value \
       union all \
       select v.contact_id, v.last_ms from json_each($1) asked cross join conversation v on v.contact_id = asked.value) \
     order by at desc, contact_id limit 1";

/// How much of a connector's deliveries is open.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OutboxCount {
    /// Empty for logs whose connector is not known yet.
    pub connector: String,
    /// The state's word.
    pub state: String,
    /// How many entries.
    pub count: i64,
    /// Since when the oldest is open, Unix ms: in the future where nothing is due yet.
    pub oldest_ms: i64,
}

/// Which entries to list.
#[derive(Debug, Clone, Default)]
pub struct OutboxFilter {
    /// In this state only.
    pub state: Option<OutboxState>,
    /// Of this connector only.
    pub connector: Option<String>,
    /// Only those with something left to do.
    pub open: bool,
}

/// A write of the outbox alone.
#[derive(Debug, Clone)]
pub(super) enum OutboxJob {
    Claim { connector: String, until_ms: i64, limit: i64, except: Vec<String> },
    Try { id: String },
    Settle { id: String, claimed: Claimed, settlement: Box<Settlement> },
    Captured { id: String, captured: Value },
    Choose { kind: LogKind, log_id: String, contact: NamedContact, by_person: bool },
    Retry { id: String, unclear_ms: i64 },
    Drop { id: String },
    Resume { connector: String },
    FreeAll { longest_ms: i64, unclear_ms: i64 },
    TurnBack { by_ms: i64 },
}

impl OutboxJob {
    /// Whether something may be due by it that was not. What the worker does in each of its rounds is no
    /// news: it would never rest.
    pub(super) fn is_news(&self) -> bool {
        match self {
            Self::Settle { .. } | Self::Choose { .. } | Self::Retry { .. } | Self::Resume { .. } => true,
            Self::Claim { .. }
            | Self::Try { .. }
            | Self::Captured { .. }
            | Self::Drop { .. }
            | Self::FreeAll { .. }
            | Self::TurnBack { .. } => false,
        }
    }
}

impl FromRow<'_, SqliteRow> for OutboxEntry {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let word: &str = row.try_get("state")?;
        let kind: &str = row.try_get("kind")?;
        let trouble: Option<String> = row.try_get("trouble")?;
        Ok(Self {
            id: row.try_get("id")?,
            log_id: row.try_get("log_id")?,
            kind: if kind == "message" { LogKind::Message } else { LogKind::Call },
            connector: row.try_get("connector")?,
            operator: row.try_get("operator")?,
            state: OutboxState::from_word(word).unwrap_or(OutboxState::Waiting),
            revision: row.try_get("revision")?,
            delivered_revision: row.try_get("delivered_revision")?,
            tried_revision: row.try_get("tried_revision")?,
            tried_ms: row.try_get("tried_ms")?,
            delivered_contact: row.try_get("delivered_contact")?,
            upstream_id: row.try_get("upstream_id")?,
            captured: serde_json::from_str(row.try_get("captured")?).unwrap_or_default(),
            attempts: row.try_get("attempts")?,
            due_ms: row.try_get("due_ms")?,
            trouble: trouble.and_then(|word| serde_json::from_value(Value::String(word)).ok()),
            words: row.try_get("words")?,
            created_ms: row.try_get("created_ms")?,
            updated_ms: row.try_get("updated_ms")?,
            delivered_ms: row.try_get("delivered_ms")?,
            tried_contact: row.try_get("tried_contact")?,
            delivered_digest: row.try_get("delivered_digest")?,
        })
    }
}

impl Storage {
    /// One entry.
    pub async fn find_outbox_entry(&self, id: &str) -> Result<Option<OutboxEntry>, StorageError> {
        Ok(sqlx::query_as(BY_ID).bind(id).fetch_optional(&self.read).await?)
    }

    /// Entries after an id, oldest first.
    pub async fn list_outbox(
        &self,
        filter: &OutboxFilter,
        after: &str,
        limit: i64,
    ) -> Result<Vec<OutboxEntry>, StorageError> {
        let query = sqlx::query_as(LIST)
            .bind(after)
            .bind(filter.state.map(OutboxState::word))
            .bind(&filter.connector)
            .bind(filter.open)
            .bind(limit);
        Ok(query.fetch_all(&self.read).await?)
    }

    /// The entries of some logs.
    pub async fn list_outbox_of(&self, log_ids: &[&str]) -> Result<Vec<OutboxEntry>, StorageError> {
        Ok(sqlx::query_as(OF_LOGS).bind(json!(log_ids).to_string()).fetch_all(&self.read).await?)
    }

    /// What is open, by connector and state.
    pub async fn count_outbox(&self) -> Result<Vec<OutboxCount>, StorageError> {
        let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(COUNTS).fetch_all(&self.read).await?;
        Ok(rows
            .into_iter()
            .map(|(connector, state, count, oldest_ms)| OutboxCount { connector, state, count, oldest_ms })
            .collect())
    }

    /// When the next waiting entry may be claimed, Unix ms: `now_ms` where one may now, unless `later`
    /// asks for the next one after that.
    pub async fn next_outbox_due(&self, now_ms: i64, later: bool) -> Result<Option<i64>, StorageError> {
        Ok(sqlx::query_scalar(NEXT_DUE).bind(now_ms).bind(!later).fetch_one(&self.read).await?)
    }

    /// The newest time that a waiting entry speaks of, Unix ms: it is not later than that only where the
    /// clock was turned back.
    pub async fn newest_outbox_time(&self) -> Result<Option<i64>, StorageError> {
        Ok(sqlx::query_scalar(NEWEST).fetch_one(&self.read).await?)
    }

    /// Returns when entries may have changed since it returned last. One waits at a time.
    pub async fn outbox_news(&self) {
        self.news.notified().await;
    }

    /// The contact among these with the newest logged call or message.
    pub async fn newest_of(&self, contacts: &[&str]) -> Result<Option<String>, StorageError> {
        Ok(sqlx::query_scalar(NEWEST_OF).bind(json!(contacts).to_string()).fetch_optional(&self.read).await?)
    }

    /// Takes due entries of a connector (empty: those that have none yet) in hand until a time, but for
    /// some. Each is as it was before: what had been tried then is to be looked up.
    pub async fn claim_outbox(
        &self,
        connector: &str,
        until_ms: i64,
        limit: usize,
        except: Vec<String>,
    ) -> Result<Vec<OutboxEntry>, StorageError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let job = OutboxJob::Claim { connector: connector.to_owned(), until_ms, limit, except };
        match self.writer.run(Job::Outbox(job)).await? {
            Done::Outbox(entries) => Ok(entries),
            _ => Ok(Vec::new()),
        }
    }

    /// Notes that an entry is sent as it stands now, whatever was tried before. Its state afterwards.
    pub async fn try_outbox(&self, id: &str) -> Result<Option<OutboxEntry>, StorageError> {
        self.one(OutboxJob::Try { id: id.to_owned() }).await
    }

    /// Writes what an attempt came to, and frees the entry. Its state afterwards.
    pub async fn settle_outbox(
        &self,
        entry: &OutboxEntry,
        settlement: Settlement,
    ) -> Result<Option<OutboxEntry>, StorageError> {
        let claimed = Claimed { connector: entry.connector.clone(), revision: entry.revision };
        self.one(OutboxJob::Settle { id: entry.id.clone(), claimed, settlement: Box::new(settlement) }).await
    }

    /// Keeps what the steps of a write have brought so far.
    pub async fn keep_outbox_captures(&self, id: &str, captured: Value) -> Result<(), StorageError> {
        self.writer.run(Job::Outbox(OutboxJob::Captured { id: id.to_owned(), captured })).await.map(drop)
    }

    /// Says whose a log is, and enqueues it accordingly. False where there is no such log.
    pub async fn choose_contact(
        &self,
        kind: LogKind,
        log_id: &str,
        contact: NamedContact,
        by_person: bool,
    ) -> Result<bool, StorageError> {
        let job = OutboxJob::Choose { kind, log_id: log_id.to_owned(), contact, by_person };
        Ok(matches!(self.writer.run(Job::Outbox(job)).await?, Done::Chosen(true)))
    }

    /// Tries an entry again now; one that may still be on its way when `unclear_ms` have passed since.
    pub async fn retry_outbox(&self, id: &str, unclear_ms: i64) -> Result<Option<OutboxEntry>, StorageError> {
        self.one(OutboxJob::Retry { id: id.to_owned(), unclear_ms }).await
    }

    /// Keeps a log here only.
    pub async fn drop_outbox(&self, id: &str) -> Result<Option<OutboxEntry>, StorageError> {
        self.one(OutboxJob::Drop { id: id.to_owned() }).await
    }

    /// Lets what waited for a sign-in go on.
    pub async fn resume_outbox(&self, connector: &str) -> Result<(), StorageError> {
        self.writer.run(Job::Outbox(OutboxJob::Resume { connector: connector.to_owned() })).await.map(drop)
    }

    /// Frees what a daemon that ended had in hand. Its last request may have left until `longest_ms` after
    /// it was claimed, or until now; it is due when `unclear_ms` have passed since.
    pub async fn free_outbox(&self, longest_ms: i64, unclear_ms: i64) -> Result<(), StorageError> {
        self.writer.run(Job::Outbox(OutboxJob::FreeAll { longest_ms, unclear_ms })).await.map(drop)
    }

    /// The clock was turned back: what waits does not wait for that time to come again.
    pub async fn turn_back_outbox(&self, by_ms: i64) -> Result<(), StorageError> {
        self.writer.run(Job::Outbox(OutboxJob::TurnBack { by_ms })).await.map(drop)
    }

    async fn one(&self, job: OutboxJob) -> Result<Option<OutboxEntry>, StorageError> {
        match self.writer.run(Job::Outbox(job)).await? {
            Done::Outbox(mut entries) => Ok(entries.pop()),
            _ => Ok(None),
        }
    }
}
