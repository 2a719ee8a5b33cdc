//! Who is behind a number: exact keys first, then the number without its extension, then the weak
//! national tail.

use rusqlite::{CachedStatement, Connection};

use super::Storage;
use super::error::StorageError;
use super::number_index::{Known, NumberIndex};
use crate::domain::phone::{Number, Region, TAIL_DIGITS, is_e164_key};
use crate::domain::sync::Stamp;

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

/// A contact found for a number: the contact's JSON, without `type`, as it lies in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match<'a> {
    /// How sure it is.
    pub quality: Quality,
    /// The contact's JSON, without `type`.
    pub json: &'a str,
}

const SEEN: &str = "select last from stamp_counter";
const BY_KEY: &str = "select json from contact where key = $1 and deleted = 0";
const BY_NUMBER: &str = "select p.extension, c.key, c.json \
     from contact_phone p join contact c on c.key = p.contact_key where p.number = $1 order by c.source, c.id";
const BY_TAIL: &str = "select p.extension, c.key, c.json, p.number \
     from contact_phone p join contact c on c.key = p.contact_key \
     where p.tail = $1 and p.tail <> '' order by c.source, c.id";
/// So many people behind one switchboard are nobody.
const MOST: usize = 50;
/// A calling code has at most three digits: of so many digits eight are national.
const SURE_TAIL: usize = TAIL_DIGITS + 3;

impl Storage {
    /// Tells `found` the contacts behind each of `asked`: the place in `asked` and the contact, number
    /// by number, contacts in the order of their sources and ids. What is no number has none.
    pub fn match_numbers(
        &self,
        asked: &[String],
        region: Option<Region>,
        mut found: impl FnMut(usize, Match<'_>),
    ) -> Result<(), StorageError> {
        let index = &*self.numbers;
        self.direct.with(|connection| {
            let seen = connection.prepare_cached(SEEN)?.query_row([], |row| row.get(0))?;
            let by_key = connection.prepare_cached(BY_KEY)?;
            let mut look = Look { connection, by_key, index, region, seen };
            for (place, text) in asked.iter().enumerate() {
                look.up(text, &mut |quality, json| found(place, Match { quality, json }))?;
            }
            Ok(())
        })
    }
}

type Found<'f> = &'f mut dyn FnMut(Quality, &str);

/// One answer being made, in one snapshot.
struct Look<'a> {
    connection: &'a Connection,
    by_key: CachedStatement<'a>,
    index: &'a NumberIndex,
    region: Option<Region>,
    /// The newest stamp of the snapshot.
    seen: Stamp,
}

impl Look<'_> {
    fn up(&mut self, text: &str, found: Found<'_>) -> Result<(), rusqlite::Error> {
        // A key that already is E.164 is looked up as it is; the parser is asked only when it is
        // missed and a number with the same last digits exists.
        if is_e164_key(text) {
            let tail = &text[text.len() - TAIL_DIGITS..];
            let hit = self.exact(text, "", found)?;
            if hit || (text.len() > SURE_TAIL && !self.index.has_tail(tail, self.seen)) {
                return Ok(());
            }
        }
        let Some(number) = Number::parse(text, self.region) else { return Ok(()) };
        if self.exact(&number.number, &number.extension, found)? { Ok(()) } else { self.weak(&number, found) }
    }

    /// Returns whether there was anybody.
    fn exact(&mut self, number: &str, extension: &str, found: Found<'_>) -> Result<bool, rusqlite::Error> {
        match self.index.number(number, self.seen) {
            Known::Nobody => Ok(false),
            Known::Only(key) => {
                let quality = if extension.is_empty() { Quality::Exact } else { Quality::Number };
                let mut rows = self.by_key.query([key])?;
                let Some(row) = rows.next()? else { return Ok(false) };
                found(quality, row.get_ref(0)?.as_str()?);
                Ok(true)
            }
            Known::Ask => self.ask(number, extension, found),
        }
    }

    /// Equal extension; else a contact of the number alone; else, where no extension was asked,
    /// whoever has the number with one.
    fn ask(&self, number: &str, extension: &str, found: Found<'_>) -> Result<bool, rusqlite::Error> {
        let mut statement = self.connection.prepare_cached(BY_NUMBER)?;
        let mut rows = statement.query([number])?;
        let mut candidates: Vec<(i64, String, String)> = Vec::new();
        while let Some(row) = rows.next()? {
            candidates.push((row.get(1)?, row.get(0)?, row.get(2)?));
        }
        let mut tell = |quality, wanted: &dyn Fn(&str) -> bool| {
            let mut told: Vec<i64> = Vec::new();
            for (key, _, json) in candidates.iter().filter(|(_, extension, _)| wanted(extension)) {
                if !told.contains(key) && told.len() < MOST {
                    told.push(*key);
                    found(quality, json);
                }
            }
            !told.is_empty()
        };
        Ok(tell(Quality::Exact, &|known| known == extension)
            || tell(Quality::Number, &|known| extension.is_empty() || known.is_empty()))
    }

    fn weak(&self, number: &Number, found: Found<'_>) -> Result<(), rusqlite::Error> {
        let Some(tail) = number.tail().filter(|tail| self.index.has_tail(tail, self.seen)) else { return Ok(()) };
        let mut statement = self.connection.prepare_cached(BY_TAIL)?;
        let mut rows = statement.query([tail])?;
        let mut told: Vec<i64> = Vec::new();
        while let Some(row) = rows.next()?
            && told.len() < MOST
        {
            let Some(mut stored) = Number::parse(row.get_ref(3)?.as_str()?, self.region) else { continue };
            stored.extension = row.get(0)?;
            let key = row.get(1)?;
            if number.is_weak_match(&stored) && !told.contains(&key) {
                told.push(key);
                found(Quality::Weak, row.get_ref(2)?.as_str()?);
            }
        }
        Ok(())
    }
}
