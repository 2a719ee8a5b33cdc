//! Events of Rox.Chat that cannot be taken: each is refused with its reason, the others of the batch are
//! kept, and nothing that came is lost.

use serde_json::{Value, json};

use crate::support::Daemon;
use crate::support::roxchat::{DESK, EVENTS, Page, chat, chats, event, post, results, said, statuses, told, with};
use crate::support::{Answer, daemon::client};

const MALFORMED: [&str; 5] = [
    include_str!("../fixtures/roxchat/malformed/closed_in_a_channel.txt"),
    include_str!("../fixtures/roxchat/malformed/closed_unauthorized.txt"),
    include_str!("../fixtures/roxchat/malformed/notification_removed.txt"),
    include_str!("../fixtures/roxchat/malformed/visitor_authorized.txt"),
    include_str!("../fixtures/roxchat/malformed/envelope.txt"),
];

#[tokio::test]
async fn acceptance_11_all_six_events_are_taken_with_every_nullable_key_null_and_both_spellings() {
    let daemon = Daemon::with(DESK).await;
    let samples: Value = serde_json::from_str(include_str!("../fixtures/roxchat/events.json")).expect("JSON");
    let nullable = [
        "providedVisitorId",
        "siebelId",
        "channelId",
        "channelType",
        "channelUserId",
        "channelUserName",
        "taskId",
        "kind",
        "text",
    ];
    let mut told = Vec::new();
    for (name, sample) in samples.as_object().expect("samples") {
        told.push(sample.clone());
        told.push(Value::String(sample.to_string()));
        let text = sample.to_string();
        told.push(serde_json::from_str(&text.replace("siebelId", "SiebelId")).expect("JSON"));
        let mut null = sample.clone();
        for part in null["params"].as_object_mut().expect("params").iter_mut() {
            let (key, value) = part;
            // A message must say its kind; a notification need not.
            if nullable.contains(&key.as_str()) && !(name == "newMessageAdded" && key == "kind") {
                *value = Value::Null;
            } else if let Some(inner) = value.as_object_mut() {
                inner
                    .iter_mut()
                    .filter(|(key, _)| nullable.contains(&key.as_str()))
                    .for_each(|(_, v)| *v = Value::Null);
            }
        }
        if name == "visitorSelected" {
            null["params"]["chatId"] = Value::Null;
        }
        told.push(null);
    }
    assert_eq!(told.len(), 24);
    Page::open(&daemon, "a").tell(&told).await;
    assert_eq!(daemon.state.storage.list_roxchat_events("desk", 0, 100).await.expect("rows").len(), 24);
}

#[tokio::test]
async fn acceptance_11_the_vendors_malformed_samples_are_refused_and_the_batch_goes_on() {
    let daemon = Daemon::with(DESK).await;
    let page = Page::open(&daemon, "a");
    let mut events: Vec<Value> = MALFORMED.map(Value::from).to_vec();
    events.insert(2, said("visitor", "Hello"));
    let results = page.try_tell(&events).await;
    assert_eq!(statuses(&results), ["refused", "refused", "stored", "refused", "refused", "refused"]);
    for refused in results.iter().filter(|result| result["status"] == "refused") {
        assert_eq!((&refused["reason"], &refused["code"]), (&json!("invalid_json"), &json!(400)), "{refused}");
    }
    assert_eq!(told(&chat(&daemon).await), ["Hello"]);
    let kept = daemon.state.storage.list_roxchat_events("desk", 0, 10).await.expect("rows");
    assert_eq!(kept.len(), 6, "what was refused is kept as it came");
    assert_eq!(kept[0].raw, Value::from(MALFORMED[0]).to_string());
    // As the whole body they are no JSON at all.
    for sample in MALFORMED {
        let request = client().post(daemon.url(EVENTS)).header("content-type", "application/json").body(sample);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        answer.problem(400, "invalid_json");
    }
}

