//! Chats that agents start from a contact's record, and visitors that are signed for the company's site.

use serde_json::{Value, json};
use trunkline::domain::roxchat::OUTGOING_ERRORS;

use crate::support::Daemon;
use crate::support::roxchat::{DESK, Page, chat, said, selected};

const HOUR: i64 = 3_600_000;
const OUTGOING: &str = "/v1/roxchat/desk/contacts/12345/outgoing";
const COMMANDS: &str = "/v1/roxchat/desk/commands";
const SIGN: &str = "/v1/roxchat/desk/visitors/sign";

async fn desk() -> Daemon {
    let daemon = Daemon::with(DESK).await;
    daemon.contacts(&[json!({"id": "12345", "name": "Ada Lovelace"}), json!({"id": "crm:1/2", "name": "Emmy"})]).await;
    daemon
}

async fn asked(daemon: &Daemon) -> Value {
    daemon.send("POST", COMMANDS, &json!({"contactId": "12345"})).await.ok()
}

async fn result(daemon: &Daemon, command: &Value, told: &Value) -> crate::support::Answer {
    let id = command["id"].as_str().expect("an id");
    daemon.send("POST", &format!("{COMMANDS}/{id}/result"), told).await
}

#[tokio::test]
async fn a_chat_can_be_started_while_a_visit_of_the_last_day_is_known() {
    let daemon = desk().await;
    let reason = async || {
        let answer = daemon.get(OUTGOING).await.ok();
        assert!(answer["enabled"] == true || answer["words"].as_str().is_some_and(|words| words.ends_with('.')));
        (answer["enabled"].as_bool(), answer["reason"].clone())
    };
    assert_eq!(reason().await, (Some(false), json!("no_session")));
    let unknown = daemon.get("/v1/roxchat/desk/contacts/nobody/outgoing").await.ok();
    assert_eq!(unknown["reason"], "contact_unknown");
    daemon.get("/v1/roxchat/desk/contacts/crm%3A1%2F2/outgoing").await.ok();
    daemon.send("POST", COMMANDS, &json!({"contactId": "12345"})).await.problem(409, "no_session");

    Page::open(&daemon, "a").tell(&[selected("v1", Some("12345"), None)]).await;
    assert_eq!(reason().await, (Some(true), Value::Null));
    let command = asked(&daemon).await;
    assert_eq!(
        command["message"],
        json!({"action": "start_outgoing_chat", "params": {"roxchatVisitorId": "v1", "sessionId": "s1"}}),
        "what is posted to the frame, and nothing more"
    );
    assert_eq!(command["timeoutMs"], 10_000);
    daemon.clock.advance(24 * HOUR - 1);
    assert_eq!(reason().await, (Some(true), Value::Null));
    daemon.clock.advance(1);
    assert_eq!(reason().await, (Some(false), json!("session_old")));
    daemon.send("POST", COMMANDS, &json!({"contactId": "12345"})).await.problem(409, "session_old");
}

#[tokio::test]
async fn a_chat_that_was_asked_for_begins_with_the_agent_and_is_whole() {
    for asks in [true, false] {
        let daemon = desk().await;
        let page = Page::open(&daemon, "a");
        page.tell(&[selected("v1", Some("12345"), None)]).await;
        if asks {
            asked(&daemon).await;
        }
        page.tell(&[said("operator", "May I help you?")]).await;
        assert_eq!(chat(&daemon).await["partial"], !asks);
    }
}

#[tokio::test]
async fn a_page_learns_what_to_attach() {
    let described = desk().await.get("/v1/roxchat/desk").await.ok();
    let wanted = json!({"workspace": "desk", "origin": "https://company.rox.chat", "sources": ["roxchat"]});
    assert_eq!(described, wanted);
}

#[tokio::test]
async fn acceptance_15_every_error_has_its_words_and_silence_is_unknown() {
    let daemon = desk().await;
    Page::open(&daemon, "a").tell(&[selected("v1", Some("12345"), None)]).await;
    let mut words = std::collections::BTreeSet::new();
    for (code, _) in OUTGOING_ERRORS {
        let command = asked(&daemon).await;
        let answer = result(&daemon, &command, &json!({"status": "error", "code": code})).await.ok();
        assert_eq!((&answer["status"], &answer["code"]), (&json!("error"), &json!(code)));
        words.insert(answer["words"].as_str().expect("words").to_owned());
        // What was refused stays refused.
        let again = result(&daemon, &command, &json!({"status": "confirmed"})).await.ok();
        assert_eq!((&again["status"], &again["code"]), (&json!("error"), &json!(code)));
    }
    assert_eq!(words.len(), 5);
    let brand_new = result(&daemon, &asked(&daemon).await, &json!({"status": "error", "code": "brand_new"})).await.ok();
    assert_eq!((&brand_new["status"], &brand_new["code"]), (&json!("error"), &json!("brand_new")));

    let silent = asked(&daemon).await;
    let unknown = result(&daemon, &silent, &json!({"status": "unknown"})).await.ok();
    assert_eq!(unknown["status"], "unknown");
    let late = result(&daemon, &silent, &json!({"status": "confirmed"})).await.ok();
    assert_eq!(late["status"], "confirmed", "silence may be broken");

    // A page that was closed tells nothing: the sweep says unknown, never started.
    let left = asked(&daemon).await;
    daemon.clock.advance(60_001);
    trunkline::channels::roxchat::sweep(&daemon.state).await.expect("swept");
    let id = left["id"].as_str().expect("an id");
    let command = daemon.state.storage.find_roxchat_command("desk", id).await.expect("read").expect("the command");
    assert_eq!(command.status.word(), "unknown");
}

