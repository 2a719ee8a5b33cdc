//! Cards as drafts of contacts. The grammar of a card is calcard's; what stands here is what the
//! programs that write cards get wrong about text, and which property says what.

use std::borrow::Cow;
use std::io;

use calcard::vcard::{VCard, VCardEntry, VCardParameterName, VCardProperty, VCardValue};
use encoding_rs::Encoding;

use super::Found;
use super::csv::label_kind;
use super::draft::{Draft, full_name};
use super::text::Charset;
use super::vcard_lines::{Card, CardReader, is_quoted_printable};
use super::window::Window;

/// Drafts out of cards.
pub(super) struct Cards {
    reader: CardReader,
    charset: Charset,
}

impl Cards {
    pub(super) fn new(window: Window, charset: Charset) -> Self {
        Self { reader: CardReader::new(window), charset }
    }

    pub(super) fn line(&self) -> u64 {
        self.reader.line
    }

    pub(super) fn raw(&self) -> &[u8] {
        &self.reader.raw
    }

    pub(super) fn advance(&mut self) -> io::Result<Option<Found>> {
        let Some(card) = self.reader.advance()? else { return Ok(None) };
        Ok(Some(match card {
            Card::Broken(reason) => Found::Reject(reason.to_owned()),
            Card::Lines(lines) => self.draft(&lines).map_or_else(Found::Reject, Found::Draft),
        }))
    }

    fn draft(&self, lines: &[Vec<u8>]) -> Result<Draft, String> {
        let mut text = String::from("BEGIN:VCARD\r\n");
        for line in lines {
            self.push_line(&mut text, line);
            text.push_str("\r\n");
        }
        text.push_str("END:VCARD\r\n");
        let card = VCard::parse(&text).map_err(|_| "the card cannot be read as a vCard".to_owned())?;
        read_card(&card)
    }

    /// Adds one line as UTF-8.
    fn push_line(&self, out: &mut String, line: &[u8]) {
        let (head, value) = line.split_at(line.iter().position(|b| *b == b':').unwrap_or(line.len()));
        let named = charset_of(head);
        if is_quoted_printable(line) {
            // The parser takes Latin-1 where no charset is named; phones write UTF-8 and name nothing.
            let utf_8 = std::str::from_utf8(&unquoted(value)).is_ok();
            out.push_str(&self.charset.read(head));
            if !head.windows(9).any(|word| word.eq_ignore_ascii_case(b"ENCODING=")) {
                out.push_str(";ENCODING=QUOTED-PRINTABLE");
            }
            if named.is_none() {
                out.push_str(if utf_8 { ";CHARSET=UTF-8" } else { ";CHARSET=windows-1252" });
            }
            out.push_str(&self.charset.read(value));
            return;
        }
        match named.filter(|_| std::str::from_utf8(line).is_err()) {
            Some(encoding) => out.push_str(&encoding.decode_without_bom_handling(line).0.replace('\0', "")),
            None => out.push_str(&self.charset.read(line)),
        }
    }
}

/// The encoding a `CHARSET=` parameter names.
fn charset_of(head: &[u8]) -> Option<&'static Encoding> {
    let at = head.windows(8).position(|word| word.eq_ignore_ascii_case(b"CHARSET="))?;
    let label = head[at + 8..].split(|b| *b == b';').next()?;
    Encoding::for_label(label.trim_ascii())
}