#[tokio::test]
async fn each_wrong_event_has_its_reason_and_a_retry_the_same() {
    let daemon = Daemon::with(DESK).await;
    let page = Page::open(&daemon, "a");
    let wrong = [
        (with(said("visitor", "x"), "chatId", json!("7")), "chat_id_not_integer", 422),
        (with(said("visitor", "x"), "chatId", json!(7.5)), "chat_id_not_integer", 422),
        (with(said("visitor", "x"), "messageText", json!({})), "wrong_type", 422),
        (with(said("visitor", "x"), "roxchatVisitorId", json!(null)), "visitor_missing", 422),
        (json!({"source": "evil", "event": "newMessageAdded", "params": {}}), "source_unknown", 422),
        (json!(null), "invalid_event", 422),
        (json!("not json"), "invalid_json", 400),
        (json!([1, 2]), "invalid_event", 422),
    ];
    let batch = page.batch(&wrong.clone().map(|(event, ..)| event));
    for _ in 0..2 {
        let results = results(&post(&daemon, &batch).await);
        for (result, (event, reason, code)) in results.iter().zip(&wrong) {
            assert_eq!(result["status"], "refused", "{event}");
            assert_eq!((&result["reason"], &result["code"]), (&json!(reason), &json!(code)), "{event}");
            assert!(result["detail"].as_str().is_some_and(|words| words.len() > 20), "{result}");
        }
    }
    assert_eq!(chats(&daemon).await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_is_newer_than_the_daemon_is_kept_and_said_to_be() {
    let daemon = Daemon::with(DESK).await;
    let page = Page::open(&daemon, "a");
    let results = page.try_tell(&[event("operatorTyping", &json!({"x": 1})), said("hologram", "wave")]).await;
    assert_eq!(statuses(&results), ["stored", "stored"]);
    assert_eq!(results[0]["code"], 202);
    let chat = chat(&daemon).await;
    assert_eq!(chat["messages"][0]["kind"], "other");
    assert_eq!(told(&chat), Vec::<String>::new(), "a kind that is not known is kept, but told to nobody");
    let kept = daemon.state.storage.list_roxchat_events("desk", 0, 10).await.expect("rows");
    assert_eq!(kept[0].raw, event("operatorTyping", &json!({"x": 1})).to_string());
}

#[tokio::test]
async fn limits_of_bodies_batches_and_texts() {
    let daemon = Daemon::with(DESK).await;
    let page = Page::open(&daemon, "a");
    let many: Vec<Value> = (0..201).map(|n| said("visitor", &n.to_string())).collect();
    post(&daemon, &page.batch(&many)).await.problem(413, "batch_too_large");
    post(&daemon, &page.batch(&[said("visitor", &"x".repeat(256 * 1024))])).await.problem(413, "body_too_large");
    assert_eq!(chats(&daemon).await, Vec::<Value>::new());
    page.tell(&many[..200]).await;
    page.tell(&[said("visitor", &"ё".repeat(17 * 1024))]).await;
    let chat = chat(&daemon).await;
    let messages = chat["messages"].as_array().expect("messages");
    assert_eq!(messages.len(), 201);
    let long: Vec<&Value> = messages.iter().filter(|message| message["truncated"] == true).collect();
    assert_eq!(long.len(), 1);
    assert_eq!(long[0]["text"].as_str().expect("a text").len(), 32 * 1024);
}

#[tokio::test]
async fn bad_batches_are_refused_in_words() {
    let daemon = Daemon::with(DESK).await;
    for body in [
        json!([]),
        json!({}),
        json!({"stream": "a"}),
        json!({"stream": "", "events": []}),
        json!({"stream": "a b", "events": []}),
        json!({"stream": "x".repeat(65), "events": []}),
        json!({"stream": 5, "events": []}),
        json!({"stream": "a", "events": {}}),
        json!({"stream": "a", "events": [{"observedAt": 1, "event": {}}]}),
        json!({"stream": "a", "events": [{"seq": "1", "event": {}}]}),
        json!({"stream": "a", "events": [{"seq": -1, "event": {}}]}),
        json!({"stream": "a", "events": [null]}),
    ] {
        post(&daemon, &body).await.problem(422, "invalid_body");
    }
    post(&daemon, &json!({"stream": "a", "events": []})).await.ok();
    daemon.send("POST", "/v1/roxchat/other/events", &json!({})).await.problem(404, "unknown_workspace");
    daemon.send("POST", "/v1/roxchat/%FF/events", &json!({})).await.any_problem();
}

#[tokio::test]
async fn an_operators_token_is_asked_for_and_foreign_pages_are_refused() {
    let secret = "0123456789-0123456789-0123456789";
    let toml = format!(
        "{DESK}[operators]\nauth = 'jwt'\n[[operators.keys]]\nkid = 'k'\nalg = 'HS256'\nsecret = '{secret}'\n\
         [api]\nkeys = ['CANARY-api-key-0123456789']\n"
    );
    let daemon = Daemon::with(&toml).await;
    let batch = Page::open(&daemon, "a").batch(&[said("visitor", "Hello")]);
    post(&daemon, &batch).await.problem(401, "token_missing");
    for path in ["/v1/roxchat/desk/commands", "/v1/roxchat/desk/commands/rc_1/result"] {
        daemon.send("POST", path, &json!({})).await.problem(401, "token_missing");
    }
    daemon.get("/v1/roxchat/desk/contacts/1/outgoing").await.problem(401, "token_missing");
    daemon.send("POST", "/v1/roxchat/desk/visitors/sign", &json!({})).await.problem(401, "api_key_refused");
    for origin in ["null", "https://evil.example", "https://company.rox.chat", "https://company.rox.chat.evil.example"]
    {
        let request = client().post(daemon.url(EVENTS)).header("origin", origin).json(&batch);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        answer.problem(403, "origin_refused");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
    }
}
