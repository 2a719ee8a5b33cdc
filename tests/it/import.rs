//! `trunkline import`, the binary: files in, counts out, rejects beside the file.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::binary::{Process, command, refused, run, words};
use crate::support::daemon::{client, ids};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), bytes).expect("written");
}

/// Runs an import that must succeed; what it printed.
fn import(folder: &Path, arguments: &[&str]) -> String {
    let mut all = vec!["import", "--region", "US"];
    all.extend(arguments);
    let output = run(folder, &all);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn ask(process: &Process, path: &str, body: Value) -> Value {
    let url = format!("{}{path}", process.base);
    let answer = client().post(url).json(&body).send().await.expect("an answer");
    answer.json::<Value>().await.expect("JSON")["response"].clone()
}

async fn listed(folder: &Path) -> Vec<Value> {
    let process = Process::serve(folder);
    ask(&process, "/embeddable/contacts", json!({})).await["data"].as_array().expect("a list").clone()
}

const CSV: &str = "Name,Given Name,Family Name,Organization Name,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value\n\
    Ann Harbor,Ann,Harbor,Harbor Tools,ann@harbor.example,Mobile,(650) 555-0123\n\
    Zoë Müller,Zoë,Müller,,zoe@bau.example,Work,+49 30 12345678\n\
    \"Quay, Bob\",Bob,Quay,\"Say \"\"hi\"\"\",,,\n\
    ,,,,,,\n";

const VCARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Carla Pier\r\nitem1.TEL;TYPE=CELL:+1 650 555 0144\r\n\
    EMAIL:carla@pier.exam\r\n ple\r\nPHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQ\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Dan Dock\r\nTEL;VALUE=uri;TYPE=\"voice,work\":tel:+1-650-555-0155;ext=7\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=96st;Eva\r\nTEL;HOME:6505550166\r\nEND:VCARD\r\n";

#[tokio::test]
async fn csv_and_vcard_come_in_and_a_second_run_changes_nothing() {
    let folder = folder();
    write(folder.path(), "people.csv", CSV);
    write(folder.path(), "cards.vcf", VCARD);
    let first = import(folder.path(), &["people.csv", "cards.vcf"]);
    assert!(first.contains("Google Contacts") && first.contains("3 new or changed"), "{first}");
    assert!(first.contains("vCard"), "{first}");
    let before = listed(folder.path()).await;
    assert_eq!(before.len(), 6, "{before:?}");
    let second = import(folder.path(), &["people.csv", "cards.vcf"]);
    assert_eq!(second.matches("0 new or changed, 3 unchanged").count(), 2, "{second}");
    assert_eq!(listed(folder.path()).await, before, "nothing moved");

    let process = Process::serve(folder.path());
    let asked =
        json!({"phoneNumbers": ["+16505550123", "+493012345678", "+16505550144", "+16505550155*7", "+16505550166"]});
    let data = ask(&process, "/embeddable/contacts/match", asked).await["data"].clone();
    for (number, name) in [
        ("+16505550123", "Ann Harbor"),
        ("+493012345678", "Zoë Müller"),
        ("+16505550144", "Carla Pier"),
        ("+16505550155*7", "Dan Dock"),
    ] {
        assert_eq!(data[number][0]["name"], name, "{number}: {data}");
    }
    assert!(data["+16505550166"][0]["name"].as_str().is_some_and(|name| name.contains("Öst")), "{data}");
    let carla = &data["+16505550144"][0];
    assert_eq!(carla["emails"], json!(["carla@pier.example"]), "a folded line is one line");
    assert!(!carla.to_string().contains("4AAQSkZJRg"), "photos are skipped");
}

#[tokio::test]
async fn bad_rows_are_written_aside_with_line_and_reason_and_the_rest_comes_in() {
    let folder = folder();
    let long = "n".repeat(5_000);
    let text = format!("Name,Phone\nAnn,+16505550123\n,\n{long},+16505550199\nBob,+16505550124\n\"x\",,,,,,extra\n");
    write(folder.path(), "people.csv", text);
    let told = import(folder.path(), &["people.csv", "--map", "name=Name,phone=Phone"]);
    assert!(told.contains("rejected"), "{told}");
    let rejects = std::fs::read_to_string(folder.path().join("people.csv.rejects.csv")).expect("a rejects file");
    let mut lines = rejects.lines();
    assert_eq!(lines.next(), Some("line,reason,row"));
    assert!(lines.any(|line| line.starts_with("4,") && line.contains("name")), "{rejects:.300}");
    let names: Vec<Value> = listed(folder.path()).await.iter().map(|c| c["name"].clone()).collect();
    assert!(names.contains(&json!("Ann")) && names.contains(&json!("Bob")), "{names:?}");
}

#[tokio::test]
async fn latin_one_and_nul_bytes_lose_no_contact() {
    let folder = folder();
    write(folder.path(), "latin.csv", b"Name;Phone\nJos\xe9 Mu\xf1oz;+34 912 345 678\nAnn\0 Har\0bor;+16505550123\n");
    import(folder.path(), &["latin.csv", "--map", "name=Name,phone=Phone"]);
    let contacts = listed(folder.path()).await;
    let names: Vec<&str> = contacts.iter().filter_map(|c| c["name"].as_str()).collect();
    assert!(names.contains(&"José Muñoz"), "{names:?}");
    let rejects = std::fs::read_to_string(folder.path().join("latin.csv.rejects.csv")).unwrap_or_default();
    assert!(names.contains(&"Ann Harbor") || rejects.contains("NUL"), "{names:?} {rejects}");
    assert!(names.iter().all(|name| !name.contains('\0')));
}

#[test]
fn files_that_hold_no_contacts_are_refused_in_words() {
    let folder = folder();
    write(folder.path(), "empty.csv", "");
    write(folder.path(), "picture.csv", [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 1, 2, 3]);
    write(folder.path(), "columns.csv", "colour,size\nred,1\n");
    for (arguments, part) in [
        (&["empty.csv"][..], "empty"),
        (&["picture.csv"], "picture.csv"),
        (&["columns.csv"], "--map"),
        (&["missing.csv"], "missing.csv"),
        (&["columns.csv", "--map", "name=Nobody"], "Nobody"),
        (&["columns.csv", "--map", "nonsense"], "--map"),
        (&["columns.csv", "--region", "Germany"], "country"),
        (&["columns.csv", "--encoding", "klingon"], "klingon"),
    ] {
        let mut all = vec!["import"];
        all.extend(arguments);
        refused(&run(folder.path(), &all), part);
    }
    let usage = run(folder.path(), &["import"]);
    assert_eq!(usage.status.code(), Some(2), "no file named: {}", words(&usage));
}

#[tokio::test]
async fn an_import_beside_a_running_daemon_shows_in_it() {
    let folder = folder();
    write(folder.path(), "people.csv", CSV);
    let process = Process::serve(folder.path());
    let before = ask(&process, "/embeddable/contacts", json!({})).await;
    assert_eq!(before["data"], json!([]));
    let output = command(folder.path(), &["import", "people.csv", "--region", "US"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let found = ask(&process, "/embeddable/contacts/search", json!({"searchString": "harbor"})).await;
    assert_eq!(ids(&found["data"]).len(), 1);
    // The daemon looks for changes of other processes every 2 s: its pages must not be older than that.
    let asked = json!({"syncTimestamp": before["syncTimestamp"]});
    let numbers = json!({"phoneNumbers": ["+16505550123"]});
    let mut shown = (0, json!(null));
    for _ in 0..20_000 {
        let told = ask(&process, "/embeddable/contacts", asked.clone()).await["data"].as_array().map_or(0, Vec::len);
        let matched = ask(&process, "/embeddable/contacts/match", numbers.clone()).await;
        shown = (told, matched["data"]["+16505550123"][0]["name"].clone());
        if shown == (3, json!("Ann Harbor")) {
            break;
        }
    }
    assert_eq!(shown, (3, json!("Ann Harbor")));
}

#[tokio::test]
async fn two_files_of_a_run_that_share_an_id_do_not_replace_each_others_people() {
    let folder = folder();
    let path = folder.path();
    write(path, "a.csv", "id,name,phone\n17,Bob Quay,+16505550200\n");
    write(path, "b.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:17\r\nFN:Carla Pier\r\nTEL:+16505550144\r\nEND:VCARD\r\n");
    let said = import(path, &["a.csv", "b.vcf"]);
    assert!(said.contains("1 rejected"), "{said}");
    let rejects = std::fs::read_to_string(path.join("b.vcf.rejects.csv")).expect("a rejects file");
    assert!(rejects.contains("--label"), "{rejects}");
    let people = listed(path).await;
    assert_eq!(people.len(), 1);
    assert_eq!(people[0]["name"], "Bob Quay");
}

#[tokio::test]
async fn one_rejects_file_for_several_files_is_refused() {
    let folder = folder();
    write(folder.path(), "a.csv", "name,phone\nAnn,+16505550123\n");
    let output = run(folder.path(), &["import", "a.csv", "a.csv", "--rejects", "all.csv"]);
    refused(&output, "--rejects is for one file");
}
