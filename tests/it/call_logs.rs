//! Call logs by the rules of protocol 4.1.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::vector::body;
use crate::support::{Answer, Daemon};
use crate::vectors::acme;

const SESSION: &str = "318220457011";
const POSTS: [&str; 5] = ["16", "17", "18", "19", "20"];

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.len() < 2 {
        return vec![items.to_vec()];
    }
    let mut all = Vec::new();
    for (place, first) in items.iter().enumerate() {
        let rest: Vec<usize> = items.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, i)| *i).collect();
        all.extend(permutations(&rest).into_iter().map(|mut tail| {
            tail.insert(0, *first);
            tail
        }));
    }
    all
}

/// What a log says of its call, whatever came first.
fn facts(log: &Value) -> Value {
    let call = &log["call"];
    json!({
        "phase": log["phase"], "contact": log["contactId"], "remote": log["remoteNumber"], "started": log["startedAt"],
        "result": call["result"], "duration": call["duration"], "id": call["id"], "action": call["action"],
        "recording": call["recording"], "status": call["telephonyStatus"], "from": call["from"], "to": call["to"],
        "telephony": log["telephonySessionId"], "aiNote": log["aiNote"], "transcript": log["transcript"],
    })
}

#[tokio::test]
async fn the_five_posts_in_every_order_are_one_log_with_the_same_facts() {
    let daemon = acme().await;
    let orders = permutations(&[0, 1, 2, 3, 4]);
    assert_eq!(orders.len(), 120);
    let mut first: Option<Value> = None;
    for (n, order) in orders.iter().enumerate() {
        let session = format!("9{n:05}");
        for place in order {
            let mut body = body(POSTS[*place]);
            body["call"]["sessionId"] = json!(session);
            body["call"]["telephonySessionId"] = json!(format!("s-{n}"));
            daemon.post("/callLogger", &body).await;
        }
        let logs = daemon.calls(&session).await;
        assert_eq!(logs.len(), 1, "{order:?}");
        let mut facts = facts(&logs[0]);
        facts["telephony"] = json!(null);
        let wanted = first.get_or_insert_with(|| facts.clone());
        assert_eq!(&facts, wanted, "{order:?}");
    }
    let facts = first.expect("facts");
    assert_eq!(
        (&facts["phase"], &facts["result"], &facts["duration"]),
        (&json!("history"), &json!("Accepted"), &json!(75))
    );
    assert_eq!(facts["status"], Value::Null, "a call that is over has no live status");
}

#[tokio::test]
async fn a_late_live_post_never_overwrites_the_history() {
    let daemon = acme().await;
    daemon.post("/callLogger", &body("20")).await;
    let before = daemon.calls(SESSION).await[0].clone();
    for number in ["16", "17", "18", "21"] {
        daemon.post("/callLogger", &body(number)).await;
    }
    let after = daemon.calls(SESSION).await[0].clone();
    for key in body("20")["call"].as_object().expect("a call").keys() {
        assert_eq!(before["call"].get(key), after["call"].get(key), "{key}");
    }
    assert_eq!(after["phase"], "history");
}

#[tokio::test]
async fn a_note_survives_every_later_post_and_an_empty_form() {
    let daemon = acme().await;
    daemon.post("/callLogger", &body("16")).await;
    daemon.post("/callLogger", &body("23")).await;
    let mut empty = body("23");
    empty["note"] = json!("");
    empty["formData"]["note"] = json!("");
    for later in [body("18"), body("19"), body("20"), empty, body("22")] {
        daemon.post("/callLogger", &later).await;
        assert_eq!(daemon.calls(SESSION).await[0]["note"], "Wants quote");
    }
    let mut changed = body("23");
    changed["note"] = json!("Wants two");
    changed["formData"]["note"] = json!("Wants two");
    daemon.post("/callLogger", &changed).await;
    let log = daemon.calls(SESSION).await[0].clone();
    assert_eq!((&log["note"], &log["earlierNotes"]), (&json!("Wants two"), &json!(["Wants quote"])));
}

#[tokio::test]
async fn the_persons_contact_wins_over_the_machines() {
    let daemon = acme().await;
    let mut chosen = body("23");
    chosen["formData"]["contact"] = json!("ct_1002");
    for order in [[0, 1], [1, 0]] {
        let posts = [body("16"), chosen.clone()];
        for place in order {
            daemon.post("/callLogger", &posts[place]).await;
        }
        let log = daemon.calls(SESSION).await[0].clone();
        assert_eq!((&log["contactId"], &log["decidedBy"]), (&json!("ct_1002"), &json!("person")));
    }
    let mut nobody = body("23");
    nobody["formData"]["contact"] = json!("unknown");
    daemon.post("/callLogger", &nobody).await;
    daemon.post("/callLogger", &body("20")).await;
    let log = daemon.calls(SESSION).await[0].clone();
    assert_eq!((&log["contactId"], &log["decidedBy"]), (&Value::Null, &json!("person")), "nobody is a choice too");
}

#[tokio::test]
async fn a_shared_number_waits_for_the_operator() {
    let daemon = acme().await;
    let mut ringing = body("16");
    ringing["fromEntity"] = Value::Null;
    ringing["call"]["fromMatches"] = json!([{"id": "ct_1001"}, {"id": "ct_1002"}]);
    daemon.post("/callLogger", &ringing).await;
    let log = daemon.calls(SESSION).await[0].clone();
    assert_eq!((&log["contactId"], &log["decidedBy"]), (&Value::Null, &json!("nobody")));
    let mut picked = body("22");
    picked["triggerType"] = json!("contactUpdated");
    picked["redirect"] = json!(false);
    daemon.post("/callLogger", &picked).await;
    assert_eq!(daemon.calls(SESSION).await[0]["contactId"], "ct_1001");
}

