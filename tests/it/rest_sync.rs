//! The declarative connector: strategies, bookmarks, deletions.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use trunkline::domain::upstream::{Change, Trouble};
use wiremock::{Request, ResponseTemplate};

use crate::support::rest::{Api, NOON, Rig, manifest, ok, param, people, rig, run, sweep};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;

/// A store whose records carry `at`, its own time in ms.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<Vec<Value>>>);

impl Store {
    fn put(&self, id: usize, at: i64) {
        let mut all = self.0.lock().expect("a lock");
        all.retain(|record| record["id"] != id);
        all.push(json!({"id": id, "name": format!("Person {id}"), "at": at}));
    }

    fn set(&self, id: usize, key: &str, value: Value) {
        let mut all = self.0.lock().expect("a lock");
        let record = all.iter_mut().find(|record| record["id"] == id).expect("there");
        record[key] = value;
    }

    /// Records changed at `since` or later (in whole seconds, as asked), by id, after `after`.
    fn list(&self, request: &Request) -> Vec<Value> {
        let number = |name| param(request, name).map_or(i64::MIN, |text| text.parse::<i64>().expect("a number"));
        let (since, after) = (number("since"), number("after"));
        let all = self.0.lock().expect("a lock");
        let at = |record: &Value| record["at"].as_i64().expect("a time");
        let id = |record: &Value| record["id"].as_i64().expect("an id");
        let mut found: Vec<Value> = all.iter().filter(|r| at(r) >= since && id(r) > after).cloned().collect();
        found.sort_by_key(id);
        found
    }
}

fn watermark(more: &str) -> String {
    let listing = "request = { path = '/people', query = { since = '{{ sync.since }}', after = '{{ page.last_id }}' } }\n\
                   paging = { kind = 'keyset_id', key = 'id' }";
    manifest(listing, &format!("modified = 'at'\n{more}"))
        .replace("strategy = \"full_scan\"", "strategy = \"watermark\"\noverlap_seconds = 60")
}

fn answer(store: &Store, size: usize) -> impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static {
    let store = store.clone();
    move |request| ok(&json!({"items": store.list(request).into_iter().take(size).collect::<Vec<_>>()}))
}

async fn since_of_last(api: &Api) -> Option<i64> {
    let requests = api.requests().await;
    param(requests.last().expect("one"), "since").map(|text| text.parse().expect("a number"))
}

async fn go(rig: &Rig, cursor: Option<&str>) -> (Vec<String>, String) {
    let ran = run(rig, cursor).await.expect("a run");
    (ran.changes, ran.cursor.expect("a cursor"))
}

#[tokio::test]
async fn the_bookmark_is_the_newest_change_seen_but_never_after_the_start() {
    let store = Store::default();
    store.put(1, NOON - 10 * MINUTE);
    store.put(2, NOON - 5 * MINUTE);
    let api = Api::start(answer(&store, 10)).await;
    let rig = rig(&api, &watermark(""));
    let (changes, cursor) = go(&rig, None).await;
    assert_eq!(changes, ["+1", "+2"]);
    assert_eq!(since_of_last(&api).await, None, "a first run asks for everything");

    // Idle runs stay where they are, overlap and all.
    let mut cursor = cursor;
    for _ in 0..3 {
        let (changes, next) = go(&rig, Some(&cursor)).await;
        assert_eq!(changes, ["+2"], "only what lies in the overlap");
        assert_eq!(since_of_last(&api).await, Some(NOON - 6 * MINUTE));
        cursor = next;
    }
    // A record from the future does not carry the bookmark past the start of the run.
    rig.clock.set(NOON + MINUTE);
    store.put(3, NOON + 60 * MINUTE);
    let (changes, cursor) = go(&rig, Some(&cursor)).await;
    assert_eq!(changes, ["+2", "+3"]);
    store.put(4, NOON + MINUTE + SECOND);
    let (changes, _) = go(&rig, Some(&cursor)).await;
    assert_eq!(changes, ["+3", "+4"]);
    assert_eq!(since_of_last(&api).await, Some(NOON));
}

#[tokio::test]
async fn a_thousand_records_of_one_moment_are_read_to_their_end() {
    let store = Store::default();
    (1..=1000).for_each(|id| store.put(id, NOON - MINUTE));
    let api = Api::start(answer(&store, 100)).await;
    let rig = rig(&api, &watermark(""));
    let (changes, cursor) = go(&rig, None).await;
    assert_eq!(changes.len(), 1000);
    let (again, _) = go(&rig, Some(&cursor)).await;
    assert_eq!(again.len(), 1000, "the next run ends as well");
    let page = rig.connector.list_changes(None).await.expect("a page");
    assert_eq!(page.changes.len(), 100, "page by page");
}

