//! Contacts made ready to be written, outside of any transaction: their JSON, number keys, search
//! texts and fingerprints.

use std::collections::HashSet;
use std::fmt::Write;

use crate::domain::contact::{Contact, content_hash};
use crate::domain::fold::{fold, is_cjk};
use crate::domain::sync::Stamp;

/// Contacts to write and to delete, made ready outside the transaction. Within a batch the last
/// mention of an id holds. Contacts of another source are not touched.
#[derive(Debug, Clone)]
pub struct ContactBatch {
    pub(super) source: String,
    pub(super) force: bool,
    pub(super) puts: Vec<Row>,
    pub(super) deletes: Vec<(String, Option<i64>)>,
}

impl Default for ContactBatch {
    fn default() -> Self {
        Self { source: LOCAL.into(), force: true, puts: Vec::new(), deletes: Vec::new() }
    }
}

/// The source of the built-in address book's contacts.
pub const LOCAL: &str = "local";

/// What a batch did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// New or changed.
    pub upserted: u64,
    /// Already stored with the same content.
    pub unchanged: u64,
    /// Were there, and are deleted now.
    pub deleted: u64,
    /// Ids that belong to another source, and were left alone.
    pub foreign: Vec<String>,
    /// Keys of the numbers that concern a changed contact, before or after: what open pages must
    /// match again.
    pub numbers: Vec<String>,
    /// The newest stamp before it.
    pub before: Stamp,
    /// The newest stamp after it.
    pub stamp: Stamp,
}

#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) json: String,
    pub(super) hash: i64,
    pub(super) phones: Vec<PhoneRow>,
    pub(super) words: String,
    pub(super) grams: String,
    pub(super) version: Option<String>,
    pub(super) modified: Option<i64>,
}

#[derive(Debug, Clone)]
pub(super) struct PhoneRow {
    pub(super) number: String,
    pub(super) extension: String,
    pub(super) tail: String,
}

impl ContactBatch {
    /// A batch of a connector. Without `force`, what is older than the contact held is not taken.
    pub fn of(source: &str, force: bool) -> Self {
        Self { source: source.to_owned(), force, ..Self::default() }
    }

    /// Adds a contact to write.
    pub fn put(&mut self, contact: &Contact) {
        self.put_version(contact, None, None);
    }

    /// Adds a contact as it stands upstream in some version, modified at some time (Unix ms).
    pub fn put_version(&mut self, contact: &Contact, version: Option<String>, modified: Option<i64>) {
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
        let (id, hash) = (contact.id.clone(), content_hash(&json));
        self.puts.push(Row { id, json, hash, phones, words, grams, version, modified });
    }

    /// Adds an id to delete.
    pub fn delete(&mut self, id: String) {
        self.delete_at(id, None);
    }

    /// Adds an id that was deleted upstream, at a time (Unix ms) where it is known.
    pub fn delete_at(&mut self, id: String, at: Option<i64>) {
        self.deletes.push((id, at));
    }

    /// The ids of the contacts to write.
    pub(super) fn put_ids(&self) -> Vec<&str> {
        self.puts.iter().map(|row| row.id.as_str()).collect()
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
