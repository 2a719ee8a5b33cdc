//! The protocol's vectors, posted through the HTTP edge as they are: what the daemon must answer and
//! store. Calls and messages are in `vectors_logs`.

use serde_json::{Value, json};

use crate::support::daemon::{US, ids};
use crate::support::vector::{body, vector};
use crate::support::widget::truthy;
use crate::support::{Daemon, NOW};

/// A daemon under the vectors' service name, with the contacts of vector 05.
pub async fn acme() -> Daemon {
    let daemon = Daemon::with(&format!("{US}[service]\nname = 'AcmeDesk'\ncall_logger_title = 'Log to Acme'\n")).await;
    let contacts = vector("05")["response"]["response"]["data"].as_array().expect("contacts").clone();
    daemon.contacts(&contacts).await;
    daemon
}

/// `found` holds all that `wanted` says.
#[track_caller]
pub fn holds(found: &Value, wanted: &Value) {
    for (key, value) in wanted.as_object().expect("an object") {
        assert_eq!(&found[key], value, "{key} of {found}");
    }
}

#[tokio::test]
async fn v03_v04_the_registration_has_the_widgets_shape() {
    let daemon = acme().await;
    let manifest = daemon.get("/embeddable/service").await.ok();
    let service = manifest["service"].as_object().expect("a service");
    let full = &vector("03")["message"]["service"];
    // Keys the widget reads but that this daemon does not offer.
    let known = full.as_object().expect("an object");
    for (key, value) in service {
        let Some(model) = known.get(key) else { continue };
        let same = std::mem::discriminant(value) == std::mem::discriminant(model);
        assert!(same, "{key} is {value}, in the vector {model}");
    }
    assert_eq!(service["name"], "AcmeDesk");
    assert_eq!(service["authorized"], true, "required with authorizationPath");
    for (key, path) in [
        ("contactsPath", "/contacts"),
        ("contactSearchPath", "/contacts/search"),
        ("contactMatchPath", "/contacts/match"),
        ("viewMatchedContactPath", "/contacts/view"),
        ("activitiesPath", "/activities"),
        ("activityPath", "/activity"),
        ("callLoggerPath", "/callLogger"),
        ("callLogEntityMatcherPath", "/callLogger/match"),
        ("messageLoggerPath", "/messageLogger"),
        ("messageLogEntityMatcherPath", "/messageLogger/match"),
        ("authorizationPath", "/authorize"),
    ] {
        assert_eq!(service[key], path);
        assert!(manifest["paths"][path]["deadline"].as_u64().is_some_and(|ms| ms >= 3_000), "{path}");
    }
    // Milliseconds, whatever the widget's papers say (2.2); an empty settings list is left out.
    assert_eq!(service["contactMatchTtl"], 7_200_000);
    assert!(!service.contains_key("settings") && !service.contains_key("settingsPath"));
    // Every registered path is one the daemon answers.
    for (key, path) in service.iter().filter(|(key, _)| key.ends_with("Path")) {
        let path = path.as_str().expect("a path");
        assert_ne!(daemon.try_post(path, &json!({})).await.status, 404, "{key} {path}");
    }
}

#[tokio::test]
async fn v05_v06_a_first_sync_lists_the_contacts() {
    let daemon = acme().await;
    let answer = daemon.post("/contacts", &body("05")).await;
    let response = &answer["response"];
    let wanted = vector("05")["response"]["response"]["data"].clone();
    assert_eq!(ids(&response["data"]), ids(&wanted));
    for (found, wanted) in response["data"].as_array().expect("list").iter().zip(wanted.as_array().expect("list")) {
        holds(found, wanted);
    }
    assert!(truthy(&response["syncTimestamp"]));
    // A cursor of somebody else: refused in words, and not taken for page 1.
    daemon.try_post("/contacts", &body("06")).await.problem(422, "invalid_body");
}

#[tokio::test]
async fn v07_an_incremental_sync_tells_changes_and_tombstones() {
    let daemon = acme().await;
    daemon.contacts(&[json!({"id": "ct_1003", "name": "Gone"})]).await;
    let token = daemon.post("/contacts", &body("05")).await["response"]["syncTimestamp"].clone();
    let mut ann = vector("05")["response"]["response"]["data"][0].clone();
    ann["jobTitle"] = json!("Head buyer");
    daemon.contacts(&[ann]).await;
    daemon.delete(&["ct_1003"]).await;
    let mut asked = body("07");
    asked["syncTimestamp"] = token;
    let response = daemon.post("/contacts", &asked).await["response"].clone();
    assert_eq!(ids(&response["data"]), ["ct_1001", "ct_1003"]);
    let wanted = vector("07")["response"]["response"]["data"].clone();
    holds(&response["data"][0], &wanted[0]);
    holds(&response["data"][1], &wanted[1]);
    assert!(truthy(&response["syncTimestamp"]) && !truthy(&response["nextPage"]));
}

#[tokio::test]
async fn v08_an_expired_token_gets_the_full_list_and_no_token() {
    let daemon = acme().await;
    for asked in [body("07"), body("08")] {
        let response = daemon.post("/contacts", &asked).await["response"].clone();
        assert_eq!(ids(&response["data"]), ["ct_1001", "ct_1002"]);
        assert!(!truthy(response.get("syncTimestamp").unwrap_or(&Value::Null)), "{response}");
    }
}

