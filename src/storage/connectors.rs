//! What a sync keeps: pages of changes with the state they lead to, and what a listing has seen.

use std::sync::Arc;

use serde_json::json;
use sqlx::SqliteConnection;

use super::Storage;
use super::contact_batch::{BatchOutcome, ContactBatch};
use super::contact_rows;
use super::error::StorageError;
use super::writer::{Done, Job};
use crate::domain::connector_state::ConnectorState;
use crate::domain::sync::Stamp;

/// An id of the address book with the version it stands upstream in.
pub type Seen = (String, Option<String>);

/// One step of a sync: all of it is on the disk, or nothing.
#[derive(Debug, Clone, Default)]
pub struct SyncWrite {
    /// The connector's id.
    pub connector: String,
    /// Contacts to write and to delete.
    pub batch: ContactBatch,
    /// A listing begins: what an earlier one has seen is forgotten.
    pub begins: bool,
    /// What the listing under way shows.
    pub seen: Vec<Seen>,
    /// What is upstream, but not kept here.
    pub skipped: Vec<Seen>,
    /// What this step leads to; none leaves the state as it is.
    pub state: Option<ConnectorState>,
}

const STATE: &str = "select state from connector_state where connector = $1";
const PUT_STATE: &str = "insert into connector_state (connector, state, updated_at) values ($1, $2, $3) \
     on conflict (connector) do update set state = excluded.state, updated_at = excluded.updated_at";
const FORGET_SEEN: &str = "delete from sync_seen where connector = $1";
const ADD_SEEN: &str = "insert into sync_seen (connector, id, version) \
     select $1, value ->> 0, value ->> 1 from json_each($2) where true \
     on conflict (connector, id) do update set version = excluded.version";
const ADD_SKIPPED: &str = "insert into sync_skipped (connector, id, version) \
     select $1, value ->> 0, value ->> 1 from json_each($2) where true \
     on conflict (connector, id) do update set version = excluded.version";
const DROP_SKIPPED: &str = "delete from sync_skipped where connector = $1 and id in (select value from json_each($2))";
// The ids of a connector lie together in the index of ids, between ':' and ';'.
const UNSEEN: &str = "select id from contact c where id > $1 || ':' and id < $1 || ';' and source = $1 and deleted = 0 \
       and not exists (select 1 from sync_seen s where s.connector = $1 and s.id = c.id) \
     order by id limit $2";
const COUNT_UNSEEN: &str = "select count(*) from contact c where id > $1 || ':' and id < $1 || ';' and source = $1 \
       and deleted = 0 and not exists (select 1 from sync_seen s where s.connector = $1 and s.id = c.id)";
const COUNT: &str =
    "select count(*) from contact where id > $1 || ':' and id < $1 || ';' and source = $1 and deleted = 0";
const OUTDATED: &str = "select s.id from sync_seen s left join contact c on c.id = s.id and c.deleted = 0 \
       left join sync_skipped k on k.connector = s.connector and k.id = s.id \
     where s.connector = $1 and s.id > $2 and ( \
       (c.id is null and k.id is null) \
       or (s.version is not null and s.version <> coalesce(c.version, k.version, ''))) \
     order by s.id limit $3";
const JSON_OF: &str = "select id, json from contact where deleted = 0 and id in (select value from json_each($1))";
const PAGE_OF: &str = "select id, json from contact where id > $2 and id > $1 || ':' and id < $1 || ';' \
       and source = $1 and deleted = 0 order by id limit $3";
const FORGET: [&str; 3] = [
    "delete from connector_state where connector = $1",
    "delete from sync_seen where connector = $1",
    "delete from sync_skipped where connector = $1",
];
const LOCAL_CHANGES: &str =
    "select stamp, id, deleted, json from contact where stamp > $1 and source = 'local' order by stamp limit $2";
const COUNT_LOCAL: &str = "select count(*) from contact where source = 'local' and deleted = 0";
const LOCAL_IDS: &str =
    "select id from contact where id > $1 and source = 'local' and deleted = 0 order by id limit $2";
const SOURCES: &str = "select distinct connector from connector_state order by connector";

impl Storage {
    /// Writes one step of a sync; returns after it is on the disk.
    pub async fn write_sync(&self, write: SyncWrite) -> Result<BatchOutcome, StorageError> {
        match self.writer.run(Job::Sync(Arc::new(write))).await? {
            Done::Contacts(outcome) => Ok(outcome),
            _ => Ok(BatchOutcome::default()),
        }
    }

