//! Call logs: a group of posts is read, merged by the domain's rules and written back in two
//! statements.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, SqliteConnection};

use super::Storage;
use super::error::StorageError;
use super::outbox_write;
use super::writer::{Done, Job};
use crate::domain::call_log::{CallLog, CallPost, Phase};
use crate::domain::clock::Clock;
use crate::domain::ids::new_id;
use crate::domain::operator::Operator;
use crate::domain::outbox::{Fact, Routes, Urgency};
use crate::domain::party::{Choice, Decider, NamedContact, Note};
use crate::domain::upstream::LogKind;

/// The columns of a log, as [`StoredCall`] reads them.
macro_rules! columns {
    () => {
        "l.id, l.operator, l.session_id, l.telephony_session_id, l.phase, l.contact_id, l.decided_by, l.note, \
         l.earlier_notes, l.form, l.call, l.extra, l.remote_number, l.created_at, l.updated_at"
    };
}
pub(super) use columns;

/// Posts are matched by session id; one whose call had only a telephony session id yet, by that.
const FOR_POSTS: &str = concat!(
    "select ",
    columns!(),
    " from json_each($1) asked cross join call_log l \
       on l.operator = asked.value ->> 0 and l.session_id = asked.value ->> 1"
);
const FOR_TELEPHONY: &str = concat!(
    "select ",
    columns!(),
    " from json_each($1) asked cross join call_log l \
       on l.operator = asked.value ->> 0 and l.telephony_session_id = asked.value ->> 1 \
     order by l.created_at, l.id"
);
const UPSERT: &str = "insert into call_log (id, operator, session_id, telephony_session_id, phase, contact_id, \
       decided_by, note, earlier_notes, form, call, extra, remote_number, started_at, created_at, updated_at) \
     select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, \
       value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15 \
     from json_each($1) where true \
     on conflict (id) do update set session_id = excluded.session_id, \
       telephony_session_id = excluded.telephony_session_id, phase = excluded.phase, \
       contact_id = excluded.contact_id, decided_by = excluded.decided_by, note = excluded.note, \
       earlier_notes = excluded.earlier_notes, form = excluded.form, call = excluded.call, extra = excluded.extra, \
       remote_number = excluded.remote_number, started_at = excluded.started_at, updated_at = excluded.updated_at";
const BY_SESSION: &str = concat!(
    "select ",
    columns!(),
    " from call_log l where l.session_id = $1 or l.telephony_session_id = $1 \
     order by l.created_at, l.id"
);
const LIST: &str = concat!("select ", columns!(), " from call_log l where l.id > $1 order by l.id limit $2");
const BY_ID: &str = concat!("select ", columns!(), " from call_log l where l.id = $1");
/// The asked sessions lead (`cross join`): by itself `SQLite` would go through all logs of the operator.
const LOGGED: &str = "select l.session_id, l.id, l.note, l.contact_id \
     from json_each($2) asked cross join call_log l on l.operator = $1 and l.session_id = asked.value";

/// What the matcher says of a logged call.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct LoggedCall {
    /// The widget's key.
    pub session_id: String,
    /// Our log.
    pub id: String,
    /// The operator's note.
    pub note: Option<String>,
    /// The log's contact.
    pub contact_id: Option<String>,
}

impl Storage {
    /// Takes a post into its log, durably: two posts of one call, however concurrent, are one log.
    pub async fn take_call_post(&self, operator: &Operator, post: CallPost) -> Result<Arc<CallLog>, StorageError> {
        let job = Job::CallPost { operator: operator.id.clone(), post: Arc::new(post) };
        match self.writer.run(job).await? {
            Done::CallLog(log) => Ok(log),
            _ => Err(StorageError::Other("a call post got another job's answer".into())),
        }
    }

    /// Which of these sessions an operator has logged.
    pub async fn logged_calls(
        &self,
        operator: &Operator,
        session_ids: &[String],
    ) -> Result<Vec<LoggedCall>, StorageError> {
        let asked = json!(session_ids).to_string();
        Ok(sqlx::query_as(LOGGED).bind(&operator.id).bind(asked).fetch_all(&self.read).await?)
    }

