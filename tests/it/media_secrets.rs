//! The operator's `RingCentral` token opens all of an account: it is nowhere but in memory and in the
//! header of the request.

use serde_json::{Value, json};

use crate::support::media_host::{MediaHost, Reply, daemon, mp3, recorded, world};
use crate::support::trace::{Trace, line_with};
use crate::support::vector::body;

/// Everything that can be read of logs and of how the daemon does.
const OPEN: [&str; 7] =
    ["/v1/media", "/v1/call-logs", "/v1/message-logs", "/v1/outbox?all=true", "/readyz", "/healthz", "/metrics"];

/// A token behind every text but those that say what a body is.
fn poison(value: &mut Value) {
    const WORDS: [&str; 6] = ["triggerType", "type", "direction", "action", "actionType", "telephonyStatus"];
    match value {
        Value::String(text) => text.push_str("?access_token=CANARYdeep"),
        Value::Array(items) => items.iter_mut().for_each(poison),
        Value::Object(map) => {
            map.iter_mut().filter(|(key, _)| !WORDS.contains(&key.as_str())).for_each(|(_, item)| poison(item));
            map.insert("x?access_token=CANARYname".into(), json!("x"));
            map.insert("access_token".into(), json!("CANARYown"));
        }
        _ => {}
    }
}

/// Every recorded request of the widget, with tokens everywhere.
#[tokio::test]
async fn whatever_the_widget_sends_no_token_is_stored() {
    let host = MediaHost::plain().await;
    let daemon = daemon(&host.toml(""), world()).await;
    let folder =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/protocol")).expect("the vectors");
    let (mut sent, mut taken) = (0, 0);
    for file in folder {
        let text = std::fs::read_to_string(file.expect("an entry").path()).expect("readable");
        let vector: Value = serde_json::from_str(&text).expect("JSON");
        let many = vector["requests"].as_array().cloned().unwrap_or_default();
        for request in many.into_iter().chain([vector["request"].clone()]) {
            let (Some(path), mut body) = (request["path"].as_str().map(str::to_owned), request["body"].clone()) else {
                continue;
            };
            poison(&mut body);
            let answer = daemon.try_post(&path, &body).await;
            sent += 1;
            taken += usize::from(answer.status == 200);
            assert!(answer.status == 200 || !answer.text.contains("CANARY"), "{path}: {}", answer.text);
        }
    }
    daemon.state.media.idle().await;
    assert!(sent > 40 && taken > 25, "{taken} of {sent} were taken");
    assert!(daemon.get("/v1/call-logs").await.text.contains("318220457011"), "calls are logged");
    let database = daemon.database_bytes();
    assert_eq!(line_with(&database, "CANARY"), None);
    for path in OPEN {
        let answer = daemon.get(path).await;
        assert_eq!((answer.status, line_with(answer.text.as_bytes(), "CANARY")), (200, None), "{path}");
    }
}

/// Files, and every way to fail with a secret in it.
fn behave(host: &MediaHost) {
    host.on("/good", &[Reply::File("audio/mpeg", mp3(9_000))]);
    host.on("/401", &[Reply::Status(401, &[("x-token", "CANARYheader")])]);
    host.on("/500", &[Reply::Status(500, &[])]);
    host.on("/html", &[Reply::File("text/html", b"<html>CANARYpage</html>".to_vec())]);
    host.on("/json", &[Reply::File("application/json", b"{\"token\":\"CANARYjson\"}".to_vec())]);
    host.on("/broken", &[Reply::Broken("audio/mpeg", mp3(700))]);
    host.on("/to", &[Reply::To("https://evil.example/?access_token=CANARYto".into())]);
}

#[tokio::test]
async fn no_token_is_in_the_database_the_store_the_log_or_an_answer() {
    let log = Trace::begin();
    let host = MediaHost::plain().await;
    behave(&host);
    let daemon = daemon(&host.toml(""), world()).await;
    let mut seen = String::new();
    for (n, path) in ["/good", "/401", "/500", "/html", "/json", "/broken", "/to", "/none"].iter().enumerate() {
        let uri = host.url(&format!("{path}?access_token=CANARY{n}%7Cx"));
        let mut post = recorded(&n.to_string(), &uri);
        let recording = &mut post["call"]["recording"];
        recording["uri"] = json!(format!("{uri}?access_token=CANARYuri"));
        recording["link"] =
            json!(format!("https://reader.example/?media={}", uri.replace('?', "%3F").replace('=', "%3D")));
        recording["accessToken"] = json!("CANARYkey");
        post["call"]["legs"] = json!([{"recording": {"id": format!("leg{n}"), "contentUri": uri}}]);
        post["note"] = json!(format!("hear {uri}"));
        post["extra"] = json!({"deep": [uri]});
        daemon.post("/callLogger", &post).await;
        daemon.state.media.idle().await;
        seen += &json!(daemon.calls(&n.to_string()).await).to_string();
        let id = daemon.calls(&n.to_string()).await[0]["media"][0]["id"].as_str().expect("an id").to_owned();
        seen += &String::from_utf8_lossy(
            &daemon
                .client
                .get(daemon.url(&format!("/media/{id}")))
                .header("accept", "text/html")
                .send()
                .await
                .expect("one")
                .bytes()
                .await
                .expect("bytes"),
        );
        seen += &daemon.get(&format!("/v1/media/{id}")).await.text;
    }
    let mut voicemail = body("28");
    let attachment = &mut voicemail["conversation"]["messages"][0]["attachments"][0];
    attachment["id"] = json!("x?access_token=CANARYid");
    attachment["uri"] = json!(host.url("/good?access_token=CANARYvm?access_token=CANARYvm"));
    attachment["link"] = json!(
        "https://reader.example/?media=https%3A%2F%2Fm%2Fx%3Faccess_token%3DCANARYlink%3Faccess_token%3DCANARYlink"
    );
    attachment["fileName"] = json!("a?access_token=CANARYname");
    voicemail["conversation"]["messages"][0]["subject"] = json!("https://m/x?access_token=CANARYsubject");
    daemon.post("/messageLogger", &voicemail).await;
    // What is no post at all.
    seen += &daemon
        .try_post("/callLogger", &json!({"call": {"recording": {"contentUri": "https://m/?access_token=CANARYbad"}}}))
        .await
        .text;
    daemon.state.media.idle().await;
    for path in OPEN {
        seen += &daemon.get(path).await.text;
    }
    let shown = format!("{:?}", daemon.state);
    seen.push_str(&shown);
    let asked = host.seen();
    assert!(asked.iter().any(|one| one.header("authorization") == Some("Bearer CANARY0|x")), "it was used");
    assert!(asked.iter().all(|one| !one.path.contains("CANARY")), "in an address");
    let stored: Vec<u8> = daemon.stored("").iter().flat_map(|path| std::fs::read(path).expect("readable")).collect();
    let database = daemon.database_bytes();
    daemon.stop().await;
    let log = log.bytes();
    assert!(line_with(&log, "a file was not fetched").is_some(), "the log is read");
    assert!(line_with(&database, "/good").is_some(), "the database is read");
    for (place, bytes) in [("log", &log), ("database", &database), ("store", &stored), ("answers", &seen.into_bytes())]
    {
        assert_eq!(line_with(bytes, "CANARY"), None, "in the {place}");
    }
}
