//! The sync engine on an upstream that does what it is told: pages, crashes, sweeps, faults.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use trunkline::connectors::SharedConnector;
use trunkline::domain::upstream::{Trouble, UpstreamError};

use crate::support::Daemon;
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

pub async fn list(daemon: &Daemon) -> BTreeMap<String, String> {
    let mut widget = Widget::default();
    widget.sync(daemon).await;
    widget.by_id()
}

pub async fn state(daemon: &Daemon) -> Value {
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
