//! Which numbers the address book has, in memory: most callers are strangers, and a number that
//! nobody has needs no look-up at all.
//!
//! A number that exactly one contact has points at its row; every number that a write has touched
//! since the index was built is merely "ask the table", so that a change never has to be undone here.
//! The writer marks the numbers of a transaction. When another process has written, nothing is
//! trusted until the index is built anew.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rusqlite::Connection;

use super::direct::connect;
use super::error::StorageError;
use crate::domain::phone::TAIL_DIGITS;

/// What is known of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Nobody has it.
    Nobody,
    /// This contact alone has it, without an extension.
    Only(i64),
    /// The table has to be asked.
    Ask,
}

/// The index. Until it is first built, everything is [`Known::Ask`].
#[derive(Debug, Default)]
pub(super) struct NumberIndex {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    trusted: bool,
    numbers: HashMap<u64, u32, BuildHasherDefault<Mix>>,
    tails: HashSet<u32, BuildHasherDefault<Mix>>,
    /// How often the index was distrusted.
    distrusted: u64,
    /// Numbers marked while the index is being built.
    building: Option<Vec<String>>,
}

/// A row key that does not fit, or a number several contacts have.
const ASK: u32 = u32::MAX;
const CACHE_KIB: u32 = 2048;

const ALL: &str = "select number, extension, contact_key, tail from contact_phone order by number";

impl NumberIndex {
    pub(super) fn number(&self, number: &str) -> Known {
        let state = self.read();
        if !state.trusted {
            return Known::Ask;
        }
        match encode(number).map(|code| state.numbers.get(&code)) {
            None | Some(Some(&ASK)) => Known::Ask,
            Some(Some(key)) => Known::Only(i64::from(*key)),
            Some(None) => Known::Nobody,
        }
    }

    /// Whether some contact's national digits may end so.
    pub(super) fn has_tail(&self, tail: &str) -> bool {
        let state = self.read();
        !state.trusted || tail.parse().map_or(true, |tail: u32| state.tails.contains(&tail))
    }

    /// Numbers that a write is about to touch, and again those it has touched: an index that is being
    /// built may have read the table in between.
    pub(super) fn mark(&self, numbers: &[String]) {
        let mut state = self.write();
        for number in numbers {
            state.mark(number);
        }
        if let Some(building) = &mut state.building {
            building.extend_from_slice(numbers);
        }
    }

    /// Another process has written: every number is asked for until [`Self::build`] is done.
    pub(super) fn distrust(&self) {
        let mut state = self.write();
        state.trusted = false;
        state.distrusted += 1;
    }

    pub(super) fn is_trusted(&self) -> bool {
        self.read().trusted
    }

    /// Reads every number of the table: about a second for a million contacts, on the caller's thread.
    pub(super) fn build(&self, path: &Path) -> Result<(), StorageError> {
        // From here on marks are remembered: the snapshot read below may be older than they are.
        let before = {
            let mut state = self.write();
            state.building = Some(Vec::new());
            state.distrusted
        };
        let built = connect(path, CACHE_KIB).and_then(|connection| Ok(read_all(&connection)?));
        let mut state = self.write();
        let marked = state.building.take().unwrap_or_default();
        let (numbers, tails) = built?;
        let distrusted = state.distrusted;
        *state = State { trusted: distrusted == before, numbers, tails, building: None, distrusted };
        for number in &marked {
            state.mark(number);
        }
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn mark(&mut self, number: &str) {
        if let Some(code) = encode(number) {
            self.numbers.insert(code, ASK);
        }
        // The last digits of a number are those of its national digits (or it has no tail at all).
        if let Some(tail) = last_digits(number) {
            self.tails.insert(tail);
        }
    }
}

type Numbers = HashMap<u64, u32, BuildHasherDefault<Mix>>;
type Tails = HashSet<u32, BuildHasherDefault<Mix>>;

fn read_all(connection: &Connection) -> Result<(Numbers, Tails), rusqlite::Error> {
    let count: i64 = connection.query_row("select count(*) from contact_phone", [], |row| row.get(0))?;
    let count = usize::try_from(count).unwrap_or(0);
    let mut numbers = Numbers::with_capacity_and_hasher(count, BuildHasherDefault::default());
    let mut tails = Tails::with_capacity_and_hasher(count, BuildHasherDefault::default());
    let mut statement = connection.prepare(ALL)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let number = row.get_ref(0)?.as_str()?;
        let extension = row.get_ref(1)?.as_str()?;
        let key: i64 = row.get(2)?;
        if let Ok(tail) = row.get_ref(3)?.as_str()?.parse() {
            tails.insert(tail);
        }
        if let Some(code) = encode(number) {
            let alone = u32::try_from(key).ok().filter(|_| extension.is_empty()).unwrap_or(ASK);
            numbers.entry(code).and_modify(|known| *known = ASK).or_insert(alone);
        }
    }
    Ok((numbers, tails))
}

/// A number as an integer: its digits, how many there are, and whether it is E.164. `None` for what
/// is longer than any number.
fn encode(number: &str) -> Option<u64> {
    let (e164, digits) = match number.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (0, number),
    };
    let value: u64 = digits.parse().ok()?;
    let length = u64::try_from(digits.len()).ok().filter(|length| *length <= 15)?;
    Some(e164 << 63 | length << 56 | value)
}

fn last_digits(number: &str) -> Option<u32> {
    let digits = number.trim_start_matches('+');
    digits.len().checked_sub(TAIL_DIGITS).and_then(|start| digits[start..].parse().ok())
}

/// The keys are numbers already; one multiplication spreads them.
#[derive(Debug, Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_different_numbers_do_not_collide() {
        let codes: HashSet<_> =
            ["101", "0101", "+101", "00101", "+16505550123", "16505550123"].iter().map(|n| encode(n)).collect();
        assert_eq!(codes.len(), 6);
        assert_eq!(encode(&"1".repeat(16)), None);
    }

    #[test]
    fn nothing_is_known_before_it_is_built_and_marks_ask() {
        let index = NumberIndex::default();
        assert_eq!(index.number("+16505550123"), Known::Ask);
        assert!(index.has_tail("05550123"));
        index.write().trusted = true;
        assert_eq!(index.number("+16505550123"), Known::Nobody);
        index.mark(&["+16505550123".into()]);
        assert_eq!(index.number("+16505550123"), Known::Ask);
        assert!(index.has_tail("05550123") && !index.has_tail("05550124"));
    }
}
