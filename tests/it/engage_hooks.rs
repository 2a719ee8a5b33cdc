//! Conversations from Engage Digital: its webhook, the reads over its API, and whose they are.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::delivery::{self, drain};
use crate::support::digital::{Digital, HOOK_SECRET, content, event};
use crate::support::journal::Journal;
use crate::support::{Answer, Daemon};

pub const HOOK: &str = "/v1/engage/hooks/support";

/// A daemon with a CRM, the shop and its community.
pub async fn community(digital: &Digital, journal: &Journal, lines: &str) -> Daemon {
    let site = format!(
        "[engage.sites.shop]\ndomain = 'acme'\nsource_token = 'a1'\nkeys = [{{ id = 'k', secret = '0123456789abcdef01234567' }}]\n{lines}\n"
    );
    delivery::daemon(journal, &format!("{site}{}", digital.toml("['shop']"))).await
}

pub async fn post(daemon: &Daemon, secrets: &[&str], body: String) -> Answer {
    let mut request = daemon.client.post(daemon.url(HOOK)).header("content-type", "application/json").body(body);
    for secret in secrets {
        request = request.header("x-dimelo-secret", *secret);
    }
    Answer::of(request.send().await.expect("an answer")).await
}

/// A delivery of the webhook, taken; how many of its events were new.
pub async fn tell(daemon: &Daemon, events: &[Value]) -> i64 {
    let answer = post(daemon, &[HOOK_SECRET], json!({"id": "r", "domain_id": 1, "events": events}).to_string()).await;
    assert_eq!(answer.status, 200, "only 200 is an answer to Engage: {}", answer.text);
    answer.json()["stored"].as_i64().expect("a number")
}

pub async fn sync(daemon: &Daemon, body: &Value) -> Value {
    daemon.send("POST", "/v1/engage/communities/support/sync", body).await.ok()
}

async fn conversations(daemon: &Daemon) -> Vec<Value> {
    let found = daemon.get("/v1/conversations?channel=engage").await.ok()["items"].as_array().expect("items").clone();
    let mut whole = Vec::new();
    for one in found {
        whole.push(daemon.get(&format!("/v1/conversations/{}", one["id"].as_str().expect("an id"))).await.ok());
    }
    whole
}

pub async fn only(daemon: &Daemon) -> Value {
    let mut all = conversations(daemon).await;
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// The transcript: what is shown, in its order.
pub fn texts(conversation: &Value) -> Vec<&str> {
    let messages = conversation["messages"].as_array().expect("messages").iter();
    messages.filter(|message| message["shown"] == true).map(|message| message["text"].as_str().expect("text")).collect()
}

pub async fn minted(daemon: &Daemon, contact: &str) -> String {
    let body = json!({"contactId": contact});
    let minted = daemon.send("POST", "/v1/engage/sites/shop/identities/mint", &body).await.ok();
    minted["uuid"].as_str().expect("a uuid").to_owned()
}

#[tokio::test]
async fn doubled_and_unordered_webhooks_make_one_log_with_an_ordered_transcript() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, "").await;
    let uuid = minted(&daemon, "crm:1").await;
    digital.identity("i1", json!({"id": "i1", "uuid": uuid, "screenname": "Ada", "email": "ada@example.com"}));
    let mut welcome = content("c0", "source", 0, "Welcome to our chat");
    welcome["auto_submitted"] = json!(true);
    let mut answer = content("c2", "agents", 20, "Of course");
    (answer["creator_id"], answer["status"]) = (json!("u1"), json!("user_reply"));
    let mut secret = content("c3", "agents", 25, "she is a VIP");
    secret["private"] = json!(true);
    for record in
        [welcome, content("c1", "i1", 10, "Can you help?"), answer, secret, content("c4", "i1", 30, "Thanks <b>")]
    {
        digital.say("t1", record);
    }
    let events = [
        event("e5", "content.thread_closed", "t1", 40),
        event("e4", "content.imported", "t1", 30),
        event("e1", "content.imported", "t1", 10),
        event("e2", "content.exported", "t1", 20),
        event("e0", "content.thread_opened", "t1", 0),
    ];
    assert_eq!(tell(&daemon, &events[..3]).await, 3);
    assert_eq!(tell(&daemon, &events).await, 2);
    sync(&daemon, &Value::Null).await;
    assert_eq!(tell(&daemon, &events).await, 0, "Engage sends at least once");
    sync(&daemon, &json!({"threadId": "t1"})).await;

    let chat = only(&daemon).await;
    assert_eq!(texts(&chat), ["Can you help?", "Of course", "Thanks <b>"]);
    let all: Vec<(&str, &str)> = chat["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (message["author"].as_str().unwrap(), message["kind"].as_str().unwrap()))
        .collect();
    assert_eq!(
        all,
        [
            ("system", "automatic"),
            ("visitor", "visitor"),
            ("agent", "agent"),
            ("internal", "internal"),
            ("visitor", "visitor")
        ]
    );
    assert_eq!(
        (&chat["state"], &chat["closedBy"], &chat["revision"]),
        (&json!("closed"), &json!("operator"), &json!(1))
    );
    assert_eq!((&chat["contactId"], &chat["identity"]["verified"]), (&json!("crm:1"), &json!(true)));
    drain(&daemon).await;
    let logs = journal.logs();
    assert_eq!((logs.len(), logs[0].contact.as_deref()), (1, Some("1")));
    assert!(logs[0].text.contains("Can you help?") && !logs[0].text.contains("VIP"), "{}", logs[0].text);
    assert!(!logs[0].text.contains("Welcome to our chat"), "{}", logs[0].text);

    // The visitor goes on: the same conversation, the same log.
    digital.say("t1", content("c5", "i1", 50, "One more thing"));
    assert_eq!(tell(&daemon, &[event("e6", "content.imported", "t1", 50)]).await, 1);
    sync(&daemon, &Value::Null).await;
    let chat = only(&daemon).await;
    assert_eq!((&chat["state"], &chat["revision"]), (&json!("open"), &json!(2)));
    tell(&daemon, &[event("e7", "content.thread_auto_closed", "t1", 60)]).await;
    sync(&daemon, &Value::Null).await;
    let chat = only(&daemon).await;
    assert_eq!((&chat["closedBy"], &chat["revision"]), (&json!("idle"), &json!(3)));
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1);
    assert!(journal.logs()[0].text.contains("One more thing"), "{}", journal.logs()[0].text);
    let timeline = daemon.get("/v1/contacts/crm:1/activities").await.ok();
    assert_eq!((timeline["items"].as_array().unwrap().len(), &timeline["items"][0]["channel"]), (1, &json!("engage")));
}

