//! Bytes are kept once, as long as the configuration says, closed to others, and no longer.

use std::time::Duration;

use serde_json::json;
use trunkline::auth::mint;

use crate::settings_authorize::SECRET;
use crate::support::media_host::{MediaHost, Reply, daemon, mp3, recorded, world};
use crate::support::vector::body;

const DAY_MS: i64 = 24 * 3_600_000;

#[tokio::test]
async fn the_same_bytes_are_kept_once_and_go_with_the_last_row() {
    let host = MediaHost::plain().await;
    for path in ["/a", "/b"] {
        host.on(path, &[Reply::File("audio/mpeg", mp3(7_000))]);
    }
    let jwt = format!(
        "[operators]\nauth = 'jwt'\nkeys = [{{ kid = 'main', secret = '{SECRET}' }}]\n[api]\nkeys = ['{SECRET}']\n"
    );
    let mut daemon = daemon(&format!("{jwt}{}", host.toml("")), world()).await;
    for (operator, path) in [("ann", "/a"), ("bob", "/b")] {
        let operators = &daemon.state.config.operators;
        daemon.bearer = Some(mint(operators, operator, None, None, 60, daemon.clock_ms()).expect("a token"));
        daemon.post("/callLogger", &recorded("1", &host.url(&format!("{path}?access_token=T")))).await;
    }
    daemon.state.media.idle().await;
    daemon.bearer = Some(SECRET.into());
    let files = daemon.get("/v1/media").await.ok()["items"].clone();
    assert_eq!(
        (&files[0]["state"], &files[1]["state"], &files[0]["sha256"]),
        (&json!("stored"), &json!("stored"), &files[1]["sha256"])
    );
    assert_eq!((daemon.stored("sha256").len(), daemon.stored("incoming").len()), (1, 0));
    for (n, left) in [(0, 1), (1, 0)] {
        let id = files[n]["id"].as_str().expect("an id");
        assert_eq!(daemon.send("DELETE", &format!("/v1/media/{id}"), &json!(null)).await.status, 204);
        assert_eq!(daemon.stored("sha256").len(), left);
    }
}

#[tokio::test]
async fn files_go_by_kind_and_age_and_say_so() {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::File("audio/mpeg", mp3(1_000))]);
    host.on("/fax", &[Reply::File("application/pdf", b"%PDF-1.7".to_vec())]);
    let toml = format!("{}[media.retention]\nrecording_days = 30\nfax_days = 31", host.toml(""));
    let daemon = daemon(&toml, world()).await;
    let file = daemon.record("318220457011", &host.url("/r?access_token=A")).await;
    let mut fax = body("29");
    fax["conversation"]["messages"][0]["attachments"][0]["uri"] = json!(host.url("/fax?access_token=A"));
    daemon.post("/messageLogger", &fax).await;
    daemon.state.media.idle().await;
    daemon.clock.advance(30 * DAY_MS - 60_000);
    assert_eq!(daemon.state.media.sweep().await.expect("swept").deleted, 0);
    daemon.clock.advance(60 * 60_000);
    let swept = daemon.state.media.sweep().await.expect("swept");
    assert_eq!((swept.deleted, &json!(swept.log_ids)), (1, &json!([file["logId"]])), "the log's followers are told");
    let gone = daemon.media_of("318220457011").await;
    assert_eq!((&gone["state"], &gone["sha256"], &gone["url"]), (&json!("gone"), &json!(null), &gone["vendorUrl"]));
    assert!(gone["words"].as_str().expect("words").contains("recording_days = 30"), "{gone}");
    let path = format!("/media/{}", gone["id"].as_str().expect("an id"));
    daemon.get(&path).await.problem(410, "media_gone");
    assert_eq!(daemon.stored("sha256").len(), 1, "the fax stays");
    // A clock that goes back brings nothing back, and deletes nothing.
    daemon.clock.advance(-60 * DAY_MS);
    assert_eq!(daemon.state.media.sweep().await.expect("swept").deleted, 0);
    daemon.clock.advance(92 * DAY_MS);
    assert_eq!(daemon.state.media.sweep().await.expect("swept").deleted, 1);
    assert_eq!(daemon.stored("").len(), 0);
}

#[tokio::test]
async fn what_no_row_stands_for_goes_after_a_while() {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::File("audio/mpeg", mp3(1_000))]);
    let daemon = daemon(&host.toml(""), world()).await;
    daemon.record("1", &host.url("/r?access_token=A")).await;
    let media = daemon.folder.path().join("media");
    let unknown = media.join("sha256/ab").join("ab".repeat(32));
    let (half, foreign) = (media.join("incoming/0123"), media.join("sha256/README"));
    std::fs::create_dir_all(unknown.parent().expect("a folder")).expect("made");
    std::fs::create_dir_all(half.parent().expect("a folder")).expect("made");
    for path in [&unknown, &half, &foreign] {
        std::fs::write(path, "x").expect("written");
    }
    // The files' times are the machine's, so the clock is set by them.
    let written = std::fs::metadata(&unknown).and_then(|file| file.modified()).expect("a time");
    let written = written.duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let at = |days: u64| i64::try_from((written + Duration::from_secs(days * 86_400 + 60)).as_millis()).expect("fits");
    daemon.clock.set(at(0));
    assert_eq!(daemon.state.media.sweep().await.expect("swept").deleted, 0);
    daemon.clock.set(at(1));
    assert_eq!(daemon.state.media.sweep().await.expect("swept").deleted, 1);
    assert!(!half.exists() && unknown.exists());
    daemon.clock.set(at(7));
    assert_eq!(daemon.state.media.sweep().await.expect("swept").deleted, 1);
    assert!(!unknown.exists() && foreign.exists() && daemon.stored("sha256").len() == 2);
}

#[cfg(unix)]
#[tokio::test]
async fn the_folder_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let host = MediaHost::plain().await;
    let daemon = daemon(&host.toml(""), world()).await;
    let mode = std::fs::metadata(daemon.folder.path().join("media")).expect("made").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn with_fetching_switched_off_stored_files_stay_and_awaited_ones_are_links() {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::File("audio/mpeg", mp3(1_000))]);
    let mut daemon = daemon(&host.toml(""), world()).await;
    let stored = daemon.record("1", &host.url("/r?access_token=A")).await;
    daemon.clock.advance(56 * 60_000);
    let waiting = daemon.record("2", &host.url("/r")).await;
    assert_eq!((&stored["state"], &waiting["state"]), (&json!("stored"), &json!("wanted")));
    daemon = daemon.restart_with("").await;
    daemon.state.media.sweep().await.expect("swept");
    assert_eq!(daemon.media_of("2").await["state"], "link_only");
    let id = stored["id"].as_str().expect("an id");
    assert_eq!(daemon.get(&format!("/v1/media/{id}")).await.ok()["state"], "stored");
    let answer = daemon.client.get(daemon.url(&format!("/media/{id}"))).send().await.expect("an answer");
    assert_eq!(answer.bytes().await.expect("bytes"), mp3(1_000));
}

#[tokio::test]
async fn the_crm_gets_the_vendors_address_where_it_is_to() {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::File("audio/mpeg", mp3(1_000))]);
    let daemon = daemon(&host.toml("link = 'vendor'"), world()).await;
    let file = daemon.record("1", &host.url("/r?access_token=A")).await;
    assert_eq!((&file["state"], &file["url"]), (&json!("stored"), &json!(host.url("/r"))));
}
