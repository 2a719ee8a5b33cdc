//! Read connections that are asked on the caller's own thread.
//!
//! The pool hands each statement to another thread and waits for it, which costs more than a look-up
//! by key does. At ring time dozens of such look-ups make one answer, so the match reads here: each
//! statement touches a few pages of an indexed table and takes microseconds.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::error::StorageError;

/// Connections: as many callers as there usually are cores.
const CONNECTIONS: usize = 4;
/// Statements kept prepared on each.
const STATEMENTS: usize = 16;

/// The connections.
#[derive(Debug)]
pub(super) struct Direct {
    connections: Vec<Mutex<Option<Connection>>>,
    next: AtomicUsize,
}

impl Direct {
    pub(super) fn open(path: &Path, cache_kib: u32) -> Result<Self, StorageError> {
        let connections = (0..CONNECTIONS)
            .map(|_| connect(path, cache_kib).map(|open| Mutex::new(Some(open))))
            .collect::<Result<_, _>>()?;
        Ok(Self { connections, next: AtomicUsize::new(0) })
    }

    /// Runs `read` in one snapshot, on a connection that is free, or on the next one once it is.
    pub(super) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StorageError> {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let at = |offset: usize| &self.connections[(start + offset) % self.connections.len()];
        let free = (0..self.connections.len()).find_map(|offset| at(offset).try_lock().ok());
        let slot = free.unwrap_or_else(|| at(0).lock().unwrap_or_else(PoisonError::into_inner));
        let connection = slot.as_ref().ok_or(StorageError::Closed)?;
        // Without it every statement would take and give back the lock of its own snapshot.
        connection.prepare_cached("begin")?.execute([])?;
        let answer = read(connection);
        connection.prepare_cached("commit")?.execute([])?;
        Ok(answer?)
    }

    /// Closes them: the last connection to close folds the write-ahead log into the file, and that is
    /// to be the writer's.
    pub(super) fn close(&self) {
        for slot in &self.connections {
            drop(slot.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

/// A connection that only reads.
pub(super) fn connect(path: &Path, cache_kib: u32) -> Result<Connection, StorageError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "query_only", "on")?;
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    connection.pragma_update(None, "busy_timeout", 5000)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}
