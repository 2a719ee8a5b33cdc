//! A person can paste a recording's address into a note: its token must not be stored (protocol 9.6:
//! "redact `access_token` in any string").

use serde_json::json;

use crate::support::Daemon;
use crate::support::vector::body;

const SECRET: &str = "CANARYn0t3";

fn assert_not_on_disk(daemon: &Daemon) {
    let bytes = daemon.database_bytes();
    assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "the token is on the disk");
}

#[tokio::test]
async fn a_token_in_a_call_note_is_not_stored() {
    let daemon = Daemon::start().await;
    let mut form = body("23");
    form["note"] = json!(format!("hear https://m.example/c?access_token={SECRET} now"));
    daemon.post("/callLogger", &form).await;
    assert_eq!(daemon.calls("318220457011").await[0]["note"], "hear https://m.example/c now");
    assert_not_on_disk(&daemon);
}

#[tokio::test]
async fn a_token_in_the_forms_note_is_not_stored() {
    let daemon = Daemon::start().await;
    let mut form = body("23");
    form.as_object_mut().expect("a body").remove("note");
    form["formData"]["note"] = json!(format!("https://m.example/c?access_token={SECRET}"));
    daemon.post("/callLogger", &form).await;
    assert_not_on_disk(&daemon);
}

#[tokio::test]
async fn a_token_in_a_message_note_is_not_stored() {
    let daemon = Daemon::start().await;
    let mut form = body("28");
    form["triggerType"] = json!("logForm");
    form["note"] = json!(format!("https://m.example/c?access_token={SECRET}"));
    daemon.post("/messageLogger", &form).await;
    assert_eq!(daemon.message_logs("1801119004").await[0]["note"], "https://m.example/c");
    assert_not_on_disk(&daemon);
}