    /// Every operator's log of a session id or telephony session id.
    pub async fn call_logs_of_session(&self, session_id: &str) -> Result<Vec<CallLog>, StorageError> {
        let rows: Vec<StoredCall> = sqlx::query_as(BY_SESSION).bind(session_id).fetch_all(&self.read).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// Call logs after an id, oldest first.
    pub async fn list_call_logs(&self, after: &str, limit: i64) -> Result<Vec<CallLog>, StorageError> {
        let rows: Vec<StoredCall> = sqlx::query_as(LIST).bind(after).bind(limit).fetch_all(&self.read).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// One log by our id.
    pub async fn find_call_log(&self, id: &str) -> Result<Option<CallLog>, StorageError> {
        let row: Option<StoredCall> = sqlx::query_as(BY_ID).bind(id).fetch_optional(&self.read).await?;
        Ok(row.map(|row| row.0))
    }
}

pub(super) struct StoredCall(pub(super) CallLog);

impl FromRow<'_, SqliteRow> for StoredCall {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self(CallLog {
            id: row.try_get("id")?,
            operator: row.try_get("operator")?,
            session_id: row.try_get("session_id")?,
            telephony_session_id: row.try_get("telephony_session_id")?,
            phase: Phase::from_word(row.try_get("phase")?),
            choice: choice_of(row)?,
            note: note_of(row)?,
            form: map(row.try_get("form")?),
            call: map(row.try_get("call")?),
            extra: map(row.try_get("extra")?),
            remote_number: row.try_get("remote_number")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        }))
    }
}

/// The columns `contact_id` and `decided_by` of any log.
pub(super) fn choice_of(row: &SqliteRow) -> Result<Choice, sqlx::Error> {
    Ok(Choice { contact_id: row.try_get("contact_id")?, decided_by: Decider::from_word(row.try_get("decided_by")?) })
}

/// The columns `note` and `earlier_notes` of any log.
pub(super) fn note_of(row: &SqliteRow) -> Result<Note, sqlx::Error> {
    let earlier = serde_json::from_str(row.try_get("earlier_notes")?).unwrap_or_default();
    Ok(Note { text: row.try_get("note")?, earlier })
}

