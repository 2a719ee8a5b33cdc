//! What pages tell of Rox.Chat workspaces: events come in and are kept as they are, with what they change
//! in the same transaction; visits and outgoing chats are read here.

use std::sync::Arc;

use sqlx::FromRow;

use super::Storage;
use super::conversations::IDENTITY_BY_KEY;
use super::error::StorageError;
use super::writer::{Done, Job};
use crate::domain::identity::{Channel, Identity};
use crate::domain::roxchat::{CommandStatus, Rules, Telling};

/// The newest visit of any visitor who is this contact.
const SESSION: &str = "select s.session, s.visitor, s.seen_ms from identity i \
     join roxchat_session s on s.workspace = i.account and s.visitor = i.external_id \
     where i.channel = 'roxchat' and i.account = $1 and i.contact_id = $2 order by s.seen_ms desc, s.session limit 1";
macro_rules! command_columns {
    () => {
        "c.id, c.workspace, c.operator, c.contact_id, c.visitor, c.session, c.status, c.code, c.asked_ms"
    };
}
pub(super) const COMMAND: &str =
    concat!("select ", command_columns!(), " from roxchat_command c where c.workspace = $1 and c.id = $2");
const EVENTS: &str = "select e.stream, e.seq, e.raw, e.refused, e.chat_id, e.at_ms, \
       (select o.stream || ':' || o.seq from roxchat_event o where o.key = e.collapsed_into) as collapsed_into \
     from roxchat_event e where e.workspace = $1 and e.key > $2 order by e.key limit $3";
const LIVING: &str = "select c.id, c.json from contact c where c.deleted = 0 \
     and c.id in (select value from json_each($1)) order by c.key";

/// A page's events, in the order they came.
#[derive(Debug, Clone)]
pub struct EventBatch {
    /// What the configuration says of the workspace.
    pub rules: Arc<Rules>,
    /// Whose page it is.
    pub operator: String,
    /// The page, from its loading on.
    pub stream: String,
    /// What it told.
    pub tellings: Vec<Telling>,
}

/// One write.
#[derive(Debug, Clone)]
pub(super) enum RoxchatJob {
    Events(EventBatch),
    Idle { workspace: String, before_ms: i64 },
    Ask(Command),
    Settle { workspace: String, id: String, status: CommandStatus, code: Option<String> },
    Silent { before_ms: i64 },
    Purge { before_ms: i64 },
}

/// What a write came to.
#[derive(Debug, Clone)]
pub(super) enum RoxchatDone {
    Events(Vec<Outcome>),
    Command(Option<Command>),
    Count(i64),
    Nothing,
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it is new.
    pub fate: Fate,
    /// The page's notifications after it, where it is about one.
    pub badge: Option<i64>,
}

/// Whether an event is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was kept, and did what it means.
    Stored,
    /// It was here before.
    Duplicate,
    /// It was kept as it came, and means nothing; the reason.
    Refused(String),
}

/// An outgoing chat that an agent asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// `rc_...`.
    pub id: String,
    /// In which workspace.
    pub workspace: String,
    /// Who asked.
    pub operator: String,
    /// With whom.
    pub contact_id: String,
    /// The vendor's id of the visitor.
    pub visitor: String,
    /// The vendor's id of the visit.
    pub session: String,
    /// How it stands.
    pub status: CommandStatus,
    /// The vendor's error code.
    pub code: Option<String>,
    /// Unix ms.
    pub asked_ms: i64,
}

/// A visit in which a chat can be started.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Session {
    /// The vendor's id of the visit.
    pub session: String,
    /// The vendor's id of the visitor.
    pub visitor: String,
    /// When it was heard of last, Unix ms.
    pub seen_ms: i64,
}

/// An event as it was kept.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct KeptEvent {
    /// The page that told it.
    pub stream: String,
    /// Its place in the page's stream.
    pub seq: i64,
    /// As it came.
    pub raw: String,
    /// Why it means nothing.
    pub refused: Option<String>,
    /// The chat it is about.
    pub chat_id: Option<i64>,
    /// Unix ms.
    pub at_ms: i64,
    /// The event of another page that it repeats, as `stream:seq`.
    pub collapsed_into: Option<String>,
}

impl Storage {
    /// Takes a page's events: kept, and what they mean done, in one transaction. The outcomes are in the
    /// order of the events.
    pub async fn take_roxchat_events(&self, batch: EventBatch) -> Result<Vec<Outcome>, StorageError> {
        match self.roxchat(RoxchatJob::Events(batch)).await? {
            RoxchatDone::Events(outcomes) => Ok(outcomes),
            _ => Ok(Vec::new()),
        }
    }

