use serde_json::{Map, Value, json};

use super::event::{ChatSource, Event, Visitor};
use super::read;
use crate::domain::conversation::LONGEST_TEXT;

const SAMPLES: &str = include_str!("../../../tests/fixtures/roxchat/events.json");
/// What may be null, by event. Of `visitorAuthorized` both sides.
const NULLABLE: [(&str, &[&str]); 6] = [
    ("newMessageAdded", &["providedVisitorId", "siebelId", "sessionId", "messageText", "kind"]),
    (
        "chatClosedByOperator",
        &["providedVisitorId", "siebelId", "channelId", "channelType", "channelUserId", "channelUserName"],
    ),
    ("visitorAuthorized", &["providedVisitorId", "siebelId"]),
    ("visitorSelected", &["providedVisitorId", "siebelId", "chatId", "sessionId", "taskId"]),
    ("notificationAdded", &["kind", "text", "sessionId"]),
    ("notificationRemoved", &[]),
];

fn sample(name: &str) -> Value {
    let samples: Value = serde_json::from_str(SAMPLES).expect("JSON");
    samples[name].clone()
}

fn sources() -> Vec<String> {
    vec!["roxchat".into()]
}

fn reason(message: &Value) -> &'static str {
    read(message, &sources()).expect_err("refused").reason
}

/// The objects whose keys the table names.
fn holders<'a>(name: &str, event: &'a mut Value) -> Vec<&'a mut Map<String, Value>> {
    let params = event["params"].as_object_mut().expect("params");
    match name {
        "visitorAuthorized" => params.values_mut().map(|side| side.as_object_mut().expect("a side")).collect(),
        "notificationAdded" | "notificationRemoved" => {
            params.values_mut().map(|inner| inner.as_object_mut().expect("a notification")).collect()
        }
        _ => vec![params],
    }
}

#[test]
fn every_nullable_key_may_be_null_or_absent_in_all_six_events() {
    for (name, keys) in NULLABLE {
        assert_ne!(read(&sample(name), &sources()), Ok(Event::Unknown), "{name}");
        let (mut all_null, mut all_gone) = (sample(name), sample(name));
        for key in keys {
            let (mut null, mut gone) = (sample(name), sample(name));
            for event in [&mut null, &mut all_null] {
                for holder in holders(name, event) {
                    holder.insert((*key).into(), Value::Null);
                }
            }
            for event in [&mut gone, &mut all_gone] {
                for holder in holders(name, event) {
                    holder.shift_remove(*key);
                }
            }
            let read_null = read(&null, &sources()).unwrap_or_else(|refusal| panic!("{name}.{key}: {refusal:?}"));
            assert_eq!(Ok(read_null), read(&gone, &sources()), "{name}.{key}: null and absent differ");
        }
        let read_null = read(&all_null, &sources()).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
        assert_eq!(Ok(read_null), read(&all_gone, &sources()), "{name}");
    }
}

#[test]
fn an_id_of_the_crm_has_two_spellings() {
    for name in ["newMessageAdded", "chatClosedByOperator", "visitorAuthorized", "visitorSelected"] {
        let mut event = sample(name);
        for holder in holders(name, &mut event) {
            let id = holder.shift_remove("siebelId").expect("the sample has it");
            holder.insert("SiebelId".into(), id);
        }
        assert_eq!(read(&event, &sources()), read(&sample(name), &sources()), "{name}");
        for holder in holders(name, &mut event) {
            holder.insert("siebelId".into(), Value::Null);
        }
        assert_eq!(read(&event, &sources()), read(&sample(name), &sources()), "{name}: one null, one not");
    }
}