#[tokio::test]
async fn what_changes_during_a_run_is_in_the_next() {
    let store = Store::default();
    (1..=6).for_each(|id| store.put(id, NOON - id as i64 * SECOND));
    let api = Api::start(answer(&store, 3)).await;
    let rig = rig(&api, &watermark("").replace("overlap_seconds = 60", ""));
    let first = rig.connector.list_changes(None).await.expect("a page");
    let trunkline::domain::upstream::Next::More(cursor) = first.next else { panic!("more") };
    rig.clock.advance(2 * SECOND);
    store.put(1, NOON + SECOND);
    let (rest, cursor) = go(&rig, Some(&cursor)).await;
    assert_eq!(rest, ["+4", "+5", "+6"]);
    let (next, _) = go(&rig, Some(&cursor)).await;
    assert!(next.contains(&"+1".to_owned()), "{next:?}");
}

#[tokio::test]
async fn the_servers_own_time_can_be_the_bookmark() {
    let api = Api::start(|_| {
        // A server whose clock is an hour behind.
        ok(&json!({"items": people(1, 2)})).insert_header("date", "Thu, 01 Oct 2026 08:30:00 GMT")
    })
    .await;
    let text = watermark("")
        .replace("strategy", "source = 'server_date'\nstrategy")
        .replace("'keyset_id', key = 'id'", "'single'");
    let rig = rig(&api, &text);
    let (_, cursor) = go(&rig, None).await;
    go(&rig, Some(&cursor)).await;
    assert_eq!(since_of_last(&api).await, Some(NOON - 61 * MINUTE));
}

#[tokio::test]
async fn a_first_moment_and_a_listing_of_its_own_for_the_first_run() {
    let api = Api::start(|request| {
        assert_eq!(param(request, "since").is_some(), request.url.path() == "/people");
        ok(&json!({"items": people(1, 2)}))
    })
    .await;
    let full = "[sync.full]\nrecords = 'items'\nrequest = { path = '/everyone' }\n";
    let text =
        watermark("").replace("'keyset_id', key = 'id'", "'single'").replace("[contact]", &format!("{full}[contact]"));
    let text = text.replace("strategy", "first_since = '2020-01-01T00:00:00Z'\nsource = 'clock'\nstrategy");
    let rig = rig(&api, &text);
    let (_, cursor) = go(&rig, None).await;
    go(&rig, Some(&cursor)).await;
    assert_eq!(api.asked().await, ["GET /everyone".to_owned(), format!("GET /people?since={}", NOON - MINUTE)]);
}

#[tokio::test]
async fn tokens_are_taken_from_the_last_page_and_may_be_forgotten() {
    let api = Api::start(|request| match (param(request, "token").as_deref(), param(request, "cursor")) {
        (None, None) => ok(&json!({"items": people(1, 2), "next": "p2"})),
        (None, Some(_)) => ok(&json!({"items": people(3, 3), "sync_token": "t1"})),
        (Some("t1"), _) => ok(&json!({"items": people(2, 2), "sync_token": "t2"})),
        _ => ResponseTemplate::new(410).set_body_json(json!({"message": "token expired"})),
    })
    .await;
    let listing = "request = { path = '/people', query = { token = '{{ sync.token }}', cursor = '{{ page.cursor }}' } }\n\
                   paging = { kind = 'cursor_body', next = 'next' }";
    let text = manifest(listing, "").replace("\"full_scan\"", "\"token\"\ntoken = 'sync_token'");
    let rig = rig(&api, &text);
    let (changes, cursor) = go(&rig, None).await;
    assert_eq!(changes, ["+1", "+2", "+3"]);
    let (changes, cursor) = go(&rig, Some(&cursor)).await;
    assert_eq!(changes, ["+2"]);
    let error = run(&rig, Some(&cursor)).await.err().expect("gone");
    assert_eq!(error.trouble, Trouble::Gone);
    assert!(error.words.contains("token expired"), "{error}");
    for nonsense in ["", "{}", "{\"v\":99}", "later"] {
        assert_eq!(run(&rig, Some(nonsense)).await.err().expect("gone").trouble, Trouble::Gone);
    }
}

