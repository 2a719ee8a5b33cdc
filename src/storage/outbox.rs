//! Outbox entries: read here, written in the transaction of the log they deliver and by the worker.

use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, SqliteConnection};

use super::Storage;
use super::error::StorageError;
use super::writer::{Done, Job};
use crate::domain::clock::Clock;
use crate::domain::ids::new_id;
use crate::domain::outbox::{Fact, OutboxEntry, OutboxState, Routes, Settlement, advance};
use crate::domain::party::NamedContact;
use crate::domain::upstream::LogKind;

macro_rules! columns {
    () => {
        "o.id, o.log_id, o.kind, o.connector, o.operator, o.state, o.revision, o.delivered_revision, \
         o.tried_revision, o.tried_ms, o.delivered_contact, o.upstream_id, o.captured, o.attempts, o.due_ms, \
         o.trouble, o.words, o.created_ms, o.updated_ms, o.delivered_ms"
    };
}

const OF_LOGS: &str =
    concat!("select ", columns!(), " from json_each($1) asked join outbox o on o.log_id = asked.value order by o.id");
const BY_ID: &str = concat!("select ", columns!(), " from outbox o where o.id = $1");
const LIST: &str = concat!(
    "select ",
    columns!(),
    " from outbox o where o.id > $1 and ($2 is null or o.state = $2) and ($3 is null or o.connector = $3) \
     and ($4 = 0 or o.state not in ('delivered', 'kept')) order by o.id limit $5"
);
const DUE: &str = concat!(
    "select ",
    columns!(),
    " from outbox o where o.state = 'waiting' and o.connector = $1 and o.due_ms <= $2 and o.lease_ms <= $2 \
     order by o.due_ms, o.id limit $3"
);
const LEASE: &str = "update outbox set lease_ms = $2, attempts = attempts + 1, tried_revision = revision, tried_ms = $3 \
     where id in (select value from json_each($1))";
const UPSERT: &str = "insert into outbox (id, log_id, kind, connector, operator, state, revision, \
       delivered_revision, tried_revision, tried_ms, delivered_contact, upstream_id, captured, attempts, due_ms, \
       trouble, words, created_ms, updated_ms, delivered_ms) \
     select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, \
       value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, \
       value ->> 16, value ->> 17, value ->> 18, value ->> 19 \
     from json_each($1) where true \
     on conflict (id) do update set connector = excluded.connector, state = excluded.state, \
       revision = excluded.revision, delivered_revision = excluded.delivered_revision, \
       tried_revision = excluded.tried_revision, tried_ms = excluded.tried_ms, \
       delivered_contact = excluded.delivered_contact, upstream_id = excluded.upstream_id, \
       captured = excluded.captured, attempts = excluded.attempts, due_ms = excluded.due_ms, \
       trouble = excluded.trouble, words = excluded.words, updated_ms = excluded.updated_ms, \
       delivered_ms = excluded.delivered_ms";
const FREE: &str = "update outbox set lease_ms = 0 where id = $1";
/// What a daemon that ended had in hand may still be on its way: it is looked up after `$1`.
const FREE_ALL: &str = "update outbox set lease_ms = 0, due_ms = max(due_ms, tried_ms + $1) where lease_ms > 0";
const CAPTURED: &str = "update outbox set captured = $2 where id = $1";
const RESUME: &str = "update outbox set state = 'waiting', due_ms = $2, attempts = 0, updated_ms = $2 \
     where state = 'paused' and connector = $1";
const NEXT_DUE: &str = "select min(max(due_ms, lease_ms)) from outbox where state = 'waiting'";
const COUNTS: &str = "select connector, state, count(*), min(created_ms) from outbox \
     where state not in ('delivered', 'kept') group by connector, state order by connector, state";