#[tokio::test]
async fn an_intervention_that_closes_tells_the_crm_and_ends_nothing() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, "").await;
    let uuid = minted(&daemon, "crm:1").await;
    digital.identity("i1", json!({"id": "i1", "uuid": uuid}));
    digital.say("t1", content("c1", "i1", 10, "Hello"));
    tell(&daemon, &[event("e1", "content.imported", "t1", 10)]).await;
    sync(&daemon, &Value::Null).await;
    assert_eq!(only(&daemon).await["revision"], 0);
    for _ in 0..2 {
        tell(&daemon, &[event("e2", "intervention.closed", "t1", 20)]).await;
        sync(&daemon, &json!({"threadId": "t1"})).await;
        let chat = only(&daemon).await;
        assert_eq!((&chat["state"], &chat["revision"]), (&json!("open"), &json!(1)));
    }
    daemon.clock.advance(3_600_000);
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1);
}

#[tokio::test]
async fn long_threads_are_read_by_pages_of_150() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, "").await;
    digital.identity("i1", json!({"id": "i1", "uuid": "stranger"}));
    for n in 0..300 {
        digital.say("t1", content(&format!("c{n:03}"), "i1", n, &format!("line {n}")));
    }
    sync(&daemon, &json!({"threadId": "t1"})).await;
    let asked = digital.asked();
    let pages: Vec<&String> = asked.iter().filter(|line| line.contains("/contents?")).collect();
    assert_eq!(pages.len(), 2, "{asked:?}");
    assert!(pages[0].contains("offset=0&limit=150") && pages[1].contains("offset=150&limit=150"), "{pages:?}");
    assert!(pages[0].contains("order%3Acreated_at.asc"), "{pages:?}");
    let chat = only(&daemon).await;
    let texts = texts(&chat);
    assert_eq!((texts.len(), texts[0], texts[299]), (300, "line 0", "line 299"));
    digital.say("t1", content("c300", "i1", 301, "line 300"));
    sync(&daemon, &json!({"threadId": "t1"})).await;
    assert_eq!(only(&daemon).await["messages"].as_array().map(Vec::len), Some(301));
}

#[tokio::test]
async fn an_api_that_asks_for_rest_or_fails_is_asked_again_later_and_nothing_is_lost() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, "").await;
    digital.identity("i1", json!({"id": "i1", "uuid": "stranger"}));
    digital.say("t1", content("c1", "i1", 10, "Hello"));
    digital.say("t2", content("c2", "i1", 11, "Hello again"));
    digital.fail([ResponseTemplate::new(429).insert_header("retry-after", "30")]);
    tell(&daemon, &[event("e1", "content.imported", "t1", 10)]).await;
    let words = async |daemon: &Daemon| sync(daemon, &Value::Null).await["waiting"].clone();
    let waiting = words(&daemon).await;
    assert_eq!((&waiting[0]["threadId"], waiting.as_array().map(Vec::len)), (&json!("t1"), Some(1)), "{waiting}");
    assert!(waiting[0]["words"].as_str().is_some_and(|words| !words.is_empty()), "{waiting}");
    // A community that rests is asked nothing, about other threads either.
    digital.asked();
    tell(&daemon, &[event("e2", "content.imported", "t2", 11)]).await;
    daemon.clock.advance(29_000);
    assert_eq!(words(&daemon).await.as_array().map(Vec::len), Some(2));
    assert_eq!(digital.asked(), Vec::<String>::new());
    daemon.clock.advance(1_000);
    assert_eq!(words(&daemon).await, json!([]));
    assert_eq!(conversations(&daemon).await.len(), 2);

    // A server error, then half an answer, then a token that is refused: each leaves the thread waiting.
    digital.say("t1", content("c3", "i1", 12, "Still there?"));
    for (fault, wait) in [
        (ResponseTemplate::new(503), 5_000),
        (ResponseTemplate::new(200).set_body_string("{\"records\":["), 10_000),
        (ResponseTemplate::new(403), 900_000),
    ] {
        digital.fail([fault]);
        if wait == 5_000 {
            tell(&daemon, &[event("e3", "content.imported", "t1", 12)]).await;
        }
        let waiting = words(&daemon).await;
        assert_eq!(waiting.as_array().map(Vec::len), Some(1), "{waiting}");
        assert!(!waiting.to_string().contains("api-token"), "{waiting}");
        daemon.clock.advance(wait - 1);
        assert_eq!(words(&daemon).await.as_array().map(Vec::len), Some(1));
        daemon.clock.advance(1);
    }
    assert_eq!(words(&daemon).await, json!([]));
    let told: Vec<String> = conversations(&daemon).await.iter().flat_map(texts).map(ToOwned::to_owned).collect();
    assert!(told.contains(&"Still there?".to_owned()), "{told:?}");
}

