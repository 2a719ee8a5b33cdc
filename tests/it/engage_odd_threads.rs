//! Threads of Engage Digital that are not as they should be: what comes after the end, what is another's,
//! and uuids that everybody knows.

use serde_json::{Value, json};

use crate::delivery::drain;
use crate::engage_hooks::{community, minted, only, sync, tell, texts};
use crate::support::digital::{Digital, content, event};
use crate::support::journal::Journal;

#[tokio::test]
async fn what_comes_by_itself_after_the_end_neither_opens_a_thread_nor_keeps_it_from_the_crm() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, "").await;
    let uuid = minted(&daemon, "crm:1").await;
    digital.identity("i1", json!({"id": "i1", "uuid": uuid}));
    let mut survey = content("c2", "agents", 41, "How did we do?");
    (survey["auto_submitted"], survey["status"]) = (json!(true), json!("user_reply"));
    digital.say("t1", content("c1", "i1", 10, "Hello"));
    digital.say("t1", survey);
    tell(&daemon, &[event("e1", "content.thread_closed", "t1", 40), event("e2", "content.exported", "t1", 41)]).await;
    sync(&daemon, &Value::Null).await;
    let chat = only(&daemon).await;
    assert_eq!((&chat["state"], &chat["revision"]), (&json!("closed"), &json!(1)));
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1);

    // A note among agents, later: the CRM is told nothing new.
    let mut note = content("c3", "agents", 50, "he calls every week");
    note["private"] = json!(true);
    digital.say("t1", note);
    tell(&daemon, &[event("e3", "content.exported", "t1", 50)]).await;
    sync(&daemon, &Value::Null).await;
    let chat = only(&daemon).await;
    assert_eq!((&chat["state"], &chat["revision"]), (&json!("closed"), &json!(1)));
    assert_eq!(chat["messages"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn contents_of_another_thread_stay_out_of_this_one() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, "").await;
    let uuid = minted(&daemon, "crm:1").await;
    digital.identity("i1", json!({"id": "i1", "uuid": uuid}));
    digital.identity("i2", json!({"id": "i2", "uuid": "a-stranger-0123456789"}));
    for (id, identity, seconds, thread) in [("c1", "i2", 5, "t2"), ("c2", "i1", 10, "t1"), ("c3", "i1", 15, "t2")] {
        let mut record = content(id, identity, seconds, &format!("of {thread}"));
        record["thread_id"] = json!(thread);
        digital.say("t1", record);
    }
    // Where a record does not say which thread it is of, the list counts.
    digital.say("t1", content("c4", "i1", 20, "of the list"));
    sync(&daemon, &json!({"threadId": "t1"})).await;
    let chat = only(&daemon).await;
    assert_eq!(texts(&chat), ["of t1", "of the list"]);
    assert_eq!(chat["messages"].as_array().map(Vec::len), Some(2), "{chat}");
    assert_eq!((&chat["identity"]["externalId"], &chat["contactId"]), (&json!("i1"), &json!("crm:1")));
}

#[tokio::test]
async fn a_contacts_own_id_proves_nothing_however_long_it_is() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    journal.people.put("0035g00000abcdeAAA", "Emmy Noether", "+16505550177");
    let daemon = community(&digital, &journal, "mode = 'accept'\nuuid = 'crm_id'").await;
    let contact = "crm:0035g00000abcdeAAA";
    assert_eq!(minted(&daemon, contact).await, contact);
    digital.identity("i1", json!({"id": "i1", "uuid": contact}));
    digital.say("t1", content("c1", "i1", 10, "Hello"));
    sync(&daemon, &json!({"threadId": "t1"})).await;
    let chat = only(&daemon).await;
    assert_eq!((&chat["contactId"], &chat["identity"]["suggested"]), (&Value::Null, &json!(contact)));

    let minted = json!({"contactId": contact});
    let token = daemon.send("POST", "/v1/engage/sites/shop/identities/mint", &minted).await.ok()["token"].clone();
    let found = daemon.send("POST", "/v1/engage/sites/shop/tokens/check", &json!({"token": token})).await.ok();
    let warnings = found["warnings"].as_array().expect("warnings");
    assert!(warnings.iter().any(|warning| warning["code"] == "uuid_guessable"), "{warnings:?}");
}

#[tokio::test]
async fn what_was_erased_is_not_read_again_when_the_thread_goes_on() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, "").await;
    let uuid = minted(&daemon, "crm:1").await;
    digital.identity("i1", json!({"id": "i1", "uuid": uuid}));
    digital.say("t1", content("c1", "i1", 10, "my card number"));
    let told = [event("e1", "content.imported", "t1", 10), event("e2", "content.thread_closed", "t1", 20)];
    tell(&daemon, &told).await;
    sync(&daemon, &Value::Null).await;
    drain(&daemon).await;
    let id = only(&daemon).await["id"].as_str().expect("an id").to_owned();
    assert_eq!(daemon.send("DELETE", &format!("/v1/conversations/{id}"), &Value::Null).await.status, 204);

    // The same again: it is known, and reading the thread brings nothing back.
    assert_eq!(tell(&daemon, &told).await, 0);
    sync(&daemon, &json!({"threadId": "t1"})).await;
    assert_eq!(daemon.get("/v1/conversations").await.ok()["items"], json!([]));

    digital.say("t1", content("c2", "i1", 30, "Hello again"));
    let told = [event("e3", "content.imported", "t1", 30), event("e4", "content.thread_closed", "t1", 40)];
    tell(&daemon, &told).await;
    sync(&daemon, &Value::Null).await;
    assert_eq!(texts(&only(&daemon).await), ["Hello again"]);
    drain(&daemon).await;
    let logs = journal.logs();
    assert_eq!(logs.iter().filter(|log| log.text.contains("my card number")).count(), 1, "not logged a second time");
    assert!(logs.iter().any(|log| log.text.contains("Hello again")));
}

#[tokio::test]
async fn only_named_sources_are_read() {
    let digital = Digital::start().await;
    let sites = "['shop']\nsources = ['s1']";
    let toml = format!("{}{}", crate::support::engage::toml(crate::support::engage::KEYS, ""), digital.toml(sites));
    let mut daemon = crate::support::Daemon::with(&toml).await;
    daemon.bearer = Some(crate::support::engage::WHOLE.into());
    digital.identity("i1", json!({"id": "i1", "uuid": "u-0123456789abcdef"}));
    for (thread, source) in [("t1", json!("s1")), ("t2", json!("s2")), ("t3", Value::Null)] {
        let mut record = content(&format!("c-{thread}"), "i1", 10, thread);
        record["source_id"] = source;
        digital.say(thread, record);
        sync(&daemon, &json!({"threadId": thread})).await;
    }
    assert_eq!(texts(&only(&daemon).await), ["t1"]);
}
