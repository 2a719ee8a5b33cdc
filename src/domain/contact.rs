//! The canonical contact: what the widget reads (protocol 3.1), with numbers made once into keys.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::json;
use super::phone::{Number, Region};

/// Longest contact id, in bytes.
const MAX_ID: usize = 256;
/// Longest name, company and so on, in bytes.
const MAX_FIELD: usize = 1_000;
/// More numbers or addresses than this is a broken record, not a person.
const MAX_ENTRIES: usize = 200;
/// Longest contact as JSON, in bytes.
const MAX_JSON: usize = 64 * 1024;

/// Kinds of number the widget knows (protocol 3.1); anything else it shows as "other".
const PHONE_TYPES: [&str; 11] =
    ["business", "extension", "home", "mobile", "phone", "unknown", "company", "contact", "direct", "fax", "other"];

/// Why a contact is refused, in words for whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ContactProblem(pub String);

/// One number of a contact.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactPhone {
    /// E.164 (with `*extension`), or the text as written where it is no full number.
    pub phone_number: String,
    /// One of the widget's kinds.
    pub phone_type: &'static str,
    /// The text as written, where it differs from `phone_number`.
    pub raw: Option<String>,
    /// The key, where the text holds a number.
    pub number: Option<Number>,
    extra: Map<String, Value>,
}

/// A contact as the widget reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// Unique in the address book; opaque; 1 to 256 bytes.
    pub id: String,
    /// Never empty.
    pub name: String,
    /// In the order they were written.
    pub phone_numbers: Vec<ContactPhone>,
    /// In the order they were written.
    pub emails: Vec<String>,
    /// Employer.
    pub company: Option<String>,
    extra: Map<String, Value>,
}

impl Contact {
    /// Reads a contact as the widget writes it. `id` overrides the body's (it is in the address of
    /// `PUT /v1/contacts/{id}`). Unknown keys are kept; `type`, `entityType` and `deleted` are the
    /// protocol's own and are left out.
    pub fn from_json(value: Value, id: Option<&str>, region: Option<Region>) -> Result<Self, ContactProblem> {
        let Value::Object(mut map) = value else {
            return Err(problem("a contact must be a JSON object"));
        };
        let id = match id {
            Some(id) => id.to_owned(),
            None => json::text(map.get("id")).ok_or_else(|| problem("`id` is missing: give a non-empty string"))?,
        };
        check_id(&id)?;
        for own in ["id", "type", "entityType", "deleted"] {
            map.shift_remove(own);
        }
        let name = take_text(&mut map, "name")?;
        let phone_numbers = take_phones(&mut map, region)?;
        let emails = take_emails(&mut map)?;
        let company = take_text(&mut map, "company")?;
        for field in ["department", "jobTitle", "profileImageUrl", "firstName", "lastName"] {
            if let Some(text) = take_text(&mut map, field)? {
                map.insert(field.into(), Value::String(text));
            }
        }
        let mut contact = Self { id, name: name.unwrap_or_default(), phone_numbers, emails, company, extra: map };
        contact.name = contact.display_name()?;
        if contact.to_json().len() > MAX_JSON {
            return Err(problem("the contact is larger than 64 KiB: leave out what a phone does not need"));
        }
        Ok(contact)
    }

    fn display_name(&self) -> Result<String, ContactProblem> {
        let part = |key| self.extra.get(key).and_then(Value::as_str).unwrap_or_default();
        let full = format!("{} {}", part("firstName"), part("lastName"));
        [
            self.name.trim(),
            full.trim(),
            self.company.as_deref().unwrap_or_default(),
            self.emails.first().map_or("", String::as_str),
            self.phone_numbers.first().map_or("", |p| p.phone_number.as_str()),
        ]
        .into_iter()
        .find(|text| !text.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| problem("nothing to show: give a `name`, `company`, an e-mail address or a number"))
    }

    /// The contact as stored and sent: the widget's JSON without `type`, which is the service's name
    /// and is put in front when a page is written.
    pub fn to_json(&self) -> String {
        let mut out = Map::with_capacity(5 + self.extra.len());
        out.insert("id".into(), self.id.clone().into());
        out.insert("name".into(), self.name.clone().into());
        let phones = self.phone_numbers.iter().map(ContactPhone::to_json).collect();
        out.insert("phoneNumbers".into(), Value::Array(phones));
        out.insert("emails".into(), self.emails.clone().into());
        if let Some(company) = &self.company {
            out.insert("company".into(), company.clone().into());
        }
        out.extend(self.extra.iter().map(|(k, v)| (k.clone(), v.clone())));
        Value::Object(out).to_string()
    }
}

