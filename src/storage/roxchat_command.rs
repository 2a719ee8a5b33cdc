//! Visits and outgoing chats: which visit of a visitor is known, and how a chat that was asked for ended.

use sqlx::SqliteConnection;

use super::error::StorageError;
use super::roxchat::{COMMAND, Command};
use super::roxchat_write::Taken;
use crate::domain::identity::Identity;
use crate::domain::roxchat::CommandStatus;

const REMEMBER: &str = "insert into roxchat_session (workspace, session, visitor, seen_ms) values ($1, $2, $3, $4) \
     on conflict (workspace, session) do update set visitor = case when excluded.seen_ms >= seen_ms \
       then excluded.visitor else visitor end, seen_ms = max(seen_ms, excluded.seen_ms)";
const ASK: &str = "insert into roxchat_command (id, workspace, operator, contact_id, visitor, session, status, code, \
       asked_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const SETTLE: &str = "update roxchat_command set status = $3, code = $4, settled_ms = $5 \
     where workspace = $1 and id = $2 and status in ('pending', 'unknown')";
const SILENCE: &str = "update roxchat_command set status = 'unknown', settled_ms = $2 \
     where status = 'pending' and asked_ms < $1";

/// A visit is heard of, of who the visitor is by now.
pub(super) async fn remember_session(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    visitor: &Identity,
    session: Option<&str>,
) -> Result<(), StorageError> {
    let Some(session) = session else { return Ok(()) };
    let query = sqlx::query(REMEMBER).bind(&taken.rules.workspace).bind(session).bind(&visitor.external_id);
    query.bind(taken.at_ms).execute(tx).await?;
    Ok(())
}

pub(super) async fn ask(tx: &mut SqliteConnection, command: &Command) -> Result<(), StorageError> {
    let query = sqlx::query(ASK).bind(&command.id).bind(&command.workspace).bind(&command.operator);
    let query = query.bind(&command.contact_id).bind(&command.visitor).bind(&command.session);
    query.bind(command.status.word()).bind(&command.code).bind(command.asked_ms).execute(tx).await?;
    Ok(())
}

/// How it ended; what was confirmed or refused stays so.
pub(super) async fn settle(
    tx: &mut SqliteConnection,
    (workspace, id): (&str, &str),
    status: CommandStatus,
    code: Option<&str>,
    now_ms: i64,
) -> Result<Option<Command>, StorageError> {
    let query = sqlx::query(SETTLE).bind(workspace).bind(id).bind(status.word());
    query.bind(code).bind(now_ms).execute(&mut *tx).await?;
    Ok(sqlx::query_as(COMMAND).bind(workspace).bind(id).fetch_optional(tx).await?)
}

/// Nothing came back.
pub(super) async fn silence(tx: &mut SqliteConnection, before_ms: i64, now_ms: i64) -> Result<i64, StorageError> {
    let silent = sqlx::query(SILENCE).bind(before_ms).bind(now_ms).execute(tx).await?;
    Ok(i64::try_from(silent.rows_affected()).unwrap_or(i64::MAX))
}
