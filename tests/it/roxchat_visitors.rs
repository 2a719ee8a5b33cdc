//! Who writes: which contact a visitor is, what happens when one signs in, and the page the agent is shown.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::delivery::{CONFIG, drain};
use crate::support::Daemon;
use crate::support::journal::Journal;
use crate::support::roxchat::{
    DESK, Page, authorized, chat, chats, closed, post, results, said, selected, statuses, with,
};

const PEOPLE: [(&str, &str); 3] =
    [("12345", "Ada Lovelace"), ("4-1GQJDL78", "Sofja Kowalewskaja"), ("777", "Maria Agnesi")];

/// A daemon with its own contacts, and one of the CRM whose id is that of another here.
async fn desk(further: &str) -> Daemon {
    let journal = Journal::new();
    journal.people.put("777", "Maria Mitchell", "+16505550177");
    let upstreams = BTreeMap::from([("crm".to_owned(), journal.connector())]);
    let daemon = Daemon::with_upstreams(&format!("{CONFIG}{DESK}{further}"), upstreams).await;
    daemon.sync("crm", &json!({})).await;
    let people: Vec<Value> = PEOPLE.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
    daemon.contacts(&people).await;
    daemon
}

fn side(visitor: &str, provided: Option<&str>) -> Value {
    json!({"roxchatVisitorId": visitor, "providedVisitorId": provided, "siebelId": null})
}

async fn pop(page: &Page<'_>, event: Value) -> Value {
    page.tell(&[event]).await[0]["screenPop"].clone()
}

#[tokio::test]
async fn a_chat_that_is_opened_shows_the_contact_one_none_or_several() {
    let daemon = desk("").await;
    let page = Page::open(&daemon, "a");
    let ada = json!({"id": "12345", "name": "Ada Lovelace", "url": "https://crm.example/contacts/12345"});
    assert_eq!(
        pop(&page, selected("v1", Some("12345"), None)).await,
        json!({"status": "one", "contacts": [ada], "url": "https://crm.example/contacts/12345"})
    );
    assert_eq!(pop(&page, selected("v2", None, None)).await, json!({"status": "none", "contacts": []}));
    let sofja = pop(&page, selected("v3", Some("nobody"), Some("4-1GQJDL78"))).await;
    assert_eq!((&sofja["status"], &sofja["contacts"][0]["id"]), (&json!("one"), &json!("4-1GQJDL78")));
    let several = pop(&page, selected("v4", Some("777"), None)).await;
    assert_eq!((&several["status"], several["contacts"].as_array().map(Vec::len)), (&json!("several"), Some(2)));
    assert_eq!(several["url"], Value::Null, "no page is guessed");
    // Known from before: nothing but the visitor's own id is told now.
    assert_eq!(pop(&page, selected("v1", None, None)).await["contacts"][0]["id"], "12345");
    // Of several that were opened while the daemon was away the last is looked at.
    let both = page.try_tell(&[selected("v1", None, None), selected("v2", None, None)]).await;
    assert_eq!((&both[0]["effects"], &both[1]["effects"][0]["screenPop"]["status"]), (&json!([]), &json!("none")));
}

#[tokio::test]
async fn a_page_that_did_not_hear_the_answer_is_shown_the_contact_by_its_retry() {
    let daemon = desk("").await;
    let batch = Page::open(&daemon, "a").batch(&[said("visitor", "Hello"), selected("v1", Some("12345"), None)]);
    let first = results(&post(&daemon, &batch).await);
    let again = results(&post(&daemon, &batch).await);
    assert_eq!(statuses(&again), ["duplicate", "duplicate"]);
    assert_eq!(again[1]["effects"], first[1]["effects"]);
    assert_eq!(first[1]["effects"][0]["screenPop"]["status"], "one");
}

