//! What write transactions do to media. All of it runs inside the writer's transaction, so that a file's
//! row is there with its log, and whoever follows a log's changes can do so in the same transaction.

use serde_json::json;
use sqlx::SqliteConnection;

use super::error::StorageError;
use super::writer::Done;
use crate::domain::clock::Clock;
use crate::domain::ids::new_id;
use crate::domain::media::{Blob, MediaKind, MediaNote};

/// What failed is wanted again when a token comes and its time has come; a link becomes wanted when
/// fetching was switched on since. What is here, or was, stays as it is.
const NOTE: &str = "insert into media (id, log_id, operator, kind, message_id, source_id, uri, link, file_name, \
       made_at, state, words, not_before, attempts, created_at, updated_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, $13, $13) \
     on conflict (log_id, message_id, source_id) do update set uri = excluded.uri, \
       link = coalesce(excluded.link, media.link), state = excluded.state, words = excluded.words, \
       updated_at = excluded.updated_at \
     where excluded.state = 'wanted' and (media.state = 'link_only' \
       or ($14 and (media.state = 'wanted' or (media.state = 'failed' and media.not_before <= $13))))";
const PUT_BLOB: &str = "insert into media_blob (sha256, size, stored_at) values ($1, $2, $3) \
     on conflict (sha256) do nothing";
/// Only what is still awaited: a file that a program deleted meanwhile stays deleted.
const STORED: &str = "update media set state = 'stored', words = $2, sha256 = $3, content_type = $4, \
       file_name = coalesce($5, file_name), updated_at = $6 \
     where id = $1 and state in ('wanted', 'failed') returning log_id";
const FAILED: &str = "update media set state = 'failed', words = $2, not_before = $3, attempts = attempts + 1, \
       updated_at = $4 where id = $1 and state in ('wanted', 'failed') returning log_id";
const WAITS: &str = "update media set words = $2, updated_at = $3 where id = $1 and state = 'wanted'";
const OLDER: &str = "select id, log_id, sha256 from media where kind = $1 and made_at < $2 and state = 'stored' \
     order by made_at, id";
const ONE: &str = "select id, log_id, sha256 from media where id = $1 and state <> 'gone'";
const GO: &str = "update media set state = 'gone', words = $2, sha256 = null, content_type = null, updated_at = $3 \
     where id in (select value from json_each($1))";
const ALL_WAIT: &str = "update media set words = $1, updated_at = $2 where state = 'wanted' and words <> $1";
const LINKS_ONLY: &str = "update media set state = 'link_only', words = $1, updated_at = $2 where state = 'wanted'";
const LONELY: &str = "delete from media_blob where sha256 in (select value from json_each($1)) \
       and not exists (select 1 from media m where m.sha256 = media_blob.sha256) returning sha256";

/// How fetching a file ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the store.
    Stored {
        /// What is there.
        blob: Blob,
        /// A name the vendor gave it.
        file_name: Option<String>,
    },
    /// It is given up for now.
    Failed {
        /// Why, as a sentence.
        words: String,
        /// Unix ms before which it is not tried again.
        not_before: i64,
    },
    /// It waits on.
    Waits {
        /// For what, as a sentence.
        words: String,
    },
}

/// Files whose time is over.
#[derive(Debug, Clone, Default)]
pub struct Expiry {
    /// For each kind that is not kept for ever: the kind, the Unix ms before which it was made, and the
    /// words for it.
    pub older: Vec<(MediaKind, i64, String)>,
    /// Words for what is awaited though nothing is fetched any more; `None` while it is.
    pub awaited: Option<String>,
}

/// What a removal left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Logs that are not what they were, each once.
    pub log_ids: Vec<String>,
    /// Bytes no row stands for any more: to be deleted from the store.
    pub blobs: Vec<String>,
}

/// A change of media.
#[derive(Debug, Clone)]
pub(super) enum MediaJob {
    Settle { id: String, outcome: Outcome },
    Expire(Expiry),
    Forget { id: String, words: String },
    Wait { words: String },
}