const NEWEST_OF: &str = "select contact_id from ( \
       select l.contact_id, l.started_at as at from json_each($1) asked join call_log l on l.contact_id = asked.value \
       union all \
       select l.contact_id, l.last_message_at from json_each($1) asked join message_log l on l.contact_id = asked.value) \
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
    /// When the oldest was made, Unix ms.
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
    Claim { connector: String, until_ms: i64, limit: i64 },
    Settle { id: String, settlement: Box<Settlement> },
    Captured { id: String, captured: Value },
    Choose { kind: LogKind, log_id: String, contact: NamedContact, by_person: bool },
    Retry { id: String },
    Drop { id: String },
    Resume { connector: String },
    FreeAll { grace_ms: i64 },
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

    /// When the next waiting entry may be claimed, Unix ms.
    pub async fn next_outbox_due(&self) -> Result<Option<i64>, StorageError> {
        Ok(sqlx::query_scalar(NEXT_DUE).fetch_one(&self.read).await?)
    }

    /// Returns when entries may have changed since it returned last. One waits at a time.
    pub async fn outbox_news(&self) {
        self.news.notified().await;
    }

    /// The contact among these with the newest logged call or message.
    pub async fn newest_of(&self, contacts: &[&str]) -> Result<Option<String>, StorageError> {
        Ok(sqlx::query_scalar(NEWEST_OF).bind(json!(contacts).to_string()).fetch_optional(&self.read).await?)
    }

    /// Takes due entries of a connector (empty: those that have none yet) in hand until a time. Each is
    /// as it was before: what had been tried then is to be looked up.
    pub async fn claim_outbox(
        &self,
        connector: &str,
        until_ms: i64,
        limit: usize,
    ) -> Result<Vec<OutboxEntry>, StorageError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let job = OutboxJob::Claim { connector: connector.to_owned(), until_ms, limit };
        match self.writer.run(Job::Outbox(job)).await? {
            Done::Outbox(entries) => Ok(entries),
            _ => Ok(Vec::new()),
        }
    }

    /// Writes what an attempt came to, and frees the entry. Its state afterwards.
    pub async fn settle_outbox(&self, id: &str, settlement: Settlement) -> Result<Option<OutboxEntry>, StorageError> {
        self.one(OutboxJob::Settle { id: id.to_owned(), settlement: Box::new(settlement) }).await
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

    /// Tries an entry again now.
    pub async fn retry_outbox(&self, id: &str) -> Result<Option<OutboxEntry>, StorageError> {
        self.one(OutboxJob::Retry { id: id.to_owned() }).await
    }

    /// Keeps a log here only.
    pub async fn drop_outbox(&self, id: &str) -> Result<Option<OutboxEntry>, StorageError> {
        self.one(OutboxJob::Drop { id: id.to_owned() }).await
    }

    /// Lets what waited for a sign-in go on.
    pub async fn resume_outbox(&self, connector: &str) -> Result<(), StorageError> {
        self.writer.run(Job::Outbox(OutboxJob::Resume { connector: connector.to_owned() })).await.map(drop)
    }

    /// Frees what a daemon that ended had in hand; it is due when `grace_ms` have passed since.
    pub async fn free_outbox(&self, grace_ms: i64) -> Result<(), StorageError> {
        self.writer.run(Job::Outbox(OutboxJob::FreeAll { grace_ms })).await.map(drop)
    }

    async fn one(&self, job: OutboxJob) -> Result<Option<OutboxEntry>, StorageError> {
        match self.writer.run(Job::Outbox(job)).await? {
            Done::Outbox(mut entries) => Ok(entries.pop()),
            _ => Ok(None),
        }
    }
}

