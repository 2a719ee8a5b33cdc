//! `/contacts/match` (protocol 3.3): who is behind a number, however it is spelled.

use serde_json::{Value, json};

use crate::support::Daemon;
use crate::support::daemon::{ids, person};

#[tokio::test]
async fn a_shared_number_lists_its_contacts_in_one_order_over_a_thousand_asks() {
    let daemon = Daemon::start().await;
    let shared: Vec<Value> = ["zed", "ann", "mid"].map(|id| person(id, id, "+16505550123")).to_vec();
    daemon.contacts(&shared).await;
    let body = json!({"phoneNumbers": ["+16505550123"]});
    let first = daemon.data("/contacts/match", &body).await;
    assert_eq!(ids(&first["+16505550123"]).len(), 3);
    for ask in 0..1_000 {
        if ask == 300 {
            daemon.contacts(&[json!({"id": "ann", "name": "Ann B", "phoneNumbers": ["+16505550123"]})]).await;
        }
        if ask == 600 {
            daemon.contacts(&[person("aaa", "A", "+16505550199")]).await;
        }
        let again = daemon.data("/contacts/match", &body).await;
        assert_eq!(ids(&again["+16505550123"]), ids(&first["+16505550123"]), "ask {ask}");
    }
}

#[tokio::test]
async fn every_asked_key_is_answered_as_it_was_spelled() {
    let daemon = Daemon::start().await;
    daemon.contacts(&[person("ann", "Ann", "+16505550123")]).await;
    let mut keys = vec![
        "+16505550123".to_owned(),
        "(650) 555-0123".into(),
        "6505550123".into(),
        "650/555/0123".into(),
        "650*555*0123".into(),
        "+".into(),
        "*".into(),
        "/".into(),
        "101".into(),
        "*67".into(),
        "#31#".into(),
        " ".into(),
        "  +1 650 555 0123  ".into(),
        "anonymous".into(),
        "Restricted".into(),
        "No Caller ID".into(),
        "unknown@unknown.invalid".into(),
        "sip:+16505550123@sip.example".into(),
        "tel:+16505550123".into(),
        "１６５０５５５０１２３".into(),
        "٦٥٠٥٥٥٠١٢٣".into(),
        "constructor".into(),
        "__proto__".into(),
        "\"},{\"".into(),
        "\u{0}".into(),
        "😀".into(),
        "a".repeat(5_000),
    ];
    keys.push(format!("+{}", "9".repeat(1_000)));
    let data = daemon.data("/contacts/match", &json!({"phoneNumbers": keys})).await;
    let answered = data.as_object().expect("an object");
    for key in &keys {
        assert!(answered.get(key).is_some_and(Value::is_array), "{key:?} is not answered");
    }
    assert_eq!(answered.len(), keys.len(), "keys nobody asked for");
    for spelled in ["(650) 555-0123", "6505550123", "650/555/0123", "  +1 650 555 0123  ", "tel:+16505550123"] {
        assert_eq!(ids(&data[spelled]), ["ann"], "{spelled}");
    }
    for nobody in ["anonymous", "101", "*67", "+", "*", "Restricted", "😀"] {
        assert_eq!(data[nobody], json!([]), "{nobody}");
    }
}

#[tokio::test]
async fn ten_thousand_keys_at_once_are_all_answered() {
    let daemon = Daemon::start().await;
    let people: Vec<Value> =
        (0..5_000).map(|n| person(&format!("c{n}"), "P", &format!("+1650{:07}", 2_000_000 + n))).collect();
    daemon.contacts(&people).await;
    let keys: Vec<String> = (0..10_000).map(|n| format!("+1650{:07}", 2_000_000 + n)).collect();
    let data = daemon.data("/contacts/match", &json!({"phoneNumbers": keys})).await;
    for (n, key) in keys.iter().enumerate() {
        let found = ids(&data[key]);
        assert_eq!(found, if n < 5_000 { vec![format!("c{n}")] } else { vec![] }, "{key}");
    }
}

#[tokio::test]
async fn numbers_as_json_numbers_null_and_missing_are_taken() {
    let daemon = Daemon::start().await;
    daemon.contacts(&[person("ann", "Ann", "+16505550123"), person("desk", "Desk", "101")]).await;
    let data = daemon.data("/contacts/match", &json!({"phoneNumbers": [6_505_550_123_u64, 101, null, ""]})).await;
    assert_eq!(ids(&data["6505550123"]), ["ann"]);
    assert_eq!(ids(&data["101"]), ["desk"]);
    for body in [json!({}), json!({"phoneNumbers": null}), json!({"phoneNumbers": [], "callerIds": null})] {
        assert_eq!(daemon.data("/contacts/match", &body).await, json!({}), "{body}");
    }
    let twice = daemon.data("/contacts/match", &json!({"phoneNumbers": ["101", "101", 101]})).await;
    assert_eq!(ids(&twice["101"]), ["desk"]);
}

