//! Who is behind a number: exact keys first, then the number without its extension, then the weak
//! national tail.

use rusqlite::Connection;

use super::Storage;
use super::error::StorageError;
use super::number_index::{Known, NumberIndex};
use crate::domain::phone::{Number, Region, TAIL_DIGITS, is_e164_key};

/// How sure a match is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quality {
    /// Number and extension are equal.
    Exact,
    /// The numbers are equal, the extension is open on one side.
    Number,
    /// Only the national digits agree: shown, never logged by itself.
    Weak,
}

/// A contact found for a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The contact's key: matches are listed in its order.
    pub key: i64,
    /// How sure it is.
    pub quality: Quality,
    /// The contact's JSON, without `type`.
    pub json: String,
}

const BY_KEY: &str = "select json from contact where key = $1 and deleted = 0";
const BY_NUMBER: &str = "select p.extension, c.key, c.json \
     from contact_phone p join contact c on c.key = p.contact_key where p.number = $1 order by c.key";
const BY_TAIL: &str = "select p.extension, c.key, c.json, p.number \
     from contact_phone p join contact c on c.key = p.contact_key \
     where p.tail = $1 and p.tail <> '' order by c.key";
/// So many people behind one switchboard are nobody.
const MOST: usize = 50;
/// A calling code has at most three digits: of so many digits eight are national.
const SURE_TAIL: usize = TAIL_DIGITS + 3;

struct Candidate {
    extension: String,
    found: Match,
}

impl Storage {
    /// The contacts behind each of `asked`, in the order asked. What is no number has none.
    pub fn match_numbers(&self, asked: &[String], region: Option<Region>) -> Result<Vec<Vec<Match>>, StorageError> {
        let index = &*self.numbers;
        self.direct.with(|connection| {
            let look = Look { connection, index, region };
            asked.iter().map(|text| look.up(text)).collect()
        })
    }
}

/// One answer being made, on one connection.
struct Look<'a> {
    connection: &'a Connection,
    index: &'a NumberIndex,
    region: Option<Region>,
}

impl Look<'_> {
    fn up(&self, text: &str) -> Result<Vec<Match>, rusqlite::Error> {
        // A key that already is E.164 is looked up as it is; the parser is asked only when it is
        // missed and a number with the same last digits exists.
        if is_e164_key(text) {
            let found = self.exact(text, "")?;
            let tail = &text[text.len() - TAIL_DIGITS..];
            if !found.is_empty() || (text.len() > SURE_TAIL && !self.index.has_tail(tail)) {
                return Ok(found);
            }
        }
        let Some(number) = Number::parse(text, self.region) else { return Ok(Vec::new()) };
        let found = self.exact(&number.number, &number.extension)?;
        if found.is_empty() { self.weak(&number) } else { Ok(found) }
    }

    fn exact(&self, number: &str, extension: &str) -> Result<Vec<Match>, rusqlite::Error> {
        match self.index.number(number) {
            Known::Nobody => Ok(Vec::new()),
            Known::Only(key) => {
                let quality = if extension.is_empty() { Quality::Exact } else { Quality::Number };
                let mut statement = self.connection.prepare_cached(BY_KEY)?;
                let rows = statement.query_map([key], |row| Ok(Match { key, quality, json: row.get(0)? }))?;
                rows.collect()
            }
            Known::Ask => Ok(choose(&self.candidates(number)?, extension)),
        }
    }

    fn candidates(&self, number: &str) -> Result<Vec<Candidate>, rusqlite::Error> {
        let mut statement = self.connection.prepare_cached(BY_NUMBER)?;
        let rows = statement.query_map([number], |row| {
            let found = Match { key: row.get(1)?, quality: Quality::Exact, json: row.get(2)? };
            Ok(Candidate { extension: row.get(0)?, found })
        })?;
        rows.collect()
    }

    fn weak(&self, number: &Number) -> Result<Vec<Match>, rusqlite::Error> {
        let Some(tail) = number.tail().filter(|tail| self.index.has_tail(tail)) else { return Ok(Vec::new()) };
        let mut statement = self.connection.prepare_cached(BY_TAIL)?;
        let mut rows = statement.query([tail])?;
        let mut found: Vec<Match> = Vec::new();
        while let Some(row) = rows.next()?
            && found.len() < MOST
        {
            let Some(mut stored) = Number::parse(row.get_ref(3)?.as_str()?, self.region) else { continue };
            stored.extension = row.get(0)?;
            let key = row.get(1)?;
            if number.is_weak_match(&stored) && found.iter().all(|known| known.key != key) {
                found.push(Match { key, quality: Quality::Weak, json: row.get(2)? });
            }
        }
        Ok(found)
    }
}

/// Equal extension; else a contact of the number alone; else, where no extension was asked, whoever
/// has the number with one.
fn choose(candidates: &[Candidate], extension: &str) -> Vec<Match> {
    let with = |quality, wanted: &dyn Fn(&Candidate) -> bool| {
        let mut matches: Vec<Match> = Vec::new();
        for candidate in candidates.iter().filter(|candidate| wanted(candidate)) {
            if matches.iter().all(|known| known.key != candidate.found.key) && matches.len() < MOST {
                matches.push(Match { quality, ..candidate.found.clone() });
            }
        }
        matches
    };
    let exact = with(Quality::Exact, &|candidate| candidate.extension == extension);
    if !exact.is_empty() {
        exact
    } else if extension.is_empty() {
        with(Quality::Number, &|_| true)
    } else {
        with(Quality::Number, &|candidate| candidate.extension.is_empty())
    }
}
