//! Cards out of a stream of vCards: where each starts and ends, in memory bounded by the longest line.

use std::io;

use crate::vcard::lines::{Lines, Mark};

use super::RAW_LIMIT;
use super::window::Window;

/// A physical line longer than this is handed on in pieces, of which only the first is used.
const MAX_LINE: usize = 256 * 1024;

/// What was found where a card was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Card {
    /// The wanted lines, unfolded.
    Lines(Vec<Vec<u8>>),
    /// No card, and why.
    Broken(&'static str),
}

/// The card being collected.
#[derive(Debug)]
struct Open {
    line: u64,
    lines: Lines,
    raw: Vec<u8>,
}

impl Open {
    fn at(line: u64) -> Self {
        Self { line, lines: Lines::default(), raw: b"BEGIN:VCARD\n".to_vec() }
    }

    fn keep_raw(&mut self, line: &[u8]) {
        let room = RAW_LIMIT.saturating_sub(self.raw.len() + 1);
        if room > 0 {
            self.raw.extend_from_slice(&line[..line.len().min(room)]);
            self.raw.push(b'\n');
        }
    }
}

/// Cards of a window, one after the other.
pub(super) struct CardReader {
    window: Window,
    open: Option<Open>,
    /// Where the card in hand starts.
    pub(super) line: u64,
    /// The start of the card in hand.
    pub(super) raw: Vec<u8>,
    next_line: u64,
    /// Inside a line that is longer than [`MAX_LINE`].
    in_long_line: bool,
    /// Behind text outside a card that was reported.
    in_stray_text: bool,
}

impl CardReader {
    pub(super) fn new(window: Window) -> Self {
        let (line, next_line) = (1, 1);
        Self { window, open: None, line, raw: Vec::new(), next_line, in_long_line: false, in_stray_text: false }
    }

    pub(super) fn advance(&mut self) -> io::Result<Option<Card>> {
        loop {
            let Some(length) = self.physical_line()? else {
                return Ok(self.open.take().map(|open| self.broken(open, MISSING_END)));
            };
            let seen = &self.window.bytes()[..length];
            let whole = matches!(seen.last(), Some(b'\n' | b'\r')) || self.window.at_end();
            let goes_on = std::mem::replace(&mut self.in_long_line, !whole);
            let line = self.next_line;
            self.next_line += u64::from(whole);
            let found = if goes_on { None } else { self.take(line, length) };
            self.window.advance(length);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Looks at the line of `length` bytes at the window's start.
    fn take(&mut self, number: u64, length: usize) -> Option<Card> {
        let line = trim_line_end(&self.window.bytes()[..length]);
        let mark = Mark::of(line);
        let Some(open) = &mut self.open else {
            if mark == Some(Mark::Begin) {
                self.in_stray_text = false;
                self.open = Some(Open::at(number));
            } else if !line.trim_ascii().is_empty() && !std::mem::replace(&mut self.in_stray_text, true) {
                self.line = number;
                self.raw = line[..line.len().min(RAW_LIMIT)].to_vec();
                return Some(Card::Broken("the text stands outside a card: BEGIN:VCARD is missing"));
            }
            return None;
        };
        open.keep_raw(line);
        if mark == Some(Mark::Begin) {
            if open.lines.begin_inner() {
                return None;
            }
            return self.open.replace(Open::at(number)).map(|open| self.broken(open, MISSING_END));
        }
        if mark.is_none() {
            open.lines.add(line);
            return None;
        }
        if open.lines.end_inner() {
            return None;
        }
        let mut open = self.open.take()?;
        self.line = open.line;
        self.raw = std::mem::take(&mut open.raw);
        Some(open.lines.finish().map_or_else(Card::Broken, Card::Lines))
    }

    fn broken(&mut self, open: Open, reason: &'static str) -> Card {
        self.line = open.line;
        self.raw = open.raw;
        Card::Broken(reason)
    }

    /// The length of the next line with its end, or of a piece of a line that is too long.
    fn physical_line(&mut self) -> io::Result<Option<usize>> {
        loop {
            let (seen, at_end) = (self.window.bytes(), self.window.at_end());
            if let Some(end) = seen.iter().position(|b| matches!(b, b'\n' | b'\r')) {
                match (seen[end], seen.get(end + 1)) {
                    (b'\r', Some(b'\n')) => return Ok(Some(end + 2)),
                    (b'\r', None) if !at_end => {}
                    _ => return Ok(Some(end + 1)),
                }
            } else if seen.len() >= MAX_LINE || at_end {
                return Ok((!seen.is_empty()).then_some(seen.len()));
            }
            self.window.grow()?;
        }
    }
}

const MISSING_END: &str = "the card does not end: END:VCARD is missing";

fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
