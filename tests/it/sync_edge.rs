//! What a sync shows and takes at the edge: the API, webhooks, the refresh button, filters.

use serde_json::{Value, json};
use trunkline::domain::upstream::{Trouble, UpstreamError};

use crate::events::Events;
use crate::support::daemon::person;
use crate::support::upstream::Upstream;
use crate::sync_engine::{daemon, list, state};

#[tokio::test]
async fn open_pages_are_told_what_to_fetch_and_to_match_again() {
    let upstream = Upstream::new();
    upstream.put("a", "Ada", "+16505550001");
    let daemon = daemon(&upstream, "").await;
    let mut events = Events::open(&daemon, None).await;
    upstream.put("a", "Ada", "+16505550002");
    daemon.sync("crm", &json!({})).await;
    let (_, told) = events.next().await.expect("an event");
    assert_eq!(told["commands"][0]["type"], "rc-adapter-sync-third-party-contacts");
    assert_eq!(told["commands"][1]["phoneNumbers"], json!(["+16505550001", "+16505550002"]));
}

#[tokio::test]
async fn a_filter_and_a_list_of_fields_hold() {
    let upstream = Upstream::new();
    for (id, tag) in [("a", "vip"), ("b", "other"), ("c", "vip")] {
        upstream.put_json(id, json!({"name": id, "tags": [tag], "company": "Engines", "salary": "secret"}));
    }
    let further = "fields = ['company']\n[connectors.crm.filter]\ntag = ['VIP']\n";
    let daemon = daemon(&upstream, further).await;
    assert_eq!(list(&daemon).await.into_keys().collect::<Vec<_>>(), ["crm:a", "crm:c"]);
    let stored = daemon.get("/v1/contacts/crm:a").await.ok();
    assert_eq!((&stored["company"], stored.get("salary")), (&json!("Engines"), None));
    assert!(!String::from_utf8_lossy(&daemon.database_bytes()).contains("secret"));
    // Out of the filter and into it again.
    upstream.put_json("a", json!({"name": "a", "tags": []}));
    upstream.put_json("b", json!({"name": "b", "tags": ["vip"]}));
    daemon.sync("crm", &json!({})).await;
    assert_eq!(list(&daemon).await.into_keys().collect::<Vec<_>>(), ["crm:b", "crm:c"]);
    upstream.asked();
    daemon.sync("crm", &json!({"sweep": true})).await;
    assert!(!upstream.asked().iter().any(|asked| asked.starts_with("fetch")), "what is left out is not fetched again");
}

#[tokio::test]
async fn a_record_that_cannot_be_a_contact_is_counted_and_the_rest_goes_on() {
    let upstream = Upstream::new();
    upstream.put_json("empty", json!({"phoneNumbers": []}));
    upstream.put_json("odd", json!({"name": 7, "phoneNumbers": "none"}));
    upstream.put("good", "Ada", "+16505550001");
    let daemon = daemon(&upstream, "").await;
    assert_eq!(list(&daemon).await.into_keys().collect::<Vec<_>>(), ["crm:good"]);
    let refused = &state(&daemon).await["refused"];
    assert_eq!(refused["count"], json!(2));
    assert!(refused["examples"][0].as_str().expect("words").starts_with("crm:empty: "), "{refused}");
}

#[tokio::test]
async fn a_connectors_contacts_are_not_changed_from_here() {
    let upstream = Upstream::new();
    upstream.put("a", "Ada", "+16505550001");
    let daemon = daemon(&upstream, "").await;
    let body = person("crm:a", "Somebody else", "+16505550002");
    daemon.send("PUT", "/v1/contacts/crm:a", &body).await.problem(409, "belongs_to_connector");
    daemon.send("DELETE", "/v1/contacts/crm:a", &Value::Null).await.problem(409, "belongs_to_connector");
    let batch = json!({"contacts": [body, person("own", "Own", "+16505550003")], "deleted": ["crm:a"]});
    let counts = daemon.send("POST", "/v1/contacts/batch", &batch).await.ok();
    assert_eq!((&counts["upserted"], counts["rejected"].as_array().map(Vec::len)), (&json!(1), Some(2)), "{counts}");
    assert_eq!(daemon.matched("+16505550001").await, ["crm:a"]);
}

