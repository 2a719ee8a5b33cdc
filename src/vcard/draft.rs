//! A contact as an export has it, before the domain's rules are applied.

use serde_json::{Map, Value};

use crate::domain::contact::{Contact, ContactProblem};
use crate::domain::fold::is_cjk;
use crate::domain::phone::Region;

/// What one row or card says, as text.
#[derive(Debug, Clone, Default, Hash)]
pub struct Draft {
    /// The source's own id.
    pub own_id: String,
    /// As shown.
    pub name: String,
    /// Numbers with their kinds.
    pub phones: Vec<(String, &'static str)>,
    /// Addresses.
    pub emails: Vec<String>,
    /// Employer.
    pub company: String,
    /// Part of the company.
    pub department: String,
    /// Position.
    pub job_title: String,
    /// Where a picture is, or anything else the source has there.
    pub photo: String,
}

impl Draft {
    /// Adds the number or numbers of one cell. Words such as "n/a" are no number.
    pub fn add_phones(&mut self, cell: &str, kind: &'static str) -> Result<(), String> {
        for text in split_numbers(cell) {
            let text = unquoted_formula(text);
            if is_ruined(text) {
                return Err(format!(
                    "the number {text} was ruined by a spreadsheet: format the column as text and export again"
                ));
            }
            if text.chars().any(char::is_numeric) && !self.phones.iter().any(|(known, _)| known == text) {
                self.phones.push((text.to_owned(), kind));
            }
        }
        Ok(())
    }

    /// Adds the address or addresses of one cell.
    pub fn add_emails(&mut self, cell: &str) {
        for text in cell.split([';', ',', ' ', '\n', '\t']).filter(|text| text.contains('@')) {
            let text = text.trim_start_matches("mailto:");
            if !self.emails.iter().any(|known| known == text) {
                self.emails.push(text.to_owned());
            }
        }
    }

    /// The contact, with `id` as a stand-in for the one it will get.
    pub fn to_contact(&self, id: &str, region: Option<Region>) -> Result<Contact, ContactProblem> {
        Contact::from_json(Value::Object(self.to_map()), Some(id), region)
    }

    /// The contact as the widget writes it, without an id.
    pub fn to_map(&self) -> Map<String, Value> {
        let mut map = Map::with_capacity(7);
        let mut put = |key: &str, text: &str| {
            if !text.is_empty() {
                map.insert(key.to_owned(), Value::String(text.to_owned()));
            }
        };
        put("name", &self.name);
        put("company", &self.company);
        put("department", &self.department);
        put("jobTitle", &self.job_title);
        let photo = &self.photo;
        if photo.starts_with("https://") || photo.starts_with("http://") {
            put("profileImageUrl", photo);
        }
        let phones = self.phones.iter().map(|(number, kind)| {
            let mut phone = Map::with_capacity(2);
            phone.insert("phoneNumber".to_owned(), Value::String(number.clone()));
            phone.insert("phoneType".to_owned(), Value::String((*kind).to_owned()));
            Value::Object(phone)
        });
        map.insert("phoneNumbers".to_owned(), Value::Array(phones.collect()));
        map.insert("emails".to_owned(), Value::from(self.emails.clone()));
        map
    }
}

/// The name of its parts; family first and without spaces where it is written in CJK.
pub fn full_name(given: &str, middle: &str, family: &str) -> String {
    let cjk = |text: &str| !text.is_empty() && text.chars().all(is_cjk);
    if cjk(given) && cjk(family) && middle.is_empty() {
        return format!("{family}{given}");
    }
    let mut name = String::with_capacity(given.len() + middle.len() + family.len() + 2);
    for part in [given, middle, family].into_iter().filter(|part| !part.is_empty()) {
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(part);
    }
    name
}

/// Several numbers in one cell. Only parts that each have seven digits are numbers of their own: a
/// slash or a comma also stands inside one.
fn split_numbers(cell: &str) -> Vec<&str> {
    if let Some(separator) = [" ::: ", "\n", ";", ",", "/", "|"].into_iter().find(|s| cell.contains(s)) {
        let parts: Vec<&str> = cell.split(separator).map(str::trim).filter(|part| !part.is_empty()).collect();
        let long = |part: &&str| part.bytes().filter(u8::is_ascii_digit).count() >= 7;
        if separator == " ::: " || parts.iter().all(long) {
            return parts;
        }
    }
    vec![cell.trim()]
}

/// `="+1 650"` and `'+1 650` are how spreadsheets are told that something is text.
fn unquoted_formula(text: &str) -> &str {
    let text = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    text.trim_start_matches('\'').trim()
}

/// `1.65056E+10`: the digits are gone for good.
fn is_ruined(text: &str) -> bool {
    let Some((digits, power)) = text.split_once(['E', 'e']) else { return false };
    power.strip_prefix('+').is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
        && digits.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phones(cell: &str) -> Vec<String> {
        let mut draft = Draft::default();
        draft.add_phones(cell, "phone").unwrap();
        draft.phones.into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn cells_with_several_numbers_or_none() {
        assert_eq!(phones("+1 650 555 0100 ::: +1 650 555 0101"), ["+1 650 555 0100", "+1 650 555 0101"]);
        assert_eq!(phones("650-555-0100; 650-555-0101"), ["650-555-0100", "650-555-0101"]);
        assert_eq!(phones("030/1234567"), ["030/1234567"]);
        assert_eq!(phones("650-555-0100;ext=5"), ["650-555-0100;ext=5"]);
        assert_eq!(phones("650-555-0100, ext 5"), ["650-555-0100, ext 5"]);
        assert_eq!(phones("=\"+16505550100\""), ["+16505550100"]);
        assert_eq!(phones("'+16505550100"), ["+16505550100"]);
        assert!(phones("n/a").is_empty() && phones("-").is_empty() && phones("").is_empty());
        assert!(Draft::default().add_phones("1.65056E+10", "phone").unwrap_err().contains("spreadsheet"));
    }

    #[test]
    fn names_in_their_order() {
        assert_eq!(full_name("Ann", "B.", "Lee"), "Ann B. Lee");
        assert_eq!(full_name("", "", "Lee"), "Lee");
        assert_eq!(full_name("太郎", "", "山田"), "山田太郎");
    }

    #[test]
    fn only_web_addresses_are_pictures() {
        let draft = |photo: &str| Draft { name: "Ann".into(), photo: photo.into(), ..Draft::default() };
        let json = |photo| draft(photo).to_contact("x", None).unwrap().to_json();
        assert!(json("https://pics.example/1.png").contains("profileImageUrl"));
        assert!(!json("javascript:alert(1)").contains("profileImageUrl"));
    }
}
