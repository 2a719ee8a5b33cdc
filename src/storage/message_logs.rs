//! Message logs: one for each operator, conversation and day of ours; each message once, by its id.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, SqliteConnection};

use super::Storage;
use super::call_logs::{choice_of, note_of};
use super::error::StorageError;
use super::media_rows;
use super::writer::{Done, Job};
use crate::domain::clock::Clock;
use crate::domain::ids::new_id;
use crate::domain::message_log::{Message, MessagePost, MessageTrigger, retold};
use crate::domain::operator::Operator;
use crate::domain::party::{Choice, Note};

/// A conversation's day, as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageLog {
    /// Our id, `ml_...`.
    pub id: String,
    /// Whose log it is.
    pub operator: String,
    /// `RingCentral`'s conversation.
    pub conversation_id: String,
    /// Our day, `YYYY-MM-DD`.
    pub day: String,
    /// SMS, Pager, `VoiceMail`, Fax, Thread.
    pub kind: String,
    /// Which contact it belongs to.
    pub choice: Choice,
    /// The operator's note.
    pub note: Note,
    /// The last saved form.
    pub form: Map<String, Value>,
    /// The conversation as last told, without messages.
    pub conversation: Map<String, Value>,
    /// Keys of the other ends' numbers.
    pub remote_numbers: Vec<String>,
    /// Unix ms.
    pub last_message_at: i64,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub updated_at: i64,
}

macro_rules! columns {
    () => {
        "l.id, l.operator, l.conversation_id, l.day, l.kind, l.contact_id, l.decided_by, l.note, l.earlier_notes, \
         l.form, l.conversation, l.remote_numbers, l.last_message_at, l.created_at, l.updated_at"
    };
}

const BY_DAY: &str = concat!(
    "select ",
    columns!(),
    " from message_log l where l.operator = $1 and l.conversation_id = $2 and l.day = $3"
);
const BY_ID: &str = concat!("select ", columns!(), " from message_log l where l.id = $1");
const BY_CONVERSATION: &str =
    concat!("select ", columns!(), " from message_log l where l.conversation_id = $1 order by l.day, l.id");
const LIST: &str = concat!("select ", columns!(), " from message_log l where l.id > $1 order by l.id limit $2");
const UPSERT: &str = "insert into message_log (id, operator, conversation_id, day, kind, contact_id, decided_by, \
       note, earlier_notes, form, conversation, remote_numbers, last_message_at, created_at, updated_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
     on conflict (id) do update set kind = excluded.kind, contact_id = excluded.contact_id, \
       decided_by = excluded.decided_by, note = excluded.note, earlier_notes = excluded.earlier_notes, \
       form = excluded.form, conversation = excluded.conversation, remote_numbers = excluded.remote_numbers, \
       last_message_at = excluded.last_message_at, updated_at = excluded.updated_at";
const ADD_NUMBER: &str =
    "insert into message_log_number (number, log_id) values ($1, $2) on conflict (number, log_id) do nothing";
const ADD_ALIAS: &str = "insert into message_log_alias (operator, alias, log_id) values ($1, $2, $3) \
     on conflict (operator, alias, log_id) do nothing";
const HOMES: &str = "select id, log_id, modified_at, body from message \
     where operator = $1 and id in (select value from json_each($2))";
const PUT_MESSAGE: &str = "insert into message (operator, id, log_id, created_at, modified_at, body) \
     values ($1, $2, $3, $4, $5, $6) \
     on conflict (operator, id) do update set body = excluded.body, modified_at = excluded.modified_at";
const MESSAGES: &str = "select body from message where log_id = $1 order by created_at, id";
const LOGGED: &str = "select a.alias, a.log_id from json_each($2) asked \
     join message_log_alias a on a.operator = $1 and a.alias = asked.value order by a.alias, a.log_id";
const LOGGED_MESSAGES: &str = "select m.id, m.log_id from json_each($2) asked \
     join message m on m.operator = $1 and m.id = asked.value";

impl Storage {
    /// Takes a post into its logs, durably. Answers with the ids of the logs it concerns.
    pub async fn take_message_post(&self, operator: &Operator, post: MessagePost) -> Result<Vec<String>, StorageError> {
        let job = Job::MessagePost { operator: operator.id.clone(), post: Arc::new(post) };
        match self.writer.run(job).await? {
            Done::MessageLogs(ids) => Ok(ids),
            _ => Ok(Vec::new()),
        }
    }

