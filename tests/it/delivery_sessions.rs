//! Queue calls and transfers: one telephony session that several operators logged.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trunkline::auth::mint;

use crate::delivery::{ADA, CONFIG, MINUTE, drain, record};
use crate::settings_authorize::SECRET;
use crate::support::Daemon;
use crate::support::journal::Journal;

async fn team(journal: &Journal) -> Daemon {
    journal.people.put("1", "Ada Lovelace", ADA);
    let upstreams = BTreeMap::from([("crm".to_owned(), journal.connector())]);
    let toml = format!(
        "[operators]\nauth = 'jwt'\nkeys = [{{ kid = 'main', secret = '{SECRET}' }}]\n[api]\nkeys = ['{SECRET}']\n{CONFIG}"
    );
    let mut daemon = Daemon::with_upstreams(&toml, upstreams).await;
    daemon.bearer = Some(SECRET.into());
    daemon.sync("crm", &json!({})).await;
    daemon
}

/// One member's post of the call.
async fn post(daemon: &mut Daemon, member: &str, result: &str, note: Option<&str>) {
    let token = mint(&daemon.state.config.operators, member, None, None, 3_600, daemon.clock_ms());
    daemon.bearer = Some(token.expect("a token"));
    let mut body: Value = record(&format!("7-{member}"), ADA, note);
    body["call"]["telephonySessionId"] = json!("s-7");
    body["call"]["result"] = json!(result);
    daemon.post("/callLogger", &body).await;
}

#[tokio::test]
async fn of_a_queue_call_the_member_who_answered_logs() {
    let journal = Journal::new();
    let mut daemon = team(&journal).await;
    for (member, result) in [("dana", "Missed"), ("emmy", "Missed"), ("alan", "Accepted")] {
        post(&mut daemon, member, result, Some(member)).await;
    }
    drain(&daemon).await;
    daemon.clock.advance(2 * MINUTE);
    drain(&daemon).await;
    let logs = journal.logs();
    assert_eq!(logs.len(), 1, "{logs:?}");
    assert!(logs[0].text.contains("Result: Accepted") && logs[0].text.contains("By: alan"), "{}", logs[0].text);
    assert!(!logs[0].text.contains("Missed"), "the others missed nothing: {}", logs[0].text);
}

#[tokio::test]
async fn a_call_that_nobody_answered_is_one_missed_call() {
    let journal = Journal::new();
    let mut daemon = team(&journal).await;
    for member in ["dana", "emmy", "alan"] {
        post(&mut daemon, member, "Missed", None).await;
    }
    daemon.clock.advance(2 * MINUTE);
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1);
}

#[tokio::test]
async fn a_transfer_is_one_interaction_with_both_notes() {
    let journal = Journal::new();
    let mut daemon = team(&journal).await;
    post(&mut daemon, "dana", "Accepted", Some("asked for prices")).await;
    drain(&daemon).await;
    daemon.clock.advance(MINUTE);
    post(&mut daemon, "emmy", "Accepted", Some("Quoted $150")).await;
    drain(&daemon).await;
    post(&mut daemon, "emmy", "Accepted", Some("Quoted $160")).await;
    drain(&daemon).await;
    let logs = journal.logs();
    assert_eq!(logs.len(), 1, "{logs:?}");
    let text = &logs[0].text;
    assert!(text.contains("asked for prices") && text.contains("emmy, 1 min 15 s: Quoted $160"), "{text}");
}
