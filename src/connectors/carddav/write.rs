//! Cards made and changed, under a condition on what stands on the server, so that nobody's work is
//! overwritten.

use reqwest::StatusCode;
use url::Url;
use uuid::Uuid;

use crate::connectors::trust::place;
use crate::domain::credential::Whose;
use crate::domain::phone::Region;
use crate::domain::upstream::{NewContact, Record, Trouble, UpstreamError};
use crate::outbound::Answer;
use crate::vcard::edit::{edited, fresh};

use super::book::Book;
use super::cards::{AllFail, Card, get};
use super::dav::{Ask, Dav, Reply};
use super::queries::VERSIONS;
use super::trouble::refused;
use super::xml::Space;

/// Puts a new card into a book.
pub(super) async fn create(
    dav: &Dav,
    whose: &Whose,
    book: &Book,
    contact: &NewContact,
) -> Result<Record, UpstreamError> {
    let uid = Uuid::now_v7().to_string();
    let path = format!("{}{uid}.vcf", book.path);
    let url = address(book, &path)?;
    let ask = Ask::put(&url, fresh(contact, &uid), ("if-none-match", "*".to_owned()));
    let problem = match dav.send(whose, &ask).await {
        Ok(reply) if reply.answer.status.is_success() => return stored(dav, whose, book, &path).await,
        Ok(reply) => unsure(dav, &reply),
        Err(error) => error,
    };
    if !problem.unclear {
        return Err(problem);
    }
    // The name is ours alone: when something stands there, the request did have its effect.
    match get(dav, whose, book, &[&path], AllFail::Down).await {
        Ok(found) => match found.into_iter().next() {
            Some((_, Card::Person(record))) => Ok(*record),
            _ => Err(UpstreamError { unclear: false, ..problem }),
        },
        Err(_) => Err(problem),
    }
}

/// Changes a card. One that was changed by somebody else meanwhile is read once more.
pub(super) async fn update(
    dav: &Dav,
    whose: &Whose,
    book: &Book,
    path: &str,
    contact: &NewContact,
    region: Option<Region>,
) -> Result<Record, UpstreamError> {
    let url = address(book, path)?;
    for _ in 0..2 {
        let Reply { answer, url: from } = dav.send(whose, &Ask::get(&url)).await?;
        if !answer.status.is_success() {
            return Err(refused(&answer, &from, dav.clock().now_ms()));
        }
        let Some(text) = edited(&String::from_utf8_lossy(&answer.body), contact, region) else {
            let words = format!("what {} holds there is no vCard, so it is not changed", place(&from));
            return Err(UpstreamError::new(Trouble::Broken, words));
        };
        let version = version(dav, whose, &url, &answer).await?;
        let reply = dav.send(whose, &Ask::put(&url, text, ("if-match", version))).await?;
        match reply.answer.status {
            StatusCode::PRECONDITION_FAILED => {}
            status if status.is_success() => return stored(dav, whose, book, path).await,
            _ => return Err(unsure(dav, &reply)),
        }
    }
    let words = "somebody else is changing this contact at the same time: look at it and try again";
    Err(UpstreamError::new(Trouble::Rejected, words))
}

/// The version of a card: servers that do not send it with the card have it as a property.
async fn version(dav: &Dav, whose: &Whose, url: &Url, answer: &Answer) -> Result<String, UpstreamError> {
    if let Some(version) = answer.header("etag") {
        return Ok(version.to_owned());
    }
    let ask = Ask::propfind(url, "0", VERSIONS);
    let multi = dav.multistatus(whose, &ask, |_, response| response.text(Space::Dav, "getetag")).await?;
    multi.found.into_iter().next().ok_or_else(|| {
        let words = format!("{} gives cards no version, so they cannot be changed safely", place(url));
        UpstreamError::new(Trouble::Broken, words)
    })
}

fn address(book: &Book, path: &str) -> Result<Url, UpstreamError> {
    book.url.join(path).map_err(|_| UpstreamError::new(Trouble::Gone, "the contact's id is no address of a card"))
}

/// A refused write. One that failed inside the server may have been carried out.
fn unsure(dav: &Dav, reply: &Reply) -> UpstreamError {
    let error = refused(&reply.answer, &reply.url, dav.clock().now_ms());
    if reply.answer.status.is_server_error() && reply.answer.status != StatusCode::INSUFFICIENT_STORAGE {
        return error.unclear();
    }
    error
}

async fn stored(dav: &Dav, whose: &Whose, book: &Book, path: &str) -> Result<Record, UpstreamError> {
    let found = get(dav, whose, book, &[path], AllFail::Down).await;
    match found.map(|found| found.into_iter().next()) {
        Ok(Some((_, Card::Person(record)))) => Ok(*record),
        Ok(_) => {
            let words = format!("{} took the card, but does not show it", place(&book.url));
            Err(UpstreamError::new(Trouble::Broken, words).unclear())
        }
        Err(error) => Err(error.unclear()),
    }
}