#[tokio::test]
async fn a_transfer_keeps_the_caller_and_tells_the_new_number() {
    let daemon = acme().await;
    daemon.post("/callLogger", &body("16")).await;
    daemon.post("/callLogger", &body("21")).await;
    let log = daemon.calls(SESSION).await[0].clone();
    assert_eq!(log["call"]["isTransferredCall"], true);
    assert_eq!(log["call"]["transferredMiddleNumber"], "+16505550123");
    assert_eq!(log["call"]["from"]["phoneNumber"], "+16505550199");
    assert_eq!(log["remoteNumber"], "+16505550123");
}

#[tokio::test]
async fn a_call_with_a_telephony_session_id_alone_is_joined_when_its_session_id_comes() {
    let daemon = acme().await;
    let mut early = body("16");
    early["call"].as_object_mut().expect("a call").remove("sessionId");
    daemon.post("/callLogger", &early).await;
    let telephony = early["call"]["telephonySessionId"].as_str().expect("an id").to_owned();
    assert_eq!(daemon.calls(&telephony).await.len(), 1);
    daemon.post("/callLogger", &body("19")).await;
    let logs = daemon.calls(&telephony).await;
    assert_eq!(logs.len(), 1, "one call, one log: {logs:?}");
    assert_eq!(logs[0]["sessionId"], SESSION);
    early["call"]["sessionId"] = Value::Null;
    daemon.post("/callLogger", &early).await;
    assert_eq!(daemon.calls(&telephony).await.len(), 1);
    assert_eq!(daemon.calls(SESSION).await[0]["phase"], "history");
    let mut nameless = body("16");
    nameless["call"] = json!({"direction": "Inbound"});
    let problem = daemon.try_post("/callLogger", &nameless).await.problem(422, "invalid_body");
    assert!(problem["detail"].as_str().expect("words").contains("sessionId"));
}

#[tokio::test]
async fn ids_as_numbers_are_the_same_call() {
    let daemon = acme().await;
    let mut number = body("16");
    number["call"]["sessionId"] = json!(318_220_457_011_u64);
    daemon.post("/callLogger", &number).await;
    daemon.post("/callLogger", &body("19")).await;
    assert_eq!(daemon.calls(SESSION).await.len(), 1);
    let data = daemon.data("/callLogger/match", &json!({"sessionIds": [318_220_457_011_u64, null]})).await;
    assert_eq!(data[SESSION].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn recordings_are_stored_without_their_access_token() {
    let daemon = acme().await;
    let secret = "CANARYa1b2c3";
    let mut recorded = body("20");
    let recording = &mut recorded["call"]["recording"];
    let uri = recording["contentUri"].as_str().expect("a uri").to_owned();
    recording["contentUri"] = json!(format!("{uri}?access_token={secret}"));
    recording["uri"] = json!(format!("{uri}?access_token={secret}&access_token={secret}"));
    recording["link"] = json!(format!(
        "https://r.example/?media=https%3A%2F%2Fm.example%2Fcontent%3Faccess_token%3D{secret}&x=https%253A%252F%252Fm%253Faccess_token%253D{secret}"
    ));
    recorded["call"]["legs"] = json!([{"recording": {"contentUri": format!("{uri}?a=1&access_token={secret}")}}]);
    recorded["call"]["accessToken"] = json!(secret);
    recorded["newWidgetKey"] = json!({"uri": format!("{uri}?access_token={secret}")});
    recorded["formData"] = json!({"text": format!("{uri}?access_token={secret}"), "field": {"access_token": secret}});
    recorded["transcript"] = json!(format!("Ann: {uri}?access_token={secret}"));
    daemon.post("/callLogger", &recorded).await;
    let log = daemon.calls(SESSION).await[0].clone();
    assert_eq!(log["call"]["recording"]["contentUri"], uri, "the address itself is kept");
    assert!(!log.to_string().contains(secret), "{log}");
    let bytes = daemon.database_bytes();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "the token is on the disk");
    let text = daemon.data("/callLogger/match", &json!({"sessionIds": [SESSION]})).await.to_string();
    assert!(!text.contains(secret), "{text}");
}

#[tokio::test]
async fn fifty_identical_posts_at_once_are_one_log() {
    let daemon = acme().await;
    let answers = all_at_once(&daemon, vec![body("16"); 50]).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(daemon.calls(SESSION).await.len(), 1);
    let listed = daemon.get("/v1/call-logs?limit=1000").await.ok();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn fifty_different_posts_of_one_call_at_once_are_one_log_with_the_history() {
    let daemon = acme().await;
    let kinds = ["16", "17", "18", "19", "20", "21", "22", "23"];
    let posts = (0..50).map(|n| body(kinds[n % kinds.len()])).collect();
    let answers = all_at_once(&daemon, posts).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let logs = daemon.calls(SESSION).await;
    assert_eq!(logs.len(), 1);
    let log = &logs[0];
    assert_eq!(
        (&log["phase"], &log["call"]["result"], &log["note"]),
        (&json!("history"), &json!("Accepted"), &json!("Wants quote"))
    );
    assert_eq!(log["call"]["duration"], 75);
    assert_eq!(log["call"]["recording"]["id"], "7718203004", "the late recording is not lost");
}

async fn all_at_once(daemon: &Daemon, bodies: Vec<Value>) -> Vec<Answer> {
    let mut posts = JoinSet::new();
    for body in bodies {
        let request = daemon.client.post(daemon.url("/embeddable/callLogger")).json(&body);
        posts.spawn(async move { Answer::of(request.send().await.expect("an answer")).await });
    }
    posts.join_all().await
}
