//! `trunkline engage`, as a process.

use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::json;
use wiremock::ResponseTemplate;

use crate::support::Daemon;
use crate::support::binary::{command, refused, run, words};
use crate::support::digital::{Digital, TOKEN};
use crate::support::engage::{KEYS, SECRET, toml};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = KEYS.replace("tests/", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/"));
    std::fs::write(folder.path().join("t.toml"), toml(&keys, "")).expect("written");
    folder
}

fn engage(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, &[&["--config", "t.toml", "engage"], arguments].concat())
}

fn piped(folder: &Path, arguments: &[&str], text: &str) -> Output {
    let mut command = command(folder, &[&["--config", "t.toml", "engage"], arguments].concat());
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("written");
    child.wait_with_output().expect("it ends")
}

/// The vendor's golden token, which expires in 2100.
const GOLDEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6InNpdGVfbWFpbiJ9.eyJleHAiOjQxMDI0NDQ4MDAsInV1aWQiOiI1NDU3OWZlZDZkNjE3ODY4YjMwMTAwMDAiLCJzY3JlZW5uYW1lIjoiSm9obiBEb2UiLCJleHRyYV92YWx1ZXMiOnsiY3VzdG9tZXJfaWQiOiJBMTIzNDU2In19.dVsVgmkHBVIiQVTjI3bv3byzxJ5AoIBurQFbDdfzU8M";

#[test]
fn a_token_is_judged_from_the_line_and_from_standard_input() {
    let folder = folder();
    for output in [
        engage(folder.path(), &["check", GOLDEN, "--site", "shop"]),
        piped(folder.path(), &["check", "-", "--site", "shop"], &format!("{GOLDEN}\r\n")),
    ] {
        let words = words(&output);
        assert!(output.status.success(), "{words}");
        assert!(
            words.contains("warning: weak_secret") && words.contains("require (this site's mode): the chat opens"),
            "{words}"
        );
    }
    assert!(!folder.path().join("trunkline.db").exists(), "looking makes no database");
    let hex = format!("{}.JcaP7inEV_pb5SHyRwWO41IrVaFjNzV7HHYU0L_Fy8E", GOLDEN.rsplit_once('.').unwrap().0);
    let output = engage(folder.path(), &["check", &hex, "--site", "shop"]);
    refused(&output, "for the reason above");
    let words = words(&output);
    assert!(words.contains("refused: signature_ok_with_other_encoding"), "{words}");
    assert!(!words.contains("JcaP7inEV") && !words.contains(SECRET), "{words}");
    refused(&engage(folder.path(), &["check", "x", "--site", "nowhere"]), "name one of other, shop");
    refused(&engage(folder.path(), &["check", "x"]), "--site other|shop");
}

#[test]
fn snippets_and_the_checklist_are_printed() {
    let folder = folder();
    let output = engage(folder.path(), &["snippet", "minimal", "--site", "shop"]);
    let code = String::from_utf8(output.stdout).expect("text");
    assert!(code.contains("https://acme.dimelochat.com/chat/5f1e0c2b9a8d7c6b5a493827/loader.js"), "{code}");
    let values = "{\"identity\": {\"screenname\": \"</script>\"}}";
    let output = piped(folder.path(), &["snippet", "unsigned", "--site", "shop", "--values", "-"], values);
    let code = String::from_utf8(output.stdout).expect("text");
    assert_eq!(code.matches("</script>").count(), 1, "{code}");
    refused(&engage(folder.path(), &["snippet", "moving", "--site", "shop"]), "ask for minimal");
    let canary =
        piped(folder.path(), &["snippet", "signed", "--site", "shop", "--values", "-"], "{\"token\": {\"CANARY\": 1}}");
    refused(&canary, "not usable");
    assert!(!words(&canary).contains("CANARY"));
    let output = engage(folder.path(), &["checklist", "--site", "shop"]);
    assert!(words(&output).contains("add the Key ID site_main with the secret for HMAC"), "{}", words(&output));
}

