//! The demo's CRM and its manifest, held to what every connector must do.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use trunkline::config::{ConnectorConfig, ConnectorKind, Secret};
use trunkline::connectors::{Means, SharedConnector, build};
use trunkline::demo::crm::{Card, Crm, Kind, MANIFEST, Mode};
use trunkline::domain::clock::ManualClock;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{LogKind, Trouble};
use trunkline::outbound::{Outbound, OutboundOptions};

use crate::conformance::{Person, SeenLog, World, conform};
use crate::support::rest::{Keys, NOON, call_log};

/// What [`Keys`] open with.
const KEY: &str = "token-0";

struct Shop {
    crm: Crm,
    url: String,
    clock: Arc<ManualClock>,
    client: reqwest::Client,
    folder: TempDir,
    _served: JoinSet<()>,
}

async fn shop() -> Shop {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("crm.toml"), MANIFEST).expect("written");
    let clock = ManualClock::at(NOON);
    let crm = Crm::open(&folder.path().join("crm.json"), &Secret::from(KEY), clock.clone()).expect("a CRM");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (mut served, router) = (JoinSet::new(), crm.router());
    served.spawn(async move { axum::serve(listener, router).await.expect("served") });
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().expect("a client");
    Shop { crm, url, clock, client, folder, _served: served }
}

impl Shop {
    fn with(&self, keys: Keys) -> SharedConnector {
        let config = ConnectorConfig {
            kind: ConnectorKind::Rest,
            url: self.url.clone(),
            manifest: self.folder.path().join("crm.toml").to_string_lossy().into_owned(),
            ..ConnectorConfig::default()
        };
        let outbound = Outbound::new(&OutboundOptions::default()).expect("a door");
        let means = Means { outbound, clock: self.clock.clone(), credentials: Arc::new(keys) };
        build("crm", &config, means).unwrap_or_else(|words| panic!("{words}"))
    }

    /// Another client of the CRM.
    async fn ask(&self, method: reqwest::Method, path: &str, body: &Value) -> Value {
        let request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(KEY).json(body);
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default()
    }
}

fn body(person: &Person) -> Value {
    let phones: Vec<Value> =
        person.phones.iter().map(|(number, kind)| json!({"number": number, "kind": kind})).collect();
    let emails: Vec<&String> = person.email.iter().collect();
    json!({"full_name": person.name(), "phones": phones, "emails": emails})
}

#[async_trait]
impl World for Shop {
    fn connector(&self) -> SharedConnector {
        self.with(Keys::tokens())
    }

    fn locked_out(&self) -> Option<SharedConnector> {
        let wrong = Keys { renewable: false, ..Keys::tokens() };
        wrong.renewals.store(7, std::sync::atomic::Ordering::SeqCst);
        Some(self.with(wrong))
    }

    fn crowd(&self) -> usize {
        210
    }

    async fn add(&mut self, people: &[Person]) -> Vec<String> {
        let mut ids = Vec::new();
        for person in people {
            ids.push(self.ask(reqwest::Method::POST, "/api/people", &body(person)).await["id"].to_string());
        }
        ids
    }

    async fn edit(&mut self, id: &str, person: &Person) {
        self.ask(reqwest::Method::PATCH, &format!("/api/people/{id}"), &body(person)).await;
    }

    async fn delete(&mut self, id: &str) {
        self.ask(reqwest::Method::DELETE, &format!("/api/people/{id}"), &json!({})).await;
    }

    async fn settle(&mut self) {
        self.clock.advance(60_000);
    }

    async fn logs(&mut self, kind: LogKind) -> Vec<SeenLog> {
        let wanted = if kind == LogKind::Call { Kind::Call } else { Kind::Message };
        let seen = self.crm.activities().into_iter().filter(|activity| activity.kind == wanted);
        seen.map(|activity| SeenLog {
            id: activity.id.to_string(),
            text: format!("{}\n{}", activity.subject, activity.text),
        })
        .collect()
    }
}

#[tokio::test]
async fn conforms() {
    conform(&mut shop().await).await;
}

#[tokio::test]
async fn off_it_takes_nothing_and_deaf_it_takes_and_fails() {
    let shop = shop().await;
    let card = Card { full_name: Some("Ada Lovelace".into()), ..Card::default() };
    shop.crm.take_in(vec![card]).expect("taken in");
    let (connector, whose) = (shop.connector(), Whose::Company);
    let mut log = call_log("key-1");
    log.contact_id = Some("1".into());

    shop.crm.behave(Mode::Off);
    let error = connector.create_log(&whose, &log).await.expect_err("it is off");
    assert_eq!(error.trouble, Trouble::Down);
    assert!(error.words.contains("switched off"), "{error}");
    assert!(shop.crm.activities().is_empty());

    shop.crm.behave(Mode::LosesAnswers);
    let error = connector.create_log(&whose, &log).await.expect_err("the answer is lost");
    assert_eq!((error.trouble, error.unclear), (Trouble::Down, true), "{error}");
    let id = connector.find_log(&whose, LogKind::Call, "key-1").await.expect("an answer").expect("it is there");
    log.body = "Again".into();
    connector.update_log(&whose, &id, &log).await.expect_err("lost at first");
    connector.update_log(&whose, &id, &log).await.expect("answered the second time");

    // What it took is still there after a restart, and behaves.
    shop.crm.keep().expect("kept");
    let again = Crm::open(&shop.folder.path().join("crm.json"), &Secret::from(KEY), shop.clock.clone()).expect("a CRM");
    assert_eq!(again.mode(), Mode::On);
    let view = again.view();
    assert_eq!(view["total"], 1, "{view}");
    assert_eq!(
        (&view["activities"][0]["person"], &view["activities"][0]["text"]),
        (&json!("Ada Lovelace"), &json!("Again"))
    );
}
