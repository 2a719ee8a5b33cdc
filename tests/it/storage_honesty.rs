//! What the daemon says of a database it cannot write, and what it leaves untouched.

use std::process::Command;

use serde_json::json;

use crate::storage_faults::{big, made, sql};
use crate::support::Daemon;
use crate::support::binary::{refused, run};

#[tokio::test]
async fn readiness_is_red_while_the_database_is_full() {
    let daemon = Daemon::with("[storage]\nmax_size_mb = 16\n").await;
    for n in 0..1_000 {
        if daemon.send("POST", "/v1/contacts/batch", &json!({"contacts": [big(n)]})).await.status == 507 {
            break;
        }
    }
    daemon.get("/readyz").await.problem(503, "database_full");
}

#[test]
fn a_foreign_database_is_not_switched_to_another_journal() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("trunkline.db");
    sql(&file, "create table customers (id integer)");
    let before = std::fs::read(&file).expect("readable");
    refused(&run(folder.path(), &["serve"]), "another program");
    assert!(before == std::fs::read(&file).expect("readable"), "the file was changed");
}

#[tokio::test]
async fn a_read_only_file_is_refused_in_words() {
    let folder = made().await;
    let file = folder.path().join("trunkline.db");
    let immutable = Command::new("chattr").args(["+i"]).arg(&file).status().is_ok_and(|status| status.success());
    if !immutable {
        let mut rights = std::fs::metadata(&file).expect("the file").permissions();
        rights.set_readonly(true);
        std::fs::set_permissions(&file, rights).expect("set");
        if std::fs::OpenOptions::new().write(true).open(&file).is_ok() {
            eprintln!("skipped: this user writes to read-only files");
            return;
        }
    }
    let output = run(folder.path(), &["serve"]);
    drop(Command::new("chattr").args(["-i"]).arg(&file).status());
    refused(&output, "writ");
}
