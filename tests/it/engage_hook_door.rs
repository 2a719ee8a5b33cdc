//! Who may tell the daemon of conversations, and what becomes of bodies that are none.

use serde_json::{Value, json};

use crate::engage_hooks::{HOOK, community, post, sync, tell};
use crate::support::digital::{Digital, HOOK_SECRET, VERIFY};
use crate::support::journal::Journal;

#[tokio::test]
async fn the_challenge_is_echoed_to_who_knows_the_token() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, "").await;
    let ask = async |query: &str| daemon.get(&format!("{HOOK}?{query}")).await;
    let answer = ask(&format!("hub.mode=subscribe&hub.challenge=%3Cb%3E42&hub.verify_token={VERIFY}")).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "<b>42"));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    for query in [
        "hub.mode=subscribe&hub.challenge=42".to_owned(),
        "hub.mode=subscribe&hub.challenge=42&hub.verify_token=".to_owned(),
        format!("hub.mode=subscribe&hub.challenge=42&hub.verify_token={VERIFY}x"),
        format!("hub.mode=subscribe&hub.challenge=42&hub.verify_token={HOOK_SECRET}"),
    ] {
        ask(&query).await.problem(403, "verify_refused");
    }
    ask(&format!("hub.mode=unsubscribe&hub.challenge=42&hub.verify_token={VERIFY}"))
        .await
        .problem(400, "invalid_request");
    ask(&format!("hub.mode=subscribe&hub.verify_token={VERIFY}")).await.problem(400, "invalid_request");
    daemon.get("/v1/engage/hooks/nowhere?hub.mode=subscribe").await.problem(404, "not_found");
}

#[tokio::test]
async fn only_engage_may_tell_and_bad_bodies_have_their_codes() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, "").await;
    let good = json!({"id": "r", "events": []}).to_string();
    for secrets in [&[][..], &[""], &["wrong"], &[VERIFY], &[HOOK_SECRET, HOOK_SECRET], &["hook-secret-012345678"]] {
        let problem = post(&daemon, secrets, good.clone()).await.problem(403, "secret_refused");
        assert!(!problem.to_string().contains(HOOK_SECRET), "{problem}");
    }
    for (body, status, code) in [
        ("nonsense".to_owned(), 400, "invalid_json"),
        ("{\"events\":".to_owned(), 400, "invalid_json"),
        ("[]".to_owned(), 422, "invalid_body"),
        ("{}".to_owned(), 422, "invalid_body"),
        ("{\"events\":{}}".to_owned(), 422, "invalid_body"),
        (format!("{{\"events\":[\"{}\"]}}", "x".repeat(256 * 1024)), 413, "body_too_large"),
    ] {
        post(&daemon, &[HOOK_SECRET], body).await.problem(status, code);
    }
    // What is not known is kept as it came, and known when it comes again.
    let odd = [
        json!({"id": "e1", "type": "task.created", "resource": null}),
        json!({"x": [1]}),
        json!(null),
        json!("text"),
        json!({"id": "", "type": 5, "issued_at": "yesterday", "resource": {"metadata": {"thread_id": 7}}}),
    ];
    assert_eq!(tell(&daemon, &odd).await, 5);
    assert_eq!(tell(&daemon, &odd).await, 0);
    assert_eq!(sync(&daemon, &Value::Null).await, json!({"read": 0, "failed": 0, "waiting": []}));
}
