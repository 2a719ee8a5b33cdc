//! `trunkline connector forget`: what is left of a connector that is no longer configured. Logs that wait
//! for it are kept here only.

use std::path::Path;
use std::sync::Arc;

use super::{Failure, load};
use crate::app;
use crate::domain::clock::SystemClock;
use crate::storage::contacts::{ContactBatch, LOCAL};
use crate::storage::outbox::OutboxFilter;
use crate::storage::{Options, Storage, StorageError};

/// Contacts deleted in one transaction.
const PAGE: i64 = 1000;

pub(super) async fn run(file: Option<&Path>, id: &str) -> Result<(), Failure> {
    let config = load(file)?;
    if config.connectors.contains_key(id) {
        return Err(format!("{id} is still configured; remove the section [connectors.{id}] and run this again"));
    }
    if id == LOCAL {
        return Err("local is the built-in address book; its contacts are deleted one by one".into());
    }
    let path = app::database_path(&config.storage.url);
    let options = Options { path, max_size_mb: config.storage.max_size_mb };
    let words = |error: StorageError| format!("{error}\n  fix: {}", error.fix());
    let storage = Storage::open(&options, Arc::new(SystemClock)).await.map_err(words)?;
    let forgotten = forget(&storage, id).await.map_err(words);
    storage.close().await;
    let (contacts, sign_ins) = forgotten?;
    if contacts + sign_ins == 0 {
        return Err(format!("there is nothing of a connector {id:?} in {}", config.storage.url));
    }
    println!("{id} is forgotten: {contacts} contacts and {sign_ins} sign-ins are deleted here, nothing upstream.");
    Ok(())
}

/// How many contacts and sign-ins there were.
async fn forget(storage: &Storage, id: &str) -> Result<(u64, u64), StorageError> {
    let (mut contacts, mut sign_ins) = (0, 0);
    loop {
        let rows = storage.list_contacts_of(id, "", PAGE).await?;
        if rows.is_empty() {
            break;
        }
        let mut batch = ContactBatch::of(id, true);
        for (contact, _) in rows {
            batch.delete(contact);
        }
        contacts += storage.write_contacts(batch).await?.deleted;
    }
    for row in storage.list_credentials().await?.iter().filter(|row| row.connector == id) {
        storage.forget_credential(id, &row.owner).await?;
        sign_ins += 1;
    }
    let open = OutboxFilter { connector: Some(id.to_owned()), open: true, ..OutboxFilter::default() };
    loop {
        let entries = storage.list_outbox(&open, "", PAGE).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            storage.drop_outbox(&entry.id).await?;
        }
    }
    storage.forget_connector(id).await?;
    Ok((contacts, sign_ins))
}
