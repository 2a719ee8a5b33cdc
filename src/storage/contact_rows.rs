//! Writing contacts: rows, number keys, search index and stamps, in one transaction.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use serde_json::json;
use sqlx::SqliteConnection;

use super::error::StorageError;
use crate::domain::contact::{Contact, content_hash};
use crate::domain::fold::{fold, is_cjk};
use crate::domain::sync::{Stamp, first_stamp};

/// Contacts to write and to delete, made ready outside the transaction. Within a batch the last
/// mention of an id holds.
#[derive(Debug, Clone, Default)]
pub struct ContactBatch {
    puts: Vec<Row>,
    deletes: Vec<String>,
}

/// What a batch did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// New or changed.
    pub upserted: u64,
    /// Already stored with the same content.
    pub unchanged: u64,
    /// Were there, and are deleted now.
    pub deleted: u64,
    /// Keys of the numbers that concern a changed contact, before or after: what open pages must
    /// match again.
    pub numbers: Vec<String>,
    /// The newest stamp before it.
    pub before: Stamp,
    /// The newest stamp after it.
    pub stamp: Stamp,
}

#[derive(Debug, Clone)]
struct Row {
    id: String,
    json: String,
    hash: i64,
    phones: Vec<PhoneRow>,
    words: String,
    grams: String,
}

#[derive(Debug, Clone)]
struct PhoneRow {
    number: String,
    extension: String,
    tail: String,
}

impl ContactBatch {
    /// Adds a contact to write.
    pub fn put(&mut self, contact: &Contact) {
        let json = contact.to_json();
        let phones: Vec<PhoneRow> = contact
            .phone_numbers
            .iter()
            .filter_map(|phone| phone.number.as_ref())
            .map(|number| PhoneRow {
                number: number.number.clone(),
                extension: number.extension.clone(),
                tail: number.tail().unwrap_or_default().to_owned(),
            })
            .collect();
        let (words, grams) = search_text(contact, &phones);
        self.puts.push(Row { id: contact.id.clone(), hash: content_hash(&json), json, phones, words, grams });
    }

    /// Adds an id to delete.
    pub fn delete(&mut self, id: String) {
        self.deletes.push(id);
    }

    /// How many contacts and ids it holds.
    pub fn len(&self) -> usize {
        self.puts.len() + self.deletes.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The two texts of the search index: words, with a space around each CJK character, and the
/// distinct runs of up to three characters of each word.
fn search_text(contact: &Contact, phones: &[PhoneRow]) -> (String, String) {
    let mut text = fold(&contact.name);
    for part in contact.company.iter().chain(&contact.emails) {
        text.push(' ');
        text.push_str(&fold(part));
    }
    for phone in phones {
        let _ = write!(text, " {} {}", phone.number.trim_start_matches('+'), phone.extension);
    }
    let mut words = String::with_capacity(text.len() + 8);
    let mut seen = HashSet::new();
    let mut grams = String::with_capacity(text.len() * 4);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        for c in word.chars() {
            if is_cjk(c) {
                let _ = write!(words, " {c} ");
            } else {
                words.push(c);
            }
        }
        words.push(' ');
        for (start, _) in word.char_indices() {
            let end = word[start..].char_indices().nth(3).map_or(word.len(), |(offset, _)| start + offset);
            if seen.insert(&word[start..end]) {
                grams.push_str(&word[start..end]);
                grams.push(' ');
            }
        }
    }
    (words, grams)
}

const KNOWN: &str = "select c.id, c.key, c.hash, c.deleted, \
       (select coalesce(json_group_array(p.number), '[]') from contact_phone p where p.contact_key = c.key) \
     from contact c where c.id in (select value from json_each($1))";
const COUNTERS: &str = "select last, (select coalesce(max(key), 0) from contact) from stamp_counter";
const SET_LAST: &str = "update stamp_counter set last = $1";
const UPSERT: &str = "insert into contact (key, id, stamp, deleted, changed_at, hash, json) \
     select value ->> 0, value ->> 1, value ->> 2, value ->> 3, $2, value ->> 4, value ->> 5 from json_each($1) where true \
     on conflict (key) do update set stamp = excluded.stamp, deleted = excluded.deleted, \
       changed_at = excluded.changed_at, hash = excluded.hash, json = excluded.json";
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
    numbers: String,
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

