//! Tokens of operators and keys of programs at the edge; the rules of tokens are in `src/auth`.

use serde_json::{Value, json};
use trunkline::auth::mint;

use crate::settings_authorize::{SECRET, two};
use crate::support::vector::body;
use crate::support::{Daemon, NOW};

const WIDGET: [&str; 4] = ["/contacts", "/callLogger", "/settings", "/authorize"];

#[tokio::test]
async fn widget_calls_without_a_good_token_get_401_in_words_and_write_nothing() {
    let (mut daemon, [ann, _]) = two("").await;
    let foreign_key =
        "[operators]\nauth = 'jwt'\nkeys = [{ kid = 'main', secret = 'ffffffffffffffffffffffffffffffff' }]\n";
    let foreign = trunkline::config::Config::parse("x", foreign_key, []).expect("right").config;
    let foreign = mint(&foreign.operators, "ann", None, None, 60, NOW).expect("a token");
    let old = mint(&daemon.state.config.operators, "ann", None, None, 60, NOW - 600_000).expect("a token");
    let parts: Vec<&str> = ann.split('.').collect();
    // {"alg":"none"} with the same claims.
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    for (token, code) in [
        (None, "token_missing"),
        (Some(foreign), "token_invalid"),
        (Some(old), "token_expired"),
        (Some(unsigned), "token_invalid"),
        (Some(format!("{}.{}.", parts[0], parts[1])), "token_invalid"),
        (Some("garbage".into()), "token_invalid"),
        (Some(SECRET.into()), "token_invalid"),
    ] {
        daemon.bearer = token;
        for path in WIDGET {
            let answer = daemon.try_post(path, &body("16")).await;
            let problem = answer.problem(401, code);
            assert!(answer.header("www-authenticate").is_some_and(|h| h.starts_with("Bearer")));
            assert!(!problem.to_string().contains(parts[2]), "{problem}");
        }
        daemon.get("/embeddable/service").await.problem(401, code);
        daemon.get("/embeddable/events").await.problem(401, code);
    }
    daemon.bearer = Some(SECRET.into());
    assert_eq!(daemon.get("/v1/call-logs").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_token_that_was_good_is_refused_once_it_expired() {
    let (mut daemon, [ann, _]) = two("").await;
    daemon.bearer = Some(ann);
    daemon.post("/contacts", &json!({})).await;
    daemon.clock.advance(3_600_000 + 31_000);
    daemon.try_post("/contacts", &json!({})).await.problem(401, "token_expired");
}

#[tokio::test]
async fn two_operators_on_one_session_have_two_logs_and_see_only_their_own() {
    let (mut daemon, tokens) = two("").await;
    let names = ["ann", "bob"];
    for (name, token) in names.iter().zip(&tokens) {
        daemon.bearer = Some(token.clone());
        let mut form = body("23");
        form["note"] = json!(name);
        daemon.post("/callLogger", &form).await;
        daemon.post("/messageLogger", &body("26")).await;
    }
    for (name, token) in names.iter().zip(&tokens) {
        daemon.bearer = Some(token.clone());
        let data = daemon.data("/callLogger/match", &json!({"sessionIds": ["318220457011"]})).await;
        let entities = data["318220457011"].as_array().expect("a list");
        assert_eq!((entities.len(), &entities[0]["note"]), (1, &json!(name)));
        let data =
            daemon.data("/messageLogger/match", &json!({"conversationLogIds": ["7312904416650328117/1/2/2026"]})).await;
        assert_eq!(data["7312904416650328117/1/2/2026"].as_array().map(Vec::len), Some(1));
    }
    daemon.bearer = Some(SECRET.into());
    let logs = daemon.calls("318220457011").await;
    let operators: Vec<&Value> = logs.iter().map(|log| &log["operator"]).collect();
    assert_eq!(operators.len(), 2);
    assert!(operators.contains(&&json!("ann")) && operators.contains(&&json!("bob")));
}

#[tokio::test]
async fn programs_need_a_key_and_an_operators_token_is_none() {
    let (mut daemon, [ann, _]) = two("").await;
    for bearer in [None, Some(ann), Some("x".repeat(40)), Some(format!("{SECRET}x"))] {
        daemon.bearer = bearer;
        for path in ["/v1/contacts", "/v1/contacts/x", "/v1/call-logs", "/v1/message-logs"] {
            daemon.get(path).await.problem(401, "api_key_refused");
        }
        let contacts = json!({"contacts": [{"id": "a", "name": "x"}]});
        daemon.send("POST", "/v1/contacts/batch", &contacts).await.problem(401, "api_key_refused");
    }
    daemon.bearer = Some(SECRET.into());
    daemon.contacts(&[json!({"id": "a", "name": "x"})]).await;
    daemon.bearer = None;
    for open in ["/healthz", "/readyz", "/adapter.js"] {
        assert_eq!(daemon.get(open).await.status, 200, "{open}");
    }
}

#[tokio::test]
async fn other_schemes_and_two_tokens_are_refused() {
    let (daemon, [ann, bob]) = two("").await;
    for value in
        ["Basic YTpi".to_owned(), ann.clone(), "Bearer".into(), format!("Bearer  {ann} {bob}"), "Bearer \u{e9}".into()]
    {
        let request = daemon.client.get(daemon.url("/embeddable/service"));
        let Ok(header) = reqwest::header::HeaderValue::from_bytes(value.as_bytes()) else { continue };
        let answer =
            crate::support::Answer::of(request.header("authorization", header).send().await.expect("sent")).await;
        assert_eq!(answer.status, 401, "{value}");
        answer.any_problem();
    }
}

#[tokio::test]
async fn without_tokens_a_stray_one_does_no_harm() {
    let mut daemon = Daemon::start().await;
    daemon.bearer = Some("anything".into());
    assert_eq!(daemon.get("/embeddable/service").await.ok()["operator"]["id"], "local");
}