#[tokio::test]
async fn extensions_match_in_every_spelling_and_come_before_the_switchboard() {
    let daemon = Daemon::start().await;
    let main = "+1 650 555 0100";
    daemon.contacts(&[person("main", "Main", main), person("x227", "Ann", "+16505550100*227")]).await;
    daemon.contacts(&[person("x228", "Bob", "650-555-0100 ext. 228")]).await;
    for spelled in [
        "+16505550100*227",
        "+1 650 555 0100 ext 227",
        "650-555-0100 x227",
        "(650) 555-0100 extension 227",
        "tel:+1-650-555-0100;ext=227",
        "+16505550100 #227",
    ] {
        assert_eq!(daemon.matched(spelled).await, ["x227"], "{spelled}");
    }
    assert_eq!(daemon.matched("+16505550100*228").await, ["x228"]);
    assert_eq!(daemon.matched("+16505550100").await, ["main"], "the number alone is the switchboard");
    assert_eq!(daemon.matched("+16505550100*999").await, ["main"], "an unknown extension: the switchboard");
    daemon.delete(&["main"]).await;
    assert_eq!(daemon.matched("+16505550100").await, ["x227", "x228"], "who has the number, all of them");
    assert_eq!(daemon.matched("+16505550100*999").await, [""; 0], "another one's extension is another person");
}

#[tokio::test]
async fn a_bare_extension_is_a_number_of_its_own() {
    let daemon = Daemon::start().await;
    daemon.contacts(&[person("desk", "Desk", "101"), person("ann", "Ann", "+16505550101")]).await;
    assert_eq!(daemon.matched("101").await, ["desk"]);
    assert_eq!(daemon.matched("0101").await, [""; 0]);
    assert_eq!(daemon.matched("01").await, [""; 0]);
}

#[tokio::test]
async fn a_national_tail_matches_weakly_and_says_so() {
    let daemon = Daemon::start().await;
    daemon.contacts(&[person("berlin", "Berlin", "030 12345678")]).await;
    let data = daemon.data("/contacts/match", &json!({"phoneNumbers": ["+493012345678", "+493112345678"]})).await;
    assert_eq!(ids(&data["+493012345678"]), ["berlin"]);
    assert_eq!(data["+493012345678"][0]["matchQuality"], "weak");
    assert_eq!(data["+493112345678"], json!([]), "a neighbour's number");
    let call = json!({"sessionId": "1", "direction": "Inbound", "from": {"phoneNumber": "+493012345678"},
        "to": {"phoneNumber": "+16505550100"}, "fromMatches": data["+493012345678"]});
    daemon
        .post(
            "/callLogger",
            &json!({"call": call, "fromEntity": data["+493012345678"][0], "triggerType": "presenceUpdate"}),
        )
        .await;
    assert_eq!(daemon.calls("1").await[0]["contactId"], Value::Null, "a weak match is never logged by itself");
}

#[tokio::test]
async fn an_exact_match_hides_weak_ones() {
    let daemon = Daemon::start().await;
    daemon.contacts(&[person("loose", "Loose", "030 12345678"), person("exact", "Exact", "+493012345678")]).await;
    assert_eq!(daemon.matched("+493012345678").await, ["exact"]);
}

#[tokio::test]
async fn two_certain_numbers_with_one_tail_are_two_people() {
    let daemon = Daemon::start().await;
    daemon.contacts(&[person("sf", "SF", "+14155550123"), person("uk", "UK", "+442079460018")]).await;
    assert_eq!(daemon.matched("+12125550123").await, [""; 0]);
    assert_eq!(daemon.matched("+13079460018").await, [""; 0], "eight digits of London are no number in Wyoming");
    let data = daemon.data("/contacts/match", &json!({"phoneNumbers": ["+12079460018"]})).await;
    assert_eq!(data["+12079460018"][0]["matchQuality"], "weak", "all national digits agree, the country does not");
}

#[tokio::test]
async fn a_changed_or_deleted_contact_is_matched_as_it_is_now() {
    let daemon = Daemon::start().await;
    daemon.contacts(&[person("ann", "Ann", "+16505550123")]).await;
    daemon.contacts(&[person("ann", "Ann", "+16505550199")]).await;
    assert_eq!(daemon.matched("+16505550123").await, [""; 0]);
    assert_eq!(daemon.matched("+16505550199").await, ["ann"]);
    daemon.delete(&["ann"]).await;
    assert_eq!(daemon.matched("+16505550199").await, [""; 0]);
}

#[tokio::test]
async fn entities_have_what_the_widget_shows() {
    let daemon = Daemon::start().await;
    daemon
        .contacts(&[json!({"id": "ann", "name": "Ann", "phoneNumbers": ["+16505550123"], "jobTitle": "Buyer",
            "profileImageUrl": "https://desk.example/a.png", "crm": {"owner": 7}})])
        .await;
    let data =
        daemon.data("/contacts/match", &json!({"phoneNumbers": ["+16505550123"], "triggerFrom": "manual"})).await;
    let entity = &data["+16505550123"][0];
    assert_eq!(entity["type"], "Trunkline");
    assert_eq!(entity["phoneNumbers"][0]["phoneNumber"], "+16505550123");
    assert_eq!(entity["jobTitle"], "Buyer");
    assert_eq!(entity["crm"], json!({"owner": 7}), "further keys come back later");
}

#[tokio::test]
async fn a_number_that_fifty_one_people_share_is_still_answered() {
    let daemon = Daemon::start().await;
    let people: Vec<Value> = (0..120).map(|n| person(&format!("c{n:03}"), "P", "+16505550123")).collect();
    daemon.contacts(&people).await;
    let found = daemon.matched("+16505550123").await;
    assert!(!found.is_empty() && found[0] == "c000", "{found:?}");
    assert_eq!(daemon.matched("+16505550123").await, found);
}
