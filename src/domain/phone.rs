//! Telephone numbers: made once into E.164 and an extension by libphonenumber's data, compared as
//! keys afterwards. The text as written is kept by the caller.

use rlibphonenumber::enums::Region as LibRegion;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat};

/// A tail shorter than this many digits says nothing about who is calling.
pub const TAIL_DIGITS: usize = 8;
/// E.164 allows 15 digits; what is longer is no number.
const MAX_DIGITS: usize = 15;
/// Longest text that is looked at: a field of a broken import can hold anything.
const MAX_TEXT: usize = 250;

/// A country whose national spelling is assumed where a number has no `+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region(LibRegion);

impl Region {
    /// From an ISO 3166-1 alpha-2 code such as `US` or `de`.
    pub fn from_code(code: &str) -> Option<Self> {
        let region = LibRegion::from_code(&code.trim().to_ascii_uppercase()).ok()?;
        // The library names more codes than it has numbering plans for.
        PHONE_NUMBER_UTIL.get_supported_regions().any(|known| known == region).then_some(Self(region))
    }
}

/// A number ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// `+` and 8 to 15 digits (E.164), or the bare digits of a short or unknown number.
    pub number: String,
    /// Digits of the extension; empty when there is none.
    pub extension: String,
    /// The national digits without leading zeros: what the weak match compares.
    pub national: String,
    /// True when libphonenumber knows the number as a valid one.
    pub certain: bool,
}

impl Number {
    /// Reads a number as written. `None` when the text holds no number at all ("anonymous").
    ///
    /// Understood: national and international spellings, IDD prefixes, RFC 3966 `tel:` URIs,
    /// extensions (`ext 227`, `x227`, `;ext=227` and `RingCentral`'s `+16505550100*227`).
    pub fn parse(raw: &str, region: Option<Region>) -> Option<Self> {
        let raw = raw.trim();
        if raw.is_empty() || raw.len() > MAX_TEXT {
            return None;
        }
        let (main, star) = split_star_extension(raw);
        let parsed = PHONE_NUMBER_UTIL.parse(main, region.map(|r| r.0)).ok();
        let mut number = match parsed {
            Some(parsed) if is_full(main, &parsed) => Self::from_parsed(&parsed),
            _ => Self::bare(main)?,
        };
        if let Some(extension) = star {
            extension.clone_into(&mut number.extension);
        }
        Some(number)
    }

    fn from_parsed(parsed: &PhoneNumber) -> Self {
        let number = PHONE_NUMBER_UTIL.format(parsed, PhoneNumberFormat::E164).into_owned();
        Self {
            extension: digits(parsed.extension.as_deref().unwrap_or_default()),
            national: parsed.national_number.to_string(),
            certain: PHONE_NUMBER_UTIL.is_valid_number(parsed),
            number,
        }
    }

    /// A short number (an extension such as `101`) or one whose country is unknown.
    fn bare(raw: &str) -> Option<Self> {
        let digits = digits(raw);
        if digits.is_empty() || digits.len() > MAX_DIGITS {
            return None;
        }
        let national = digits.trim_start_matches('0').to_owned();
        Some(Self { number: digits, extension: String::new(), national, certain: false })
    }

    /// The last eight national digits: the index key of the weak match. `None` when too short.
    pub fn tail(&self) -> Option<&str> {
        tail(&self.national)
    }

    /// Whether two numbers that are not equal may be the same line: one was read with the wrong
    /// country, or has none. Two certain numbers need the same national digits; otherwise the
    /// shorter must be the end of the longer. A weak match is shown, never logged by itself.
    pub fn is_weak_match(&self, other: &Self) -> bool {
        if !self.extension.is_empty() && !other.extension.is_empty() && self.extension != other.extension {
            return false;
        }
        let (a, b) = (self.national.as_str(), other.national.as_str());
        if a.len().min(b.len()) < TAIL_DIGITS {
            return false;
        }
        if self.certain && other.certain { a == b } else { a.ends_with(b) || b.ends_with(a) }
    }

