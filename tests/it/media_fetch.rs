//! Media are fetched as they are logged, with the operator's token and nobody else's; what cannot be
//! fetched says why, and is tried again with a later post.

use serde_json::{Value, json};

use crate::support::media_host::{MediaHost, Reply, daemon, mp3, recorded, world};
use crate::support::vector::body;
use crate::support::{Daemon, NOW};

const DAY_MS: i64 = 24 * 3_600_000;

fn words(file: &Value) -> &str {
    file["words"].as_str().expect("words")
}

#[tokio::test]
async fn without_the_option_only_links_are_kept() {
    let daemon = Daemon::start().await;
    let service = daemon.get("/embeddable/service").await.ok();
    assert_eq!(service["service"]["recordingWithToken"], false);
    let uri = "https://media.ringcentral.com/r/7/content";
    let file = daemon.record("1", &format!("{uri}?access_token=CANARY")).await;
    assert_eq!((&file["state"], &file["vendorUrl"], &file["url"]), (&json!("link_only"), &json!(uri), &json!(uri)));
    assert!(words(&file).contains("media.fetch"), "{file}");
    assert!(!daemon.folder.path().join("media").exists(), "no folder is made for nothing");
}

#[tokio::test]
async fn a_recording_is_fetched_with_its_token_in_a_header_and_kept() {
    let host = MediaHost::plain().await;
    host.on("/r/7/content", &[Reply::File("audio/mpeg", mp3(300_000))]);
    let daemon = daemon(&host.toml(""), world()).await;
    let service = daemon.get("/embeddable/service").await.ok()["service"].clone();
    assert_eq!((&service["recordingWithToken"], &service["attachmentWithToken"]), (&json!(true), &json!(true)));

    let file = daemon.record("1", &host.url("/r/7/content?access_token=TOKEN7")).await;
    assert_eq!(
        (&file["state"], &file["contentType"], &file["size"]),
        (&json!("stored"), &json!("audio/mpeg"), &json!(300_000))
    );
    assert_eq!(file["url"], format!("{}/media/{}", daemon.base, file["id"].as_str().expect("an id")));
    let seen = host.seen();
    assert_eq!((seen.len(), seen[0].path.as_str()), (1, "/r/7/content"), "the token is not in the address");
    assert_eq!(seen[0].header("authorization"), Some("Bearer TOKEN7"));
    assert_eq!(seen[0].header("accept-encoding"), Some("identity"));
    let answer = daemon.client.get(file["url"].as_str().expect("an address")).send().await.expect("an answer");
    assert_eq!(answer.bytes().await.expect("bytes"), mp3(300_000));

    let listed = daemon.get(&format!("/v1/media?logId={}", file["logId"].as_str().expect("an id"))).await.ok();
    assert_eq!(listed["items"], json!([file]));
    assert_eq!(daemon.get("/v1/media").await.ok()["items"], json!([file]));
    // The same again: nothing to do.
    daemon.record("1", &host.url("/r/7/content?access_token=TOKEN8")).await;
    assert_eq!(host.asked("/r/7/content"), 1);
}

#[tokio::test]
async fn a_recording_that_comes_late_is_added_and_fetched() {
    let host = MediaHost::plain().await;
    host.on("/late", &[Reply::File("audio/wav", b"RIFF\x10\0\0\0WAVEfmt sound".to_vec())]);
    let daemon = daemon(&host.toml(""), world()).await;
    daemon.post("/callLogger", &body("19")).await;
    assert_eq!(daemon.calls("318220457011").await[0]["media"], json!([]));
    let file = daemon.record("318220457011", &host.url("/late?access_token=T")).await;
    assert_eq!(
        (&file["state"], &file["contentType"], &file["type"]),
        (&json!("stored"), &json!("audio/wav"), &json!("recording"))
    );
}

