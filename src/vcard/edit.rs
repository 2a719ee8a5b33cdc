//! Cards written: a new one, or one that stands with only what an operator gave changed in it. Every
//! other line stays as it was, to the byte.

use crate::domain::contact::phone_type;
use crate::domain::phone::{Number, Region};
use crate::domain::upstream::{NewContact, NewPhone};

use super::card::person;
use super::logical::{Card, Line, escaped, unescaped_parts};

/// A card for a new contact; vCard 3.0, which every server takes.
pub fn fresh(contact: &NewContact, uid: &str) -> String {
    let mut card = Card::empty("\r\n");
    card.add(&format!("UID:{}", escaped(uid)));
    let (given, family) = contact.name_parts();
    let shown = match shown_name(contact) {
        name if name.is_empty() => first_of(contact),
        name => name,
    };
    card.add(&format!("FN:{}", escaped(&shown)));
    card.add(&format!("N:{};{};;;", escaped(&family), escaped(&given)));
    apply(&mut card, contact, None);
    card.text()
}

/// `card` with what `contact` gives; what it leaves empty stays. `region` reads numbers without a
/// country. None where `card` is no card.
pub fn edited(card: &str, contact: &NewContact, region: Option<Region>) -> Option<String> {
    let mut edit = Card::read(card)?;
    let before = person(card.as_bytes()).ok();
    let name = shown_name(contact);
    if !name.is_empty() && before.as_ref().is_none_or(|person| person.draft.name != name) {
        edit.set("FN", &escaped(&name));
        set_parts_of_name(&mut edit, contact);
    }
    apply(&mut edit, contact, region);
    Some(edit.text())
}

fn apply(card: &mut Card, contact: &NewContact, region: Option<Region>) {
    if !contact.company.is_empty() {
        let mut parts = card.find("ORG").map_or_else(Vec::new, |line| unescaped_parts(line.value()));
        if parts.first() != Some(&contact.company) {
            parts.splice(..parts.len().min(1), [contact.company.clone()]);
            card.set("ORG", &joined(&parts));
        }
    }
    if !contact.job_title.is_empty() {
        let same = card.find("TITLE").is_some_and(|line| unescaped_parts(line.value()).join(";") == contact.job_title);
        if !same {
            card.set("TITLE", &escaped(&contact.job_title));
        }
    }
    if !contact.phone_numbers.is_empty() {
        set_phones(card, &contact.phone_numbers, region);
    }
    if !contact.emails.is_empty() {
        card.remove_where(|line| {
            let address = |email: &String| email.trim().eq_ignore_ascii_case(bare(line.value(), "mailto:").trim());
            line.is("EMAIL") && !contact.emails.iter().any(address)
        });
        for email in contact.emails.iter().map(|email| email.trim()).filter(|email| !email.is_empty()) {
            let stands =
                |line: &Line| line.is("EMAIL") && bare(line.value(), "mailto:").trim().eq_ignore_ascii_case(email);
            if !card.lines().any(stands) {
                card.add(&format!("EMAIL;TYPE=INTERNET:{}", escaped(email)));
            }
        }
    }
}

/// The given and the family name change; further names, titles and suffixes stay.
fn set_parts_of_name(card: &mut Card, contact: &NewContact) {
    let (given, family) = contact.name_parts();
    let mut parts = card.find("N").map_or_else(Vec::new, |line| unescaped_parts(line.value()));
    parts.resize(parts.len().max(5), String::new());
    parts[0] = family;
    parts[1] = given;
    card.set("N", &joined(&parts));
}

fn set_phones(card: &mut Card, phones: &[NewPhone], region: Option<Region>) {
    let wanted = |line: &Line| phones.iter().find(|phone| same_number(line.value(), &phone.phone_number, region));
    // A number that stays under another kind is written anew.
    let stale: Vec<bool> = card
        .lines()
        .map(|line| line.is("TEL") && wanted(line).is_none_or(|phone| !is_kind(card, line, &phone.phone_type)))
        .collect();
    card.remove_at(&stale);
    for phone in phones.iter().filter(|phone| !phone.phone_number.trim().is_empty()) {
        let stands = |line: &Line| line.is("TEL") && same_number(line.value(), &phone.phone_number, region);
        if !card.lines().any(stands) {
            add_phone(card, phone);
        }
    }
}

fn is_kind(card: &Card, line: &Line, kind: &str) -> bool {
    if kind.trim().is_empty() {
        return true;
    }
    let alone = format!("BEGIN:VCARD\r\nFN:x\r\n{}END:VCARD\r\n", card.with_label(line));
    let found = person(alone.as_bytes()).ok().and_then(|person| person.draft.phones.first().map(|phone| phone.1));
    found.is_some_and(|found| same_kind(found, phone_type(kind)))
}

/// `phone` and `unknown` are both what a card says with no type.
fn same_kind(a: &str, b: &str) -> bool {
    let plain = |kind: &str| matches!(kind, "phone" | "unknown");
    a == b || (plain(a) && plain(b))
}

fn add_phone(card: &mut Card, phone: &NewPhone) {
    let number = escaped(phone.phone_number.trim());
    let kind = phone_type(&phone.phone_type);
    let known = match kind {
        "mobile" => "CELL",
        "business" => "WORK",
        "home" => "HOME",
        "fax" => "FAX",
        "company" => "MAIN",
        "phone" | "unknown" => return card.add(&format!("TEL:{number}")),
        _ => {
            // vCard has no type for these; a label is shown by the programs people use.
            let group = card.free_group();
            card.add(&format!("{group}.TEL:{number}"));
            return card.add(&format!("{group}.X-ABLabel:{kind}"));
        }
    };
    card.add(&format!("TEL;TYPE={known}:{number}"));
}

/// Whether two texts are one number: read as numbers, or by their digits where one lacks the country.
fn same_number(a: &str, b: &str, region: Option<Region>) -> bool {
    let (a, b) = (bare(a, "tel:"), bare(b, "tel:"));
    if let (Some(a), Some(b)) = (Number::parse(a, region), Number::parse(b, region))
        && a.is_e164()
        && b.is_e164()
    {
        return a.dialable() == b.dialable();
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (a, b) = (digits(a), digits(b));
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short == long || (short.len() >= 7 && long.ends_with(short.trim_start_matches('0')))
}

fn bare<'a>(text: &'a str, scheme: &str) -> &'a str {
    match text.get(..scheme.len()) {
        Some(start) if start.eq_ignore_ascii_case(scheme) => &text[scheme.len()..],
        _ => text,
    }
}

fn shown_name(contact: &NewContact) -> String {
    let name = contact.name.trim();
    if name.is_empty() {
        let both = format!("{} {}", contact.first_name.trim(), contact.last_name.trim());
        return both.trim().to_owned();
    }
    name.to_owned()
}

/// What stands for a name where there is none: a card must have one.
fn first_of(contact: &NewContact) -> String {
    let phone = contact.phone_numbers.first().map(|phone| &phone.phone_number);
    let all = [Some(&contact.company), contact.emails.first(), phone];
    all.into_iter().flatten().find(|text| !text.is_empty()).cloned().unwrap_or_default()
}

fn joined(parts: &[String]) -> String {
    parts.iter().map(|part| escaped(part)).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
