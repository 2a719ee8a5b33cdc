//! Cards by their paths, and what they say as records.

use reqwest::StatusCode;
use serde_json::Value;

use crate::domain::credential::Whose;
use crate::domain::upstream::{Facets, Record, UpstreamError};
use crate::vcard::card::{CardProblem, Person, person};
use crate::vcard::text::cut;

use super::book::Book;
use super::dav::{Ask, Dav, Reply};
use super::href::canonical;
use super::multistatus::Response;
use super::queries::cards;
use super::xml::Space;

/// Cards asked for at once.
const BATCH: usize = 50;
/// So many failures before any success are taken for all.
const GIVE_UP: usize = 3;
/// Longest text of a card that is shown in a dry run, in bytes.
const MAX_RAW: usize = 8 * 1024;

/// What stands at a path.
#[derive(Debug)]
pub(super) enum Card {
    Person(Box<Record>),
    /// A group of cards.
    Group,
    /// Nothing (any more).
    Gone,
    /// A card nothing can be read from; what was known of it stays.
    Unreadable,
}

/// What it means when the server fails over every card that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AllFail {
    /// That it is down: nothing may be left out, since nobody asks again.
    Down,
    /// That the cards are beyond it: they are asked for again by the next sweep.
    Unreadable,
}

/// Asks for cards of one book. What the server says nothing about is not in the answer.
pub(super) async fn get(
    dav: &Dav,
    whose: &Whose,
    book: &Book,
    paths: &[&str],
    all_fail: AllFail,
) -> Result<Vec<(String, Card)>, UpstreamError> {
    let mut found = Vec::with_capacity(paths.len());
    for batch in paths.chunks(BATCH) {
        let reply = ask(dav, whose, book, batch).await?;
        let alone = batch.len() == 1 && all_fail == AllFail::Down;
        if reply.answer.status == StatusCode::INTERNAL_SERVER_ERROR && !alone {
            found.extend(one_by_one(dav, whose, book, batch, all_fail).await?);
        } else {
            found.extend(read_all(dav, book, reply)?);
        }
    }
    Ok(found)
}

/// Some servers fail as a whole over one card they cannot read.
async fn one_by_one(
    dav: &Dav,
    whose: &Whose,
    book: &Book,
    batch: &[&str],
    all_fail: AllFail,
) -> Result<Vec<(String, Card)>, UpstreamError> {
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    for path in batch {
        let reply = ask(dav, whose, book, &[path]).await?;
        if reply.answer.status != StatusCode::INTERNAL_SERVER_ERROR {
            found.extend(read_all(dav, book, reply)?);
            continue;
        }
        failed.push(*path);
        if found.is_empty() && failed.len() == GIVE_UP.min(batch.len()) && all_fail == AllFail::Down {
            return read_all(dav, book, reply);
        }
    }
    for path in failed {
        tracing::warn!(card = path, "the server fails over this card; it is left out");
        found.push((path.to_owned(), Card::Unreadable));
    }
    Ok(found)
}

async fn ask(dav: &Dav, whose: &Whose, book: &Book, paths: &[&str]) -> Result<Reply, UpstreamError> {
    dav.send(whose, &Ask::report(&book.url, "0", cards(paths))).await
}

fn read_all(dav: &Dav, book: &Book, reply: Reply) -> Result<Vec<(String, Card)>, UpstreamError> {
    Ok(dav.multi(reply, |url, response| read(url, book, &response))?.found)
}

fn read(url: &url::Url, book: &Book, response: &Response) -> Option<(String, Card)> {
    let path = canonical(url, &response.href)?;
    if response.is_gone() {
        return Some((path, Card::Gone));
    }
    let text = &response.prop(Space::Card, "address-data")?.text;
    let card = match person(text.as_bytes()) {
        Ok(person) => {
            let version = response.text(Space::Dav, "getetag");
            Card::Person(Box::new(record(path.clone(), version, &person, &book.name, text)))
        }
        Err(CardProblem::Group) => Card::Group,
        Err(CardProblem::Broken(_)) => {
            tracing::warn!(card = path, "nothing can be read from this card; it is left out");
            Card::Unreadable
        }
    };
    Some((path, card))
}

fn record(path: String, version: Option<String>, person: &Person, book: &str, text: &str) -> Record {
    Record {
        external_id: path,
        version,
        modified_ms: None,
        contact: person.draft.to_map(),
        facets: Facets { lists: vec![book.to_owned()], tags: person.categories.clone(), ..Facets::default() },
        raw: Value::String(shown(text)),
    }
}

/// The start of a card without its pictures, sounds and keys.
fn shown(text: &str) -> String {
    let mut out = String::new();
    let mut skipped = false;
    for line in text.lines() {
        if !line.starts_with([' ', '\t']) {
            let name = line.split([':', ';']).next().unwrap_or_default();
            let name = name.rsplit('.').next().unwrap_or_default();
            skipped = ["PHOTO", "LOGO", "SOUND", "KEY"].iter().any(|big| name.eq_ignore_ascii_case(big));
        }
        if !skipped && out.len() < MAX_RAW {
            out.push_str(cut(line, MAX_RAW - out.len()));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_beyond_all_measure_is_still_a_person() {
        use std::fmt::Write as _;
        let mut text = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Lovelace\r\nCATEGORIES:Board,Friends\r\n".to_owned();
        for at in 0..500 {
            write!(text, "TEL:+1650555{at:04}\r\n").unwrap();
        }
        write!(text, "NOTE:{}\r\n", "n".repeat(5_000_000)).unwrap();
        write!(text, "TITLE:{}\r\nPHOTO;ENCODING=b:{}\r\n QUJD\r\nEND:VCARD\r\n", "t".repeat(9_000), "QUJD".repeat(99))
            .unwrap();
        let record = record("/a.vcf".into(), None, &person(text.as_bytes()).unwrap(), "Customers", &text);
        assert_eq!(record.contact["phoneNumbers"].as_array().unwrap().len(), 500);
        assert_eq!(record.facets.tags, ["Board", "Friends"]);
        assert_eq!(record.facets.lists, ["Customers"]);
        let raw = record.raw.as_str().unwrap();
        assert!(raw.len() < MAX_RAW + 20 && raw.contains("FN:Ada") && !raw.contains("QUJD"));
    }

    #[test]
    fn cards_that_break_the_rules_are_read_as_far_as_they_go() {
        let name = |text: &str| person(text.as_bytes()).map(|person| person.draft.name);
        assert_eq!(name("FN:Ada\nTEL:+1"), Ok("Ada".into()));
        assert_eq!(name("BEGIN:VCARD\nFN:Ada\nTEL:1.65056E+10\n"), Ok("Ada".into()));
        assert_eq!(name("BEGIN:VCARD\n;;;:::\n\u{0}\nfn;x=\"y:Ada\n:\nN:Ada\nEND:VCARD\nFN:Other"), Ok("Ada".into()));
        assert_eq!(name("BEGIN:VCARD\nKIND:group\nFN:Team\nEND:VCARD"), Err(CardProblem::Group));
        assert!(matches!(name("<html>"), Err(CardProblem::Broken(_))));
        assert!(matches!(name(""), Err(CardProblem::Broken(_))));
    }
}
