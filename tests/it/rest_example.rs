//! The worked example of docs/manifest.md, run as it stands there against the API it describes.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use trunkline::domain::clock::Clock as _;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{LogKind, NewContact, NewPhone, Trouble, UpdateLog};
use wiremock::{Request, ResponseTemplate};

use crate::support::rest::{Api, NOON, body, call_log, ok, param, rig, run, sweep};

const MINUTE: i64 = 60_000;

/// The manifest in the reference page.
fn example() -> String {
    let page = include_str!("../../docs/manifest.md");
    let after = page.split("<!-- The tests run this manifest").nth(1).expect("the marker");
    let block = after.split("```toml\n").nth(1).expect("a block").split("```").next().expect("its end");
    block.replace("https://api.larder.example", "URL")
}

#[derive(Default)]
struct Larder {
    people: Vec<Value>,
    removed: Vec<Value>,
    interactions: Vec<Value>,
    now: i64,
    busy: bool,
}

fn stamp(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms).expect("a time").to_rfc3339()
}

fn problem(status: u16, text: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"problem": {"text": text, "wait": 5}}))
}

/// Times compare as texts: all are UTC and whole seconds.
fn after<'a>(request: &'a Request, name: &str, key: &'a str) -> impl Fn(&&Value) -> bool + 'a {
    let since = param(request, name)
        .map_or(i64::MIN, |text| chrono::DateTime::parse_from_rfc3339(&text).expect("RFC 3339").timestamp_millis());
    move |record| {
        let at = record[key].as_str().expect("a time");
        chrono::DateTime::parse_from_rfc3339(at).expect("a time").timestamp_millis() >= since
    }
}

impl Larder {
    fn person(&mut self, given: &str, family: &str, mobile: &str) {
        let (id, at) = (self.people.len() + 1, stamp(self.now));
        self.people.push(json!({
            "id": id, "given": given, "family": family, "employer": null, "phone": null, "mobile": mobile,
            "emails": [], "keeper": "charles", "tags": [], "changed_at": at
        }));
    }

    fn answer(&mut self, request: &Request) -> ResponseTemplate {
        if request.headers.get("authorization").is_none_or(|value| value != "Token token-0") {
            return problem(401, "who are you?");
        }
        if self.busy {
            return problem(420, "too often");
        }
        let path: Vec<&str> = request.url.path().trim_matches('/').split('/').collect();
        match (request.method.as_str(), path.as_slice()) {
            ("GET", ["v1", "me"]) => ok(&json!({"id": 1, "email": "ada@larder.example"})),
            ("GET", ["v1", "people"]) => {
                let number = |name| param(request, name).expect("given").parse::<usize>().expect("a number");
                let (page, limit) = (number("page"), number("limit"));
                assert!(limit <= 50);
                let found: Vec<&Value> =
                    self.people.iter().filter(after(request, "changed_since", "changed_at")).collect();
                let some: Vec<&&Value> = found.iter().skip((page - 1) * limit).take(limit).collect();
                ok(&json!({"people": some, "pages": {"more": found.len() > page * limit}}))
            }
            ("GET", ["v1", "people", "removed"]) => ok(
                &json!({"removed": self.removed.iter().filter(after(request, "since", "removed_at")).collect::<Vec<_>>()}),
            ),
            ("GET", ["v1", "people", id]) => {
                let found = self.people.iter().find(|person| person["id"].to_string() == *id);
                found.map_or_else(|| problem(404, "nobody"), ok)
            }
            ("POST", ["v1", "people"]) => {
                let sent = body(request);
                if sent["family"].as_str().is_none_or(str::is_empty) {
                    return problem(422, "family is needed");
                }
                self.person(sent["given"].as_str().expect("text"), sent["family"].as_str().expect("text"), "");
                let person = self.people.last_mut().expect("made");
                (person["phone"], person["emails"], person["mobile"]) =
                    (sent["phone"].clone(), sent["emails"].clone(), Value::Null);
                ok(person)
            }
            ("POST", ["v1", "interactions"]) => {
                let mut sent = body(request);
                assert!(sent["seconds"].is_i64() && sent["incoming"].is_boolean(), "{sent}");
                sent["id"] = json!(100 + self.interactions.len());
                self.interactions.push(sent.clone());
                ResponseTemplate::new(201).set_body_json(sent)
            }
            ("GET", ["v1", "interactions"]) => {
                let wanted = param(request, "ref").expect("ref");
                ok(
                    &json!({"interactions": self.interactions.iter().filter(|i| i["ref"] == wanted).collect::<Vec<_>>()}),
                )
            }
            ("PUT", ["v1", "interactions", id, "people", person]) => {
                self.interactions.iter_mut().find(|i| i["id"].to_string() == *id).expect("there")["person"] =
                    json!(person);
                ResponseTemplate::new(204)
            }
            ("PATCH", ["v1", "interactions", id]) => {
                let sent = body(request);
                let found = self.interactions.iter_mut().find(|i| i["id"].to_string() == *id).expect("there");
                sent.as_object().expect("a table").iter().for_each(|(key, value)| found[key] = value.clone());
                ok(found)
            }
            _ => problem(404, "no such address"),
        }
    }
}

