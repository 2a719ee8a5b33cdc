//! Threads of Engage Digital: events as they came, and the conversations that are read because of them.
//! An event and the wish to read its thread are one write; so are a conversation and the wish that it
//! answers.

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, SqliteConnection};

use super::Storage;
use super::conversation_write::{append, open_conversation, put_conversation, see_identity, spread_choice};
use super::engage::{EngageDone, EngageJob};
use super::error::StorageError;
use crate::domain::clock::Clock;
use crate::domain::conversation::{ChatMessage, Opening};
use crate::domain::engage_thread::{DueThread, ThreadEvent, ThreadNews, ThreadRead};
use crate::domain::identity::Channel;
use crate::domain::outbox::{Routes, Urgency};

const ADD_EVENT: &str = "insert into engage_event (community, id, kind, thread, issued_at, received_at, body) \
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (community, id) do nothing";
const FORGET_EVENTS: &str = "delete from engage_event where received_at < $1";
const WANT: &str = "insert into engage_thread (community, thread, wanted, read, opened_at, closed_at, closed_by, \
       told_at, not_before, failures) values ($1, $2, 1, 0, $3, $4, $5, $6, $7, 0) \
     on conflict (community, thread) do update set wanted = engage_thread.wanted + 1, \
       closed_by = case when excluded.closed_at > coalesce(engage_thread.closed_at, 0) \
         then excluded.closed_by else engage_thread.closed_by end, \
       opened_at = nullif(max(coalesce(engage_thread.opened_at, 0), coalesce(excluded.opened_at, 0)), 0), \
       closed_at = nullif(max(coalesce(engage_thread.closed_at, 0), coalesce(excluded.closed_at, 0)), 0), \
       told_at = nullif(max(coalesce(engage_thread.told_at, 0), coalesce(excluded.told_at, 0)), 0), \
       not_before = min(engage_thread.not_before, excluded.not_before)";
const DUE: &str = "select community, thread, wanted, failures from engage_thread \
     where wanted > read and not_before <= $1 order by not_before, community, thread limit $2";
const NEXT: &str = "select min(not_before) from engage_thread where wanted > read";
const WAITING: &str = "select thread, words from engage_thread where community = $1 and wanted > read order by thread";
const MARKS: &str = "select opened_at, closed_at, closed_by, told_at, told_done, erased_at from engage_thread \
     where community = $1 and thread = $2";
const ANSWERED: &str = "update engage_thread set read = max(read, $3), told_done = $4, failures = 0, words = null \
     where community = $1 and thread = $2";
const FAILED: &str = "update engage_thread set failures = failures + 1, not_before = $3, words = $4 \
     where community = $1 and thread = $2";
macro_rules! thread_of {
    () => {
        "(community, thread) in (select account, external_id from conversation where id = $1 and channel = 'engage')"
    };
}
const ERASE: &str = concat!(
    "update engage_thread set erased_at = max(coalesce(erased_at, 0), \
       coalesce((select max(m.at_ms) from conversation_message m where m.conversation_id = $1), 0)) where ",
    thread_of!()
);
/// What is kept of its events is that they came: sent again they bring nothing back.
const BLANK: &str = concat!("update engage_event set body = '' where ", thread_of!());
const MONTH_MS: i64 = 30 * 24 * 3_600_000;

impl Storage {
    /// Keeps events and the wishes to read their threads. How many were new.
    pub async fn take_engage_events(&self, community: &str, events: Vec<ThreadEvent>) -> Result<i64, StorageError> {
        let job = EngageJob::Events { community: community.to_owned(), events };
        match self.run_engage(job).await? {
            EngageDone::Count(count) => Ok(count),
            _ => Ok(0),
        }
    }

    /// Wants a thread read, though no event tells of it.
    pub async fn want_engage_thread(&self, community: &str, thread: &str) -> Result<(), StorageError> {
        let job = EngageJob::Want { community: community.to_owned(), thread: thread.to_owned() };
        self.run_engage(job).await.map(drop)
    }

