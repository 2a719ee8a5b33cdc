//! Message logs: one for each operator, conversation and day of ours; each message once, by its id.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::Storage;
use super::call_logs::{choice_of, note_of};
use super::error::StorageError;
use super::writer::{Done, Job};
use crate::domain::message_log::MessagePost;
use crate::domain::operator::Operator;
use crate::domain::outbox::{Fact, Urgency};
use crate::domain::party::{Choice, Note};
use crate::domain::upstream::LogKind;

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

impl MessageLog {
    pub(super) fn fact(&self, clicked: bool) -> Fact {
        Fact {
            log_id: self.id.clone(),
            kind: LogKind::Message,
            operator: self.operator.clone(),
            choice: self.choice.clone(),
            urgency: if clicked { Urgency::Asked } else { Urgency::Settling },
        }
    }

    /// Whether two states of one log differ in nothing but their times.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        *self == Self { updated_at: self.updated_at, last_message_at: self.last_message_at, ..other.clone() }
    }
}

macro_rules! columns {
    () => {
        "l.id, l.operator, l.conversation_id, l.day, l.kind, l.contact_id, l.decided_by, l.note, l.earlier_notes, \
         l.form, l.conversation, l.remote_numbers, l.last_message_at, l.created_at, l.updated_at"
    };
}
pub(super) use columns;

pub(super) const BY_ID: &str = concat!("select ", columns!(), " from message_log l where l.id = $1");
const BY_CONVERSATION: &str =
    concat!("select ", columns!(), " from message_log l where l.conversation_id = $1 order by l.day, l.id");
const LIST: &str = concat!("select ", columns!(), " from message_log l where l.id > $1 order by l.id limit $2");
const MESSAGES: &str = "select body from message where log_id = $1 order by created_at, id";
const LOGGED: &str = "select a.alias, a.log_id from json_each($2) asked \
     cross join message_log_alias a on a.operator = $1 and a.alias = asked.value order by a.alias, a.log_id";
const LOGGED_MESSAGES: &str = "select m.id, m.log_id from json_each($2) asked \
     cross join message m on m.operator = $1 and m.id = asked.value";

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
