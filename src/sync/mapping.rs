//! From an upstream's record to a contact of the address book: filter, fields, and what is too much.

use serde_json::{Map, Value, json};

use crate::config::{ConnectorConfig, FilterConfig};
use crate::domain::connector_state::contact_id;
use crate::domain::contact::Contact;
use crate::domain::phone::Region;
use crate::domain::upstream::{Facets, Record};

/// Numbers and addresses of a record beyond this are left out: it is a broken record, but somebody's.
const MAX_ENTRIES: usize = 200;
/// Text of a field beyond this is cut, in bytes.
const MAX_TEXT: usize = 1000;
/// Further fields beyond this are left out, in bytes of their JSON.
const MAX_FURTHER: usize = 16 * 1024;
/// Fields a phone needs, whatever the list of fields says.
const ALWAYS: [&str; 4] = ["name", "firstName", "lastName", "phoneNumbers"];

/// How a connector's records become contacts.
#[derive(Debug, Clone)]
pub(super) struct Mapping {
    connector: String,
    region: Option<Region>,
    filter: FilterConfig,
    fields: Vec<String>,
    /// The name of the source, for people.
    source_name: String,
}

/// What became of a record.
#[derive(Debug)]
pub(super) enum Mapped {
    /// A contact.
    Contact(Box<Contact>),
    /// Left out by the filter.
    Filtered,
    /// Not to be taken, and why.
    Refused(String),
}

impl Mapping {
    pub(super) fn new(connector: &str, config: &ConnectorConfig, region: Option<Region>) -> Self {
        Self {
            connector: connector.to_owned(),
            region: config.region().or(region),
            filter: config.filter.clone(),
            fields: config.fields.clone(),
            source_name: config.display_name(connector).to_owned(),
        }
    }

    /// Changes when contacts would be mapped otherwise than before.
    pub(super) fn fingerprint(&self) -> String {
        format!("{:?} {:?} {:?} {:?}", self.region, self.filter, self.fields, self.source_name)
    }

    pub(super) fn connector(&self) -> &str {
        &self.connector
    }

    pub(super) fn contact_id(&self, external_id: &str) -> String {
        contact_id(&self.connector, external_id)
    }

    /// Maps one record, unless the filter leaves it out.
    pub(super) fn map(&self, record: Record) -> Mapped {
        if !passes(&self.filter, &record.facets) {
            return Mapped::Filtered;
        }
        self.map_unfiltered(record)
    }

    /// Maps one record: what an operator has just made is kept whatever the filter says.
    pub(super) fn map_unfiltered(&self, record: Record) -> Mapped {
        let mut contact = record.contact;
        trim(&mut contact);
        if !self.fields.is_empty() {
            contact.retain(|key, _| ALWAYS.contains(&key.as_str()) || self.fields.iter().any(|field| field == key));
        }
        // What a widget shows beside a name.
        contact.entry("description").or_insert_with(|| json!(self.source_name));
        contact.insert("source".into(), json!(self.connector));
        contact.insert("sourceName".into(), json!(self.source_name));
        let id = self.contact_id(&record.external_id);
        match Contact::from_json(Value::Object(contact), Some(&id), self.region) {
            Ok(contact) => Mapped::Contact(Box::new(contact)),
            Err(problem) => Mapped::Refused(problem.to_string()),
        }
    }
}

fn passes(filter: &FilterConfig, facets: &Facets) -> bool {
    let meets = |wanted: &[String], there: &[String]| {
        wanted.is_empty() || wanted.iter().any(|want| there.iter().any(|have| have.eq_ignore_ascii_case(want)))
    };
    meets(&filter.owner, &facets.owners)
        && meets(&filter.list, &facets.lists)
        && meets(&filter.tag, &facets.tags)
        && filter.field.iter().all(|(field, wanted)| meets(wanted, &texts(facets.fields.get(field))))
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().flat_map(|item| texts(Some(item))).collect(),
        Some(other) => vec![other.to_string()],
    }
}