fn map(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

fn row_of(log: &CallLog) -> Value {
    json!([
        log.id,
        log.operator,
        log.session_id,
        log.telephony_session_id,
        log.phase.word(),
        log.choice.contact_id,
        log.choice.decided_by.word(),
        log.note.text,
        json!(log.note.earlier).to_string(),
        json!(log.form).to_string(),
        json!(log.call).to_string(),
        json!(log.extra).to_string(),
        log.remote_number,
        log.started_at(),
        log.created_at,
        log.updated_at,
    ])
}

/// Takes posts into their logs, in order; answers with each one's log as it stands after all.
pub(super) async fn take_posts(
    tx: &mut SqliteConnection,
    posts: &[(&str, &CallPost)],
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<Vec<Arc<CallLog>>, StorageError> {
    let now = clock.now_ms();
    let mut book = Book::load(tx, posts).await?;
    let mut answers = Vec::with_capacity(posts.len());
    let mut clicked = vec![];
    for (operator, post) in posts {
        let place = book.place(operator, post);
        let place = if let Some(place) = place {
            book.learn_session(place, post);
            book.changed[place] |= book.logs[place].take(post, now);
            place
        } else {
            book.add(CallLog::new(new_id("cl", clock), operator, post, now), true)
        };
        if post.trigger.is_persons() {
            clicked.push(place);
        }
        answers.push(place);
    }
    let rows: Vec<Value> =
        book.logs.iter().zip(&book.changed).filter(|(_, changed)| **changed).map(|(log, _)| row_of(log)).collect();
    if !rows.is_empty() {
        sqlx::query(UPSERT).bind(json!(rows).to_string()).execute(&mut *tx).await?;
        outbox_write::enqueue(tx, &book.facts(&clicked), routes, clock).await?;
    }
    let logs: Vec<Arc<CallLog>> = book.logs.into_iter().map(Arc::new).collect();
    Ok(answers.into_iter().map(|place| logs[place].clone()).collect())
}

fn fact(log: &CallLog, clicked: bool) -> Fact {
    let urgency = match log.phase {
        // A colleague may have answered: what they post comes first.
        Phase::History if !clicked && !log.is_answered() && log.telephony_session_id.is_some() => Urgency::Settling,
        Phase::History => Urgency::Complete,
        _ if clicked => Urgency::Asked,
        Phase::Ended => Urgency::Settling,
        Phase::Ringing | Phase::Connected => Urgency::Live,
    };
    Fact {
        log_id: log.id.clone(),
        kind: LogKind::Call,
        operator: log.operator.clone(),
        choice: log.choice.clone(),
        urgency,
    }
}

/// Says whose a log is; what the outbox has to know of it.
pub(super) async fn choose(
    tx: &mut SqliteConnection,
    log_id: &str,
    contact: &NamedContact,
    by_person: bool,
    now: i64,
) -> Result<Option<Fact>, StorageError> {
    let found: Option<StoredCall> = sqlx::query_as(BY_ID).bind(log_id).fetch_optional(&mut *tx).await?;
    let Some(StoredCall(mut log)) = found else { return Ok(None) };
    if log.choice.take(contact, by_person) {
        log.updated_at = now;
        sqlx::query(UPSERT).bind(json!([row_of(&log)]).to_string()).execute(tx).await?;
    }
    Ok(Some(fact(&log, true)))
}

/// The logs that a group of posts concerns.
#[derive(Default)]
struct Book {
    logs: Vec<CallLog>,
    changed: Vec<bool>,
    by_session: HashMap<(String, String), usize>,
}

impl Book {
    /// What changed, for the outbox.
    fn facts(&self, clicked: &[usize]) -> Vec<Fact> {
        let changed = self.changed.iter().enumerate().filter(|(_, changed)| **changed);
        changed.map(|(place, _)| fact(&self.logs[place], clicked.contains(&place))).collect()
    }

    async fn load(tx: &mut SqliteConnection, posts: &[(&str, &CallPost)]) -> Result<Self, StorageError> {
        let mut book = Self::default();
        let keys: Vec<(&str, &str)> =
            posts.iter().map(|(operator, post)| (*operator, post.session_id.as_str())).collect();
        let rows: Vec<StoredCall> = sqlx::query_as(FOR_POSTS).bind(json!(keys).to_string()).fetch_all(&mut *tx).await?;
        for row in rows {
            book.add(row.0, false);
        }
        // A call first seen without a session id is filed under its telephony session id; a post that
        // has no session id is looked for among the logs of that telephony session.
        let open: Vec<(&str, &str)> = posts
            .iter()
            .filter(|(operator, post)| !book.by_session.contains_key(&key(operator, &post.session_id)))
            .filter_map(|(operator, post)| Some((*operator, post.telephony_session_id.as_deref()?)))
            .collect();
        if !open.is_empty() {
            let rows: Vec<StoredCall> =
                sqlx::query_as(FOR_TELEPHONY).bind(json!(open).to_string()).fetch_all(&mut *tx).await?;
            for row in rows {
                book.add(row.0, false);
            }
        }
        Ok(book)
    }

    fn add(&mut self, log: CallLog, new: bool) -> usize {
        let slot = key(&log.operator, &log.session_id);
        if let Some(place) = self.by_session.get(&slot) {
            return *place;
        }
        self.by_session.insert(slot, self.logs.len());
        self.logs.push(log);
        self.changed.push(new);
        self.logs.len() - 1
    }

    /// A call that was filed under its telephony session id gets its session id.
    fn learn_session(&mut self, place: usize, post: &CallPost) {
        let log = &mut self.logs[place];
        let filed_by_telephony = log.telephony_session_id.as_ref() == Some(&log.session_id);
        if filed_by_telephony && log.session_id != post.session_id {
            log.session_id.clone_from(&post.session_id);
            self.by_session.insert(key(&log.operator, &log.session_id), place);
            self.changed[place] = true;
        }
    }

    fn place(&self, operator: &str, post: &CallPost) -> Option<usize> {
        if let Some(place) = self.by_session.get(&key(operator, &post.session_id)) {
            return Some(*place);
        }
        let telephony = post.telephony_session_id.as_ref()?;
        let without_session = post.session_id == *telephony;
        self.logs.iter().position(|log| {
            log.operator == operator
                && log.telephony_session_id.as_ref() == Some(telephony)
                && (without_session || log.session_id == *telephony)
        })
    }
}

fn key(operator: &str, session_id: &str) -> (String, String) {
    (operator.to_owned(), session_id.to_owned())
}
