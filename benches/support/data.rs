//! Databases of invented contacts, built once by the storage API and kept between runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use trunkline::domain::clock::SystemClock;
use trunkline::domain::contact::Contact;
use trunkline::storage::contacts::ContactBatch;
use trunkline::storage::{Options, Storage};

use super::{folder, people, quit, runtime};

/// What the rows of a database are made by: when one of these changes, it is built again.
const MAKERS: [&str; 4] =
    ["src/storage/contact_rows.rs", "src/domain/contact.rs", "src/domain/fold.rs", "benches/support/people.rs"];

/// The database with so many contacts.
pub fn database(contacts: u64) -> PathBuf {
    let path = folder().join(format!("contacts-{contacts}-{}.db", fingerprint()));
    if !path.exists() {
        // Under a name of its own: another bench may be building the same one.
        let part = path.with_extension(format!("{}.part", std::process::id()));
        remove(&part);
        let started = Instant::now();
        eprintln!("building {} ...", path.display());
        runtime().block_on(fill(&part, contacts));
        std::fs::rename(&part, &path).unwrap_or_else(|error| quit(&format!("{}: {error}", path.display())));
        eprintln!("  {contacts} contacts in {:.0} s", started.elapsed().as_secs_f64());
    }
    path
}

/// A new, empty database; remove it with [`remove`].
pub fn empty(name: &str) -> PathBuf {
    let path = folder().join(format!("{name}-{}.db", std::process::id()));
    remove(&path);
    runtime().block_on(async { open(&path).await.close().await });
    path
}

/// Deletes a database and what `SQLite` keeps beside it.
pub fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        drop(std::fs::remove_file(name));
    }
}

/// Reads from a database outside the service.
pub async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path);
    SqliteConnection::connect_with(&options).await.expect("the database opens")
}

async fn open(path: &Path) -> Storage {
    let storage = Storage::open(&Options::file(path), Arc::new(SystemClock)).await;
    storage.unwrap_or_else(|error| quit(&format!("{}: {error}", path.display())))
}

async fn fill(path: &Path, contacts: u64) {
    let storage = open(path).await;
    let mut place = 0;
    while place < contacts {
        let until = (place + 5_000).min(contacts);
        let batch = tokio::task::spawn_blocking(move || batch(place, until)).await.expect("a batch");
        storage.write_contacts(batch).await.unwrap_or_else(|error| quit(&format!("writing contacts: {error}")));
        place = until;
    }
    storage.close().await;
}

fn batch(from: u64, until: u64) -> ContactBatch {
    let mut batch = ContactBatch::default();
    for place in from..until {
        let contact = Contact::from_json(people::contact(place), None, None);
        batch.put(&contact.unwrap_or_else(|error| quit(&format!("an invented contact: {error}"))));
    }
    batch
}

fn fingerprint() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = MAKERS.iter().map(|name| root.join(name)).collect();
    let migrations = std::fs::read_dir(root.join("migrations/sqlite")).expect("the migrations");
    files.extend(migrations.flatten().map(|entry| entry.path()));
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(std::fs::read(&file).unwrap_or_default());
    }
    let hash = hash.finalize();
    format!("{:08x}", u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]))
}
