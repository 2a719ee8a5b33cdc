//! Zoho CRM's manifest against its stand-in.

use async_trait::async_trait;
use serde_json::{Value, json};
use trunkline::config::ConnectorKind;
use trunkline::connectors::SharedConnector;
use trunkline::domain::clock::ManualClock;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{LogKind, NewContact, Trouble};

use super::{Renewing, entry, fake_world};
use crate::conformance::{Model, Person, SeenLog, World, conform};
use crate::fakes::{Fault, zoho};
use crate::support::NOW;

fake_world!(Org, zoho::Zoho, ConnectorKind::Zoho);

pub async fn org() -> Org {
    let clock = ManualClock::at(NOW);
    Org { fake: zoho::start(clock.clone()).await, clock }
}

fn row(person: &Person) -> Value {
    let phone = |kind: &str| person.phones.iter().find(|(_, k)| *k == kind).map(|(number, _)| number);
    json!({
        "First_Name": person.given, "Last_Name": person.family, "Mobile": phone("mobile"),
        "Phone": phone("business"), "Email": person.email,
    })
}

#[async_trait]
impl World for Org {
    fn connector(&self) -> SharedConnector {
        self.site().unhurried().connector()
    }

    fn locked_out(&self) -> Option<SharedConnector> {
        Some(self.site().with(Renewing::new("wrong-key")))
    }

    fn crowd(&self) -> usize {
        420
    }

    async fn add(&mut self, people: &[Person]) -> Vec<String> {
        people.iter().map(|person| self.fake.add(&row(person))).collect()
    }

    async fn edit(&mut self, id: &str, person: &Person) {
        self.fake.edit(id, &row(person));
    }

    async fn delete(&mut self, id: &str) {
        self.fake.delete(id);
    }

    async fn settle(&mut self) {
        self.clock.advance(2_000);
    }

    async fn logs(&mut self, kind: LogKind) -> Vec<SeenLog> {
        let written = self.fake.written(if kind == LogKind::Call { "Calls" } else { "Notes" });
        let seen = |log: &Value| SeenLog { id: log["id"].as_str().expect("an id").to_owned(), text: log.to_string() };
        written.iter().map(seen).collect()
    }
}

#[tokio::test]
async fn conforms() {
    conform(&mut org().await).await;
}

/// `page` ends at 2,000 rows; a page token goes on. Many rows share a second.
#[tokio::test]
async fn more_than_pages_reach_come_by_token() {
    let org = org().await;
    org.fake.add_many(2_700);
    let connector = org.site().unhurried().connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    assert_eq!(model.records.len(), 2_700);
    org.clock.advance(3_600_000);
    org.fake.gate.take_seen();
    let late = org.fake.add(&json!({"Last_Name": "Late"}));
    model.run(&*connector).await.unwrap();
    assert!(model.records.contains_key(&late));
    let seen = org.fake.gate.take_seen();
    assert!(seen.iter().all(|asked| asked.header("if-modified-since").is_some()), "an incremental run says since when");
}

#[tokio::test]
async fn deletions_restores_and_merges_come_with_the_next_run() {
    let org = org().await;
    let ids: Vec<String> = (0..4).map(|n| org.fake.add(&json!({"Last_Name": format!("L{n}")}))).collect();
    let connector = org.site().unhurried().connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    org.clock.advance(2_000);
    org.fake.delete(&ids[0]);
    org.fake.merge(&ids[1], &ids[2]);
    model.run(&*connector).await.unwrap();
    assert_eq!(model.records.keys().collect::<Vec<_>>(), [&ids[1], &ids[3]]);
    org.clock.advance(600_000);
    org.fake.restore(&ids[0]);
    model.run(&*connector).await.unwrap();
    assert!(model.records.contains_key(&ids[0]));
    org.fake.delete(&ids[3]);
    org.fake.purge(&ids[3]);
    org.clock.advance(2_000);
    model.run(&*connector).await.unwrap();
    assert!(!model.records.contains_key(&ids[3]), "permanent deletions are listed too");
}

/// 200 is no success: each row has its own outcome.
#[tokio::test]
async fn a_row_that_is_refused_is_an_error_in_its_words() {
    let org = org().await;
    org.fake.add(&json!({"Last_Name": "Lovelace", "Email": "ada@example.com"}));
    let connector = org.site().connector();
    let twin = NewContact { last_name: "King".into(), emails: vec!["ada@example.com".into()], ..NewContact::default() };
    let error = connector.create_contact(&Whose::Company, &twin).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Rejected);
    assert!(error.words.contains("DUPLICATE_DATA") && error.words.contains("Email"), "{error}");
    let stray = entry(LogKind::Call, "k", Some("4876876000000999999"));
    let error = connector.create_log(&Whose::Company, &stray).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Rejected);
    assert!(error.words.contains("Who_Id"), "{error}");
    assert!(org.fake.written("Calls").is_empty());
}

#[tokio::test]
async fn a_call_is_written_once_though_the_answer_is_lost() {
    let org = org().await;
    let contact = org.fake.add(&json!({"Last_Name": "Lovelace"}));
    let connector = org.site().connector();
    let log = entry(LogKind::Call, "call:1/2 ä", Some(&contact));
    org.fake.gate.once("POST /crm/v8/Calls", Fault::AfterCommit);
    let error = connector.create_log(&Whose::Company, &log).await.unwrap_err();
    assert_eq!((error.trouble, error.unclear), (Trouble::Down, true), "{error}");
    let id = connector.find_log(&Whose::Company, LogKind::Call, &log.key).await.unwrap().expect("it is there");
    connector.update_log(&Whose::Company, &id, &log).await.unwrap();
    let calls = org.fake.written("Calls");
    assert_eq!(calls.len(), 1);
    assert_eq!((&calls[0]["Call_Duration"], &calls[0]["Call_Type"]), (&json!("01:15"), &json!("Inbound")));
    assert_eq!(calls[0]["Who_Id"]["id"].as_str(), Some(contact.as_str()));
    assert_eq!(calls[0]["Call_Start_Time"], "2026-01-01T10:00:00+00:00");
}

/// The key may go into a field that an administrator made. A field that is not there, Zoho passes over.
#[tokio::test]
async fn a_field_of_ones_own_holds_the_key() {
    let org = org().await;
    let mut site = org.site();
    site.config.vars.insert("key_field".to_owned(), "Trunkline_Key".to_owned());
    let connector = site.connector();
    let (early, late) = (entry(LogKind::Call, "call:1", None), entry(LogKind::Call, "call:2", None));
    connector.create_log(&Whose::Company, &early).await.unwrap();
    assert_eq!(connector.find_log(&Whose::Company, LogKind::Call, &early.key).await.unwrap(), None);
    org.fake.define("Calls", "Trunkline_Key");
    let id = connector.create_log(&Whose::Company, &late).await.unwrap();
    assert_eq!(connector.find_log(&Whose::Company, LogKind::Call, &late.key).await.unwrap(), Some(id));
    let calls = org.fake.written("Calls");
    assert!(calls.iter().all(|call| call["Call_Agenda"].is_null()), "{calls:?}");
}
