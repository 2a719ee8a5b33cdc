//! The protocol's vectors of logs, settings, authorization and buttons, posted as they are.

use serde_json::{Value, json};

use crate::support::daemon::{US, ids};
use crate::support::vector::{body, vector};
use crate::support::{Daemon, NOW};
use crate::vectors::{acme, holds};

const SESSION: &str = "318220457011";
const CONVERSATION: &str = "7312904416650328117";

#[tokio::test]
async fn v16_to_v21_posts_of_one_call_are_one_log_and_the_matcher_knows_it_at_once() {
    let daemon = acme().await;
    for (number, phase, result, duration) in [
        ("16", "ringing", "Ringing", 0),
        ("17", "connected", "CallConnected", Value::Null.as_i64().unwrap_or(-1)),
        ("21", "connected", "CallConnected", 31),
        ("18", "ended", "Disconnected", 81),
        ("19", "history", "Accepted", 75),
        ("20", "history", "Accepted", 75),
    ] {
        let answer = daemon.post("/callLogger", &body(number)).await;
        assert_eq!(answer["response"]["data"], "ok", "{number}");
        let matched = daemon.data("/callLogger/match", &json!({"sessionIds": [SESSION], "activeSessionIds": []})).await;
        assert_eq!(matched[SESSION].as_array().map(Vec::len), Some(1), "{number}: {matched}");
        assert_ne!(matched[SESSION][0]["type"], "status", "a status entity does not count as logged");
        let logs = daemon.calls(SESSION).await;
        assert_eq!(logs.len(), 1, "{number}");
        assert_eq!((&logs[0]["phase"], &logs[0]["call"]["result"]), (&json!(phase), &json!(result)), "{number}");
        if duration >= 0 {
            assert_eq!(logs[0]["call"]["duration"], duration, "{number}");
        }
        assert_eq!(logs[0]["contactId"], "ct_1001", "{number}");
    }
    let log = &daemon.calls(SESSION).await[0];
    assert_eq!(log["call"]["recording"], body("20")["call"]["recording"]);
    assert_eq!((&log["aiNote"], &log["transcript"]), (&body("20")["aiNote"], &body("20")["transcript"]));
    assert_eq!(log["startedAt"], NOW + 1_000);
    assert_eq!(log["remoteNumber"], "+16505550123", "who called, not who transferred");
    assert_eq!((&log["call"]["isTransferredCall"], &log["call"]["transferredMiddleNumber"]).0, false);
}

#[tokio::test]
async fn v22_a_click_opens_the_form_where_the_widget_has_none_of_its_own() {
    let toml = format!("{US}[service]\nname = 'AcmeDesk'\ncall_logger_title = 'Log to Acme'\nshow_log_modal = false\n");
    let daemon = Daemon::with(&toml).await;
    let answer = daemon.post("/callLogger", &body("22")).await;
    let wanted = vector("22")["hostMessages"].clone();
    let page = &answer["commands"][0];
    assert_eq!(page["type"], wanted[0]["type"]);
    assert_eq!(page["page"]["title"], "Log to Acme");
    assert_eq!(page["page"]["formData"], wanted[0]["page"]["formData"]);
    let first = &page["page"]["schema"]["properties"]["contact"]["oneOf"][0];
    assert_eq!((&first["const"], &first["title"]), (&json!("ct_1001"), &json!("Ann Harbor")));
    assert_eq!(answer["commands"][1], wanted[1]);
    let own = acme().await;
    assert_eq!(own.post("/callLogger", &body("22")).await["commands"], json!([]), "the widget shows its own form");
}

#[tokio::test]
async fn v23_v24_a_saved_form_is_the_persons_word() {
    let daemon = acme().await;
    daemon.post("/callLogger", &body("19")).await;
    daemon.post("/callLogger", &body("23")).await;
    let data = daemon.data("/callLogger/match", &body("24")).await;
    let entity = &data[SESSION][0];
    assert_eq!(
        (&entity["note"], &entity["contact"], &entity["contactId"]),
        (&json!("Wants quote"), &json!("ct_1001"), &json!("ct_1001"))
    );
    assert!(entity["id"].is_string());
    assert_eq!(data["318220460022"], json!([]), "an asked session that is not logged is answered too");
    let log = &daemon.calls(SESSION).await[0];
    assert_eq!((&log["decidedBy"], &log["formData"]), (&json!("person"), &body("23")["formData"]));
}