#[tokio::test]
async fn what_was_told_before_a_crash_is_read_after_it() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, "").await;
    digital.identity("i1", json!({"id": "i1", "uuid": "stranger"}));
    digital.say("t1", content("c1", "i1", 10, "Hello"));
    digital.fail((0..3).map(|_| ResponseTemplate::new(500)));
    tell(&daemon, &[event("e1", "content.imported", "t1", 10)]).await;
    let after = daemon.after_a_crash().await;
    drop(daemon.stop().await);
    for _ in 0..4 {
        after.clock.advance(900_000);
        sync(&after, &Value::Null).await;
    }
    assert_eq!(texts(&only(&after).await), ["Hello"]);
}

#[tokio::test]
async fn a_visitor_is_put_on_a_contact_only_where_that_is_safe() {
    for (lines, uuid, linked, suggested) in [
        // Only signed identities are taken: whoever comes with the uuid was given it.
        ("", None, json!("crm:1"), Value::Null),
        ("uuid = 'crm_id'", None, json!("crm:1"), Value::Null),
        ("uuid = 'crm_id'", Some("crm:2"), json!("crm:2"), Value::Null),
        // Anybody can claim a uuid: one that was minted for and cannot be guessed is safe, others are not.
        ("mode = 'accept'", None, json!("crm:1"), Value::Null),
        ("mode = 'accept'\nuuid = 'crm_id'", None, Value::Null, json!("crm:1")),
        ("mode = 'accept'\nuuid = 'crm_id'", Some("crm:2"), Value::Null, json!("crm:2")),
        ("mode = 'reject'\nuuid = 'crm_id'", None, Value::Null, json!("crm:1")),
        ("link = 'suggest'", None, Value::Null, json!("crm:1")),
        ("link = 'off'", None, Value::Null, Value::Null),
        ("", Some("a-stranger-0123456789"), Value::Null, Value::Null),
        ("uuid = 'crm_id'", Some("crm:gone"), Value::Null, Value::Null),
    ] {
        let (digital, journal) = (Digital::start().await, Journal::new());
        let daemon = community(&digital, &journal, lines).await;
        let ours = minted(&daemon, "crm:1").await;
        digital.identity("i1", json!({"id": "i1", "uuid": uuid.unwrap_or(&ours)}));
        digital.say("t1", content("c1", "i1", 10, "Hello"));
        sync(&daemon, &json!({"threadId": "t1"})).await;
        let chat = only(&daemon).await;
        assert_eq!((&chat["contactId"], &chat["identity"]["suggested"]), (&linked, &suggested), "{lines} {uuid:?}");
        assert_eq!(chat["identity"]["verified"], json!(!lines.contains("mode")), "{lines}");
    }
}

#[tokio::test]
async fn a_thread_without_words_or_visitor_is_no_trouble() {
    let (digital, journal) = (Digital::start().await, Journal::new());
    let daemon = community(&digital, &journal, "").await;
    tell(&daemon, &[event("e1", "content.thread_opened", "empty", 1)]).await;
    // The identity is gone, a record has no time, a text is longer than what is kept.
    digital.say("odd", content("c1", "gone", 10, &"ё".repeat(40_000)));
    digital.say("odd", json!({"id": "c2", "created_at": "soon", "body": "x"}));
    tell(&daemon, &[event("e2", "content.imported", "odd", 10)]).await;
    let done = sync(&daemon, &Value::Null).await;
    assert_eq!((&done["waiting"], &done["failed"]), (&json!([]), &json!(0)));
    let chat = only(&daemon).await;
    let message = &chat["messages"][0];
    assert_eq!((&message["truncated"], message["text"].as_str().map(str::len)), (&json!(true), Some(32 * 1024)));
    assert_eq!(chat["identity"]["externalId"], "gone");
}
