//! HubSpot's manifest against its stand-in.

use std::collections::BTreeSet;

use async_trait::async_trait;
use trunkline::config::ConnectorKind;
use trunkline::connectors::SharedConnector;
use trunkline::domain::clock::ManualClock;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{LogKind, Trouble};

use super::{Renewing, entry, fake_world};
use crate::conformance::{Model, Person, SeenLog, World, conform};
use crate::fakes::{Fault, hubspot};
use crate::support::NOW;

fake_world!(Portal, hubspot::HubSpot, ConnectorKind::Hubspot);

pub async fn portal() -> Portal {
    let clock = ManualClock::at(NOW);
    let fake = hubspot::start(clock.clone()).await;
    for kind in ["calls", "communications"] {
        fake.define(kind, "trunkline_key", true);
    }
    Portal { fake, clock }
}

fn properties(person: &Person) -> Vec<(&str, &str)> {
    let phone = |kind: &str| person.phones.iter().find(|(_, k)| *k == kind).map_or("", |(number, _)| number);
    vec![
        ("firstname", &person.given),
        ("lastname", &person.family),
        ("mobilephone", phone("mobile")),
        ("phone", phone("business")),
        ("email", person.email.as_deref().unwrap_or("")),
    ]
}

#[async_trait]
impl World for Portal {
    fn connector(&self) -> SharedConnector {
        self.site().unhurried().connector()
    }

    fn locked_out(&self) -> Option<SharedConnector> {
        Some(self.site().with(Renewing::new("wrong-key")))
    }

    fn crowd(&self) -> usize {
        230
    }

    async fn add(&mut self, people: &[Person]) -> Vec<String> {
        people.iter().map(|person| self.fake.add(&properties(person)).to_string()).collect()
    }

    async fn edit(&mut self, id: &str, person: &Person) {
        self.fake.edit(id.parse().expect("a number"), &properties(person));
    }

    async fn delete(&mut self, id: &str) {
        self.fake.archive(id.parse().expect("a number"));
    }

    async fn settle(&mut self) {
        self.clock.advance(6 * 60_000);
    }

    async fn logs(&mut self, kind: LogKind) -> Vec<SeenLog> {
        let kind = if kind == LogKind::Call { "calls" } else { "communications" };
        let written = self.fake.written(kind);
        written
            .iter()
            .map(|log| SeenLog {
                id: log["id"].as_str().expect("an id").to_owned(),
                text: log["properties"].as_object().expect("properties").values().filter_map(|v| v.as_str()).collect(),
            })
            .collect()
    }
}

#[tokio::test]
async fn conforms() {
    conform(&mut portal().await).await;
}

/// More than 10,000 contacts with one time: a search by time alone ends at its cap or goes in circles.
#[tokio::test]
async fn a_bulk_edit_of_more_than_ten_thousand_comes_whole() {
    let portal = portal().await;
    let ids = portal.fake.add_many(10_500);
    let connector = portal.site().unhurried().connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    assert_eq!(model.records.len(), 10_500);
    portal.clock.advance(3_600_000);
    portal.fake.stamp_all(&ids);
    portal.fake.edit(ids[10_400], &[("lastname", "Last")]);
    portal.fake.gate.take_seen();
    let ran = model.run(&*connector).await.unwrap();
    assert!(ran.changes >= 10_500, "{ran:?}");
    assert_eq!(model.records[&ids[10_400].to_string()].contact["lastName"], "Last");
    let asked = portal.fake.gate.count("POST /crm/objects/2026-09/contacts/search");
    assert!(asked <= 10_500 / 200 + 4, "{asked} searches");
    // Once there is something newer, the next run has but what is new.
    portal.clock.advance(3_600_000);
    portal.fake.edit(ids[0], &[("lastname", "Later")]);
    model.run(&*connector).await.unwrap();
    portal.clock.advance(3_600_000);
    assert_eq!(model.run(&*connector).await.unwrap().changes, 1);
}