    let deletes: HashSet<&str> = batch.deletes.iter().map(String::as_str).collect();
    let last_place: HashMap<&str, usize> =
        batch.puts.iter().enumerate().map(|(place, row)| (row.id.as_str(), place)).collect();
    for (place, row) in batch.puts.iter().enumerate() {
        if last_place[row.id.as_str()] != place || deletes.contains(row.id.as_str()) {
            continue;
        }
        let before = known.get(row.id.as_str());
        if before.is_some_and(|before| !before.deleted && before.hash == row.hash) {
            outcome.unchanged += 1;
            continue;
        }
        let row_key = before.map_or_else(
            || {
                key += 1;
                key
            },
            |before| before.key,
        );
        if let Some(before) = before {
            changes.replaced.push(row_key);
            outcome.numbers.extend(serde_json::from_str::<Vec<String>>(&before.numbers).unwrap_or_default());
        }
        changes.put(row_key, stamp, row);
        outcome.numbers.extend(row.phones.iter().map(|phone| phone.number.clone()));
        outcome.upserted += 1;
        stamp += 1;
    }
    for id in deletes {
        let Some(before) = known.get(id).filter(|before| !before.deleted) else { continue };
        let tombstone = json!({"id": id, "deleted": true}).to_string();
        changes.rows.push(json!([before.key, id, stamp, 1, 0, tombstone]));
        changes.replaced.push(before.key);
        outcome.numbers.extend(serde_json::from_str::<Vec<String>>(&before.numbers).unwrap_or_default());
        outcome.deleted += 1;
        stamp += 1;
    }
    if stamp > first {
        changes.apply(tx, now).await?;
        outcome.stamp = stamp - 1;
        sqlx::query(SET_LAST).bind(outcome.stamp).execute(&mut *tx).await?;
    }
    outcome.numbers.sort_unstable();
    outcome.numbers.dedup();
    Ok(outcome)
}

async fn known(tx: &mut SqliteConnection, batch: &ContactBatch) -> Result<HashMap<String, Known>, StorageError> {
    let ids: Vec<&str> =
        batch.puts.iter().map(|row| row.id.as_str()).chain(batch.deletes.iter().map(String::as_str)).collect();
    let mut known = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(String, i64, i64, bool, String)> =
            sqlx::query_as(KNOWN).bind(json!(chunk).to_string()).fetch_all(&mut *tx).await?;
        known.extend(
            rows.into_iter().map(|(id, key, hash, deleted, numbers)| (id, Known { key, hash, deleted, numbers })),
        );
    }
    Ok(known)
}

impl Changes {
    fn put(&mut self, key: i64, stamp: i64, row: &Row) {
        self.rows.push(json!([key, row.id, stamp, 0, row.hash, row.json]));
        self.words.push(json!([key, row.words]));
        self.grams.push(json!([key, row.grams]));
        for phone in &row.phones {
            self.phones.push(json!([key, phone.number, phone.extension, phone.tail]));
        }
    }

    async fn apply(self, tx: &mut SqliteConnection, now: i64) -> Result<(), StorageError> {
        for keys in self.replaced.chunks(CHUNK) {
            let keys = json!(keys).to_string();
            for statement in [DROP_PHONES, DROP_WORDS, DROP_GRAMS] {
                sqlx::query(statement).bind(&keys).execute(&mut *tx).await?;
            }
        }
        for rows in self.rows.chunks(CHUNK) {
            sqlx::query(UPSERT).bind(json!(rows).to_string()).bind(now).execute(&mut *tx).await?;
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
