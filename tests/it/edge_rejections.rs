//! Refusals that a framework words by itself must leave as problem details too, and a request that
//! names two hosts names none (RFC 9112 section 3.2).

use crate::support::Daemon;
use crate::support::raw::{exchange, status};

#[tokio::test]
async fn queries_that_cannot_be_read_are_refused_as_problem_details() {
    let daemon = Daemon::start().await;
    for query in ["limit=1&limit=2", "%", "q=%ff", "limit=%zz", "page=1&page=2", "sessionId=a&sessionId=b"] {
        for list in ["/v1/contacts", "/v1/call-logs"] {
            let answer = daemon.get(&format!("{list}?{query}")).await;
            assert!(answer.status == 200 || answer.status == 400, "{query}: {} {}", answer.status, answer.text);
            if answer.status == 400 {
                answer.any_problem();
            }
        }
    }
}

#[tokio::test]
async fn path_parts_that_are_no_utf8_are_refused_in_words() {
    let daemon = Daemon::start().await;
    for path in ["/v1/contacts/%ff", "/v1/contacts/%", "/v1/contacts/%zz", "/adapter/%ff"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let answer = exchange(&daemon.base, request.as_bytes()).await;
        assert!(matches!(status(&answer), 400 | 404), "{path}: {answer}");
        assert!(answer.contains("application/problem+json"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn two_hosts_or_none_or_one_in_the_request_line_do_not_get_past_the_check() {
    let daemon = Daemon::start().await;
    for head in [
        "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nhost: evil.example\r\n",
        "GET /healthz HTTP/1.1\r\nhost: evil.example\r\nhost: 127.0.0.1\r\n",
        "GET /healthz HTTP/1.1\r\n",
        "GET http://evil.example/healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n",
        "GET http://evil.example/healthz HTTP/1.1\r\nhost: evil.example\r\n",
    ] {
        let answer = exchange(&daemon.base, format!("{head}connection: close\r\n\r\n").as_bytes()).await;
        // A request line with an authority overrides Host (RFC 9112 3.2.2); either way: no 200 for a stranger.
        assert!((400..500).contains(&status(&answer)), "{head:?}: {answer}");
    }
}