/// Cuts what no phone needs, so that one broken record neither stops a sync nor reaches a browser.
fn trim(contact: &mut Map<String, Value>) {
    for key in ["phoneNumbers", "emails"] {
        if let Some(Value::Array(items)) = contact.get_mut(key) {
            items.truncate(MAX_ENTRIES);
            items.iter_mut().for_each(cut);
        }
    }
    contact.values_mut().for_each(cut);
    let known = |key: &str| {
        matches!(key, "phoneNumbers" | "emails" | "company" | "department" | "jobTitle" | "profileImageUrl")
            || ALWAYS.contains(&key)
    };
    let mut room = MAX_FURTHER;
    contact.retain(|key, value| {
        if known(key) {
            return true;
        }
        let size = key.len() + value.to_string().len();
        let fits = size <= room;
        room -= if fits { size } else { 0 };
        fits
    });
}

fn cut(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > MAX_TEXT => {
            let end = (0..=MAX_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(end);
        }
        Value::Object(map) => map.values_mut().for_each(cut),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(config: &ConnectorConfig) -> Mapping {
        Mapping::new("crm", config, Region::from_code("US"))
    }

    fn record(contact: Value) -> Record {
        let Value::Object(contact) = contact else { panic!("an object") };
        Record { external_id: "7".into(), contact, ..Record::default() }
    }

    fn mapped(config: &ConnectorConfig, record: Record) -> Value {
        match mapping(config).map(record) {
            Mapped::Contact(contact) => serde_json::from_str(&contact.to_json()).expect("json"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_broken_record_is_cut_to_what_a_phone_needs() {
        let phones: Vec<Value> =
            (0..500).map(|n| json!({"phoneNumber": format!("+1650555{n:04}"), "phoneType": "mobile"})).collect();
        let note = "é".repeat(2_500_000);
        let contact = mapped(
            &ConnectorConfig::default(),
            record(json!({"name": "Ada", "phoneNumbers": phones, "note": note, "company": "x".repeat(5000)})),
        );
        assert_eq!(contact["phoneNumbers"].as_array().expect("numbers").len(), 200);
        assert_eq!(contact["note"].as_str().expect("a note").len(), 1000);
        assert_eq!(contact["company"].as_str().expect("a company").len(), 1000);
        assert_eq!((&contact["id"], &contact["source"]), (&json!("crm:7"), &json!("crm")));
    }

    #[test]
    fn further_fields_are_bounded_together() {
        let mut body = json!({"name": "Ada"});
        for n in 0..100 {
            body[format!("field{n}")] = json!("y".repeat(900));
        }
        let contact = mapped(&ConnectorConfig::default(), record(body));
        assert!(contact.to_string().len() < 20 * 1024, "{}", contact.to_string().len());
    }

    #[test]
    fn only_listed_fields_are_kept() {
        let config = ConnectorConfig { fields: vec!["company".into()], ..ConnectorConfig::default() };
        let contact = mapped(
            &config,
            record(json!({"firstName": "Ada", "lastName": "Lovelace", "company": "Engines", "emails": ["a@b.example"],
                "birthday": "1815-12-10"})),
        );
        assert_eq!((&contact["name"], &contact["company"]), (&json!("Ada Lovelace"), &json!("Engines")));
        assert_eq!((&contact["emails"], contact.get("birthday")), (&json!([]), None));
    }

    #[test]
    fn filters_are_met_all_together() {
        let mut config = ConnectorConfig::default();
        config.filter.tag = vec!["VIP".into()];
        config.filter.field.insert("stage".into(), vec!["customer".into(), "3".into()]);
        let facets = |tags: &[&str], stage: Value| {
            let mut record = record(json!({"name": "Ada"}));
            record.facets.tags = tags.iter().map(ToString::to_string).collect();
            record.facets.fields.insert("stage".into(), stage);
            matches!(mapping(&config).map(record), Mapped::Contact(_))
        };
        assert!(facets(&["x", "vip"], json!("Customer")));
        assert!(facets(&["vip"], json!(3)) && facets(&["vip"], json!(["lead", "customer"])));
        assert!(!facets(&["vip"], json!("lead")));
        assert!(!facets(&[], json!("customer")));
        assert!(!facets(&["vip"], Value::Null));
    }
}
