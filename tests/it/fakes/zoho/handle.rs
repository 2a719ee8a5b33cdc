//! Another client of the organisation: the operations a test makes by hand.

use serde_json::{Value, json};
use trunkline::domain::clock::Clock;

use super::{Zoho, rows, time};
use crate::fakes::lock;

impl Zoho {
    fn now(&self) -> i64 {
        self.clock.now_ms() / 1000 * 1000
    }

    fn write(&self, id: Option<&str>, row: &Value) -> String {
        let reply = rows::write(&mut lock(&self.org), "Contacts", id, &json!({"data": [row]}), self.now());
        let outcome = reply.body.unwrap_or_default()["data"][0].clone();
        assert_eq!(outcome["status"], "success", "{outcome}");
        outcome["details"]["id"].as_str().expect("an id").to_owned()
    }

    /// Adds a contact; its id.
    pub fn add(&self, row: &Value) -> String {
        self.write(None, row)
    }

    pub fn add_many(&self, count: usize) {
        for n in 0..count {
            self.add(&json!({"First_Name": "Contact", "Last_Name": n.to_string(), "Phone": format!("+1650555{:04}", n % 10_000)}));
        }
    }

    pub fn edit(&self, id: &str, row: &Value) {
        self.write(Some(id), row);
    }

    pub fn delete(&self, id: &str) {
        rows::delete(&mut lock(&self.org), "Contacts", id, self.now());
    }

    /// Out of the recycle bin, for good.
    pub fn purge(&self, id: &str) {
        let at = self.now();
        for (_, deleted, kind, when, _) in &mut lock(&self.org).deleted {
            if deleted.to_string() == id {
                *kind = "permanent";
                *when = at;
            }
        }
    }

    pub fn restore(&self, id: &str) {
        let mut org = lock(&self.org);
        let at = org.deleted.iter().position(|(_, deleted, ..)| deleted.to_string() == id).expect("deleted");
        let (module, id, _, _, mut row) = org.deleted.remove(at);
        row["Modified_Time"] = time(self.now());
        org.modules.entry(module).or_default().insert(id, row);
    }

    /// The loser goes to the recycle bin, the winner changes.
    pub fn merge(&self, winner: &str, loser: &str) {
        self.delete(loser);
        self.edit(winner, &json!({}));
    }

    /// An administrator makes a field.
    pub fn define(&self, module: &str, field: &str) {
        lock(&self.org).defined.push((module.to_owned(), field.to_owned()));
    }

    pub fn written(&self, module: &str) -> Vec<Value> {
        lock(&self.org).modules.get(module).into_iter().flatten().map(|(_, row)| row.clone()).collect()
    }
}
