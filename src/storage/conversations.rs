//! Conversations of chat widgets and their visitors: read here, written in the transaction of what a
//! channel was told.

use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::Storage;
use super::call_logs::choice_of;
use super::conversation_write::ConversationJob;
use super::error::StorageError;
use super::writer::{Done, Job};
use crate::domain::conversation::{Author, ChatMessage, Conversation};
use crate::domain::identity::{Channel, Identity};
use crate::domain::party::NamedContact;

macro_rules! identity_columns {
    () => {
        "i.id, i.channel, i.account, i.external_id, i.name, i.facts, i.verified, i.contact_id, i.decided_by, \
         i.suggested, i.conflict, i.same_as, i.created_ms, i.updated_ms"
    };
}
macro_rules! conversation_columns {
    () => {
        "v.id, v.channel, v.account, v.external_id, v.identity_id, v.operator, v.contact_id, v.decided_by, v.state, \
         v.closed_by, v.partial, v.started_ms, v.last_ms, v.closed_ms, v.revision, v.facts, v.created_ms, v.updated_ms"
    };
}
macro_rules! message_columns {
    () => {
        "m.id, m.at_ms, m.place, m.author, m.author_name, m.kind, m.body, m.truncated, m.attachments, m.shown, \
         m.collapsed_into"
    };
}
pub(super) use conversation_columns;

pub(super) const IDENTITY: &str = concat!("select ", identity_columns!(), " from identity i where i.id = $1");
pub(super) const CONVERSATION: &str =
    concat!("select ", conversation_columns!(), " from conversation v where v.id = $1");
pub(super) const IDENTITY_BY_KEY: &str = concat!(
    "select ",
    identity_columns!(),
    " from identity i where i.channel = $1 and i.account = $2 and i.external_id = $3"
);
const IDENTITIES: &str =
    concat!("select ", identity_columns!(), " from identity i where i.contact_id = $1 order by i.id");
const LIST: &str = concat!(
    "select ",
    conversation_columns!(),
    " from conversation v where v.id > $1 and ($2 is null or v.contact_id = $2) \
     and ($3 is null or v.channel = $3) order by v.id limit $4"
);
const MESSAGES: &str = concat!(
    "select ",
    message_columns!(),
    " from conversation_message m where m.conversation_id = $1 order by m.at_ms, m.place, m.id"
);

/// A conversation with its visitor and all its messages, in the order of the transcript.
#[derive(Debug)]
pub struct HeldConversation {
    /// The conversation.
    pub conversation: Conversation,
    /// The visitor, where known.
    pub identity: Option<Identity>,
    /// Those that the transcript does not show among them.
    pub messages: Vec<ChatMessage>,
}

/// Which conversations to list.
#[derive(Debug, Clone, Default)]
pub struct ConversationFilter {
    /// Of this contact only.
    pub contact_id: Option<String>,
    /// Of this channel only.
    pub channel: Option<Channel>,
}

impl Storage {
    /// One conversation by our id.
    pub async fn find_conversation(&self, id: &str) -> Result<Option<Conversation>, StorageError> {
        Ok(sqlx::query_as(CONVERSATION).bind(id).fetch_optional(&self.read).await?)
    }

    /// One conversation by our id, with its visitor and all its messages.
    pub async fn find_held_conversation(&self, id: &str) -> Result<Option<HeldConversation>, StorageError> {
        let Some(conversation) = self.find_conversation(id).await? else { return Ok(None) };
        let identity = match &conversation.identity_id {
            Some(id) => self.find_identity(id).await?,
            None => None,
        };
        let messages = self.list_chat_messages(id).await?;
        Ok(Some(HeldConversation { conversation, identity, messages }))
    }

    /// Conversations after an id, oldest first.
    pub async fn list_conversations(
        &self,
        filter: &ConversationFilter,
        after: &str,
        limit: i64,
    ) -> Result<Vec<Conversation>, StorageError> {
        let query = sqlx::query_as(LIST).bind(after).bind(&filter.contact_id);
        Ok(query.bind(filter.channel.map(Channel::word)).bind(limit).fetch_all(&self.read).await?)
    }

    /// All messages of a conversation, in the order of its transcript, those it does not show among them.
    pub async fn list_chat_messages(&self, conversation_id: &str) -> Result<Vec<ChatMessage>, StorageError> {
        Ok(sqlx::query_as(MESSAGES).bind(conversation_id).fetch_all(&self.read).await?)
    }