/// The bytes behind quoted-printable text: only to see what encoding they are in.
fn unquoted(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.contains(&b'=') {
        return Cow::Borrowed(value);
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, tail @ ..] = rest {
        let byte = match rest {
            [b'=', a, b, ..] => hex(*a).zip(hex(*b)).map(|(a, b)| a << 4 | b),
            _ => None,
        };
        out.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &rest[3..] } else { tail };
    }
    Cow::Owned(out)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn read_card(card: &VCard) -> Result<Draft, String> {
    let kind = first(card, &VCardProperty::Kind);
    let kind = kind.or_else(|| first(card, &VCardProperty::Other("X-ADDRESSBOOKSERVER-KIND".to_owned())));
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("group")) {
        return Err("a group, not a person".to_owned());
    }
    let text = |property| first(card, &property).unwrap_or_default().to_owned();
    let mut draft = Draft {
        own_id: text(VCardProperty::Uid),
        name: text(VCardProperty::Fn),
        job_title: first(card, &VCardProperty::Title).map_or_else(|| text(VCardProperty::Role), str::to_owned),
        photo: text(VCardProperty::Photo),
        ..Draft::default()
    };
    if draft.name.is_empty() {
        draft.name = card.property(&VCardProperty::N).map(name_of_parts).unwrap_or_default();
    }
    if draft.name.is_empty() {
        draft.name = text(VCardProperty::Nickname);
    }
    if let Some(org) = card.property(&VCardProperty::Org) {
        draft.company = part(org, 0);
        draft.department = part(org, 1);
    }
    for email in card.properties(&VCardProperty::Email).flat_map(texts) {
        draft.add_emails(email);
    }
    for entry in card.properties(&VCardProperty::Tel) {
        let kind = phone_kind(card, entry);
        for number in texts(entry) {
            draft.add_phones(number, kind)?;
        }
    }
    if draft.name.is_empty() && draft.company.is_empty() && draft.phones.is_empty() && draft.emails.is_empty() {
        return Err("the card has no name, no number and no e-mail address".to_owned());
    }
    Ok(draft)
}

fn texts(entry: &VCardEntry) -> impl Iterator<Item = &str> {
    entry.values.iter().filter_map(VCardValue::as_text).map(str::trim).filter(|text| !text.is_empty())
}

fn first<'a>(card: &'a VCard, property: &VCardProperty) -> Option<&'a str> {
    let mut entries = card.entries.iter().filter(|entry| is(&entry.name, property));
    entries.find_map(|entry| texts(entry).next())
}

/// Names the parser does not know come as they are written.
fn is(name: &VCardProperty, wanted: &VCardProperty) -> bool {
    match (name, wanted) {
        (VCardProperty::Other(name), VCardProperty::Other(wanted)) => name.eq_ignore_ascii_case(wanted),
        _ => name == wanted,
    }
}

fn part(entry: &VCardEntry, at: usize) -> String {
    match entry.values.get(at) {
        Some(VCardValue::Component(parts)) => parts.join(" ").trim().to_owned(),
        Some(value) => value.as_text().unwrap_or_default().trim().to_owned(),
        None => String::new(),
    }
}

/// `N`: family, given, additional names.
fn name_of_parts(entry: &VCardEntry) -> String {
    full_name(&part(entry, 1), &part(entry, 2), &part(entry, 0))
}

/// The kind of number: Apple's label where the number's group has one, or else the types, of which
/// what the line is (fax, mobile) says more than where it is.
fn phone_kind(card: &VCard, entry: &VCardEntry) -> &'static str {
    let label = VCardProperty::Other("X-ABLABEL".to_owned());
    let label = entry.group.as_ref().and_then(|group| {
        let same = |other: &&VCardEntry| {
            is(&other.name, &label) && other.group.as_ref().is_some_and(|other| other.eq_ignore_ascii_case(group))
        };
        card.entries.iter().find(same).and_then(|entry| texts(entry).next())
    });
    if let Some(label) = label {
        return label_kind(label.trim_start_matches("_$!<").trim_end_matches(">!$_"));
    }
    let types: Vec<String> = entry
        .parameters(&VCardParameterName::Type)
        .filter_map(|value| value.as_text())
        .flat_map(|text| text.split(','))
        .map(|text| text.trim().to_ascii_lowercase())
        .collect();
    let has = |name: &str| types.iter().any(|known| known == name);
    for (name, kind) in [
        ("fax", "fax"),
        ("cell", "mobile"),
        ("mobile", "mobile"),
        ("iphone", "mobile"),
        ("pager", "other"),
        ("main", "company"),
        ("main-number", "company"),
        ("work", "business"),
        ("home", "home"),
        ("other", "other"),
    ] {
        if has(name) {
            return kind;
        }
    }
    "phone"
}

#[cfg(test)]
#[path = "vcard_tests.rs"]
mod tests;