    /// Closes chats of a workspace whose last message is older. How many.
    pub async fn close_idle_chats(&self, workspace: &str, before_ms: i64) -> Result<i64, StorageError> {
        self.roxchat_count(RoxchatJob::Idle { workspace: workspace.to_owned(), before_ms }).await
    }

    /// Notes that an outgoing chat was asked for.
    pub async fn ask_roxchat(&self, command: Command) -> Result<(), StorageError> {
        self.roxchat(RoxchatJob::Ask(command)).await.map(drop)
    }

    /// Notes how an outgoing chat ended; how it stands then. None where it is not known.
    pub async fn settle_roxchat(
        &self,
        workspace: &str,
        id: &str,
        status: CommandStatus,
        code: Option<String>,
    ) -> Result<Option<Command>, StorageError> {
        let job = RoxchatJob::Settle { workspace: workspace.to_owned(), id: id.to_owned(), status, code };
        match self.roxchat(job).await? {
            RoxchatDone::Command(command) => Ok(command),
            _ => Ok(None),
        }
    }

    /// Outgoing chats that were asked for before and got no answer are unknown. How many.
    pub async fn silence_roxchat(&self, before_ms: i64) -> Result<i64, StorageError> {
        self.roxchat_count(RoxchatJob::Silent { before_ms }).await
    }

    /// Forgets events, pages, visits and commands of before, but for those of chats that are kept. How many
    /// events went.
    pub async fn purge_roxchat(&self, before_ms: i64) -> Result<i64, StorageError> {
        self.roxchat_count(RoxchatJob::Purge { before_ms }).await
    }

    /// An outgoing chat.
    pub async fn find_roxchat_command(&self, workspace: &str, id: &str) -> Result<Option<Command>, StorageError> {
        Ok(sqlx::query_as(COMMAND).bind(workspace).bind(id).fetch_optional(&self.read).await?)
    }

    /// The newest visit of a contact to the site.
    pub async fn find_roxchat_session(
        &self,
        workspace: &str,
        contact_id: &str,
    ) -> Result<Option<Session>, StorageError> {
        Ok(sqlx::query_as(SESSION).bind(workspace).bind(contact_id).fetch_optional(&self.read).await?)
    }

    /// Events of a workspace as they were kept, after so many, in the order they came.
    pub async fn list_roxchat_events(
        &self,
        workspace: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<KeptEvent>, StorageError> {
        Ok(sqlx::query_as(EVENTS).bind(workspace).bind(after).bind(limit).fetch_all(&self.read).await?)
    }

    /// The visitor under the vendor's id, or who took their place.
    pub async fn find_roxchat_visitor(&self, workspace: &str, id: &str) -> Result<Option<Identity>, StorageError> {
        let query = sqlx::query_as(IDENTITY_BY_KEY).bind(Channel::Roxchat.word()).bind(workspace).bind(id);
        let mut found: Option<Identity> = query.fetch_optional(&self.read).await?;
        for _ in 0..super::roxchat_visitor::LONGEST_CHAIN {
            let Some(next) = found.as_ref().and_then(|identity| identity.same_as.clone()) else { break };
            found = self.find_identity(&next).await?;
        }
        Ok(found)
    }

    /// Those of the ids that are living contacts, with their JSON, in the order of the address book.
    pub async fn living_contacts(&self, ids: &[String]) -> Result<Vec<(String, String)>, StorageError> {
        let ids = serde_json::json!(ids).to_string();
        Ok(sqlx::query_as(LIVING).bind(ids).fetch_all(&self.read).await?)
    }

    async fn roxchat(&self, job: RoxchatJob) -> Result<RoxchatDone, StorageError> {
        match self.writer.run(Job::Roxchat(Arc::new(job))).await? {
            Done::Roxchat(done) => Ok(done),
            _ => Ok(RoxchatDone::Nothing),
        }
    }

    async fn roxchat_count(&self, job: RoxchatJob) -> Result<i64, StorageError> {
        match self.roxchat(job).await? {
            RoxchatDone::Count(count) => Ok(count),
            _ => Ok(0),
        }
    }
}

impl FromRow<'_, sqlx::sqlite::SqliteRow> for Command {
    fn from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Self, sqlx::Error> {
        use sqlx::Row;
        let status: &str = row.try_get("status")?;
        Ok(Self {
            id: row.try_get("id")?,
            workspace: row.try_get("workspace")?,
            operator: row.try_get("operator")?,
            contact_id: row.try_get("contact_id")?,
            visitor: row.try_get("visitor")?,
            session: row.try_get("session")?,
            status: CommandStatus::from_word(status).unwrap_or(CommandStatus::Unknown),
            code: row.try_get("code")?,
            asked_ms: row.try_get("asked_ms")?,
        })
    }
}
