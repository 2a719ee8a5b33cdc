//! Who is behind a number: exact keys first, then the number without its extension, then the weak
//! national tail.

use std::collections::HashMap;

use serde_json::json;

use super::Storage;
use super::error::StorageError;
use crate::domain::phone::{Number, Region, is_e164_key};

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

const BY_NUMBER: &str = "select p.number, p.extension, c.key, c.json \
     from json_each($1) asked join contact_phone p on p.number = asked.value join contact c on c.key = p.contact_key \
     order by p.number, c.key";
const BY_TAIL: &str = "select p.tail, p.number, p.extension, c.key, c.json \
     from json_each($1) asked join contact_phone p on p.tail = asked.value and p.tail <> '' \
       join contact c on c.key = p.contact_key \
     order by p.tail, c.key";
/// So many people behind one switchboard are nobody.
const MOST: usize = 50;

struct Candidate {
    extension: String,
    found: Match,
}

type ByNumber = HashMap<String, Vec<Candidate>>;

impl Storage {
    /// The contacts behind each of `asked`, in the order asked. What is no number has none.
    pub async fn match_numbers(
        &self,
        asked: &[String],
        region: Option<Region>,
    ) -> Result<Vec<Vec<Match>>, StorageError> {
        // A key that already is E.164 needs no parser; on a miss it gets its chance below.
        let mut numbers: Vec<Option<Number>> = asked.iter().map(|text| quick(text, region)).collect();
        let mut by_number = self.by_number(numbers.iter().flatten()).await?;
        let mut found: Vec<Vec<Match>> =
            numbers.iter().map(|number| number.as_ref().map_or_else(Vec::new, |n| choose(&by_number, n))).collect();

        let mut again = Vec::new();
        for (place, text) in asked.iter().enumerate().filter(|(place, _)| found[*place].is_empty()) {
            let parsed = Number::parse(text, region);
            if parsed.as_ref().map(|n| &n.number) != numbers[place].as_ref().map(|n| &n.number) {
                again.push(place);
            }
            numbers[place] = parsed;
        }
        if !again.is_empty() {
            by_number = self.by_number(again.iter().filter_map(|place| numbers[*place].as_ref())).await?;
            for place in again {
                if let Some(number) = &numbers[place] {
                    found[place] = choose(&by_number, number);
                }
            }
        }
        self.add_weak(&numbers, &mut found, region).await?;
        Ok(found)
    }

    async fn by_number(&self, numbers: impl Iterator<Item = &Number>) -> Result<ByNumber, StorageError> {
        let keys: Vec<&str> = numbers.map(|number| number.number.as_str()).collect();
        let mut by_number = ByNumber::new();
        if keys.is_empty() {
            return Ok(by_number);
        }
        let mut keys = keys;
        keys.sort_unstable();
        keys.dedup();
        let rows: Vec<(String, String, i64, String)> =
            sqlx::query_as(BY_NUMBER).bind(json!(keys).to_string()).fetch_all(&self.read).await?;
        for (number, extension, key, json) in rows {
            let found = Match { key, quality: Quality::Exact, json };
            by_number.entry(number).or_default().push(Candidate { extension, found });
        }
        Ok(by_number)
    }

    async fn add_weak(
        &self,
        numbers: &[Option<Number>],
        found: &mut [Vec<Match>],
        region: Option<Region>,
    ) -> Result<(), StorageError> {
        let open: Vec<(usize, &Number, &str)> = numbers
            .iter()
            .enumerate()
            .filter(|(place, _)| found[*place].is_empty())
            .filter_map(|(place, number)| number.as_ref().and_then(|n| Some((place, n, n.tail()?))))
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        let mut tails: Vec<&str> = open.iter().map(|(_, _, tail)| *tail).collect();
        tails.sort_unstable();
        tails.dedup();
        let rows: Vec<(String, String, String, i64, String)> =
            sqlx::query_as(BY_TAIL).bind(json!(tails).to_string()).fetch_all(&self.read).await?;
        for (place, number, tail) in open {
            for (_, stored, extension, key, json) in rows.iter().filter(|row| row.0 == tail).take(MOST) {
                let Some(mut stored) = Number::parse(stored, region) else { continue };
                stored.extension.clone_from(extension);
                if number.is_weak_match(&stored) && found[place].iter().all(|m| m.key != *key) {
                    found[place].push(Match { key: *key, quality: Quality::Weak, json: json.clone() });
                }
            }
        }
        Ok(())
    }
}

fn quick(text: &str, region: Option<Region>) -> Option<Number> {
    if is_e164_key(text) {
        return Some(Number {
            number: text.to_owned(),
            extension: String::new(),
            national: String::new(),
            certain: false,
        });
    }
    Number::parse(text, region)
}

/// Equal extension; else a contact of the number alone; else, where no extension was asked, whoever
/// has the number with one.
fn choose(by_number: &ByNumber, asked: &Number) -> Vec<Match> {
    let Some(candidates) = by_number.get(&asked.number) else { return Vec::new() };
    let with = |quality, wanted: &dyn Fn(&Candidate) -> bool| {
        let mut matches: Vec<Match> = Vec::new();
        for candidate in candidates.iter().filter(|candidate| wanted(candidate)) {
            if matches.iter().all(|m| m.key != candidate.found.key) && matches.len() < MOST {
                matches.push(Match { quality, ..candidate.found.clone() });
            }
        }
        matches
    };
    let exact = with(Quality::Exact, &|c| c.extension == asked.extension);
    if !exact.is_empty() {
        exact
    } else if asked.extension.is_empty() {
        with(Quality::Number, &|_| true)
    } else {
        with(Quality::Number, &|c| c.extension.is_empty())
    }
}
