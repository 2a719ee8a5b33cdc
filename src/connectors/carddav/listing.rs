//! What changed in a book since a state: by its sync tokens where it has them, or else by the versions
//! of its cards.

use std::collections::BTreeMap;

use crate::connectors::trust::place;
use crate::domain::credential::Whose;
use crate::domain::upstream::{Trouble, UpstreamError};

use super::book::Book;
use super::cursor::State;
use super::dav::{Ask, Dav};
use super::href::canonical;
use super::multistatus::Response;
use super::queries::{VERSIONS, changes_since};
use super::xml::Space;

/// Above this many cards a book without sync tokens is read as a whole when its ctag changes: its
/// versions would make the cursor too long.
const MAX_VERSIONS: usize = 5_000;
/// A server that cuts its answers short more often than this runs in a circle.
const MAX_ROUNDS: usize = 10_000;

/// Whether a card is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Present,
    Gone,
}

/// The changes of a book, by the canonical paths of its cards.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) cards: BTreeMap<String, Fate>,
    /// The state they lead to.
    pub(super) state: State,
}

/// What changed in `book` since `from`.
pub(super) async fn list(
    dav: &Dav,
    whose: &Whose,
    book: &Book,
    from: Option<&State>,
) -> Result<Listing, UpstreamError> {
    if book.syncs {
        let token = match from {
            Some(State::Token(token)) => token.as_str(),
            _ => "",
        };
        match by_token(dav, whose, book, token).await {
            Err(error) if error.trouble == Trouble::Rejected => {
                tracing::warn!(book = %book.path, "the server does not take a sync report: {error}; versions are compared");
            }
            other => return other,
        }
    }
    by_version(dav, whose, book, from).await
}

/// Whether a book is as it was in `from`, as far as its properties tell.
pub(super) fn is_unchanged(book: &Book, from: Option<&State>) -> bool {
    match from {
        Some(State::Token(token)) => book.token.as_ref() == Some(token),
        Some(State::Cards { ctag: Some(ctag), .. }) => book.ctag.as_ref() == Some(ctag),
        _ => false,
    }
}

async fn by_token(dav: &Dav, whose: &Whose, book: &Book, from: &str) -> Result<Listing, UpstreamError> {
    let mut cards = BTreeMap::new();
    let mut token = from.to_owned();
    for _ in 0..MAX_ROUNDS {
        let ask = Ask::report(&book.url, "0", changes_since(&token));
        let mut cut_short = false;
        let multi = dav
            .multistatus(whose, &ask, |url, response| {
                cut_short |= is_cut(url, book, &response);
                member(url, book, &response).map(|path| (path, response.is_gone()))
            })
            .await?;
        let Some(next) = multi.token else {
            let words = format!("{} answered a sync report without a token", place(&book.url));
            return Err(UpstreamError::new(Trouble::Broken, words));
        };
        for (path, gone) in multi.found {
            if gone && from.is_empty() {
                // Nothing is known yet, so there is nothing to delete; but a round before may name it.
                cards.remove(&path);
            } else {
                cards.insert(path, if gone { Fate::Gone } else { Fate::Present });
            }
        }
        if !cut_short {
            return Ok(Listing { cards, state: State::Token(next) });
        }
        if next == token {
            break;
        }
        token = next;
    }
    let words = format!("{} cuts its list of changes short and does not go on", place(&book.url));
    Err(UpstreamError::new(Trouble::Broken, words))
}

/// RFC 6578, 3.6: 507 for the collection itself says that there is more.
fn is_cut(url: &url::Url, book: &Book, response: &Response) -> bool {
    response.status == Some(507) && canonical(url, &response.href).is_some_and(|path| is_self(&path, book))
}

fn is_self(path: &str, book: &Book) -> bool {
    path.trim_end_matches('/') == book.path.trim_end_matches('/')
}

/// The path of a card of the book; none for the book itself and for folders in it.
fn member(url: &url::Url, book: &Book, response: &Response) -> Option<String> {
    let path = canonical(url, &response.href)?;
    let inside = path.strip_prefix(&book.path)?;
    (!inside.is_empty() && !inside.contains('/') && !response.is_folder()).then_some(path)
}

async fn by_version(dav: &Dav, whose: &Whose, book: &Book, from: Option<&State>) -> Result<Listing, UpstreamError> {
    let now = versions(dav, whose, book).await?;
    let before = match from {
        Some(State::Cards { versions: Some(versions), .. }) => Some(versions),
        _ => None,
    };
    let cards = changed(before, &now);
    let versions = (now.len() <= MAX_VERSIONS).then_some(now);
    Ok(Listing { cards, state: State::Cards { ctag: book.ctag.clone(), versions } })
}

/// What differs between two states of a book; all of the later where the earlier is not known.
fn changed(before: Option<&BTreeMap<String, String>>, now: &BTreeMap<String, String>) -> BTreeMap<String, Fate> {
    let Some(before) = before else { return now.keys().map(|path| (path.clone(), Fate::Present)).collect() };
    // A card without a version is taken as changed each time.
    let same =
        |path: &str, version: &str| !version.is_empty() && before.get(path).is_some_and(|known| known == version);
    let present = now.iter().filter(|(path, version)| !same(path, version)).map(|(path, _)| (path, Fate::Present));
    let gone = before.keys().filter(|path| !now.contains_key(*path)).map(|path| (path, Fate::Gone));
    present.chain(gone).map(|(path, fate)| (path.clone(), fate)).collect()
}

/// The versions of all cards of a book by their canonical paths; empty where a card has none.
pub(super) async fn versions(dav: &Dav, whose: &Whose, book: &Book) -> Result<BTreeMap<String, String>, UpstreamError> {
    let ask = Ask::propfind(&book.url, "1", VERSIONS);
    let multi = dav
        .multistatus(whose, &ask, |url, response| {
            let path = member(url, book, &response).filter(|_| !response.is_gone())?;
            Some((path, response.text(Space::Dav, "getetag").unwrap_or_default()))
        })
        .await?;
    Ok(multi.found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs() {
        let state = |entries: &[(&str, &str)]| -> BTreeMap<String, String> {
            entries.iter().map(|(path, version)| ((*path).to_owned(), (*version).to_owned())).collect()
        };
        let before = state(&[("/a", "1"), ("/b", "1"), ("/c", "1"), ("/d", "")]);
        let now = state(&[("/a", "1"), ("/b", "2"), ("/d", ""), ("/e", "1")]);
        let found: Vec<(String, Fate)> = changed(Some(&before), &now).into_iter().collect();
        let found: Vec<(&str, Fate)> = found.iter().map(|(path, fate)| (path.as_str(), *fate)).collect();
        assert_eq!(found, [("/b", Fate::Present), ("/c", Fate::Gone), ("/d", Fate::Present), ("/e", Fate::Present)]);
        assert_eq!(changed(None, &now).len(), 4);
    }
}
