//! An upstream in memory that does what a test tells it: pages, cursors, deletions, and every fault.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use trunkline::connectors::{Connector, Webhook, WebhookProblem};
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{
    Account, Capabilities, Change, ChangePage, IdPage, LogFormat, NewContact, Next, Record, Trouble, UpdateLog,
    UpstreamError,
};

/// Changes of one page.
pub const PAGE: usize = 50;

#[derive(Debug, Default)]
struct World {
    contacts: BTreeMap<String, (u64, Value)>,
    /// Deletions with the time they happened at.
    deleted: BTreeMap<String, u64>,
    time: u64,
    faults: VecDeque<Option<UpstreamError>>,
    /// Ids a listing forgets, though they are there.
    hidden: Vec<String>,
    forgets_cursors: bool,
    repeats: bool,
    tells_deletions: bool,
    asked: Vec<String>,
}

/// The upstream; clones share it.
#[derive(Debug, Clone)]
pub struct Upstream {
    world: Arc<Mutex<World>>,
    /// Requests wait for a permit while the gate is closed.
    gate: Arc<Semaphore>,
}

impl Upstream {
    pub fn new() -> Self {
        let world = World { tells_deletions: true, ..World::default() };
        Self { world: Arc::new(Mutex::new(world)), gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS >> 1)) }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("a whole world")
    }

    pub fn put(&self, id: &str, name: &str, number: &str) {
        self.put_json(id, json!({"name": name, "phoneNumbers": [{"phoneNumber": number, "phoneType": "mobile"}]}));
    }

    pub fn put_json(&self, id: &str, contact: Value) {
        let mut world = self.world();
        world.time += 1;
        let time = world.time;
        world.deleted.remove(id);
        world.contacts.insert(id.to_owned(), (time, contact));
    }

    pub fn fill(&self, range: std::ops::Range<usize>) {
        for n in range {
            self.put(&format!("u{n:04}"), &format!("Person {n}"), &format!("+1650{:07}", 2_000_000 + n));
        }
    }

    pub fn delete(&self, id: &str) {
        let mut world = self.world();
        world.time += 1;
        let time = world.time;
        world.contacts.remove(id).unwrap_or_else(|| panic!("{id} is not there"));
        world.deleted.insert(id.to_owned(), time);
    }

    /// Deletions are not told as changes any more.
    pub fn hide_deletions(&self) {
        self.world().tells_deletions = false;
    }

    /// The next requests fail so, one each.
    pub fn fail(&self, faults: impl IntoIterator<Item = UpstreamError>) {
        self.world().faults.extend(faults.into_iter().map(Some));
    }

    /// After some good answers, one request fails so.
    pub fn fail_after(&self, good: usize, fault: UpstreamError) {
        self.world().faults.extend((0..good).map(|_| None).chain([Some(fault)]));
    }

    /// Faults that nothing has met yet are gone.
    pub fn mend(&self) {
        self.world().faults.clear();
    }

    /// Requests hang from now on.
    pub fn close_gate(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Requests that hang go on.
    pub fn open_gate(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS >> 1);
    }

    pub fn hide(&self, ids: &[&str]) {
        self.world().hidden = ids.iter().map(ToString::to_string).collect();
    }

    pub fn forget_cursors(&self, forgets: bool) {
        self.world().forgets_cursors = forgets;
    }

    pub fn repeat(&self, repeats: bool) {
        self.world().repeats = repeats;
    }

    /// What was asked since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.world().asked)
    }

    async fn enter(&self, what: String) -> Result<(), UpstreamError> {
        self.world().asked.push(what);
        drop(self.gate.acquire().await.expect("open"));
        match self.world().faults.pop_front() {
            Some(Some(fault)) => Err(fault),
            Some(None) | None => Ok(()),
        }
    }
}

fn record(id: &str, time: u64, contact: &Value) -> Record {
    let Value::Object(map) = contact.clone() else { panic!("an object") };
    let mut record = Record {
        external_id: id.to_owned(),
        version: Some(time.to_string()),
        modified_ms: i64::try_from(time).ok(),
        contact: map,
        raw: contact.clone(),
        ..Record::default()
    };
    record.facets.tags =
        contact["tags"].as_array().into_iter().flatten().map(|t| t.as_str().expect("a tag").to_owned()).collect();
    record
}