    /// Which of the widget's conversation keys an operator has logged: (key, log id).
    pub async fn logged_conversations(
        &self,
        operator: &Operator,
        aliases: &[String],
    ) -> Result<Vec<(String, String)>, StorageError> {
        let asked = json!(aliases).to_string();
        Ok(sqlx::query_as(LOGGED).bind(&operator.id).bind(asked).fetch_all(&self.read).await?)
    }

    /// Which of these messages an operator has logged: (message id, log id).
    pub async fn logged_messages(
        &self,
        operator: &Operator,
        message_ids: &[String],
    ) -> Result<Vec<(String, String)>, StorageError> {
        let asked = json!(message_ids).to_string();
        Ok(sqlx::query_as(LOGGED_MESSAGES).bind(&operator.id).bind(asked).fetch_all(&self.read).await?)
    }

    /// Every operator's logs of a conversation, by day.
    pub async fn message_logs_of(&self, conversation_id: &str) -> Result<Vec<MessageLog>, StorageError> {
        Ok(sqlx::query_as(BY_CONVERSATION).bind(conversation_id).fetch_all(&self.read).await?)
    }

    /// Message logs after an id, oldest first.
    pub async fn list_message_logs(&self, after: &str, limit: i64) -> Result<Vec<MessageLog>, StorageError> {
        Ok(sqlx::query_as(LIST).bind(after).bind(limit).fetch_all(&self.read).await?)
    }

    /// One log by our id.
    pub async fn find_message_log(&self, id: &str) -> Result<Option<MessageLog>, StorageError> {
        Ok(sqlx::query_as(BY_ID).bind(id).fetch_optional(&self.read).await?)
    }

    /// A log's messages, oldest first, as JSON objects.
    pub async fn messages_of(&self, log_id: &str) -> Result<Vec<Value>, StorageError> {
        let bodies: Vec<String> = sqlx::query_scalar(MESSAGES).bind(log_id).fetch_all(&self.read).await?;
        Ok(bodies.iter().map(|body| serde_json::from_str(body).unwrap_or(Value::Null)).collect())
    }
}

impl FromRow<'_, SqliteRow> for MessageLog {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            operator: row.try_get("operator")?,
            conversation_id: row.try_get("conversation_id")?,
            day: row.try_get("day")?,
            kind: row.try_get("kind")?,
            choice: choice_of(row)?,
            note: note_of(row)?,
            form: serde_json::from_str(row.try_get("form")?).unwrap_or_default(),
            conversation: serde_json::from_str(row.try_get("conversation")?).unwrap_or_default(),
            remote_numbers: serde_json::from_str(row.try_get("remote_numbers")?).unwrap_or_default(),
            last_message_at: row.try_get("last_message_at")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

/// Where a message is filed, and what was told of it.
struct Home {
    log_id: String,
    modified_at: i64,
    body: String,
}