/// Writes what a post says of files: part of the transaction that takes the post into its log.
pub(super) async fn note(
    tx: &mut SqliteConnection,
    (operator, log_id): (&str, &str),
    notes: impl Iterator<Item = &MediaNote>,
    clock: &dyn Clock,
) -> Result<(), StorageError> {
    let now = clock.now_ms();
    for note in notes {
        // A message without a time is as old as its post; one of the future is not.
        let made_at = if note.made_at > 0 { note.made_at.min(now) } else { now };
        sqlx::query(NOTE)
            .bind(new_id("md", clock))
            .bind(log_id)
            .bind(operator)
            .bind(note.kind.word())
            .bind(&note.message_id)
            .bind(&note.source_id)
            .bind(&note.uri)
            .bind(&note.link)
            .bind(&note.file_name)
            .bind(made_at)
            .bind(note.state.word())
            .bind(&note.words)
            .bind(now)
            .bind(note.fresh)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Runs a job. [`Done::MediaChanged`] names the log of a file that became stored or failed, and
/// [`Done::MediaGone`] the logs of files that went: a follower of logs acts on them in this transaction.
pub(super) async fn run(tx: &mut SqliteConnection, job: &MediaJob, now: i64) -> Result<Done, StorageError> {
    match job {
        MediaJob::Settle { id, outcome } => {
            let log_id = settle(tx, id, outcome, now).await?;
            Ok(Done::MediaChanged { log_id })
        }
        MediaJob::Expire(expiry) => {
            let mut all = Removed::default();
            for (kind, made_before, words) in &expiry.older {
                let rows = sqlx::query_as(OLDER).bind(kind.word()).bind(made_before).fetch_all(&mut *tx).await?;
                let removed = go(tx, rows, words, now).await?;
                all.log_ids.extend(removed.log_ids);
                all.blobs.extend(removed.blobs);
            }
            all.log_ids.sort();
            all.log_ids.dedup();
            if let Some(words) = &expiry.awaited {
                sqlx::query(LINKS_ONLY).bind(words).bind(now).execute(&mut *tx).await?;
            }
            Ok(Done::MediaGone(all))
        }
        MediaJob::Wait { words } => {
            sqlx::query(ALL_WAIT).bind(words).bind(now).execute(&mut *tx).await?;
            Ok(Done::Nothing)
        }
        MediaJob::Forget { id, words } => {
            let rows = sqlx::query_as(ONE).bind(id).fetch_all(&mut *tx).await?;
            go(tx, rows, words, now).await.map(Done::MediaGone)
        }
    }
}

/// Writes how fetching ended. The log whose file became stored or failed; `None` where nothing that a
/// CRM is told has changed.
pub(super) async fn settle(
    tx: &mut SqliteConnection,
    id: &str,
    outcome: &Outcome,
    now: i64,
) -> Result<Option<String>, StorageError> {
    Ok(match outcome {
        Outcome::Stored { blob, file_name } => {
            sqlx::query(PUT_BLOB).bind(&blob.sha256).bind(blob.size).bind(now).execute(&mut *tx).await?;
            let log_id = sqlx::query_scalar(STORED)
                .bind(id)
                .bind("It is kept here.")
                .bind(&blob.sha256)
                .bind(&blob.content_type)
                .bind(file_name)
                .bind(now)
                .fetch_optional(&mut *tx)
                .await?;
            if log_id.is_none() {
                sqlx::query(LONELY).bind(json!([blob.sha256]).to_string()).execute(&mut *tx).await?;
            }
            log_id
        }
        Outcome::Failed { words, not_before } => {
            sqlx::query_scalar(FAILED).bind(id).bind(words).bind(not_before).bind(now).fetch_optional(&mut *tx).await?
        }
        Outcome::Waits { words } => {
            sqlx::query(WAITS).bind(id).bind(words).bind(now).execute(&mut *tx).await?;
            None
        }
    })
}

/// Lets rows (id, log, bytes) go, and with the last row of some bytes the bytes.
async fn go(
    tx: &mut SqliteConnection,
    rows: Vec<(String, String, Option<String>)>,
    words: &str,
    now: i64,
) -> Result<Removed, StorageError> {
    let ids: Vec<&str> = rows.iter().map(|(id, ..)| id.as_str()).collect();
    sqlx::query(GO).bind(json!(ids).to_string()).bind(words).bind(now).execute(&mut *tx).await?;
    let bytes: Vec<&str> = rows.iter().filter_map(|(.., sha256)| sha256.as_deref()).collect();
    let blobs = sqlx::query_scalar(LONELY).bind(json!(bytes).to_string()).fetch_all(&mut *tx).await?;
    let mut log_ids: Vec<String> = rows.into_iter().map(|(_, log_id, _)| log_id).collect();
    log_ids.sort();
    log_ids.dedup();
    Ok(Removed { log_ids, blobs })
}
