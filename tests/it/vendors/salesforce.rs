//! Salesforce's manifest against its stand-in.

use async_trait::async_trait;
use serde_json::{Value, json};
use trunkline::config::ConnectorKind;
use trunkline::connectors::SharedConnector;
use trunkline::domain::clock::ManualClock;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{LogKind, NewContact, Trouble};

use super::{Renewing, entry, fake_world};
use crate::conformance::{Model, Person, SeenLog, World, conform};
use crate::fakes::{Fault, salesforce};
use crate::support::NOW;

fake_world!(Org, salesforce::Salesforce, ConnectorKind::Salesforce);

pub async fn org() -> Org {
    let clock = ManualClock::at(NOW);
    Org { fake: salesforce::start(clock.clone()).await, clock }
}

fn body(person: &Person) -> Value {
    let phone = |kind: &str| person.phones.iter().find(|(_, k)| *k == kind).map(|(number, _)| number);
    json!({
        "FirstName": person.given, "LastName": person.family, "MobilePhone": phone("mobile"),
        "Phone": phone("business"), "Email": person.email,
    })
}

#[async_trait]
impl World for Org {
    fn connector(&self) -> SharedConnector {
        self.site().connector()
    }

    fn locked_out(&self) -> Option<SharedConnector> {
        Some(self.site().with(Renewing::new("wrong-key")))
    }

    fn crowd(&self) -> usize {
        2_010
    }

    async fn add(&mut self, people: &[Person]) -> Vec<String> {
        people.iter().map(|person| self.fake.add(&body(person))).collect()
    }

    async fn edit(&mut self, id: &str, person: &Person) {
        self.fake.edit(id, &body(person));
    }

    async fn delete(&mut self, id: &str) {
        self.fake.delete(id);
    }

    async fn settle(&mut self) {
        self.clock.advance(2_000);
    }

    async fn logs(&mut self, kind: LogKind) -> Vec<SeenLog> {
        let tasks = self.fake.tasks();
        tasks
            .iter()
            .filter(|task| (task["TaskSubtype"] == "Call") == (kind == LogKind::Call))
            .map(|task| SeenLog { id: task["Id"].as_str().expect("an id").to_owned(), text: task.to_string() })
            .collect()
    }
}

#[tokio::test]
async fn conforms() {
    conform(&mut org().await).await;
}

#[tokio::test]
async fn deletions_restores_and_merges_come_with_the_next_run() {
    let org = org().await;
    let ids: Vec<String> = (0..4).map(|n| org.fake.add(&json!({"LastName": format!("L{n}")}))).collect();
    let connector = org.site().connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    org.clock.advance(2_000);
    org.fake.delete(&ids[0]);
    org.fake.merge(&ids[1], &ids[2]);
    org.fake.touch(&ids[3], "Phone", "+16505550177");
    model.run(&*connector).await.unwrap();
    let known: Vec<&String> = model.records.keys().collect();
    assert_eq!(known, [&ids[1], &ids[3]]);
    let touched = &model.records[&ids[3]].contact["phoneNumbers"];
    assert_eq!(touched[0]["phoneNumber"], "+16505550177", "a change that only SystemModstamp tells of");
    org.clock.advance(2_000);
    org.fake.restore(&ids[0]);
    model.run(&*connector).await.unwrap();
    assert!(model.records.contains_key(&ids[0]));
}

/// A recycle bin that was emptied: only the deletion log knows, late and by the minute.
#[tokio::test]
async fn the_deletion_log_is_read_where_it_covers() {
    let org = org().await;
    let ids: Vec<String> = (0..3).map(|n| org.fake.add(&json!({"LastName": format!("L{n}")}))).collect();
    let connector = org.site().connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    org.clock.advance(30 * 60_000);
    model.run(&*connector).await.unwrap();
    org.fake.deletions_lag(10 * 60_000);
    org.clock.advance(31_000);
    org.fake.delete(&ids[0]);
    org.fake.purge();
    org.clock.advance(20 * 60_000 - 12 * 60_000);
    org.fake.delete(&ids[1]);
    org.fake.purge();
    org.clock.advance(9 * 60_000);
    model.run(&*connector).await.unwrap();
    assert!(!model.records.contains_key(&ids[0]), "covered");
    assert!(model.records.contains_key(&ids[1]), "not covered yet");
    org.clock.advance(20 * 60_000);
    model.run(&*connector).await.unwrap();
    assert!(!model.records.contains_key(&ids[1]), "the next look goes on where the last one covered");
}

/// A deletion log that was cut after our bookmark: everything is listed again, and a sweep cleans up.
#[tokio::test]
async fn a_deletion_log_that_was_cut_means_a_full_run() {
    let org = org().await;
    let id = org.fake.add(&json!({"LastName": "Lovelace"}));
    let connector = org.site().connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    org.clock.advance(60 * 60_000);
    org.fake.delete(&id);
    org.fake.purge();
    org.fake.purge_deletion_log();
    org.clock.advance(60_000);
    let error = model.run(&*connector).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Gone, "{error}");
    model.cursor = None;
    model.run(&*connector).await.unwrap();
    model.sweep(&*connector).await;
    assert!(model.records.is_empty());
    org.clock.advance(60 * 60_000);
    model.run(&*connector).await.unwrap();
}

#[tokio::test]
async fn thousands_come_by_locators() {
    let org = org().await;
    org.fake.add_many(6_001);
    let connector = org.site().connector();
    let mut model = Model::default();
    assert_eq!(model.run(&*connector).await.unwrap().pages, 4);
    assert_eq!(model.records.len(), 6_001);
}

#[tokio::test]
async fn a_call_is_written_once_though_the_answer_is_lost() {
    let org = org().await;
    let contact = org.fake.add(&json!({"LastName": "Lovelace"}));
    let connector = org.site().connector();
    let log = entry(LogKind::Call, "call:1/2 o'clock \\ ä", Some(&contact));
    org.fake.gate.once("sobjects/Task", Fault::AfterCommit);
    let error = connector.create_log(&Whose::Company, &log).await.unwrap_err();
    assert_eq!((error.trouble, error.unclear), (Trouble::Down, true), "{error}");
    let id = connector.find_log(&Whose::Company, LogKind::Call, &log.key).await.unwrap().expect("it is there");
    connector.update_log(&Whose::Company, &id, &log).await.unwrap();
    let tasks = org.fake.tasks();
    assert_eq!(tasks.len(), 1);
    assert_eq!((tasks[0]["WhoId"].as_str(), tasks[0]["CallType"].as_str()), (Some(contact.as_str()), Some("Inbound")));
    assert_eq!((&tasks[0]["CallDurationInSeconds"], &tasks[0]["ActivityDate"]), (&json!(75), &json!("2026-01-01")));
}

#[tokio::test]
async fn refusals_are_told_in_their_words() {
    let org = org().await;
    org.fake.refuse_duplicates();
    org.fake.add(&json!({"LastName": "Lovelace", "Email": "ada@example.com"}));
    let connector = org.site().connector();
    let twin = NewContact { last_name: "King".into(), emails: vec!["ada@example.com".into()], ..NewContact::default() };
    let error = connector.create_contact(&Whose::Company, &twin).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Rejected);
    assert!(error.words.contains("DUPLICATES_DETECTED"), "{error}");
    org.fake.gate.once("/query", Fault::RateLimited(None));
    let error = connector.list_changes(None).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::RateLimited, "a 403 that is no refusal: {error}");
}
