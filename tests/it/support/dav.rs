//! Another client of a CardDAV server, and connectors to one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use trunkline::config::{ConnectorConfig, ConnectorKind, Secret};
use trunkline::connectors::credentials::StaticCredentials;
use trunkline::connectors::{Means, SharedConnector, build};
use trunkline::domain::clock::ManualClock;
use trunkline::outbound::{Outbound, OutboundOptions};

use super::daemon::{NOW, client};
use super::servers::Server;
use crate::conformance::{Person, World};

/// How a connector to `url` is configured; with `alice` and her password where there is one.
pub fn config(url: &str, password: &str) -> ConnectorConfig {
    let mut config = ConnectorConfig { kind: ConnectorKind::Carddav, url: url.to_owned(), ..Default::default() };
    if !password.is_empty() {
        "alice".clone_into(&mut config.username);
        config.password = Secret::from(password);
    }
    config
}

/// A connector with short time-outs.
pub fn connector(config: &ConnectorConfig) -> SharedConnector {
    connector_within(config, Duration::from_secs(30))
}

/// The same with a time-out of one's own.
pub fn connector_within(config: &ConnectorConfig, answer: Duration) -> SharedConnector {
    let options = OutboundOptions { answer, ..OutboundOptions::default() };
    let credentials =
        if config.username.is_empty() { StaticCredentials::open() } else { StaticCredentials::of(config) };
    let means = Means { outbound: Outbound::new(&options).expect("a door"), clock: ManualClock::at(NOW), credentials };
    build("dav", config, means).expect("a connector")
}

/// Somebody else who works on an address book.
#[derive(Debug)]
pub struct DavClient {
    client: reqwest::Client,
    base: String,
    password: &'static str,
}

impl DavClient {
    pub fn new(base: &str, password: &'static str) -> Self {
        Self { client: client(), base: base.to_owned(), password }
    }

    async fn ask(&self, method: &str, path: &str, body: String) -> (u16, String) {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
        if !self.password.is_empty() {
            request = request.basic_auth("alice", Some(self.password));
        }
        let kind = if body.starts_with("BEGIN") { "text/vcard" } else { "application/xml" };
        let answer = request.header("content-type", kind).body(body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    }

    #[track_caller]
    fn must((status, words): (u16, String)) -> String {
        assert!((200..300).contains(&status), "{status} {words}");
        words
    }

    /// Makes an address book.
    pub async fn make_book(&self, path: &str, name: &str) {
        let body = format!(
            "<D:mkcol xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:carddav'><D:set><D:prop><D:resourcetype>\
             <D:collection/><C:addressbook/></D:resourcetype><D:displayname>{name}</D:displayname></D:prop></D:set></D:mkcol>"
        );
        Self::must(self.ask("MKCOL", path, body).await);
    }

    pub async fn put(&self, path: &str, card: &str) {
        Self::must(self.ask("PUT", path, card.to_owned()).await);
    }

    pub async fn get(&self, path: &str) -> String {
        Self::must(self.ask("GET", path, String::new()).await)
    }

    pub async fn delete(&self, path: &str) {
        Self::must(self.ask("DELETE", path, String::new()).await);
    }
}

/// A card as an address book program writes it.
pub fn card(uid: &str, person: &Person) -> String {
    let mut card = format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Another//Client//EN\r\nUID:{uid}\r\nFN:{}\r\nN:{};{};;;\r\n",
        person.name(),
        person.family,
        person.given
    );
    for (number, kind) in &person.phones {
        let kind = if *kind == "mobile" { "CELL,VOICE" } else { "WORK,VOICE" };
        write!(card, "TEL;TYPE={kind}:{number}\r\n").expect("room");
    }
    if let Some(email) = &person.email {
        write!(card, "EMAIL;TYPE=INTERNET:{email}\r\n").expect("room");
    }
    card + "END:VCARD\r\n"
}

/// A book on a real server.
pub struct DavWorld {
    pub server: Server,
    pub other: DavClient,
    /// Its path, with slashes at both ends.
    pub book: &'static str,
    password: &'static str,
    added: usize,
    unknown_token: &'static str,
}

impl DavWorld {
    /// Radicale with the book `/alice/book/`.
    pub async fn radicale() -> Self {
        let server = Server::radicale().await;
        let other = DavClient::new(&server.base, "pw");
        other.make_book("/alice/book/", "Customers").await;
        let unknown_token =
            "http://radicale.org/ns/sync/0000000000000000000000000000000000000000000000000000000000000000";
        Self { server, other, book: "/alice/book/", password: "pw", added: 0, unknown_token }
    }

    /// Xandikos with its own book.
    pub async fn xandikos() -> Self {
        let server = Server::xandikos().await;
        let other = DavClient::new(&server.base, "");
        let unknown_token = "0123456789012345678901234567890123456789";
        Self { server, other, book: "/alice/contacts/addressbook/", password: "", added: 0, unknown_token }
    }

    pub fn config(&self) -> ConnectorConfig {
        config(&format!("{}/", self.server.base), self.password)
    }

    /// A cursor as if the book had been read up to `token`.
    pub fn cursor_at(&self, token: &str) -> String {
        let books = BTreeMap::from([(self.book, serde_json::json!({"token": token}))]);
        serde_json::json!({"v": 1, "from": books, "place": null}).to_string()
    }
}

#[async_trait]
impl World for DavWorld {
    fn connector(&self) -> SharedConnector {
        connector(&self.config())
    }

    fn locked_out(&self) -> Option<SharedConnector> {
        (!self.password.is_empty()).then(|| connector(&config(&self.server.base, "wrong")))
    }

    fn unknown_cursor(&self) -> Option<String> {
        Some(self.cursor_at(self.unknown_token))
    }

    fn crowd(&self) -> usize {
        230
    }

    async fn add(&mut self, people: &[Person]) -> Vec<String> {
        let mut ids = Vec::new();
        for person in people {
            self.added += 1;
            // A space, an at sign and a letter beyond ASCII: each server writes them in its own way.
            let id = format!("{}card%20%40%C3%A9-{}.vcf", self.book, self.added);
            self.other.put(&id, &card(&format!("uid-{}", self.added), person)).await;
            ids.push(id);
        }
        ids
    }

    async fn edit(&mut self, id: &str, person: &Person) {
        let before = self.other.get(id).await;
        let uid = before.lines().find_map(|line| line.strip_prefix("UID:")).expect("a UID").trim().to_owned();
        self.other.put(id, &card(&uid, person)).await;
    }

    async fn delete(&mut self, id: &str) {
        self.other.delete(id).await;
    }

    async fn mark(&mut self, id: &str) -> bool {
        let card = self.other.get(id).await;
        let marked = card.replace("END:VCARD", "BDAY:1882-03-23\r\nNOTE:kept\\, as it is\r\nEND:VCARD");
        self.other.put(id, &marked).await;
        true
    }

    async fn is_marked(&mut self, id: &str) -> bool {
        let card = self.other.get(id).await;
        card.contains("BDAY:1882-03-23") && card.contains("NOTE:kept\\, as it is")
    }
}
