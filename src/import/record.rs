//! CSV records out of a stream, with a way back from an unclosed quote.
//!
//! The `csv` crate is not used for reading because it cannot go back: one quote that is never closed
//! swallows the rest of the file into one field, in memory. Here such a line is given up alone and
//! reading goes on with the next line.

use std::io;
use std::ops::Range;

use super::window::Window;

/// Longest record, in bytes: more is a broken file, not a person.
pub(super) const MAX_RECORD: usize = 1 << 20;

/// The fields of one record, unquoted. Reused from record to record.
#[derive(Debug, Default)]
pub(super) struct Fields {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Fields {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The field at `index`; empty where a ragged row has none.
    pub(super) fn get(&self, index: usize) -> &[u8] {
        let Some(end) = self.ends.get(index) else { return &[] };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..*end]
    }

    /// True when nothing but white space and delimiters is there.
    pub(super) fn is_blank(&self) -> bool {
        self.text.iter().all(|b| b.is_ascii_whitespace() || *b == 0)
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn end_field(&mut self) {
        self.ends.push(self.text.len());
    }
}

/// What was found where a record was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    /// A record; its fields are in [`Records::fields`].
    Whole,
    /// A line whose quote is never closed, or closed where it makes no sense.
    Unclosed,
    /// A line longer than [`MAX_RECORD`].
    TooLong,
}

/// What a look at the window says.
#[derive(Debug, PartialEq, Eq)]
enum Scan {
    /// A record of so many bytes, line end included.
    Record(usize),
    /// The window ends first; `quoted` when inside quotes.
    More { quoted: bool },
    /// The quote makes no sense.
    Unclosed,
}

/// Records of a window, one after the other.
pub(super) struct Records {
    window: Window,
    delimiter: u8,
    pub(super) fields: Fields,
    /// Bytes of the record in hand, let go when the next is asked for.
    in_hand: usize,
    line: u64,
    next_line: u64,
}

impl Records {
    /// `line` is the number of the window's first line.
    pub(super) fn new(window: Window, delimiter: u8, line: u64) -> Self {
        Self { window, delimiter, fields: Fields::default(), in_hand: 0, line, next_line: line }
    }

    /// The line the record in hand starts on, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The record in hand as it stands in the file, without its line end.
    pub(super) fn raw(&self) -> &[u8] {
        self.window.bytes()[..self.in_hand].trim_ascii_end()
    }

    pub(super) fn advance(&mut self) -> io::Result<Option<Row>> {
        self.let_go();
        loop {
            let (seen, at_end) = (self.window.bytes(), self.window.at_end());
            if seen.is_empty() && at_end {
                return Ok(None);
            }
            let found = match scan(seen, self.delimiter, at_end, &mut self.fields) {
                Scan::Record(length) => Some((Row::Whole, length)),
                Scan::Unclosed => first_line(seen, at_end).map(|length| (Row::Unclosed, length)),
                Scan::More { quoted } if seen.len() >= MAX_RECORD => match first_line(seen, at_end) {
                    Some(length) if quoted => Some((Row::Unclosed, length)),
                    _ => return self.skip_line().map(Some),
                },
                Scan::More { .. } => None,
            };
            match found {
                Some((row, length)) => {
                    self.in_hand = length;
                    return Ok(Some(row));
                }
                None => self.window.grow()?,
            }
        }
    }

    fn let_go(&mut self) {
        self.line = self.next_line + count_lines(&self.window.bytes()[..self.in_hand]);
        self.next_line = self.line;
        self.window.advance(self.in_hand);
        self.in_hand = 0;
    }

    /// Runs past a line that is too long to be held, keeping its start for the rejects.
    fn skip_line(&mut self) -> io::Result<Row> {
        let start: Vec<u8> = self.window.bytes()[..super::RAW_LIMIT].to_vec();
        loop {
            let (seen, at_end) = (self.window.bytes(), self.window.at_end());
            let Some(length) = first_line(seen, at_end) else {
                // The last byte stays: it may be the first half of a line end.
                self.window.advance(seen.len().saturating_sub(1));
                self.window.grow()?;
                continue;
            };
            self.window.advance(length);
            self.next_line += 1;
            self.fields.clear();
            self.fields.text = start;
            return Ok(Row::TooLong);
        }
    }

