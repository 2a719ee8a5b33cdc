//! What the fake CRM holds: a journal that only grows, on the disk before anything is answered, so that
//! it survives `kill -9`; and what can be read out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

/// A log as it stands there.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Our key.
    pub key: String,
    /// What it said, oldest first.
    pub said: Vec<String>,
    /// The contacts it hangs on.
    pub people: BTreeSet<String>,
    /// Texts that were added: key and text.
    pub more: Vec<(String, String)>,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Book {
    /// By the CRM's own id.
    pub rows: BTreeMap<String, Row>,
    /// How often each thing happened: `log`, `text`, `link`, `find`, `fault slow` ..
    pub counts: BTreeMap<String, u64>,
}

fn text(entry: &Value, name: &str) -> String {
    entry[name].as_str().unwrap_or_default().to_owned()
}

impl Row {
    /// What it said and what was added, oldest first.
    pub fn texts(&self) -> Vec<&str> {
        self.said.iter().chain(self.more.iter().map(|(_, text)| text)).map(String::as_str).collect()
    }
}

impl Book {
    /// What a journal says; a line that a kill cut off was never answered and counts for nothing.
    pub fn read(file: &Path) -> Self {
        let mut book = Self::default();
        let journal = std::fs::read_to_string(file).unwrap_or_default();
        for line in journal.lines() {
            if let Ok(entry) = serde_json::from_str(line) {
                book.take(&entry);
            }
        }
        book
    }

    /// Takes an entry of the journal.
    pub fn take(&mut self, entry: &Value) {
        let (id, person) = (text(entry, "id"), text(entry, "person"));
        let what = text(entry, "op");
        match what.as_str() {
            "log" => {
                let row = Row { key: text(entry, "ref"), said: vec![text(entry, "text")], ..Row::default() };
                self.rows.insert(id.clone(), row);
            }
            "text" => self.row(&id).said.push(text(entry, "text")),
            "more" => {
                let more = (text(entry, "ref"), text(entry, "text"));
                self.row(&id).more.push(more);
            }
            "unlink" => {
                self.row(&id).people.remove(&person);
            }
            _ => {}
        }
        if entry.get("person").is_some() && what != "unlink" {
            let row = self.row(&id);
            if what != "link" {
                row.people.clear();
            }
            row.people.extend(Some(person).filter(|person| !person.is_empty()));
        }
        *self.counts.entry(what).or_default() += 1;
    }

    fn row(&mut self, id: &str) -> &mut Row {
        self.rows.entry(id.to_owned()).or_default()
    }

    /// How often something happened.
    pub fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// The ids of what has a key: logs, and texts that were added to them.
    pub fn with_key(&self, key: &str) -> Vec<&str> {
        let has = |row: &Row| row.key == key || row.more.iter().any(|(more, _)| more == key);
        self.rows.iter().filter(|(_, row)| has(row)).map(|(id, _)| id.as_str()).collect()
    }
}

/// The journal, open for writing, and what it says.
#[derive(Debug)]
pub struct Journal {
    file: File,
    /// What it says.
    pub book: Book,
}

impl Journal {
    /// Opens or makes it.
    pub fn open(path: &Path) -> Self {
        let book = Book::read(path);
        let mut file = OpenOptions::new().create(true).append(true).open(path).expect("a journal");
        // What a kill cut off ends here.
        file.write_all(b"\n").expect("written");
        Self { file, book }
    }

    /// Commits an entry: on the disk when this returns.
    pub fn commit(&mut self, entry: &Value) {
        self.note(entry);
        self.file.sync_data().expect("on the disk");
    }

    /// Writes an entry that only counts.
    pub fn note(&mut self, entry: &Value) {
        self.file.write_all(format!("{entry}\n").as_bytes()).expect("written");
        self.book.take(entry);
    }

    /// Counts something.
    pub fn happened(&mut self, what: &str) {
        self.note(&json!({"op": what}));
    }
}
