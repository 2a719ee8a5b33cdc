//! Whose a log is when its number does not say, and what happens when somebody says otherwise later.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trunkline::domain::upstream::LogKind;

use crate::delivery::{ADA, CONFIG, MINUTE, daemon, drain, entries, log, record};
use crate::support::Daemon;
use crate::support::journal::{Journal, down};

const SHARED: &str = "+16505550150";
const STRANGER: &str = "+16505550177";

async fn shared(journal: &Journal, further: &str) -> Daemon {
    journal.people.put("3", "Alan Turing", SHARED);
    journal.people.put("4", "Mary Somerville", SHARED);
    daemon(journal, further).await
}

fn rule(rule: &str) -> String {
    format!("[delivery]\n{rule}\n")
}

fn contacts(journal: &Journal) -> Vec<Option<String>> {
    journal.logs().into_iter().map(|log| log.contact).collect()
}

async fn pick(daemon: &Daemon, session: &str, contact: &str) {
    let mut post = record(session, SHARED, None);
    post["triggerType"] = json!("logForm");
    post["formData"] = json!({"contactId": contact});
    daemon.post("/callLogger", &post).await;
    drain(daemon).await;
}

#[tokio::test]
async fn a_number_of_several_people_waits_for_the_operator() {
    let journal = Journal::new();
    let daemon = shared(&journal, "").await;
    log(&daemon, "7", SHARED, None).await;
    drain(&daemon).await;
    assert!(journal.logs().is_empty());
    let entry = &entries(&daemon).await[0];
    assert_eq!(
        (&entry["state"], &entry["words"]),
        (&json!("decision"), &json!("2 contacts have this number: choose one in the widget"))
    );
    pick(&daemon, "7", "crm:4").await;
    assert_eq!(contacts(&journal), [Some("4".into())]);
    // Or a program says it.
    log(&daemon, "8", SHARED, None).await;
    drain(&daemon).await;
    let waiting = daemon.get("/v1/outbox?state=decision").await.ok();
    let id = waiting["items"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/outbox/{id}/decide");
    daemon.send("POST", &path, &json!({"contactId": "crm:99"})).await.problem(422, "invalid_body");
    daemon.send("POST", &path, &json!({"contactId": 5})).await.problem(422, "invalid_body");
    daemon.send("POST", &path, &json!({"contactId": "crm:3"})).await.ok();
    drain(&daemon).await;
    assert_eq!(contacts(&journal), [Some("4".into()), Some("3".into())]);
}

#[tokio::test]
async fn the_first_or_the_last_spoken_to_where_the_rule_says_so() {
    let journal = Journal::new();
    let first = shared(&journal, &rule("several = 'first'")).await;
    log(&first, "7", SHARED, None).await;
    drain(&first).await;
    assert_eq!(contacts(&journal), [Some("3".into())]);

    let journal = Journal::new();
    let recent = shared(&journal, &rule("several = 'recent'")).await;
    pick(&recent, "6", "crm:4").await;
    log(&recent, "7", SHARED, None).await;
    drain(&recent).await;
    assert_eq!(contacts(&journal), [Some("4".into()), Some("4".into())]);
}

#[tokio::test]
async fn a_number_of_nobody_is_kept_asked_made_or_logged_by_the_rule() {
    let cases: [(&str, &str, Vec<Option<String>>); 4] = [
        ("keep", "kept", Vec::new()),
        ("ask", "decision", Vec::new()),
        ("create", "delivered", vec![Some("new2".into())]),
        ("log", "delivered", vec![None]),
    ];
    for (word, state, wanted) in cases {
        let journal = Journal::new();
        let daemon = daemon(&journal, &rule(&format!("nobody = '{word}'"))).await;
        log(&daemon, "7", STRANGER, None).await;
        drain(&daemon).await;
        assert_eq!(entries(&daemon).await[0]["state"], state, "{word}");
        assert_eq!(contacts(&journal), wanted, "{word}");
        // Put on somebody later, it is on that contact, once.
        pick(&daemon, "7", "crm:2").await;
        assert_eq!(contacts(&journal), [Some("2".into())], "{word}");
    }
}

/// A contact that may have been made is not made a second time.
#[tokio::test]
async fn a_contact_is_not_made_twice() {
    let journal = Journal::new();
    let daemon = daemon(&journal, &rule("nobody = 'create'")).await;
    journal.people.fail([down().unclear()]);
    log(&daemon, "7", STRANGER, None).await;
    drain(&daemon).await;
    assert_eq!(entries(&daemon).await[0]["state"], "decision");
}

#[tokio::test]
async fn a_log_that_is_put_on_another_contact_moves() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    log(&daemon, "7", ADA, None).await;
    drain(&daemon).await;
    pick(&daemon, "7", "crm:2").await;
    assert_eq!(contacts(&journal), [Some("2".into())]);
    let stored = &daemon.calls("7").await[0];
    assert_eq!((&stored["contactId"], &stored["decidedBy"]), (&json!("crm:2"), &json!("person")));
}