    /// The start of a line that was skipped.
    pub(super) fn skipped(&self) -> &[u8] {
        &self.fields.text
    }
}

/// The length of the first line with its end, or of everything when nothing follows.
fn first_line(seen: &[u8], at_end: bool) -> Option<usize> {
    let end = match seen.iter().position(|b| matches!(b, b'\n' | b'\r')) {
        Some(end) => line_end(seen, end, at_end),
        None => None,
    };
    end.or(at_end.then_some(seen.len()))
}

/// Where the line end at `at` ends; `None` when that cannot be told yet.
fn line_end(seen: &[u8], at: usize, at_end: bool) -> Option<usize> {
    match (seen[at], seen.get(at + 1)) {
        (b'\r', Some(b'\n')) => Some(at + 2),
        (b'\r', None) if !at_end => None,
        _ => Some(at + 1),
    }
}

/// Line ends in `bytes`: LF, CR LF or a lone CR.
fn count_lines(bytes: &[u8]) -> u64 {
    let ends = bytes.iter().enumerate().filter(|(at, b)| match b {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    ends.count() as u64
}

/// Reads one record from the start of `seen` into `fields`.
fn scan(seen: &[u8], delimiter: u8, at_end: bool, fields: &mut Fields) -> Scan {
    fields.clear();
    let mut at = 0;
    loop {
        let blanks = seen[at..].iter().take_while(|b| **b == b' ').count();
        if seen.get(at + blanks) == Some(&b'"') {
            match quoted(seen, at + blanks + 1, delimiter, at_end, fields) {
                Ok(next) => at = next,
                Err(scan) => return scan,
            }
        }
        let stop = seen[at..].iter().position(|b| *b == delimiter || *b == b'\n' || *b == b'\r');
        fields.text.extend_from_slice(&seen[run(at, stop, seen.len())]);
        let Some(stop) = stop else {
            fields.end_field();
            return if at_end { Scan::Record(seen.len()) } else { Scan::More { quoted: false } };
        };
        fields.end_field();
        at += stop;
        if seen[at] != delimiter {
            return line_end(seen, at, at_end).map_or(Scan::More { quoted: false }, Scan::Record);
        }
        at += 1;
    }
}

fn run(at: usize, stop: Option<usize>, len: usize) -> Range<usize> {
    at..stop.map_or(len, |stop| at + stop)
}

/// Reads a quoted field whose text starts at `at`; returns where what follows its closing quote starts.
fn quoted(seen: &[u8], mut at: usize, delimiter: u8, at_end: bool, fields: &mut Fields) -> Result<usize, Scan> {
    let start = at;
    loop {
        let Some(quote) = seen[at..].iter().position(|b| *b == b'"') else {
            return Err(if at_end { Scan::Unclosed } else { Scan::More { quoted: true } });
        };
        let quote = at + quote;
        fields.text.extend_from_slice(&seen[at..quote]);
        match seen.get(quote + 1) {
            None if !at_end => return Err(Scan::More { quoted: true }),
            Some(b'"') => {
                fields.text.push(b'"');
                at = quote + 2;
            }
            Some(b) if *b != delimiter && !matches!(b, b'\n' | b'\r' | b' ' | b'\t') => {
                // Text behind a closing quote is sloppy on one line; over several lines it shows that
                // the quote was never closed and this one opens a field of a later row.
                let lines = seen[start..quote].iter().any(|b| matches!(b, b'\n' | b'\r'));
                return if lines { Err(Scan::Unclosed) } else { Ok(quote + 1) };
            }
            _ => return Ok(quote + 1),
        }
    }
}

/// The delimiter of the line `head` starts with: the one that stands there most often outside quotes.
pub(super) fn delimiter(head: &[u8]) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut in_quotes = false;
    for b in head.iter().take_while(|b| !matches!(b, b'\n' | b'\r')) {
        if *b == b'"' {
            in_quotes = !in_quotes;
        } else if !in_quotes && let Some(found) = counts.iter_mut().find(|(delimiter, _)| delimiter == b) {
            found.1 += 1;
        }
    }
    // The comma comes first, so it stays where two are equal.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
