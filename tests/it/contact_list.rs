//! `/contacts` in full (protocol 3.1): pages, tokens, tombstones, resets.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::daemon::{ids, person};
use crate::support::widget::{Widget, truthy};
use crate::support::{Daemon, NOW};

fn people(range: std::ops::Range<usize>) -> Vec<Value> {
    range.map(|n| person(&format!("c{n:05}"), &format!("Person {n}"), &format!("+1650{:07}", 2_000_000 + n))).collect()
}

async fn page(daemon: &Daemon, page: &Value, token: &Value) -> Value {
    daemon.post("/contacts", &json!({"page": page, "syncTimestamp": token})).await["response"].clone()
}

/// Every page of a run.
async fn run(daemon: &Daemon, token: &Value) -> Vec<Value> {
    let mut pages = vec![page(daemon, &json!(1), token).await];
    while truthy(&pages[pages.len() - 1]["nextPage"]) {
        let next = pages[pages.len() - 1]["nextPage"].clone();
        pages.push(page(daemon, &next, token).await);
        assert!(pages.len() < 100, "a run without an end");
    }
    pages
}

fn all_ids(pages: &[Value]) -> Vec<String> {
    let ids: Vec<String> = pages.iter().flat_map(|p| ids(&p["data"])).map(ToOwned::to_owned).collect();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "an id twice in one listing");
    ids
}

#[tokio::test]
async fn an_empty_table_gives_an_empty_list_and_a_truthy_token() {
    let daemon = Daemon::start().await;
    let first = page(&daemon, &json!(1), &Value::Null).await;
    assert_eq!(first["data"], json!([]));
    assert!(truthy(&first["syncTimestamp"]) && !truthy(&first["nextPage"]), "{first}");
    // Missing and null are one (protocol 9.5).
    for body in [json!({}), json!({"page": 1}), json!({"page": null, "syncTimestamp": null}), json!({"page": "1"})] {
        assert_eq!(daemon.post("/contacts", &body).await["response"], first, "{body}");
    }
    let again = page(&daemon, &json!(1), &first["syncTimestamp"]).await;
    assert!(again["data"] == json!([]) && truthy(&again["syncTimestamp"]), "{again}");
}

#[tokio::test]
async fn an_empty_table_at_a_clock_of_zero_gives_a_truthy_token_too() {
    let daemon = Daemon::start().await;
    daemon.clock.set(0);
    daemon.contacts(&people(0..1)).await;
    let first = page(&daemon, &json!(1), &Value::Null).await;
    assert!(truthy(&first["syncTimestamp"]), "{first}");
    daemon.clock.set(-5_000);
    daemon.contacts(&people(1..2)).await;
    let change = page(&daemon, &json!(1), &first["syncTimestamp"]).await;
    assert_eq!(ids(&change["data"]), ["c00001"]);
}