#[test]
fn what_is_read_is_what_was_told() {
    let visitor = |id: &str, provided: &str, siebel: &str| Visitor {
        id: id.into(),
        provided: Some(provided.into()),
        siebel: Some(siebel.into()),
    };
    let customer = visitor("c3fa5841c772895f8645b33ac784f694", "12345", "4-1GQJDL78");
    assert_eq!(
        read(&sample("chatClosedByOperator"), &sources()),
        Ok(Event::Closed {
            visitor: customer.clone(),
            chat_id: 1024,
            source: ChatSource {
                id: Some("073afd9ccfee448dba19a5c974940bfc".into()),
                kind: Some("skype".into()),
                user_id: Some("16248561".into()),
                user_name: Some("John Doe".into()),
            },
        })
    );
    assert_eq!(
        read(&sample("visitorSelected"), &sources()),
        Ok(Event::Selected {
            visitor: customer,
            chat_id: Some(874),
            session: Some("c9905a4eab2a4148add9b1c8ac97ad7d".into())
        })
    );
    assert_eq!(
        read(&sample("visitorAuthorized"), &sources()),
        Ok(Event::Authorized {
            old: visitor("66b46319af05e55ac9fd34aa541e9eee", "old-7", "4-OLD"),
            new: visitor("52eed6ec3c12494a88e62e2ff636c2a9", "7925", "4-NEW"),
        })
    );
    let id = "c9905a4eab2a4148add9b1c8ac97ad7d".to_owned();
    assert_eq!(read(&sample("notificationRemoved"), &sources()), Ok(Event::NotificationRemoved { id }));
}

#[test]
fn what_is_wrong_has_a_reason() {
    let message = |key: &str, value: Value| {
        let mut event = sample("newMessageAdded");
        event["params"][key] = value;
        event
    };
    for chat in
        [json!("483"), json!(483.5), json!(483.0), json!(true), json!([483]), json!({}), json!(1e30), json!(null)]
    {
        assert_eq!(reason(&message("chatId", chat.clone())), "chat_id_not_integer", "{chat}");
    }
    let mut selected = sample("visitorSelected");
    selected["params"]["chatId"] = json!("874");
    assert_eq!(reason(&selected), "chat_id_not_integer");
    for (key, value) in [
        ("roxchatVisitorId", json!({})),
        ("providedVisitorId", json!([])),
        ("siebelId", json!(false)),
        ("kind", json!({"a": 1})),
        ("messageText", json!(5)),
        ("sessionId", json!("x".repeat(513))),
    ] {
        assert_eq!(reason(&message(key, value)), "wrong_type", "{key}");
    }
    for missing in [json!(null), json!(""), json!("  ")] {
        assert_eq!(reason(&message("roxchatVisitorId", missing)), "visitor_missing");
    }
    for (event, expected) in [
        (json!(null), "invalid_event"),
        (json!([]), "invalid_event"),
        (json!("text"), "invalid_event"),
        (json!({"source": "roxchat"}), "invalid_event"),
        (json!({"source": "roxchat", "event": 5}), "invalid_event"),
        (json!({"event": "newMessageAdded", "params": {}}), "source_unknown"),
        (json!({"source": "webim", "event": "newMessageAdded", "params": {}}), "source_unknown"),
        (json!({"source": null, "event": "x"}), "source_unknown"),
        (json!({"source": "roxchat", "event": "newMessageAdded"}), "params_missing"),
        (json!({"source": "roxchat", "event": "visitorSelected", "params": []}), "params_missing"),
        (json!({"source": "roxchat", "event": "visitorAuthorized", "params": {"old": null}}), "visitor_missing"),
        (json!({"source": "roxchat", "event": "notificationAdded", "params": {}}), "notification_missing"),
        (
            json!({"source": "roxchat", "event": "notificationRemoved", "params": {"notification": {"id": null}}}),
            "notification_missing",
        ),
    ] {
        assert_eq!(reason(&event), expected, "{event}");
    }
}

#[test]
fn what_is_newer_than_we_are_is_kept_and_other_names_are_taken_where_configured() {
    for params in [json!(null), json!([1]), json!({"a": 1})] {
        let event = json!({"source": "roxchat", "event": "operatorTyping", "params": params});
        assert_eq!(read(&event, &sources()), Ok(Event::Unknown));
    }
    let mut event = sample("newMessageAdded");
    event["source"] = json!("webim");
    assert!(read(&event, &["roxchat".into(), "webim".into()]).is_ok());
}

#[test]
fn numbers_stand_for_ids_and_long_texts_are_cut_with_a_flag() {
    let mut event = sample("newMessageAdded");
    event["params"]["providedVisitorId"] = json!(12345);
    assert_eq!(read(&event, &sources()), read(&sample("newMessageAdded"), &sources()));
    event["params"]["messageText"] = json!("ё".repeat(LONGEST_TEXT));
    let Ok(Event::Message { text, truncated, .. }) = read(&event, &sources()) else { panic!("a message") };
    assert!(truncated && text.len() == LONGEST_TEXT);
}