/// A fingerprint of a stored contact: equal content takes no new stamp.
pub fn content_hash(json: &str) -> i64 {
    let digest = Sha256::digest(json.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

impl ContactPhone {
    fn new(raw: &str, phone_type: &'static str, extra: Map<String, Value>, region: Option<Region>) -> Self {
        let number = Number::parse(raw, region);
        let phone_number = match &number {
            Some(number) if number.is_e164() => number.dialable(),
            _ => raw.to_owned(),
        };
        let raw = (raw != phone_number).then(|| raw.to_owned());
        Self { phone_number, phone_type, raw, number, extra }
    }

    fn to_json(&self) -> Value {
        let mut out = Map::with_capacity(3 + self.extra.len());
        out.insert("phoneNumber".into(), self.phone_number.clone().into());
        out.insert("phoneType".into(), self.phone_type.into());
        if let Some(raw) = &self.raw {
            out.insert("rawPhoneNumber".into(), raw.clone().into());
        }
        out.extend(self.extra.iter().map(|(k, v)| (k.clone(), v.clone())));
        Value::Object(out)
    }
}

/// The widget's kind for a kind as written: any case, `mobilePhone` and the like, `other` for words
/// it does not know, `unknown` where there is none.
pub fn phone_type(written: &str) -> &'static str {
    let lower = written.trim().to_ascii_lowercase();
    let lower = lower.strip_suffix("phone").filter(|kind| !kind.is_empty()).unwrap_or(&lower).trim();
    match lower {
        "" => "unknown",
        "cell" | "cellular" | "iphone" => "mobile",
        "work" | "office" => "business",
        "main" => "company",
        "ext" => "extension",
        _ => PHONE_TYPES.into_iter().find(|kind| *kind == lower).unwrap_or("other"),
    }
}

fn problem(text: &str) -> ContactProblem {
    ContactProblem(text.to_owned())
}

fn check_id(id: &str) -> Result<(), ContactProblem> {
    if id.is_empty() || id.len() > MAX_ID || id.chars().any(char::is_control) {
        return Err(problem("`id` must be 1 to 256 bytes without control characters"));
    }
    if id == "batch" {
        return Err(problem("`id` must not be \"batch\": it is the address of batches"));
    }
    Ok(())
}

fn take_text(map: &mut Map<String, Value>, field: &str) -> Result<Option<String>, ContactProblem> {
    match map.shift_remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= MAX_FIELD => {
            let text = text.trim();
            Ok((!text.is_empty()).then(|| text.replace('\0', "")))
        }
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(Value::String(_)) => Err(ContactProblem(format!("`{field}` is longer than {MAX_FIELD} bytes"))),
        Some(_) => Err(ContactProblem(format!("`{field}` must be a string"))),
    }
}

fn take_list(map: &mut Map<String, Value>, field: &str) -> Result<Vec<Value>, ContactProblem> {
    match map.shift_remove(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() <= MAX_ENTRIES => Ok(items),
        Some(Value::Array(items)) => {
            Err(ContactProblem(format!("`{field}` has {} entries, more than {MAX_ENTRIES}", items.len())))
        }
        Some(_) => Err(ContactProblem(format!("`{field}` must be an array"))),
    }
}

fn take_phones(map: &mut Map<String, Value>, region: Option<Region>) -> Result<Vec<ContactPhone>, ContactProblem> {
    let mut phones = Vec::new();
    for item in take_list(map, "phoneNumbers")? {
        let (raw, kind, extra) = match item {
            Value::Object(mut entry) => {
                let written = entry.shift_remove("phoneNumber");
                // A number that was read from here and sent back keeps the text as first written.
                let first = entry.shift_remove("rawPhoneNumber");
                let kind = json::text(entry.shift_remove("phoneType").as_ref()).unwrap_or_default();
                (original_text(written.as_ref(), first.as_ref(), region), phone_type(&kind), entry)
            }
            plain @ (Value::String(_) | Value::Number(_)) => (json::text(Some(&plain)), "unknown", Map::new()),
            Value::Null => continue,
            _ => return Err(problem("each of `phoneNumbers` must be {phoneNumber, phoneType}")),
        };
        let Some(raw) = raw else { continue };
        let raw = raw.trim().replace('\0', "");
        if raw.len() > MAX_FIELD {
            return Err(problem("a `phoneNumber` is longer than 1000 bytes"));
        }
        if !raw.is_empty() {
            phones.push(ContactPhone::new(&raw, kind, extra, region));
        }
    }
    Ok(phones)
}

