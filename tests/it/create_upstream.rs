//! A contact from an unknown number, made in a CRM: where it goes, and every way it may fail.

use serde_json::{Value, json};
use trunkline::domain::upstream::{Trouble, UpstreamError};

use crate::create_contact::{NUMBER, command, find, notice, open, page, save};
use crate::events::Events;
use crate::support::Daemon;
use crate::support::upstream::Upstream;
use crate::sync_engine::daemon;

async fn crm() -> (Upstream, Daemon) {
    let upstream = Upstream::new();
    let daemon = daemon(&upstream, "").await;
    upstream.asked();
    (upstream, daemon)
}

#[tokio::test]
async fn the_operator_chooses_the_address_book() {
    let (upstream, daemon) = crm().await;
    let form = open(&daemon, NUMBER).await;
    let places = &form["schema"]["properties"]["connector"]["oneOf"];
    let both = json!([{"const": "local", "title": "Address book"}, {"const": "crm", "title": "The CRM"}]);
    assert_eq!((places, &form["formData"]["connector"]), (&both, &json!("crm")), "the CRM before the built-in one");
    let saved = save(&daemon, &form, json!({"name": "Ada", "phoneType": "mobile"})).await;
    assert_eq!(command(&saved, "/custom-alert-message")["body"]["message"], "Ada was added to The CRM");
    assert_eq!(upstream.asked(), ["create"]);
    let [id] = &daemon.matched(NUMBER).await[..] else { panic!("it is found at once") };
    assert!(id.starts_with("crm:"), "{id}");
    save(&daemon, &form, json!({"name": "Ada"})).await;
    assert_eq!(upstream.asked(), [""; 0], "not a second time");

    let form = open(&daemon, "+16505550188").await;
    save(&daemon, &form, json!({"name": "Ben", "connector": "local"})).await;
    assert_eq!(upstream.asked(), [""; 0]);
    assert!(daemon.matched("+16505550188").await[0].starts_with("ct_"));
}

#[tokio::test]
async fn what_the_crm_says_is_in_the_form() {
    let (upstream, daemon) = crm().await;
    let form = open(&daemon, NUMBER).await;
    let unclear = UpstreamError::new(Trouble::Slow, "The CRM did not answer in time").unclear();
    for (fault, severity, words) in [
        (UpstreamError::new(Trouble::Rejected, "last_name is required"), "error", "Not saved. Last_name is required."),
        (UpstreamError::new(Trouble::Down, "no connection"), "error", "Send it again in a while."),
        (UpstreamError::new(Trouble::Unauthorized, "the key was revoked"), "error", "Sign in again"),
        (unclear, "warning", "It may have been made all the same: look in The CRM first."),
    ] {
        upstream.fail([fault]);
        let answer = save(&daemon, &form, json!({"name": "Ada", "company": "Engines"})).await;
        let told = page(&answer);
        assert!(notice(told).contains(words), "{words}: {}", notice(told));
        assert_eq!(told["uiSchema"]["notice"]["ui:severity"], severity);
        assert_eq!(told["formData"]["company"], "Engines", "nothing typed is lost");
        assert!(find(&answer, "rc-adapter-navigate-to").is_none());
    }
    save(&daemon, &form, json!({"name": "Ada"})).await;
    assert_eq!(daemon.matched(NUMBER).await.len(), 1, "and then it is taken");
}

#[tokio::test]
async fn a_slow_crm_is_answered_for_before_the_widgets_patience_is_over() {
    let (upstream, daemon) = crm().await;
    let form = open(&daemon, NUMBER).await;
    let mut events = Events::open(&daemon, None).await;
    upstream.close_gate();
    let started = std::time::Instant::now();
    let waiting = save(&daemon, &form, json!({"name": "Ada"})).await;
    assert!(started.elapsed().as_millis() < 2_500, "{:?}", started.elapsed());
    assert!(notice(page(&waiting)).contains("takes longer"), "{waiting}");
    assert!(page(&waiting)["uiSchema"].get("submitButtonOptions").is_none(), "there is nothing to save meanwhile");
    // An impatient second press waits for the first one, and makes nobody.
    save(&daemon, &form, json!({"name": "Ada"})).await;
    upstream.open_gate();
    let told = loop {
        let (_, told) = events.next().await.expect("an event");
        if find(&told, "/custom-alert-message").is_some() {
            break told;
        }
    };
    assert_eq!(command(&told, "/custom-alert-message")["body"]["message"], "Ada was added to The CRM");
    assert_eq!(command(&told, "rc-adapter-trigger-contact-match")["phoneNumbers"], json!([NUMBER]));
    assert!(notice(page(&told)).contains("was added"));
    assert!(find(&told, "rc-adapter-navigate-to").is_none(), "no other page is led away: {told}");
    assert_eq!(upstream.asked(), ["create"]);
    assert_eq!(daemon.matched(NUMBER).await.len(), 1);
}

#[tokio::test]
async fn a_program_names_the_connector() {
    let (upstream, daemon) = crm().await;
    let body = json!({"name": "Ada", "connector": "crm", "phoneNumbers": [{"phoneNumber": NUMBER}]});
    let answer = daemon.send("POST", "/v1/contacts", &body).await;
    assert_eq!((answer.status, upstream.asked()), (201, vec!["create".to_owned()]), "{}", answer.text);
    let id = answer.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(daemon.matched(NUMBER).await, [id.as_str()]);
    assert_eq!(answer.header("location"), Some(format!("/v1/contacts/{}", id.replace(':', "%3A")).as_str()));
    for (trouble, status, code) in [
        (Trouble::Down, 502, "upstream_down"),
        (Trouble::Slow, 504, "upstream_slow"),
        (Trouble::RateLimited, 503, "upstream_rate_limited"),
        (Trouble::Unauthorized, 502, "upstream_unauthorized"),
        (Trouble::Forbidden, 502, "upstream_forbidden"),
        (Trouble::Gone, 502, "upstream_gone"),
        (Trouble::Rejected, 422, "upstream_rejected"),
        (Trouble::Broken, 502, "upstream_broken"),
    ] {
        upstream.fail([UpstreamError::new(trouble, "The CRM says no")]);
        let problem: Value = daemon.send("POST", "/v1/contacts", &body).await.problem(status, code);
        assert_eq!(problem["detail"], "The CRM says no");
        assert!(problem["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{problem}");
    }
}