#[tokio::test]
async fn a_full_list_comes_in_pages_of_a_thousand_each_contact_once() {
    let daemon = Daemon::start().await;
    daemon.contacts(&people(0..3_000)).await;
    let pages = run(&daemon, &Value::Null).await;
    let sizes: Vec<usize> = pages.iter().map(|p| p["data"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(sizes, [1_000, 1_000, 1_000], "no empty page at the end");
    assert_eq!(all_ids(&pages).len(), 3_000);
    assert!(truthy(&pages[0]["syncTimestamp"]));
    assert!(!truthy(&pages[2]["nextPage"]));
    let one = &pages[0]["data"][0];
    assert_eq!(one["type"], "Trunkline");
    assert_eq!(one["phoneNumbers"][0], json!({"phoneNumber": "+16502000000", "phoneType": "mobile"}));
}

#[tokio::test]
async fn every_contact_of_a_page_has_the_keys_the_widget_reads() {
    let daemon = Daemon::start().await;
    daemon.contacts(&[json!({"id": "bare", "name": "Bare"}), json!({"id": "mail", "emails": ["a@b.example"]})]).await;
    let first = page(&daemon, &json!(1), &Value::Null).await;
    for contact in first["data"].as_array().expect("a list") {
        assert!(contact["phoneNumbers"].is_array() && contact["emails"].is_array(), "{contact}");
        assert!(contact["name"].as_str().is_some_and(|name| !name.is_empty()), "{contact}");
        assert_eq!(contact["type"], "Trunkline");
    }
}

#[tokio::test]
async fn the_token_is_that_of_page_one_so_changes_during_the_run_come_with_the_next() {
    let daemon = Daemon::start().await;
    daemon.contacts(&people(0..2_500)).await;
    let first = page(&daemon, &json!(1), &Value::Null).await;
    daemon.clock.advance(1_000);
    // One already sent, one still to come, one deleted before its page, one after it, a new one.
    let change = |id: &str| json!({"id": id, "name": "Changed"});
    daemon.contacts(&[change("c00003"), change("c02400"), change("new")]).await;
    daemon.delete(&["c02401", "c00004"]).await;
    let mut listed: Vec<String> = ids(&first["data"]).into_iter().map(Into::into).collect();
    let mut next = first["nextPage"].clone();
    while truthy(&next) {
        let page = page(&daemon, &next, &Value::Null).await;
        assert!(page["data"].as_array().expect("a list").iter().all(|c| !truthy(&c["deleted"])), "a tombstone");
        listed.extend(ids(&page["data"]).into_iter().map(String::from));
        next = page["nextPage"].clone();
    }
    let distinct: BTreeSet<&String> = listed.iter().collect();
    assert_eq!(distinct.len(), listed.len(), "an id twice");
    for n in (0..2_500).filter(|n| *n != 2_401) {
        assert!(distinct.contains(&format!("c{n:05}")), "c{n:05} was skipped");
    }
    let changes = page(&daemon, &json!(1), &first["syncTimestamp"]).await;
    let told: BTreeSet<&str> = ids(&changes["data"]).into_iter().collect();
    assert_eq!(told, BTreeSet::from(["c00003", "c00004", "c02400", "c02401", "new"]));
}

#[tokio::test]
async fn an_incremental_list_carries_changes_and_tombstones_once_each() {
    let daemon = Daemon::start().await;
    daemon.contacts(&people(0..5)).await;
    let token = page(&daemon, &json!(1), &Value::Null).await["syncTimestamp"].clone();
    daemon.contacts(&[json!({"id": "c00001", "name": "One"}), json!({"id": "c00001", "name": "Uno"})]).await;
    daemon.delete(&["c00002", "c00003", "never-was"]).await;
    daemon.contacts(&people(3..4)).await;
    let changes = page(&daemon, &json!(1), &token).await;
    assert!(truthy(&changes["syncTimestamp"]) && changes["syncTimestamp"] != token);
    let told = changes["data"].as_array().expect("a list");
    let of = |id: &str| told.iter().filter(|c| c["id"] == id).collect::<Vec<_>>();
    assert_eq!(told.len(), 3, "{changes}");
    assert!(of("c00001").len() == 1 && of("c00001")[0]["name"] == "Uno");
    assert!(of("c00002").len() == 1 && of("c00002")[0]["deleted"] == true);
    assert!(of("c00003").len() == 1 && !truthy(&of("c00003")[0]["deleted"]), "deleted and written again");
    let quiet = page(&daemon, &json!(1), &changes["syncTimestamp"]).await;
    assert!(quiet["data"] == json!([]) && quiet["syncTimestamp"] == changes["syncTimestamp"], "{quiet}");
}

#[tokio::test]
async fn an_incremental_list_of_thousands_is_paged_to_its_own_bound() {
    let daemon = Daemon::start().await;
    daemon.contacts(&people(0..10)).await;
    let token = page(&daemon, &json!(1), &Value::Null).await["syncTimestamp"].clone();
    daemon.contacts(&people(10..2_600)).await;
    let first = page(&daemon, &json!(1), &token).await;
    let mut listed = ids(&first["data"]).into_iter().map(String::from).collect::<Vec<_>>();
    let mut next = first["nextPage"].clone();
    let mut round = 0;
    while truthy(&next) {
        // Contacts move to the end of the stamps while the run goes on.
        daemon.contacts(&[json!({"id": format!("c{:05}", 2_500 + round), "name": "Moved"})]).await;
        let page = page(&daemon, &next, &token).await;
        assert!(truthy(&page["syncTimestamp"]), "a token in every incremental reply");
        listed.extend(ids(&page["data"]).into_iter().map(String::from));
        next = page["nextPage"].clone();
        round += 1;
    }
    assert!(round >= 2, "the list was paged");
    let distinct: BTreeSet<&String> = listed.iter().collect();
    assert_eq!(distinct.len(), listed.len(), "an id twice");
    let later = run(&daemon, &first["syncTimestamp"]).await;
    let later = all_ids(&later);
    for n in 10..2_600 {
        let id = format!("c{n:05}");
        assert!(distinct.contains(&id) || later.contains(&id), "{id} was skipped");
    }
    assert_eq!(later.len(), round, "only what moved");
}

#[tokio::test]
async fn a_token_that_is_not_ours_gets_the_full_list_and_no_token_on_any_page() {
    let daemon = Daemon::start().await;
    daemon.contacts(&people(0..1_500)).await;
    daemon.delete(&["c00000"]).await;
    let future = json!(NOW + 86_400_000_000);
    for token in [
        future,
        json!("tok_41"),
        json!(-5),
        json!("9223372036854775808"),
        json!(1e300),
        json!(true),
        json!([1]),
        json!({"a": 1}),
        json!("' or 1=1 --"),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(i64::MIN),
    ] {
        let pages = run(&daemon, &token).await;
        assert_eq!(all_ids(&pages).len(), 1_499, "{token}");
        for page in &pages {
            assert!(!truthy(page.get("syncTimestamp").unwrap_or(&Value::Null)), "{token}: a token on a reset");
            assert!(page["data"].as_array().expect("list").iter().all(|c| !truthy(&c["deleted"])));
        }
    }
}

#[tokio::test]
async fn forgotten_tombstones_move_the_floor_and_expire_older_tokens() {
    let daemon = Daemon::start().await;
    daemon.contacts(&people(0..10)).await;
    let old = page(&daemon, &json!(1), &Value::Null).await["syncTimestamp"].clone();
    daemon.clock.advance(60_000);
    daemon.delete(&["c00001"]).await;
    let newer = page(&daemon, &json!(1), &old).await["syncTimestamp"].clone();
    daemon.clock.advance(60_000);
    daemon.delete(&["c00002"]).await;
    let ask = async |token: &Value| page(&daemon, &json!(1), token).await;

    daemon.state.storage.purge_tombstones(NOW + 60_000).await.expect("purged");
    assert_eq!(ids(&ask(&newer).await["data"]), ["c00002"]);
    daemon.state.storage.purge_tombstones(NOW + 90_000).await.expect("purged");
    let reset = ask(&old).await;
    assert_eq!(ids(&reset["data"]).len(), 8, "a full list: {reset}");
    assert!(!truthy(&reset["syncTimestamp"]), "{reset}");
    let change = ask(&newer).await;
    assert_eq!(ids(&change["data"]), ["c00002"], "a token from after the forgotten deletion still lives");
    assert!(truthy(&change["syncTimestamp"]));
    // Written again after it was forgotten: a new contact, told to whoever has the newest token.
    daemon.contacts(&people(1..2)).await;
    assert_eq!(ids(&ask(&change["syncTimestamp"]).await["data"]), ["c00001"]);
}

#[tokio::test]
async fn a_run_whose_bound_fell_below_the_floor_is_refused_in_words() {
    let daemon = Daemon::start().await;
    daemon.contacts(&people(0..1)).await;
    let token = page(&daemon, &json!(1), &Value::Null).await["syncTimestamp"].clone();
    daemon.contacts(&people(1..1_200)).await;
    let first = page(&daemon, &json!(1), &token).await;
    daemon.delete(&["c00001"]).await;
    daemon.clock.advance(10);
    daemon.state.storage.purge_tombstones(NOW + 5).await.expect("purged");
    let body = json!({"page": first["nextPage"], "syncTimestamp": token});
    daemon.try_post("/contacts", &body).await.problem(422, "invalid_body");
    let mut widget = Widget::holding(token);
    widget.sync(&daemon).await;
    assert_eq!(widget.by_id().len(), 1_199);
    assert_eq!(widget.token, Value::Null, "a reset");
}

#[tokio::test]
async fn pages_that_are_none_of_ours_are_refused_in_words() {
    let daemon = Daemon::start().await;
    for page in [
        json!("cur_0002"),
        json!(2),
        json!(-1),
        json!("full.1"),
        json!("full.-1.5"),
        json!("full.99999999999999999999.1"),
        json!("changes.a.b"),
        json!("full.0.0; drop table contact"),
        json!("x".repeat(100_000)),
    ] {
        daemon.try_post("/contacts", &json!({"page": page})).await.problem(422, "invalid_body");
    }
}

#[tokio::test]
async fn tokens_live_on_over_a_restart() {
    let daemon = Daemon::start().await;
    daemon.contacts(&people(0..3)).await;
    let mut widget = Widget::default();
    widget.sync(&daemon).await;
    daemon.delete(&["c00001"]).await;
    let daemon = daemon.restart().await;
    daemon.clock.set(NOW - 3_600_000);
    daemon.contacts(&people(5..6)).await;
    widget.sync(&daemon).await;
    assert_eq!(widget.by_id().keys().collect::<Vec<_>>(), ["c00000", "c00002", "c00005"]);
}

#[tokio::test]
async fn writing_the_same_again_is_no_change() {
    let daemon = Daemon::start().await;
    daemon.contacts(&people(0..3)).await;
    let token = page(&daemon, &json!(1), &Value::Null).await["syncTimestamp"].clone();
    daemon.clock.advance(1_000);
    assert_eq!(daemon.contacts(&people(0..3)).await["unchanged"], 3);
    let quiet = page(&daemon, &json!(1), &token).await;
    assert_eq!((&quiet["data"], &quiet["syncTimestamp"]), (&json!([]), &token));
}

#[tokio::test]
async fn a_page_kept_from_before_tombstones_were_forgotten_is_not_sent_again() {
    let daemon = Daemon::start().await;
    daemon.contacts(&people(0..10)).await;
    let token = daemon.post("/contacts", &json!({"page": 1})).await["response"]["syncTimestamp"].clone();
    let ids: Vec<String> = (0..5).map(|n| format!("c{n:05}")).collect();
    daemon.contacts(&people(100..1_500)).await;
    daemon.delete(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let asked = json!({"page": 1, "syncTimestamp": token});
    daemon.post("/contacts", &asked).await;
    daemon.state.storage.purge_tombstones(NOW + 1_000_000).await.expect("purged");
    let mut widget = Widget::holding(token);
    widget.sync(&daemon).await;
    assert_eq!(widget.list.len(), 1_405);
}
