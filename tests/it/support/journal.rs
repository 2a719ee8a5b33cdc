//! A CRM that takes logs: in memory, with faults before and after what it writes, and with as many or as
//! few abilities as a test asks for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use trunkline::connectors::{Connector, SharedConnector};
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{
    Account, Capabilities, ChangePage, IdPage, LogEntry, LogFormat, LogKind, NewContact, Record, Trouble, UpdateLog,
    UpstreamError,
};

use tokio::sync::Semaphore;

use super::upstream::Upstream;

/// A log as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub id: String,
    pub key: String,
    pub kind: LogKind,
    pub contact: Option<String>,
    pub text: String,
    pub form: String,
}

/// What happens to a write.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Nothing is written.
    Before(UpstreamError),
    /// It is written, and the answer is trouble.
    After(UpstreamError),
    /// It is written, and no answer ever comes.
    Hangs,
    /// It is written and answered when there is a permit.
    Held(Arc<Semaphore>),
}

#[derive(Debug, Default)]
struct Book {
    logs: Vec<Held>,
    faults: VecDeque<Fault>,
    down: Option<UpstreamError>,
    asked: Vec<String>,
}

/// The CRM; clones share it.
#[derive(Debug, Clone)]
pub struct Journal {
    pub people: Upstream,
    book: Arc<Mutex<Book>>,
    update: UpdateLog,
    find: bool,
    read: bool,
    format: LogFormat,
}

impl Journal {
    pub fn new() -> Self {
        Self {
            people: Upstream::new(),
            book: Arc::default(),
            update: UpdateLog::Replace,
            find: true,
            read: false,
            format: LogFormat::Text,
        }
    }

    pub fn updates(self, update: UpdateLog) -> Self {
        Self { update, ..self }
    }

    pub fn finds(self, find: bool) -> Self {
        Self { find, ..self }
    }

    pub fn reads(self, read: bool) -> Self {
        Self { read, ..self }
    }

    pub fn writes(self, format: LogFormat) -> Self {
        Self { format, ..self }
    }

    pub fn connector(&self) -> SharedConnector {
        Arc::new(self.clone())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("a whole book")
    }

    /// The next writes have these faults.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.book().faults.extend(faults);
    }

    /// Every request ends so, until `None`.
    pub fn down(&self, error: Option<UpstreamError>) {
        self.book().down = error;
    }

    pub fn logs(&self) -> Vec<Held> {
        self.book().logs.clone()
    }

    /// Somebody edits a log in the CRM.
    pub fn edit(&self, id: &str, edit: impl FnOnce(&mut String)) {
        let mut book = self.book();
        edit(&mut book.logs.iter_mut().find(|log| log.id == id).expect("there").text);
    }

    pub fn delete(&self, id: &str) {
        self.book().logs.retain(|log| log.id != id);
    }

    /// Requests about logs since this was asked last.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.book().asked)
    }

    async fn write<T>(
        &self,
        word: &str,
        write: impl FnOnce(&mut Book) -> Result<T, UpstreamError>,
    ) -> Result<T, UpstreamError> {
        let fault = {
            let mut book = self.book();
            book.asked.push(word.to_owned());
            if let Some(error) = &book.down {
                return Err(error.clone());
            }
            book.faults.pop_front()
        };
        match &fault {
            Some(Fault::Before(error)) => return Err(error.clone()),
            Some(Fault::Held(gate)) => gate.acquire().await.expect("an open gate").forget(),
            _ => {}
        }
        let done = write(&mut self.book());
        match fault {
            Some(Fault::After(error)) => Err(error.unclear()),
            Some(Fault::Hangs) => std::future::pending().await,
            _ => done,
        }
    }
}

pub fn down() -> UpstreamError {
    UpstreamError::new(Trouble::Down, "the CRM is down")
}

fn held(entry: &LogEntry, id: String) -> Held {
    Held {
        id,
        key: entry.key.clone(),
        kind: entry.kind,
        contact: entry.contact_id.clone(),
        text: entry.body.clone(),
        form: serde_json::to_string(&entry.form).expect("json"),
    }
}

#[async_trait]
impl Connector for Journal {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            write_call_log: true,
            write_message_log: true,
            find_log: self.find,
            update_log: self.update,
            read_log: self.read,
            log_format: self.format,
            ..self.people.capabilities()
        }
    }

    async fn list_changes(&self, cursor: Option<&str>) -> Result<ChangePage, UpstreamError> {
        self.people.list_changes(cursor).await
    }

    async fn list_ids(&self, page: Option<&str>) -> Result<IdPage, UpstreamError> {
        self.people.list_ids(page).await
    }

    async fn fetch(&self, external_ids: &[String]) -> Result<Vec<Record>, UpstreamError> {
        self.people.fetch(external_ids).await
    }

    async fn create_contact(&self, whose: &Whose, contact: &NewContact) -> Result<Record, UpstreamError> {
        self.people.create_contact(whose, contact).await
    }

    async fn find_log(&self, _: &Whose, kind: LogKind, key: &str) -> Result<Option<String>, UpstreamError> {
        let mut book = self.book();
        book.asked.push(format!("find {key}"));
        match &book.down {
            Some(error) => Err(error.clone()),
            None => Ok(book.logs.iter().find(|log| log.key == key && log.kind == kind).map(|log| log.id.clone())),
        }
    }

    async fn create_log(&self, _: &Whose, entry: &LogEntry) -> Result<String, UpstreamError> {
        if let Some(id) = entry.captured.get("id") {
            return Ok(id.as_str().expect("an id").to_owned());
        }
        self.write(&format!("create {}", entry.key), |book| {
            let id = format!("log-{}", book.logs.len());
            book.logs.push(held(entry, id.clone()));
            Ok(id)
        })
        .await
    }

    async fn update_log(&self, _: &Whose, id: &str, entry: &LogEntry) -> Result<(), UpstreamError> {
        let append = self.update == UpdateLog::Append;
        self.write(&format!("update {}", entry.key), |book| {
            let place = book.logs.iter().position(|log| log.id == id);
            let place = place.ok_or_else(|| UpstreamError::new(Trouble::Gone, "no such log"))?;
            if append {
                let further = format!("log-{}", book.logs.len());
                book.logs.push(held(entry, further));
            } else {
                let key = book.logs[place].key.clone();
                book.logs[place] = Held { key, ..held(entry, id.to_owned()) };
            }
            Ok(())
        })
        .await
    }

    async fn read_log(&self, _: &Whose, _: LogKind, id: &str) -> Result<String, UpstreamError> {
        let book = self.book();
        let found = book.logs.iter().find(|log| log.id == id);
        found.map(|log| log.text.clone()).ok_or_else(|| UpstreamError::new(Trouble::Gone, "no such log"))
    }

    async fn who_am_i(&self, whose: &Whose) -> Result<Account, UpstreamError> {
        self.people.who_am_i(whose).await
    }
}
