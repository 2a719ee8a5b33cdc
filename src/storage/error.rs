//! What can go wrong with the database, told apart by what a person can do about it.

/// Trouble of the database.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// The disk, or the configured cap, is full. Nothing was saved; saving works again once there is room.
    #[error("the database has no room left: {0}")]
    Full(String),
    /// The file or its folder cannot be written.
    #[error("the database cannot be written: {0}")]
    ReadOnly(String),
    /// The disk failed to read or write.
    #[error("the disk failed: {0}")]
    Disk(String),
    /// Another process holds the file for too long.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The file is damaged or no database.
    #[error("the database is damaged or not a database: {0}")]
    Damaged(String),
    /// The file was written by a newer Trunkline.
    #[error("the database was written by a newer version of Trunkline (its migration {0} is unknown here)")]
    Newer(i64),
    /// The file belongs to another program.
    #[error("the file is a database of another program (application id {0:#x})")]
    Foreign(i64),
    /// The file cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Open(String),
    /// The file was deleted, moved or replaced while it was open: what is written goes nowhere.
    #[error("the database file was deleted, moved or replaced while Trunkline was running")]
    Moved,
    /// The daemon is going down and takes no more writes.
    #[error("Trunkline is shutting down")]
    Closed,
    /// Anything else: a fault of ours.
    #[error("database error: {0}")]
    Other(String),
}

impl StorageError {
    /// What the person can do about it.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::Full(_) => "free disk space (or raise storage.max_size_mb); nothing needs a restart",
            Self::ReadOnly(_) => "make the database file and its folder writable for the user Trunkline runs as",
            Self::Disk(_) => "look at the disk and the system's log; nothing of this was saved",
            Self::Busy(_) => "try again; if it lasts, see which other process has the database file open",
            Self::Damaged(_) => "stop Trunkline, keep the file, and restore the newest backup",
            Self::Newer(_) => "start the newer version again, or restore the backup made before the upgrade",
            Self::Foreign(_) => "point storage.url at Trunkline's own file",
            Self::Open(_) => "check storage.url: the folder must exist and be writable",
            Self::Moved => "stop Trunkline, put the right file back, and start it again",
            Self::Closed => "try again in a moment",
            Self::Other(_) => "this is a fault of Trunkline: please report it with the log lines around it",
        }
    }
}

const FULL: i32 = 13;
const CANT_OPEN: i32 = 14;
const READ_ONLY: i32 = 8;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const IO: i32 = 10;
const CORRUPT: i32 = 11;
const NOT_A_DATABASE: i32 = 26;

impl StorageError {
    /// The low byte of an extended result code is the primary one (sqlite.org/rescode.html).
    fn from_code(code: i32, words: String) -> Self {
        match code & 0xff {
            FULL => Self::Full(words),
            READ_ONLY => Self::ReadOnly(words),
            BUSY | LOCKED => Self::Busy(words),
            CORRUPT | NOT_A_DATABASE => Self::Damaged(words),
            CANT_OPEN => Self::Open(words),
            IO => Self::Disk(words),
            _ => Self::Other(words),
        }
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(failure, _) => Self::from_code(failure.extended_code, error.to_string()),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(database) = &error else {
            return match error {
                sqlx::Error::Io(io) if io.kind() == std::io::ErrorKind::StorageFull => Self::Full(io.to_string()),
                sqlx::Error::PoolTimedOut => Self::Busy("no free connection".into()),
                sqlx::Error::PoolClosed => Self::Closed,
                other => Self::Other(other.to_string()),
            };
        };
        let words = database.message().to_owned();
        let code: i32 = database.code().and_then(|code| code.parse().ok()).unwrap_or(1);
        Self::from_code(code, words)
    }
}

impl From<sqlx::migrate::MigrateError> for StorageError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        match error {
            MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => Self::Newer(version),
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => source.into(),
            other => Self::Other(other.to_string()),
        }
    }
}
