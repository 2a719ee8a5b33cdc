//! Addresses and methods that do not exist, and query values no client sends.

use serde_json::json;

use crate::support::Daemon;
use crate::support::raw::{exchange, status};

#[tokio::test]
async fn unknown_paths_and_methods_are_told_in_words() {
    let daemon = Daemon::start().await;
    for path in
        ["/", "/nowhere", "/v1", "/v1/nothing", "/embeddable", "/adapter", "/v1/contacts/a/b", "/EMBEDDABLE/service"]
    {
        daemon.get(path).await.problem(404, "not_found");
    }
    for path in
        ["/nowhere", "/contacts/", "/contacts/match/", "//contacts", "/Contacts", "/contacts%2Fmatch%00", "/.", "/é"]
    {
        let answer = daemon.try_post(path, &json!({})).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        answer.any_problem();
    }
    for (method, path) in [
        ("GET", "/embeddable/contacts"),
        ("PUT", "/embeddable/contacts"),
        ("DELETE", "/embeddable/service"),
        ("POST", "/embeddable/service"),
        ("PATCH", "/v1/contacts/x"),
        ("POST", "/v1/contacts/x"),
        ("GET", "/v1/contacts/batch/x"),
        ("TRACE", "/healthz"),
        ("DELETE", "/healthz"),
        ("BREW", "/healthz"),
    ] {
        let answer = daemon.send(method, path, &json!({})).await;
        assert!(matches!(answer.status, 404 | 405), "{method} {path}: {} {}", answer.status, answer.text);
        answer.any_problem();
    }
}

#[tokio::test]
async fn absurd_limits_and_pages_are_refused_in_words() {
    let daemon = Daemon::start().await;
    for list in ["/v1/contacts", "/v1/call-logs", "/v1/message-logs"] {
        for query in [
            "limit=0",
            "limit=-1",
            "limit=1001",
            "limit=99999999999999999999",
            "limit=x",
            "limit=",
            "limit=1.5",
            "limit=1e3",
            "limit=%00",
        ] {
            daemon.get(&format!("{list}?{query}")).await.problem(400, "invalid_request");
        }
        daemon.get(&format!("{list}?limit=1")).await.ok();
        daemon.get(&format!("{list}?limit=1000&unknown=1")).await.ok();
    }
    for page in ["x", "1.5", "99999999999999999999", "'--"] {
        daemon.get(&format!("/v1/contacts?page={page}")).await.problem(400, "invalid_request");
    }
}

#[tokio::test]
async fn very_long_addresses_are_refused_or_not_found() {
    let daemon = Daemon::start().await;
    for length in [300, 8_000, 60_000] {
        let answer = daemon.get(&format!("/v1/contacts/{}", "a".repeat(length))).await;
        assert!(matches!(answer.status, 404 | 414 | 431), "{length}: {}", answer.status);
    }
    let put = daemon.send("PUT", &format!("/v1/contacts/{}", "a".repeat(300)), &json!({"name": "x"})).await;
    put.problem(422, "invalid_body");
    let answer = daemon.get(&format!("/v1/contacts?q={}", "a%20".repeat(5_000))).await;
    assert_eq!(answer.ok()["items"], json!([]));
    let request = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", "x".repeat(2_000_000));
    let answer = exchange(&daemon.base, request.as_bytes()).await;
    assert!(answer.is_empty() || (400..500).contains(&status(&answer)), "{}", &answer[..answer.len().min(200)]);
    let headers = "x-long: y\r\n".repeat(20_000);
    let request = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
    let answer = exchange(&daemon.base, request.as_bytes()).await;
    assert!(answer.is_empty() || (400..500).contains(&status(&answer)), "{}", &answer[..answer.len().min(200)]);
    assert_eq!(daemon.get("/healthz").await.status, 200);
}
