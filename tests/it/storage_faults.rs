//! Databases that are full, foreign, newer, damaged or cannot be written: words, never a panic,
//! never half a write.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::Daemon;
use crate::support::binary::{refused, run};
use crate::support::daemon::person;
use crate::support::vector::body;

/// SQL on a file from outside, by another program.
pub fn sql(file: &Path, text: &str) -> String {
    let output = Command::new("sqlite3").arg(file).arg(text).output();
    let output = output.expect("sqlite3 is installed (apt-get install sqlite3)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub async fn made() -> std::sync::Arc<tempfile::TempDir> {
    let daemon = Daemon::start().await;
    daemon.contacts(&[person("a", "A", "+16505550123")]).await;
    daemon.stop().await
}

pub fn big(id: usize) -> Value {
    json!({"id": format!("b{id}"), "name": format!("Big {id}"), "filler": "x".repeat(50_000)})
}

#[tokio::test]
async fn a_full_database_refuses_whole_writes_and_recovers_without_a_restart() {
    let daemon = Daemon::with("[storage]\nmax_size_mb = 16\n").await;
    daemon.post("/callLogger", &body("16")).await;
    let mut written = 0;
    let problem = loop {
        let answer =
            daemon.send("POST", "/v1/contacts/batch", &json!({"contacts": [big(written), big(written + 1)]})).await;
        if answer.status != 200 {
            break answer.problem(507, "database_full");
        }
        written += 2;
        assert!(written < 1_000, "the cap of 16 MiB is not kept");
    };
    assert!(problem["fix"].as_str().is_some_and(|fix| fix.contains("max_size_mb")), "{problem}");
    // Nothing half-written: neither contact of the refused batch is there, in no table.
    for id in [written, written + 1] {
        daemon.get(&format!("/v1/contacts/b{id}")).await.problem(404, "not_found");
        let found = daemon.data("/contacts/search", &json!({"searchString": format!("big {id}")})).await;
        assert!(found.as_array().expect("list").iter().all(|c| c["id"] != format!("b{id}")), "{id} is in the index");
    }
    assert_eq!(usize::try_from(daemon.state.storage.count_contacts().await.expect("a count")).unwrap(), written);
    assert_eq!(daemon.get("/healthz").await.status, 200);
    // What needs no room is still answered.
    assert_eq!(daemon.calls("318220457011").await.len(), 1);
    daemon.post("/contacts", &json!({})).await;
    // Room is made by deleting; the deletion itself must get through.
    let gone: Vec<String> = (0..written / 2).map(|n| format!("b{n}")).collect();
    let freed = daemon.send("POST", "/v1/contacts/batch", &json!({"deleted": gone})).await;
    assert_eq!(freed.status, 200, "{}", freed.text);
    assert_eq!(daemon.get("/readyz").await.status, 200, "green again without a restart");
    daemon.contacts(&[big(5_000)]).await;
    daemon.post("/callLogger", &body("19")).await;
    assert_eq!(daemon.calls("318220457011").await[0]["phase"], "history");
}

#[tokio::test]
async fn a_log_that_finds_no_room_is_refused_whole() {
    let daemon = Daemon::with("[storage]\nmax_size_mb = 16\n").await;
    let mut n = 0;
    loop {
        let mut call = body("20");
        call["call"]["sessionId"] = json!(format!("x{n}"));
        call["transcript"] = json!("t".repeat(200_000));
        let answer = daemon.try_post("/callLogger", &call).await;
        if answer.status != 200 {
            answer.problem(507, "database_full");
            break;
        }
        n += 1;
        assert!(n < 500, "the cap is not kept");
    }
    assert_eq!(daemon.calls(&format!("x{n}")).await, [] as [Value; 0]);
    let matched = daemon.data("/callLogger/match", &json!({"sessionIds": [format!("x{n}")]})).await;
    assert_eq!(matched[format!("x{n}")], json!([]), "what was refused is not called logged");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let folder = made().await;
    let file = folder.path().join("trunkline.db");
    sql(
        &file,
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'x', 1, x'00', 1)",
    );
    let before = std::fs::read(&file).expect("readable");
    std::fs::write(folder.path().join("some.csv"), "name,phone\nAnn,+16505550123\n").expect("written");
    for arguments in [&["serve"][..], &["import", "some.csv"]] {
        refused(&run(folder.path(), arguments), "newer");
    }
    assert_eq!(before, std::fs::read(&file).expect("readable"), "the file was changed");
}