    /// Threads that may be read now, those that waited longest first.
    pub async fn due_engage_threads(&self, now_ms: i64, limit: i64) -> Result<Vec<DueThread>, StorageError> {
        Ok(sqlx::query_as(DUE).bind(now_ms).bind(limit).fetch_all(&self.read).await?)
    }

    /// When the next thread may be read, Unix ms; `None` where there is nothing to read.
    pub async fn next_engage_thread(&self) -> Result<Option<i64>, StorageError> {
        Ok(sqlx::query_scalar(NEXT).fetch_one(&self.read).await?)
    }

    /// Threads of a community that are still to be read, with why the last attempt failed.
    pub async fn waiting_engage_threads(&self, community: &str) -> Result<Vec<(String, Option<String>)>, StorageError> {
        Ok(sqlx::query_as(WAITING).bind(community).fetch_all(&self.read).await?)
    }

    /// Writes what was read of a thread into its conversation.
    pub async fn put_engage_thread(&self, read: ThreadRead) -> Result<(), StorageError> {
        self.run_engage(EngageJob::Thread(Box::new(read))).await.map(drop)
    }

    /// Notes that a thread could not be read, and when it may be tried again.
    pub async fn note_engage_failure(
        &self,
        due: DueThread,
        not_before_ms: i64,
        words: String,
    ) -> Result<(), StorageError> {
        self.run_engage(EngageJob::Failed { due, not_before_ms, words }).await.map(drop)
    }
}

pub(super) async fn take(
    tx: &mut SqliteConnection,
    community: &str,
    events: &[ThreadEvent],
    now: i64,
) -> Result<EngageDone, StorageError> {
    sqlx::query(FORGET_EVENTS).bind(now - MONTH_MS).execute(&mut *tx).await?;
    let mut new = 0;
    for event in events {
        let thread = event.about.as_ref().map(|(thread, _)| thread);
        let query = sqlx::query(ADD_EVENT).bind(community).bind(&event.id).bind(&event.kind).bind(thread);
        let added = query.bind(event.issued_ms).bind(now).bind(&event.body).execute(&mut *tx).await?;
        if added.rows_affected() == 0 {
            continue;
        }
        new += 1;
        if let Some((thread, news)) = &event.about {
            want(tx, (community, thread), *news, event.issued_ms, now).await?;
        }
    }
    Ok(EngageDone::Count(new))
}

