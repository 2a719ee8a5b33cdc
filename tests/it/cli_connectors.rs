//! `trunkline sync`, `doctor` and `connector forget`, the binary: with a real server, and with one that
//! is gone or refuses.

use std::path::Path;

use crate::conformance::{Person, World};
use crate::support::binary::{Process, refused, run, words};
use crate::support::dav::DavWorld;

fn configure(folder: &Path, url: &str, password: &str, listen: &str) {
    let text = format!(
        "{listen}[numbers]\ndefault_region = 'US'\n[connectors.books]\nkind = 'carddav'\nurl = '{url}'\n\
         username = 'alice'\npassword = '{password}'\n"
    );
    std::fs::write(folder.join("trunkline.toml"), text).expect("written");
}

fn good(folder: &Path, arguments: &[&str]) -> String {
    let mut all = vec!["--config", "trunkline.toml"];
    all.extend(arguments);
    let output = run(folder, &all);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", words(&output));
    words(&output)
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_book_from_its_first_dry_run_until_it_is_forgotten() {
    let mut world = DavWorld::radicale().await;
    world
        .add(&[Person::new("Ada", "Lovelace", "+16505550100"), Person::new("Emmy", "Noether", "ext. 12 of reception")])
        .await;
    let config = world.config();
    let (url, password) = (config.url.as_str(), config.password.expose());
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();

    configure(folder, url, password, "");
    says(&good(folder, &["sync", "--dry-run"]), &["Ada Lovelace", "+16505550100", "2"]);
    says(&good(folder, &["doctor"]), &["never synced"]);
    says(&good(folder, &["sync", "books"]), &["2"]);
    says(
        &good(folder, &["doctor"]),
        &["reached, signed in as", "the clocks agree", "last synced", "1 numbers of 2 contacts are not full numbers"],
    );
    refused(&run(folder, &["--config", "trunkline.toml", "connector", "forget", "books"]), "still configured");
    refused(&run(folder, &["--config", "trunkline.toml", "sync", "other"]), "other");
    says(&good(folder, &["outbox", "list"]), &["every log has reached its CRM"]);
    refused(&run(folder, &["--config", "trunkline.toml", "outbox", "retry", "none"]), "no outbox entry none");
    refused(&run(folder, &["--config", "trunkline.toml", "outbox", "list", "--state", "lost"]), "no state");

    configure(folder, url, "wrong", "");
    let output = run(folder, &["--config", "trunkline.toml", "sync"]);
    refused(&output, "password");
    let output = run(folder, &["--config", "trunkline.toml", "doctor"]);
    refused(&output, "wrong");
    says(&words(&output), &["FAIL", "fix:"]);
    assert!(!words(&output).contains("\"wrong\""), "{}", words(&output));

    drop(world);
    configure(folder, url, password, "");
    refused(&run(folder, &["--config", "trunkline.toml", "sync"]), "127.0.0.1");
    let output = run(folder, &["--config", "trunkline.toml", "doctor"]);
    says(&words(&output), &["FAIL", "last synced"]);

    std::fs::write(folder.join("trunkline.toml"), "").expect("written");
    says(&good(folder, &["connector", "forget", "books"]), &["2 contacts"]);
    refused(&run(folder, &["--config", "trunkline.toml", "connector", "forget", "books"]), "nothing of a connector");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_daemon_is_asked_to_sync() {
    let mut world = DavWorld::radicale().await;
    world.add(&[Person::new("Ada", "Lovelace", "+16505550100")]).await;
    let config = world.config();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    configure(folder, &config.url, config.password.expose(), "[operators]\nauth = 'none'\n");
    let process = Process::serve_with(folder, "trunkline.toml");
    let listen = process.base.trim_start_matches("http://");
    configure(folder, &config.url, config.password.expose(), "[operators]\nauth = 'none'\n");
    let mut command = crate::support::binary::command(folder, &["--config", "trunkline.toml", "sync", "--full"]);
    let output = command.env("TRUNKLINE__SERVER__LISTEN", listen).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    says(&words(&output), &["books", "1"]);
    drop(process);
}
