//! Several sources at once: who is in two of them is shown from both, and says where from.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use trunkline::connectors::SharedConnector;

use crate::support::Daemon;
use crate::support::daemon::person;
use crate::support::upstream::Upstream;

const TWO: &str = "[connectors.crm]\nkind = 'rest'\nname = 'The CRM'\nmanifest = 'pipedrive'\n\
    [connectors.books]\nkind = 'carddav'\nname = 'Team book'\nurl = 'http://127.0.0.1:1/'\n";

fn connector(upstream: &Upstream) -> SharedConnector {
    Arc::new(upstream.clone())
}

async fn two(crm: &Upstream, books: &Upstream) -> Daemon {
    let stand_ins = BTreeMap::from([("crm".to_owned(), connector(crm)), ("books".to_owned(), connector(books))]);
    Daemon::with_upstreams(TWO, stand_ins).await
}

async fn matched(daemon: &Daemon, number: &str) -> Vec<Value> {
    let data = daemon.data("/contacts/match", &json!({"phoneNumbers": [number]})).await;
    data[number].as_array().expect("a list").clone()
}

#[tokio::test]
async fn one_person_in_two_sources_is_shown_once_for_each_in_a_stable_order() {
    let number = "+16505550100";
    let orders = [["crm", "books", "local"], ["local", "books", "crm"], ["books", "local", "crm"]];
    for order in orders {
        let (crm, books) = (Upstream::new(), Upstream::new());
        crm.put("17", "Ada Lovelace", number);
        books.put("ada.vcf", "Ada Lovelace", number);
        let daemon = two(&crm, &books).await;
        for source in order {
            if source == "local" {
                daemon.contacts(&[person("c-1", "Ada Lovelace", number)]).await;
            } else {
                daemon.sync(source, &json!({})).await;
            }
        }
        let shown = matched(&daemon, number).await;
        let ids: Vec<&str> = shown.iter().map(|entity| entity["id"].as_str().expect("an id")).collect();
        assert_eq!(ids, ["books:ada.vcf", "crm:17", "c-1"], "whichever came first: {order:?}");
        let names: Vec<&Value> = shown.iter().map(|entity| &entity["description"]).collect();
        assert_eq!(names, [&json!("Team book"), &json!("The CRM"), &Value::Null], "our own needs no word");

        // Another edit does not change places.
        crm.put("17", "Ada King", number);
        daemon.sync("crm", &json!({})).await;
        let shown = matched(&daemon, number).await;
        assert_eq!(shown[1]["name"], "Ada King");
        // One source loses the person; the others keep them.
        books.delete("ada.vcf");
        daemon.sync("books", &json!({})).await;
        assert_eq!(matched(&daemon, number).await.len(), 2);
    }
}

/// One upstream that answers nothing holds up neither the others nor what is asked at ring time.
#[tokio::test]
async fn an_upstream_that_hangs_holds_up_nobody() {
    let (crm, books) = (Upstream::new(), Upstream::new());
    crm.fill(0..3);
    books.put("ada.vcf", "Ada Lovelace", "+16505550100");
    let daemon = two(&crm, &books).await;
    daemon.sync("crm", &json!({})).await;
    crm.close_gate();
    assert_eq!(daemon.send("POST", "/v1/connectors/crm/sync", &json!({})).await.status, 202);
    daemon.sync("books", &json!({})).await;
    assert_eq!(daemon.matched("+16505550100").await, ["books:ada.vcf"]);
    assert_eq!(daemon.matched("+16502000001").await, ["crm:u0001"]);
    assert_eq!(daemon.get("/v1/connectors/crm").await.ok()["running"], json!(true));
    crm.open_gate();
    daemon.sync("crm", &json!({})).await;
}

/// What no person wrote by hand does not stop a sync.
#[tokio::test]
async fn a_record_beyond_all_measure_does_not_hold_up_the_rest() {
    let (crm, books) = (Upstream::new(), Upstream::new());
    let numbers: Vec<Value> =
        (0..500).map(|n| json!({"phoneNumber": format!("+1650555{:04}", 1000 + n), "phoneType": "business"})).collect();
    crm.put_json("many", json!({"name": "Five hundred numbers", "phoneNumbers": numbers}));
    crm.put_json("long", json!({"name": "A long story", "notes": "x".repeat(5 << 20), "phoneNumbers": []}));
    crm.put("good", "Ada Lovelace", "+16505550100");
    let daemon = two(&crm, &books).await;
    daemon.sync("crm", &json!({})).await;
    assert_eq!(daemon.matched("+16505550100").await, ["crm:good"]);
    let state = daemon.get("/v1/connectors/crm").await.ok();
    let listed = daemon.get("/v1/contacts").await.ok();
    let held = listed["items"].as_array().expect("items").len() as u64;
    assert_eq!(held + state["refused"]["count"].as_u64().expect("a count"), 3, "nothing vanishes unseen: {state}");
    assert!(listed.to_string().len() < 1 << 20, "no story of megabytes goes to browsers");
}
