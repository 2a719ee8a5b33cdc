//! Bodies no widget sends: too large, cut off, not JSON, of the wrong types.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::raw::{exchange, status};
use crate::support::vector::{body, vector};
use crate::support::{Answer, Daemon};

const MIB: usize = 1024 * 1024;

async fn post_text(daemon: &Daemon, path: &str, text: impl Into<reqwest::Body>) -> Answer {
    let request = daemon.client.post(daemon.url(path)).header("content-type", "application/json").body(text);
    Answer::of(request.send().await.expect("an answer")).await
}

fn padded(length: usize) -> String {
    let start = r#"{"page":1,"pad":""#;
    format!("{start}{}\"}}", "x".repeat(length - start.len() - 2))
}

#[tokio::test]
async fn a_mebibyte_is_taken_and_one_byte_more_is_not() {
    let daemon = Daemon::start().await;
    post_text(&daemon, "/embeddable/contacts", padded(MIB)).await.ok();
    for (path, text) in [("/embeddable/contacts", padded(MIB + 1)), ("/embeddable/callLogger", padded(3 * MIB))] {
        post_text(&daemon, path, text).await.problem(413, "body_too_large");
    }
}

#[tokio::test]
async fn chunked_bodies_without_a_length_have_the_same_limit() {
    let daemon = Daemon::start().await;
    let head = "POST /embeddable/contacts HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        transfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let too_much = format!("{head}{}0\r\n\r\n", chunk.repeat(17));
    let answer = exchange(&daemon.base, too_much.as_bytes()).await;
    assert_eq!(status(&answer), 413, "{answer}");
    let fine = format!("{head}8\r\n{{\"page\":\r\n2\r\n1}}\r\n0\r\n\r\n");
    let answer = exchange(&daemon.base, fine.as_bytes()).await;
    assert_eq!(status(&answer), 200, "{answer}");
}

#[tokio::test]
async fn absurd_lengths_are_refused_and_nothing_is_kept_for_them() {
    let daemon = Daemon::start().await;
    for length in ["99999999999", "18446744073709551615", "-1", "1e9", "x", "18446744073709551616"] {
        let request = format!(
            "POST /embeddable/contacts HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{}",
            padded(MIB + MIB / 2)
        );
        let answer = exchange(&daemon.base, request.as_bytes()).await;
        // hyper itself refuses the greatest length with 431.
        assert!((400..500).contains(&status(&answer)), "{length}: {answer}");
    }
    let smuggled = "POST /embeddable/contacts HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        content-length: 2\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n";
    let answer = exchange(&daemon.base, smuggled.as_bytes()).await;
    assert!(answer.matches("HTTP/1.1").count() <= 1, "a second answer: {answer}");
}

