//! Another client of the org: the operations a test makes by hand.

use serde_json::{Value, json};
use trunkline::domain::clock::Clock;

use super::{Org, Salesforce, rows, time};
use crate::fakes::{Reply, lock};

impl Salesforce {
    fn act(&self, work: impl FnOnce(&mut Org, i64) -> Reply) -> Value {
        let reply = work(&mut lock(&self.org), self.clock.now_ms());
        assert!(reply.status < 300, "{reply:?}");
        *reply.body.unwrap_or_default()
    }

    /// Adds a contact; its id.
    pub fn add(&self, body: &Value) -> String {
        self.act(|org, now| rows::create(org, "Contact", body, now))["id"].as_str().expect("an id").to_owned()
    }

    /// Adds many at the same moment.
    pub fn add_many(&self, count: usize) {
        for n in 0..count {
            self.add(&json!({"FirstName": "Contact", "LastName": n.to_string(), "Phone": format!("+1650555{:04}", n % 10_000)}));
        }
    }

    pub fn edit(&self, id: &str, body: &Value) {
        self.act(|org, now| rows::change(org, "Contact", id, body, now));
    }

    /// A change that the system makes: only `SystemModstamp` tells.
    pub fn touch(&self, id: &str, name: &str, value: &str) {
        let mut org = lock(&self.org);
        let mut row = org.row("Contact", id).expect("a contact").clone();
        row[name] = value.into();
        row["SystemModstamp"] = time(self.clock.now_ms());
        org.put("Contact", id, row);
    }

    pub fn delete(&self, id: &str) {
        self.act(|org, now| rows::delete(org, "Contact", id, None, now));
    }

    pub fn restore(&self, id: &str) {
        let mut org = lock(&self.org);
        let mut row = org.objects["Contact"][id].clone();
        row["IsDeleted"] = false.into();
        row["SystemModstamp"] = time(self.clock.now_ms());
        org.put("Contact", id, row);
        org.deletions.retain(|(_, deleted, _)| deleted != id);
    }

    pub fn merge(&self, winner: &str, loser: &str) {
        self.act(|org, now| rows::delete(org, "Contact", loser, Some(winner), now));
        self.act(|org, now| rows::change(org, "Contact", winner, &json!({}), now));
    }

    /// The recycle bin is emptied: only the deletion log still knows.
    pub fn purge(&self) {
        for rows in lock(&self.org).objects.values_mut() {
            rows.retain(|_, row| row["IsDeleted"] == false);
        }
    }

    /// The deletion log is purged up to now, as happens under load.
    pub fn purge_deletion_log(&self) {
        let now = self.clock.now_ms();
        let mut org = lock(&self.org);
        org.earliest = Some(now);
        org.deletions.clear();
    }

    /// The deletion log covers only what is older than this.
    pub fn deletions_lag(&self, ms: i64) {
        lock(&self.org).deletions_lag = ms;
    }

    /// Contacts with the same e-mail address are refused from now on.
    pub fn refuse_duplicates(&self) {
        lock(&self.org).duplicate_rule = true;
    }

    /// An administrator makes a field.
    pub fn define(&self, object: &str, field: &str) {
        lock(&self.org).defined.push((object.to_owned(), field.to_owned()));
    }

    pub fn tasks(&self) -> Vec<Value> {
        lock(&self.org).objects.get("Task").into_iter().flatten().map(|(_, row)| row.clone()).collect()
    }
}