#[tokio::test]
async fn who_is_known_later_takes_the_log_of_before_along() {
    let journal = Journal::new();
    let daemon = crate::delivery::daemon(&journal, DESK).await;
    let page = Page::open(&daemon, "a");
    page.tell(&[said("visitor", "Hello"), closed()]).await;
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 0, "nobody knows whose it is");
    page.tell(&[with(said("visitor", "It is me"), "siebelId", json!("2")), closed()]).await;
    drain(&daemon).await;
    let logs = journal.logs();
    assert_eq!((logs.len(), logs[0].contact.as_deref()), (1, Some("2")));
    assert!(logs[0].text.contains("Hello") && logs[0].text.contains("It is me"), "{}", logs[0].text);
    assert_eq!(chat(&daemon).await["revision"], 3);
}

#[tokio::test]
async fn the_order_of_ids_is_the_configurations_and_what_a_person_said_comes_first() {
    let daemon = desk("id_priority = ['siebel_id', 'provided_id', 'alias']\n").await;
    let page = Page::open(&daemon, "a");
    let both = || selected("v1", Some("12345"), Some("4-1GQJDL78"));
    assert_eq!(pop(&page, both()).await["contacts"][0]["id"], "4-1GQJDL78");
    page.tell(&[said("visitor", "Hello")]).await;
    let id = chat(&daemon).await["id"].as_str().expect("an id").to_owned();
    daemon.send("POST", &format!("/v1/conversations/{id}/link"), &json!({"contactId": "crm:777"})).await.ok();
    assert_eq!(pop(&page, both()).await["contacts"][0]["id"], "crm:777");
    daemon.send("POST", &format!("/v1/conversations/{id}/link"), &json!({"contactId": null})).await.ok();
    assert_eq!(pop(&page, both()).await["status"], "none", "nobody is a word, too");
}

#[tokio::test]
async fn an_id_that_nobody_vouches_for_only_suggests() {
    let daemon = desk("").await;
    let untrusted = daemon.restart_with(&format!("{CONFIG}{DESK}").replace("trust_provided_id = true", "")).await;
    let page = Page::open(&untrusted, "a");
    assert_eq!(pop(&page, selected("v1", Some("12345"), None)).await["status"], "none");
    page.tell(&[with(said("visitor", "Hello"), "providedVisitorId", json!("12345"))]).await;
    let chat = chat(&untrusted).await;
    assert_eq!((&chat["contactId"], &chat["identity"]["suggested"]), (&Value::Null, &json!("12345")));
    assert_eq!(chat["identity"]["verified"], false);
    // Nor does it let anybody start a chat with who claims to be a contact.
    let outgoing = untrusted.get("/v1/roxchat/desk/contacts/12345/outgoing").await.ok();
    assert_eq!((&outgoing["enabled"], &outgoing["reason"]), (&json!(false), &json!("no_session")));
}

#[tokio::test]
async fn who_signs_in_takes_the_open_chat_along() {
    let daemon = desk("").await;
    let page = Page::open(&daemon, "a");
    page.tell(&[said("visitor", "Hello")]).await;
    assert_eq!(chat(&daemon).await["contactId"], Value::Null);
    page.tell(&[authorized(&side("v1", None), &side("v9", Some("12345")))]).await;
    let moved = chat(&daemon).await;
    assert_eq!((&moved["contactId"], &moved["identity"]["externalId"]), (&json!("12345"), &json!("v9")));
    // It goes on under the new id, and what still comes under the old one is the same person's.
    page.tell(&[with(said("visitor", "It is me"), "roxchatVisitorId", json!("v9")), said("visitor", "late")]).await;
    assert_eq!(chats(&daemon).await.len(), 1);
    page.tell(&[with(said("visitor", "another chat"), "chatId", json!(8))]).await;
    assert!(chats(&daemon).await.iter().all(|chat| chat["contactId"] == "12345"));
    assert_eq!(pop(&page, selected("v1", None, None)).await["contacts"][0]["id"], "12345");
    // A chat in the visit is started with the new id.
    let asked = daemon.send("POST", "/v1/roxchat/desk/commands", &json!({"contactId": "12345"})).await.ok();
    assert_eq!(asked["message"]["params"], json!({"roxchatVisitorId": "v9", "sessionId": "s1"}));
    // Out and in again is no ring.
    page.tell(&[
        authorized(&side("v9", Some("12345")), &side("v1", None)),
        authorized(&side("v1", None), &side("v9", None)),
    ])
    .await;
    assert_eq!(pop(&page, selected("v1", None, None)).await["contacts"][0]["id"], "12345");
    page.tell(&[authorized(&side("v9", None), &side("v9", None))]).await;
}

