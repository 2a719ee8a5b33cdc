//! One address book, and which of them a connector reads.

use url::Url;

use crate::domain::fold::fold;
use crate::domain::upstream::{Trouble, UpstreamError};

use super::href::{canonical_folder, last_segment};
use super::multistatus::Response;
use super::xml::Space;

/// An address book as its properties say it is.
#[derive(Debug, Clone)]
pub(super) struct Book {
    pub(super) url: Url,
    /// Its canonical path, which ends with a slash: the start of the paths of its cards.
    pub(super) path: String,
    /// Its name for people.
    pub(super) name: String,
    /// It tells its changes since a token (RFC 6578).
    pub(super) syncs: bool,
    /// The token that stands for its state now.
    pub(super) token: Option<String>,
    /// Another mark of its state, of servers older than RFC 6578.
    pub(super) ctag: Option<String>,
    /// Cards can be put into it, as far as it says.
    pub(super) writable: bool,
}

impl Book {
    /// The book a response is about, if it is one.
    pub(super) fn read(base: &Url, response: &Response) -> Option<Self> {
        response.prop(Space::Dav, "resourcetype")?.find(Space::Card, "addressbook")?;
        let path = canonical_folder(base, &response.href)?;
        // The address keeps its host, which may be another than the configured one.
        let url = base.join(&response.href).ok()?.join(&path).ok()?;
        let token = response.text(Space::Dav, "sync-token");
        let reports = response.prop(Space::Dav, "supported-report-set");
        let syncs = reports.map_or(token.is_some(), |reports| reports.holds(Space::Dav, "sync-collection"));
        let rights = response.prop(Space::Dav, "current-user-privilege-set");
        let writable = rights.is_none_or(|rights| {
            ["all", "write", "write-content", "bind"].iter().any(|right| rights.holds(Space::Dav, right))
        });
        let name = response.text(Space::Dav, "displayname").unwrap_or_else(|| last_segment(&path));
        let ctag = response.text(Space::Server, "getctag");
        Some(Self { url, path, name, syncs, token, ctag, writable })
    }

    /// Whether `word` means this book: its name, its path or the last part of it.
    fn answers_to(&self, word: &str) -> bool {
        fold(&self.name) == fold(word)
            || fold(&last_segment(&self.path)) == fold(word)
            || canonical_folder(&self.url, word).is_some_and(|path| word.starts_with('/') && path == self.path)
    }
}

/// The books that `wanted` names, separated by commas and in this order; all of them where it is empty.
pub(super) fn pick(books: Vec<Book>, wanted: &str) -> Result<Vec<Book>, UpstreamError> {
    if wanted.trim().is_empty() {
        return Ok(books);
    }
    let mut picked: Vec<Book> = Vec::new();
    let mut words = vec![wanted.trim()];
    if !books.iter().any(|book| book.answers_to(words[0])) {
        words = wanted.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    }
    for word in words {
        let Some(book) = books.iter().find(|book| book.answers_to(word)) else {
            let names: Vec<&str> = books.iter().map(|book| book.name.as_str()).collect();
            let words = format!("there is no address book \"{word}\" (vars.book), but there are: {}", names.join(", "));
            return Err(UpstreamError::new(Trouble::Rejected, words));
        };
        if !picked.iter().any(|known| known.path == book.path) {
            picked.push(book.clone());
        }
    }
    Ok(picked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(path: &str, name: &str) -> Book {
        let url = Url::parse("https://dav.example.com").unwrap().join(path).unwrap();
        let name = name.to_owned();
        Book { url, path: path.to_owned(), name, syncs: true, token: None, ctag: None, writable: true }
    }

    #[test]
    fn books_by_name_or_path() {
        let books = vec![book("/a/default/", "Contacts"), book("/a/x%20y/", "Harbor, Ltd"), book("/a/old/", "Old")];
        let picked = |wanted: &str| {
            pick(books.clone(), wanted).map(|books| books.into_iter().map(|book| book.name).collect::<Vec<_>>())
        };
        assert_eq!(picked("").unwrap().len(), 3);
        assert_eq!(picked("old, contacts").unwrap(), ["Old", "Contacts"]);
        assert_eq!(picked("Harbor, Ltd").unwrap(), ["Harbor, Ltd"]);
        assert_eq!(picked("/a/x y").unwrap(), ["Harbor, Ltd"]);
        assert_eq!(picked("x y").unwrap(), ["Harbor, Ltd"]);
        let error = picked("none").unwrap_err();
        assert!(error.words.contains("Contacts") && error.trouble == Trouble::Rejected, "{error}");
    }
}