pub(super) async fn want(
    tx: &mut SqliteConnection,
    (community, thread): (&str, &str),
    news: ThreadNews,
    at_ms: i64,
    now: i64,
) -> Result<(), StorageError> {
    let when = |is: bool| is.then_some(at_ms);
    let closed_by = match news {
        ThreadNews::Closed { idle: true } => Some("idle"),
        ThreadNews::Closed { idle: false } => Some("operator"),
        _ => None,
    };
    sqlx::query(WANT)
        .bind(community)
        .bind(thread)
        .bind(when(news == ThreadNews::Opened))
        .bind(when(closed_by.is_some()))
        .bind(closed_by)
        .bind(when(news == ThreadNews::Intervention))
        .bind(now)
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn failed(
    tx: &mut SqliteConnection,
    due: &DueThread,
    not_before_ms: i64,
    words: &str,
) -> Result<(), StorageError> {
    sqlx::query(FAILED).bind(&due.community).bind(&due.thread).bind(not_before_ms).bind(words).execute(tx).await?;
    Ok(())
}

/// Empties what was kept of a thread before its conversation is erased, and notes up to when.
pub(super) async fn forget_thread(tx: &mut SqliteConnection, conversation_id: &str) -> Result<(), StorageError> {
    for sql in [ERASE, BLANK] {
        sqlx::query(sql).bind(conversation_id).execute(&mut *tx).await?;
    }
    Ok(())
}

/// The latest times that events speak of.
#[derive(Default)]
struct Marks {
    opened: Option<i64>,
    closed: Option<i64>,
    closed_by: Option<String>,
    told: Option<i64>,
    told_done: Option<i64>,
    erased: Option<i64>,
}

pub(super) async fn put(
    tx: &mut SqliteConnection,
    read: &ThreadRead,
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<(), StorageError> {
    let DueThread { community, thread, wanted, .. } = &read.due;
    let marks: Option<Marks> = sqlx::query_as(MARKS).bind(community).bind(thread).fetch_optional(&mut *tx).await?;
    let marks = marks.unwrap_or_default();
    let fresh = |message: &&ChatMessage| marks.erased.is_none_or(|erased| message.at_ms > erased);
    let messages: Vec<&ChatMessage> = read.messages.iter().filter(fresh).collect();
    // A thread in which nobody has written yet is no conversation.
    if let Some(started_ms) = messages.iter().map(|message| message.at_ms).min() {
        converse(tx, read, &messages, &marks, started_ms, (routes, clock)).await?;
    }
    sqlx::query(ANSWERED).bind(community).bind(thread).bind(wanted).bind(marks.told).execute(tx).await?;
    Ok(())
}

async fn converse(
    tx: &mut SqliteConnection,
    read: &ThreadRead,
    messages: &[&ChatMessage],
    marks: &Marks,
    started_ms: i64,
    (routes, clock): (&Routes, &dyn Clock),
) -> Result<(), StorageError> {
    let now = clock.now_ms();
    let identity = match &read.visitor {
        Some(seen) => Some(see_identity(tx, seen, clock).await?),
        None => None,
    };
    let opening = Opening {
        channel: Channel::Engage,
        account: read.due.community.clone(),
        external_id: read.due.thread.clone(),
        identity_id: identity.as_ref().map(|identity| identity.id.clone()),
        operator: String::new(),
        started_ms,
    };
    let mut conversation = open_conversation(tx, opening, clock).await?;
    if conversation.identity_id.is_none() {
        conversation.identity_id = identity.as_ref().map(|identity| identity.id.clone());
    }
    if let Some(identity) = &identity {
        conversation.choice.by_machine(identity.choice.contact_id.as_deref());
    }
    put_conversation(tx, &conversation, None, routes, clock).await?;
    let mut news = false;
    for message in messages {
        // A survey that the channel sends by itself after the end, or a note among agents, opens nothing again.
        if append(tx, &conversation.id, message).await? && message.is_told() {
            conversation.heard(message.at_ms, now);
            news = true;
        }
    }
    let closed = marks
        .closed
        .filter(|closed| *closed >= conversation.last_ms && marks.opened.is_none_or(|opened| *closed >= opened));
    let ended = closed.is_some_and(|at| conversation.close(marks.closed_by.as_deref().unwrap_or("system"), at, now));
    if closed.is_none() && !conversation.open {
        conversation.open = true;
        news = true;
    }
    // An agent is done: the CRM is to have what was said, though the thread goes on.
    if !ended && marks.told > marks.told_done {
        conversation.revision += 1;
        news = true;
    }
    let urgency = match (ended, news && conversation.revision > 0) {
        (true, _) => Some(Urgency::Complete),
        (false, true) => Some(Urgency::Settling),
        (false, false) => None,
    };
    put_conversation(tx, &conversation, urgency, routes, clock).await?;
    match identity {
        Some(identity) => spread_choice(tx, &identity, routes, clock).await,
        None => Ok(()),
    }
}

impl FromRow<'_, SqliteRow> for Marks {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            opened: row.try_get("opened_at")?,
            closed: row.try_get("closed_at")?,
            closed_by: row.try_get("closed_by")?,
            told: row.try_get("told_at")?,
            told_done: row.try_get("told_done")?,
            erased: row.try_get("erased_at")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for DueThread {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            community: row.try_get("community")?,
            thread: row.try_get("thread")?,
            wanted: row.try_get("wanted")?,
            failures: row.try_get("failures")?,
        })
    }
}