#[tokio::test]
async fn a_body_cut_off_by_the_sender_leaves_nothing_behind() {
    let daemon = Daemon::start().await;
    let text = body("16").to_string();
    let request = format!(
        "POST /embeddable/callLogger HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
        text.len(),
        &text[..text.len() / 2]
    );
    let mut stream =
        tokio::net::TcpStream::connect(daemon.base.trim_start_matches("http://")).await.expect("connected");
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.expect("written");
    drop(stream);
    assert_eq!(daemon.get("/v1/call-logs").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn thirty_kinds_of_malformed_json_are_refused_in_words() {
    let daemon = Daemon::start().await;
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(50_000), close.repeat(50_000));
    let mut kinds: Vec<Vec<u8>> = [
        "",
        " ",
        "{",
        "}",
        "[",
        "{]",
        "nonsense",
        "{\"page\"",
        "{\"page\":",
        "{\"page\":1",
        "{\"page\":1,",
        "{\"page\":1,}",
        "{page:1}",
        "{'page':1}",
        "{\"page\":01}",
        "{\"page\":+1}",
        "{\"page\":.5}",
        "{\"page\":1.}",
        "{\"page\":NaN}",
        "{\"page\":Infinity}",
        "{\"page\":undefined}",
        "{\"page\":\"\t\"}",
        "{\"page\":\"\\x\"}",
        "{\"page\":\"\\u12\"}",
        "{\"page\":1}{}",
        "{\"page\":1}x",
        "// a\n{}",
        "{\"page\":1e999999}",
        "\u{feff}{}",
        "{\"page\":tru}",
        "{} \u{0}",
        "page=1",
        "<xml/>",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    kinds.push(b"{\"page\":\"\xff\xfe\"}".to_vec());
    kinds.push(b"\xff\xfe{\x00}\x00".to_vec());
    kinds.push(deep("[", "]").into_bytes());
    kinds.push(deep("{\"a\":", "}").into_bytes());
    for kind in kinds {
        let shown = String::from_utf8_lossy(&kind[..kind.len().min(40)]).into_owned();
        for path in
            ["/embeddable/contacts", "/embeddable/callLogger", "/embeddable/messageLogger", "/v1/contacts/batch"]
        {
            let answer = post_text(&daemon, path, kind.clone()).await;
            assert!(matches!(answer.status, 400 | 422), "{shown:?} {path}: {} {}", answer.status, answer.text);
            answer.any_problem();
        }
    }
}

#[tokio::test]
async fn deep_nesting_inside_a_real_post_is_refused_not_crashed_on() {
    let daemon = Daemon::start().await;
    for depth in [100, 120, 127, 128, 500, 100_000] {
        let deep = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let text = format!(r#"{{"call":{{"sessionId":"d{depth}","deep":{deep}}},"triggerType":"callLogSync"}}"#);
        let answer = post_text(&daemon, "/embeddable/callLogger", text).await;
        if answer.status == 200 {
            let logs = daemon.calls(&format!("d{depth}")).await;
            assert_eq!(logs.len(), 1, "{depth}");
            assert!(!logs[0]["call"]["deep"].is_null(), "acknowledged at depth {depth} and then lost");
            // A second post must be able to read the first.
            let again = json!({"call": {"sessionId": format!("d{depth}")}, "note": "n", "triggerType": "logForm"});
            daemon.post("/callLogger", &again).await;
            assert!(!daemon.calls(&format!("d{depth}")).await[0]["call"]["deep"].is_null(), "{depth}");
        } else {
            answer.any_problem();
        }
    }
}

#[tokio::test]
async fn lone_surrogates_lose_neither_message_nor_call() {
    let daemon = Daemon::start().await;
    let text = r#"{"triggerType":"auto","conversation":{"conversationId":"5","conversationLogId":"5/1/1/2026","type":"SMS",
        "messages":[{"id":1,"creationTime":1767261600000,"subject":"cut \ud83d"},{"id":2,"creationTime":1767261600001,
        "subject":"\ude00 \ud83d\ude00"}],"correspondents":[]}}"#;
    post_text(&daemon, "/embeddable/messageLogger", text).await.ok();
    let messages = daemon.message_logs("5").await[0]["messages"].clone();
    assert_eq!((&messages[0]["subject"], &messages[1]["subject"]), (&json!("cut \u{fffd}"), &json!("\u{fffd} 😀")));
    let call = r#"{"triggerType":"logForm","call":{"sessionId":"7"},"note":"\ud83d\ud83d x","formData":{}}"#;
    post_text(&daemon, "/embeddable/callLogger", call).await.ok();
    assert_eq!(daemon.calls("7").await[0]["note"], "\u{fffd}\u{fffd} x");
    post_text(&daemon, "/v1/contacts/batch", r#"{"contacts":[{"id":"s","name":"Ann \udc00"}]}"#).await.ok();
    assert_eq!(daemon.get("/v1/contacts/s").await.ok()["name"], "Ann \u{fffd}");
}

/// Every place of a JSON value.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                places(inner, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, inner)| places(inner, &format!("{at}/{n}"), found));
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_type_at_any_place_of_any_path_is_a_fault_of_ours() {
    let setting = "[[service.settings]]\nid = 'popOnRing'\ntype = 'boolean'\nname = 'Pop'\n";
    let daemon = Daemon::with(&format!("[service]\nname = 'AcmeDesk'\n{setting}")).await;
    let mut bodies: Vec<(String, Value)> = Vec::new();
    for number in ["05", "10", "11", "14", "15", "16", "20", "23", "24", "28", "30", "32", "33", "34"] {
        let request = &vector(number)["request"];
        bodies.push((request["path"].as_str().expect("a path").to_owned(), request["body"].clone()));
    }
    bodies.push(("/activity".into(), vector("15")["request2"]["body"].clone()));
    bodies.push(("/messageLogger/match".into(), vector("32")["request2"]["body"].clone()));
    bodies.push(("/button".into(), vector("35")["requests"][0]["body"].clone()));
    bodies.push(("/meeting/invite".into(), vector("38")["exchanges"][0]["request"]["body"].clone()));
    bodies.push(("/conference/invite".into(), json!({"conference": {"topic": "x"}})));
    let odd = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1.5),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("\u{0}'\"%"),
        json!([]),
        json!([null, 1, "x", [], {}]),
        json!({}),
        json!({"id": {"id": []}}),
    ];
    let mut posts = JoinSet::new();
    let mut count = 0;
    for (path, body) in bodies {
        let mut found = Vec::new();
        places(&body, "", &mut found);
        for place in found {
            for value in &odd {
                let mut changed = body.clone();
                *changed.pointer_mut(&place).expect("a place") = value.clone();
                let request = daemon.client.post(daemon.url(&format!("/embeddable{path}"))).json(&changed);
                let what = format!("{path} {place} = {value}");
                posts.spawn(async move { (what, Answer::of(request.send().await.expect("an answer")).await) });
                count += 1;
            }
            while posts.len() > 200 {
                judge(posts.join_next().await.expect("one").expect("no panic"));
            }
        }
    }
    while let Some(done) = posts.join_next().await {
        judge(done.expect("no panic"));
    }
    assert!(count > 4_000, "{count}");
    // What was taken can be read again.
    for path in ["/v1/call-logs?limit=1000", "/v1/message-logs?limit=1000", "/v1/contacts"] {
        daemon.get(path).await.ok();
    }
    assert_eq!(daemon.get("/readyz").await.status, 200);
}

fn judge((what, answer): (String, Answer)) {
    if answer.status == 200 {
        assert!(answer.json().get("response").is_some(), "{what}: {}", answer.text);
    } else {
        assert!(matches!(answer.status, 400 | 422), "{what}: {} {}", answer.status, answer.text);
        answer.any_problem();
    }
}