/// Files the messages of a post under their days. A message that is already filed stays where it is
/// and takes the newer text and status.
pub(super) async fn take_post(
    tx: &mut SqliteConnection,
    operator: &str,
    post: &MessagePost,
    clock: &dyn Clock,
) -> Result<Vec<String>, StorageError> {
    let now = clock.now_ms();
    let ids: Vec<&str> = post.messages.iter().map(|message| message.id.as_str()).collect();
    let homes: Vec<(String, String, i64, String)> =
        sqlx::query_as(HOMES).bind(operator).bind(json!(ids).to_string()).fetch_all(&mut *tx).await?;
    let mut homes: BTreeMap<String, Home> =
        homes.into_iter().map(|(id, log_id, modified_at, body)| (id, Home { log_id, modified_at, body })).collect();

    let mut filed: BTreeMap<String, Vec<&Message>> = BTreeMap::new();
    let mut logs: BTreeMap<String, MessageLog> = BTreeMap::new();
    for message in &post.messages {
        let log = match homes.get(&message.id) {
            Some(home) => match logs.get(&home.log_id) {
                Some(log) => log.clone(),
                None => sqlx::query_as(BY_ID).bind(&home.log_id).fetch_one(&mut *tx).await?,
            },
            None => log_of_day(tx, operator, post, &message.day, &logs, clock).await?,
        };
        filed.entry(log.id.clone()).or_default().push(message);
        logs.entry(log.id.clone()).or_insert(log);
    }
    if logs.is_empty() {
        // A conversation whose messages are not told (a note on an empty day) is still a log.
        let at = crate::domain::json::integer(post.conversation.get("creationTime")).unwrap_or(now);
        let day = crate::domain::message_log::day_of(at, post.zone);
        let log = log_of_day(tx, operator, post, &day, &logs, clock).await?;
        logs.insert(log.id.clone(), log);
    }
    for (id, log) in &mut logs {
        let messages = filed.get(id).map(Vec::as_slice).unwrap_or_default();
        merge(log, post, messages, now);
        write_log(tx, log).await?;
        for message in messages {
            let (body, modified_at) = match homes.remove(&message.id) {
                Some(home) => {
                    let stored = serde_json::from_str(&home.body).unwrap_or_default();
                    retold((stored, home.modified_at), (&message.body, message.modified_at))
                }
                None => (message.body.clone(), message.modified_at),
            };
            let body = Value::Object(body).to_string();
            sqlx::query(PUT_MESSAGE)
                .bind(operator)
                .bind(&message.id)
                .bind(id)
                .bind(message.created_at)
                .bind(modified_at)
                .bind(body)
                .execute(&mut *tx)
                .await?;
            let media = post.media.iter().filter(|file| file.message_id == message.id);
            media_rows::note(tx, (operator, id), media, clock).await?;
        }
        if let Some(alias) = post.alias.as_ref().filter(|_| post.trigger != MessageTrigger::SelectedLog) {
            sqlx::query(ADD_ALIAS).bind(operator).bind(alias).bind(id).execute(&mut *tx).await?;
        }
        for number in &log.remote_numbers {
            sqlx::query(ADD_NUMBER).bind(number).bind(id).execute(&mut *tx).await?;
        }
    }
    Ok(logs.into_keys().collect())
}

async fn log_of_day(
    tx: &mut SqliteConnection,
    operator: &str,
    post: &MessagePost,
    day: &str,
    logs: &BTreeMap<String, MessageLog>,
    clock: &dyn Clock,
) -> Result<MessageLog, StorageError> {
    if let Some(log) = logs.values().find(|log| log.day == day && log.conversation_id == post.conversation_id) {
        return Ok(log.clone());
    }
    let stored =
        sqlx::query_as(BY_DAY).bind(operator).bind(&post.conversation_id).bind(day).fetch_optional(&mut *tx).await?;
    Ok(stored.unwrap_or_else(|| MessageLog {
        id: new_id("ml", clock),
        operator: operator.to_owned(),
        conversation_id: post.conversation_id.clone(),
        day: day.to_owned(),
        kind: post.kind.clone(),
        choice: Choice::default(),
        note: Note::default(),
        form: Map::new(),
        conversation: Map::new(),
        remote_numbers: Vec::new(),
        last_message_at: 0,
        created_at: clock.now_ms(),
        updated_at: clock.now_ms(),
    }))
}

fn merge(log: &mut MessageLog, post: &MessagePost, messages: &[&Message], now: i64) {
    log.choice.by_person(&post.named_by_person);
    log.choice.by_machine(post.named_by_machine.as_deref());
    log.note.write(post.note.as_deref());
    if let Some(form) = &post.form {
        log.form.extend(form.clone());
    }
    log.conversation.extend(post.conversation.clone());
    log.remote_numbers.extend(post.remote_numbers.iter().cloned());
    log.remote_numbers.sort();
    log.remote_numbers.dedup();
    let newest = messages.iter().map(|message| message.created_at).max().unwrap_or(now);
    log.last_message_at = if messages.is_empty() && log.last_message_at > 0 {
        log.last_message_at
    } else {
        log.last_message_at.max(newest)
    };
    log.updated_at = now;
}

async fn write_log(tx: &mut SqliteConnection, log: &MessageLog) -> Result<(), StorageError> {
    sqlx::query(UPSERT)
        .bind(&log.id)
        .bind(&log.operator)
        .bind(&log.conversation_id)
        .bind(&log.day)
        .bind(&log.kind)
        .bind(&log.choice.contact_id)
        .bind(log.choice.decided_by.word())
        .bind(&log.note.text)
        .bind(json!(log.note.earlier).to_string())
        .bind(json!(log.form).to_string())
        .bind(json!(log.conversation).to_string())
        .bind(json!(log.remote_numbers).to_string())
        .bind(log.last_message_at)
        .bind(log.created_at)
        .bind(log.updated_at)
        .execute(tx)
        .await?;
    Ok(())
}
