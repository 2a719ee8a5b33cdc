//! Writes of message logs: a post's messages are filed under their days, and what changed is enqueued.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sqlx::SqliteConnection;

use super::error::StorageError;
use super::media_rows;
use super::message_logs::{BY_ID, MessageLog, columns};
use super::outbox_write;
use crate::domain::clock::Clock;
use crate::domain::ids::new_id;
use crate::domain::log_form;
use crate::domain::message_log::{Message, MessagePost, MessageTrigger, retold};
use crate::domain::outbox::{Fact, Routes};
use crate::domain::party::{Choice, NamedContact, Note};

const BY_DAY: &str = concat!(
    "select ",
    columns!(),
    " from message_log l where l.operator = $1 and l.conversation_id = $2 and l.day = $3"
);
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
    routes: &Routes,
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
    let mut facts = Vec::new();
    for (id, log) in &mut logs {
        let before = log.clone();
        let messages = filed.get(id).map(Vec::as_slice).unwrap_or_default();
        merge(log, post, messages, now);
        let mut changed = !log.says_the_same(&before);
        write_log(tx, log).await?;
        for message in messages {
            let (body, modified_at) = if let Some(home) = homes.remove(&message.id) {
                let stored: Map<String, Value> = serde_json::from_str(&home.body).unwrap_or_default();
                let told = retold((stored.clone(), home.modified_at), (&message.body, message.modified_at));
                changed |= told.0 != stored;
                told
            } else {
                changed = true;
                (message.body.clone(), message.modified_at)
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
        if changed {
            facts.push(log.fact(post.trigger.is_persons()));
        }
    }
    outbox_write::enqueue(tx, &facts, routes, clock).await?;
    Ok(logs.into_keys().collect())
}

/// Says whose a log is; what the outbox has to know of it.
pub(super) async fn choose(
    tx: &mut SqliteConnection,
    log_id: &str,
    contact: &NamedContact,
    by_person: bool,
    now: i64,
) -> Result<Option<Fact>, StorageError> {
    let found: Option<MessageLog> = sqlx::query_as(BY_ID).bind(log_id).fetch_optional(&mut *tx).await?;
    let Some(mut log) = found else { return Ok(None) };
    if log.choice.take(contact, by_person) {
        log.updated_at = now;
        write_log(tx, &log).await?;
    }
    Ok(Some(log.fact(true)))
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
        log_form::save(&mut log.form, form);
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
