//! A run through the changes of all books, a page at a time.
//!
//! The list of what changed is made once, at the start of a run, and remembered only to spare the
//! server: where it is lost, it is made again from the cursor, and the run goes on behind the last card
//! it handed out. The states at its end stay those of the first list, so that what changed in between
//! is found by the next run.

use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::credential::Whose;
use crate::domain::ids::new_id;
use crate::domain::upstream::{Change, ChangePage, Next, Trouble, UpstreamError};

use super::book::Book;
use super::cards::{AllFail, Card, get};
use super::cursor::{Cursor, Place, States};
use super::dav::Dav;
use super::listing::{Fate, is_unchanged, list};

/// Cards on a page: so many are stored in one transaction.
const PAGE: usize = 200;

/// A card that changed, with the book it stands in.
#[derive(Debug)]
struct Entry {
    path: String,
    book: usize,
    fate: Fate,
}

/// What changed, in the order of the paths.
#[derive(Debug)]
struct Run {
    id: String,
    books: Vec<Book>,
    entries: Vec<Entry>,
}

/// The list of the run at hand.
#[derive(Debug, Default)]
pub(super) struct Memo(Mutex<Option<Arc<Run>>>);

impl Memo {
    fn find(&self, id: &str) -> Option<Arc<Run>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().filter(|run| run.id == id)
    }

    fn keep(&self, run: Option<Arc<Run>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = run;
    }
}

/// A page of changes. `books` says which books there are, and is asked only where a list is made.
pub(super) async fn page(
    dav: &Dav,
    memo: &Memo,
    cursor: Option<&str>,
    books: impl AsyncFnOnce() -> Result<Vec<Book>, UpstreamError>,
) -> Result<ChangePage, UpstreamError> {
    let Cursor { from, place, .. } = Cursor::read(cursor)?;
    let known = place.as_ref().and_then(|place| memo.find(&place.run));
    let (run, place) = match (known, place) {
        (Some(run), Some(place)) => (run, place),
        (_, place) => {
            let (run, to) = start(dav, &from, books().await?).await?;
            let run = Arc::new(run);
            let after = place.map_or_else(|| (to, String::new()), |place| (place.to, place.after));
            memo.keep(Some(Arc::clone(&run)));
            let place = Place { run: run.id.clone(), to: after.0, after: after.1 };
            (run, place)
        }
    };
    let begin = run.entries.partition_point(|entry| entry.path <= place.after);
    let end = run.entries.len().min(begin + PAGE);
    let slice = &run.entries[begin..end];
    let changes = read(dav, &run.books, slice).await?;
    let total = u64::try_from(run.entries.len()).ok();
    let next = match slice.last() {
        Some(last) if end < run.entries.len() => {
            Next::More(Cursor::new(from, Some(Place { after: last.path.clone(), ..place })).write())
        }
        _ => {
            memo.keep(None);
            Next::Done(Some(Cursor::new(place.to, None).write()))
        }
    };
    Ok(ChangePage { changes, next, total })
}

async fn start(dav: &Dav, from: &States, books: Vec<Book>) -> Result<(Run, States), UpstreamError> {
    if from.keys().any(|path| !books.iter().any(|book| book.path == *path)) {
        // Which cards were in it nobody says any more.
        return Err(UpstreamError::new(Trouble::Gone, "an address book that was read before is not there any more"));
    }
    let (mut entries, mut to) = (Vec::new(), States::new());
    for (at, book) in books.iter().enumerate() {
        let before = from.get(&book.path);
        if let Some(state) = before.filter(|_| is_unchanged(book, before)) {
            to.insert(book.path.clone(), state.clone());
            continue;
        }
        let listing = list(dav, &Whose::Company, book, before).await?;
        entries.extend(listing.cards.into_iter().map(|(path, fate)| Entry { path, book: at, fate }));
        to.insert(book.path.clone(), listing.state);
    }
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok((Run { id: new_id("run", dav.clock()), books, entries }, to))
}

/// The changes that some entries stand for.
async fn read(dav: &Dav, books: &[Book], entries: &[Entry]) -> Result<Vec<Change>, UpstreamError> {
    let mut changes = Vec::with_capacity(entries.len());
    let delete = |path: String| Change::Delete { external_id: path, at_ms: None };
    for (at, book) in books.iter().enumerate() {
        let mine = || entries.iter().filter(|entry| entry.book == at);
        let present: Vec<&str> = mine().filter(|e| e.fate == Fate::Present).map(|entry| entry.path.as_str()).collect();
        changes.extend(mine().filter(|entry| entry.fate == Fate::Gone).map(|entry| delete(entry.path.clone())));
        for (path, card) in get(dav, &Whose::Company, book, &present, AllFail::Down).await? {
            match card {
                Card::Person(record) => changes.push(Change::Upsert(record)),
                // A person's card may have become a group's.
                Card::Gone | Card::Group => changes.push(delete(path)),
                Card::Unreadable => {}
            }
        }
    }
    Ok(changes)
}
