//! The form for a new contact, as a page of the widget (protocol 5), and what was typed into it.

use serde_json::{Map, Value, json};

use crate::domain::json;
use crate::domain::phone::{Number, Region};
use crate::domain::upstream::{NewContact, NewPhone};

const PAGE: &str = "createContact-";
/// Kinds of number the form offers, with their names.
const KINDS: [(&str, &str); 7] = [
    ("phone", "Phone"),
    ("mobile", "Mobile"),
    ("business", "Business"),
    ("direct", "Direct"),
    ("company", "Company"),
    ("home", "Home"),
    ("other", "Other"),
];

/// The page's id for a form's.
pub(super) fn page_id(form: &str) -> String {
    format!("{PAGE}{form}")
}

/// The form's id of a page that is ours.
pub(super) fn form_id(page: &str) -> Option<&str> {
    page.strip_prefix(PAGE)
}

/// Words above the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    /// `info`, `success`, `warning` or `error`.
    pub(super) severity: &'static str,
    pub(super) text: String,
}

impl Notice {
    pub(super) fn new(severity: &'static str, text: impl Into<String>) -> Self {
        Self { severity, text: text.into() }
    }
}

/// The page without its values. What is typed stays as it is when it is sent again.
pub(super) fn page(form: &str, places: &[(String, String)], notice: Option<&Notice>, submits: bool) -> Value {
    let choice = |options: Vec<Value>, title: &str| json!({"type": "string", "title": title, "oneOf": options});
    let mut fields = Map::new();
    let mut looks = Map::new();
    if let Some(notice) = notice {
        fields.insert("notice".into(), json!({"type": "string", "description": notice.text}));
        looks.insert("notice".into(), json!({"ui:field": "admonition", "ui:severity": notice.severity}));
    }
    fields.insert("name".into(), json!({"type": "string", "title": "Name"}));
    fields.insert("company".into(), json!({"type": "string", "title": "Company"}));
    fields.insert("phoneNumber".into(), json!({"type": "string", "title": "Phone number"}));
    let kinds = KINDS.iter().map(|(kind, name)| json!({"const": kind, "title": name})).collect();
    fields.insert("phoneType".into(), choice(kinds, "Kind of number"));
    fields.insert("email".into(), json!({"type": "string", "title": "E-mail"}));
    if places.len() > 1 {
        let places = places.iter().map(|(id, name)| json!({"const": id, "title": name})).collect();
        fields.insert("connector".into(), choice(places, "Address book"));
    }
    if submits {
        looks.insert("submitButtonOptions".into(), json!({"submitText": "Save"}));
    }
    json!({
        "id": page_id(form),
        "type": "page",
        "title": "Create contact",
        "schema": {"type": "object", "required": ["name"], "properties": fields},
        "uiSchema": looks,
    })
}

/// The notice a page has now, by what the widget sends back of it.
pub(super) fn shown_notice(page: &Value) -> Option<&str> {
    page.pointer("/schema/properties/notice/description").and_then(Value::as_str)
}

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) company: String,
    pub(super) number: String,
    pub(super) kind: String,
    pub(super) email: String,
    /// The connector's id; the form asks for it only where there is a choice.
    pub(super) connector: String,
}

impl Draft {
    pub(super) fn from_form(data: &Value) -> Self {
        let field = |key| json::text(data.get(key)).unwrap_or_default().trim().to_owned();
        Self {
            name: field("name"),
            company: field("company"),
            number: field("phoneNumber"),
            kind: field("phoneType"),
            email: field("email"),
            connector: field("connector"),
        }
    }

    pub(super) fn form_data(&self) -> Value {
        json!({
            "name": self.name,
            "company": self.company,
            "phoneNumber": self.number,
            "phoneType": self.kind,
            "email": self.email,
            "connector": self.connector,
        })
    }

    /// The contact to make, or what is wrong with the form in words.
    pub(super) fn contact(&self, region: Option<Region>) -> Result<NewContact, String> {
        if self.name.is_empty() {
            return Err("Give a name.".into());
        }
        let phone = match Number::parse(&self.number, region) {
            _ if self.number.is_empty() => None,
            Some(number) if number.is_e164() => Some(number.dialable()),
            Some(_) => Some(self.number.clone()),
            None => return Err(format!("“{}” is no phone number.", self.number)),
        };
        let address = self.email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.len() > 2);
        if !self.email.is_empty() && (!address || self.email.contains(char::is_whitespace)) {
            return Err(format!("“{}” is no e-mail address.", self.email));
        }
        let phones = phone.map(|phone_number| NewPhone { phone_number, phone_type: self.kind.clone() });
        Ok(NewContact {
            name: self.name.clone(),
            company: self.company.clone(),
            phone_numbers: phones.into_iter().collect(),
            emails: Some(self.email.clone()).filter(|email| !email.is_empty()).into_iter().collect(),
            ..NewContact::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_checked_in_words() {
        let draft = |name: &str, number: &str, email: &str| Draft {
            name: name.into(),
            number: number.into(),
            email: email.into(),
            ..Draft::default()
        };
        let us = Region::from_code("US");
        let made = draft("Ada", "(650) 555-0123", "ada@example.com").contact(us).expect("right");
        assert_eq!(made.phone_numbers[0].phone_number, "+16505550123");
        assert_eq!(draft("Ada", "", "").contact(us).expect("right").phone_numbers, []);
        for (wrong, words) in [
            (draft("", "", ""), "name"),
            (draft("Ada", "withheld", ""), "“withheld” is no phone number"),
            (draft("Ada", "", "ada"), "e-mail"),
            (draft("Ada", "", "ada @example.com"), "e-mail"),
            (draft("Ada", "", "@example.com"), "e-mail"),
        ] {
            let told = wrong.contact(us).expect_err(words);
            assert!(told.contains(words), "{told}");
        }
    }

    #[test]
    fn the_address_book_is_asked_for_where_there_is_a_choice() {
        let one = [("local".to_owned(), "Address book".to_owned())];
        let two = [one[0].clone(), ("hubspot".to_owned(), "HubSpot".to_owned())];
        assert!(page("f", &one, None, true).pointer("/schema/properties/connector").is_none());
        let titles = page("f", &two, None, true)["schema"]["properties"]["connector"]["oneOf"].clone();
        assert_eq!(titles[1], json!({"const": "hubspot", "title": "HubSpot"}));
        assert_eq!(form_id(&page_id("f")), Some("f"));
        assert_eq!(form_id("other"), None);
    }
}
