//! A contact's activities: the logs that were put on it, and those still open whose number is this
//! contact's alone.

use serde_json::{Value, json};
use sqlx::FromRow;

use super::Storage;
use super::call_logs::{StoredCall, columns};
use super::error::StorageError;
use crate::domain::activity::{Activity, ActivityKind, call_subject, chat_subject, messages_subject};
use crate::domain::call_log::CallLog;
use crate::domain::identity::Channel;

/// Numbers of a contact that nobody else has: an open log with one of them can only be this
/// contact's.
const OWN_NUMBERS: &str = "select distinct p.number from contact_phone p join contact c on c.key = p.contact_key \
     where c.id = $1 and c.deleted = 0 and not exists \
       (select 1 from contact_phone other where other.number = p.number and other.contact_key <> c.key)";
const CALLS: &str = concat!(
    "select ",
    columns!(),
    " from call_log l where l.contact_id = $1 and (l.started_at, l.id) < ($3, $4) \
     order by l.started_at desc, l.id desc limit $2"
);
const OPEN_CALLS: &str = concat!(
    "select ",
    columns!(),
    " from json_each($1) n cross join call_log l on l.remote_number = n.value \
     where l.contact_id is null and l.decided_by = 'nobody' and (l.started_at, l.id) < ($3, $4) \
     order by l.started_at desc, l.id desc limit $2"
);
const DAYS: &str = "select l.id, l.kind, l.note, l.last_message_at, \
       (select count(*) from message m where m.log_id = l.id) as messages, \
       (select m.body from message m where m.log_id = l.id order by m.created_at desc, m.id desc limit 1) as newest \
     from message_log l where l.contact_id = $1 and (l.last_message_at, l.id) < ($3, $4) \
     order by l.last_message_at desc, l.id desc limit $2";
const OPEN_DAYS: &str = "select distinct l.id, l.kind, l.note, l.last_message_at, \
       (select count(*) from message m where m.log_id = l.id) as messages, \
       (select m.body from message m where m.log_id = l.id order by m.created_at desc, m.id desc limit 1) as newest \
     from json_each($1) n cross join message_log_number t on t.number = n.value join message_log l on l.id = t.log_id \
     where l.contact_id is null and l.decided_by = 'nobody' and (l.last_message_at, l.id) < ($3, $4) \
     order by l.last_message_at desc, l.id desc limit $2";
const CHATS: &str = "select v.id, v.channel, v.last_ms, \
       (select count(*) from conversation_message m \
         where m.conversation_id = v.id and m.shown = 1 and m.collapsed_into is null) as messages, \
       (select m.body from conversation_message m \
         where m.conversation_id = v.id and m.shown = 1 and m.collapsed_into is null \
         order by m.at_ms desc, m.place desc, m.id desc limit 1) as newest \
     from conversation v where v.contact_id = $1 and (v.last_ms, v.id) < ($3, $4) \
     order by v.last_ms desc, v.id desc limit $2";

#[derive(FromRow)]
struct Day {
    id: String,
    kind: String,
    note: Option<String>,
    last_message_at: i64,
    messages: i64,
    newest: Option<String>,
}

#[derive(FromRow)]
struct Chat {
    id: String,
    channel: String,
    last_ms: i64,
    messages: i64,
    newest: Option<String>,
}

/// Where a page of activities begins: after the one of this time and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityPlace {
    time: i64,
    id: String,
}

impl ActivityPlace {
    /// Before everything else.
    pub fn first() -> Self {
        Self { time: i64::MAX, id: String::new() }
    }

    /// After an activity.
    pub fn after(activity: &Activity) -> Self {
        Self { time: activity.time, id: activity.id.clone() }
    }

    /// As [`word`](Self::word) wrote it.
    pub fn from_word(word: &str) -> Option<Self> {
        let (time, id) = word.split_once('-')?;
        Some(Self { time: time.parse().ok()?, id: id.to_owned() })
    }

    /// For the wire.
    pub fn word(&self) -> String {
        format!("{}-{}", self.time, self.id)
    }
}

impl Storage {
    /// What was done with a contact by anyone on any channel, newest first.
    pub async fn list_activities(
        &self,
        contact_id: &str,
        from: &ActivityPlace,
        limit: i64,
    ) -> Result<Vec<Activity>, StorageError> {
        // One moment for all: a log that is put on its contact meanwhile would be in none of the lists.
        let mut tx = self.read.begin().await?;
        let own: Vec<String> = sqlx::query_scalar(OWN_NUMBERS).bind(contact_id).fetch_all(&mut *tx).await?;
        let own = json!(own).to_string();
        let mut activities = Vec::new();
        for (sql, key) in [(CALLS, contact_id), (OPEN_CALLS, own.as_str())] {
            let query = sqlx::query_as(sql).bind(key).bind(limit).bind(from.time).bind(&from.id);
            let calls: Vec<StoredCall> = query.fetch_all(&mut *tx).await?;
            activities.extend(calls.iter().map(|call| of_call(&call.0)));
        }
        for (sql, key) in [(DAYS, contact_id), (OPEN_DAYS, own.as_str())] {
            let query = sqlx::query_as(sql).bind(key).bind(limit).bind(from.time).bind(&from.id);
            let days: Vec<Day> = query.fetch_all(&mut *tx).await?;
            activities.extend(days.into_iter().map(of_day));
        }
        let query = sqlx::query_as(CHATS).bind(contact_id).bind(limit).bind(from.time).bind(&from.id);
        let chats: Vec<Chat> = query.fetch_all(&mut *tx).await?;
        activities.extend(chats.into_iter().map(of_chat));
        tx.commit().await?;
        activities.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| b.id.cmp(&a.id)));
        activities.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(activities)
    }
}

fn of_call(log: &CallLog) -> Activity {
    let note = log.note.text.as_deref();
    Activity {
        id: log.id.clone(),
        kind: ActivityKind::Call,
        channel: Channel::Embeddable,
        subject: call_subject(log.direction(), log.result(), log.duration(), note),
        time: log.started_at(),
    }
}

fn of_chat(chat: Chat) -> Activity {
    let channel = Channel::from_word(&chat.channel).unwrap_or(Channel::Embeddable);
    Activity {
        subject: chat_subject(channel, chat.messages, chat.newest.as_deref()),
        id: chat.id,
        kind: ActivityKind::Chat,
        channel,
        time: chat.last_ms,
    }
}

fn of_day(day: Day) -> Activity {
    let newest: Value = day.newest.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
    let text = newest["subject"].as_str().or_else(|| newest["transcript"].as_str());
    Activity {
        subject: messages_subject(&day.kind, day.messages, text, day.note.as_deref()),
        id: day.id,
        kind: ActivityKind::Messages,
        channel: Channel::Embeddable,
        time: day.last_message_at,
    }
}
