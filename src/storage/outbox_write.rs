//! Writes of the outbox, in the transaction of the logs they deliver and by the worker's word.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::conversation_write;
use super::error::StorageError;
use super::outbox::{BY_ID, OF_LOGS, OutboxJob, columns};
use super::writer::Done;
use crate::domain::clock::Clock;
use crate::domain::ids::new_id;
use crate::domain::outbox::{Fact, OutboxEntry, Routes, advance};
use crate::domain::party::NamedContact;
use crate::domain::upstream::LogKind;

const DUE: &str = concat!(
    "select ",
    columns!(),
    " from outbox o where o.state = 'waiting' and o.connector = $1 and o.due_ms <= $2 and o.lease_ms <= $2 \
     and o.id not in (select value from json_each($4)) order by o.due_ms, o.id limit $3"
);
/// The contact of an entry's log.
macro_rules! contact {
    () => {
        "coalesce((select l.contact_id from call_log l where l.id = outbox.log_id), \
         (select l.contact_id from message_log l where l.id = outbox.log_id), \
         (select v.contact_id from conversation v where v.id = outbox.log_id))"
    };
}
/// What is not known stays what it is until it was looked up.
const LEASE: &str = concat!(
    "update outbox set lease_ms = $2, attempts = attempts + 1, tried_ms = $3, \
     tried_contact = case when tried_revision > 0 then tried_contact else ",
    contact!(),
    " end, tried_revision = case when tried_revision > 0 then tried_revision else revision end \
     where id in (select value from json_each($1))"
);
const TRY: &str = concat!(
    "update outbox set captured = '{}', tried_revision = revision, tried_contact = ",
    contact!(),
    " where id = $1"
);
const UPSERT: &str = "insert into outbox (id, log_id, kind, connector, operator, state, revision, \
       delivered_revision, tried_revision, tried_ms, delivered_contact, upstream_id, captured, attempts, due_ms, \
       trouble, words, created_ms, updated_ms, delivered_ms, tried_contact, \
       delivered_digest) \
     select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, \
       value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, \
       value ->> 16, value ->> 17, value ->> 18, value ->> 19, value ->> 20, value ->> 21 \
     from json_each($1) where true \
     on conflict (id) do update set connector = excluded.connector, state = excluded.state, \
       revision = excluded.revision, delivered_revision = excluded.delivered_revision, \
       tried_revision = excluded.tried_revision, tried_ms = excluded.tried_ms, \
       delivered_contact = excluded.delivered_contact, upstream_id = excluded.upstream_id, \
       captured = excluded.captured, attempts = excluded.attempts, due_ms = excluded.due_ms, \
       trouble = excluded.trouble, words = excluded.words, updated_ms = excluded.updated_ms, \
       delivered_ms = excluded.delivered_ms, tried_contact = excluded.tried_contact, \
       delivered_digest = excluded.delivered_digest";
const FREE: &str = "update outbox set lease_ms = 0 where id = $1";
/// What a daemon that ended had in hand may still be on its way: it is left alone for `$3`.
const FREE_ALL: &str = "update outbox set lease_ms = 0, updated_ms = $2, \
     due_ms = max(due_ms, min($2, tried_ms + $1) + $3) where lease_ms > 0";
const TURN_BACK: &str = "update outbox set due_ms = due_ms - $1, lease_ms = max(0, lease_ms - $1), \
     tried_ms = tried_ms - $1, updated_ms = min(updated_ms, $2) where state = 'waiting'";
const CAPTURED: &str = "update outbox set captured = $2 where id = $1";
const RESUME: &str = "update outbox set state = 'waiting', due_ms = $2, attempts = 0, updated_ms = $2 \
     where state = 'paused' and connector = $1";

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

/// Logs whose files changed say something else upstream.
pub(super) async fn revise(
    tx: &mut SqliteConnection,
    log_ids: &[String],
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<(), StorageError> {
    let mut facts = Vec::new();
    for id in log_ids.iter().filter(|_| !routes.is_empty()) {
        let now = clock.now_ms();
        let call = super::call_logs::choose(tx, id, &NamedContact::Silent, false, now).await?;
        facts.extend(match call {
            Some(fact) => Some(fact),
            None => super::message_log_write::choose(tx, id, &NamedContact::Silent, false, now).await?,
        });
    }
    enqueue(tx, &facts, routes, clock).await
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
        entry.tried_contact,
        entry.delivered_digest,
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
        OutboxJob::Claim { connector, until_ms, limit, except } => {
            let query = sqlx::query_as(DUE).bind(connector).bind(now).bind(limit).bind(json!(except).to_string());
            let entries: Vec<OutboxEntry> = query.fetch_all(&mut *tx).await?;
            if !entries.is_empty() {
                let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
                sqlx::query(LEASE).bind(json!(ids).to_string()).bind(until_ms).bind(now).execute(tx).await?;
            }
            return Ok(Done::Outbox(entries));
        }
        OutboxJob::Try { id } => {
            sqlx::query(TRY).bind(id).execute(&mut *tx).await?;
            return change(tx, id, |_| ()).await;
        }
        OutboxJob::Settle { id, claimed, settlement } => {
            sqlx::query(FREE).bind(id).execute(&mut *tx).await?;
            return change(tx, id, |entry| entry.settle((**settlement).clone(), claimed, now)).await;
        }
        OutboxJob::Retry { id, unclear_ms } => return change(tx, id, |entry| entry.retry(now, *unclear_ms)).await,
        OutboxJob::Drop { id } => return change(tx, id, |entry| entry.drop_it(now)).await,
        OutboxJob::Captured { id, captured } => {
            sqlx::query(CAPTURED).bind(id).bind(captured.to_string()).execute(tx).await?;
        }
        OutboxJob::Choose { kind, log_id, contact, by_person } => {
            let fact = match kind {
                LogKind::Call => super::call_logs::choose(tx, log_id, contact, *by_person, now).await?,
                LogKind::Message => match super::message_log_write::choose(tx, log_id, contact, *by_person, now).await?
                {
                    Some(fact) => Some(fact),
                    None => conversation_write::choose(tx, log_id, contact, *by_person, routes, clock).await?,
                },
            };
            let Some(fact) = fact else { return Ok(Done::Chosen(false)) };
            enqueue(tx, &[fact], routes, clock).await?;
            return Ok(Done::Chosen(true));
        }
        OutboxJob::Resume { connector } => {
            sqlx::query(RESUME).bind(connector).bind(now).execute(tx).await?;
        }
        OutboxJob::FreeAll { longest_ms, unclear_ms } => {
            sqlx::query(FREE_ALL).bind(longest_ms).bind(now).bind(unclear_ms).execute(tx).await?;
        }
        OutboxJob::TurnBack { by_ms } => {
            sqlx::query(TURN_BACK).bind(by_ms).bind(now).execute(tx).await?;
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
