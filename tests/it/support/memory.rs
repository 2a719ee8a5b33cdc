//! An upstream in memory with its connector, sound or with one flaw: to see that the conformance suite
//! sees.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use serde_json::json;
use trunkline::connectors::{Connector, SharedConnector};
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{
    Account, Capabilities, Change, ChangePage, IdPage, LogEntry, LogFormat, LogKind, NewContact, Next, Record, Trouble,
    UpdateLog, UpstreamError,
};

use crate::conformance::{Person, SeenLog, World};

/// Changes on a page.
const PAGE: usize = 7;

/// What is wrong with a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    None,
    HidesDeletions,
    SweepsOnlyOnePage,
    SweepForgetsNew,
    /// The cursor after a run is of its end, so that what changed in its middle is lost.
    CursorOfTheEnd,
    CutsRunsShort,
    NeverEnds,
    FetchesTheDead,
    MakesTwice,
    AnswersOtherThanMade,
    DropsWhatItDoesNotKnow,
    ChangesTheDead,
    SilentAboutCursors,
    DownForWrongKeys,
    FindsAnyLog,
    FindsNoLog,
    LogsAgain,
    LosesLogs,
    TakesEmptyContacts,
}

#[derive(Debug, Default)]
struct Store {
    rows: BTreeMap<String, Row>,
    revision: u64,
    logs: Vec<(LogKind, String, SeenLog)>,
}

#[derive(Debug, Clone)]
struct Row {
    revision: u64,
    contact: Option<NewContact>,
    marked: bool,
}

impl Store {
    fn write(&mut self, id: &str, contact: Option<NewContact>, marked: bool) {
        self.revision += 1;
        self.rows.insert(id.to_owned(), Row { revision: self.revision, contact, marked });
    }

    fn fresh_id(&self) -> String {
        format!("id-{:05}", self.revision)
    }

    fn log(&mut self, entry: &LogEntry) -> String {
        let id = format!("log-{}", self.logs.len());
        let seen = SeenLog { id: id.clone(), text: format!("{}\n{}", entry.subject, entry.body) };
        self.logs.push((entry.kind, entry.key.clone(), seen));
        id
    }
}

fn record(id: &str, row: &Row) -> Option<Record> {
    let contact = row.contact.as_ref()?;
    let json = json!({
        "name": contact.name, "emails": contact.emails,
        "phoneNumbers": serde_json::to_value(&contact.phone_numbers).expect("json"),
    });
    let contact = json.as_object().expect("an object").clone();
    Some(Record { external_id: id.to_owned(), version: Some(row.revision.to_string()), contact, ..Record::default() })
}

#[derive(Debug)]
struct Memory {
    store: Arc<Mutex<Store>>,
    flaw: Flaw,
    key: bool,
}

impl Memory {
    fn open(&self) -> Result<MutexGuard<'_, Store>, UpstreamError> {
        if self.key {
            return Ok(self.store.lock().expect("the store"));
        }
        let trouble = if self.flaw == Flaw::DownForWrongKeys { Trouble::Down } else { Trouble::Unauthorized };
        Err(UpstreamError::new(trouble, "the key is wrong"))
    }
}

fn gone() -> UpstreamError {
    UpstreamError::new(Trouble::Gone, "not there")
}

