//! Message logs (protocol 4.3, 4.4): each message once, whatever the browser calls its days.

use serde_json::{Value, json};

use crate::support::daemon::US;
use crate::support::vector::body;
use crate::support::{Daemon, NOW};
use crate::vectors::acme;

pub const CONVERSATION: &str = "7312904416650328117";
/// 2026-01-02T00:00:00Z.
pub const MIDNIGHT: i64 = 1_767_312_000_000;

pub fn message(id: u64, at: i64, text: &str) -> Value {
    json!({"id": id, "type": "SMS", "direction": "Inbound", "conversationId": CONVERSATION, "creationTime": at,
        "lastModifiedTime": at, "subject": text, "messageStatus": "Received", "availability": "Alive",
        "from": {"phoneNumber": "+16505550123"}, "to": [{"phoneNumber": "+16505550100"}], "attachments": []})
}

/// A post of one browser day. Messages come newest first.
pub fn post(date: &str, trigger: &str, messages: &[Value]) -> Value {
    json!({"triggerType": trigger, "redirect": false, "correspondentEntity": null, "conversation": {
        "conversationLogId": format!("{CONVERSATION}/{date}"), "conversationId": CONVERSATION, "date": date,
        "creationTime": messages[0]["creationTime"], "type": "SMS", "messages": messages, "conversationLogMatches": [],
        "self": {"phoneNumber": "+16505550100"}, "correspondents": [{"phoneNumber": "+16505550123"}]}})
}

/// (day, ids in their order) of each log.
async fn filed(daemon: &Daemon) -> Vec<(String, Vec<u64>)> {
    let logs = daemon.message_logs(CONVERSATION).await;
    let of = |log: &Value| {
        let messages = log["messages"].as_array().expect("messages");
        (
            log["day"].as_str().expect("a day").to_owned(),
            messages.iter().map(|m| m["id"].as_u64().expect("an id")).collect(),
        )
    };
    logs.iter().map(of).collect()
}

#[tokio::test]
async fn a_thread_from_two_browsers_over_midnight_has_each_message_once() {
    let daemon = Daemon::start().await;
    let hour = 3_600_000;
    let all: Vec<Value> = [(1, -9), (2, -2), (3, 1), (4, 20)]
        .map(|(id, hours)| message(id, MIDNIGHT + hours * hour, &format!("m{id}")))
        .to_vec();
    let of = |ids: &[usize]| ids.iter().rev().map(|id| all[id - 1].clone()).collect::<Vec<_>>();
    // Tokyo is nine hours ahead, Berlin one: 1 to 3 are Tokyo's second of January; Berlin's midnight
    // is between 1 and 3, too, and 4 is Tokyo's third.
    for _ in 0..2 {
        daemon.post("/messageLogger", &post("1/2/2026", "auto", &of(&[1, 2, 3]))).await;
        daemon.post("/messageLogger", &post("1/3/2026", "auto", &of(&[4]))).await;
        daemon.post("/messageLogger", &post("1.1.2026", "auto", &of(&[1, 2]))).await;
        daemon.post("/messageLogger", &post("2.1.2026", "manual", &of(&[3, 4]))).await;
    }
    let wanted = vec![("2026-01-01".to_owned(), vec![1, 2]), ("2026-01-02".to_owned(), vec![3, 4])];
    assert_eq!(filed(&daemon).await, wanted);
    // Every browser finds its own day by its own name; what spans two of our days names both.
    let asked: Vec<String> =
        ["1/2/2026", "1/3/2026", "1.1.2026", "2.1.2026", "2026/1/2"].map(|d| format!("{CONVERSATION}/{d}")).to_vec();
    let data = daemon.data("/messageLogger/match", &json!({"conversationLogIds": asked})).await;
    let counts: Vec<usize> = asked.iter().map(|key| data[key].as_array().map_or(99, Vec::len)).collect();
    assert_eq!(counts, [2, 1, 1, 1, 0], "{data}");
}

#[tokio::test]
async fn our_day_is_of_the_configured_zone() {
    let daemon = Daemon::with(&format!("{US}[service]\ntime_zone = 'America/New_York'\n")).await;
    let messages = [message(2, MIDNIGHT + 6 * 3_600_000, "later"), message(1, MIDNIGHT, "at seven in New York")];
    daemon.post("/messageLogger", &post("1/2/2026", "auto", &messages)).await;
    assert_eq!(filed(&daemon).await, [("2026-01-01".to_owned(), vec![1]), ("2026-01-02".to_owned(), vec![2])]);
}