#[tokio::test]
async fn voicemail_fax_and_attachments_are_fetched_with_the_token_of_their_operator() {
    let host = MediaHost::plain().await;
    host.on("/vm", &[Reply::File("audio/mpeg", mp3(5_000))]);
    host.on("/fax", &[Reply::File("application/pdf", b"%PDF-1.7 pages".to_vec())]);
    host.on("/mms", &[Reply::File("image/jpeg", b"\xff\xd8\xff\xe0 picture".to_vec())]);
    let daemon = daemon(&host.toml(""), world()).await;
    let mut mms = body("26");
    let message = &mut mms["conversation"]["messages"][0];
    message["attachments"] =
        json!([{"id": 9, "uri": host.url("/mms"), "type": "MmsAttachment", "fileName": "roof \"1\".jpg"}]);
    daemon.post("/messageLogger", &mms).await;
    daemon.state.media.idle().await;
    let conversation = mms["conversation"]["conversationId"].as_str().expect("an id").to_owned();
    let file = daemon.message_logs(&conversation).await[0]["media"][0].clone();
    assert_eq!((&file["state"], host.connections()), (&json!("wanted"), 0), "no token yet: {file}");
    assert!(words(&file).contains("waits"), "{file}");

    let mut voicemail = body("28");
    // Without a matcher the widget doubles the token (protocol 4.4).
    let uri = host.url("/vm?access_token=VMTOKEN?access_token=VMTOKEN");
    voicemail["conversation"]["messages"][0]["attachments"][0]["uri"] = json!(uri);
    daemon.post("/messageLogger", &voicemail).await;
    let mut fax = body("29");
    fax["conversation"]["messages"][0]["attachments"][0]["uri"] = json!(host.url("/fax?access_token=FAXTOKEN"));
    daemon.post("/messageLogger", &fax).await;
    daemon.state.media.idle().await;
    for (conversation, kind, content_type) in [
        ("1801119004", "voicemail", "audio/mpeg"),
        ("1801220004", "fax", "application/pdf"),
        (&conversation, "attachment", "image/jpeg"),
    ] {
        let file = daemon.message_logs(conversation).await[0]["media"][0].clone();
        assert_eq!(
            (&file["state"], &file["type"], &file["contentType"]),
            (&json!("stored"), &json!(kind), &json!(content_type))
        );
    }
    let seen = host.seen();
    let vm = seen.iter().find(|seen| seen.path == "/vm").expect("asked");
    assert_eq!(vm.header("authorization"), Some("Bearer VMTOKEN"));
    assert_eq!(host.asked("/mms"), 1, "the attachment is opened by a token of the same operator");
}

#[tokio::test]
async fn a_page_in_place_of_a_recording_is_refused_and_not_asked_for_again_at_once() {
    let host = MediaHost::plain().await;
    let page = b"<!DOCTYPE html><html>Sign in</html>".to_vec();
    host.on("/r", &[Reply::File("audio/mpeg", page), Reply::File("audio/mpeg", mp3(900))]);
    host.on("/j", &[Reply::File("application/json", b"{\"errorCode\":\"CMN-102\"}".to_vec())]);
    let daemon = daemon(&host.toml(""), world()).await;
    let file = daemon.record("1", &host.url("/r?access_token=A")).await;
    assert_eq!((&file["state"], &file["url"]), (&json!("failed"), &file["vendorUrl"]));
    assert!(words(&file).contains("page of words"), "{file}");
    assert_eq!(daemon.record("2", &host.url("/j?access_token=A")).await["state"], "failed");
    let file = daemon.record("1", &host.url("/r?access_token=B")).await;
    assert_eq!((&file["state"], host.asked("/r")), (&json!("failed"), 1));
    daemon.clock.advance(DAY_MS + 1);
    let file = daemon.record("1", &host.url("/r?access_token=C")).await;
    assert_eq!((&file["state"], host.asked("/r")), (&json!("stored"), 2));
    assert_eq!((daemon.stored("incoming").len(), daemon.stored("sha256").len()), (0, 1));
}

#[tokio::test]
async fn a_file_above_the_limit_is_refused_whether_it_says_so_or_not() {
    let host = MediaHost::plain().await;
    host.on("/told", &[Reply::File("audio/mpeg", mp3(1_000_001))]);
    host.on("/untold", &[Reply::Endless("audio/mpeg", mp3(64 * 1024))]);
    host.on("/just", &[Reply::File("audio/mpeg", mp3(1_000_000))]);
    let daemon = daemon(&host.toml("max_file_mb = 1"), world()).await;
    for (session, path) in [("1", "/told"), ("2", "/untold")] {
        let file = daemon.record(session, &host.url(&format!("{path}?access_token=A"))).await;
        assert!(file["state"] == "failed" && words(&file).contains("max_file_mb"), "{path}: {file}");
        assert_eq!(host.asked(path), 1, "{path}: another attempt would end the same");
    }
    assert_eq!(daemon.record("3", &host.url("/just?access_token=A")).await["state"], "stored");
    assert_eq!((daemon.stored("incoming").len(), daemon.stored("sha256").len()), (0, 1));
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again_and_half_a_file_is_never_seen() {
    let host = MediaHost::plain().await;
    let half = Reply::Broken("audio/mpeg", mp3(9_000_000));
    host.on("/r", &[half.clone(), Reply::Status(500, &[]), Reply::File("audio/mpeg", mp3(40_000))]);
    host.on("/never", &[half]);
    let daemon = daemon(&host.toml(""), world()).await;
    let file = daemon.record("1", &host.url("/r?access_token=A")).await;
    assert_eq!((&file["state"], &file["size"], host.asked("/r")), (&json!("stored"), &json!(40_000), 3));
    let file = daemon.record("2", &host.url("/never?access_token=A")).await;
    assert!(file["state"] == "failed" && words(&file).contains("broke"), "{file}");
    assert_eq!(host.asked("/never"), 5);
    assert_eq!((daemon.stored("incoming").len(), daemon.stored("sha256").len()), (0, 1));
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_time_for_a_file() {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::Stalled("audio/mpeg", mp3(3_000))]);
    let world = trunkline::media::World { whole: Some(std::time::Duration::from_millis(60)), ..world() };
    let daemon = daemon(&host.toml(""), world).await;
    let file = daemon.record("1", &host.url("/r?access_token=A")).await;
    assert!(file["state"] == "failed" && words(&file).contains("timeout_seconds"), "{file}");
    assert_eq!((daemon.stored("").len(), host.asked("/r")), (0, 5));
}

