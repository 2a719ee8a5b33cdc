//! What pages tell of chats: each message once, however often and by however many it is told; in its order;
//! and whether a page may have missed something.

use serde_json::{Value, json};

use crate::support::Daemon;
use crate::support::roxchat::{
    DESK, Page, chat, chats, closed, event, post, results, said, selected, statuses, told, with,
};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60_000;

#[tokio::test]
async fn acceptance_12_twice_in_one_page_is_twice_from_a_second_tab_once_and_a_retry_nothing() {
    let daemon = Daemon::with(DESK).await;
    let (first, second) = (Page::open(&daemon, "a"), Page::open(&daemon, "b"));
    let batch = first.batch(&[said("visitor", "ok"), said("visitor", "ok")]);
    assert_eq!(statuses(&results(&post(&daemon, &batch).await)), ["stored", "stored"]);
    assert_eq!(told(&chat(&daemon).await), ["ok", "ok"]);

    // The retry of a batch whose answer was lost.
    assert_eq!(statuses(&results(&post(&daemon, &batch).await)), ["duplicate", "duplicate"]);
    assert_eq!(told(&chat(&daemon).await), ["ok", "ok"]);

    // The other tab tells of both; each is one of the two.
    daemon.clock.advance(2 * SECOND);
    second.tell(&[said("visitor", "ok"), said("visitor", "ok")]).await;
    let after = chat(&daemon).await;
    assert_eq!(told(&after), ["ok", "ok"]);
    let collapsed: Vec<&Value> = after["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| &message["collapsedInto"])
        .filter(|into| !into.is_null())
        .collect();
    assert_eq!(collapsed, [&json!("a:1"), &json!("a:2")], "kept, and said to be the same");

    // A third "ok" that only the other tab saw is one more, and so is one after the window.
    second.tell(&[said("visitor", "ok")]).await;
    assert_eq!(told(&chat(&daemon).await).len(), 3);
    daemon.clock.advance(10 * SECOND);
    first.tell(&[said("visitor", "ok")]).await;
    assert_eq!(told(&chat(&daemon).await).len(), 4);
}

#[tokio::test]
async fn only_the_same_message_of_the_same_visit_is_the_same() {
    let daemon = Daemon::with(DESK).await;
    Page::open(&daemon, "a").tell(&[said("visitor", "ok")]).await;
    let others = [
        with(said("visitor", "ok"), "chatId", json!(8)),
        with(said("visitor", "ok"), "sessionId", json!("s2")),
        said("operator", "ok"),
        said("visitor", "ok."),
    ];
    Page::open(&daemon, "b").tell(&others).await;
    let count: usize = chats(&daemon).await.iter().map(|chat| told(chat).len()).sum();
    assert_eq!(count, 5);
    let kept = daemon.state.storage.list_roxchat_events("desk", 0, 10).await.expect("rows");
    assert!(kept.iter().all(|event| event.collapsed_into.is_none()));
}

#[tokio::test]
async fn without_a_window_nothing_is_taken_for_the_same() {
    let daemon = Daemon::with(&format!("{DESK}dedupe_seconds = 0\n")).await;
    Page::open(&daemon, "a").tell(&[said("visitor", "ok")]).await;
    Page::open(&daemon, "b").tell(&[said("visitor", "ok")]).await;
    assert_eq!(told(&chat(&daemon).await).len(), 2);
}

#[tokio::test]
async fn a_page_is_heard_in_its_own_order_whatever_its_clock_and_the_network_do() {
    let daemon = Daemon::with(DESK).await;
    let now = daemon.clock_ms();
    let item = |seq: i64, at: i64, text: &str| json!({"seq": seq, "observedAt": at, "event": said("visitor", text)});
    let late = json!({"stream": "a", "events": [item(3, now - 3 * SECOND, "three"), item(1, now - 5 * SECOND, "one")]});
    post(&daemon, &late).await.ok();
    // Its clock was set back in between, and this batch was overtaken.
    post(&daemon, &json!({"stream": "a", "events": [item(2, now - MINUTE, "two")]})).await.ok();
    assert_eq!(told(&chat(&daemon).await), ["one", "two", "three"]);
    // A page whose clock is an hour behind says so by what it sends.
    let hour = 60 * MINUTE;
    let behind = json!({"stream": "b", "sentAt": now - hour, "events": [item(1, now - hour - 4 * SECOND, "between")]});
    post(&daemon, &behind).await.ok();
    assert_eq!(told(&chat(&daemon).await), ["one", "two", "between", "three"]);
}

#[tokio::test]
async fn kinds_make_the_transcript_and_notes_of_agents_stay_inside() {
    let daemon = Daemon::with(DESK).await;
    let kinds =
        ["visitor", "operator", "for_operator", "operator_note", "info", "file_visitor", "keyboard", "form_response"];
    let all: Vec<Value> = kinds.iter().map(|kind| said(kind, kind)).collect();
    Page::open(&daemon, "a").tell(&all).await;
    let chat = chat(&daemon).await;
    assert_eq!(told(&chat), ["visitor", "operator", "info", "file_visitor", "keyboard"]);
    let authors: Vec<&str> =
        chat["messages"].as_array().expect("messages").iter().map(|m| m["author"].as_str().expect("a word")).collect();
    assert_eq!(authors, ["visitor", "agent", "internal", "internal", "system", "visitor", "agent", "visitor"]);

    let daemon = Daemon::with(&format!("{DESK}kinds = ['operator_note', 'other']\n")).await;
    Page::open(&daemon, "a").tell(&[said("visitor", "a"), said("operator_note", "b"), said("hologram", "c")]).await;
    assert_eq!(told(&self::chat(&daemon).await), ["b", "c"]);
}

#[tokio::test]
async fn a_chat_is_partial_where_a_page_began_or_ended_in_the_middle_of_it() {
    let partial = async |tell: &[(&'static str, Value)]| {
        let daemon = Daemon::with(DESK).await;
        let mut pages: Vec<Page<'_>> = Vec::new();
        for (stream, event) in tell {
            if !pages.iter().any(|page| page.stream == *stream) {
                pages.push(Page::open(&daemon, stream));
            }
            daemon.clock.advance(SECOND);
            let page = pages.iter().find(|page| page.stream == *stream).expect("a page");
            page.tell(std::slice::from_ref(event)).await;
        }
        chat(&daemon).await["partial"].as_bool().expect("a word")
    };
    let opened = || with(selected("v1", None, None), "chatId", json!(7));
    let (hello, answer) = (|| said("visitor", "Hello"), || said("operator", "Good day"));
    assert!(!partial(&[("a", hello()), ("a", answer()), ("a", closed())]).await, "watched from the first word");
    assert!(!partial(&[("a", said("info", "New chat")), ("a", hello())]).await, "the system may come first");
    assert!(partial(&[("a", answer())]).await, "who answers was asked before");
    assert!(partial(&[("a", opened()), ("a", hello())]).await, "the chat was there before it was told of");
    assert!(partial(&[("a", closed())]).await, "nothing but its end");
    assert!(partial(&[("a", hello()), ("b", answer())]).await, "a page was loaded again in between");
    assert!(!partial(&[("a", hello()), ("b", hello()), ("b", answer())]).await, "another tab tells the same");
    assert!(!partial(&[("a", hello()), ("b", answer()), ("a", answer())]).await, "the first tab was there, too");
    assert!(!partial(&[("a", hello()), ("b", closed()), ("a", closed())]).await, "both saw the end");
    assert!(!partial(&[("a", hello()), ("a", closed()), ("b", hello())]).await, "a new visit is not the middle");
}

#[tokio::test]
async fn a_silent_chat_whose_page_was_left_is_partial() {
    for (left, partial) in [(false, false), (true, true)] {
        let daemon = Daemon::with(DESK).await;
        Page::open(&daemon, "a").tell(&[said("visitor", "Hello")]).await;
        daemon.clock.advance(MINUTE);
        if left {
            let other = with(with(said("visitor", "Hi"), "chatId", json!(8)), "roxchatVisitorId", json!("v2"));
            Page::open(&daemon, "b").tell(&[other]).await;
        }
        daemon.clock.advance(61 * MINUTE);
        trunkline::channels::roxchat::sweep(&daemon.state).await.expect("swept");
        let chats = chats(&daemon).await;
        let seven = chats.iter().find(|chat| chat["externalId"] == "7").expect("the chat");
        assert_eq!((&seven["closedBy"], &seven["partial"]), (&json!("idle"), &json!(partial)));
    }
}

#[tokio::test]
async fn the_badge_counts_what_is_there_and_begins_anew_with_the_page() {
    let daemon = Daemon::with(DESK).await;
    let added = |id: &str| {
        event(
            "notificationAdded",
            &json!({"notification": {"id": id, "kind": "visitor", "text": "x", "sessionId": null}}),
        )
    };
    let removed = |id: &str| event("notificationRemoved", &json!({"notification": {"id": id}}));
    let page = Page::open(&daemon, "a");
    let results = page.try_tell(&[added("1"), added("2"), added("2"), removed("1"), removed("9")]).await;
    let badges: Vec<&Value> = results.iter().map(|result| &result["effects"][0]["badge"]).collect();
    assert_eq!(badges, [&json!(1), &json!(2), &json!(2), &json!(1), &json!(1)]);
    assert_eq!(page.tell(&[added("9")]).await, json!([{"badge": 1}]), "removed before it was added");
    assert_eq!(page.tell(&[added("1")]).await, json!([{"badge": 1}]), "what went does not come back");
    assert_eq!(Page::open(&daemon, "b").tell(&[added("3")]).await, json!([{"badge": 1}]));
    assert_eq!(page.tell(&[removed("2")]).await, json!([{"badge": 0}]));
}
