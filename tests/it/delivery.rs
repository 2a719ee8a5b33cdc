//! What is logged reaches the CRM exactly once: the happy path, trouble of every kind, and a person's word.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use trunkline::domain::upstream::{LogFormat, Trouble, UpdateLog, UpstreamError};

use crate::support::Daemon;
use crate::support::journal::{Fault, Journal, down};

pub const ADA: &str = "+16505550100";
const NOTE: &str = "Quoted $150 & <b>";
pub const MINUTE: i64 = 60_000;

pub const CONFIG: &str = "[numbers]\ndefault_region = 'US'\n[connectors.crm]\nkind = 'hubspot'\nname = 'The CRM'\n\
    api_key = 'k'\nsync_seconds = 86400\n";

/// A daemon on a CRM in which Ada and Emmy are known.
pub async fn daemon(journal: &Journal, further: &str) -> Daemon {
    journal.people.put("1", "Ada Lovelace", ADA);
    journal.people.put("2", "Emmy Noether", "+16505550101");
    let upstreams = BTreeMap::from([("crm".to_owned(), journal.connector())]);
    let daemon = Daemon::with_upstreams(&format!("{CONFIG}{further}"), upstreams).await;
    daemon.sync("crm", &json!({})).await;
    daemon
}

/// The telephone system's record of a call.
pub fn record(session: &str, number: &str, note: Option<&str>) -> Value {
    json!({"triggerType": "callLogSync", "note": note, "call": {"sessionId": session, "direction": "Inbound",
        "from": {"phoneNumber": number}, "to": {"phoneNumber": "+16505550199"}, "action": "Phone Call",
        "result": "Accepted", "startTime": 1_790_000_000_000_i64, "duration": 75}})
}

pub async fn log(daemon: &Daemon, session: &str, number: &str, note: Option<&str>) {
    daemon.post("/callLogger", &record(session, number, note)).await;
}

pub async fn drain(daemon: &Daemon) {
    daemon.state.delivery.drain().await.expect("the database works");
}

pub async fn entries(daemon: &Daemon) -> Vec<Value> {
    daemon.get("/v1/outbox?all=true").await.ok()["items"].as_array().expect("items").clone()
}

async fn status(daemon: &Daemon, session: &str) -> Value {
    let data = daemon.data("/callLogger/match", &json!({"sessionIds": [session]})).await;
    let entities = data[session].as_array().expect("a list");
    assert_eq!(entities[0]["type"], "callLog", "what is saved counts as logged: {data}");
    entities.get(1).cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_call_arrives_once_on_its_contact_and_follows_its_note() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    log(&daemon, "7", ADA, Some(NOTE)).await;
    drain(&daemon).await;
    let logs = journal.logs();
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].contact.as_deref(), Some("1"));
    assert!(logs[0].text.contains(NOTE) && logs[0].text.contains("1 min 15 s"), "{}", logs[0].text);
    assert_eq!(status(&daemon, "7").await, Value::Null);

    // The same once more is nothing new; another note is.
    log(&daemon, "7", ADA, Some(NOTE)).await;
    drain(&daemon).await;
    journal.asked();
    log(&daemon, "7", ADA, Some("She ordered")).await;
    drain(&daemon).await;
    assert_eq!(journal.asked().len(), 1);
    assert_eq!(journal.logs().len(), 1);
    assert!(journal.logs()[0].text.contains("She ordered"));
}

#[tokio::test]
async fn a_note_survives_create_and_update_in_every_format() {
    let wanted = [
        (LogFormat::Text, NOTE),
        (LogFormat::Html, "Quoted $150 &amp; &lt;b&gt;"),
        (LogFormat::Markdown, "Quoted $150 &amp; &lt;b&gt;"),
    ];
    for (format, wanted) in wanted {
        let journal = Journal::new().writes(format);
        let daemon = daemon(&journal, "").await;
        log(&daemon, "7", ADA, Some(NOTE)).await;
        drain(&daemon).await;
        assert!(journal.logs()[0].text.contains(wanted), "{}", journal.logs()[0].text);
        let mut more = record("7", ADA, None);
        more["aiNote"] = json!("She <wants> a quote");
        daemon.post("/callLogger", &more).await;
        drain(&daemon).await;
        assert!(journal.logs()[0].text.contains(wanted), "{}", journal.logs()[0].text);
        assert!(journal.logs()[0].text.contains("a quote"));
        assert_eq!(daemon.calls("7").await[0]["note"], NOTE, "here it is as it was written");
    }
}

