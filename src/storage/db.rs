//! Opening the database file: settings, migrations, the reader pool and the writer task.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};

use super::direct::Direct;
use super::error::StorageError;
use super::number_index::NumberIndex;
use super::writer::Writer;
use tokio::sync::Notify;

use crate::domain::clock::SharedClock;
use crate::domain::outbox::Routes;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// `TRNK` in ASCII: `file` and other tools can tell whose database it is.
const APPLICATION_ID: i64 = 0x54_52_4e_4b;
/// Readers never wait for the writer (WAL); more than the cores only costs memory.
const READERS: u32 = 4;
/// KiB of page cache (negative is `SQLite`'s sign for KiB). The system's own cache does the rest, and
/// memory maps would count as resident.
const READER_CACHE: &str = "-2048";
const WRITER_CACHE: &str = "-16384";
const DIRECT_CACHE_KIB: u32 = 4096;

/// Where the database is and how large it may grow.
#[derive(Debug, Clone)]
pub struct Options {
    /// The file; made when it is missing.
    pub path: PathBuf,
    /// Greatest size in MiB; 0 is no limit.
    pub max_size_mb: u32,
}

impl Options {
    /// A file without a cap.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), max_size_mb: 0 }
    }
}

/// The database. Cheap to clone; [`Storage::close`] it once at the end.
#[derive(Debug, Clone)]
pub struct Storage {
    pub(super) read: SqlitePool,
    pub(super) writer: Writer,
    pub(super) stamp: Arc<AtomicI64>,
    pub(super) floor: Arc<AtomicI64>,
    pub(super) direct: Arc<Direct>,
    pub(super) numbers: Arc<NumberIndex>,
    routes: Arc<OnceLock<Routes>>,
    pub(super) news: Arc<Notify>,
    path: Arc<Path>,
    file: Option<FileId>,
}

impl Storage {
    /// Opens the file, brings it to this version's shape and starts the writer.
    ///
    /// # Errors
    /// A file of another program, a damaged one, one from a newer version, or one that cannot be
    /// opened or written: each as its own [`StorageError`].
    pub async fn open(options: &Options, clock: SharedClock) -> Result<Self, StorageError> {
        check_owner(&options.path)?;
        if !options.path.exists() {
            // SQLite gives the files beside it the same permissions.
            let made = private_options().append(true).create(true).open(&options.path);
            made.map_err(|error| StorageError::Open(error.to_string()))?;
        }
        let mut connection = SqliteConnection::connect_with(&writer_options(options)).await.map_err(opening)?;
        MIGRATIONS.run(&mut connection).await?;
        mark_owner(&mut connection).await?;
        check_writable(&mut connection).await?;
        cap_size(&mut connection, options.max_size_mb).await?;
        let read = SqlitePoolOptions::new()
            .min_connections(READERS)
            .max_connections(READERS)
            .max_lifetime(None)
            .idle_timeout(None)
            .test_before_acquire(false)
            .connect_with(reader_options(options))
            .await?;
        let (last, floor): (i64, i64) =
            sqlx::query_as("select last, floor from stamp_counter").fetch_one(&mut connection).await?;
        let (stamp, floor) = (Arc::new(AtomicI64::new(last)), Arc::new(AtomicI64::new(floor)));
        let direct = Arc::new(Direct::open(&options.path, DIRECT_CACHE_KIB)?);
        let numbers = Arc::new(NumberIndex::default());
        numbers.committed(0, last);
        let (routes, news) = (Arc::new(OnceLock::new()), Arc::new(Notify::new()));
        let writer = Writer::start(
            connection,
            clock,
            stamp.clone(),
            floor.clone(),
            numbers.clone(),
            routes.clone(),
            news.clone(),
        );
        Ok(Self {
            read,
            writer,
            stamp,
            floor,
            direct,
            numbers,
            routes,
            news,
            path: options.path.as_path().into(),
            file: file_id(&options.path),
        })
    }

