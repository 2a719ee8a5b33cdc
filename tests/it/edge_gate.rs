//! Who is let in: hosts, origins, preflights, media types, before any body is read.

use serde_json::json;

use crate::support::daemon::US;
use crate::support::raw::{exchange, status};
use crate::support::{Answer, Daemon};

async fn with_headers(daemon: &Daemon, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = daemon.client.request(method.parse().expect("a method"), daemon.url(path)).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request.send().await.expect("an answer")).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

async fn crm() -> Daemon {
    Daemon::with(&format!("{US}[server]\nallowed_origins = ['https://crm.example', 'http://localhost:3000']\n")).await
}

#[tokio::test]
async fn a_rebound_host_name_is_refused() {
    let daemon = crm().await;
    for host in [
        "evil.example",
        "evil.example:8787",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example:127.0.0.1",
        "127.0.0.2",
        "2130706433",
        "0.0.0.0",
        "crm.example",
        "localhost.",
        "",
        "[::1",
        "127.0.0.1@evil.example",
        "evil.example#127.0.0.1",
    ] {
        for path in ["/embeddable/contacts", "/v1/contacts/batch", "/healthz", "/adapter.js"] {
            let method = if path.starts_with("/embeddable") || path.starts_with("/v1") { "POST" } else { "GET" };
            let request = format!(
                "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}"
            );
            let answer = exchange(&daemon.base, request.as_bytes()).await;
            assert!(matches!(status(&answer), 421 | 400), "{host:?} {path}: {answer}");
        }
    }
    for host in ["127.0.0.1", "localhost", "LOCALHOST:1", "[::1]:99"] {
        let request = format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        assert_eq!(status(&exchange(&daemon.base, request.as_bytes()).await), 200, "{host}");
    }
}

#[tokio::test]
async fn a_foreign_origin_is_refused_on_every_path_and_method() {
    let daemon = crm().await;
    for origin in [
        "https://evil.example",
        "null",
        "",
        "https://crm.example.evil.example",
        "https://evil-crm.example",
        "https://crm.example:444",
        "http://crm.example",
        "https://CRM.example",
        "https://crm.example/",
        "https://crm.example, https://evil.example",
        "https://xn--crm.example",
        "https://crm%2eexample",
        "file://",
        "*",
    ] {
        for (method, path) in [
            ("POST", "/embeddable/contacts"),
            ("GET", "/embeddable/service"),
            ("GET", "/embeddable/events"),
            ("GET", "/v1/contacts"),
            ("DELETE", "/v1/contacts/x"),
            ("OPTIONS", "/embeddable/contacts"),
            ("GET", "/nowhere"),
        ] {
            let answer = with_headers(&daemon, method, path, &[("origin", origin), JSON], "{}").await;
            answer.problem(403, "origin_refused");
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        }
    }
    assert_eq!(daemon.state.storage.count_contacts().await.expect("a count"), 0);
}

#[tokio::test]
async fn an_allowed_origin_is_named_exactly_and_no_origin_is_let_in() {
    let daemon = crm().await;
    for origin in ["https://crm.example", "http://localhost:3000"] {
        let answer = with_headers(&daemon, "POST", "/embeddable/contacts", &[("origin", origin), JSON], "{}").await;
        answer.ok();
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert!(answer.header("vary").is_some_and(|vary| vary.to_lowercase().contains("origin")));
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            None,
            "tokens travel in a header, not in cookies"
        );
    }
    let own = with_headers(&daemon, "POST", "/embeddable/contacts", &[JSON], "{}").await;
    own.ok();
    assert_eq!(own.header("access-control-allow-origin"), None);
    // Errors are readable for an allowed page too.
    let error =
        with_headers(&daemon, "POST", "/embeddable/none", &[("origin", "https://crm.example"), JSON], "{}").await;
    error.problem(404, "unknown_path");
    assert_eq!(error.header("access-control-allow-origin"), Some("https://crm.example"));
}

#[tokio::test]
async fn a_preflight_is_answered_for_allowed_origins_only() {
    let daemon = crm().await;
    let headers = [
        ("origin", "https://crm.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization, content-type"),
        ("access-control-request-private-network", "true"),
    ];
    let answer = with_headers(&daemon, "OPTIONS", "/embeddable/contacts/match", &headers, "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://crm.example"));
    assert!(answer.header("access-control-allow-methods").is_some_and(|m| m.contains("POST")));
    let allowed = answer.header("access-control-allow-headers").expect("headers").to_lowercase();
    assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
    assert_eq!(answer.header("access-control-allow-private-network"), Some("true"));
}

#[tokio::test]
async fn a_body_that_is_not_sent_as_json_is_refused_before_it_is_read() {
    let daemon = crm().await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "application/jsonp",
        "text/json",
        "application/json, text/plain",
        "text/plain; application/json",
        "application /json",
    ] {
        for (method, path) in
            [("POST", "/embeddable/callLogger"), ("POST", "/v1/contacts/batch"), ("PUT", "/v1/contacts/x")]
        {
            let body = json!({"id": "x", "name": "x", "contacts": [{"id": "x", "name": "x"}]}).to_string();
            let answer = with_headers(&daemon, method, path, &[("content-type", kind)], &body).await;
            answer.problem(415, "not_json");
        }
    }
    let none = with_headers(&daemon, "POST", "/v1/contacts/batch", &[], "{}").await;
    none.problem(415, "not_json");
    // No body has no type: the daemon is asked, and says what is wrong.
    with_headers(&daemon, "POST", "/v1/connectors/none/sync", &[], "").await.problem(404, "not_found");
    assert_eq!(daemon.state.storage.count_contacts().await.expect("a count"), 0);
    for kind in ["application/json", "Application/JSON; charset=utf-8", "application/json;charset=UTF-8"] {
        with_headers(&daemon, "POST", "/embeddable/contacts", &[("content-type", kind)], "{}").await.ok();
    }
}

#[tokio::test]
async fn every_answer_has_an_id_and_is_not_sniffed() {
    let daemon = crm().await;
    let mut seen = std::collections::BTreeSet::new();
    for path in ["/healthz", "/nowhere", "/adapter.js", "/embeddable/service", "/v1/contacts/none"] {
        let answer = daemon.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(seen.insert(answer.header("x-request-id").expect("an id").to_owned()), "{path}");
    }
}

#[tokio::test]
async fn the_adapter_is_served_and_nothing_beside_it() {
    let daemon = crm().await;
    let entry = daemon.get("/adapter.js").await;
    assert!(entry.status == 200 && entry.header("content-type").is_some_and(|t| t.starts_with("text/javascript")));
    for path in [
        "/adapter/../Cargo.toml",
        "/adapter/..%2f..%2fCargo.toml",
        "/adapter/%2e%2e%2fpackage.json",
        "/adapter/none.js",
        "/adapter//etc/passwd",
        "/adapter/types.d.ts%00.js",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let answer = exchange(&daemon.base, request.as_bytes()).await;
        assert!(matches!(status(&answer), 400 | 404), "{path}: {answer}");
    }
}