#[tokio::test]
async fn from_one_crm_to_another_it_moves_and_the_first_says_so() {
    let (crm, desk) = (Journal::new(), Journal::new());
    crm.people.put("1", "Ada Lovelace", ADA);
    desk.people.put("9", "Ada at the desk", "+16505550109");
    let toml = format!("{CONFIG}[connectors.desk]\nkind = 'pipedrive'\napi_key = 'k'\nsync_seconds = 86400\n");
    let upstreams = BTreeMap::from([("crm".to_owned(), crm.connector()), ("desk".to_owned(), desk.connector())]);
    let daemon = Daemon::with_upstreams(&toml, upstreams).await;
    daemon.sync("crm", &json!({})).await;
    daemon.sync("desk", &json!({})).await;
    log(&daemon, "7", ADA, None).await;
    drain(&daemon).await;
    pick(&daemon, "7", "desk:9").await;
    assert_eq!(contacts(&desk), [Some("9".into())]);
    assert_eq!(contacts(&crm), [Some("1".into())]);
    assert!(crm.logs()[0].text.contains("Moved to Ada at the desk"), "{}", crm.logs()[0].text);
    // And back again.
    pick(&daemon, "7", "crm:1").await;
    assert!(desk.logs()[0].text.contains("Moved to Ada Lovelace"));
    assert!(!crm.logs()[0].text.contains("Moved"), "{}", crm.logs()[0].text);
    assert_eq!((crm.logs().len(), desk.logs().len()), (1, 1));
}

/// Contacts of the built-in address book have nothing upstream.
#[tokio::test]
async fn what_concerns_nobody_upstream_stays_here() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    daemon.contacts(&[crate::support::daemon::person("c-1", "Own contact", STRANGER)]).await;
    log(&daemon, "7", STRANGER, None).await;
    drain(&daemon).await;
    assert!(journal.logs().is_empty());
    let data = daemon.data("/callLogger/match", &json!({"sessionIds": ["7"]})).await;
    assert_eq!(data["7"].as_array().expect("a list").len(), 1, "it is logged, and that is all: {data}");
}

#[tokio::test]
async fn a_call_is_delivered_when_it_is_complete_or_long_silent() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    let live = |status: &str, result: &str| {
        let mut post = record("7", ADA, None);
        post["triggerType"] = json!("presenceUpdate");
        post["call"]["telephonyStatus"] = json!(status);
        post["call"]["result"] = json!(result);
        post["call"].as_object_mut().expect("a call").remove("action");
        post
    };
    daemon.post("/callLogger", &live("CallConnected", "CallConnected")).await;
    daemon.clock.advance(30 * MINUTE);
    drain(&daemon).await;
    assert!(journal.logs().is_empty(), "it goes on");
    daemon.post("/callLogger", &live("NoCall", "Disconnected")).await;
    drain(&daemon).await;
    assert!(journal.logs().is_empty(), "its record is on its way");
    daemon.clock.advance(2 * MINUTE);
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1, "the record did not come");
    log(&daemon, "7", ADA, None).await;
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1);
    assert!(journal.logs()[0].text.contains("Accepted"));

    // A call of which nothing more was heard.
    let mut lost = live("CallConnected", "CallConnected");
    lost["call"]["sessionId"] = json!("8");
    daemon.post("/callLogger", &lost).await;
    daemon.clock.advance(61 * MINUTE);
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 2);
}

#[tokio::test]
async fn messages_of_a_day_are_one_log_and_late_ones_follow() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    let post = |count: i64| {
        let messages: Vec<Value> = (0..count)
            .map(|n| {
                json!({"id": n, "direction": "Inbound", "from": {"phoneNumber": ADA}, "to": [{"phoneNumber": "+16505550199"}],
                    "creationTime": 1_767_261_600_000_i64 + n, "subject": format!("message <{n}>")})
            })
            .collect();
        json!({"triggerType": "auto", "conversation": {"conversationId": "5", "conversationLogId": "5/1/1/2026",
            "type": "SMS", "correspondents": [{"phoneNumber": ADA}], "messages": messages}})
    };
    for count in [1, 3, 3] {
        daemon.post("/messageLogger", &post(count)).await;
        daemon.clock.advance(2 * MINUTE);
        drain(&daemon).await;
    }
    let logs = journal.logs();
    assert_eq!((logs.len(), logs[0].kind, logs[0].contact.as_deref()), (1, LogKind::Message, Some("1")));
    assert!((0..3).all(|n| logs[0].text.contains(&format!("message <{n}>"))), "{}", logs[0].text);
    assert_eq!(
        journal.asked().iter().filter(|word| word.starts_with("update")).count(),
        1,
        "nothing new, nothing sent"
    );
}

#[tokio::test]
async fn an_operator_chooses_rules_and_lines_in_the_widgets_settings() {
    let journal = Journal::new();
    let daemon = shared(&journal, "").await;
    let service = daemon.get("/embeddable/service").await.ok()["service"].clone();
    let offered: Vec<&Value> = service["settings"].as_array().expect("settings").iter().map(|s| &s["id"]).collect();
    assert_eq!(offered, ["trunkline.several", "trunkline.nobody", "trunkline.lines"]);
    let mut settings = service["settings"].clone();
    settings[0]["value"] = json!("first");
    settings[2]["value"] = json!(["note"]);
    daemon.post("/settings", &json!({"settings": settings})).await;
    log(&daemon, "7", SHARED, Some("only this")).await;
    drain(&daemon).await;
    assert_eq!(contacts(&journal), [Some("3".into())]);
    assert_eq!(journal.logs()[0].text, "[Trunkline]\nonly this\n[/Trunkline]");
}
