//! No secret is in what is told of deliveries, whatever a CRM says back: not in the outbox, the metrics, the
//! health, the matchers, an error, the log or the database.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use trunkline::auth::mint;
use wiremock::{Request, ResponseTemplate};

use crate::delivery::{ADA, MINUTE, drain, record};
use crate::support::rest::{Api, ok};
use crate::support::trace::{Trace, line_with};
use crate::support::{Daemon, NOW};

const API_KEY: &str = "CANARYapi-0123456789-0123456789";
const SIGNS: &str = "CANARYsigns-0123456789-0123456789-0123456789";
const CRM_KEY: &str = "CANARYcrm-0123456789";

const MANIFEST: &str = r#"
[api]
name = "Echo"
base_url = "https://echo.example"
[auth.api_key]
header = "Authorization"
value = "Bearer {{ token }}"
[sync]
strategy = "full_scan"
[sync.changes]
records = "people"
request = { path = "/people" }
[contact]
id = "id"
name = "name"
phones = "phones"
[call.create]
capture = { id = "id" }
[call.create.request]
method = "POST"
path = "/calls"
body = { text = "{{ log.body }}", key = "{{ log.key }}" }
"#;

/// Says in every error what it was sent: the key, the headers, all of the body.
fn echo(request: &Request, asked: &AtomicUsize) -> ResponseTemplate {
    if request.url.path() == "/people" {
        return ok(&json!({"people": [{"id": "1", "name": "Ada Lovelace", "phones": [ADA]}]}));
    }
    let status = [422, 500, 429, 403, 401][asked.fetch_add(1, Ordering::SeqCst).min(4)];
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let words = format!("{:?} may not: {body}", request.headers.get("authorization"));
    ResponseTemplate::new(status)
        .set_body_json(json!({"message": words, "token": CRM_KEY}))
        .insert_header("x-echo", CRM_KEY)
}

fn configuration(folder: &tempfile::TempDir, api: &Api) -> String {
    let manifest = folder.path().join("echo.toml");
    std::fs::write(&manifest, MANIFEST).expect("written");
    format!(
        "[operators]\nauth = 'jwt'\nkeys = [{{ kid = 'main', secret = '{SIGNS}' }}]\n[api]\nkeys = ['{API_KEY}']\n\
         [numbers]\ndefault_region = 'US'\n[connectors.crm]\nkind = 'rest'\nmanifest = '{}'\nurl = '{}'\n\
         api_key = '{CRM_KEY}'\nwebhook_secret = 'CANARYhook-0123456789'\nsync_seconds = 86400\n",
        manifest.display(),
        api.server.uri(),
    )
}

/// What a person with the wrong thing in hand is told.
async fn refusals(daemon: &mut Daemon, operator: &str, entry: &str) -> String {
    let mut seen = String::new();
    let token = "x?access_token=CANARYsent";
    for (bearer, method, path, body) in [
        ("CANARYwrong-0123456789-0123456789", "GET", "/v1/outbox", json!(null)),
        (operator, "GET", "/v1/outbox", json!(null)),
        (API_KEY, "GET", "/v1/outbox?state=x%3Faccess_token%3DCANARYquery", json!(null)),
        (API_KEY, "GET", "/v1/outbox/ob_none%3Faccess_token%3DCANARYpath", json!(null)),
        (API_KEY, "POST", &format!("/v1/outbox/{entry}/decide"), json!({"contactId": token})),
        (API_KEY, "POST", &format!("/v1/outbox/{entry}/decide"), json!({"contactId": [token]})),
        (API_KEY, "POST", "/v1/contacts/batch", json!([token])),
        (operator, "POST", "/embeddable/callLogger/match", json!({"sessionIds": token})),
        (operator, "POST", "/embeddable/callLogger", json!({"call": token})),
        (operator, "POST", "/embeddable/messageLogger", json!({"conversation": {"conversationId": {"id": token}}})),
        (operator, "POST", "/embeddable/no%3Faccess_token%3DCANARYpath", json!({})),
        (SIGNS, "POST", "/embeddable/callLogger", json!({})),
    ] {
        daemon.bearer = Some(bearer.to_owned());
        let answer = daemon.send(method, path, &body).await;
        assert!((400..500).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.text);
        assert_eq!(line_with(answer.text.as_bytes(), "CANARY"), None, "{method} {path}");
        seen += &answer.text;
    }
    seen
}

#[tokio::test]
async fn whatever_the_crm_says_back_no_secret_is_told() {
    let trace = Trace::begin();
    let asked = AtomicUsize::new(0);
    let api = Api::start(move |request| echo(request, &asked)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut daemon = Daemon::with(&configuration(&folder, &api)).await;
    let operator = mint(&daemon.state.config.operators, "ann", None, None, 36_000, NOW).expect("a token");
    daemon.bearer = Some(API_KEY.to_owned());
    daemon.sync("crm", &json!({})).await;

    let (mut seen, mut words) = (String::new(), Vec::new());
    for session in ["1", "2", "3", "4", "5"] {
        daemon.bearer = Some(operator.clone());
        let mut post = record(session, ADA, Some("hear https://m.example/c?access_token=CANARYnote"));
        post["call"]["recording"] = json!({"contentUri": "https://m.example/c?access_token=CANARYrecording"});
        daemon.post("/callLogger", &post).await;
        drain(&daemon).await;
        seen += &daemon.data("/callLogger/match", &json!({"sessionIds": [session]})).await.to_string();
        daemon.bearer = Some(API_KEY.to_owned());
        for path in ["/v1/outbox?all=true", "/metrics", "/readyz", "/v1/connectors", "/v1/credentials"] {
            seen += &daemon.get(path).await.ok_text();
        }
        let outbox = daemon.get("/v1/outbox").await.ok();
        let last = outbox["items"].as_array().and_then(|items| items.last()).expect("an entry").clone();
        let id = last["id"].as_str().expect("an id");
        seen += &daemon.get(&format!("/v1/outbox/{id}")).await.ok_text();
        words.push(last["words"].as_str().unwrap_or_default().to_owned());
        daemon.clock.advance(10 * MINUTE);
    }
    assert!(
        words.iter().filter(|words| words.contains("[redacted]")).count() >= 3,
        "the CRM's words are told: {words:?}"
    );
    let entries = daemon.get("/v1/outbox?all=true").await.ok();
    let entry = entries["items"][0]["id"].as_str().expect("an id").to_owned();
    seen += &refusals(&mut daemon, &operator, &entry).await;

    let keys = api.requests().await.iter().filter(|request| request.headers.contains_key("authorization")).count();
    assert!(keys > 5, "the key was used");
    let database = daemon.database_bytes();
    let shown = format!("{:?}", daemon.state);
    daemon.stop().await;
    let log = trace.bytes();
    assert!(line_with(&log, "asked upstream").is_some(), "the log is read");
    assert!(line_with(&database, "Ada Lovelace").is_some(), "the database is read");
    for (place, bytes) in
        [("log", &log), ("database", &database), ("answers", &seen.into_bytes()), ("debug", &shown.into_bytes())]
    {
        assert_eq!(line_with(bytes, "CANARY"), None, "in the {place}");
    }
    println!("canaries in the CRM's answers and in requests: 0 hits in log, database, answers, metrics and debug text");
}