#[tokio::test]
async fn archived_restored_and_merged_contacts_are_followed() {
    let portal = portal().await;
    let ids = portal.fake.add_many(5);
    let connector = portal.site().unhurried().connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    portal.clock.advance(600_000);
    portal.fake.archive(ids[0]);
    portal.fake.merge(ids[1], ids[2]);
    model.run(&*connector).await.unwrap();
    let known = |model: &Model| model.records.keys().cloned().collect::<BTreeSet<_>>();
    let mut expected: BTreeSet<String> = [ids[1], ids[3], ids[4]].iter().map(ToString::to_string).collect();
    assert_eq!(known(&model), expected, "without a sweep");
    portal.clock.advance(600_000);
    portal.fake.restore(ids[0]);
    model.run(&*connector).await.unwrap();
    expected.insert(ids[0].to_string());
    assert_eq!(known(&model), expected);
    // Purged before anybody looked: only a sweep knows.
    portal.clock.advance(600_000);
    portal.fake.archive(ids[3]);
    portal.fake.purge();
    model.run(&*connector).await.unwrap();
    assert_eq!(known(&model), expected);
    model.sweep(&*connector).await;
    expected.remove(&ids[3].to_string());
    assert_eq!(known(&model), expected);
}

/// Search shows a write later than its time says.
#[tokio::test]
async fn what_search_shows_late_is_not_missed() {
    let portal = portal().await;
    portal.fake.add_many(3);
    let connector = portal.site().unhurried().connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    portal.clock.advance(600_000);
    portal.fake.lag(8);
    let early = portal.fake.add(&[("lastname", "Early")]);
    portal.fake.lag(0);
    portal.clock.advance(1_000);
    portal.fake.add(&[("lastname", "Late")]);
    model.run(&*connector).await.unwrap();
    assert_eq!(model.records.len(), 4, "the early one is not in the index yet");
    for _ in 0..4 {
        model.run(&*connector).await.unwrap();
    }
    assert!(model.records.contains_key(&early.to_string()), "it was before the newest time, and shown after it");
}

/// The answer was lost, the call was not: it is found by its key and written once.
#[tokio::test]
async fn a_call_is_written_once_though_the_answer_is_lost() {
    let portal = portal().await;
    let contact = portal.fake.add(&[("lastname", "Lovelace")]).to_string();
    let connector = portal.site().connector();
    let log = entry(LogKind::Call, "call:1/2 ä", Some(&contact));
    portal.fake.lag(1_000);
    portal.fake.gate.once("POST /crm/objects/2026-09/calls", Fault::AfterCommit);
    let error = connector.create_log(&Whose::Company, &log).await.unwrap_err();
    assert_eq!((error.trouble, error.unclear), (Trouble::Down, true), "{error}");
    let id = connector.find_log(&Whose::Company, LogKind::Call, &log.key).await.unwrap().expect("it is there");
    connector.update_log(&Whose::Company, &id, &log).await.unwrap();
    let calls = portal.fake.written("calls");
    assert_eq!(calls.len(), 1);
    let properties = &calls[0]["properties"];
    assert_eq!(properties["hs_call_duration"], "75000");
    assert_eq!(properties["hs_call_direction"], "INBOUND");
    assert_eq!(properties["hs_timestamp"], "1767261600000");
    assert_eq!(calls[0]["contacts"][0].to_string(), contact);
    // A second attempt that does not look first is refused by the unique property.
    let again = connector.create_log(&Whose::Company, &log).await.unwrap_err();
    assert_eq!(again.trouble, Trouble::Rejected, "{again}");
    assert_eq!(portal.fake.written("calls").len(), 1);
}

#[tokio::test]
async fn a_portal_without_the_key_property_says_so() {
    let clock = ManualClock::at(NOW);
    let portal = Portal { fake: hubspot::start(clock.clone()).await, clock };
    let error = portal.site().connector().create_log(&Whose::Company, &entry(LogKind::Call, "k", None)).await;
    let error = error.unwrap_err();
    assert_eq!(error.trouble, Trouble::Rejected);
    assert!(error.words.contains("trunkline_key"), "{error}");
}
