//! Tryton's manifest against a real Tryton, with a second JSON-RPC client at it.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use trunkline::config::{ConnectorConfig, ConnectorKind, Secret};
use trunkline::connectors::credentials::StaticCredentials;
use trunkline::connectors::{Means, SharedConnector, build};
use trunkline::domain::clock::ManualClock;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{LogKind, Trouble, UpdateLog};
use trunkline::outbound::{Outbound, OutboundOptions};

use super::entry;
use crate::conformance::{Model, Person, SeenLog, World, conform};
use crate::support::NOW;
use crate::support::daemon::client;
use crate::support::servers::Server;

/// A Tryton with another client signed in.
struct Tryton {
    server: Server,
    client: reqwest::Client,
    session: String,
}

impl Tryton {
    async fn start() -> Self {
        let mut tryton = Self { server: Server::tryton().await, client: client(), session: String::new() };
        let log_in = tryton.rpc("common.db.login", json!(["admin", {"password": "admin"}, "en"])).await;
        let token = format!("admin:{}:{}", log_in[0], log_in[1].as_str().expect("a token"));
        tryton.session = format!("Session {}", STANDARD.encode(token));
        tryton
    }

    fn url(&self) -> String {
        format!("{}/tryton", self.server.base)
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        let mut request = self.client.post(format!("{}/rpc/", self.url()));
        if !self.session.is_empty() {
            request = request.header("authorization", &self.session);
        }
        let sent = request.json(&json!({"id": 1, "method": method, "params": params})).send().await.expect("an answer");
        let answer: Value = sent.json().await.expect("JSON");
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn with_password(&self, password: &str) -> SharedConnector {
        let config = ConnectorConfig {
            kind: ConnectorKind::Tryton,
            url: self.url(),
            username: "admin".into(),
            password: Secret::from(password),
            ..ConnectorConfig::default()
        };
        let outbound = Outbound::new(&OutboundOptions::default()).expect("a door");
        let credentials = StaticCredentials::of(&config);
        let means = Means { outbound, clock: ManualClock::at(NOW), credentials };
        build("crm", &config, means).unwrap_or_else(|error| panic!("{error}"))
    }

    async fn mechanisms(&self, party: i64) -> Vec<Value> {
        let fields = json!([[["party", "=", party]], 0, null, [["id", "ASC"]], ["type", "value"], {}]);
        let found = self.rpc("model.party.contact_mechanism.search_read", fields).await;
        found.as_array().expect("a list").clone()
    }
}

fn number(id: &str) -> i64 {
    id.parse().expect("a number")
}

fn mechanisms(person: &Person) -> Vec<Value> {
    let phones = person
        .phones
        .iter()
        .map(|(number, kind)| json!({"type": if *kind == "mobile" { "mobile" } else { "phone" }, "value": number}));
    let emails = person.email.iter().map(|email| json!({"type": "email", "value": email}));
    phones.chain(emails).collect()
}

#[async_trait]
impl World for Tryton {
    fn connector(&self) -> SharedConnector {
        self.with_password("admin")
    }

    fn locked_out(&self) -> Option<SharedConnector> {
        Some(self.with_password("wrong"))
    }

    fn crowd(&self) -> usize {
        510
    }

    async fn add(&mut self, people: &[Person]) -> Vec<String> {
        let parties: Vec<Value> = people
            .iter()
            .map(|person| json!({"name": person.name(), "contact_mechanisms": [["create", mechanisms(person)]]}))
            .collect();
        let ids = self.rpc("model.party.party.create", json!([parties, {}])).await;
        ids.as_array().expect("ids").iter().map(ToString::to_string).collect()
    }

    async fn edit(&mut self, id: &str, person: &Person) {
        let old: Vec<Value> = self.mechanisms(number(id)).await.iter().map(|held| held["id"].clone()).collect();
        let change = json!({
            "name": person.name(), "contact_mechanisms": [["delete", old], ["create", mechanisms(person)]],
        });
        self.rpc("model.party.party.write", json!([[number(id)], change, {}])).await;
    }

    /// As people do: parties with documents cannot be deleted, only archived.
    async fn delete(&mut self, id: &str) {
        self.rpc("model.party.party.write", json!([[number(id)], {"active": false}, {}])).await;
    }

