//! Cards out of a stream of vCards: only the lines that make a contact, unfolded, so that pictures of
//! any size never reach memory or the parser.

use std::io;

use super::RAW_LIMIT;
use super::window::Window;

/// A physical line longer than this is handed on in pieces, of which only the first is used.
const MAX_LINE: usize = 256 * 1024;
/// Longest card without what is skipped.
const MAX_CARD: usize = 1 << 20;

/// Properties a contact is made of; everything else (notes, birthdays, keys) is not even parsed.
const WANTED: [&[u8]; 14] = [
    b"VERSION",
    b"FN",
    b"N",
    b"NICKNAME",
    b"TEL",
    b"EMAIL",
    b"ORG",
    b"TITLE",
    b"ROLE",
    b"UID",
    b"KIND",
    b"X-ADDRESSBOOKSERVER-KIND",
    b"X-ABLABEL",
    b"PHOTO",
];

/// What was found where a card was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Card {
    /// The wanted lines, unfolded.
    Lines(Vec<Vec<u8>>),
    /// No card, and why.
    Broken(&'static str),
}

/// What happens to the lines that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Property {
    Wanted,
    Skipped,
    /// vCard 2.1: a whole card may follow as its value.
    Agent,
}

/// The card being collected.
#[derive(Debug)]
struct Open {
    line: u64,
    lines: Vec<Vec<u8>>,
    size: usize,
    property: Property,
    /// Cards inside this one that are not closed yet.
    nested: u32,
    raw: Vec<u8>,
}

impl Open {
    fn at(line: u64) -> Self {
        let raw = b"BEGIN:VCARD\n".to_vec();
        Self { line, lines: Vec::new(), size: 0, property: Property::Skipped, nested: 0, raw }
    }

    fn keep_raw(&mut self, line: &[u8]) {
        let room = RAW_LIMIT.saturating_sub(self.raw.len() + 1);
        if room > 0 {
            self.raw.extend_from_slice(&line[..line.len().min(room)]);
            self.raw.push(b'\n');
        }
    }

    fn add(&mut self, line: &[u8]) {
        if let Some(rest) = self.soft_break(line) {
            return self.append(rest);
        }
        if let [b' ' | b'\t', folded @ ..] = line {
            return self.append(folded);
        }
        // Pictures of vCard 2.1 may go on without being folded; their text has no colon.
        if self.nested > 0 || !line.contains(&b':') {
            return;
        }
        self.property = property(line);
        if self.property == Property::Wanted {
            self.size += line.len() + 16;
            if self.size <= MAX_CARD {
                self.lines.push(line.to_vec());
            }
        }
    }

    /// `line` when it goes on from a quoted-printable line that ends in `=`.
    fn soft_break<'a>(&mut self, line: &'a [u8]) -> Option<&'a [u8]> {
        if self.property != Property::Wanted || self.nested > 0 {
            return None;
        }
        let last = self.lines.last_mut()?;
        if last.last() == Some(&b'=') && is_quoted_printable(last) {
            last.pop();
            return Some(line);
        }
        None
    }

    fn append(&mut self, rest: &[u8]) {
        if self.property == Property::Wanted && self.nested == 0 {
            self.size += rest.len();
            if self.size <= MAX_CARD
                && let Some(last) = self.lines.last_mut()
            {
                last.extend_from_slice(rest);
            }
        }
    }

    fn close(self) -> Card {
        if self.size > MAX_CARD {
            return Card::Broken("the card is larger than 1 MiB without its pictures");
        }
        Card::Lines(self.lines)
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
        let (begins, ends) = (is_mark(line, b"BEGIN"), is_mark(line, b"END"));
        let Some(open) = &mut self.open else {
            if begins {
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
        if begins {
            if open.property == Property::Agent {
                open.nested += 1;
                return None;
            }
            return self.open.replace(Open::at(number)).map(|open| self.broken(open, MISSING_END));
        }
        if !ends {
            open.add(line);
            return None;
        }
        if open.nested > 0 {
            open.nested -= 1;
            return None;
        }
        let mut open = self.open.take()?;
        self.line = open.line;
        self.raw = std::mem::take(&mut open.raw);
        Some(open.close())
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

/// `BEGIN:VCARD` or `END:VCARD`, in any case and spacing.
fn is_mark(line: &[u8], word: &[u8]) -> bool {
    let Some(colon) = line.iter().take(16).position(|b| *b == b':') else { return false };
    let (name, value) = line.split_at(colon);
    name.trim_ascii().eq_ignore_ascii_case(word) && value[1..].trim_ascii().eq_ignore_ascii_case(b"VCARD")
}

fn property(line: &[u8]) -> Property {
    let head = line.iter().position(|b| matches!(b, b':' | b';')).map_or(line, |end| &line[..end]);
    let name = head.iter().rposition(|b| *b == b'.').map_or(head, |dot| &head[dot + 1..]);
    if name.eq_ignore_ascii_case(b"AGENT") {
        return Property::Agent;
    }
    let wanted = WANTED.iter().any(|wanted| name.eq_ignore_ascii_case(wanted));
    if wanted && (!name.eq_ignore_ascii_case(b"PHOTO") || is_link(line)) { Property::Wanted } else { Property::Skipped }
}

/// A picture that is an address, not the picture itself.
fn is_link(line: &[u8]) -> bool {
    let value = line.iter().position(|b| *b == b':').map_or(&[][..], |colon| &line[colon + 1..]);
    value.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"http"))
}

pub(super) fn is_quoted_printable(line: &[u8]) -> bool {
    let head = line.iter().position(|b| *b == b':').map_or(line, |colon| &line[..colon]);
    head.windows(16).any(|word| word.eq_ignore_ascii_case(b"QUOTED-PRINTABLE"))
}
