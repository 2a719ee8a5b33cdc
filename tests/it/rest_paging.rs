//! The declarative connector: every paging kind, and servers that go round in circles.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use trunkline::domain::upstream::Trouble;
use wiremock::{Request, ResponseTemplate};

use crate::support::rest::{Api, manifest, ok, param, people, rig, run, sweep};

const COUNT: usize = 7;

fn number(request: &Request, name: &str) -> Option<usize> {
    param(request, name).map(|text| text.parse().expect("a number"))
}

/// Seven people, three a page, by whatever the request asks for.
fn fake(request: &Request) -> ResponseTemplate {
    let size = number(request, "size").unwrap_or(3);
    let from = match (number(request, "page"), number(request, "offset"), number(request, "after")) {
        (Some(page), ..) => (page - 1) * size,
        (_, Some(offset), _) => offset,
        (.., Some(after)) => after,
        _ => param(request, "cursor").map_or(0, |cursor| cursor.trim_start_matches('c').parse().expect("ours")),
    };
    let to = (from + size).min(COUNT);
    let next = (to < COUNT).then(|| format!("c{to}"));
    let link = next.as_ref().map(|next| format!("/people?size={size}&cursor={next}"));
    let items = if from >= COUNT { Vec::new() } else { people(from + 1, to) };
    let answer = ok(&json!({"items": items, "next": next, "link": link, "total": COUNT, "more": to < COUNT}));
    match link {
        Some(link) => answer.insert_header("link", format!("<{link}>; rel=\"next\"").as_str()),
        None => answer,
    }
}

#[tokio::test]
async fn each_kind_reads_everything_once() {
    let all: Vec<String> = (1..=COUNT).map(|id| format!("+{id}")).collect();
    for (query, paging, requests) in [
        ("size = 100", "kind = 'single'", 1),
        ("size = '{{ page.size }}', cursor = '{{ page.cursor }}'", "kind = 'cursor_body', next = 'next', size = 3", 3),
        ("size = 3", "kind = 'next_url', next = 'link'", 3),
        ("size = 3", "kind = 'link_header'", 3),
        ("size = 3, page = '{{ page.number }}'", "kind = 'page'", 4),
        ("size = 3, page = '{{ page.number }}'", "kind = 'page', more = 'more'", 3),
        ("size = 3, page = '{{ page.number + 1 }}'", "kind = 'page', first = 0, total = 'total'", 3),
        ("size = 3, offset = '{{ page.offset }}'", "kind = 'offset', total = 'total'", 3),
        ("size = 3, offset = '{{ page.offset }}'", "kind = 'offset', size = 3, short_page_ends = true", 3),
        ("size = 3, offset = '{{ page.offset }}'", "kind = 'offset'", 4),
        ("size = 3, after = '{{ page.last_id or 0 }}'", "kind = 'keyset_id'", 4),
        ("size = 3, after = '{{ page.last_id or 0 }}'", "kind = 'keyset_id', key = 'id', more = 'more'", 3),
    ] {
        let api = Api::start(fake).await;
        let listing = format!("request = {{ path = '/people', query = {{ {query} }} }}\npaging = {{ {paging} }}");
        let rig = rig(&api, &manifest(&listing, ""));
        let ran = run(&rig, None).await.unwrap_or_else(|error| panic!("{paging}: {error}"));
        assert_eq!(ran.changes, all, "{paging}");
        assert_eq!(ran.cursor, None, "a full scan keeps nothing: {paging}");
        assert_eq!(api.asked().await.len(), requests, "{paging}");
        let ids: Vec<String> = sweep(&rig).await.expect("a sweep").into_iter().map(|id| format!("+{id}")).collect();
        assert_eq!(ids, all, "{paging}");
    }
}

