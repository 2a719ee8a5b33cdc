//! The address book as the API sees it: put, get, delete, list, count.

use std::sync::Arc;

use serde_json::Value;

use super::Storage;
use super::error::StorageError;
use super::writer::{Done, Job};

pub use super::contact_batch::{BatchOutcome, ContactBatch, LOCAL};

const GET: &str = "select json from contact where id = $1 and deleted = 0";
const LIST: &str = "select key, json from contact where key > $1 and deleted = 0 order by key limit $2";
const COUNT: &str = "select count(*) from contact where deleted = 0";

impl Storage {
    /// Writes and deletes contacts in one transaction; returns after it is on the disk.
    pub async fn write_contacts(&self, batch: ContactBatch) -> Result<BatchOutcome, StorageError> {
        match self.writer.run(Job::Contacts(Arc::new(batch))).await? {
            Done::Contacts(outcome) => Ok(outcome),
            _ => Ok(BatchOutcome::default()),
        }
    }

    /// Forgets tombstones of changes before a time (Unix ms). Tokens older than them get a full list.
    pub async fn purge_tombstones(&self, changed_before: i64) -> Result<(), StorageError> {
        self.writer.run(Job::PurgeTombstones { changed_before }).await.map(drop)
    }

    /// A living contact's JSON, without `type`.
    pub async fn find_contact(&self, id: &str) -> Result<Option<String>, StorageError> {
        Ok(sqlx::query_scalar(GET).bind(id).fetch_optional(&self.read).await?)
    }

    /// A contact's name.
    pub async fn find_contact_name(&self, id: &str) -> Result<Option<String>, StorageError> {
        let contact: Option<Value> = self.find_contact(id).await?.and_then(|json| serde_json::from_str(&json).ok());
        Ok(contact.and_then(|contact| contact.get("name").and_then(Value::as_str).map(str::to_owned)))
    }

    /// Living contacts after a key, in the order of their keys: (key, JSON).
    pub async fn list_contacts(&self, after: i64, limit: i64) -> Result<Vec<(i64, String)>, StorageError> {
        Ok(sqlx::query_as(LIST).bind(after).bind(limit).fetch_all(&self.read).await?)
    }

    /// How many living contacts there are.
    pub async fn count_contacts(&self) -> Result<i64, StorageError> {
        Ok(sqlx::query_scalar(COUNT).fetch_one(&self.read).await?)
    }
}
