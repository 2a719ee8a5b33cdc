//! A chat of Rox.Chat is one log of the CRM, however often it is closed and goes on.

use serde_json::{Value, json};

use crate::delivery::{ADA, daemon, drain, entries, record};
use crate::support::Daemon;
use crate::support::journal::Journal;
use crate::support::roxchat::{DESK, Page, chat, closed, post, results, said, statuses, told, with};

const MINUTE: i64 = 60_000;

/// A message of a visitor of whom the workspace knows that she is Ada.
fn from_ada(kind: &str, text: &str) -> Value {
    with(said(kind, text), "siebelId", json!("1"))
}

async fn sweep(daemon: &Daemon) -> i64 {
    trunkline::channels::roxchat::sweep(&daemon.state).await.expect("the database works")
}

#[tokio::test]
async fn acceptance_13_close_late_message_close_is_one_record_of_revision_three() {
    let journal = Journal::new();
    let daemon = daemon(&journal, DESK).await;
    let page = Page::open(&daemon, "a");
    page.tell(&[from_ada("visitor", "Can you ship on Friday?"), from_ada("operator", "We can.")]).await;
    drain(&daemon).await;
    assert_eq!((journal.logs().len(), entries(&daemon).await.len()), (0, 0), "nothing before it is closed");
    assert_eq!(chat(&daemon).await["revision"], 0);

    page.tell(&[closed()]).await;
    drain(&daemon).await;
    assert_eq!(chat(&daemon).await["revision"], 1);
    assert_eq!(journal.logs().len(), 1);
    assert!(journal.logs()[0].text.contains("We can."), "{}", journal.logs()[0].text);

    daemon.clock.advance(MINUTE);
    page.tell(&[from_ada("visitor", "And on Saturday?")]).await;
    let open = chat(&daemon).await;
    assert_eq!((&open["revision"], &open["state"]), (&json!(2), &json!("open")));

    page.tell(&[closed()]).await;
    drain(&daemon).await;
    let closed = chat(&daemon).await;
    assert_eq!((&closed["revision"], &closed["closedBy"]), (&json!(3), &json!("operator")));
    let logs = journal.logs();
    assert_eq!(logs.len(), 1, "one record");
    assert_eq!(logs[0].contact.as_deref(), Some("1"));
    assert!(logs[0].text.contains("And on Saturday?"), "{}", logs[0].text);
    let entries = entries(&daemon).await;
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!((&entries[0]["revision"], &entries[0]["deliveredRevision"]), (&json!(3), &json!(3)));
}

#[tokio::test]
async fn a_chat_that_is_closed_twice_by_two_tabs_is_closed_once() {
    let daemon = Daemon::with(DESK).await;
    let (first, second) = (Page::open(&daemon, "a"), Page::open(&daemon, "b"));
    first.tell(&[said("visitor", "Hello"), closed()]).await;
    second.tell(&[said("visitor", "Hello"), closed()]).await;
    assert_eq!(chat(&daemon).await["revision"], 1);
    // What the second tab tells late closes nothing that was said since.
    daemon.clock.advance(1_000);
    first.tell(&[said("visitor", "One thing more")]).await;
    Page::open(&daemon, "c").tell(&[closed()]).await;
    let open = chat(&daemon).await;
    assert_eq!((&open["revision"], &open["state"]), (&json!(2), &json!("open")));
    // The agent closes it again, a while later.
    daemon.clock.advance(MINUTE);
    first.tell(&[closed()]).await;
    assert_eq!(chat(&daemon).await["state"], "closed");
}

#[tokio::test]
async fn what_the_system_says_after_the_end_does_not_open_a_chat() {
    let daemon = Daemon::with(DESK).await;
    let page = Page::open(&daemon, "a");
    page.tell(&[said("visitor", "Hello"), closed(), said("info", "The agent closed the chat")]).await;
    let after = chat(&daemon).await;
    assert_eq!((&after["state"], &after["revision"]), (&json!("closed"), &json!(2)));
    assert_eq!(told(&after).len(), 2);
    page.tell(&[said("operator_note", "Nice one")]).await;
    assert_eq!(chat(&daemon).await["revision"], 2, "what the CRM is not told revises nothing");
}

