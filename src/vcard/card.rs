//! One card as a draft of a contact. The grammar of a card is calcard's; what stands here is what the
//! programs that write cards get wrong about text, and which property says what.

use std::borrow::Cow;

use calcard::vcard::{VCard, VCardEntry, VCardParameterName, VCardProperty, VCardValue};
use encoding_rs::Encoding;

use crate::domain::contact::phone_type;

use super::draft::{Draft, full_name};
use super::lines::{Lines, Mark, is_quoted_printable};
use super::text::Charset;

/// Why a card is no contact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardProblem {
    /// It names a group of cards.
    #[error("a group, not a person")]
    Group,
    /// It cannot be read, or holds nothing to show.
    #[error("{0}")]
    Broken(String),
}

impl From<&str> for CardProblem {
    fn from(words: &str) -> Self {
        Self::Broken(words.to_owned())
    }
}

/// What becomes of a card with a number that a spreadsheet has ruined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruined {
    /// It is refused: whoever exported it can do so again.
    Refused,
    /// It is taken without that number.
    LeftOut,
}

/// A card of an address book.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who it is.
    pub draft: Draft,
    /// `CATEGORIES`.
    pub categories: Vec<String>,
}

/// Reads a whole card, whatever stands around it, as far as it can be read at all.
pub fn person(card: &[u8]) -> Result<Person, CardProblem> {
    let mut lines = Lines::default();
    for line in card.split(|b| matches!(b, b'\n' | b'\r')).filter(|line| !line.is_empty()) {
        match Mark::of(line) {
            None => lines.add(line),
            Some(Mark::Begin) => {
                lines.begin_inner();
            }
            Some(Mark::End) if lines.end_inner() => {}
            Some(Mark::End) => break,
        }
    }
    let card = parse(&lines.finish()?, Charset::new(None))?;
    let draft = read_card(&card, Ruined::LeftOut)?;
    let mut categories: Vec<String> = Vec::new();
    for text in card.properties(&VCardProperty::Categories).flat_map(texts) {
        if !categories.iter().any(|known| known == text) {
            categories.push(text.to_owned());
        }
    }
    Ok(Person { draft, categories })
}

/// A draft out of the wanted lines of a card.
pub fn draft(lines: &[Vec<u8>], charset: Charset, ruined: Ruined) -> Result<Draft, CardProblem> {
    read_card(&parse(lines, charset)?, ruined)
}

fn parse(lines: &[Vec<u8>], charset: Charset) -> Result<VCard, CardProblem> {
    let mut text = String::from("BEGIN:VCARD\r\n");
    for line in lines {
        push_line(&mut text, line, charset);
        text.push_str("\r\n");
    }
    text.push_str("END:VCARD\r\n");
    VCard::parse(&text).map_err(|_| CardProblem::from("the card cannot be read as a vCard"))
}

/// Adds one line as UTF-8.
fn push_line(out: &mut String, line: &[u8], charset: Charset) {
    let (head, value) = line.split_at(line.iter().position(|b| *b == b':').unwrap_or(line.len()));
    let named = charset_of(head);
    if is_quoted_printable(line) {
        // The parser takes Latin-1 where no charset is named; phones write UTF-8 and name nothing.
        let utf_8 = std::str::from_utf8(&unquoted(value)).is_ok();
        out.push_str(&charset.read(head));
        if !head.windows(9).any(|word| word.eq_ignore_ascii_case(b"ENCODING=")) {
            out.push_str(";ENCODING=QUOTED-PRINTABLE");
        }
        if named.is_none() {
            out.push_str(if utf_8 { ";CHARSET=UTF-8" } else { ";CHARSET=windows-1252" });
        }
        out.push_str(&charset.read(value));
        return;
    }
    match named.filter(|_| std::str::from_utf8(line).is_err()) {
        Some(encoding) => out.push_str(&encoding.decode_without_bom_handling(line).0.replace('\0', "")),
        None => out.push_str(&charset.read(line)),
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

fn read_card(card: &VCard, ruined: Ruined) -> Result<Draft, CardProblem> {
    let kind = first(card, &VCardProperty::Kind);
    let kind = kind.or_else(|| first(card, &VCardProperty::Other("X-ADDRESSBOOKSERVER-KIND".to_owned())));
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("group")) {
        return Err(CardProblem::Group);
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
            match draft.add_phones(number, kind) {
                Err(words) if ruined == Ruined::Refused => return Err(CardProblem::Broken(words)),
                _ => {}
            }
        }
    }
    if draft.name.is_empty() && draft.company.is_empty() && draft.phones.is_empty() && draft.emails.is_empty() {
        return Err("the card has no name, no number and no e-mail address".into());
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

/// The widget's kind for a label as people write it: "Work Fax" is a fax.
pub fn label_kind(label: &str) -> &'static str {
    let lower = label.to_ascii_lowercase();
    if lower.contains("fax") {
        "fax"
    } else if lower.contains("mobile") || lower.contains("cell") {
        "mobile"
    } else {
        phone_type(&lower)
    }
}