#[tokio::test]
async fn a_message_takes_its_newer_status_and_stays_where_it_is() {
    let daemon = Daemon::start().await;
    let mut sent = message(1, MIDNIGHT - 10, "hi");
    sent["messageStatus"] = json!("Queued");
    daemon.post("/messageLogger", &post("1/1/2026", "auto", std::slice::from_ref(&sent))).await;
    sent["messageStatus"] = json!("Delivered");
    sent["lastModifiedTime"] = json!(MIDNIGHT + 50);
    sent["creationTime"] = json!(MIDNIGHT + 50);
    daemon.post("/messageLogger", &post("1/2/2026", "auto", &[sent])).await;
    let logs = daemon.message_logs(CONVERSATION).await;
    assert_eq!(logs.len(), 1, "{logs:?}");
    assert_eq!(logs[0]["messages"][0]["messageStatus"], "Delivered");
}

#[tokio::test]
async fn a_day_sent_with_fewer_messages_loses_none() {
    let daemon = Daemon::start().await;
    let three: Vec<Value> = (1..4).rev().map(|n| message(n, MIDNIGHT + i64::try_from(n).unwrap(), "x")).collect();
    daemon.post("/messageLogger", &post("1/2/2026", "auto", &three)).await;
    daemon.post("/messageLogger", &post("1/2/2026", "manual", &three[..1])).await;
    assert_eq!(filed(&daemon).await, [("2026-01-02".to_owned(), vec![1, 2, 3])]);
}

#[tokio::test]
async fn a_note_and_a_persons_contact_survive_automatic_posts() {
    let daemon = Daemon::start().await;
    let messages = [message(1, MIDNIGHT, "x")];
    let mut form = post("1/2/2026", "logForm", &messages);
    form["formData"] = json!({"contactId": "bob", "note": "call back"});
    form["note"] = json!("call back");
    daemon.post("/messageLogger", &form).await;
    let mut auto = post("1/2/2026", "auto", &messages);
    auto["correspondentEntity"] = json!({"id": "ann"});
    daemon.post("/messageLogger", &auto).await;
    let log = daemon.message_logs(CONVERSATION).await[0].clone();
    assert_eq!(
        (&log["contactId"], &log["decidedBy"], &log["note"]),
        (&json!("bob"), &json!("person"), &json!("call back"))
    );
    form["formData"]["contactId"] = json!("unknown");
    daemon.post("/messageLogger", &form).await;
    assert_eq!(daemon.message_logs(CONVERSATION).await[0]["contactId"], Value::Null);
}

#[tokio::test]
async fn tokens_doubled_and_inside_links_never_reach_the_disk() {
    let daemon = acme().await;
    let secret = "CANARYz9y8x7";
    for number in ["28", "29", "26"] {
        let mut post = body(number);
        let message = &mut post["conversation"]["messages"][0];
        let message_id = message["id"].clone();
        let uri = message["attachments"][0]["uri"].as_str().unwrap_or("https://m.example/content").to_owned();
        message["attachments"] = json!([{"id": 5, "contentType": "audio/mpeg",
            "uri": format!("{uri}?access_token={secret}?access_token={secret}"),
            "link": format!("https://r.example/?media=https%3A%2F%2Fm%2Fc%3Faccess_token%3D{secret}%3Faccess_token%3D{secret}")}]);
        message["transcript"] = json!(format!("hear {uri}?access_token={secret}"));
        message["subject"] = json!(format!("{uri}?ACCESS_TOKEN={secret}"));
        post["conversation"]["newKey"] = json!([{"uri": format!("{uri}?x=1&access_token={secret}")}]);
        post["newWidgetKey"] = json!(format!("{uri}?access_token={secret}"));
        daemon.post("/messageLogger", &post).await;
        let id = post["conversation"]["conversationId"].as_str().expect("an id").to_owned();
        let logs = daemon.message_logs(&id).await;
        let kept = logs.iter().flat_map(|log| log["messages"].as_array().expect("messages"));
        let kept = kept.into_iter().find(|message| message["id"] == message_id).expect("the message");
        assert_eq!(kept["attachments"][0]["uri"], uri, "the address itself is kept");
        assert!(!json!(logs).to_string().contains(secret), "{logs:?}");
    }
    let bytes = daemon.database_bytes();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "the token is on the disk");
}