    async fn logs(&mut self, _: LogKind) -> Vec<SeenLog> {
        let notes = self.rpc("model.ir.note.search_read", json!([[], 0, null, [["id", "ASC"]], ["message"], {}])).await;
        let seen = |note: &Value| SeenLog {
            id: note["id"].to_string(),
            text: note["message"].as_str().expect("a text").to_owned(),
        };
        notes.as_array().expect("a list").iter().map(seen).collect()
    }
}

#[tokio::test]
async fn conforms() {
    conform(&mut Tryton::start().await).await;
}

/// What another client does to a party's numbers alone leaves the party's own time as it was.
#[tokio::test]
async fn numbers_that_change_alone_are_noticed() {
    let mut tryton = Tryton::start().await;
    let mut ada = Person::new("Ada", "Lovelace", "+16505550100");
    ada.phones.push(("+16505550101".to_owned(), "business"));
    let id = tryton.add(&[ada]).await.remove(0);
    let connector = tryton.connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    let held = tryton.mechanisms(number(&id)).await;

    let change = json!([[held[0]["id"]], {"value": "+16505550177"}, {}]);
    tryton.rpc("model.party.contact_mechanism.write", change).await;
    model.run(&*connector).await.unwrap();
    assert_eq!(model.records[&id].contact["phoneNumbers"][0]["phoneNumber"], "+16505550177");

    // A number that is taken away leaves no time behind at all: a sweep sees it by the version.
    tryton.rpc("model.party.contact_mechanism.delete", json!([[held[1]["id"]], {}])).await;
    model.sweep(&*connector).await;
    assert_eq!(model.records[&id].contact["phoneNumbers"].as_array().unwrap().len(), 1);
}

/// An archived party goes with the next run and comes back; a deleted one is found by a sweep.
#[tokio::test]
async fn archived_and_deleted_parties_go() {
    let mut tryton = Tryton::start().await;
    let people = [Person::new("Alan", "Turing", "+16505550120"), Person::new("Mary", "Somerville", "+16505550121")];
    let ids = tryton.add(&people).await;
    let connector = tryton.connector();
    let mut model = Model::default();
    model.run(&*connector).await.unwrap();
    tryton.delete(&ids[0]).await;
    tryton.rpc("model.party.party.delete", json!([[number(&ids[1])], {}])).await;
    model.run(&*connector).await.unwrap();
    assert!(!model.records.contains_key(&ids[0]));
    assert!(model.records.contains_key(&ids[1]), "it leaves no trace");
    model.sweep(&*connector).await;
    assert!(!model.records.contains_key(&ids[1]));
    tryton.rpc("model.party.party.write", json!([[number(&ids[0])], {"active": true}, {}])).await;
    model.run(&*connector).await.unwrap();
    assert!(model.records.contains_key(&ids[0]));
}

/// Notes are append-only, and errors come with 200.
#[tokio::test]
async fn a_log_that_changes_is_a_further_note() {
    let mut tryton = Tryton::start().await;
    let id = tryton.add(&[Person::new("Ada", "Lovelace", "+16505550100")]).await.remove(0);
    let connector = tryton.connector();
    assert_eq!(connector.capabilities().update_log, UpdateLog::Append);
    let log = entry(LogKind::Call, "call_1%", Some(&id));
    let note = connector.create_log(&Whose::Company, &log).await.unwrap();
    // A key that looks alike to a server that reads wildcards.
    assert_eq!(connector.find_log(&Whose::Company, LogKind::Call, "callX1%").await.unwrap(), None);
    connector.update_log(&Whose::Company, &note, &log).await.unwrap();
    let found = connector.find_log(&Whose::Company, LogKind::Call, &log.key).await.unwrap();
    assert_eq!(found, Some(note), "the first note is the log");
    assert_eq!(tryton.logs(LogKind::Call).await.len(), 2);
    let nobody = connector.create_log(&Whose::Company, &entry(LogKind::Call, "k", None)).await.unwrap_err();
    assert_eq!(nobody.trouble, Trouble::Rejected);
    assert!(nobody.words.contains("Resource"), "{nobody}");
}

/// A session that the server forgot is renewed by itself.
#[tokio::test]
async fn a_session_that_ended_is_renewed() {
    let mut tryton = Tryton::start().await;
    tryton.add(&[Person::new("Ada", "Lovelace", "+16505550100")]).await;
    let connector = tryton.connector();
    connector.list_changes(None).await.unwrap();
    let sessions = tryton.rpc("model.res.user.search_read", json!([[], 0, 1, null, ["login"], {}])).await;
    assert_eq!(sessions[0]["login"], "admin");
    tryton.rpc("model.res.user.write", json!([[sessions[0]["id"]], {"password": "analytical-engine-1843"}, {}])).await;
    let error = connector.list_changes(None).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Unauthorized, "another password ends all sessions: {error}");
    let with_new = tryton.with_password("analytical-engine-1843");
    with_new.list_changes(None).await.unwrap();
}