    /// How the widget gets it: E.164, with `*extension` where there is one (`RingCentral`'s form).
    pub fn dialable(&self) -> String {
        if self.extension.is_empty() { self.number.clone() } else { format!("{}*{}", self.number, self.extension) }
    }

    /// True for `+digits`; false for a bare short or unknown number.
    pub fn is_e164(&self) -> bool {
        self.number.starts_with('+')
    }
}

/// The last eight of `national`, or `None` when there are fewer.
pub fn tail(national: &str) -> Option<&str> {
    national.len().checked_sub(TAIL_DIGITS).map(|start| &national[start..])
}

/// True for text that already is a key: `+` and 8 to 15 ASCII digits. Such a key is looked up as it
/// is before the parser is asked.
pub fn is_e164_key(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (TAIL_DIGITS..=MAX_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// A national number of possible length, or anything written with its country code. What is only
/// possible inside an area (seven digits in the USA) or an extension stays a bare number.
fn is_full(raw: &str, parsed: &PhoneNumber) -> bool {
    if PHONE_NUMBER_UTIL.is_possible_number(parsed) {
        return true;
    }
    let international = raw.starts_with('+') || raw.starts_with("tel:+");
    let length = parsed.country_code.to_string().len() + parsed.national_number.to_string().len();
    international && (TAIL_DIGITS..=MAX_DIGITS).contains(&length)
}

fn split_star_extension(raw: &str) -> (&str, Option<&str>) {
    if let Some((main, extension)) = raw.rsplit_once('*')
        && (1..=8).contains(&extension.len())
        && extension.bytes().all(|b| b.is_ascii_digit())
        && main.bytes().filter(u8::is_ascii_digit).count() >= 5
    {
        return (main, Some(extension));
    }
    (raw, None)
}

fn digits(text: &str) -> String {
    PHONE_NUMBER_UTIL.normalize_digits_only(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(raw: &str) -> Number {
        Number::parse(raw, Region::from_code("US")).expect("a number")
    }

    #[test]
    fn spellings_of_one_number_are_one_key() {
        for raw in ["+1 650-555-0123", "(650) 555-0123", "tel:+1-650-555-0123", "1 650 555 0123", "0116505550123x"] {
            let number = us(raw);
            assert!(number.number == "+16505550123" || raw.starts_with("011"), "{raw}: {number:?}");
        }
    }

    #[test]
    fn extensions_in_every_spelling() {
        for raw in ["+16505550100*227", "+1 650 555 0100 ext 227", "650-555-0100 x227", "tel:+16505550100;ext=227"] {
            let number = us(raw);
            assert_eq!((number.number.as_str(), number.extension.as_str()), ("+16505550100", "227"), "{raw}");
        }
        assert_eq!(us("+16505550100*227").dialable(), "+16505550100*227");
    }

    #[test]
    fn a_short_number_stays_bare() {
        for raw in ["227", "x227", "ext 227", "ext. 227"] {
            let number = us(raw);
            assert_eq!((number.number.as_str(), number.is_e164(), number.tail()), ("227", false, None), "{raw}");
        }
        assert_eq!(us("*67").number, "67");
    }

    #[test]
    fn words_are_no_number() {
        for raw in ["", "  ", "anonymous", "Restricted", "+", "*", &"9".repeat(300)] {
            assert_eq!(Number::parse(raw, None), None, "{raw}");
        }
    }

    #[test]
    fn a_number_read_with_the_wrong_country_matches_weakly() {
        let asked = us("+49 30 12345678");
        let stored = us("030 12345678");
        assert_ne!(asked.number, stored.number);
        assert!(asked.is_weak_match(&stored) && stored.is_weak_match(&asked));
        assert!(!us("+16505550123").is_weak_match(&us("+16515550123")), "neighbours are two people");
    }

    #[test]
    fn keys_are_recognised_without_the_parser() {
        assert!(is_e164_key("+16505550123"));
        for no in ["16505550123", "+1650", "+1 650 555 0123", "+1650555012a", "+1234567890123456"] {
            assert!(!is_e164_key(no), "{no}");
        }
    }
}
