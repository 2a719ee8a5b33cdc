//! The vendors' own clients on the same stand-ins: what they see is what the connectors see, and what
//! the one writes the other reads. They come from `tests/sdk` and `.tools/venv`, which `make tools` fills.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use trunkline::connectors::{SharedConnector, Webhook, WebhookProblem};
use trunkline::domain::clock::Clock;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::LogKind;

use super::{entry, hubspot, pipedrive, salesforce};
use crate::conformance::{Model, Person, World};
use crate::fakes::gate::KEY;
use crate::support::servers::program;

/// Runs a client beside the stand-in; what it printed.
async fn run(mut command: Command) -> Value {
    let run = tokio::task::spawn_blocking(move || command.output());
    let output = run.await.expect("no panic").expect("it runs: `make tools` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stdout)))
}

fn node(script: &str, base: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk");
    let mut command = Command::new("node");
    command.args([script, base, KEY]).current_dir(folder);
    command
}

/// The records in the words of the scripts: ids, names, numbers.
fn shown(model: &Model) -> Value {
    let one = |(id, record): (&String, &trunkline::domain::upstream::Record)| {
        let text = |name: &str| record.contact.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let parts = format!("{} {}", text("firstName"), text("lastName"));
        let name = if text("name").is_empty() { parts.trim().to_owned() } else { text("name") };
        let phones = record.contact["phoneNumbers"].as_array().expect("numbers");
        let phones: Vec<&Value> = phones.iter().map(|phone| &phone["phoneNumber"]).collect();
        json!({"id": id, "name": name, "phones": phones})
    };
    model.records.iter().map(one).collect()
}

fn sorted(contacts: &Value) -> Value {
    let mut contacts = contacts.as_array().expect("a list").clone();
    contacts.sort_by_key(|contact| contact["id"].as_str().expect("an id").to_owned());
    contacts.into()
}

async fn people(world: &mut dyn World) -> Vec<String> {
    let mut ada = Person::new("Ada", "Lovelace", "+16505550100");
    ada.phones.insert(0, ("+16505550101".to_owned(), "business"));
    let mut all = vec![ada, Person::new("Zoë", "Müller-Straße", "+498912345670")];
    all.extend((0..640).map(|n| Person::new("Member", &format!("N{n}"), &format!("+1650555{:04}", 1000 + n))));
    world.add(&all).await
}

async fn write_and_read(connector: &SharedConnector, contact: &str) -> (Model, String) {
    let mut model = Model::default();
    model.run(&**connector).await.unwrap();
    let log = entry(LogKind::Call, "call-1", Some(contact));
    (model, connector.create_log(&Whose::Company, &log).await.unwrap())
}

/// The client wrote a contact: the next run has it.
async fn comes(connector: &SharedConnector, mut model: Model, said: &Value) {
    model.run(&**connector).await.unwrap();
    let made = said["made"].as_str().expect("an id");
    let phones = &model.records.get(made).expect("what the client made").contact["phoneNumbers"];
    assert_eq!(phones[0]["phoneNumber"], "+16505550142");
}

#[tokio::test]
async fn hubspots_own_client_sees_the_same() {
    let mut portal = hubspot::portal().await;
    let ids = people(&mut portal).await;
    let connector = portal.site().unhurried().connector();
    portal.delete(&ids[5]).await;
    let (model, call) = write_and_read(&connector, &ids[0]).await;
    portal.settle().await;
    let said = run(node("hubspot.js", &portal.fake.base)).await;
    assert_eq!(sorted(&said["contacts"]), shown(&model));
    assert_eq!(said["archived"], json!([ids[5]]));
    assert_eq!(said["found"][0]["id"], json!(ids[0]));
    assert_eq!(said["calls"], json!([{"id": call, "title": "Inbound call"}]));
    comes(&connector, model, &said).await;

    // A webhook request signed by HubSpot's own code.
    let signed = &said["signed"];
    let text = |name: &str| signed[name].as_str().expect("a text");
    let mut site = portal.site();
    site.config.webhook_secret = trunkline::config::Secret::from(text("secret"));
    portal.clock.set(signed["timestamp"].as_i64().expect("a time") + 299_000);
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("x-hubspot-signature-v3", text("signature").parse().unwrap());
    headers.insert("x-hubspot-request-timestamp", signed["timestamp"].to_string().parse().unwrap());
    let body = text("body").as_bytes();
    let connector = site.connector();
    let check =
        |url: &str, body: &[u8]| connector.check_webhook(&Webhook { method: "POST", url, headers: &headers, body });
    assert_eq!(check(text("url"), body), Ok(()));
    assert_eq!(check(text("url"), b"[]"), Err(WebhookProblem::Signature));
    assert_eq!(check("https://other.example/", body), Err(WebhookProblem::Signature));
    portal.clock.advance(2_000);
    assert_eq!(check(text("url"), body), Err(WebhookProblem::Stale));
}

#[tokio::test]
async fn pipedrives_own_client_sees_the_same() {
    let mut company = pipedrive::company().await;
    let ids = people(&mut company).await;
    let connector = company.site().unhurried().connector();
    company.delete(&ids[5]).await;
    let (model, call) = write_and_read(&connector, &ids[0]).await;
    company.settle().await;
    let said = run(node("pipedrive.js", &company.fake.base)).await;
    assert_eq!(sorted(&said["contacts"]), shown(&model));
    assert_eq!(said["calls"], json!([{"id": call, "title": "Inbound call"}]));
    assert_eq!(said["me"], "Ada Lovelace");
    comes(&connector, model, &said).await;
}

#[tokio::test]
async fn simple_salesforce_sees_the_same() {
    let mut org = salesforce::org().await;
    let ids = people(&mut org).await;
    let connector = org.site().connector();
    org.delete(&ids[5]).await;
    let (model, call) = write_and_read(&connector, &ids[0]).await;
    org.clock.advance(120_000);
    let mut command = Command::new(program("python"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/salesforce.py");
    command.arg(script).args([&org.fake.base, KEY, &org.clock.now_ms().to_string()]);
    let said = run(command).await;
    assert_eq!(sorted(&said["contacts"]), shown(&model));
    assert_eq!(said["archived"], json!([ids[5]]));
    assert_eq!(said["calls"], json!([{"id": call, "title": "Inbound call"}]));
    comes(&connector, model, &said).await;
}
