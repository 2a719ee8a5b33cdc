//! CardDAV address books (RFC 6352): found by RFC 6764, read by RFC 6578 where the server can, written
//! under conditions. A card is a contact, its path is the contact's id, its `ETag` the version.
//!
//! Knows nothing of the database; what it remembers only spares the server.

mod book;
mod cards;
mod changes;
mod cursor;
mod dav;
mod discover;
mod href;
mod listing;
mod multistatus;
mod queries;
mod signin;
mod trouble;
mod write;
mod xml;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use url::Url;

use super::{Connector, Means};
use crate::config::{ConnectorConfig, SignIn};
use crate::domain::credential::{AuthKind, Whose};
use crate::domain::phone::Region;
use crate::domain::upstream::{
    Account, Capabilities, ChangePage, IdPage, LogFormat, NewContact, Record, Trouble, UpdateLog, UpstreamError,
};

use book::{Book, pick};
use cards::{AllFail, Card};
use changes::Memo;
use dav::Dav;
use discover::{Home, books, discover, name_of};

/// How long the way to the address books is remembered, in milliseconds.
const REMEMBERED: i64 = 3_600_000;

/// A CardDAV server and the books on it.
#[derive(Debug)]
pub struct Carddav {
    dav: Dav,
    /// Which books, as `vars.book` names them.
    wanted: String,
    username: String,
    region: Option<Region>,
    per_operator: bool,
    /// The way to the books, and until when it is taken for true.
    homes: Mutex<HashMap<Whose, (i64, Arc<Home>)>>,
    memo: Memo,
}

impl Carddav {
    pub(super) fn new(id: &str, config: &ConnectorConfig, means: Means) -> Result<Self, String> {
        let url = Url::parse(&config.url)
            .map_err(|_| format!("connectors.{id}.url is not a web address: write https://host/..."))?;
        signin::check(id, config)?;
        Ok(Self {
            dav: Dav::new(means, url, &config.allowed_hosts),
            wanted: config.vars.get("book").cloned().unwrap_or_default(),
            username: config.username.clone(),
            region: config.region(),
            per_operator: config.sign_in == SignIn::Operator,
            homes: Mutex::default(),
            memo: Memo::default(),
        })
    }

    /// The books that are read, in their order.
    async fn books(&self, whose: &Whose) -> Result<Vec<Book>, UpstreamError> {
        if let Some(home) = self.known_home(whose) {
            match books(&self.dav, whose, &home).await {
                // The way may have changed since.
                Err(error) if matches!(error.trouble, Trouble::Gone | Trouble::Broken | Trouble::Forbidden) => {
                    self.homes.lock().unwrap_or_else(PoisonError::into_inner).remove(whose);
                }
                found => return self.picked(found?),
            }
        }
        let home = self.home(whose).await?;
        self.picked(books(&self.dav, whose, &home).await?)
    }

    fn picked(&self, books: Vec<Book>) -> Result<Vec<Book>, UpstreamError> {
        if books.is_empty() {
            let words =
                "there is no address book for this account: make one on the server, or correct the connector's url";
            return Err(UpstreamError::new(Trouble::Gone, words));
        }
        pick(books, &self.wanted)
    }

    fn known_home(&self, whose: &Whose) -> Option<Arc<Home>> {
        let homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        homes.get(whose).filter(|(until, _)| self.dav.clock().now_ms() < *until).map(|(_, home)| Arc::clone(home))
    }

    async fn home(&self, whose: &Whose) -> Result<Arc<Home>, UpstreamError> {
        let home = Arc::new(discover(&self.dav, whose).await?);
        let until = self.dav.clock().now_ms().saturating_add(REMEMBERED);
        let mut homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        homes.insert(whose.clone(), (until, Arc::clone(&home)));
        Ok(home)
    }
}

pub(super) fn auth_kind(config: &ConnectorConfig) -> AuthKind {
    signin::kind(config)
}

/// The book whose cards' paths start like this one.
fn home_of<'a>(books: &'a [Book], path: &str) -> Option<&'a Book> {
    books.iter().find(|book| path.starts_with(&book.path))
}

#[async_trait]
impl Connector for Carddav {
    fn address(&self) -> Option<Url> {
        Some(self.dav.url().clone())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            incremental: true,
            deletions: true,
            create_contact: true,
            update_contact: true,
            write_call_log: false,
            write_message_log: false,
            find_log: false,
            update_log: UpdateLog::None,
            read_log: false,
            log_format: LogFormat::Text,
            per_operator: self.per_operator,
        }
    }

    async fn list_changes(&self, cursor: Option<&str>) -> Result<ChangePage, UpstreamError> {
        changes::page(&self.dav, &self.memo, cursor, async || self.books(&Whose::Company).await).await
    }

    /// A page is a book.
    async fn list_ids(&self, page: Option<&str>) -> Result<IdPage, UpstreamError> {
        let books = self.books(&Whose::Company).await?;
        let at = match page {
            None => Some(0),
            Some(path) => books.iter().position(|book| book.path == path),
        };
        let Some(book) = at.and_then(|at| books.get(at)) else {
            return Err(UpstreamError::new(Trouble::Gone, "the address book of this page is not there any more"));
        };
        let versions = listing::versions(&self.dav, &Whose::Company, book).await?;
        let ids = versions.into_iter().map(|(path, version)| (path, Some(version).filter(|text| !text.is_empty())));
        let next = at.and_then(|at| books.get(at + 1)).map(|book| book.path.clone());
        Ok(IdPage { ids: ids.collect(), next })
    }

    async fn fetch(&self, external_ids: &[String]) -> Result<Vec<Record>, UpstreamError> {
        let mut records = Vec::with_capacity(external_ids.len());
        for book in &self.books(&Whose::Company).await? {
            let mine = external_ids.iter().filter(|id| id.starts_with(&book.path));
            let mine: Vec<&str> = mine.map(String::as_str).collect();
            for (_, card) in cards::get(&self.dav, &Whose::Company, book, &mine, AllFail::Unreadable).await? {
                if let Card::Person(record) = card {
                    records.push(*record);
                }
            }
        }
        Ok(records)
    }

    async fn create_contact(&self, whose: &Whose, contact: &NewContact) -> Result<Record, UpstreamError> {
        if *contact == NewContact::default() {
            return Err(UpstreamError::new(Trouble::Rejected, "the contact is empty: give a name or a number"));
        }
        let books = self.books(whose).await?;
        let Some(book) = books.iter().find(|book| book.writable) else {
            let words = "no address book of this account can be written to";
            return Err(UpstreamError::new(Trouble::Forbidden, words));
        };
        write::create(&self.dav, whose, book, contact).await
    }

    async fn update_contact(&self, whose: &Whose, id: &str, contact: &NewContact) -> Result<Record, UpstreamError> {
        let books = self.books(whose).await?;
        let Some(book) = home_of(&books, id) else {
            return Err(UpstreamError::new(Trouble::Gone, "the contact is in no address book of this connector"));
        };
        write::update(&self.dav, whose, book, id, contact, self.region).await
    }

    async fn who_am_i(&self, whose: &Whose) -> Result<Account, UpstreamError> {
        // Asked anew each time, since it also tells whether the way still leads somewhere.
        let home = self.home(whose).await?;
        let id = home.principal.as_ref().map(|url| url.path().to_owned()).unwrap_or_default();
        let name = match &home.principal {
            Some(principal) if home.name.is_empty() => name_of(&self.dav, whose, principal).await?,
            _ => home.name.clone(),
        };
        let name = if name.is_empty() { self.username.clone() } else { name };
        Ok(Account { id, name })
    }
}