#[tokio::test]
async fn a_closed_chat_stays_with_who_held_it() {
    let daemon = desk("").await;
    let page = Page::open(&daemon, "a");
    page.tell(&[said("visitor", "Hello"), closed(), authorized(&side("v1", None), &side("v9", Some("12345")))]).await;
    let chat = chat(&daemon).await;
    assert_eq!((&chat["contactId"], &chat["identity"]["externalId"]), (&Value::Null, &json!("v1")));
}

#[tokio::test]
async fn acceptance_14_two_contacts_are_a_conflict_that_is_recorded_and_not_merged() {
    let daemon = desk("").await;
    let page = Page::open(&daemon, "a");
    page.tell(&[with(said("visitor", "Hello"), "providedVisitorId", json!("12345"))]).await;
    page.tell(&[authorized(&side("v1", None), &side("v9", Some("4-1GQJDL78")))]).await;
    let first = chat(&daemon).await;
    assert_eq!((&first["contactId"], &first["identity"]["externalId"]), (&json!("12345"), &json!("v1")));
    assert_eq!(first["identity"]["conflict"], "4-1GQJDL78");
    assert_eq!(first["identity"]["sameAs"], Value::Null);
    let other = daemon.state.storage.find_roxchat_visitor("desk", "v9").await.expect("read").expect("the visitor");
    assert_eq!(other.choice.contact_id.as_deref(), Some("4-1GQJDL78"));
    assert_eq!(other.conflict.as_deref(), Some("12345"));
    // Each is shown as who they are.
    assert_eq!(pop(&page, selected("v1", None, None)).await["contacts"][0]["id"], "12345");
    assert_eq!(pop(&page, selected("v9", None, None)).await["contacts"][0]["id"], "4-1GQJDL78");
}

#[tokio::test]
async fn a_corrected_visitor_takes_all_their_chats_along() {
    let daemon = desk("").await;
    let page = Page::open(&daemon, "a");
    let second = |event: Value| with(event, "chatId", json!(8));
    page.tell(&[said("visitor", "Hello"), second(said("visitor", "Hello again"))]).await;
    // Chats 7, 8 and 9, in this order.
    let sorted = async || {
        let mut found = chats(&daemon).await;
        found.sort_by_key(|chat| chat["externalId"].as_str().expect("an id").to_owned());
        found
    };
    let link = async |chat: usize, contact: Value| {
        let id = sorted().await[chat]["id"].as_str().expect("an id").to_owned();
        daemon.send("POST", &format!("/v1/conversations/{id}/link"), &json!({"contactId": contact})).await.ok();
        sorted().await.iter().map(|chat| chat["contactId"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(link(0, json!("12345")).await, ["12345", "12345"]);
    assert_eq!(link(0, json!("4-1GQJDL78")).await, ["4-1GQJDL78", "4-1GQJDL78"], "the first word was wrong");
    // What a person said of one chat stays with it.
    assert_eq!(link(1, json!("777")).await, ["4-1GQJDL78", "777"]);
    assert_eq!(link(0, json!("12345")).await, ["12345", "777"]);
    page.tell(&[with(said("visitor", "A third"), "chatId", json!(9))]).await;
    assert_eq!(link(0, Value::Null).await, [Value::Null, json!("777"), Value::Null]);
}
