//! Pages of the contact list, as the widget syncs it (protocol 3.1; the rules are in
//! [`domain::sync`](crate::domain::sync)).
//!
//! A page is one statement: the stamp, the rows and the next position come from one snapshot, and
//! the rows leave `SQLite` as one finished text.

use std::sync::atomic::Ordering;

use super::Storage;
use super::error::StorageError;
use crate::domain::sync::{Cursor, Stamp};

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The contacts as a JSON array.
    pub data: String,
    /// Where the next page starts, if there is one.
    pub next: Option<Cursor>,
    /// The token this page stands for: the newest stamp, or the bound of a run of changes.
    pub stamp: Stamp,
    /// The newest stamp of the snapshot this page was read from.
    pub snapshot: Stamp,
}

/// What the stamps say at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamps {
    /// The newest stamp.
    pub last: Stamp,
    /// Tokens below it have lost tombstones.
    pub floor: Stamp,
}

const CHANGED_NUMBERS: &str = "select distinct p.number from contact c join contact_phone p on p.contact_key = c.key \
     where c.stamp > $1 order by p.number limit $2";
const STAMPS: &str = "select last, floor from stamp_counter";
/// `$1` is the JSON text put before each contact: `{"type":"...",`.
const FULL: &str = "select (select last from stamp_counter), (select coalesce(max(key), 0) from contact), \
       count(*), coalesce(max(key), 0), coalesce(group_concat($1 || substr(json, 2)), '') \
     from (select key, json from contact where key > $2 and key <= $3 and deleted = 0 order by key limit $4)";
const CHANGES: &str = "select (select last from stamp_counter), (select floor from stamp_counter), \
       count(*), coalesce(max(stamp), 0), coalesce(group_concat($1 || substr(json, 2)), '') \
     from (select stamp, json from contact where stamp > $2 and stamp <= $3 order by stamp limit $4)";

impl Storage {
    /// The newest stamp and the oldest usable token.
    pub async fn stamps(&self) -> Result<Stamps, StorageError> {
        let (last, floor) = sqlx::query_as(STAMPS).fetch_one(&self.read).await?;
        Ok(Stamps { last, floor })
    }

    /// The newest stamp this process knows of: never behind an acknowledged write, nor behind a page
    /// that was handed out.
    pub fn known_stamp(&self) -> Stamp {
        self.stamp.load(Ordering::Acquire)
    }

    /// The oldest usable token this process knows of: only this process forgets tombstones.
    pub fn known_floor(&self) -> Stamp {
        self.floor.load(Ordering::Acquire)
    }

    /// The newest stamp that this process wrote itself.
    pub fn written_stamp(&self) -> Stamp {
        self.writer.written_stamp()
    }

    /// Reads the newest stamp: another process (an import) may have written too.
    pub async fn refresh_stamp(&self) -> Result<Stamp, StorageError> {
        let last = self.stamps().await?.last;
        self.saw_stamp(last);
        Ok(last)
    }

    /// Numbers of contacts that changed after a stamp, at most `limit`.
    pub async fn numbers_changed_after(&self, stamp: Stamp, limit: i64) -> Result<Vec<String>, StorageError> {
        Ok(sqlx::query_scalar(CHANGED_NUMBERS).bind(stamp).bind(limit).fetch_all(&self.read).await?)
    }

    /// What was derived from the tables is not trusted any more: another process wrote.
    pub fn distrust_index(&self) {
        self.numbers.distrust();
    }

    fn saw_stamp(&self, stamp: Stamp) {
        self.stamp.fetch_max(stamp, Ordering::AcqRel);
    }

    /// The living contacts after a key. `prefix` is put before each contact's own keys.
    pub async fn full_page(
        &self,
        prefix: &str,
        after: i64,
        last: Option<i64>,
        limit: i64,
    ) -> Result<Page, StorageError> {
        let bound = last.unwrap_or(i64::MAX);
        let (stamp, max_key, count, end, data): (i64, i64, i64, i64, String) =
            sqlx::query_as(FULL).bind(prefix).bind(after).bind(bound).bind(limit).fetch_one(&self.read).await?;
        let last = last.unwrap_or(max_key);
        let next = (count == limit && end < last).then_some(Cursor::Full { after: end, last });
        self.saw_stamp(stamp);
        Ok(Page { data: format!("[{data}]"), next, stamp, snapshot: stamp })
    }

    /// Changes and tombstones between two stamps; `None` when tombstones among them were forgotten.
    /// Without a `bound`, up to the newest stamp.
    pub async fn changes_page(
        &self,
        prefix: &str,
        after: Stamp,
        bound: Option<Stamp>,
        limit: i64,
    ) -> Result<Option<Page>, StorageError> {
        let (stamp, floor, count, end, data): (i64, i64, i64, i64, String) = sqlx::query_as(CHANGES)
            .bind(prefix)
            .bind(after)
            .bind(bound.unwrap_or(i64::MAX))
            .bind(limit)
            .fetch_one(&self.read)
            .await?;
        self.saw_stamp(stamp);
        if after < floor || after > stamp || bound.is_some_and(|bound| bound > stamp) {
            return Ok(None);
        }
        let bound = bound.unwrap_or(stamp);
        let next = (count == limit && end < bound).then_some(Cursor::Changes { after: end, bound });
        Ok(Some(Page { data: format!("[{data}]"), next, stamp: bound, snapshot: stamp }))
    }
}