#[async_trait]
impl Connector for Upstream {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            incremental: true,
            deletions: self.world().tells_deletions,
            create_contact: true,
            update_contact: false,
            write_call_log: false,
            write_message_log: false,
            find_log: false,
            update_log: UpdateLog::None,
            read_log: false,
            log_format: LogFormat::Text,
            per_operator: false,
        }
    }

    /// Cursors are `after.position`: changes with a time beyond `after`, in the order of ids beyond a position.
    async fn list_changes(&self, cursor: Option<&str>) -> Result<ChangePage, UpstreamError> {
        self.enter(format!("changes {}", cursor.unwrap_or("-"))).await?;
        let world = self.world();
        if world.forgets_cursors && cursor.is_some() {
            return Err(UpstreamError::new(Trouble::Gone, "this cursor is not known"));
        }
        let (after, start, position) = match cursor {
            None => (0, world.time, String::new()),
            Some(text) => {
                let parts: Vec<&str> = text.splitn(3, '.').collect();
                (parts[0].parse().expect("after"), parts[1].parse().expect("start"), parts[2].to_owned())
            }
        };
        let start = if position.is_empty() { world.time } else { start };
        let mut changes = Vec::new();
        if position.is_empty() && after > 0 && world.tells_deletions {
            for (id, time) in world.deleted.iter().filter(|(_, time)| **time > after) {
                changes.push(Change::Delete { external_id: id.clone(), at_ms: i64::try_from(*time).ok() });
            }
        }
        let rows: Vec<_> = world
            .contacts
            .iter()
            .filter(|(id, (time, _))| *time > after && **id > position && !world.hidden.contains(id))
            .take(PAGE)
            .collect();
        changes.extend(rows.iter().map(|(id, (time, contact))| Change::Upsert(Box::new(record(id, *time, contact)))));
        let full = rows.len() == PAGE;
        let next = match rows.last() {
            _ if world.repeats => Next::More(format!("{after}.{start}.")),
            Some((id, _)) if full => Next::More(format!("{after}.{start}.{id}")),
            _ => Next::Done(Some(format!("{start}.{start}."))),
        };
        Ok(ChangePage { changes, next, total: Some(world.contacts.len() as u64) })
    }

    async fn list_ids(&self, page: Option<&str>) -> Result<IdPage, UpstreamError> {
        self.enter(format!("ids {}", page.unwrap_or("-"))).await?;
        let world = self.world();
        let after = page.unwrap_or_default();
        let ids: Vec<_> = world
            .contacts
            .iter()
            .filter(|(id, _)| id.as_str() > after && !world.hidden.contains(id))
            .take(PAGE)
            .map(|(id, (time, _))| (id.clone(), Some(time.to_string())))
            .collect();
        let next = (ids.len() == PAGE).then(|| ids[PAGE - 1].0.clone());
        Ok(IdPage { ids, next })
    }

    async fn fetch(&self, external_ids: &[String]) -> Result<Vec<Record>, UpstreamError> {
        self.enter(format!("fetch {}", external_ids.len())).await?;
        let world = self.world();
        let found = external_ids.iter().filter_map(|id| world.contacts.get(id).map(|(time, c)| record(id, *time, c)));
        Ok(found.collect())
    }

    async fn create_contact(&self, _: &Whose, contact: &NewContact) -> Result<Record, UpstreamError> {
        self.enter("create".to_owned()).await?;
        let phones: Vec<Value> = contact
            .phone_numbers
            .iter()
            .map(|phone| json!({"phoneNumber": phone.phone_number, "phoneType": phone.phone_type}))
            .collect();
        let id = format!("new{}", self.world().time);
        self.put_json(&id, json!({"name": contact.name, "phoneNumbers": phones}));
        let world = self.world();
        let (time, stored) = &world.contacts[&id];
        Ok(record(&id, *time, stored))
    }

    async fn who_am_i(&self, _: &Whose) -> Result<Account, UpstreamError> {
        self.enter("who".to_owned()).await?;
        Ok(Account { id: "1".into(), name: "service@crm.example".into() })
    }

    fn check_webhook(&self, hook: &Webhook<'_>) -> Result<(), WebhookProblem> {
        if hook.body == b"{\"signed\":true}" { Ok(()) } else { Err(WebhookProblem::Signature) }
    }
}