#[tokio::test]
async fn a_dead_token_ends_the_attempts_until_a_living_one_comes() {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::Status(401, &[]), Reply::File("audio/mpeg", mp3(700))]);
    host.on("/other", &[Reply::File("audio/mpeg", mp3(800))]);
    let daemon = daemon(&host.toml(""), world()).await;
    let file = daemon.record("1", &host.url("/r?access_token=DEAD")).await;
    assert!(file["state"] == "failed" && words(&file).contains("token") && words(&file).contains("401"), "{file}");
    assert_eq!(host.asked("/r"), 1);
    // Any later post of the operator that brings a living token will do.
    daemon.record("2", &host.url("/other?access_token=LIVING")).await;
    let file = daemon.media_of("1").await;
    assert_eq!((&file["state"], host.asked("/r")), (&json!("stored"), 2));
    assert_eq!(
        host.seen().iter().rfind(|seen| seen.path == "/r").expect("asked").header("authorization"),
        Some("Bearer LIVING")
    );
}

#[tokio::test]
async fn the_vendor_is_spared_when_it_asks() {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::Status(429, &[("retry-after", "0")]), Reply::File("audio/mpeg", mp3(700))]);
    let daemon = daemon(&host.toml(""), world()).await;
    let file = daemon.record("1", &host.url("/r?access_token=A")).await;
    assert_eq!((&file["state"], host.asked("/r")), (&json!("stored"), 2));
}

#[tokio::test]
async fn a_file_that_was_under_way_at_the_end_waits_for_the_next_token() {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::Stalled("audio/mpeg", mp3(3_000)), Reply::File("audio/mpeg", mp3(900))]);
    host.on("/other", &[Reply::File("audio/mpeg", mp3(800))]);
    let mut daemon = daemon(&host.toml(""), world()).await;
    daemon.post("/callLogger", &recorded("1", &host.url("/r?access_token=A"))).await;
    while host.asked("/r") == 0 {
        tokio::task::yield_now().await;
    }
    daemon = daemon.restart().await;
    let file = daemon.media_of("1").await;
    assert!(file["state"] == "wanted" && words(&file).contains("waits"), "{file}");
    assert_eq!(daemon.stored("").len(), 0, "nothing half");
    daemon.record("2", &host.url("/other?access_token=B")).await;
    assert_eq!(daemon.media_of("1").await["state"], "stored");
}

#[tokio::test]
async fn many_files_come_few_at_a_time_and_all_of_them() {
    let host = MediaHost::plain().await;
    let daemon = daemon(&host.toml("concurrency = 2"), world()).await;
    for n in 0..40_u16 {
        let mut bytes = mp3(2_000);
        bytes.extend(n.to_be_bytes());
        host.on(&format!("/r{n}"), &[Reply::File("audio/mpeg", bytes)]);
        daemon.post("/callLogger", &recorded(&n.to_string(), &host.url(&format!("/r{n}?access_token=A")))).await;
    }
    daemon.state.media.idle().await;
    let items = daemon.get("/v1/media?limit=100").await.ok()["items"].clone();
    let stored = items.as_array().expect("items").iter().filter(|file| file["state"] == "stored").count();
    assert_eq!((stored, host.seen().len(), daemon.stored("sha256").len()), (40, 40, 40));
}

#[tokio::test]
async fn what_may_not_be_fetched_is_a_link_with_words() {
    let host = MediaHost::plain().await;
    let daemon = daemon(&format!("{}[media.retention]\nrecording_days = 30", host.toml("")), world()).await;
    for (session, uri, part) in [
        ("1", "https://elsewhere.example/r?access_token=A", "elsewhere.example is not one of media.hosts"),
        ("2", "nonsense", "no web address"),
    ] {
        let file = daemon.record(session, uri).await;
        assert!(file["state"] == "link_only" && words(&file).contains(part), "{file}");
    }
    let mut old = recorded("3", &host.url("/r?access_token=A"));
    old["call"]["startTime"] = json!(NOW - 31 * DAY_MS);
    daemon.post("/callLogger", &old).await;
    let file = daemon.media_of("3").await;
    assert!(file["state"] == "link_only" && words(&file).contains("recording_days = 30"), "{file}");
    assert_eq!(host.connections(), 0);
}
