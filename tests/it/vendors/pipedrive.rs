//! Pipedrive's manifest against its stand-in.

use async_trait::async_trait;
use serde_json::{Value, json};
use trunkline::config::ConnectorKind;
use trunkline::connectors::SharedConnector;
use trunkline::domain::clock::ManualClock;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{LogKind, Trouble};

use super::{Renewing, entry, fake_world};
use crate::conformance::{Model, Person, SeenLog, World, conform};
use crate::fakes::{Fault, pipedrive};
use crate::support::NOW;

fake_world!(Company, pipedrive::Pipedrive, ConnectorKind::Pipedrive);

pub async fn company() -> Company {
    let clock = ManualClock::at(NOW);
    Company { fake: pipedrive::start(clock.clone()).await, clock }
}

fn body(person: &Person) -> Value {
    let phones: Vec<Value> = person
        .phones
        .iter()
        .map(|(number, kind)| json!({"value": number, "label": if *kind == "mobile" { "mobile" } else { "work" }}))
        .collect();
    let emails: Vec<Value> = person.email.iter().map(|email| json!({"value": email, "label": "work"})).collect();
    json!({"name": person.name(), "phones": phones, "emails": emails})
}

#[async_trait]
impl World for Company {
    fn connector(&self) -> SharedConnector {
        self.site().unhurried().connector()
    }

    fn locked_out(&self) -> Option<SharedConnector> {
        Some(self.site().with(Renewing::new("wrong-key")))
    }

    fn crowd(&self) -> usize {
        510
    }

    async fn add(&mut self, people: &[Person]) -> Vec<String> {
        let mut ids = Vec::new();
        for person in people {
            let id = self.fake.add(&person.name(), &[]);
            self.fake.edit(id, &body(person));
            ids.push(id.to_string());
        }
        ids
    }

    async fn edit(&mut self, id: &str, person: &Person) {
        self.fake.edit(id.parse().expect("a number"), &body(person));
    }

    async fn delete(&mut self, id: &str) {
        self.fake.delete(id.parse().expect("a number"));
    }

    async fn settle(&mut self) {
        self.clock.advance(16 * 60_000);
    }

    async fn logs(&mut self, kind: LogKind) -> Vec<SeenLog> {
        let wanted = if kind == LogKind::Call { "call" } else { "task" };
        let activities = self.fake.activities();
        activities
            .iter()
            .filter(|activity| activity["type"] == wanted)
            .map(|activity| SeenLog { id: activity["id"].to_string(), text: activity.to_string() })
            .collect()
    }
}

#[tokio::test]
async fn conforms() {
    conform(&mut company().await).await;
}

#[tokio::test]
async fn deleted_restored_and_merged_persons_are_followed() {
    let company = company().await;
    let ids: Vec<u64> = (0..4).map(|n| company.fake.add(&format!("Person {n}"), &["+16505550100"])).collect();
    let connector = company.site().unhurried().connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    company.clock.advance(16 * 60_000);
    company.fake.delete(ids[0]);
    company.fake.merge(ids[1], ids[2]);
    model.run(&*connector).await.unwrap();
    let known: Vec<&String> = model.records.keys().collect();
    assert_eq!(known, ["2", "4"], "without a sweep");
    assert_eq!(model.records["2"].contact["phoneNumbers"].as_array().unwrap().len(), 2);
    company.clock.advance(16 * 60_000);
    company.fake.restore(ids[0]);
    model.run(&*connector).await.unwrap();
    assert!(model.records.contains_key("1"));
    company.fake.delete(ids[3]);
    company.fake.purge();
    model.sweep(&*connector).await;
    assert!(!model.records.contains_key("4"), "purged for good, a sweep finds it");
}

/// Thousands of rows; the same second on both sides of a page's end; and what a quiet day costs.
#[tokio::test]
async fn thousands_come_and_an_idle_run_is_cheap() {
    let company = company().await;
    for n in 0..3_100 {
        company.fake.add(&format!("Person {n}"), &["+16505550100"]);
        if n % 700 == 0 {
            company.clock.advance(1_000);
        }
    }
    let connector = company.site().unhurried().connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    assert_eq!(model.records.len(), 3_100);
    company.clock.advance(3_600_000);
    company.fake.add("Later", &[]);
    model.run(&*connector).await.unwrap();
    company.clock.advance(60_000);
    company.fake.gate.take_seen();
    model.run(&*connector).await.unwrap();
    assert_eq!(company.fake.gate.take_seen().len(), 1, "recents are not read in each run");
}

#[tokio::test]
async fn a_call_is_written_once_though_the_answer_is_lost() {
    let company = company().await;
    let contact = company.fake.add("Ada Lovelace", &[]).to_string();
    let connector = company.site().connector();
    let log = entry(LogKind::Call, "call:1/2 ä", Some(&contact));
    company.fake.gate.once("POST /api/v2/activities", Fault::AfterCommit);
    let error = connector.create_log(&Whose::Company, &log).await.unwrap_err();
    assert_eq!((error.trouble, error.unclear), (Trouble::Down, true), "{error}");
    let id = connector.find_log(&Whose::Company, LogKind::Call, &log.key).await.unwrap().expect("it is there");
    connector.update_log(&Whose::Company, &id, &log).await.unwrap();
    let activities = company.fake.activities();
    assert_eq!(activities.len(), 1);
    assert_eq!(activities[0]["person_id"].to_string(), contact, "linked through participants");
    assert_eq!(activities[0]["due_time"], "10:00");
    assert_eq!(activities[0]["duration"], "00:02");
    assert_eq!(activities[0]["done"], true);
}

#[tokio::test]
async fn a_budget_that_is_used_up_is_told_as_such() {
    let company = company().await;
    company.fake.budget(15);
    let connector = company.site().connector();
    connector.list_changes(None).await.unwrap();
    let error = connector.list_changes(None).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::RateLimited, "{error}");
    assert!(error.words.contains("budget"), "{error}");
    company.fake.budget(30_000);
    connector.list_changes(None).await.unwrap();
}
