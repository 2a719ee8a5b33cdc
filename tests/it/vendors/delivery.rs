//! The whole way of a call into each shipped CRM: on its contact, once although an answer was lost, edited
//! in place, and moved with the operator's choice.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trunkline::connectors::SharedConnector;
use trunkline::domain::upstream::LogKind;

use super::{hubspot, pipedrive, salesforce, zoho};
use crate::conformance::{Person, World};
use crate::delivery::{ADA, CONFIG, MINUTE, drain, entries, log, record};
use crate::fakes::Fault;
use crate::support::Daemon;

const NOTE: &str = "Quoted $150 & <b>";

async fn through<W: World>(
    world: &mut W,
    connector: SharedConnector,
    lose: impl FnOnce(&W),
    hangs: fn(&W) -> Vec<String>,
) {
    let ids = world.add(&[Person::new("Ada", "Lovelace", ADA), Person::new("Emmy", "Noether", "+16505550101")]).await;
    let daemon = Daemon::with_upstreams(CONFIG, BTreeMap::from([("crm".to_owned(), connector)])).await;
    daemon.sync("crm", &json!({})).await;
    lose(world);
    log(&daemon, "7", ADA, Some(NOTE)).await;
    drain(&daemon).await;
    world.settle().await;
    daemon.clock.advance(5 * MINUTE);
    drain(&daemon).await;
    let found = entries(&daemon).await;
    assert_eq!(found[0]["state"], "delivered", "{found:?}");
    let logs = world.logs(LogKind::Call).await;
    assert_eq!(logs.len(), 1, "once, though the first answer was lost");
    let note = if logs[0].text.contains("&lt;b&gt;") { "Quoted $150 &amp; &lt;b&gt;" } else { NOTE };
    assert!(logs[0].text.contains(note), "{}", logs[0].text);
    assert_eq!(hangs(world), [ids[0].clone()]);

    // Another note, and another contact.
    let mut post = record("7", ADA, Some("She ordered"));
    post["triggerType"] = json!("logForm");
    post["formData"] = json!({"contactId": format!("crm:{}", ids[1])});
    daemon.post("/callLogger", &post).await;
    drain(&daemon).await;
    let found = entries(&daemon).await;
    assert_eq!(found[0]["state"], "delivered", "{found:?}");
    let logs = world.logs(LogKind::Call).await;
    assert!(logs.last().expect("a log").text.contains("She ordered"));
    assert_eq!(hangs(world).last(), Some(&ids[1]), "it moved");
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[tokio::test]
async fn into_hubspot() {
    let mut portal = hubspot::portal().await;
    let connector = portal.site().unhurried().connector();
    let lose = |portal: &hubspot::Portal| portal.fake.gate.once("calls", Fault::AfterCommit);
    through(&mut portal, connector, lose, |portal| {
        let calls = portal.fake.written("calls");
        calls.iter().flat_map(|log| log["contacts"].as_array().expect("a list")).map(text).collect()
    })
    .await;
}

#[tokio::test]
async fn into_pipedrive() {
    let mut company = pipedrive::company().await;
    let connector = company.site().unhurried().connector();
    let lose = |company: &pipedrive::Company| company.fake.gate.once("activities", Fault::AfterCommit);
    through(&mut company, connector, lose, |company| {
        company.fake.activities().iter().map(|log| text(&log["person_id"])).collect()
    })
    .await;
}

#[tokio::test]
async fn into_salesforce() {
    let mut org = salesforce::org().await;
    let connector = org.site().unhurried().connector();
    let lose = |org: &salesforce::Org| org.fake.gate.once("sobjects/Task", Fault::AfterCommit);
    through(&mut org, connector, lose, |org| org.fake.tasks().iter().map(|log| text(&log["WhoId"])).collect()).await;
}

#[tokio::test]
async fn into_zoho() {
    let mut org = zoho::org().await;
    let connector = org.site().unhurried().connector();
    let lose = |org: &zoho::Org| org.fake.gate.once("Calls", Fault::AfterCommit);
    through(&mut org, connector, lose, |org| {
        org.fake.written("Calls").iter().map(|log| text(&log["Who_Id"]["id"])).collect()
    })
    .await;
}
