//! Calls and the chats of both widgets in one timeline of a contact.

use serde_json::{Value, json};

use crate::delivery::ADA;
use crate::engage_hooks::{community, minted, sync, tell};
use crate::support::NOW;
use crate::support::digital::{Digital, content, event};
use crate::support::journal::Journal;
use crate::support::roxchat::{DESK, Page, said, with};

const MINUTE: i64 = 60_000;

#[tokio::test]
async fn acceptance_16_a_call_and_chats_of_engage_and_rox_stand_in_one_order() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, DESK).await;
    let page = Page::open(&daemon, "a");
    let from_ada =
        |chat: i64, text: &str| with(with(said("visitor", text), "siebelId", json!("1")), "chatId", json!(chat));
    // In another order than it happened: the timeline goes by when it was said.
    daemon.clock.set(NOW + 20 * MINUTE);
    page.tell(&[from_ada(8, "the newest")]).await;
    let uuid = minted(&daemon, "crm:1").await;
    digital.identity("i1", json!({"id": "i1", "uuid": uuid, "screenname": "Ada"}));
    digital.say("t1", content("c1", "i1", 10 * 60, "on the site"));
    tell(&daemon, &[event("e1", "content.imported", "t1", 10 * 60)]).await;
    sync(&daemon, &Value::Null).await;
    let call = json!({"sessionId": "7", "direction": "Inbound", "from": {"phoneNumber": ADA},
        "to": {"phoneNumber": "+16505550199"}, "action": "Phone Call", "result": "Accepted",
        "startTime": NOW + 5 * MINUTE, "duration": 75});
    daemon.post("/callLogger", &json!({"triggerType": "callLogSync", "call": call})).await;
    daemon.clock.set(NOW + MINUTE);
    Page::open(&daemon, "b").tell(&[from_ada(7, "the oldest")]).await;

    let list = daemon.get("/v1/contacts/crm:1/activities").await.ok();
    let found: Vec<(&str, i64)> = list["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| (item["channel"].as_str().expect("a word"), item["time"].as_i64().expect("a time") - NOW))
        .collect();
    let wanted = [("roxchat", 20), ("engage", 10), ("embeddable", 5), ("roxchat", 1)];
    assert_eq!(found, wanted.map(|(channel, minutes)| (channel, minutes * MINUTE)));

    // And the same in the widget.
    let widget = daemon.data("/activities", &json!({"contact": {"id": "crm:1"}})).await;
    let ids =
        |list: &Value| -> Vec<Value> { list.as_array().expect("a list").iter().map(|one| one["id"].clone()).collect() };
    assert_eq!(ids(&widget), ids(&list["items"]));
    let subjects: Vec<&str> =
        widget.as_array().expect("a list").iter().map(|one| one["subject"].as_str().expect("text")).collect();
    assert!(subjects[0].contains("the newest") && subjects[1].contains("on the site"), "{subjects:?}");
}
