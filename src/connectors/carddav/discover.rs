//! The way from a configured address to a person's address books (RFC 6764, 6): the address itself or
//! `/.well-known/carddav`, from there the principal, from there the homes of the books.

use url::Url;

use crate::connectors::trust::place;
use crate::domain::credential::Whose;
use crate::domain::upstream::{Trouble, UpstreamError};

use super::book::Book;
use super::dav::{Ask, Dav};
use super::href::last_segment;
use super::multistatus::Response;
use super::queries::{BOOK, SIGNPOST};
use super::xml::{Node, Space};

/// Where the books are.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) principal: Option<Url>,
    /// What the principal is called.
    pub(super) name: String,
    /// Collections whose members are books; or one that is a book.
    pub(super) folders: Vec<Url>,
}

/// A resource on the way.
struct Signpost {
    url: Url,
    response: Response,
}

impl Signpost {
    fn leads_to(&self, space: Space, name: &str) -> Option<Url> {
        self.url.join(self.response.href_in(space, name)?).ok()
    }

    fn homes(&self) -> Vec<Url> {
        let homes = self.response.prop(Space::Card, "addressbook-home-set");
        homes.into_iter().flat_map(Node::hrefs).filter_map(|href| self.url.join(href).ok()).collect()
    }

    fn is_book(&self) -> bool {
        let kind = self.response.prop(Space::Dav, "resourcetype");
        kind.is_some_and(|kind| kind.find(Space::Card, "addressbook").is_some())
    }
}

/// Finds the homes of whoever is signed in.
pub(super) async fn discover(dav: &Dav, whose: &Whose) -> Result<Home, UpstreamError> {
    let well_known = dav.url().join("/.well-known/carddav").ok();
    let own = Some(dav.url().clone());
    // A path says where to look; a bare host is asked where its address books are.
    let bare = dav.url().path() == "/";
    let ways = if bare { [well_known, own] } else { [own, well_known] };
    let mut errors: Vec<UpstreamError> = Vec::new();
    for way in ways.into_iter().flatten() {
        match from(dav, whose, &way).await {
            Ok(home) => return Ok(home),
            Err(error) if matters(&error) => return Err(error),
            Err(error) => errors.push(error),
        }
    }
    if bare {
        errors.reverse();
    }
    // A way that led astray says more than one that is not there; of two alike, the configured one.
    let telling = errors.iter().position(|error| error.trouble == Trouble::Broken).unwrap_or_default();
    Err(if errors.is_empty() { nothing(dav) } else { errors.swap_remove(telling) })
}

/// Another way would meet the same trouble.
fn matters(error: &UpstreamError) -> bool {
    use Trouble::{Down, RateLimited, Slow, Unauthorized};
    matches!(error.trouble, Down | Slow | RateLimited | Unauthorized)
}

fn nothing(dav: &Dav) -> UpstreamError {
    let words = format!("{} has no address book for this account at the connector's url", place(dav.url()));
    UpstreamError::new(Trouble::Gone, words)
}

async fn from(dav: &Dav, whose: &Whose, url: &Url) -> Result<Home, UpstreamError> {
    let start = look(dav, whose, url).await?;
    let principal = start.leads_to(Space::Dav, "current-user-principal");
    if start.is_book() {
        return Ok(Home { principal, name: String::new(), folders: vec![start.url] });
    }
    let post = match &principal {
        Some(principal) => look(dav, whose, principal).await?,
        None => start,
    };
    let name = post.response.text(Space::Dav, "displayname");
    let mut folders = post.homes();
    if folders.is_empty() && principal.is_none() && post.response.is_folder() {
        // A server that knows no principals: the address may be a home.
        folders.push(post.url);
    }
    if folders.is_empty() {
        return Err(nothing(dav));
    }
    let name = name.or_else(|| principal.as_ref().map(|url| last_segment(url.path()))).unwrap_or_default();
    Ok(Home { principal, name, folders })
}

async fn look(dav: &Dav, whose: &Whose, url: &Url) -> Result<Signpost, UpstreamError> {
    let ask = Ask::propfind(url, "0", SIGNPOST).open_to_all();
    let mut multi = dav.multistatus(whose, &ask, |_, response| Some(response)).await?;
    if multi.found.is_empty() {
        return Err(nothing(dav));
    }
    Ok(Signpost { url: multi.url, response: multi.found.swap_remove(0) })
}

/// What a principal is called.
pub(super) async fn name_of(dav: &Dav, whose: &Whose, principal: &Url) -> Result<String, UpstreamError> {
    let post = look(dav, whose, principal).await?;
    Ok(post.response.text(Space::Dav, "displayname").unwrap_or_else(|| last_segment(principal.path())))
}

/// The books in a home, as they stand now.
pub(super) async fn books(dav: &Dav, whose: &Whose, home: &Home) -> Result<Vec<Book>, UpstreamError> {
    let mut books: Vec<Book> = Vec::new();
    for folder in &home.folders {
        let ask = Ask::propfind(folder, "1", BOOK);
        let found = dav.multistatus(whose, &ask, |url, response| Book::read(url, &response)).await?.found;
        for book in found {
            if !books.iter().any(|known| known.path == book.path) {
                books.push(book);
            }
        }
    }
    Ok(books)
}