/// `from:to:after`: changes behind one revision up to another, and the last that was handed out.
fn cursor(text: &str) -> Option<(u64, u64, u64)> {
    let mut parts = text.split(':').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[async_trait]
impl Connector for Memory {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            incremental: true,
            deletions: true,
            create_contact: true,
            update_contact: true,
            write_call_log: true,
            write_message_log: false,
            find_log: true,
            update_log: UpdateLog::Replace,
            read_log: false,
            log_format: LogFormat::Text,
            per_operator: false,
        }
    }

    async fn list_changes(&self, text: Option<&str>) -> Result<ChangePage, UpstreamError> {
        let store = self.open()?;
        let at = match text.map(cursor) {
            None => (0, store.revision, 0),
            Some(Some((from, to, after))) if to == after => (from.max(to), store.revision, to),
            Some(Some(at)) if at.1 <= store.revision => at,
            Some(_) if self.flaw == Flaw::SilentAboutCursors => (store.revision, store.revision, store.revision),
            Some(_) => return Err(gone()),
        };
        let (from, to, after) = at;
        let late = self.flaw == Flaw::CursorOfTheEnd;
        let due = |row: &Row| row.revision > after && !(late && row.revision > to);
        let mut rows: Vec<(&String, &Row)> = store.rows.iter().filter(|(_, row)| due(row)).collect();
        rows.sort_by_key(|(_, row)| row.revision);
        let deletes = self.flaw != Flaw::HidesDeletions;
        let page: Vec<(&String, &Row)> = rows.iter().take(PAGE).copied().collect();
        let changes = page.iter().filter_map(|(id, row)| match record(id, row) {
            Some(record) => Some(Change::Upsert(Box::new(record))),
            None => deletes.then(|| Change::Delete { external_id: (*id).clone(), at_ms: None }),
        });
        let changes = changes.collect();
        let last = page.last().map_or(to, |(_, row)| row.revision);
        let end = if late { store.revision } else { to.max(last) };
        let more = rows.len() > PAGE && self.flaw != Flaw::CutsRunsShort;
        let next = if self.flaw == Flaw::NeverEnds && !page.is_empty() {
            Next::More(format!("{from}:{to}:{after}"))
        } else if more {
            Next::More(format!("{from}:{to}:{last}"))
        } else {
            Next::Done(Some(format!("{end}:{end}:{end}")))
        };
        Ok(ChangePage { changes, next, total: None })
    }

    async fn list_ids(&self, page: Option<&str>) -> Result<IdPage, UpstreamError> {
        let store = self.open()?;
        let after = page.unwrap_or_default();
        let mut rows: Vec<(&String, &Row)> =
            store.rows.iter().filter(|(id, row)| row.contact.is_some() && id.as_str() > after).collect();
        if self.flaw == Flaw::SweepForgetsNew {
            rows.retain(|(_, row)| row.revision + 3 < store.revision);
        }
        let ids: Vec<(String, Option<String>)> =
            rows.iter().take(PAGE).map(|(id, row)| ((*id).clone(), Some(row.revision.to_string()))).collect();
        let more = rows.len() > PAGE && self.flaw != Flaw::SweepsOnlyOnePage;
        let next = ids.last().filter(|_| more).map(|(id, _)| id.clone());
        Ok(IdPage { ids, next })
    }

    async fn fetch(&self, ids: &[String]) -> Result<Vec<Record>, UpstreamError> {
        let store = self.open()?;
        let dead = Row { revision: 0, contact: Some(ada()), marked: false };
        let row = |id: &String| {
            let row = store.rows.get(id)?;
            let row = if self.flaw == Flaw::FetchesTheDead && row.contact.is_none() { &dead } else { row };
            record(id, row)
        };
        Ok(ids.iter().filter_map(row).collect())
    }

    async fn create_contact(&self, _: &Whose, contact: &NewContact) -> Result<Record, UpstreamError> {
        let mut store = self.open()?;
        if *contact == NewContact::default() && self.flaw != Flaw::TakesEmptyContacts {
            return Err(UpstreamError::new(Trouble::Rejected, "empty"));
        }
        let mut id = String::new();
        for _ in 0..if self.flaw == Flaw::MakesTwice { 2 } else { 1 } {
            id = store.fresh_id();
            store.write(&id, Some(contact.clone()), false);
        }
        let mut made = record(&id, &store.rows[&id]).ok_or_else(gone)?;
        if self.flaw == Flaw::AnswersOtherThanMade {
            made.contact.insert("name".to_owned(), "Somebody".into());
        }
        Ok(made)
    }

    async fn update_contact(&self, _: &Whose, id: &str, contact: &NewContact) -> Result<Record, UpstreamError> {
        let mut store = self.open()?;
        let row = store.rows.get(id).cloned().ok_or_else(gone)?;
        if row.contact.is_none() && self.flaw != Flaw::ChangesTheDead {
            return Err(gone());
        }
        store.write(id, Some(contact.clone()), row.marked && self.flaw != Flaw::DropsWhatItDoesNotKnow);
        record(id, &store.rows[id]).ok_or_else(gone)
    }

    async fn find_log(&self, _: &Whose, kind: LogKind, key: &str) -> Result<Option<String>, UpstreamError> {
        let store = self.open()?;
        let any = self.flaw == Flaw::FindsAnyLog;
        let mut logs = store.logs.iter().filter(|(its, known, _)| *its == kind && (any || known == key));
        Ok(logs.next().map(|(_, _, log)| log.id.clone()).filter(|_| self.flaw != Flaw::FindsNoLog))
    }

    async fn create_log(&self, _: &Whose, entry: &LogEntry) -> Result<String, UpstreamError> {
        if entry.kind == LogKind::Message {
            return Err(UpstreamError::new(Trouble::Rejected, "no messages"));
        }
        let mut store = self.open()?;
        Ok(if self.flaw == Flaw::LosesLogs { "log-0".to_owned() } else { store.log(entry) })
    }

    async fn update_log(&self, _: &Whose, id: &str, entry: &LogEntry) -> Result<(), UpstreamError> {
        let mut store = self.open()?;
        if self.flaw == Flaw::LogsAgain {
            store.log(entry);
            return Ok(());
        }
        let (_, _, log) = store.logs.iter_mut().find(|(_, _, log)| log.id == id).ok_or_else(gone)?;
        log.text = format!("{}\n{}", entry.subject, entry.body);
        Ok(())
    }

    async fn who_am_i(&self, _: &Whose) -> Result<Account, UpstreamError> {
        self.open().map(|_| Account { id: "1".to_owned(), name: "Ada".to_owned() })
    }
}

