//! The lines of one card that make a contact, unfolded, so that pictures of any size never reach the
//! parser. Knows where a property starts and goes on, not what it means.

/// Longest card without what is skipped.
const MAX_CARD: usize = 1 << 20;

/// Properties a contact is made of; everything else (notes, birthdays, keys) is not even parsed.
const WANTED: [&[u8]; 15] = [
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
    b"CATEGORIES",
];

/// What happens to the lines that follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Property {
    Wanted,
    #[default]
    Skipped,
    /// vCard 2.1: a whole card may follow as its value.
    Agent,
}

/// A line that opens or closes a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// `BEGIN:VCARD`.
    Begin,
    /// `END:VCARD`.
    End,
}

impl Mark {
    /// The mark a line is, in any case and spacing.
    pub fn of(line: &[u8]) -> Option<Self> {
        let colon = line.iter().take(16).position(|b| *b == b':')?;
        let (name, value) = line.split_at(colon);
        let name = name.trim_ascii();
        if !value[1..].trim_ascii().eq_ignore_ascii_case(b"VCARD") {
            return None;
        }
        if name.eq_ignore_ascii_case(b"BEGIN") {
            return Some(Self::Begin);
        }
        name.eq_ignore_ascii_case(b"END").then_some(Self::End)
    }
}

/// The wanted lines of a card, as they are collected.
#[derive(Debug, Default)]
pub struct Lines {
    found: Vec<Vec<u8>>,
    size: usize,
    property: Property,
    /// Cards inside this one that are not closed yet.
    nested: u32,
}

impl Lines {
    /// Takes `BEGIN:VCARD` as the start of a card inside this one, where one may stand.
    pub fn begin_inner(&mut self) -> bool {
        let inner = self.property == Property::Agent;
        self.nested += u32::from(inner);
        inner
    }

    /// Takes `END:VCARD` as the end of a card inside this one, where one is open.
    pub fn end_inner(&mut self) -> bool {
        let inner = self.nested > 0;
        self.nested -= u32::from(inner);
        inner
    }

    /// Adds a line as it stands in the card, without its end.
    pub fn add(&mut self, line: &[u8]) {
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
                self.found.push(line.to_vec());
            }
        }
    }

    /// `line` when it goes on from a quoted-printable line that ends in `=`.
    fn soft_break<'a>(&mut self, line: &'a [u8]) -> Option<&'a [u8]> {
        if self.property != Property::Wanted || self.nested > 0 {
            return None;
        }
        let last = self.found.last_mut()?;
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
                && let Some(last) = self.found.last_mut()
            {
                last.extend_from_slice(rest);
            }
        }
    }

    /// The lines, or why the card is refused.
    pub fn finish(self) -> Result<Vec<Vec<u8>>, &'static str> {
        if self.size > MAX_CARD {
            return Err("the card is larger than 1 MiB without its pictures");
        }
        Ok(self.found)
    }
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

/// Whether a line says that its text is quoted-printable.
pub(super) fn is_quoted_printable(line: &[u8]) -> bool {
    let head = line.iter().position(|b| *b == b':').map_or(line, |colon| &line[..colon]);
    head.windows(16).any(|word| word.eq_ignore_ascii_case(b"QUOTED-PRINTABLE"))
}
