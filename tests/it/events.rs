//! `GET /embeddable/events`: commands to pages that are open.

use std::time::Duration;

use serde_json::{Value, json};

use crate::settings_authorize::two;
use crate::support::Daemon;
use crate::support::daemon::person;
use crate::support::vector::body;

/// An open stream, read event by event.
pub struct Events {
    response: reqwest::Response,
    buffer: String,
}

impl Events {
    pub async fn open(daemon: &Daemon, token: Option<&str>) -> Self {
        let mut request = daemon.client.get(daemon.url("/embeddable/events"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("a stream");
        assert_eq!(response.status(), 200);
        assert!(response.headers()["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/event-stream")));
        let mut events = Self { response, buffer: String::new() };
        let (name, hello) = events.next().await.expect("a first event");
        assert_eq!(name, "hello");
        assert!(hello["version"].is_string(), "{hello}");
        events
    }

    /// (name, data) of the next event; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let field = |name: &str| {
                    let start = format!("{name}: ");
                    event.lines().find_map(|line| line.strip_prefix(start.as_str()).map(ToOwned::to_owned))
                };
                let found = field("event").zip(field("data"));
                let rest = rest.to_owned();
                self.buffer = rest;
                match found {
                    Some((name, data)) => return Some((name, serde_json::from_str(&data).expect("JSON"))),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await.expect("something");
            match chunk {
                Ok(Some(bytes)) => self.buffer.push_str(&String::from_utf8_lossy(&bytes)),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    pub async fn commands(&mut self) -> Vec<Value> {
        let (name, data) = self.next().await.expect("an event");
        assert_eq!(name, "commands");
        data["commands"].as_array().expect("commands").clone()
    }
}

#[tokio::test]
async fn contact_changes_are_told_together_to_every_page() {
    let daemon = Daemon::start().await;
    let (mut one, mut other) = (Events::open(&daemon, None).await, Events::open(&daemon, None).await);
    for n in 0..20 {
        daemon.contacts(&[person(&format!("c{n}"), "P", &format!("+1650555{n:04}"))]).await;
    }
    daemon.contacts(&[person("c0", "P", "+16505559999")]).await;
    for events in [&mut one, &mut other] {
        let (mut numbers, mut told) = (std::collections::BTreeSet::new(), 0);
        while numbers.len() < 21 {
            let commands = events.commands().await;
            assert_eq!(commands[0]["type"], "rc-adapter-sync-third-party-contacts");
            assert_eq!(commands[1]["type"], "rc-adapter-trigger-contact-match");
            let listed = commands[1]["phoneNumbers"].as_array().expect("numbers");
            numbers.extend(listed.iter().map(|n| n.as_str().expect("a number").to_owned()));
            told += 1;
        }
        assert!(told < 21, "each change was told alone");
        assert!(numbers.contains("+16505550000") && numbers.contains("+16505559999"), "the old number and the new");
    }
}

#[tokio::test]
async fn an_unchanged_contact_is_not_told() {
    let daemon = Daemon::start().await;
    daemon.contacts(&[person("a", "A", "+16505550123")]).await;
    let mut events = Events::open(&daemon, None).await;
    // The first change was made before the page was open, and may still be told.
    daemon.contacts(&[person("a", "A", "+16505550123")]).await;
    daemon.contacts(&[person("b", "B", "+16505550199")]).await;
    loop {
        let commands = events.commands().await;
        let numbers = commands[1]["phoneNumbers"].as_array().expect("numbers").clone();
        if numbers.contains(&json!("+16505550199")) {
            break;
        }
        assert_eq!(numbers, [json!("+16505550123")]);
    }
}

#[tokio::test]
async fn an_operators_commands_are_not_seen_by_another() {
    let (mut daemon, [ann, bob]) = two("").await;
    let mut anns = Events::open(&daemon, Some(&ann)).await;
    let mut bobs = Events::open(&daemon, Some(&bob)).await;
    daemon.bearer = Some(ann.clone());
    daemon.post("/callLogger", &body("16")).await;
    daemon.post("/authorize", &json!({"authorized": true})).await;
    daemon.bearer = Some(bob.clone());
    daemon.post("/authorize", &json!({"authorized": false})).await;
    let told = anns.commands().await;
    assert_eq!(told, [json!({"type": "rc-adapter-trigger-call-logger-match", "sessionIds": ["318220457011"]})]);
    assert_eq!(anns.commands().await[0]["authorized"], false);
    let told = bobs.commands().await;
    assert_eq!(
        (&told[0]["authorized"], &told[0]["authorizedAccount"]),
        (&json!(true), &json!("bob")),
        "bob's first is his own"
    );
}

#[tokio::test]
async fn a_stream_ends_when_the_daemon_is_stopped_and_does_not_hold_it_up() {
    let daemon = Daemon::start().await;
    let mut events = Events::open(&daemon, None).await;
    tokio::time::timeout(Duration::from_secs(5), daemon.stop()).await.expect("the stream held up the end");
    assert_eq!(events.next().await, None);
}