#[test]
fn a_foreign_database_is_refused_and_left_as_it_is() {
    for text in [
        "create table customers (id integer); insert into customers values (1)",
        "pragma application_id = 42; create table x (y)",
        "pragma application_id = 42",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("trunkline.db");
        sql(&file, text);
        let before = sql(&file, ".dump");
        refused(&run(folder.path(), &["serve"]), "another program");
        assert_eq!(sql(&file, ".dump"), before, "{text}");
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    for bytes in
        [b"garbage, and more of it: ".repeat(500), b"SQLite format 3\0 but not really".repeat(200), vec![0; 5_000]]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("trunkline.db");
        std::fs::write(&file, &bytes).expect("written");
        let output = run(folder.path(), &["serve"]);
        refused(&output, "fix:");
        assert_eq!(std::fs::read(&file).expect("readable"), bytes);
    }
}

#[test]
fn a_folder_in_place_of_the_file_and_a_missing_folder_are_refused_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("trunkline.db")).expect("made");
    refused(&run(folder.path(), &["serve"]), "storage.url");
    let mut command = crate::support::binary::command(folder.path(), &["serve"]);
    let output = command.env("TRUNKLINE__STORAGE__URL", "sqlite:no/such/folder/t.db").output().expect("runs");
    refused(&output, "folder");
}

#[tokio::test]
async fn a_damaged_page_is_told_and_is_no_panic() {
    let folder = made().await;
    let file = folder.path().join("trunkline.db");
    let mut bytes = std::fs::read(&file).expect("readable");
    let length = bytes.len();
    bytes[4_096..length].fill(0xA5);
    std::fs::write(&file, bytes).expect("written");
    refused(&run(folder.path(), &["serve"]), "damaged");
}

#[tokio::test]
async fn the_planner_keeps_no_samples() {
    let folder = made().await;
    let file = folder.path().join("trunkline.db");
    assert_eq!(sql(&file, "select count(*) from sqlite_schema where name = 'sqlite_stat4'"), "0");
    assert_eq!(sql(&file, "pragma application_id"), "1414680139", "the file says whose it is");
    assert_eq!(sql(&file, "pragma integrity_check"), "ok");
}

#[tokio::test]
async fn a_second_daemon_on_the_same_file_does_not_lose_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, two) =
        (crate::support::binary::Process::serve(folder.path()), crate::support::binary::Process::serve(folder.path()));
    let client = crate::support::daemon::client();
    for n in 0..40 {
        let base = if n % 2 == 0 { &one.base } else { &two.base };
        let url = format!("{base}/v1/contacts/c{n}");
        let answer = client.put(url).json(&json!({"name": format!("N{n}")})).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{n}");
    }
    for base in [&one.base, &two.base] {
        let url = format!("{base}/embeddable/contacts");
        let answer: Value = client.post(url).json(&json!({})).send().await.expect("sent").json().await.expect("JSON");
        assert_eq!(answer["response"]["data"].as_array().map(Vec::len), Some(40));
    }
}

#[tokio::test]
#[cfg(unix)]
async fn the_database_is_readable_by_its_owner_only_and_missed_when_it_is_gone() {
    use std::os::unix::fs::PermissionsExt;
    let daemon = Daemon::start().await;
    let file = daemon.folder.path().join("trunkline.db");
    let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    std::fs::rename(&file, daemon.folder.path().join("moved.db")).expect("moved");
    daemon.get("/readyz").await.problem(503, "database_moved");
}