#[tokio::test]
async fn deletions_are_read_first_so_that_what_was_restored_lives() {
    let api = Api::start(|request| match request.url.path() {
        "/deleted" => ok(&json!({"gone": [{"id": 1, "when": NOON}, {"id": 2}], "covered": NOON - 3 * MINUTE})),
        _ => ok(&json!({"items": [{"id": 1, "name": "Restored", "at": NOON}]})),
    })
    .await;
    let deletes = "[[sync.deletes]]\nkind = 'feed'\nrecords = 'gone'\nid = 'id'\nat = 'when'\ncovered = 'covered'\n\
                   request = { path = '/deleted', query = { since = '{{ sync.since }}' } }\n";
    let text = watermark("")
        .replace("'keyset_id', key = 'id'", "'single'")
        .replace("[contact]", &format!("{deletes}[contact]"));
    let rig = rig(&api, &text);
    let (changes, cursor) = go(&rig, None).await;
    assert_eq!(changes, ["+1"], "a first run has nothing to delete");
    let page = rig.connector.list_changes(Some(&cursor)).await.expect("a page");
    assert_eq!(page.changes[0], Change::Delete { external_id: "1".into(), at_ms: Some(NOON) });
    let (changes, cursor) = go(&rig, Some(&cursor)).await;
    assert_eq!(changes, ["-1", "-2", "+1"]);
    go(&rig, Some(&cursor)).await;
    let asked: Vec<String> = api.asked().await.into_iter().filter(|line| line.contains("deleted")).collect();
    // From the first run's start, then from where the feed said it was complete; the overlap off each.
    assert_eq!(asked.first(), Some(&format!("GET /deleted?since={}", NOON - MINUTE)));
    assert_eq!(asked.last(), Some(&format!("GET /deleted?since={}", NOON - 4 * MINUTE)));
}

#[tokio::test]
async fn a_feed_that_does_not_reach_back_means_everything_again() {
    let api = Api::start(|request| match request.url.path() {
        "/deleted" => ok(&json!({"gone": [], "earliest": "2026-10-01T09:30:01Z"})),
        _ => ok(&json!({"items": [{"id": 1, "at": NOON}]})),
    })
    .await;
    let deletes = "[[sync.deletes]]\nkind = 'feed'\nrecords = 'gone'\n[sync.deletes.request]\npath = '/deleted'\n\
                   gone_when = 'body.earliest | ms > sync.since'\n";
    let text = watermark("")
        .replace("'keyset_id', key = 'id'", "'single'")
        .replace("[contact]", &format!("{deletes}[contact]"));
    let rig = rig(&api, &text);
    let (_, cursor) = go(&rig, None).await;
    assert_eq!(run(&rig, Some(&cursor)).await.err().expect("gone").trouble, Trouble::Gone);
}

#[tokio::test]
async fn marked_records_archived_lists_and_what_is_no_contact() {
    let store = Store::default();
    (1..=4).for_each(|id| store.put(id, NOON - MINUTE));
    store.set(2, "dead", json!(true));
    let list = answer(&store, 10);
    let api = Api::start(move |request| match request.url.path() {
        "/archive" => ok(&json!({"items": [{"id": 9}]})),
        _ => list(request),
    })
    .await;
    let deletes = "[[sync.deletes]]\nkind = 'field'\nwhen = 'dead'\n[[sync.deletes]]\nkind = 'archived_list'\n\
                   records = 'items'\nevery_minutes = 30\nrequest = { path = '/archive' }\n[[sync.deletes]]\nkind = 'sweep'\n";
    let text = watermark("only_when = '!hidden'").replace("[contact]", &format!("{deletes}[contact]"));
    let rig = rig(&api, &text);
    assert!(rig.connector.capabilities().deletions);
    let (changes, cursor) = go(&rig, None).await;
    assert_eq!(changes, ["+1", "-2", "+3", "+4"]);
    store.set(3, "hidden", json!(true));
    let (changes, cursor) = go(&rig, Some(&cursor)).await;
    assert_eq!(changes, ["-9", "+1", "-2", "-3", "+4"], "what is no contact any more goes");
    rig.clock.advance(29 * MINUTE);
    let (changes, cursor) = go(&rig, Some(&cursor)).await;
    assert!(!changes.contains(&"-9".to_owned()), "the archive is not due");
    rig.clock.advance(2 * MINUTE);
    let (changes, _) = go(&rig, Some(&cursor)).await;
    assert!(changes.contains(&"-9".to_owned()), "the archive is due");
    assert_eq!(sweep(&rig).await.expect("ids"), ["1", "4"]);
}