/// Enqueues what logs' changes ask for.
pub(super) async fn enqueue(
    tx: &mut SqliteConnection,
    facts: &[Fact],
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<(), StorageError> {
    if facts.is_empty() || routes.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = facts.iter().map(|fact| fact.log_id.as_str()).collect();
    let mut known: Vec<OutboxEntry> = sqlx::query_as(OF_LOGS).bind(json!(ids).to_string()).fetch_all(&mut *tx).await?;
    let now = clock.now_ms();
    let mut changed = Vec::new();
    for fact in facts {
        let of_log = known.extract_if(.., |entry| entry.log_id == fact.log_id).collect();
        changed.extend(advance(of_log, fact, routes, now, || new_id("ob", clock)));
    }
    put(tx, &changed).await
}

async fn put(tx: &mut SqliteConnection, entries: &[OutboxEntry]) -> Result<(), StorageError> {
    if !entries.is_empty() {
        let rows: Vec<Value> = entries.iter().map(row_of).collect();
        sqlx::query(UPSERT).bind(json!(rows).to_string()).execute(tx).await?;
    }
    Ok(())
}

fn row_of(entry: &OutboxEntry) -> Value {
    json!([
        entry.id,
        entry.log_id,
        entry.kind,
        entry.connector,
        entry.operator,
        entry.state.word(),
        entry.revision,
        entry.delivered_revision,
        entry.tried_revision,
        entry.tried_ms,
        entry.delivered_contact,
        entry.upstream_id,
        json!(entry.captured).to_string(),
        entry.attempts,
        entry.due_ms,
        entry.trouble,
        entry.words,
        entry.created_ms,
        entry.updated_ms,
        entry.delivered_ms,
    ])
}

/// Writes a job of the outbox alone.
pub(super) async fn write(
    tx: &mut SqliteConnection,
    job: &OutboxJob,
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<Done, StorageError> {
    let now = clock.now_ms();
    match job {
        OutboxJob::Claim { connector, until_ms, limit } => {
            let query = sqlx::query_as(DUE).bind(connector).bind(now).bind(limit);
            let entries: Vec<OutboxEntry> = query.fetch_all(&mut *tx).await?;
            if !entries.is_empty() {
                let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
                sqlx::query(LEASE).bind(json!(ids).to_string()).bind(until_ms).bind(now).execute(tx).await?;
            }
            return Ok(Done::Outbox(entries));
        }
        OutboxJob::Settle { id, settlement } => {
            sqlx::query(FREE).bind(id).execute(&mut *tx).await?;
            return change(tx, id, |entry| entry.settle((**settlement).clone(), now)).await;
        }
        OutboxJob::Retry { id } => return change(tx, id, |entry| entry.retry(now)).await,
        OutboxJob::Drop { id } => return change(tx, id, |entry| entry.drop_it(now)).await,
        OutboxJob::Captured { id, captured } => {
            sqlx::query(CAPTURED).bind(id).bind(captured.to_string()).execute(tx).await?;
        }
        OutboxJob::Choose { kind, log_id, contact, by_person } => {
            let fact = match kind {
                LogKind::Call => super::call_logs::choose(tx, log_id, contact, *by_person, now).await?,
                LogKind::Message => super::message_logs::choose(tx, log_id, contact, *by_person, now).await?,
            };
            let Some(fact) = fact else { return Ok(Done::Chosen(false)) };
            enqueue(tx, &[fact], routes, clock).await?;
            return Ok(Done::Chosen(true));
        }
        OutboxJob::Resume { connector } => {
            sqlx::query(RESUME).bind(connector).bind(now).execute(tx).await?;
        }
        OutboxJob::FreeAll { grace_ms } => {
            sqlx::query(FREE_ALL).bind(grace_ms).execute(tx).await?;
        }
    }
    Ok(Done::Nothing)
}

async fn change(
    tx: &mut SqliteConnection,
    id: &str,
    change: impl FnOnce(&mut OutboxEntry),
) -> Result<Done, StorageError> {
    let found: Option<OutboxEntry> = sqlx::query_as(BY_ID).bind(id).fetch_optional(&mut *tx).await?;
    let Some(mut entry) = found else { return Ok(Done::Nothing) };
    change(&mut entry);
    put(tx, std::slice::from_ref(&entry)).await?;
    Ok(Done::Outbox(vec![entry]))
}
