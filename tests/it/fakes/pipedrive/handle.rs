//! Another client of the company: the operations a test makes by hand.

use serde_json::{Value, json};
use trunkline::domain::clock::Clock;

use super::{Company, Pipedrive, persons, time};
use crate::fakes::{Reply, lock};

impl Pipedrive {
    fn act(&self, work: impl FnOnce(&mut Company, i64) -> Reply) -> Value {
        let reply = work(&mut lock(&self.company), self.clock.now_ms() / 1000 * 1000);
        assert!(reply.status < 300, "{reply:?}");
        reply.body.unwrap_or_default()["data"].clone()
    }

    /// Adds a person; its id.
    pub fn add(&self, name: &str, phones: &[&str]) -> u64 {
        let phones: Vec<Value> =
            phones.iter().map(|phone| json!({"value": phone, "label": "work", "primary": false})).collect();
        let body = json!({"name": name, "phones": phones});
        self.act(|company, now| persons::create(company, &body, now))["id"].as_u64().expect("an id")
    }

    pub fn edit(&self, id: u64, body: &Value) {
        self.act(|company, now| persons::change(company, &id.to_string(), body, now));
    }

    pub fn delete(&self, id: u64) {
        self.act(|company, now| persons::delete(company, &id.to_string(), now));
    }

    pub fn restore(&self, id: u64) {
        self.act(|company, now| {
            let person = company.persons.get_mut(&id).expect("a person");
            person["is_deleted"] = false.into();
            person["update_time"] = time(now);
            Reply::json(200, json!({}))
        });
    }

    /// The loser is deleted, and the winner has its numbers too.
    pub fn merge(&self, winner: u64, loser: u64) {
        self.delete(loser);
        self.act(|company, now| {
            let theirs = company.persons[&loser]["phones"].as_array().cloned().unwrap_or_default();
            let person = company.persons.get_mut(&winner).expect("a person");
            if let Some(phones) = person["phones"].as_array_mut() {
                phones.extend(theirs);
            }
            person["update_time"] = time(now);
            Reply::json(200, json!({}))
        });
    }

    /// Deleted persons are gone for good, as after 30 days.
    pub fn purge(&self) {
        lock(&self.company).persons.retain(|_, person| person["is_deleted"] == false);
    }

    /// How many tokens the company has left today.
    pub fn budget(&self, tokens: i64) {
        lock(&self.company).budget = Some(tokens);
    }

    pub fn activities(&self) -> Vec<Value> {
        lock(&self.company).activities.values().cloned().collect()
    }
}