#[tokio::test]
async fn listings_of_ids_are_filled_and_sweeps_have_their_own() {
    let api = Api::start(|request| match request.url.path() {
        "/ids" => ok(&json!({"ids": [{"key": "a/1", "etag": "v1"}, {"key": "b", "etag": "v2"}]})),
        "/people/a%2F1" => ok(&json!({"id": "a/1", "name": "Ada Lovelace"})),
        _ => ResponseTemplate::new(404).set_body_json(json!({"message": "no such record"})),
    })
    .await;
    let text = manifest("hydrate = true\nid = 'key'\nrequest = { path = '/ids' }", "version = 'etag'")
        .replace("\"items\"", "\"ids\"")
        + "[ids]\nrecords = 'ids'\nid = 'key'\nrequest = { path = '/ids' }\n\
           [fetch]\nrequest = { path = '/people/{{ id }}' }\n";
    let rig = rig(&api, &text);
    assert_eq!(run(&rig, None).await.expect("a run").changes, ["+a/1"], "what is not there is left out");
    let page = rig.connector.list_ids(None).await.expect("ids");
    assert_eq!(page.ids, [("a/1".into(), Some("v1".into())), ("b".into(), Some("v2".into()))]);
}

#[tokio::test]
async fn two_listings_are_one_run() {
    let api = Api::start(|request| {
        let leads = request.url.path() == "/leads";
        ok(&json!({"items": if leads { people(11, 12) } else { people(1, 2) }}))
    })
    .await;
    let text = manifest(
        "request = { path = '/people' }\n[[sync.changes]]\nrecords = 'items'\nrequest = { path = '/leads' }",
        "",
    )
    .replacen("[sync.changes]", "[[sync.changes]]", 1);
    let rig = rig(&api, &text);
    assert_eq!(run(&rig, None).await.expect("a run").changes, ["+1", "+2", "+11", "+12"]);
    assert_eq!(sweep(&rig).await.expect("ids"), ["1", "2", "11", "12"]);
}

#[tokio::test]
async fn records_of_any_size_and_shape_are_mapped() {
    let api = Api::start(|_| {
        let phones: Vec<Value> = (0..500).map(|n| json!({"value": format!("+1650555{n:04}"), "label": "work"})).collect();
        ok(&json!({"items": [
            {"id": 1, "name": "x".repeat(5_000_000), "tel": phones, "mails": "one@example.com"},
            {"id": "é", "name": {"no": "text"}, "tel": [null, {"value": null}, {"value": 16_505_550_100_i64}], "mails": [1, null, ""]},
            {"id": 3, "tel": "none", "tags": ["a", 7], "owner": {"id": 4}, "size": {"m": 1}}
        ]}))
    })
    .await;
    let more = "phones = 'tel[].{number: value, label: label}'\nemails = 'mails'\ntags = 'tags'\nowners = 'owner.id'\nfields = { size = 'size' }";
    let rig = rig(&api, &manifest("request = { path = '/people' }", more));
    let page = rig.connector.list_changes(None).await.expect("a page");
    let record = |index: usize| match &page.changes[index] {
        Change::Upsert(record) => record.clone(),
        Change::Delete { .. } => panic!("not deleted"),
    };
    let first = record(0);
    assert_eq!(first.contact["name"].as_str().expect("text").len(), 1000);
    assert_eq!(first.contact["phoneNumbers"].as_array().expect("a list").len(), 200);
    assert_eq!(first.contact["phoneNumbers"][0], json!({"phoneNumber": "+16505550000", "phoneType": "business"}));
    assert_eq!(first.contact["emails"], json!(["one@example.com"]));
    let second = record(1);
    assert_eq!(second.contact.get("name"), None);
    assert_eq!(second.contact["phoneNumbers"], json!([{"phoneNumber": "16505550100", "phoneType": "unknown"}]));
    assert_eq!(second.contact["emails"], json!(["1"]));
    let third = record(2);
    assert_eq!((third.facets.tags, third.facets.owners), (vec!["a".into(), "7".into()], vec!["4".to_owned()]));
    assert_eq!(third.facets.fields["size"], json!({"m": 1}));
    assert_eq!(third.raw["owner"], json!({"id": 4}));
}