fn original_text(written: Option<&Value>, first: Option<&Value>, region: Option<Region>) -> Option<String> {
    let written = json::text(written);
    let first = json::text(first);
    match (&written, &first) {
        (Some(now), Some(raw)) if Number::parse(raw, region).is_some_and(|number| number.dialable() == *now) => first,
        _ => written,
    }
}

fn take_emails(map: &mut Map<String, Value>) -> Result<Vec<String>, ContactProblem> {
    let mut emails = Vec::new();
    for item in take_list(map, "emails")? {
        match item {
            Value::String(text) if text.len() <= MAX_FIELD => {
                let text = text.trim();
                if !text.is_empty() {
                    emails.push(text.replace('\0', ""));
                }
            }
            Value::Null => {}
            _ => return Err(problem("each of `emails` must be a string of at most 1000 bytes")),
        }
    }
    Ok(emails)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<Contact, ContactProblem> {
        Contact::from_json(value, None, Region::from_code("US"))
    }

    #[test]
    fn a_contact_survives_its_own_json() {
        let first = read(json!({
            "id": 17, "name": " Ann Harbor ", "type": "Elsewhere", "deleted": true, "owner": {"id": 3},
            "phoneNumbers": [{"phoneNumber": "(650) 555-0123", "phoneType": "mobilePhone", "label": "x"}],
            "emails": ["ann@harbor.example", null], "company": null, "jobTitle": "Buyer"
        }))
        .expect("valid");
        let text = first.to_json();
        let second = read(serde_json::from_str(&text).expect("json")).expect("valid");
        assert_eq!(second.to_json(), text);
        let value: Value = serde_json::from_str(&text).expect("json");
        assert_eq!(value["id"], "17");
        assert_eq!(value["phoneNumbers"][0]["phoneNumber"], "+16505550123");
        assert_eq!(value["phoneNumbers"][0]["rawPhoneNumber"], "(650) 555-0123");
        assert_eq!(value["phoneNumbers"][0]["phoneType"], "mobile");
        assert_eq!(value["phoneNumbers"][0]["label"], "x");
        assert_eq!(value["owner"], json!({"id": 3}));
        assert!(value.get("type").is_none() && value.get("deleted").is_none());
    }

    #[test]
    fn a_name_is_found_or_refused() {
        assert_eq!(read(json!({"id": "a", "firstName": "Ann", "lastName": "H"})).map(|c| c.name), Ok("Ann H".into()));
        assert_eq!(
            read(json!({"id": "a", "phoneNumbers": ["650 555 0123"]})).map(|c| c.name),
            Ok("+16505550123".into())
        );
        assert!(read(json!({"id": "a"})).is_err());
    }

    #[test]
    fn what_is_broken_is_said() {
        for (body, word) in [
            (json!([]), "object"),
            (json!({"name": "x"}), "`id`"),
            (json!({"id": "a\u{7}", "name": "x"}), "`id`"),
            (json!({"id": "a", "name": ["x"]}), "`name`"),
            (json!({"id": "a", "name": "x", "phoneNumbers": "1"}), "`phoneNumbers`"),
            (json!({"id": "a", "name": "x", "phoneNumbers": [[1]]}), "`phoneNumbers`"),
            (json!({"id": "a", "name": "x", "emails": [1]}), "`emails`"),
            (json!({"id": "a", "name": "x", "emails": vec!["a"; 300]}), "300 entries"),
            (json!({"id": "a", "name": "x", "note": "n".repeat(70_000)}), "64 KiB"),
            (json!({"id": "a", "name": "n".repeat(2_000)}), "`name`"),
        ] {
            let error = read(body).expect_err(word).to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn kinds_are_the_widgets() {
        for (written, kind) in [
            ("Mobile", "mobile"),
            ("mobilePhone", "mobile"),
            ("Work", "business"),
            ("", "unknown"),
            ("pager", "other"),
            ("phone", "phone"),
        ] {
            assert_eq!(phone_type(written), kind);
        }
    }
}