#[test]
fn keys_are_rotated_and_the_states_stay() {
    let folder = folder();
    let list = |output: &Output| {
        let text = words(output);
        assert!(output.status.success(), "{text}");
        let states = text.lines().filter(|line| line.starts_with("site_"));
        states.map(|line| line.split_whitespace().nth(2).expect("a state").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(&engage(folder.path(), &["keys", "list", "--site", "shop"])), ["active", "pending"]);
    refused(&engage(folder.path(), &["keys", "retire", "site_main", "--site", "shop"]), "activate another one first");
    refused(&engage(folder.path(), &["keys", "activate", "nobodys", "--site", "shop"]), "there is no key nobodys");
    let output = engage(folder.path(), &["keys", "activate", "site_next", "--site", "shop"]);
    assert_eq!(list(&output), ["retiring", "active"]);
    assert!(words(&output).contains("-----BEGIN PUBLIC KEY-----"));
    assert_eq!(list(&engage(folder.path(), &["keys", "retire", "site_main", "--site", "shop"])), ["retired", "active"]);
    assert_eq!(list(&engage(folder.path(), &["keys", "list", "--site", "shop"])), ["retired", "active"]);
    assert_eq!(list(&engage(folder.path(), &["keys", "list", "--site", "other"])), ["active", "pending"]);
    refused(&engage(folder.path(), &["keys", "activate", "site_main", "--site", "shop"]), "was retired");
    let printed = run(folder.path(), &["--config", "t.toml", "config", "print"]);
    let printed = words(&printed);
    assert!(!printed.contains(SECRET) && printed.contains("[redacted]"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_looks_at_sites_communities_and_workspaces() {
    let digital = Digital::start().await;
    let folder = folder();
    let path = folder.path().join("t.toml");
    let text = std::fs::read_to_string(&path).expect("readable");
    let desk = "[roxchat.workspaces.desk]\norigin = 'https://company.rox.chat'\n";
    std::fs::write(&path, format!("{text}{}{desk}", digital.toml("['shop']"))).expect("written");
    let doctor = || run(folder.path(), &["--config", "t.toml", "doctor"]);
    let told = words(&doctor());
    assert!(told.contains("ok    key site_main is active"), "{told}");
    assert!(told.contains("paste it into the community"), "{told}");
    assert!(told.contains("ok    its API lists conversations"), "{told}");
    assert!(told.contains("ok    frames of https://company.rox.chat are heard"), "{told}");
    digital.fail([ResponseTemplate::new(401)]);
    let output = doctor();
    refused(&output, "1 thing is wrong");
    let told = words(&output);
    assert!(told.contains("FAIL  the API refuses the token (401)") && !told.contains(TOKEN), "{told}");
}

#[tokio::test]
async fn doctor_tells_which_threads_could_not_be_read_and_why() {
    let digital = Digital::start().await;
    digital.fail((0..9).map(|_| ResponseTemplate::new(401)));
    let site = "[engage.sites.shop]\ndomain = 'acme'\nsource_token = 'a1'\n";
    let daemon = Daemon::with(&format!("{site}{}", digital.toml("['shop']"))).await;
    let toml = format!("{site}{}", digital.toml("['shop']"));
    let sync = json!({"threadId": "t1"});
    daemon.send("POST", "/v1/engage/communities/support/sync", &sync).await.ok();
    let folder = daemon.stop().await;
    let database = std::fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.extension().is_some_and(|extension| extension == "db"))
        .expect("a database");
    std::fs::write(folder.path().join("t.toml"), format!("[storage]\nurl = 'sqlite:{}'\n{toml}", database.display()))
        .expect("written");
    let told = words(&run(folder.path(), &["--config", "t.toml", "doctor"]));
    assert!(told.contains("community support of Engage Digital"), "{told}");
    assert!(told.contains("1 threads are to be read: the API refuses the token (401): correct api_token"), "{told}");
}
