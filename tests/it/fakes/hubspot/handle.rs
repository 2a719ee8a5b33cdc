//! Another client of the portal: the operations a test makes by hand.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trunkline::domain::clock::Clock;

use super::{HubSpot, Portal, Thing, writes};
use crate::fakes::lock;

impl HubSpot {
    /// Adds a contact with these properties; its id.
    pub fn add(&self, properties: &[(&str, &str)]) -> u64 {
        let now = self.clock.now_ms();
        let mut portal = lock(&self.portal);
        let id = portal.next_id();
        let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        portal.put(
            "contacts",
            Thing { id, properties, created: now, updated: now, archived: None, contacts: Vec::new() },
        );
        id
    }

    /// Adds many, all stamped alike: what a bulk import does.
    pub fn add_many(&self, count: usize) -> Vec<u64> {
        (0..count)
            .map(|n| {
                let phone = format!("+1650555{:04}", n % 10_000);
                self.add(&[("firstname", "Contact"), ("lastname", &n.to_string()), ("phone", &phone)])
            })
            .collect()
    }

    pub fn edit(&self, id: u64, properties: &[(&str, &str)]) {
        let body: BTreeMap<&str, &str> = properties.iter().copied().collect();
        let reply = writes::change(
            &mut lock(&self.portal),
            "contacts",
            &id.to_string(),
            None,
            &json!({"properties": body}),
            self.clock.now_ms(),
        );
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// A bulk operation: these contacts get the same time of change, and nothing else changes.
    pub fn stamp_all(&self, ids: &[u64]) {
        let now = self.clock.now_ms();
        let mut portal = lock(&self.portal);
        for id in ids {
            let mut thing = portal.thing("contacts", *id).expect("a contact").clone();
            thing.updated = now;
            portal.put("contacts", thing);
        }
    }

    pub fn archive(&self, id: u64) {
        writes::archive(&mut lock(&self.portal), "contacts", id, self.clock.now_ms());
    }

    /// Brings an archived contact back.
    pub fn restore(&self, id: u64) {
        let mut portal = lock(&self.portal);
        let mut thing = portal.thing("contacts", id).expect("a contact").clone();
        thing.archived = None;
        thing.updated = self.clock.now_ms();
        portal.put("contacts", thing);
    }

    pub fn merge(&self, winner: u64, loser: u64) {
        let reply = writes::merge(&mut lock(&self.portal), winner, loser, self.clock.now_ms());
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Archived contacts are forgotten for good, as after 90 days.
    pub fn purge(&self) {
        lock(&self.portal).purge();
    }

    /// An administrator makes a property.
    pub fn define(&self, kind: &str, name: &str, unique: bool) {
        lock(&self.portal).defined.push((kind.to_owned(), name.to_owned(), unique));
    }

    /// Search sees a write only so many requests later.
    pub fn lag(&self, requests: u64) {
        lock(&self.portal).lag = requests;
    }

    /// All objects of a kind, with their properties and the contacts they are associated with.
    pub fn written(&self, kind: &str) -> Vec<Value> {
        let portal = lock(&self.portal);
        let things = portal.things.get(kind).into_iter().flatten();
        things
            .map(
                |(id, thing)| json!({"id": id.to_string(), "properties": thing.properties, "contacts": thing.contacts}),
            )
            .collect()
    }
}

impl Portal {
    pub(super) fn next_id(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(super) fn thing(&self, kind: &str, id: u64) -> Option<&Thing> {
        self.things.get(kind)?.get(&id)
    }

    pub(super) fn forget(&mut self, kind: &str, id: u64) {
        if let Some(things) = self.things.get_mut(kind) {
            things.remove(&id);
        }
        self.wrote(kind, id);
    }

    pub(super) fn is_unique(&self, kind: &str, name: &str) -> bool {
        (kind == "contacts" && name == "email")
            || self.defined.iter().any(|(found, held, unique)| found == kind && held == name && *unique)
    }

    fn purge(&mut self) {
        for things in self.things.values_mut() {
            things.retain(|_, thing| thing.archived.is_none());
        }
    }
}
