//! Writing contacts: rows, number keys, search index and stamps, in one transaction.

use std::collections::HashMap;

use serde_json::json;
use sqlx::SqliteConnection;

use super::contact_batch::{BatchOutcome, ContactBatch, Row};
use super::error::StorageError;
use crate::domain::sync::first_stamp;

const KNOWN: &str = "select c.id, c.key, c.hash, c.deleted, c.source, c.version, c.modified_at, \
       (select coalesce(json_group_array(p.number), '[]') from contact_phone p where p.contact_key = c.key) \
     from contact c where c.id in (select value from json_each($1))";
const COUNTERS: &str = "select last, (select coalesce(max(key), 0) from contact) from stamp_counter";
const SET_LAST: &str = "update stamp_counter set last = $1";
const UPSERT: &str = "insert into contact (key, id, stamp, deleted, changed_at, hash, json, version, modified_at, source) \
     select value ->> 0, value ->> 1, value ->> 2, value ->> 3, $2, value ->> 4, value ->> 5, value ->> 6, value ->> 7, $3 \
     from json_each($1) where true \
     on conflict (key) do update set stamp = excluded.stamp, deleted = excluded.deleted, \
       changed_at = excluded.changed_at, hash = excluded.hash, json = excluded.json, version = excluded.version, \
       modified_at = excluded.modified_at, source = excluded.source";
const RENEW: &str = "update contact set version = value ->> 1, modified_at = value ->> 2 \
     from json_each($1) where contact.key = value ->> 0";
const DROP_PHONES: &str = "delete from contact_phone where contact_key in (select value from json_each($1))";
const ADD_PHONES: &str = "insert into contact_phone (contact_key, number, extension, tail) \
     select value ->> 0, value ->> 1, value ->> 2, value ->> 3 from json_each($1) where true \
     on conflict (number, extension, contact_key) do nothing";
const DROP_WORDS: &str = "delete from contact_words where rowid in (select value from json_each($1))";
const DROP_GRAMS: &str = "delete from contact_grams where rowid in (select value from json_each($1))";
const ADD_WORDS: &str = "insert into contact_words (rowid, text) \
     select value ->> 0, value ->> 1 from json_each($1)";
const ADD_GRAMS: &str = "insert into contact_grams (rowid, text) \
     select value ->> 0, value ->> 1 from json_each($1)";
const PURGE_FLOOR: &str = "update stamp_counter set floor = max(floor, coalesce(\
       (select max(+stamp) from contact where deleted = 1 and changed_at < $1), 0)) returning floor";
const PURGE: &str = "delete from contact where deleted = 1 and changed_at < $1";

struct Known {
    key: i64,
    hash: i64,
    deleted: bool,
    source: String,
    version: Option<String>,
    modified: Option<i64>,
    numbers: String,
}

type KnownRow = (String, i64, i64, bool, String, Option<String>, Option<i64>, String);

/// How a row to write compares with what is held.
enum Standing {
    /// Of another source.
    Foreign,
    /// Nothing a reader would see; with another version or time of the same content.
    Same { renewed: bool },
    /// Something else, or it was deleted.
    Other,
}

impl Known {
    /// The keys of its numbers, which pages must match again once it changes.
    fn numbers(&self) -> Vec<String> {
        serde_json::from_str(&self.numbers).unwrap_or_default()
    }

    fn standing(&self, batch: &ContactBatch, row: &Row) -> Standing {
        if self.source != batch.source && !self.deleted {
            return Standing::Foreign;
        }
        let older = row.modified.zip(self.modified).is_some_and(|(new, held)| new < held);
        if older && !batch.force {
            return Standing::Same { renewed: false };
        }
        if !self.deleted && self.hash == row.hash {
            return Standing::Same { renewed: (&self.version, self.modified) != (&row.version, row.modified) };
        }
        Standing::Other
    }
}

/// Rows of one statement; larger batches take several.
const CHUNK: usize = 1000;

#[derive(Default)]
struct Changes {
    rows: Vec<serde_json::Value>,
    phones: Vec<serde_json::Value>,
    words: Vec<serde_json::Value>,
    grams: Vec<serde_json::Value>,
    replaced: Vec<i64>,
    renewed: Vec<serde_json::Value>,
}

