//! Media of logs: a row a file, and the bytes each row stands for, kept once whatever the number of
//! rows. Rows are made in the transaction of their log; tokens never come here.

use std::sync::Arc;

use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::Storage;
use super::error::StorageError;
use super::media_rows::MediaJob;
pub use super::media_rows::{Expiry, Outcome, Removed};
use super::writer::{Done, Job};
use crate::domain::media::{Blob, MediaKind, MediaRow, MediaState};

macro_rules! columns {
    () => {
        "select m.id, m.log_id, m.operator, m.kind, m.message_id, m.source_id, m.uri, m.link, m.file_name, m.made_at, \
         m.state, m.words, m.not_before, m.attempts, m.sha256, m.content_type, m.created_at, m.updated_at, b.size, \
         b.stored_at from media m left join media_blob b on b.sha256 = m.sha256 "
    };
}

const OF_LOGS: &str =
    concat!(columns!(), "where m.log_id in (select value from json_each($1)) order by m.made_at, m.id");
const BY_ID: &str = concat!(columns!(), "where m.id = $1");
const LIST: &str = concat!(columns!(), "where m.id > $1 order by m.id limit $2");
const DUE: &str = concat!(
    columns!(),
    "where m.operator = $1 and m.state in ('wanted', 'failed') and m.not_before <= $2 order by m.made_at desc, m.id limit $3"
);
const KNOWN_BLOB: &str = "select exists (select 1 from media_blob where sha256 = $1)";
const UNKNOWN_BLOBS: &str =
    "select value from json_each($1) where value not in (select sha256 from media_blob) order by value";
const COUNTS: &str = "select state, count(*) from media group by state order by state";

impl Storage {
    /// The files of a log, oldest first.
    pub async fn list_media_of(&self, log_id: &str) -> Result<Vec<MediaRow>, StorageError> {
        self.list_media_of_logs(&[log_id]).await
    }

    /// The files of several logs, oldest first.
    pub async fn list_media_of_logs(&self, log_ids: &[&str]) -> Result<Vec<MediaRow>, StorageError> {
        let rows: Vec<Stored> = sqlx::query_as(OF_LOGS).bind(json!(log_ids).to_string()).fetch_all(&self.read).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// Files after an id, oldest first.
    pub async fn list_media(&self, after: &str, limit: i64) -> Result<Vec<MediaRow>, StorageError> {
        let rows: Vec<Stored> = sqlx::query_as(LIST).bind(after).bind(limit).fetch_all(&self.read).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// One file by our id.
    pub async fn find_media(&self, id: &str) -> Result<Option<MediaRow>, StorageError> {
        let row: Option<Stored> = sqlx::query_as(BY_ID).bind(id).fetch_optional(&self.read).await?;
        Ok(row.map(|row| row.0))
    }

    /// An operator's files that are not here and may be tried now, newest first.
    pub async fn list_due_media(&self, operator: &str, now_ms: i64, limit: i64) -> Result<Vec<MediaRow>, StorageError> {
        let rows: Vec<Stored> =
            sqlx::query_as(DUE).bind(operator).bind(now_ms).bind(limit).fetch_all(&self.read).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// Whether bytes are kept already.
    pub async fn has_blob(&self, sha256: &str) -> Result<bool, StorageError> {
        Ok(sqlx::query_scalar(KNOWN_BLOB).bind(sha256).fetch_one(&self.read).await?)
    }

    /// Which of these no row stands for.
    pub async fn unknown_blobs(&self, sha256s: &[String]) -> Result<Vec<String>, StorageError> {
        Ok(sqlx::query_scalar(UNKNOWN_BLOBS).bind(json!(sha256s).to_string()).fetch_all(&self.read).await?)
    }

    /// How many files are in which state, by the state's word.
    pub async fn count_media(&self) -> Result<Vec<(String, i64)>, StorageError> {
        Ok(sqlx::query_as(COUNTS).fetch_all(&self.read).await?)
    }

    /// Writes how fetching a file ended. Answers with the log that is not what it was: a file of it is
    /// here now, or is given up (see `media_rows::settle`, which runs in the write transaction).
    pub async fn settle_media(&self, id: &str, outcome: Outcome) -> Result<Option<String>, StorageError> {
        let job = Job::Media(Arc::new(MediaJob::Settle { id: id.to_owned(), outcome }));
        match self.writer.run(job).await? {
            Done::MediaChanged { log_id } => Ok(log_id),
            _ => Ok(None),
        }
    }

    /// Marks files gone whose time is over.
    pub async fn expire_media(&self, expiry: Expiry) -> Result<Removed, StorageError> {
        self.remove_media(MediaJob::Expire(expiry)).await
    }

    /// Marks one file gone; nothing where it is not here.
    pub async fn forget_media(&self, id: &str, words: &str) -> Result<Removed, StorageError> {
        self.remove_media(MediaJob::Forget { id: id.to_owned(), words: words.to_owned() }).await
    }

    /// At the start, when nothing is under way: everything awaited waits, in these words.
    pub async fn await_media(&self, words: &str) -> Result<(), StorageError> {
        self.writer.run(Job::Media(Arc::new(MediaJob::Wait { words: words.to_owned() }))).await.map(drop)
    }

    async fn remove_media(&self, job: MediaJob) -> Result<Removed, StorageError> {
        match self.writer.run(Job::Media(Arc::new(job))).await? {
            Done::MediaGone(removed) => Ok(removed),
            _ => Ok(Removed::default()),
        }
    }
}

pub(super) struct Stored(pub(super) MediaRow);

impl FromRow<'_, SqliteRow> for Stored {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let sha256: Option<String> = row.try_get("sha256")?;
        let blob = match sha256 {
            None => None,
            Some(sha256) => Some(Blob {
                sha256,
                size: row.try_get("size")?,
                content_type: row.try_get::<Option<String>, _>("content_type")?.unwrap_or_default(),
                stored_at: row.try_get("stored_at")?,
            }),
        };
        Ok(Self(MediaRow {
            id: row.try_get("id")?,
            log_id: row.try_get("log_id")?,
            operator: row.try_get("operator")?,
            kind: MediaKind::from_word(row.try_get("kind")?),
            message_id: row.try_get("message_id")?,
            source_id: row.try_get("source_id")?,
            uri: row.try_get("uri")?,
            link: row.try_get("link")?,
            state: MediaState::from_word(row.try_get("state")?),
            words: row.try_get("words")?,
            file_name: row.try_get("file_name")?,
            made_at: row.try_get("made_at")?,
            not_before: row.try_get("not_before")?,
            attempts: row.try_get("attempts")?,
            blob,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        }))
    }
}