#[tokio::test]
async fn v09_no_answer_is_one_of_the_bad_responses() {
    let daemon = acme().await;
    for asked in [body("05"), body("07"), json!({}), json!({"page": 1, "type": "manual"}), json!({"type": "api"})] {
        let response = daemon.post("/contacts", &asked).await["response"].clone();
        assert!(response["data"].is_array(), "{response}");
    }
}

#[tokio::test]
async fn v10_search() {
    let daemon = acme().await;
    let asked = body("10");
    let found = daemon.data("/contacts/search", &asked).await;
    let wanted = vector("10")["response"]["response"]["data"].clone();
    for contact in found.as_array().expect("a list") {
        assert_eq!(contact["type"], "AcmeDesk");
        for phone in contact["phoneNumbers"].as_array().expect("a list") {
            assert!(phone["phoneType"].is_string(), "a number without a type throws in the widget");
        }
    }
    for contact in wanted.as_array().expect("a list").iter().filter(|c| c["id"] == "ct_1001" || c["id"] == "ct_1002") {
        assert!(ids(&found).contains(&contact["id"].as_str().expect("an id")), "{asked}: {found}");
    }
}

#[tokio::test]
async fn v11_v12_v13_matches_by_the_keys_asked() {
    let daemon = acme().await;
    let data = daemon.data("/contacts/match", &body("11")).await;
    let keys: Vec<&String> = data.as_object().expect("an object").keys().collect();
    assert_eq!(keys.len(), 4, "every asked key and no other: {data}");
    holds(&data["+16505550123"][0], &vector("11")["response"]["response"]["data"]["+16505550123"][0]);
    for nobody in ["+12125550188", "101", "anonymous"] {
        assert_eq!(data[nobody], json!([]), "{nobody}: never an object or null (13)");
    }
    let manual = daemon.data("/contacts/match", &body("12")).await;
    for key in body("12")["phoneNumbers"].as_array().expect("keys") {
        assert!(manual[key.as_str().expect("text")].is_array(), "{manual}");
    }
}

#[tokio::test]
async fn v14_view_opens_the_contact() {
    let daemon = acme().await;
    let answer = daemon.post("/contacts/view", &body("14")).await;
    assert_eq!(answer["response"]["data"], "ok");
    let commands = answer["commands"].as_array().expect("commands");
    assert_eq!(commands[0]["detail"]["id"], body("14")["id"], "{answer}");
    let step = commands.iter().find(|c| c["type"] == "rc-adapter-navigate-to").expect("a way inside");
    assert_eq!(step["path"], format!("/contacts/AcmeDesk/{}", body("14")["id"].as_str().expect("id")));
}

#[tokio::test]
async fn v15_activities_and_activity() {
    let daemon = acme().await;
    assert_eq!(daemon.data("/activities", &body("15")).await, json!([]), "an array even where nothing is known");
    daemon.post("/callLogger", &body("19")).await;
    let listed = daemon.data("/activities", &body("15")).await;
    let one = &listed[0];
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert!(one["id"].is_string() && one["subject"].as_str().is_some_and(|s| s.contains("Inbound call")), "{one}");
    assert_eq!(one["time"], NOW + 1_000);
    let opened = daemon.post("/activity", &json!({"activity": one})).await;
    assert_eq!(opened["response"]["data"], "ok");
    assert!(opened["commands"].to_string().contains("318220457011"), "{opened}");
    let foreign = daemon.post("/activity", &vector("15")["request2"]["body"]).await;
    assert_eq!(foreign["response"]["data"], "ok");
    assert!(
        foreign["commands"].to_string().contains("/custom-alert-message"),
        "an unknown activity is said: {foreign}"
    );
}

#[tokio::test]
async fn v25_v31_v36_to_v39_paths_that_are_not_served_answer_in_words() {
    let daemon = acme().await;
    for number in ["25", "31", "36", "37"] {
        let request = vector(number)["request"].clone();
        let path = request["path"].as_str().unwrap_or_else(|| panic!("{number}")).to_owned();
        let problem = daemon.try_post(&path, &request["body"]).await.problem(404, "unknown_path");
        assert!(problem["fix"].as_str().is_some_and(|fix| fix.contains("/callLogger")), "{problem}");
    }
    let service = daemon.get("/embeddable/service").await.text;
    for key in ["callLogPageInputChangedEventPath", "doNotContactPath", "vcardHandlerPath", "meetingLoggerPath"] {
        assert!(!service.contains(key), "{key} is registered though nobody answers it");
    }
}

#[tokio::test]
async fn v38_invites_are_kept_and_told_to_the_page() {
    let daemon = acme().await;
    for exchange in vector("38")["exchanges"].as_array().expect("exchanges") {
        let path = exchange["request"]["path"].as_str().expect("a path");
        let answer = daemon.try_post(path, &exchange["request"]["body"]).await;
        if path != "/meeting/invite" {
            answer.problem(404, "unknown_path");
            continue;
        }
        let answer = answer.ok();
        assert_eq!(answer["response"], exchange["response"]);
        assert_eq!(answer["commands"][0]["detail"], exchange["request"]["body"]["meeting"]);
        let mut conference = exchange["request"]["body"].clone();
        conference["conference"] = conference["meeting"].take();
        assert_eq!(daemon.data("/conference/invite", &conference).await, "ok");
    }
    assert!(String::from_utf8_lossy(&daemon.database_bytes()).contains("518203377"), "the invitation is on the disk");
}