#[tokio::test]
async fn nothing_is_called_started_by_guess() {
    let daemon = desk().await;
    Page::open(&daemon, "a").tell(&[selected("v1", Some("12345"), None)]).await;
    let command = asked(&daemon).await;
    for wrong in [
        json!({"status": "ok"}),
        json!({"status": "pending"}),
        json!({"status": true}),
        json!({}),
        json!({"status": "error", "code": "a b"}),
        json!({"status": "error", "code": 5}),
        json!({"status": "error", "code": "x".repeat(129)}),
    ] {
        result(&daemon, &command, &wrong).await.problem(422, "invalid_body");
    }
    result(&daemon, &json!({"id": "rc_0"}), &json!({"status": "unknown"})).await.problem(404, "not_found");
    for wrong in [json!({}), json!({"contactId": 5}), json!({"contactId": null})] {
        daemon.send("POST", COMMANDS, &wrong).await.problem(422, "invalid_body");
    }
    let nobody = daemon.send("POST", COMMANDS, &json!({"contactId": "nobody"})).await;
    nobody.problem(409, "contact_unknown");
}

#[tokio::test]
async fn visitors_are_signed_as_the_vendor_checks_them() {
    // Made with Python's hmac: values in the order of their names, then the time.
    let daemon = Daemon::with(&format!("{DESK}signature_key = 'CANARY-key'\n")).await;
    let asked =
        json!({"fields": {"phone": "+1", "id": "8d1f4c1e6c0b4b7e", "email": "a@b.example"}, "expires": 1_767_265_200});
    let signed = daemon.send("POST", SIGN, &asked).await.ok();
    assert_eq!(signed["hash"], "384ea1a4e531c005aaad75c204bb6035298a559165a6518eb069dd95ee51f754");
    assert_eq!(
        (&signed["fields"], &signed["expires"], &signed["warnings"]),
        (&asked["fields"], &asked["expires"], &json!([]))
    );
    let short = daemon.send("POST", SIGN, &json!({"fields": {"id": "12345"}})).await.ok();
    assert_eq!((&short["warnings"], &short["expires"]), (&json!(["id_guessable"]), &json!(1_767_261_600 + 86_400)));
    for (wrong, code) in [
        (json!({}), "fields_missing"),
        (json!({"fields": []}), "fields_missing"),
        (json!({"fields": {}}), "id_missing"),
        (json!({"fields": {"id": " "}}), "id_missing"),
        (json!({"fields": {"id": 5}}), "field_not_text"),
        (json!({"fields": {"id": "a", "x": null}}), "field_not_text"),
        (json!({"fields": {"id": "a"}, "expires": 1_767_261_600}), "expires_past"),
        (json!({"fields": {"id": "a"}, "expires": 1_767_261_700_000_i64}), "expires_too_late"),
        (json!({"fields": {"id": "a"}, "expires": "tomorrow"}), "expires_not_integer"),
    ] {
        let answer = daemon.send("POST", SIGN, &wrong).await;
        answer.problem(422, code);
        assert!(!answer.text.contains("CANARY"), "{}", answer.text);
    }
    desk().await.send("POST", SIGN, &asked).await.problem(409, "no_signature_key");
}

#[tokio::test]
async fn only_a_key_with_the_scope_has_visitors_signed() {
    let keys =
        ["whole-key-0123456789-0123456789", "signs-key-0123456789-0123456789", "mints-key-0123456789-0123456789"];
    let [whole, signs, mints] = keys;
    let mut daemon = Daemon::with(&format!(
        "{DESK}signature_key = 'CANARY-key'\n[operators]\nauth = 'jwt'\n[[operators.keys]]\nkid = 'k'\nalg = 'HS256'\n\
         secret = '0123456789-0123456789-0123456789'\n[api]\nkeys = ['{whole}']\n\
         [[api.scoped_keys]]\nkey = '{signs}'\nscopes = ['roxchat:sign']\n\
         [[api.scoped_keys]]\nkey = '{mints}'\nscopes = ['engage:mint']\n"
    ))
    .await;
    let asked = json!({"fields": {"id": "8d1f4c1e6c0b4b7e"}});
    daemon.send("POST", SIGN, &asked).await.problem(401, "api_key_refused");
    daemon.bearer = Some(mints.to_owned());
    daemon.send("POST", SIGN, &asked).await.problem(403, "scope_missing");
    for key in [whole, signs] {
        daemon.bearer = Some(key.to_owned());
        daemon.send("POST", SIGN, &asked).await.ok();
    }
}