/// The answer says 500, the row is there.
#[tokio::test]
async fn a_write_whose_end_is_not_known_is_looked_up_and_not_repeated() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    journal.fail([Fault::After(down())]);
    log(&daemon, "7", ADA, None).await;
    drain(&daemon).await;
    let state = status(&daemon, "7").await;
    assert_eq!(state["status"], "pending");
    assert_eq!(state["message"], "Saved, waiting for The CRM: the CRM is down");
    log(&daemon, "7", ADA, Some("later")).await;
    daemon.clock.advance(2 * MINUTE);
    drain(&daemon).await;
    let asked = journal.asked();
    let creates = asked.iter().filter(|word| word.starts_with("create")).count();
    assert_eq!((creates, journal.logs().len()), (1, 1), "{asked:?}");
    assert!(journal.logs()[0].text.contains("later"), "and what came meanwhile follows");
    assert_eq!(entries(&daemon).await[0]["state"], "delivered");
}

/// What was found is what was sent first, however often it was looked for since and whatever came meanwhile.
#[tokio::test]
async fn what_is_found_late_still_gets_its_last_note() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    journal.fail([Fault::After(down())]);
    log(&daemon, "7", ADA, Some("one")).await;
    drain(&daemon).await;
    log(&daemon, "7", ADA, Some("two")).await;
    journal.down(Some(down()));
    daemon.clock.advance(2 * MINUTE);
    drain(&daemon).await;
    assert!(journal.asked().iter().any(|word| word.starts_with("find")));
    journal.down(None);
    daemon.clock.advance(10 * MINUTE);
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1);
    assert!(journal.logs()[0].text.contains("two"), "{:?}", journal.logs());
}

/// A person confirms the contact that the log is on: nothing of that concerns the CRM.
#[tokio::test]
async fn what_changes_nothing_there_is_not_sent() {
    for update in [UpdateLog::Replace, UpdateLog::Append] {
        let journal = Journal::new().updates(update);
        let daemon = daemon(&journal, "").await;
        log(&daemon, "7", ADA, Some("one")).await;
        drain(&daemon).await;
        journal.asked();
        let mut confirmed = record("7", ADA, Some("one"));
        confirmed["triggerType"] = json!("contactUpdated");
        confirmed["fromEntity"] = json!({"id": "crm:1"});
        daemon.post("/callLogger", &confirmed).await;
        drain(&daemon).await;
        assert_eq!(daemon.calls("7").await[0]["decidedBy"], "person");
        assert_eq!(entries(&daemon).await[0]["state"], "delivered");
        assert!(journal.asked().is_empty());
        // A person wants it written again, and it is.
        let id = entries(&daemon).await[0]["id"].as_str().expect("an id").to_owned();
        daemon.send("POST", &format!("/v1/outbox/{id}/retry"), &json!(null)).await.ok();
        drain(&daemon).await;
        assert_eq!(journal.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_write_that_surely_failed_is_repeated_without_a_search() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    journal.fail([Fault::Before(down())]);
    log(&daemon, "7", ADA, None).await;
    drain(&daemon).await;
    daemon.clock.advance(MINUTE);
    drain(&daemon).await;
    assert!(!journal.asked().iter().any(|word| word.starts_with("find")));
    assert_eq!(journal.logs().len(), 1);
}

#[tokio::test]
async fn a_day_without_the_crm_loses_nothing_and_ends_by_itself() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    journal.down(Some(down()));
    for n in 0..30 {
        log(&daemon, &format!("{n}"), ADA, Some(&format!("note {n}"))).await;
        daemon.clock.advance(48 * MINUTE);
        drain(&daemon).await;
    }
    assert!(journal.asked().len() < 200, "it is left alone meanwhile");
    let ready = daemon.get("/readyz").await.ok();
    assert_eq!(ready["outbox"]["open"], json!(30));
    assert!(ready["outbox"]["oldestSeconds"].as_i64().expect("an age") > 80_000, "{ready}");
    let metrics = daemon.get("/metrics").await;
    assert!(
        metrics.text.contains("trunkline_outbox_entries{connector=\"crm\",state=\"waiting\"} 30"),
        "{}",
        metrics.text
    );

    journal.down(None);
    for _ in 0..20 {
        daemon.clock.advance(5 * MINUTE);
        drain(&daemon).await;
    }
    assert_eq!(journal.logs().len(), 30);
    assert_eq!(daemon.get("/readyz").await.ok()["outbox"]["open"], json!(0));
}

#[tokio::test]
async fn a_limit_is_kept_to() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    let limited = UpstreamError::new(Trouble::RateLimited, "slow down").retry_after(Some(Duration::from_mins(5)));
    journal.fail([Fault::Before(limited)]);
    log(&daemon, "7", ADA, None).await;
    drain(&daemon).await;
    journal.asked();
    log(&daemon, "8", ADA, None).await;
    daemon.clock.advance(4 * MINUTE);
    drain(&daemon).await;
    assert!(journal.asked().is_empty(), "nobody is asked before the time it named");
    daemon.clock.advance(2 * MINUTE);
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_told_in_the_vendors_words_and_cured_by_an_edit() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    journal.fail([Fault::Before(UpstreamError::new(Trouble::Rejected, "Subject is required"))]);
    log(&daemon, "7", ADA, None).await;
    drain(&daemon).await;
    let state = status(&daemon, "7").await;
    assert_eq!(state["status"], "failed");
    assert!(state["message"].as_str().expect("words").contains("Subject is required"), "{state}");
    assert_eq!(entries(&daemon).await[0]["state"], "dead");
    log(&daemon, "7", ADA, Some("a note")).await;
    drain(&daemon).await;
    assert_eq!((journal.logs().len(), status(&daemon, "7").await), (1, Value::Null));
}