    /// One visitor by our id.
    pub async fn find_identity(&self, id: &str) -> Result<Option<Identity>, StorageError> {
        Ok(sqlx::query_as(IDENTITY).bind(id).fetch_optional(&self.read).await?)
    }

    /// The visitors that are a contact.
    pub async fn identities_of(&self, contact_id: &str) -> Result<Vec<Identity>, StorageError> {
        Ok(sqlx::query_as(IDENTITIES).bind(contact_id).fetch_all(&self.read).await?)
    }

    /// A person says which contact a conversation and its visitor are, or that they are nobody. False
    /// where there is no such conversation.
    pub async fn link_conversation(&self, id: &str, contact: NamedContact) -> Result<bool, StorageError> {
        let job = ConversationJob::Link { id: id.to_owned(), contact };
        Ok(matches!(self.writer.run(Job::Conversation(job)).await?, Done::Chosen(true)))
    }

    /// Deletes a conversation with its messages for good, and what was still to be delivered of it.
    /// False where there is none.
    pub async fn delete_conversation(&self, id: &str) -> Result<bool, StorageError> {
        let job = ConversationJob::Delete { id: id.to_owned() };
        Ok(matches!(self.writer.run(Job::Conversation(job)).await?, Done::Chosen(true)))
    }

    /// Deletes a visitor for good, with all conversations, whoever became that visitor by signing in
    /// included. False where there is none.
    pub async fn erase_identity(&self, id: &str) -> Result<bool, StorageError> {
        let job = ConversationJob::Erase { identity: id.to_owned() };
        Ok(matches!(self.writer.run(Job::Conversation(job)).await?, Done::Chosen(true)))
    }

    /// Deletes conversations whose last message is older and that are not on their way to a CRM, and
    /// visitors of whom nothing is left. How many conversations went.
    pub async fn purge_conversations(&self, before_ms: i64) -> Result<i64, StorageError> {
        let mut all = 0;
        loop {
            // In pieces, so that calls do not wait for it.
            match self.writer.run(Job::Conversation(ConversationJob::Purge { before_ms })).await? {
                Done::Count(count) if count > 0 => all += count,
                _ => return Ok(all),
            }
        }
    }
}

impl FromRow<'_, SqliteRow> for Identity {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            channel: channel_of(row)?,
            account: row.try_get("account")?,
            external_id: row.try_get("external_id")?,
            name: row.try_get("name")?,
            facts: serde_json::from_str(row.try_get("facts")?).unwrap_or_default(),
            verified: row.try_get("verified")?,
            choice: choice_of(row)?,
            suggested: row.try_get("suggested")?,
            conflict: row.try_get("conflict")?,
            same_as: row.try_get("same_as")?,
            created_ms: row.try_get("created_ms")?,
            updated_ms: row.try_get("updated_ms")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Conversation {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let state: &str = row.try_get("state")?;
        Ok(Self {
            id: row.try_get("id")?,
            channel: channel_of(row)?,
            account: row.try_get("account")?,
            external_id: row.try_get("external_id")?,
            identity_id: row.try_get("identity_id")?,
            operator: row.try_get("operator")?,
            choice: choice_of(row)?,
            open: state == "open",
            closed_by: row.try_get("closed_by")?,
            partial: row.try_get("partial")?,
            started_ms: row.try_get("started_ms")?,
            last_ms: row.try_get("last_ms")?,
            closed_ms: row.try_get("closed_ms")?,
            revision: row.try_get("revision")?,
            facts: serde_json::from_str(row.try_get("facts")?).unwrap_or_default(),
            created_ms: row.try_get("created_ms")?,
            updated_ms: row.try_get("updated_ms")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for ChatMessage {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let attachments: Value = serde_json::from_str(row.try_get("attachments")?).unwrap_or_default();
        Ok(Self {
            id: row.try_get("id")?,
            at_ms: row.try_get("at_ms")?,
            place: row.try_get("place")?,
            author: Author::from_word(row.try_get("author")?),
            author_name: row.try_get("author_name")?,
            kind: row.try_get("kind")?,
            text: row.try_get("body")?,
            truncated: row.try_get("truncated")?,
            attachments: serde_json::from_value(attachments).unwrap_or_default(),
            shown: row.try_get("shown")?,
            collapsed_into: row.try_get("collapsed_into")?,
        })
    }
}

fn channel_of(row: &SqliteRow) -> Result<Channel, sqlx::Error> {
    let word: &str = row.try_get("channel")?;
    Channel::from_word(word).ok_or_else(|| sqlx::Error::Decode(format!("the channel {word} is not known").into()))
}
