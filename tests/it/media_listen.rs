//! The button beside calls and conversations: opens what is kept, and lets the browser in by it.

use serde_json::{Value, json};

use crate::support::Daemon;
use crate::support::browser::Browser;
use crate::support::media_host::{MediaHost, Reply, daemon, mp3, recorded, world};
use crate::support::vector::body;

async fn press(daemon: &Daemon, kind: &str, resource: &Value) -> Value {
    let press = json!({"button": {"id": "trunkline-listen", "type": kind}, "resource": resource});
    let answer = daemon.post("/button", &press).await;
    answer["commands"][0].clone()
}

fn alert(command: &Value) -> &str {
    command["body"]["message"].as_str().unwrap_or_else(|| panic!("no alert: {command}"))
}

#[tokio::test]
async fn the_button_is_there_where_media_are_kept() {
    let buttons = |service: &Value| {
        let buttons = service["service"]["buttons"].as_array().cloned().unwrap_or_default();
        buttons.iter().filter(|button| button["id"] == "trunkline-listen").count()
    };
    let plain = Daemon::start().await;
    assert_eq!(buttons(&plain.get("/embeddable/service").await.ok()), 0);
    let toml = "[media]\nfetch = true\n[service]\ncreate_contact = false\n";
    let service = daemon(toml, world()).await.get("/embeddable/service").await.ok();
    assert_eq!((buttons(&service), &service["service"]["buttonEventPath"]), (2, &json!("/button")));
}

#[tokio::test]
async fn a_press_opens_the_newest_file_in_a_browser_that_may_then_listen() {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::File("audio/mpeg", mp3(3_000))]);
    host.on("/fax", &[Reply::File("image/tiff", b"II*\0 pages".to_vec())]);
    let daemon = daemon(&host.toml(""), world()).await;
    let call = json!({"sessionId": "1"});
    assert!(alert(&press(&daemon, "callAction", &call).await).contains("not logged yet"));
    daemon.post("/callLogger", &body("19")).await;
    assert!(
        alert(&press(&daemon, "callAction", &json!({"sessionId": "318220457011"})).await)
            .contains("Nothing was recorded")
    );
    let file = daemon.record("1", &host.url("/r?access_token=A")).await;
    let opened = press(&daemon, "callAction", &call).await;
    assert_eq!(
        (&opened["type"], &opened["kind"], &opened["detail"]["id"]),
        (&json!("trunkline-open"), &json!("media"), &file["id"])
    );
    let window = Browser::default().open(opened["url"].as_str().expect("an address")).await;
    assert_eq!((window.answer.status, window.answer.header("content-type")), (200, Some("audio/mpeg")));

    let mut fax = body("29");
    fax["conversation"]["messages"][0]["attachments"][0]["uri"] = json!(host.url("/fax?access_token=A"));
    daemon.post("/messageLogger", &fax).await;
    daemon.state.media.idle().await;
    let opened = press(&daemon, "messageAction", &json!({"conversationId": "1801220004"})).await;
    assert_eq!(opened["kind"], "media", "{opened}");
}

#[tokio::test]
async fn the_token_of_a_press_fetches_what_waited() {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::File("audio/mpeg", mp3(3_000))]);
    let daemon = daemon(&host.toml(""), world()).await;
    daemon.post("/callLogger", &recorded("1", &host.url("/r"))).await;
    assert_eq!(daemon.media_of("1").await["state"], "wanted");
    let uri = host.url("/r?access_token=PRESSED");
    let first = press(&daemon, "callAction", &json!({"sessionId": "1", "recording": {"contentUri": uri}})).await;
    assert!(alert(&first).contains("recording is not here"), "{first}");
    assert_eq!(daemon.media_of("1").await["state"], "stored");
    assert_eq!(host.seen()[0].header("authorization"), Some("Bearer PRESSED"));
    assert_eq!(press(&daemon, "callAction", &json!({"sessionId": "1"})).await["kind"], "media");
}