/// Writes a batch. Contacts with the same content take no stamp and touch nothing.
pub(super) async fn write(
    tx: &mut SqliteConnection,
    batch: &ContactBatch,
    now: i64,
) -> Result<BatchOutcome, StorageError> {
    let mut outcome = BatchOutcome::default();
    let known = known(tx, batch).await?;
    let (last, mut key): (i64, i64) = sqlx::query_as(COUNTERS).fetch_one(&mut *tx).await?;
    let first = first_stamp(last, now);
    outcome.before = last;
    outcome.stamp = last;
    let mut stamp = first;
    let mut changes = Changes::default();

    let deletes: HashMap<&str, Option<i64>> = batch.deletes.iter().map(|(id, at)| (id.as_str(), *at)).collect();
    let last_place: HashMap<&str, usize> =
        batch.puts.iter().enumerate().map(|(place, row)| (row.id.as_str(), place)).collect();
    for (place, row) in batch.puts.iter().enumerate() {
        if last_place[row.id.as_str()] != place || deletes.contains_key(row.id.as_str()) {
            continue;
        }
        let before = known.get(row.id.as_str());
        match before.map(|before| before.standing(batch, row)) {
            Some(Standing::Foreign) => {
                outcome.foreign.push(row.id.clone());
                continue;
            }
            Some(Standing::Same { renewed }) => {
                outcome.unchanged += 1;
                if let (true, Some(before)) = (renewed, before) {
                    changes.renewed.push(json!([before.key, row.version, row.modified]));
                }
                continue;
            }
            Some(Standing::Other) | None => {}
        }
        let row_key = if let Some(before) = before {
            changes.replaced.push(before.key);
            outcome.numbers.extend(before.numbers());
            before.key
        } else {
            key += 1;
            key
        };
        changes.put(row_key, stamp, row);
        outcome.numbers.extend(row.phones.iter().map(|phone| phone.number.clone()));
        outcome.upserted += 1;
        stamp += 1;
    }
    for (id, at) in deletes {
        let Some(before) = known.get(id).filter(|before| !before.deleted) else { continue };
        if before.source != batch.source {
            outcome.foreign.push(id.to_owned());
            continue;
        }
        let tombstone = json!({"id": id, "deleted": true}).to_string();
        changes.rows.push(json!([before.key, id, stamp, 1, 0, tombstone, null, at]));
        changes.replaced.push(before.key);
        outcome.numbers.extend(before.numbers());
        outcome.deleted += 1;
        stamp += 1;
    }
    if !changes.renewed.is_empty() {
        sqlx::query(RENEW).bind(json!(changes.renewed).to_string()).execute(&mut *tx).await?;
    }
    if stamp > first {
        changes.apply(tx, &batch.source, now).await?;
        outcome.stamp = stamp - 1;
        sqlx::query(SET_LAST).bind(outcome.stamp).execute(&mut *tx).await?;
    }
    outcome.numbers.sort_unstable();
    outcome.numbers.dedup();
    Ok(outcome)
}

async fn known(tx: &mut SqliteConnection, batch: &ContactBatch) -> Result<HashMap<String, Known>, StorageError> {
    let ids: Vec<&str> =
        batch.puts.iter().map(|row| row.id.as_str()).chain(batch.deletes.iter().map(|(id, _)| id.as_str())).collect();
    let mut known = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<KnownRow> = sqlx::query_as(KNOWN).bind(json!(chunk).to_string()).fetch_all(&mut *tx).await?;
        known.extend(rows.into_iter().map(|(id, key, hash, deleted, source, version, modified, numbers)| {
            (id, Known { key, hash, deleted, source, version, modified, numbers })
        }));
    }
    Ok(known)
}

impl Changes {
    fn put(&mut self, key: i64, stamp: i64, row: &Row) {
        self.rows.push(json!([key, row.id, stamp, 0, row.hash, row.json, row.version, row.modified]));
        self.words.push(json!([key, row.words]));
        self.grams.push(json!([key, row.grams]));
        for phone in &row.phones {
            self.phones.push(json!([key, phone.number, phone.extension, phone.tail]));
        }
    }

    async fn apply(self, tx: &mut SqliteConnection, source: &str, now: i64) -> Result<(), StorageError> {
        for keys in self.replaced.chunks(CHUNK) {
            let keys = json!(keys).to_string();
            for statement in [DROP_PHONES, DROP_WORDS, DROP_GRAMS] {
                sqlx::query(statement).bind(&keys).execute(&mut *tx).await?;
            }
        }
        for rows in self.rows.chunks(CHUNK) {
            sqlx::query(UPSERT).bind(json!(rows).to_string()).bind(now).bind(source).execute(&mut *tx).await?;
        }
        for (statement, rows) in [(ADD_PHONES, &self.phones), (ADD_WORDS, &self.words), (ADD_GRAMS, &self.grams)] {
            for rows in rows.chunks(CHUNK) {
                sqlx::query(statement).bind(json!(rows).to_string()).execute(&mut *tx).await?;
            }
        }
        Ok(())
    }
}

/// Forgets tombstones; returns the oldest usable token.
pub(super) async fn purge_tombstones(tx: &mut SqliteConnection, changed_before: i64) -> Result<i64, StorageError> {
    let floor = sqlx::query_scalar(PURGE_FLOOR).bind(changed_before).fetch_one(&mut *tx).await?;
    sqlx::query(PURGE).bind(changed_before).execute(&mut *tx).await?;
    Ok(floor)
}