    /// From now on logs are delivered by these routes. Once; a log that was taken before is not enqueued.
    pub fn route(&self, routes: Routes) {
        if self.routes.set(routes).is_err() {
            tracing::error!("the routes of deliveries were set twice; the first ones hold");
        }
    }

    /// Whether the database answers and takes writes: what `/readyz` asks.
    pub async fn check(&self) -> Result<(), StorageError> {
        sqlx::query("select last from stamp_counter").fetch_one(&self.read).await?;
        if file_id(&self.path) != self.file {
            return Err(StorageError::Moved);
        }
        self.writer.health().await
    }

    /// Builds the index of numbers, if nothing of it can be trusted: match works without it, from the
    /// table.
    pub async fn index_numbers(&self) -> Result<(), StorageError> {
        if self.numbers.is_trusted() {
            return Ok(());
        }
        let (numbers, path) = (self.numbers.clone(), self.path.clone());
        let built = tokio::task::spawn_blocking(move || numbers.build(&path)).await;
        built.map_err(|_| StorageError::Other("the index of numbers could not be built".into()))?
    }

    /// Finishes every accepted write, folds the write-ahead log into the file and closes it.
    pub async fn close(&self) {
        self.read.close().await;
        self.direct.close();
        self.writer.close().await;
    }
}

fn base_options(options: &Options) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&options.path)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("temp_store", "memory")
}

fn writer_options(options: &Options) -> SqliteConnectOptions {
    base_options(options)
        .create_if_missing(true)
        .pragma("cache_size", WRITER_CACHE)
        .pragma("wal_autocheckpoint", "4000")
        .pragma("journal_size_limit", "67108864")
}

fn reader_options(options: &Options) -> SqliteConnectOptions {
    base_options(options).pragma("cache_size", READER_CACHE).pragma("query_only", "on")
}

fn opening(error: sqlx::Error) -> StorageError {
    match error.into() {
        StorageError::Other(words) => StorageError::Open(words),
        other => other,
    }
}

/// Tells a file from another one under the same name.
type FileId = (u64, u64);

#[cfg(unix)]
fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn file_id(_: &Path) -> Option<FileId> {
    None
}

/// Makes a file that only its owner can read, or opens and empties one: what is written here is about
/// customers.
pub fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    private_options().write(true).create(true).truncate(true).open(path)
}

fn private_options() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Looks at an existing file before anything of it is changed.
fn check_owner(path: &Path) -> Result<(), StorageError> {
    if std::fs::metadata(path).map_or(true, |file| !file.is_file() || file.len() == 0) {
        return Ok(());
    }
    let connection = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let id = number("pragma application_id")?;
    let tables = number("select count(*) from sqlite_schema")?;
    let ours = number("select count(*) from sqlite_schema where name = 'stamp_counter'")?;
    if id == APPLICATION_ID || ours > 0 || (id == 0 && tables == 0) { Ok(()) } else { Err(StorageError::Foreign(id)) }
}

/// A file that can only be read is found out now, not at the first call.
async fn check_writable(connection: &mut SqliteConnection) -> Result<(), StorageError> {
    let mut tx = connection.begin_with("begin immediate").await?;
    sqlx::query("update stamp_counter set last = last").execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

async fn mark_owner(connection: &mut SqliteConnection) -> Result<(), StorageError> {
    // A pragma takes no bound values: 1414680139 is APPLICATION_ID.
    let marked: i64 = sqlx::query_scalar("pragma application_id").fetch_one(&mut *connection).await?;
    if marked != APPLICATION_ID {
        sqlx::query("pragma application_id = 1414680139").execute(&mut *connection).await?;
    }
    Ok(())
}

async fn cap_size(connection: &mut SqliteConnection, megabytes: u32) -> Result<(), StorageError> {
    if megabytes > 0 {
        let page_size: i64 = sqlx::query_scalar("pragma page_size").fetch_one(&mut *connection).await?;
        let pages = i64::from(megabytes) * 1024 * 1024 / page_size;
        let text = format!("pragma max_page_count = {pages}");
        sqlx::query(sqlx::AssertSqlSafe(text)).execute(&mut *connection).await?;
    }
    Ok(())
}
