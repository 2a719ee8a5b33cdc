//! The sync engine on an upstream that does what it is told: pages, crashes, sweeps, faults.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use trunkline::connectors::SharedConnector;
use trunkline::domain::upstream::{Trouble, UpstreamError};

use crate::events::Events;
use crate::support::Daemon;
use crate::support::daemon::person;
use crate::support::upstream::Upstream;
use crate::support::widget::Widget;

/// One connector, `crm`, that is asked on demand only: its schedule is a day.
pub const CONFIG: &str = "[numbers]\ndefault_region = 'US'\n[connectors.crm]\nkind = 'carddav'\nname = 'The CRM'\n\
    url = 'http://127.0.0.1:9/'\nsync_seconds = 86400\n";

pub async fn daemon(upstream: &Upstream, further: &str) -> Daemon {
    let connector: SharedConnector = Arc::new(upstream.clone());
    let daemon =
        Daemon::with_upstreams(&format!("{CONFIG}{further}"), BTreeMap::from([("crm".into(), connector)])).await;
    // The run at the start is over.
    daemon.sync("crm", &json!({})).await;
    daemon
}

async fn list(daemon: &Daemon) -> BTreeMap<String, String> {
    let mut widget = Widget::default();
    widget.sync(daemon).await;
    widget.by_id()
}

async fn state(daemon: &Daemon) -> Value {
    daemon.get("/v1/connectors/crm").await.ok()
}

