//! Search while typing: words by prefix, then any run of characters inside words, ranked here.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;

use super::Storage;
use super::error::StorageError;
use crate::domain::fold::{fold, is_cjk};

/// Rows looked at before ranking: enough to find the best, few enough to be quick.
const LOOKED_AT: i64 = 120;
/// So many good hits need no further looking.
const ENOUGH: usize = 10;
/// Longest prefix the words index has lists of.
const INDEXED: usize = 3;
/// Runs of a word that are looked up; the rest of the word is checked on what they find.
const MOST_RUNS: usize = 3;
/// Words of a query that count.
const MOST_WORDS: usize = 8;

const BY_WORDS: &str = "select c.key, c.json from contact_words join contact c on c.key = contact_words.rowid \
     where contact_words match $1 and c.deleted = 0 order by contact_words.rowid limit $2";
const BY_GRAMS: &str = "select c.key, c.json from contact_grams join contact c on c.key = contact_grams.rowid \
     where contact_grams match $1 and c.deleted = 0 order by contact_grams.rowid limit $2";

impl Storage {
    /// The contacts that best fit what was typed: JSON without `type`, best first.
    pub async fn search_contacts(&self, typed: &str, limit: usize) -> Result<Vec<String>, StorageError> {
        let query = Query::new(typed);
        if query.words.is_empty() {
            return Ok(Vec::new());
        }
        let mut hits = Hits::default();
        // The first three characters of each word have finished lists in the index. Where those lists
        // are short they hold every hit; where not, the index is asked for the whole words.
        let all_seen = self.look(BY_WORDS, &query.by_prefix(Some(INDEXED)), &query, &mut hits).await?;
        if hits.found.len() < ENOUGH && !all_seen {
            self.look(BY_WORDS, &query.by_prefix(None), &query, &mut hits).await?;
        }
        // Several words that all begin words of somebody are no accident: what else holds them inside
        // of words is not looked for.
        let enough = if query.words.len() > 1 && query.digits.is_none() { 1 } else { ENOUGH };
        if hits.found.len() < enough {
            self.look(BY_GRAMS, &query.by_grams(), &query, &mut hits).await?;
        }
        let mut hits = hits.found;
        hits.sort_by(|a, b| a.rank.cmp(&b.rank).then(a.key.cmp(&b.key)));
        hits.truncate(limit);
        Ok(hits.into_iter().map(|hit| hit.json).collect())
    }

    /// Adds what fits; returns whether the index had no more rows than were looked at.
    async fn look(
        &self,
        sql: &'static str,
        expression: &str,
        query: &Query,
        hits: &mut Hits,
    ) -> Result<bool, StorageError> {
        if expression.is_empty() {
            return Ok(true);
        }
        let rows: Vec<(i64, String)> =
            sqlx::query_as(sql).bind(expression).bind(LOOKED_AT).fetch_all(&self.read).await?;
        let all_seen = i64::try_from(rows.len()).is_ok_and(|count| count < LOOKED_AT);
        for (key, json) in rows {
            if hits.seen.insert(key)
                && let Some(rank) = query.rank(&json)
            {
                hits.found.push(Hit { rank, key, json });
            }
        }
        Ok(all_seen)
    }
}

#[derive(Default)]
struct Hits {
    seen: HashSet<i64>,
    found: Vec<Hit>,
}

/// What is searched of a contact.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    company: Option<Cow<'a, str>>,
    #[serde(borrow)]
    emails: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    phone_numbers: Vec<PhoneView<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneView<'a> {
    #[serde(borrow)]
    phone_number: Cow<'a, str>,
}

struct Hit {
    rank: u8,
    key: i64,
    json: String,
}

/// What was typed, folded. A query of digits and punctuation also counts as one run of digits.
struct Query {
    folded: String,
    words: Vec<String>,
    digits: Option<String>,
}

impl Query {
    fn new(typed: &str) -> Self {
        let typed: String = typed.chars().take(200).collect();
        let folded = fold(&typed);
        let words: Vec<String> =
            folded.split(' ').filter(|w| !w.is_empty()).take(MOST_WORDS).map(str::to_owned).collect();
        let dialled = words.len() > 1 && folded.chars().all(|c| c.is_ascii_digit() || c == ' ');
        let digits = dialled.then(|| words.concat());
        Self { folded, words, digits }
    }

