//! Which pages told of a chat, and what they may have missed of it. Events exist only while a page is
//! open, so a transcript is partial where a page began or ended in the middle of a chat and no other one
//! was watching.

use sqlx::SqliteConnection;

use super::error::StorageError;
use super::roxchat_chat::Opened;
use super::roxchat_write::Taken;
use crate::domain::conversation::{Author, Conversation};

const STREAMS: &str = "select stream from roxchat_watch where workspace = $1 and chat_id = $2";
const BEGIN: &str = "insert into roxchat_watch (workspace, chat_id, stream, first_event, gap) \
     values ($1, $2, $3, $4, $5) on conflict (workspace, chat_id, stream) do nothing";
/// A page that was thought to follow a gap told what another one told as well, at the same time.
const COVER: &str = "update roxchat_watch set gap = '' where workspace = $1 and chat_id = $2 and gap = 'between' \
     and first_event = $3";
const GAPS: &str = "select count(*) from roxchat_watch where workspace = $1 and chat_id = $2 and gap <> ''";
/// An outgoing chat begins with the agent's message.
const ASKED: &str = "select count(*) from roxchat_command where workspace = $1 and session = $2 and asked_ms >= $3";
/// Pages that told of the chat and were not replaced by another one of the same operator since.
const LIVING: &str = "select count(*) from roxchat_watch w \
     join roxchat_stream s on s.workspace = w.workspace and s.stream = w.stream \
     where w.workspace = $1 and w.chat_id = $2 and not exists (select 1 from roxchat_stream n \
       where n.workspace = s.workspace and n.operator = s.operator and n.stream <> s.stream and n.began_ms > s.heard_ms)";
const END: &str = "update roxchat_watch set gap = 'end' where workspace = $1 and chat_id = $2";
/// How long after it was asked for an outgoing chat may begin.
const OUTGOING_MS: i64 = 3_600_000;

/// The page tells of the chat. `twin` is the event it repeats; `opened` how a chat begins, where it is told
/// by a message.
pub(super) async fn heard(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    chat: &mut Conversation,
    twin: Option<i64>,
    opened: Option<Opened<'_>>,
) -> Result<(), StorageError> {
    let workspace = &taken.rules.workspace;
    let query = sqlx::query_scalar(STREAMS).bind(workspace).bind(&chat.external_id);
    let streams: Vec<String> = query.fetch_all(&mut *tx).await?;
    if let Some(twin) = twin {
        sqlx::query(COVER).bind(workspace).bind(&chat.external_id).bind(twin).execute(&mut *tx).await?;
    }
    let gap = if streams.is_empty() {
        if is_whole(tx, taken, opened).await? { "" } else { "opening" }
    } else if chat.open && twin.is_none() {
        "between"
    } else {
        ""
    };
    if !streams.iter().any(|known| known == taken.stream) {
        begin(tx, taken, &chat.external_id, gap).await?;
    }
    let gaps: i64 = sqlx::query_scalar(GAPS).bind(workspace).bind(&chat.external_id).fetch_one(tx).await?;
    // Pages of long ago are forgotten; what was partial then still is.
    chat.partial = gaps > 0 || (chat.partial && streams.is_empty());
    Ok(())
}

/// A chat is seen that went on before any page was open.
pub(super) async fn began_before(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    chat_id: i64,
) -> Result<(), StorageError> {
    begin(tx, taken, &chat_id.to_string(), "opening").await
}

/// A silent chat is closed: it ended for us where its last page did.
pub(super) async fn ended(
    tx: &mut SqliteConnection,
    workspace: &str,
    chat: &mut Conversation,
) -> Result<(), StorageError> {
    let living: i64 = sqlx::query_scalar(LIVING).bind(workspace).bind(&chat.external_id).fetch_one(&mut *tx).await?;
    if living == 0 {
        chat.partial = true;
        sqlx::query(END).bind(workspace).bind(&chat.external_id).execute(tx).await?;
    }
    Ok(())
}

/// Whether a chat that nobody watched before begins with this: the visitor writes, or the agent does after
/// an outgoing chat was asked for. A word of the system may come first.
async fn is_whole(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    opened: Option<Opened<'_>>,
) -> Result<bool, StorageError> {
    let Some(Opened { author, session }) = opened else { return Ok(false) };
    if matches!(author, Author::Visitor | Author::System) {
        return Ok(true);
    }
    let Some(session) = session else { return Ok(false) };
    let query = sqlx::query_scalar(ASKED).bind(&taken.rules.workspace).bind(session);
    let asked: i64 = query.bind(taken.at_ms - OUTGOING_MS).fetch_one(tx).await?;
    Ok(asked > 0)
}

async fn begin(tx: &mut SqliteConnection, taken: Taken<'_>, chat: &str, gap: &str) -> Result<(), StorageError> {
    let query = sqlx::query(BEGIN).bind(&taken.rules.workspace).bind(chat).bind(taken.stream);
    query.bind(taken.key).bind(gap).execute(tx).await?;
    Ok(())
}