#[tokio::test]
async fn silence_closes_a_chat_and_the_agent_may_still_close_it() {
    let journal = Journal::new();
    let daemon = daemon(&journal, DESK).await;
    let page = Page::open(&daemon, "a");
    page.tell(&[from_ada("visitor", "Hello")]).await;
    daemon.clock.advance(60 * MINUTE);
    assert_eq!(sweep(&daemon).await, 0);
    daemon.clock.advance(1);
    assert_eq!((sweep(&daemon).await, sweep(&daemon).await), (1, 0));
    let idle = chat(&daemon).await;
    assert_eq!((&idle["closedBy"], &idle["revision"]), (&json!("idle"), &json!(1)));
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1);

    page.tell(&[closed()]).await;
    let closed = chat(&daemon).await;
    assert_eq!((&closed["closedBy"], &closed["revision"]), (&json!("operator"), &json!(2)));
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1);
}

#[tokio::test]
async fn a_workspace_may_log_from_the_first_message_on() {
    let journal = Journal::new();
    let daemon = daemon(&journal, &format!("{DESK}log_on = 'message'\n")).await;
    let page = Page::open(&daemon, "a");
    page.tell(&[from_ada("visitor", "Hello")]).await;
    assert_eq!(entries(&daemon).await.len(), 1);
    page.tell(&[from_ada("operator", "Good day"), closed()]).await;
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1);
    assert_eq!(entries(&daemon).await.len(), 1);
}

#[tokio::test]
async fn a_chat_stands_beside_calls_in_one_timeline() {
    let journal = Journal::new();
    let daemon = daemon(&journal, DESK).await;
    daemon.post("/callLogger", &record("7", ADA, None)).await;
    daemon.clock.set(1_790_000_060_000);
    Page::open(&daemon, "a").tell(&[from_ada("visitor", "Hello"), closed()]).await;
    let list = daemon.get("/v1/contacts/crm:1/activities").await.ok();
    let kinds: Vec<(&Value, &Value)> =
        list["items"].as_array().expect("items").iter().map(|item| (&item["kind"], &item["channel"])).collect();
    let (chat, call) = ((&json!("chat"), &json!("roxchat")), (&json!("call"), &json!("embeddable")));
    assert_eq!(kinds, [chat, call], "newest first");
    assert_eq!(list["items"][0]["subject"], "Rox.Chat, 1 message: Hello");
}

#[tokio::test]
async fn an_erased_chat_leaves_no_words_behind_and_a_retry_does_not_bring_it_back() {
    let daemon = Daemon::with(DESK).await;
    let page = Page::open(&daemon, "a");
    let batch = page.batch(&[said("visitor", "CANARYwords")]);
    crate::support::roxchat::post(&daemon, &batch).await.ok();
    let id = chat(&daemon).await["id"].as_str().expect("an id").to_owned();
    assert_eq!(daemon.send("DELETE", &format!("/v1/conversations/{id}"), &json!(null)).await.status, 204);
    let answer = crate::support::roxchat::post(&daemon, &batch).await.ok();
    assert_eq!(answer["results"][0]["status"], "duplicate");
    assert_eq!(crate::support::roxchat::chats(&daemon).await, Vec::<Value>::new());
    let kept = daemon.state.storage.list_roxchat_events("desk", 0, 10).await.expect("rows");
    assert_eq!((kept.len(), kept[0].raw.as_str()), (1, ""));
    // And in the end it is forgotten that it was there.
    daemon.clock.advance(31 * 24 * 60 * MINUTE);
    sweep(&daemon).await;
    assert!(daemon.state.storage.list_roxchat_events("desk", 0, 10).await.expect("rows").is_empty());
}

#[tokio::test]
async fn what_a_page_saw_before_the_end_and_tells_after_it_does_not_open_a_chat() {
    let journal = Journal::new();
    let daemon = daemon(&journal, DESK).await;
    let (first, second) = (Page::open(&daemon, "a"), Page::open(&daemon, "b"));
    let late = second.batch(&[from_ada("operator", "I look it up")]);
    daemon.clock.advance(MINUTE);
    first.tell(&[from_ada("visitor", "Thank you"), closed()]).await;
    drain(&daemon).await;
    assert_eq!(statuses(&results(&post(&daemon, &late).await)), ["stored"]);
    let after = chat(&daemon).await;
    assert_eq!(
        (&after["state"], &after["closedBy"], &after["revision"]),
        (&json!("closed"), &json!("operator"), &json!(2))
    );
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1);
    assert!(journal.logs()[0].text.contains("I look it up"), "{}", journal.logs()[0].text);

    // Silence is another matter: the chat went on while nobody could tell of it.
    first.tell(&[from_ada("visitor", "One thing more")]).await;
    let late = second.batch(&[from_ada("operator", "Yes?")]);
    daemon.clock.advance(61 * MINUTE);
    sweep(&daemon).await;
    assert_eq!(chat(&daemon).await["closedBy"], "idle");
    post(&daemon, &late).await.ok();
    assert_eq!(chat(&daemon).await["state"], "open");
}
