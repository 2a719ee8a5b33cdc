//! The demonstration's CRM: people and activities behind an API of its own, in memory and in a file beside
//! the demo's database. It can be switched off, and it can lose its answers. It knows nothing of Trunkline,
//! which comes to it as to any CRM: over HTTP, with a key, by a manifest (`crm.toml`).

mod api;
mod books;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::Secret;
use crate::domain::clock::SharedClock;
use books::Books;
pub use books::{Activity, Card, Kind, Note, Person, Phone, Whose};

/// The manifest by which it is connected.
pub const MANIFEST: &str = include_str!("crm.toml");

/// Activities that are shown.
const SHOWN: usize = 30;

const MINUTE: i64 = 60_000;

/// How it behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// As it should.
    #[default]
    On,
    /// It answers 503, whatever is asked.
    Off,
    /// It does what it is told, and then answers 500: always where something is made, and the first time
    /// where something is written again.
    LosesAnswers,
}

/// What it was asked since it was started.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Tally {
    created: u32,
    changed: u32,
    looked_up: u32,
    refused: u32,
    unanswered: u32,
}

/// The CRM. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Crm(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    desk: Mutex<Desk>,
    /// What its door wants to see: `Bearer KEY`.
    wanted: Secret,
    clock: SharedClock,
    file: PathBuf,
}

#[derive(Debug, Default)]
struct Desk {
    books: Books,
    mode: Mode,
    /// Addresses whose last write was not answered.
    lost: HashSet<String>,
    tally: Tally,
}

impl Crm {
    /// Opens the CRM that is kept in `file`; an empty one where there is none.
    pub fn open(file: &Path, key: &Secret, clock: SharedClock) -> Result<Self, String> {
        let wrong = |words: String| format!("{}: {words}; start with --fresh", file.display());
        let books = match std::fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Books::default(),
            Err(error) => return Err(wrong(error.to_string())),
        };
        let wanted = Secret::from(format!("Bearer {}", key.expose()).as_str());
        let desk = Mutex::new(Desk { books, ..Desk::default() });
        Ok(Self(Arc::new(Inner { desk, wanted, clock, file: file.to_owned() })))
    }

    /// Its API.
    pub fn router(&self) -> Router {
        api::router(self.clone())
    }

    /// Takes people in, a minute after each other and all before now. They are kept with the next
    /// [`Crm::keep`].
    pub fn take_in(&self, people: Vec<Card>) -> Result<(), String> {
        let now = self.0.clock.now_ms();
        let mut desk = self.desk();
        let mut at = now - i64::try_from(people.len()).unwrap_or(0) * MINUTE;
        for card in people {
            desk.books.add(card, at)?;
            at += MINUTE;
        }
        Ok(())
    }

    /// Writes all of it into its file.
    pub fn keep(&self) -> Result<(), String> {
        self.keep_books(&self.desk().books)
    }

    /// How it behaves.
    pub fn mode(&self) -> Mode {
        self.desk().mode
    }

    /// Makes it behave otherwise. It behaves well again when it is started anew.
    pub fn behave(&self, mode: Mode) {
        let mut desk = self.desk();
        desk.mode = mode;
        desk.lost.clear();
    }

    /// All activities, oldest first.
    pub fn activities(&self) -> Vec<Activity> {
        self.desk().books.activities().cloned().collect()
    }

    /// What a person sees of it: `{"mode", "people", "total", "activities": [{"id", "kind", "person", "subject",
    /// "text", "changedAt", "changes"}], "tally"}`, what changed last first.
    pub fn view(&self) -> Value {
        let desk = self.desk();
        let mut newest: Vec<&Activity> = desk.books.activities().collect();
        let total = newest.len();
        newest.sort_by_key(|activity| std::cmp::Reverse((activity.changed_at, activity.id)));
        let shown = |activity: &&Activity| {
            json!({
                "id": activity.id, "kind": activity.kind, "person": desk.books.name_of(activity),
                "subject": activity.subject, "text": activity.text, "changedAt": activity.changed_at,
                "changes": activity.changes,
            })
        };
        let activities: Vec<Value> = newest.iter().take(SHOWN).map(shown).collect();
        let people = desk.books.people(None, 0).count();
        json!({"mode": desk.mode, "people": people, "total": total, "activities": activities, "tally": desk.tally})
    }

    fn wanted(&self) -> &str {
        self.0.wanted.expose()
    }

    fn read<T>(&self, look: impl FnOnce(&Books) -> T) -> T {
        look(&self.desk().books)
    }

    /// Changes something, and keeps it before anybody hears of it.
    fn write<T>(&self, change: impl FnOnce(&mut Books, i64) -> T) -> T {
        let now = self.0.clock.now_ms();
        let mut desk = self.desk();
        let changed = change(&mut desk.books, now);
        if let Err(error) = self.keep_books(&desk.books) {
            tracing::error!(%error, "the demo's CRM forgets this when the demo ends");
        }
        changed
    }

    /// Whether the answer to what was just done is to be lost.
    fn loses(&self, method: &Method, path: String) -> bool {
        if *method == Method::GET || *method == Method::POST {
            return *method == Method::POST;
        }
        let lost = &mut self.desk().lost;
        !lost.remove(&path) && lost.insert(path)
    }

    fn count(&self, one_more: impl FnOnce(&mut Tally)) {
        one_more(&mut self.desk().tally);
    }

    /// A file of another name first: it is never half written.
    fn keep_books(&self, books: &Books) -> Result<(), String> {
        let (file, new) = (&self.0.file, self.0.file.with_extension("new"));
        let bytes = serde_json::to_vec(books).map_err(|error| error.to_string())?;
        let kept = std::fs::write(&new, bytes).and_then(|()| std::fs::rename(&new, file));
        kept.map_err(|error| format!("cannot write {}: {error}", file.display()))
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