#[tokio::test]
async fn a_person_retries_and_drops() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    let refused = || Fault::Before(UpstreamError::new(Trouble::Rejected, "no"));
    journal.fail([refused(), refused()]);
    log(&daemon, "7", ADA, None).await;
    drain(&daemon).await;
    log(&daemon, "8", ADA, None).await;
    drain(&daemon).await;
    let ids: Vec<String> =
        entries(&daemon).await.iter().map(|entry| entry["id"].as_str().expect("an id").to_owned()).collect();
    daemon.send("POST", &format!("/v1/outbox/{}/retry", ids[0]), &json!(null)).await.ok();
    daemon.send("POST", &format!("/v1/outbox/{}/drop", ids[1]), &json!(null)).await.ok();
    drain(&daemon).await;
    let states: Vec<Value> = entries(&daemon).await.iter().map(|entry| entry["state"].clone()).collect();
    assert_eq!(states, ["delivered", "kept"]);
    assert_eq!(journal.logs().len(), 1);
    for (path, status, code) in
        [("/v1/outbox/none", 404, "not_found"), ("/v1/outbox?state=lost", 400, "invalid_request")]
    {
        daemon.get(path).await.problem(status, code);
    }
    daemon.send("POST", "/v1/outbox/none/retry", &json!(null)).await.problem(404, "not_found");
}

#[tokio::test]
async fn what_cannot_be_looked_up_waits_for_a_person() {
    let journal = Journal::new().finds(false);
    let daemon = daemon(&journal, "").await;
    journal.fail([Fault::After(down())]);
    log(&daemon, "7", ADA, None).await;
    drain(&daemon).await;
    daemon.clock.advance(10 * MINUTE);
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1, "it is not guessed");
    assert_eq!(entries(&daemon).await[0]["state"], "unsure");
    let state = status(&daemon, "7").await;
    assert!(state["message"].as_str().expect("words").contains("Please look in The CRM"), "{state}");
}

#[tokio::test]
async fn where_texts_are_only_added_each_is_added_once() {
    let journal = Journal::new().updates(UpdateLog::Append);
    let daemon = daemon(&journal, "").await;
    log(&daemon, "7", ADA, Some("one")).await;
    drain(&daemon).await;
    journal.fail([Fault::After(down())]);
    log(&daemon, "7", ADA, Some("two")).await;
    drain(&daemon).await;
    daemon.clock.advance(2 * MINUTE);
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 2, "{:?}", journal.logs());
    assert!(journal.logs()[1].text.contains("two"));
    assert_eq!(entries(&daemon).await[0]["state"], "delivered");
}

#[tokio::test]
async fn what_people_wrote_in_the_crm_stays() {
    let journal = Journal::new().reads(true);
    let daemon = daemon(&journal, "").await;
    log(&daemon, "7", ADA, Some("one")).await;
    drain(&daemon).await;
    let id = journal.logs()[0].id.clone();
    journal.edit(&id, |text| *text = format!("Called her back. Emmy\n{text}\nSee order 12."));
    log(&daemon, "7", ADA, Some("two")).await;
    drain(&daemon).await;
    let text = journal.logs()[0].text.clone();
    assert!(text.starts_with("Called her back. Emmy\n") && text.ends_with("\nSee order 12."), "{text}");
    assert!(text.contains("two") && !text.contains("one"), "{text}");
    // Somebody deletes it there: it is not written again.
    journal.delete(&id);
    log(&daemon, "7", ADA, Some("three")).await;
    drain(&daemon).await;
    assert!(journal.logs().is_empty());
    assert_eq!(entries(&daemon).await[0]["state"], "kept");
}

/// What a daemon had in hand when it was killed is looked up by the next one.
#[tokio::test]
async fn a_restart_in_the_middle_of_a_write_doubles_nothing() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    journal.fail([Fault::Hangs]);
    log(&daemon, "7", ADA, None).await;
    daemon.state.delivery.nudge();
    while journal.logs().is_empty() {
        tokio::task::yield_now().await;
    }
    let other = daemon.after_a_crash().await;
    other.clock.advance(10 * MINUTE);
    drain(&other).await;
    assert_eq!(journal.logs().len(), 1);
    assert_eq!(entries(&other).await[0]["state"], "delivered");
}