async fn larder() -> (Api, Arc<Mutex<Larder>>) {
    let larder = Arc::new(Mutex::new(Larder { now: NOON - 10 * MINUTE, ..Larder::default() }));
    let own = larder.clone();
    (Api::start(move |request| own.lock().expect("a lock").answer(request)).await, larder)
}

#[tokio::test]
async fn contacts_changes_and_deletions_arrive() {
    let (api, larder) = larder().await;
    for number in 0..120 {
        larder.lock().expect("a lock").now = NOON - (600 - number * 3) * MINUTE;
        larder.lock().expect("a lock").person("Ada", &format!("Lovelace {number}"), "+16505550100");
    }
    let rig = rig(&api, &example());
    assert_eq!(rig.connector.who_am_i(&Whose::Company).await.expect("an account").name, "ada@larder.example");
    let first = run(&rig, None).await.expect("a run");
    assert_eq!(first.changes.len(), 120);
    assert_eq!(api.asked().await.len(), 4, "three pages after whoami");

    rig.clock.advance(10 * MINUTE);
    {
        let mut larder = larder.lock().expect("a lock");
        larder.now = rig.clock.now_ms();
        larder.person("Grace", "Hopper", "+16505550101");
        let gone = larder.people.remove(4);
        let at = stamp(larder.now);
        larder.removed.push(json!({"person_id": gone["id"], "removed_at": at}));
    }
    let second = run(&rig, first.cursor.as_deref()).await.expect("a run");
    assert_eq!(second.changes, ["-5", "+120", "+121"], "what is new, and what lies in the overlap");
    assert_eq!(sweep(&rig).await.expect("ids").len(), 120);
    let found = rig.connector.fetch(&["121".into(), "5".into()]).await.expect("a fetch");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].contact["lastName"], "Hopper");
    assert_eq!(found[0].facets.owners, ["charles"]);

    larder.lock().expect("a lock").busy = true;
    let error = run(&rig, second.cursor.as_deref()).await.err().expect("busy");
    assert_eq!((error.trouble, error.retry_after.map(|wait| wait.as_secs())), (Trouble::RateLimited, Some(5)));
    assert!(error.words.contains("too often"), "{error}");
}

#[tokio::test]
async fn contacts_and_calls_are_written() {
    let (api, larder) = larder().await;
    let rig = rig(&api, &example());
    let company = Whose::Company;
    let phone = NewPhone { phone_number: "+16505550100".into(), phone_type: "mobile".into() };
    let ada = NewContact {
        name: "Ada Lovelace".into(),
        phone_numbers: vec![phone],
        emails: vec!["ada@example.com".into()],
        ..NewContact::default()
    };
    let made = rig.connector.create_contact(&company, &ada).await.expect("made");
    assert_eq!(made.contact["emails"], json!(["ada@example.com"]));
    let mut entry = call_log("key-1");
    entry.contact_id = Some(made.external_id);
    let id = rig.connector.create_log(&company, &entry).await.expect("logged");
    assert_eq!(rig.connector.find_log(&company, LogKind::Call, "key-1").await.expect("found"), Some(id.clone()));
    assert_eq!(rig.connector.find_log(&company, LogKind::Call, "key-2").await.expect("none"), None);
    entry.body = "Called back \"twice\"\n{{ really }}".into();
    rig.connector.update_log(&company, &id, &entry).await.expect("updated");
    let larder = larder.lock().expect("a lock");
    assert_eq!(larder.interactions.len(), 1);
    assert_eq!(
        larder.interactions[0],
        json!({"ref": "key-1", "kind": "phone", "incoming": true, "at": "2026-10-01T09:30:00Z", "seconds": 61,
            "title": "Inbound call", "text": "Called back \"twice\"\n{{ really }}", "id": 100, "person": "1"})
    );
    assert_eq!(rig.connector.capabilities().update_log, UpdateLog::Replace);
}
