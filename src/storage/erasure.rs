//! Erasure: a conversation or a visitor goes for good, with what the channels keep of them. What a CRM has
//! stays there.

use sqlx::SqliteConnection;

use super::engage_threads;
use super::error::StorageError;

/// What goes with a conversation, before it. Events as they came are emptied and stay, so that one that is
/// told again is known.
const OF_CONVERSATION: [&str; 4] = [
    "update roxchat_event set raw = '', digest = null where (workspace, chat_id) in \
       (select account, cast(external_id as integer) from conversation where id = $1 and channel = 'roxchat')",
    "delete from outbox where log_id = $1",
    "delete from conversation_message where conversation_id = $1",
    "delete from conversation where id = $1",
];
/// A visitor, and who became that visitor by signing in.
const VISITORS: &str = "with recursive one (id) as (select $1 union select i.id from identity i \
     join one on i.same_as = one.id) select i.id from one join identity i on i.id = one.id order by i.id";
const CONVERSATIONS: &str = "select id from conversation where identity_id = $1 order by id";
/// What goes with a visitor. The ledger of mints keeps until when tokens are good, and no longer whose.
const OF_VISITOR: [&str; 6] = [
    "delete from roxchat_session where (workspace, visitor) in \
       (select account, external_id from identity where id = $1 and channel = 'roxchat')",
    "delete from roxchat_command where (workspace, visitor) in \
       (select account, external_id from identity where id = $1 and channel = 'roxchat')",
    "delete from engage_chain where uuid in \
       (select facts ->> 'uuid' from identity where id = $1 and channel = 'engage')",
    "delete from engage_uuid where uuid in \
       (select facts ->> 'uuid' from identity where id = $1 and channel = 'engage')",
    "update engage_mint set contact_id = null where uuid in \
       (select facts ->> 'uuid' from identity where id = $1 and channel = 'engage')",
    "update identity set same_as = null where same_as = $1",
];
const DELETE_VISITOR: &str = "delete from identity where id = $1";

/// False where there is no such conversation.
pub(super) async fn conversation(tx: &mut SqliteConnection, id: &str) -> Result<bool, StorageError> {
    engage_threads::forget_thread(tx, id).await?;
    let mut gone = 0;
    for sql in OF_CONVERSATION {
        gone = sqlx::query(sql).bind(id).execute(&mut *tx).await?.rows_affected();
    }
    Ok(gone > 0)
}

/// With all conversations. False where there is no such visitor.
pub(super) async fn visitor(tx: &mut SqliteConnection, id: &str) -> Result<bool, StorageError> {
    let visitors: Vec<String> = sqlx::query_scalar(VISITORS).bind(id).fetch_all(&mut *tx).await?;
    for visitor in &visitors {
        let held: Vec<String> = sqlx::query_scalar(CONVERSATIONS).bind(visitor).fetch_all(&mut *tx).await?;
        for one in &held {
            conversation(tx, one).await?;
        }
        for sql in OF_VISITOR {
            sqlx::query(sql).bind(visitor).execute(&mut *tx).await?;
        }
    }
    for visitor in &visitors {
        sqlx::query(DELETE_VISITOR).bind(visitor).execute(&mut *tx).await?;
    }
    Ok(!visitors.is_empty())
}