#[tokio::test]
async fn v26_v27_v30_messages_are_kept_once_under_every_key_of_the_widget() {
    let daemon = acme().await;
    daemon.post("/messageLogger", &body("26")).await;
    for request in vector("27")["requests"].as_array().expect("requests") {
        assert_eq!(daemon.data("/messageLogger", &request["body"]).await, "ok");
    }
    let logs = daemon.message_logs(CONVERSATION).await;
    let mut messages: Vec<i64> = logs
        .iter()
        .flat_map(|log| log["messages"].as_array().expect("messages"))
        .map(|message| message["id"].as_i64().expect("an integer"))
        .collect();
    messages.sort_unstable();
    let mut wanted: Vec<i64> = [&body("26")]
        .into_iter()
        .chain(vector("27")["requests"].as_array().expect("requests").iter().map(|r| &r["body"]))
        .flat_map(|b| b["conversation"]["messages"].as_array().expect("messages").clone())
        .map(|message| message["id"].as_i64().expect("an integer"))
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    assert_eq!(messages, wanted);
    assert!(logs.iter().all(|log| log["conversationId"] == CONVERSATION), "64 bit ids stay whole");
    let data = daemon.data("/messageLogger/match", &body("30")).await;
    assert_eq!(data["7312904416650328117/1/2/2026"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["7312904416650328117/1/1/2026"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["1801119004/02/01/2026"], json!([]));
}

#[tokio::test]
async fn v28_v29_voicemail_and_fax() {
    let daemon = acme().await;
    for (number, kind) in [("28", "VoiceMail"), ("29", "Fax")] {
        let body = body(number);
        daemon.post("/messageLogger", &body).await;
        let id = body["conversation"]["conversationId"].as_str().expect("an id");
        let logs = daemon.message_logs(id).await;
        assert_eq!(logs.len(), 1, "{number}");
        assert_eq!(logs[0]["type"], kind);
        let stored = &logs[0]["messages"][0];
        let sent = &body["conversation"]["messages"][0];
        for key in ["id", "subject", "transcript", "faxPageCount", "creationTime", "direction"] {
            assert_eq!(stored.get(key), sent.get(key), "{number} {key}");
        }
        assert!(!logs[0].to_string().contains("access_token"), "{number}");
    }
    assert_eq!(daemon.message_logs("1801119004").await[0]["contactId"], "ct_1001");
}

#[tokio::test]
async fn v32_selected_messages_are_logged_matched_and_opened() {
    let daemon = acme().await;
    let given = vector("32");
    let log_id = daemon.data("/messageLogger", &given["request"]["body"]).await["logId"].clone();
    assert!(log_id.is_string(), "{log_id}");
    let matched = daemon.data("/messageLogger/match", &given["request2"]["body"]).await;
    assert_eq!(matched, json!({"1795280101004": {"logId": log_id}}), "only what was logged");
    let mut open = given["request3"]["body"].clone();
    open["logId"] = log_id;
    let opened = daemon.post("/messageLogger", &open).await;
    assert_eq!(opened["response"], given["response3"]["response"]);
    assert!(opened["commands"].to_string().contains(CONVERSATION), "{opened}");
    let gone = daemon.post("/messageLogger", &given["request3"]["body"]).await;
    assert!(gone["commands"].to_string().contains("/custom-alert-message"), "{gone}");
}

#[tokio::test]
async fn v33_v35_settings_and_their_button() {
    let settings = "[[service.settings]]\nid = 'popOnRing'\ntype = 'boolean'\nname = 'Open record on ring'\nvalue = true\n\
        group_id = 'logging'\n[[service.settings]]\nid = 'resync'\ntype = 'button'\nname = 'Resync contacts'\n\
        button_label = 'Run'\naction = 'sync-contacts'\n";
    let daemon = Daemon::with(&format!("{US}[service]\nname = 'AcmeDesk'\n{settings}")).await;
    let stored = async |id: &str| {
        let service = daemon.get("/embeddable/service").await.ok()["service"].clone();
        service["settings"].as_array().expect("settings").iter().find(|s| s["id"] == id).expect("it").clone()
    };
    assert_eq!(stored("popOnRing").await["value"], true);
    let answer = daemon.post("/settings", &body("33")).await;
    assert_eq!(answer["response"]["data"], "ok");
    assert_eq!(stored("popOnRing").await["value"], false);
    holds(&stored("resync").await, &json!({"type": "button", "buttonLabel": "Run"}));
    for request in vector("35")["requests"].as_array().expect("requests") {
        assert_eq!(daemon.data("/button", &request["body"]).await, "ok", "{request}");
    }
    let pressed =
        daemon.post("/button", &json!({"button": {"id": "resync", "type": "setting", "name": "Resync"}})).await;
    assert_eq!(pressed["commands"][0]["type"], "rc-adapter-sync-third-party-contacts");
}

#[tokio::test]
async fn v34_authorize_switches_and_tells_the_widget() {
    let daemon = acme().await;
    let on = daemon.post("/authorize", &body("34")).await;
    assert_eq!(on["response"]["data"], "ok");
    let wanted = &vector("34")["hostMessages"][0];
    assert_eq!((&on["commands"][0]["type"], &on["commands"][0]["authorized"]), (&wanted["type"], &json!(true)));
    assert!(on["commands"][0]["authorizedAccount"].is_string(), "the widget clears an omitted account");
    let off = daemon.post("/authorize", &json!({"authorized": true})).await;
    assert_eq!(off["commands"][0]["authorized"], false);
    assert_eq!(daemon.get("/embeddable/service").await.ok()["service"]["authorized"], false);
    assert_eq!(ids(&daemon.data("/contacts", &body("05")).await).len(), 2, "the widget decides whom it asks");
}