    /// Where a connector's sync stands. What cannot be read counts as nothing: it is listed anew.
    pub async fn find_connector_state(&self, connector: &str) -> Result<Option<ConnectorState>, StorageError> {
        let text: Option<String> = sqlx::query_scalar(STATE).bind(connector).fetch_optional(&self.read).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Connectors that ever wrote here, by id.
    pub async fn list_sources(&self) -> Result<Vec<String>, StorageError> {
        Ok(sqlx::query_scalar(SOURCES).fetch_all(&self.read).await?)
    }

    /// How many contacts a connector has here.
    pub async fn count_contacts_of(&self, connector: &str) -> Result<u64, StorageError> {
        let count: i64 = sqlx::query_scalar(COUNT).bind(connector).fetch_one(&self.read).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// How many contacts of a connector the listing has not shown.
    pub async fn count_unseen(&self, connector: &str) -> Result<u64, StorageError> {
        let count: i64 = sqlx::query_scalar(COUNT_UNSEEN).bind(connector).fetch_one(&self.read).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Ids of contacts that the listing has not shown.
    pub async fn list_unseen(&self, connector: &str, limit: i64) -> Result<Vec<String>, StorageError> {
        Ok(sqlx::query_scalar(UNSEEN).bind(connector).bind(limit).fetch_all(&self.read).await?)
    }

    /// Ids after `after` that the listing showed, but that are not here, or in another version.
    pub async fn list_outdated(&self, connector: &str, after: &str, limit: i64) -> Result<Vec<String>, StorageError> {
        Ok(sqlx::query_scalar(OUTDATED).bind(connector).bind(after).bind(limit).fetch_all(&self.read).await?)
    }

    /// Living contacts by id, as (id, JSON).
    pub async fn contacts_by_id(&self, ids: &[&str]) -> Result<Vec<(String, String)>, StorageError> {
        Ok(sqlx::query_as(JSON_OF).bind(json!(ids).to_string()).fetch_all(&self.read).await?)
    }

    /// Contacts of a connector after an id, as (id, JSON).
    pub async fn list_contacts_of(
        &self,
        connector: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<(String, String)>, StorageError> {
        Ok(sqlx::query_as(PAGE_OF).bind(connector).bind(after).bind(limit).fetch_all(&self.read).await?)
    }

    /// Changes of the built-in address book after a stamp, as (stamp, id, deleted, JSON).
    pub async fn list_local_changes(
        &self,
        after: Stamp,
        limit: i64,
    ) -> Result<Vec<(Stamp, String, bool, String)>, StorageError> {
        Ok(sqlx::query_as(LOCAL_CHANGES).bind(after).bind(limit).fetch_all(&self.read).await?)
    }

    /// Ids of the built-in address book after an id.
    pub async fn list_local_ids(&self, after: &str, limit: i64) -> Result<Vec<String>, StorageError> {
        Ok(sqlx::query_scalar(LOCAL_IDS).bind(after).bind(limit).fetch_all(&self.read).await?)
    }

    /// How many contacts the built-in address book has.
    pub async fn count_local_contacts(&self) -> Result<u64, StorageError> {
        let count: i64 = sqlx::query_scalar(COUNT_LOCAL).fetch_one(&self.read).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Forgets where a connector's sync stood. Its contacts are deleted by a batch of their own.
    pub async fn forget_connector(&self, connector: &str) -> Result<(), StorageError> {
        self.writer.run(Job::ForgetConnector { connector: connector.to_owned() }).await.map(drop)
    }
}

/// Writes one step of a sync in the open transaction.
pub(super) async fn write(
    tx: &mut SqliteConnection,
    write: &SyncWrite,
    now: i64,
) -> Result<BatchOutcome, StorageError> {
    let connector = &write.connector;
    let outcome = contact_rows::write(tx, &write.batch, now).await?;
    if write.begins {
        sqlx::query(FORGET_SEEN).bind(connector).execute(&mut *tx).await?;
    }
    if !write.seen.is_empty() {
        sqlx::query(ADD_SEEN).bind(connector).bind(json!(write.seen).to_string()).execute(&mut *tx).await?;
    }
    let kept = write.batch.put_ids();
    if !kept.is_empty() {
        sqlx::query(DROP_SKIPPED).bind(connector).bind(json!(kept).to_string()).execute(&mut *tx).await?;
    }
    if !write.skipped.is_empty() {
        sqlx::query(ADD_SKIPPED).bind(connector).bind(json!(write.skipped).to_string()).execute(&mut *tx).await?;
    }
    if let Some(state) = &write.state {
        let text = serde_json::to_string(state).map_err(|error| StorageError::Other(error.to_string()))?;
        sqlx::query(PUT_STATE).bind(connector).bind(text).bind(now).execute(&mut *tx).await?;
    }
    Ok(outcome)
}

pub(super) async fn forget(tx: &mut SqliteConnection, connector: &str) -> Result<(), StorageError> {
    for statement in FORGET {
        sqlx::query(statement).bind(connector).execute(&mut *tx).await?;
    }
    Ok(())
}
