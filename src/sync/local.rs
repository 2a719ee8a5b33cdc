//! The built-in address book and journal, asked in the way of any connector.

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::connectors::Connector;
use crate::domain::clock::SharedClock;
use crate::domain::contact::Contact;
use crate::domain::credential::Whose;
use crate::domain::ids::new_id;
use crate::domain::phone::Region;
use crate::domain::upstream::{
    Account, Capabilities, Change, ChangePage, IdPage, LogFormat, NewContact, Next, Record, Trouble, UpdateLog,
    UpstreamError,
};
use crate::storage::contacts::{ContactBatch, LOCAL};
use crate::storage::{Storage, StorageError};

/// Contacts of one page.
const PAGE: u16 = 1000;

/// The address book of this daemon.
#[derive(Debug, Clone)]
pub struct Local {
    storage: Storage,
    clock: SharedClock,
    region: Option<Region>,
}

impl Local {
    /// Over a database.
    pub fn new(storage: Storage, clock: SharedClock, region: Option<Region>) -> Self {
        Self { storage, clock, region }
    }

    async fn write(&self, id: &str, body: Map<String, Value>) -> Result<Record, UpstreamError> {
        let contact = Contact::from_json(Value::Object(body), Some(id), self.region)
            .map_err(|problem| UpstreamError::new(Trouble::Rejected, problem))?;
        let mut batch = ContactBatch::default();
        batch.put(&contact);
        self.storage.write_contacts(batch).await.map_err(failed)?;
        record(id, &contact.to_json())
    }
}

#[async_trait]
impl Connector for Local {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            incremental: true,
            deletions: true,
            create_contact: true,
            update_contact: true,
            // The journal holds every log from the moment the widget hands it over.
            write_call_log: false,
            write_message_log: false,
            find_log: false,
            update_log: UpdateLog::None,
            read_log: false,
            log_format: LogFormat::Text,
            per_operator: false,
        }
    }

    async fn list_changes(&self, cursor: Option<&str>) -> Result<ChangePage, UpstreamError> {
        let gone = || UpstreamError::new(Trouble::Gone, "the stamp is too old, or not one of this database");
        let after = cursor.map_or(Ok(0), |text| text.parse::<i64>().map_err(|_| gone()))?;
        let stamps = self.storage.stamps().await.map_err(failed)?;
        if cursor.is_some() && (after < stamps.floor || after > stamps.last) {
            return Err(gone());
        }
        let rows = self.storage.list_local_changes(after, PAGE.into()).await.map_err(failed)?;
        let next = match rows.last() {
            Some((stamp, ..)) if rows.len() == usize::from(PAGE) => Next::More(stamp.to_string()),
            last => Next::Done(Some(last.map_or(after, |(stamp, ..)| *stamp).max(stamps.floor).to_string())),
        };
        let changes = rows
            .into_iter()
            .map(|(_, id, deleted, json)| {
                let gone = deleted.then(|| Change::Delete { external_id: id.clone(), at_ms: None });
                gone.map_or_else(|| Ok(Change::Upsert(Box::new(record(&id, &json)?))), Ok)
            })
            .collect::<Result<_, UpstreamError>>()?;
        Ok(ChangePage { changes, next, total: None })
    }

    async fn list_ids(&self, page: Option<&str>) -> Result<IdPage, UpstreamError> {
        let rows = self.storage.list_local_ids(page.unwrap_or_default(), PAGE.into()).await.map_err(failed)?;
        let next = (rows.len() == usize::from(PAGE)).then(|| rows.last().cloned()).flatten();
        Ok(IdPage { ids: rows.into_iter().map(|id| (id, None)).collect(), next })
    }

    async fn fetch(&self, external_ids: &[String]) -> Result<Vec<Record>, UpstreamError> {
        let ids: Vec<&str> = external_ids.iter().map(String::as_str).collect();
        let rows = self.storage.contacts_by_id(&ids).await.map_err(failed)?;
        rows.iter().map(|(id, json)| record(id, json)).collect()
    }

    async fn create_contact(&self, _: &Whose, contact: &NewContact) -> Result<Record, UpstreamError> {
        let id = new_id("ct", &*self.clock);
        self.write(&id, known_parts(contact)).await
    }

    async fn update_contact(&self, _: &Whose, id: &str, contact: &NewContact) -> Result<Record, UpstreamError> {
        let held = self.storage.find_contact(id).await.map_err(failed)?;
        let held = held.ok_or_else(|| UpstreamError::new(Trouble::Gone, "there is no contact with this id"))?;
        let mut body = record(id, &held)?.contact;
        if !(contact.first_name.is_empty() && contact.last_name.is_empty() && contact.name.is_empty()) {
            for part in ["name", "firstName", "lastName"] {
                body.shift_remove(part);
            }
        }
        body.extend(known_parts(contact));
        self.write(id, body).await
    }

    async fn who_am_i(&self, _: &Whose) -> Result<Account, UpstreamError> {
        Ok(Account { id: LOCAL.into(), name: "this daemon".into() })
    }
}

/// What was given, in the contact's own keys.
fn known_parts(contact: &NewContact) -> Map<String, Value> {
    let Ok(Value::Object(parts)) = serde_json::to_value(contact) else { return Map::new() };
    let given =
        |value: &Value| !matches!(value, Value::String(text) if text.is_empty()) && *value != Value::Array(vec![]);
    parts.into_iter().filter(|(_, value)| given(value)).collect()
}

fn record(id: &str, json: &str) -> Result<Record, UpstreamError> {
    let broken = |error| UpstreamError::new(Trouble::Broken, format!("a stored contact cannot be read: {error}"));
    let mut contact: Map<String, Value> = serde_json::from_str(json).map_err(broken)?;
    let raw = Value::Object(contact.clone());
    contact.shift_remove("id");
    Ok(Record { external_id: id.to_owned(), contact, raw, ..Record::default() })
}

fn failed(error: StorageError) -> UpstreamError {
    UpstreamError::new(Trouble::Down, error)
}