fn ada() -> NewContact {
    NewContact { name: "Ada Lovelace".to_owned(), ..NewContact::default() }
}

/// The world of such a connector.
pub struct MemoryWorld {
    store: Arc<Mutex<Store>>,
    flaw: Flaw,
}

impl MemoryWorld {
    pub fn with(flaw: Flaw) -> Self {
        Self { store: Arc::default(), flaw }
    }

    fn memory(&self, key: bool) -> SharedConnector {
        Arc::new(Memory { store: Arc::clone(&self.store), flaw: self.flaw, key })
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().expect("the store")
    }
}

fn written(person: &Person) -> NewContact {
    let phones = person.phones.iter().map(|(number, kind)| json!({"phoneNumber": number, "phoneType": kind}));
    let phones = serde_json::from_value(phones.collect()).expect("phones");
    NewContact {
        name: person.name(),
        phone_numbers: phones,
        emails: person.email.iter().cloned().collect(),
        ..NewContact::default()
    }
}

#[async_trait]
impl World for MemoryWorld {
    fn connector(&self) -> SharedConnector {
        self.memory(true)
    }

    fn locked_out(&self) -> Option<SharedConnector> {
        Some(self.memory(false))
    }

    fn unknown_cursor(&self) -> Option<String> {
        Some("0:999999:5".to_owned())
    }

    fn crowd(&self) -> usize {
        3 * PAGE
    }

    async fn add(&mut self, people: &[Person]) -> Vec<String> {
        let mut store = self.store();
        let add = |person: &Person| {
            let id = store.fresh_id();
            store.write(&id, Some(written(person)), false);
            id
        };
        people.iter().map(add).collect()
    }

    async fn edit(&mut self, id: &str, person: &Person) {
        self.store().write(id, Some(written(person)), false);
    }

    async fn delete(&mut self, id: &str) {
        self.store().write(id, None, false);
    }

    async fn mark(&mut self, id: &str) -> bool {
        let mut store = self.store();
        let contact = store.rows[id].contact.clone();
        store.write(id, contact, true);
        true
    }

    async fn is_marked(&mut self, id: &str) -> bool {
        self.store().rows[id].marked
    }

    async fn logs(&mut self, kind: LogKind) -> Vec<SeenLog> {
        let store = self.store();
        store.logs.iter().filter(|(its, _, _)| *its == kind).map(|(_, _, log)| log.clone()).collect()
    }
}