#[tokio::test]
async fn selected_messages_already_logged_keep_their_log() {
    let daemon = Daemon::start().await;
    let messages = [message(2, MIDNIGHT + 5, "b"), message(1, MIDNIGHT, "a")];
    daemon.post("/messageLogger", &post("1/2/2026", "auto", &messages)).await;
    let selected = json!({"triggerType": "selectedLog", "selectedMessageIds": ["1"], "conversation": {
        "conversationId": CONVERSATION, "messages": messages, "type": "SMS"}});
    let first = daemon.data("/messageLogger", &selected).await["logId"].clone();
    assert_eq!(daemon.data("/messageLogger", &selected).await["logId"], first);
    assert_eq!(filed(&daemon).await, [("2026-01-02".to_owned(), vec![1, 2])]);
    let data = daemon
        .data("/messageLogger/match", &json!({"conversationId": CONVERSATION, "messageIds": [1, "2", "3"]}))
        .await;
    assert_eq!(data, json!({"1": {"logId": first}, "2": {"logId": first}}));
    let none = json!({"triggerType": "selectedLog", "selectedMessageIds": ["9"], "conversation": {
        "conversationId": CONVERSATION, "messages": messages}});
    daemon.try_post("/messageLogger", &none).await.problem(422, "invalid_body");
}

#[tokio::test]
async fn ids_beyond_two_to_the_53_and_ids_as_text_are_the_same_messages() {
    let daemon = Daemon::start().await;
    let big = 9_007_199_254_740_993_u64;
    daemon.post("/messageLogger", &post("1/2/2026", "auto", &[message(big, MIDNIGHT, "x")])).await;
    let mut text = message(big, MIDNIGHT, "x");
    text["id"] = json!(big.to_string());
    let mut again = post("1/2/2026", "auto", &[text]);
    again["conversation"]["conversationId"] = json!(7_312_904_416_650_328_117_u64);
    daemon.post("/messageLogger", &again).await;
    let logs = daemon.message_logs(CONVERSATION).await;
    assert_eq!((logs.len(), logs[0]["messages"].as_array().map(Vec::len)), (1, Some(1)), "{logs:?}");
}

#[tokio::test]
async fn a_group_conversation_is_an_activity_of_each_of_its_people() {
    let daemon = Daemon::start().await;
    daemon
        .contacts(&[
            json!({"id": "ann", "name": "Ann", "phoneNumbers": ["+16505550123"]}),
            json!({"id": "bob", "name": "Bob", "phoneNumbers": ["+16505550124"]}),
        ])
        .await;
    let mut group = post("1/2/2026", "auto", &[message(1, MIDNIGHT, "hello both")]);
    group["conversation"]["correspondents"] = json!([{"phoneNumber": "+16505550123"}, {"phoneNumber": "+16505550124"}]);
    daemon.post("/messageLogger", &group).await;
    for id in ["ann", "bob"] {
        let listed = daemon.data("/activities", &json!({"contact": {"id": id}})).await;
        assert_eq!(listed.as_array().map(Vec::len), Some(1), "{id}: {listed}");
        assert!(listed[0]["subject"].as_str().expect("a subject").contains("hello both"), "{listed}");
    }
}

#[tokio::test]
async fn activities_are_newest_first_over_calls_and_messages() {
    let daemon = acme().await;
    daemon.post("/callLogger", &body("19")).await;
    daemon.post("/messageLogger", &body("26")).await;
    daemon.post("/messageLogger", &body("28")).await;
    let listed = daemon.data("/activities", &json!({"contact": {"id": "ct_1001"}})).await;
    let times: Vec<i64> = listed.as_array().expect("a list").iter().map(|a| a["time"].as_i64().expect("ms")).collect();
    assert!(times.len() >= 3 && times.is_sorted_by(|a, b| a >= b), "{listed}");
    assert!(times.iter().all(|time| *time >= NOW), "milliseconds");
    for odd in [json!({"contact": null}), json!({}), json!({"contact": {}}), json!({"contact": "nobody"})] {
        assert_eq!(daemon.data("/activities", &odd).await, json!([]), "{odd}");
    }
}