#[tokio::test]
async fn circles_end_in_words() {
    let turns = || {
        let turn = AtomicUsize::new(0);
        move || turn.fetch_add(1, Ordering::SeqCst)
    };
    type Answer = Box<dyn Fn(&Request) -> ResponseTemplate + Send + Sync>;
    let (one, two, three, four) = (turns(), turns(), turns(), turns());
    let cases: Vec<(&str, &str, Answer)> = vec![
        (
            "kind = 'cursor_body', next = 'next'",
            "cursor came again",
            Box::new(move |_| {
                let turn = one();
                ok(&json!({"items": people(turn * 2, turn * 2 + 1), "next": "same"}))
            }),
        ),
        (
            "kind = 'cursor_body', next = 'next'",
            "cursor came again",
            // A circle of three cursors.
            Box::new(move |_| {
                let turn = two();
                ok(&json!({"items": people(turn * 2, turn * 2 + 1), "next": format!("c{}", turn % 3)}))
            }),
        ),
        (
            "kind = 'cursor_body', next = 'next'",
            "page of records again",
            Box::new(move |_| ok(&json!({"items": people(1, 3), "next": format!("c{}", three())}))),
        ),
        ("kind = 'page'", "page of records again", Box::new(|_| ok(&json!({"items": people(1, 3)})))),
        ("kind = 'offset'", "page of records again", Box::new(|_| ok(&json!({"items": people(1, 3)})))),
        ("kind = 'keyset_id'", "same record", Box::new(|_| ok(&json!({"items": people(1, 3)})))),
        (
            "kind = 'cursor_body', next = 'next', max_pages = 5",
            "more than 5 pages",
            Box::new(move |_| {
                let turn = four();
                ok(&json!({"items": people(turn, turn), "next": format!("c{turn}")}))
            }),
        ),
        (
            "kind = 'next_url', next = 'next'",
            "another host (evil.example), which is refused",
            Box::new(|_| ok(&json!({"items": people(1, 3), "next": "https://evil.example/people?page=2"}))),
        ),
        (
            "kind = 'next_url', next = 'next'",
            "outside of the manifest's allowed_paths",
            Box::new(|_| ok(&json!({"items": people(1, 3), "next": "/people/../admin"}))),
        ),
    ];
    for (paging, words, answer) in cases {
        let api = Api::start(answer).await;
        let listing = format!("request = {{ path = '/people' }}\npaging = {{ {paging} }}");
        let text = manifest(&listing, "").replace("[auth.api_key]", "allowed_paths = ['/people']\n[auth.api_key]");
        let rig = rig(&api, &text);
        let error = run(&rig, None).await.err().unwrap_or_else(|| panic!("{paging} ended well"));
        assert_eq!(error.trouble, Trouble::Broken, "{paging}: {error}");
        assert!(error.words.contains(words), "{paging}: {error}");
        assert!(api.asked().await.len() <= 12, "{paging}");
        assert!(sweep(&rig).await.is_err(), "{paging}: a sweep must not take a circle for everything");
    }
}

#[tokio::test]
async fn an_answer_without_its_records_is_not_an_empty_list() {
    for answer in [json!({"ok": true}), json!({"items": null}), json!([])] {
        let api = Api::start(move |_| ok(&answer)).await;
        let rig = rig(&api, &manifest("request = { path = '/people' }", ""));
        for error in [run(&rig, None).await.err(), sweep(&rig).await.err()] {
            let error = error.expect("an error");
            assert_eq!(error.trouble, Trouble::Broken);
            assert!(error.words.contains("no records at `items`"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_key_in_the_query_is_not_kept_in_the_cursor() {
    let api = Api::start(|request| {
        let next = format!("/people?key={}&page=2", param(request, "key").unwrap_or_default());
        let last = param(request, "page").is_some();
        ok(&json!({"items": people(if last { 4 } else { 1 }, if last { 6 } else { 3 }), "next": (!last).then_some(next)}))
    })
    .await;
    let text = manifest("request = { path = '/people' }\npaging = { kind = 'next_url', next = 'next' }", "");
    let rig = rig(&api, &text.replace("header = \"x-key\"", "query = \"key\""));
    let page = rig.connector.list_changes(None).await.expect("a page");
    let trunkline::domain::upstream::Next::More(cursor) = page.next else { panic!("there is more") };
    assert!(!cursor.contains("token-0"), "{cursor}");
    let ran = run(&rig, Some(&cursor)).await.expect("the rest");
    assert_eq!(ran.changes, ["+4", "+5", "+6"]);
    assert_eq!(api.asked().await, ["GET /people?key=token-0", "GET /people?page=2&key=token-0"]);
}
