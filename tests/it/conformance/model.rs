//! The engine's part, in memory: what a connector hands out, applied.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use trunkline::connectors::Connector;
use trunkline::domain::contact::Contact;
use trunkline::domain::phone::{Number, Region};
use trunkline::domain::upstream::{Change, ChangePage, NewContact, Next, Record, UpstreamError};

use super::world::Person;

/// More pages than this never end.
const MAX_PAGES: usize = 10_000;

/// What a person sees of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub name: String,
    /// Keys of the numbers, with kinds.
    pub phones: BTreeSet<(String, String)>,
    pub emails: BTreeSet<String>,
}

impl Seen {
    /// A record as the engine would store it: it must pass the domain's rules.
    pub fn of(record: &Record) -> Self {
        assert!(!record.external_id.is_empty(), "a record without an id: {record:?}");
        assert!(record.contact.get("id").is_none(), "the id is the engine's to give: {record:?}");
        let value = Value::Object(record.contact.clone());
        let contact = Contact::from_json(value, Some("x"), Region::from_code("US"))
            .unwrap_or_else(|error| panic!("{error}: {record:?}"));
        let phones =
            contact.phone_numbers.iter().map(|phone| (phone.phone_number.clone(), phone.phone_type.to_owned()));
        Self { name: contact.name.clone(), phones: phones.collect(), emails: contact.emails.iter().cloned().collect() }
    }

    pub fn person(person: &Person) -> Self {
        let phones = person.phones.iter().map(|(number, kind)| (key(number), (*kind).to_owned())).collect();
        Self { name: person.name(), phones, emails: person.email.iter().cloned().collect() }
    }

    pub fn new_contact(contact: &NewContact) -> Self {
        let phones = contact.phone_numbers.iter().map(|phone| (key(&phone.phone_number), phone.phone_type.clone()));
        let name = contact.name.clone();
        Self { name, phones: phones.collect(), emails: contact.emails.iter().cloned().collect() }
    }
}

fn key(number: &str) -> String {
    Number::parse(number, Region::from_code("US")).expect("a number").dialable()
}

/// What is known of an upstream.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub records: BTreeMap<String, Record>,
    /// Where the last run ended.
    pub cursor: Option<String>,
}

impl Model {
    /// A run to its end: how many pages and changes it had. On trouble nothing is kept but the pages
    /// before it.
    pub async fn run(&mut self, connector: &dyn Connector) -> Result<Ran, UpstreamError> {
        let mut ran = Ran::default();
        let mut asked: BTreeSet<String> = BTreeSet::new();
        loop {
            let page = connector.list_changes(self.cursor.as_deref()).await?;
            ran.pages += 1;
            ran.changes += page.changes.len();
            assert!(ran.pages < MAX_PAGES, "the run does not end");
            match self.apply(page) {
                Next::Done(_) => return Ok(ran),
                Next::More(cursor) => assert!(asked.insert(cursor.clone()), "{cursor} leads to itself"),
            }
        }
    }

    /// One page, and its cursor.
    pub fn apply(&mut self, page: ChangePage) -> Next {
        for change in page.changes {
            match change {
                Change::Upsert(record) => {
                    Seen::of(&record);
                    self.records.insert(record.external_id.clone(), *record);
                }
                Change::Delete { external_id, .. } => {
                    self.records.remove(&external_id);
                }
            }
        }
        self.cursor = match &page.next {
            Next::More(cursor) => Some(cursor.clone()),
            Next::Done(cursor) => cursor.clone(),
        };
        page.next
    }

    /// A sweep: what is not listed is deleted, what is listed with another version is fetched.
    pub async fn sweep(&mut self, connector: &dyn Connector) {
        let mut listed: BTreeMap<String, Option<String>> = BTreeMap::new();
        let (mut page, mut pages) = (None, 0);
        loop {
            let ids = connector.list_ids(page.as_deref()).await.unwrap_or_else(|error| panic!("a sweep: {error}"));
            listed.extend(ids.ids);
            pages += 1;
            assert!(pages < MAX_PAGES, "the sweep does not end");
            assert!(ids.next.is_none() || ids.next != page, "a page of ids leads to itself");
            page = ids.next;
            if page.is_none() {
                break;
            }
        }
        self.records.retain(|id, _| listed.contains_key(id));
        let differs = |id: &str, version: &Option<String>| match self.records.get(id) {
            None => true,
            Some(record) => version.is_some() && record.version != *version,
        };
        let wanted: Vec<String> =
            listed.iter().filter(|(id, version)| differs(id, version)).map(|(id, _)| id.clone()).collect();
        if !wanted.is_empty() {
            let found = connector.fetch(&wanted).await.unwrap_or_else(|error| panic!("a fetch: {error}"));
            self.records.extend(found.into_iter().map(|record| (record.external_id.clone(), record)));
        }
    }

    /// What a person sees of each contact.
    pub fn seen(&self) -> BTreeMap<String, Seen> {
        self.records.iter().map(|(id, record)| (id.clone(), Seen::of(record))).collect()
    }

    #[track_caller]
    pub fn shows(&self, id: &str, expected: &Seen) {
        let known: Vec<&String> = self.records.keys().take(20).collect();
        let record = self.records.get(id).unwrap_or_else(|| panic!("{id} is missing among {known:?}"));
        assert_eq!(&Seen::of(record), expected, "{id}");
    }
}

/// What a run had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ran {
    pub pages: usize,
    pub changes: usize,
}