#[tokio::test]
async fn contacts_edits_and_deletions_arrive_with_the_source_they_are_from() {
    let upstream = Upstream::new();
    upstream.fill(0..120);
    let daemon = daemon(&upstream, "").await;
    assert_eq!(list(&daemon).await.len(), 120);
    assert_eq!(daemon.matched("+16502000007").await, ["crm:u0007"]);
    let stored = daemon.get("/v1/contacts/crm:u0007").await.ok();
    assert_eq!((&stored["source"], &stored["sourceName"]), (&json!("crm"), &json!("The CRM")));

    upstream.put("u0007", "Ada Lovelace", "(650) 999-0001");
    upstream.delete("u0008");
    let report = daemon.sync("crm", &json!({})).await;
    assert_eq!((&report["upserted"], &report["deleted"], &report["full"]), (&json!(1), &json!(1), &json!(false)));
    assert_eq!(daemon.matched("+16509990001").await, ["crm:u0007"]);
    assert_eq!(daemon.matched("+16502000007").await, Vec::<String>::new());
    assert_eq!(daemon.matched("+16502000008").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_did_not_change_takes_no_stamp() {
    let upstream = Upstream::new();
    upstream.fill(0..60);
    let daemon = daemon(&upstream, "").await;
    let stamp = daemon.state.storage.known_stamp();
    upstream.fill(0..60);
    let report = daemon.sync("crm", &json!({"full": true, "sweep": true})).await;
    assert_eq!((&report["received"], &report["unchanged"]), (&json!(60), &json!(60)));
    assert_eq!(daemon.state.storage.known_stamp(), stamp);
}

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
async fn a_listing_cut_off_at_any_page_goes_on_there() {
    // Four pages, and the request for what the listing did not show.
    for good in 1..5 {
        let upstream = Upstream::new();
        upstream.fill(0..170);
        let daemon = daemon(&upstream, "").await;
        upstream.delete("u0003");
        upstream.hide_deletions();
        upstream.fail_after(good, UpstreamError::new(Trouble::Down, "the line is cut"));
        let path = "/v1/connectors/crm/sync?wait=true";
        daemon.send("POST", path, &json!({"full": true})).await.problem(502, "upstream_down");
        upstream.asked();
        let report = daemon.sync("crm", &json!({})).await;
        assert_eq!((&report["full"], &report["deleted"]), (&json!(true), &json!(1)), "after {good} good pages");
        let again = upstream.asked().iter().filter(|asked| asked.starts_with("changes")).count();
        assert_eq!(again, if good == 4 { 1 } else { 4 - good }, "after {good} good pages");
        assert_eq!(list(&daemon).await.len(), 169);
        daemon.stop().await;
    }
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_listing_resumes_it() {
    let upstream = Upstream::new();
    upstream.fill(0..170);
    let connector: SharedConnector = Arc::new(upstream.clone());
    let daemon = Daemon::with_upstreams(CONFIG, BTreeMap::from([("crm".into(), connector)])).await;
    daemon.sync("crm", &json!({})).await;
    upstream.asked();
    // As a process that ends between two pages leaves it.
    let mut kept = daemon.state.storage.find_connector_state("crm").await.expect("read").expect("a state");
    kept.full = true;
    kept.cursor = Some("0.170.u0049".into());
    let write = trunkline::storage::connectors::SyncWrite {
        connector: "crm".into(),
        begins: true,
        seen: (0..50).map(|n| (format!("crm:u{n:04}"), None)).collect(),
        state: Some(kept),
        ..Default::default()
    };
    daemon.state.storage.write_sync(write).await.expect("written");
    let daemon = daemon.restart().await;
    daemon.sync("crm", &json!({})).await;
    let asked = upstream.asked();
    assert_eq!(asked[0], "changes 0.170.u0049", "{asked:?}");
    assert_eq!(list(&daemon).await.len(), 170);
}

#[tokio::test]
async fn a_forgotten_cursor_lists_everything_once_more() {
    let upstream = Upstream::new();
    upstream.fill(0..70);
    let daemon = daemon(&upstream, "").await;
    upstream.delete("u0001");
    upstream.hide_deletions();
    upstream.asked();
    upstream.forget_cursors(true);
    // Also the pages of the new listing are refused: that is a fault, told in words.
    daemon.send("POST", "/v1/connectors/crm/sync?wait=true", &json!({})).await.problem(502, "upstream_gone");
    upstream.forget_cursors(false);
    let report = daemon.sync("crm", &json!({})).await;
    assert_eq!((&report["full"], &report["deleted"]), (&json!(true), &json!(1)));
    assert_eq!(list(&daemon).await.len(), 69);
}

#[tokio::test]
async fn a_sweep_finds_what_changes_miss() {
    let upstream = Upstream::new();
    upstream.fill(0..120);
    let daemon = daemon(&upstream, "").await;
    upstream.hide_deletions();
    upstream.delete("u0005");
    // A row that a shifting listing skips is not gone.
    upstream.hide(&["u0006"]);
    let report = daemon.sync("crm", &json!({"sweep": true})).await;
    assert_eq!((&report["swept"], &report["deleted"]), (&json!(true), &json!(1)));
    let list = list(&daemon).await;
    assert!(!list.contains_key("crm:u0005") && list.contains_key("crm:u0006"));
}

#[tokio::test]
async fn a_sweep_is_due_after_its_hours() {
    let upstream = Upstream::new();
    upstream.fill(0..3);
    let daemon = daemon(&upstream, "sweep_hours = 2\n").await;
    assert_eq!(daemon.sync("crm", &json!({})).await["swept"], json!(false));
    daemon.clock.advance(2 * 3_600_000);
    assert_eq!(daemon.sync("crm", &json!({})).await["swept"], json!(true));
    assert_eq!(daemon.sync("crm", &json!({})).await["swept"], json!(false));
}

#[tokio::test]
async fn many_deletions_at_once_wait_for_a_persons_word() {
    let upstream = Upstream::new();
    upstream.fill(0..100);
    let daemon = daemon(&upstream, "max_delete_percent = 20\n").await;
    upstream.hide_deletions();
    (0..30).for_each(|n| upstream.delete(&format!("u{n:04}")));
    let report = daemon.sync("crm", &json!({"sweep": true})).await;
    assert_eq!((&report["deleted"], &report["held_deletions"]), (&json!(0), &json!(30)));
    assert_eq!(list(&daemon).await.len(), 100);
    assert_eq!(state(&daemon).await["heldDeletions"], json!(30));
    let report = daemon.sync("crm", &json!({"accept_deletions": true})).await;
    assert_eq!((&report["deleted"], &report["held_deletions"]), (&json!(30), &Value::Null));
    assert_eq!(list(&daemon).await.len(), 70);
    assert_eq!(state(&daemon).await["heldDeletions"], Value::Null);
}

#[tokio::test]
async fn an_empty_answer_does_not_empty_the_address_book() {
    let upstream = Upstream::new();
    upstream.fill(0..100);
    let daemon = daemon(&upstream, "").await;
    let all: Vec<String> = (0..100).map(|n| format!("u{n:04}")).collect();
    upstream.hide(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let report = daemon.sync("crm", &json!({"full": true})).await;
    assert_eq!(report["held_deletions"], json!(100));
    assert_eq!(list(&daemon).await.len(), 100);
}

#[tokio::test]
async fn pages_without_end_are_noticed() {
    let upstream = Upstream::new();
    upstream.fill(0..10);
    let daemon = daemon(&upstream, "").await;
    upstream.repeat(true);
    let path = "/v1/connectors/crm/sync?wait=true";
    let problem = daemon.send("POST", path, &json!({"full": true})).await.problem(502, "upstream_broken");
    assert!(problem["detail"].as_str().expect("words").contains("same page"), "{problem}");
    assert_eq!(list(&daemon).await.len(), 10);
}

#[tokio::test]
async fn trouble_is_told_in_words_until_the_next_good_answer_heals_it() {
    let upstream = Upstream::new();
    upstream.fill(0..3);
    let daemon = daemon(&upstream, "").await;
    for (trouble, status, code) in [
        (Trouble::Down, 502, "upstream_down"),
        (Trouble::Slow, 504, "upstream_slow"),
        (Trouble::RateLimited, 503, "upstream_rate_limited"),
        (Trouble::Unauthorized, 502, "upstream_unauthorized"),
        (Trouble::Forbidden, 502, "upstream_forbidden"),
        (Trouble::Rejected, 422, "upstream_rejected"),
        (Trouble::Broken, 502, "upstream_broken"),
    ] {
        upstream.fail([UpstreamError::new(trouble, "what the server said").retry_after(Some(Duration::from_hours(1)))]);
        let path = "/v1/connectors/crm/sync?wait=true";
        let problem = daemon.send("POST", path, &json!({})).await.problem(status, code);
        assert!(problem["fix"].is_string() && problem["detail"] == "what the server said", "{problem}");
        let kept = state(&daemon).await;
        assert_eq!(kept["trouble"]["detail"], "what the server said");
        assert_eq!(daemon.matched("+16502000001").await, ["crm:u0001"], "matches are answered from here");
        daemon.sync("crm", &json!({})).await;
        assert_eq!(state(&daemon).await["trouble"], Value::Null);
    }
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
async fn another_mapping_maps_everything_anew() {
    let upstream = Upstream::new();
    upstream.put("a", "Ada", "020 7946 0000");
    let daemon = daemon(&upstream, "region = 'GB'\n").await;
    assert_eq!(daemon.matched("+442079460000").await, ["crm:a"]);
    let mut kept = daemon.state.storage.find_connector_state("crm").await.expect("read").expect("a state");
    kept.fingerprint = "of another configuration".into();
    let write =
        trunkline::storage::connectors::SyncWrite { connector: "crm".into(), state: Some(kept), ..Default::default() };
    daemon.state.storage.write_sync(write).await.expect("written");
    assert_eq!(daemon.sync("crm", &json!({})).await["full"], json!(true));
    assert_eq!(daemon.sync("crm", &json!({})).await["full"], json!(false));
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
    assert_eq!(daemon.matched("+16505550001").await, [made.id.clone()]);
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
    assert_eq!((&items[0]["id"], &items[0]["contacts"]), (&json!("crm"), &json!(0)));
    daemon.get("/v1/connectors/nobody").await.problem(404, "not_found");
    let path = "/v1/connectors/crm/sync";
    daemon.send("POST", path, &json!({"fulll": true})).await.problem(422, "invalid_body");
    daemon.send("POST", path, &json!(["full"])).await.problem(422, "invalid_body");
    assert_eq!(daemon.send("POST", path, &Value::Null).await.status, 202);
}