    /// What the words index is asked, with words cut to `length` characters; words of CJK characters
    /// are looked up one by one, since the index has them one by one. [`Self::rank`] checks the rest.
    fn by_prefix(&self, length: Option<usize>) -> String {
        let mut terms = Vec::new();
        let cut = |run: &str| run.chars().take(length.unwrap_or(usize::MAX)).collect::<String>();
        for word in &self.words {
            let mut run = String::new();
            for c in word.chars() {
                if is_cjk(c) {
                    terms.extend((!run.is_empty()).then(|| format!("\"{}\"*", cut(&run))));
                    run.clear();
                    terms.push(format!("\"{c}\""));
                } else {
                    run.push(c);
                }
            }
            terms.extend((!run.is_empty()).then(|| format!("\"{}\"*", cut(&run))));
        }
        terms.join(" AND ")
    }

    /// What the index of runs is asked: a few runs of three characters; a shorter word as a prefix of
    /// a run, which is anywhere in a word.
    fn by_grams(&self) -> String {
        let words = self.digits.as_ref().map_or_else(|| self.words.as_slice(), std::slice::from_ref);
        let mut terms = Vec::new();
        for word in words {
            let chars: Vec<char> = word.chars().collect();
            if chars.len() < 3 {
                terms.push(format!("\"{word}\"*"));
            } else {
                let runs: Vec<&[char]> = chars.windows(3).collect();
                let apart = runs.len().div_ceil(MOST_RUNS);
                terms.extend(
                    runs.into_iter().step_by(apart).map(|run| format!("\"{}\"", run.iter().collect::<String>())),
                );
            }
        }
        terms.join(" AND ")
    }

    /// Smaller is better; `None` when the contact does not hold all that was typed.
    fn rank(&self, json: &str) -> Option<u8> {
        let contact: View<'_> = serde_json::from_str(json).ok()?;
        let name = fold(&contact.name);
        let mut rest = fold(contact.company.as_deref().unwrap_or_default());
        for email in &contact.emails {
            rest.push(' ');
            rest.push_str(&fold(email));
        }
        let mut numbers = String::new();
        for phone in &contact.phone_numbers {
            numbers.push(' ');
            numbers.extend(phone.phone_number.chars().filter(char::is_ascii_digit));
        }
        if self.digits.as_ref().is_some_and(|digits| numbers.contains(digits.as_str())) {
            return Some(3);
        }
        let everywhere = |word: &String| {
            name.contains(word.as_str()) || rest.contains(word.as_str()) || numbers.contains(word.as_str())
        };
        if !self.words.iter().all(everywhere) {
            return None;
        }
        let starts = |text: &str, word: &str| text.split(' ').any(|w| w.starts_with(word));
        Some(if name.starts_with(&self.folded) {
            0
        } else if self.words.iter().all(|word| starts(&name, word)) {
            1
        } else if self.words.iter().all(|word| name.contains(word.as_str())) {
            2
        } else if self.words.iter().all(|word| starts(&rest, word) || starts(&numbers, word)) {
            3
        } else {
            4
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_hold_only_quoted_letters_and_digits() {
        let query = Query::new("O'Br\" OR (山田");
        assert_eq!(query.by_prefix(None), "\"o\"* AND \"br\"* AND \"or\"* AND \"山\" AND \"田\"");
        assert_eq!(Query::new("arbo r").by_grams(), "\"arb\" AND \"rbo\" AND \"r\"*");
        assert_eq!(Query::new("harbor").by_prefix(Some(3)), "\"har\"*");
        assert_eq!(Query::new("+1 650-555").by_grams(), "\"165\" AND \"505\" AND \"555\"");
        assert!(Query::new("*-\"'").words.is_empty());
    }

    #[test]
    fn a_name_that_starts_so_comes_first() {
        let query = Query::new("har");
        let ranks: Vec<Option<u8>> = ["Harbor, Ann", "Ann Harbor", "Ann Bahari", "Zed Pier", "Ann Quay"]
            .iter()
            .zip(["", "", "", "Harbor Tools", ""])
            .map(|(name, company)| {
                query.rank(
                    &serde_json::json!({"name": name, "company": company, "emails": [], "phoneNumbers": []})
                        .to_string(),
                )
            })
            .collect();
        assert_eq!(ranks, [Some(0), Some(1), Some(2), Some(3), None]);
    }
}