#[tokio::test]
async fn a_contact_made_upstream_is_here_at_once_and_stays() {
    let upstream = Upstream::new();
    upstream.fill(0..5);
    let daemon = daemon(&upstream, "").await;
    let new = serde_json::from_value(json!({"name": "Ada Lovelace",
        "phoneNumbers": [{"phoneNumber": "+16505550001", "phoneType": "mobile"}]}))
    .expect("a contact");
    let whose = trunkline::domain::credential::Whose::Company;
    let made = daemon.state.sync.create_contact("crm", &whose, new).await.expect("made");
    assert_eq!(daemon.matched("+16505550001").await, std::slice::from_ref(&made.id));
    let report = daemon.sync("crm", &json!({"full": true})).await;
    assert_eq!((&report["deleted"], &report["upserted"]), (&json!(0), &json!(0)));
    assert_eq!(daemon.matched("+16505550001").await, [made.id]);
}

#[tokio::test]
async fn a_webhook_is_checked_and_only_a_hint() {
    let upstream = Upstream::new();
    let daemon = daemon(&upstream, "").await;
    upstream.put("a", "Ada", "+16505550001");
    daemon.send("POST", "/hooks/crm", &json!({"forged": 1})).await.problem(401, "signature_refused");
    daemon.send("POST", "/hooks/nobody", &json!({})).await.problem(404, "not_found");
    let mut events = Events::open(&daemon, None).await;
    assert_eq!(daemon.send("POST", "/hooks/crm", &json!({"signed": true})).await.status, 204);
    let (_, told) = events.next().await.expect("an event");
    assert_eq!(told["commands"][1]["phoneNumbers"], json!(["+16505550001"]));
}

#[tokio::test]
async fn the_api_shows_connectors_and_refuses_odd_requests() {
    let upstream = Upstream::new();
    let daemon = daemon(&upstream, "[connectors.other]\nkind = 'rest'\nmanifest = 'nowhere.toml'\n").await;
    let items = daemon.get("/v1/connectors").await.ok()["items"].clone();
    assert_eq!((&items[0]["id"], &items[0]["contacts"]), (&json!("local"), &json!(0)));
    assert_eq!((&items[1]["id"], &items[1]["contacts"]), (&json!("crm"), &json!(0)));
    assert_eq!((&items[2]["id"], &items[2]["usable"]), (&json!("other"), &json!(false)));
    daemon.send("POST", "/v1/connectors/other/sync", &Value::Null).await.problem(409, "connector_unusable");
    daemon.send("POST", "/v1/connectors/local/sync", &Value::Null).await.problem(409, "nothing_upstream");
    daemon.get("/v1/connectors/nobody").await.problem(404, "not_found");
    let path = "/v1/connectors/crm/sync";
    daemon.send("POST", path, &json!({"fulll": true})).await.problem(422, "invalid_body");
    for wrong in [json!(["full"]), json!([]), json!("full"), json!(1), json!({"full": "yes"})] {
        let problem = daemon.send("POST", path, &wrong).await.problem(422, "invalid_body");
        assert!(!problem.to_string().contains("RunOptions"), "{problem}");
    }
    daemon.send("POST", "/v1/connectors/crm/sync?wait=1", &json!({})).await.problem(400, "invalid_request");
    upstream.put("a", "Ada", "+16505550001");
    let shown = daemon.send("POST", "/v1/connectors/crm/preview", &json!({})).await.ok();
    assert!(shown["examples"][0]["after"]["name"].is_string(), "{shown}");
    assert_eq!(daemon.send("POST", path, &Value::Null).await.status, 202);
}

#[tokio::test]
async fn the_refresh_button_asks_upstream_and_shows_what_came() {
    let upstream = Upstream::new();
    upstream.put("a", "Ada", "+16505550001");
    let daemon = daemon(&upstream, "").await;
    let request = |kind: &str| json!({"page": 1, "syncTimestamp": null, "type": kind});
    upstream.put("b", "Grace", "+16505550002");
    let quiet = daemon.data("/contacts", &request("api")).await;
    assert_eq!(quiet.as_array().map(Vec::len), Some(1), "only the button asks upstream");
    let fresh = daemon.data("/contacts", &request("manual")).await;
    assert_eq!(fresh.as_array().map(Vec::len), Some(2));
    // In trouble the list comes all the same, and the operator hears why it may be old.
    let mut events = Events::open(&daemon, None).await;
    upstream.fail([UpstreamError::new(Trouble::Down, "crm.example does not answer")]);
    let list = daemon.data("/contacts", &request("manual")).await;
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    loop {
        let (_, told) = events.next().await.expect("an event");
        let command = &told["commands"][0];
        if command["type"] == "trunkline-progress" {
            assert_eq!((&command["level"], &command["done"]), (&json!("warning"), &json!(true)));
            assert!(command["message"].as_str().expect("words").contains("crm.example does not answer"), "{command}");
            return;
        }
    }
}
