//! The declarative connector writes: types, hostile values, steps and captures, finding before repeating.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{LogKind, NewContact, NewPhone, Trouble, UpdateLog};
use wiremock::{Request, ResponseTemplate};

use crate::support::rest::{Api, body, call_log, manifest, ok, param, rig};

const HOSTILE: &str = "O'Neil \"x\"\\\n{{ 7 * 7 }} {% raw %} & <b> #?/../ \u{1F4DE}";

fn text(more: &str) -> String {
    manifest("request = { path = '/people' }", more)
}

#[tokio::test]
async fn values_keep_their_types_and_never_change_the_shape() {
    let api = Api::start(|_| ok(&json!({"id": 77}))).await;
    let rig = rig(
        &api,
        &text(
            r#"
[vars.field]
description = "a field"
default = "cf_1"
[call.create]
capture = { id = "id" }
[call.create.request]
method = "POST"
path = "/people/{{ log.contact_id }}/calls"
query = { note = "{{ log.body }}", none = "{{ log.recording_url }}", many = ["{{ log.seconds }}", 2], flag = true }
headers = { X-Result = "{{ log.result }}", X-None = "{{ log.recording_url }}" }
[call.create.request.body]
seconds = "{{ log.seconds }}"
minutes = "{{ log.seconds / 60 }}"
text = "{{ log.seconds }} s"
inbound = "{{ log.inbound }}"
nothing = "{{ log.recording_url }}"
recording = "{{ log.recording_url or omit }}"
note = "{{ log.body }}"
form = "{{ log.form }}"
fixed = [1, 2.5, true, { a = "b" }]
when = { "$if" = "log.seconds > 60", "$then" = { long = true }, "$else" = "{{ omit }}" }
short = { "$if" = "log.seconds < 60", "$then" = 1 }
who = { "$each" = "[log.from, log.to]", "$as" = "number", "$item" = { n = "{{ number }}", i = "{{ index }}" } }
"{{ vars.field }}" = "{{ log.key }}"
"#,
        ),
    );
    let mut entry = call_log("key-1");
    entry.body = HOSTILE.into();
    entry.contact_id = Some("a/../b?c#d".into());
    entry.form.insert("n".into(), json!({"deep": [1, null]}));
    assert_eq!(rig.connector.create_log(&Whose::Company, &entry).await.expect("written"), "77");
    let request = api.requests().await.remove(0);
    assert_eq!(request.url.path(), "/people/a%2F..%2Fb%3Fc%23d/calls");
    assert_eq!(param(&request, "note").as_deref(), Some(HOSTILE));
    assert_eq!(param(&request, "none"), None);
    let many: Vec<String> = request.url.query_pairs().filter(|(k, _)| k == "many").map(|(_, v)| v.into()).collect();
    assert_eq!((many, param(&request, "flag").as_deref()), (vec!["61".into(), "2".into()], Some("true")));
    assert_eq!(request.headers["x-result"], "Accepted");
    assert!(!request.headers.contains_key("x-none"));
    assert_eq!(
        body(&request),
        json!({
            "seconds": 61, "minutes": 61.0 / 60.0, "text": "61 s", "inbound": true, "nothing": null, "note": HOSTILE,
            "form": {"n": {"deep": [1, null]}}, "fixed": [1, 2.5, true, {"a": "b"}], "when": {"long": true},
            "who": [{"n": "+16505550100", "i": 0}, {"n": "+16505550101", "i": 1}], "cf_1": "key-1"
        })
    );
    for id in ["..", ".", ""] {
        entry.contact_id = Some(id.into());
        let error = rig.connector.create_log(&Whose::Company, &entry).await.expect_err("refused");
        assert_eq!((error.trouble, error.unclear), (Trouble::Rejected, false));
        assert!(error.words.contains("`call.create.request.path`"), "{error}");
    }
    entry.contact_id = Some("1".into());
    entry.result = "two\r\nX-Evil: 1".into();
    assert!(rig.connector.create_log(&Whose::Company, &entry).await.is_err(), "a header of two lines");
    assert_eq!(api.asked().await.len(), 1, "nothing of this was sent");
}

#[tokio::test]
async fn forms_are_encoded() {
    let api = Api::start(|_| ok(&json!({"id": "f"}))).await;
    let rig = rig(
        &api,
        &text(
            "[message.create]\ncapture = { id = 'id' }\n[message.create.request]\nmethod = 'POST'\npath = '/notes'\n\
             body_format = 'form'\nbody = { text = '{{ log.body }}', none = '{{ none }}', n = 1 }\n",
        ),
    );
    let mut entry = call_log("k");
    entry.kind = LogKind::Message;
    entry.body = HOSTILE.into();
    assert_eq!(rig.connector.create_log(&Whose::Company, &entry).await.expect("written"), "f");
    let request = api.requests().await.remove(0);
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
    assert_eq!(pairs, [("n".into(), "1".into()), ("text".into(), HOSTILE.into())]);
    assert!(rig.connector.create_log(&Whose::Company, &call_log("k")).await.is_err(), "calls are not logged");
}

const STEPS: &str = r#"
[[call.create]]
capture = { id = "data.id", rev = "data.rev" }
request = { method = "POST", path = "/calls", body = { key = "{{ log.key }}" } }
[[call.create]]
when = "log.contact_id"
request = { method = "PUT", path = "/calls/{{ captured.id }}/to/{{ log.contact_id }}", body = { rev = "{{ captured.rev }}" } }
[call.update]
request = { method = "PATCH", path = "/calls/{{ log.id }}", body = { note = "{{ log.body }}" } }
[call.find]
request = { path = "/calls", query = { q = "{{ log.key }}" } }
records = "found"
id = "id"
key = "key"
[capabilities]
update_log = "replace"
"#;

#[tokio::test]
async fn steps_use_what_earlier_steps_captured() {
    let api = Api::start(|request: &Request| match request.method.as_str() {
        "POST" => ok(&json!({"data": {"id": 12_345_678_901_234_i64, "rev": [1]}})),
        _ => ResponseTemplate::new(204),
    })
    .await;
    let rig = rig(&api, &text(STEPS));
    let mut entry = call_log("k");
    assert_eq!(rig.connector.create_log(&Whose::Company, &entry).await.expect("written"), "12345678901234");
    assert_eq!(api.asked().await, ["POST /calls", "PUT /calls/12345678901234/to/17"]);
    assert_eq!(body(&api.requests().await[1]), json!({"rev": [1]}));
    entry.contact_id = None;
    rig.connector.create_log(&Whose::Company, &entry).await.expect("written");
    assert_eq!(api.asked().await.len(), 3, "a step that is not wanted is left out");
    // A later attempt knows what an earlier one captured, and does not make it again.
    entry.contact_id = Some("17".into());
    entry.captured = json!({"id": 9, "rev": 2}).as_object().expect("a table").clone();
    assert_eq!(rig.connector.create_log(&Whose::Company, &entry).await.expect("written"), "9");
    assert_eq!(api.asked().await[3..], ["PUT /calls/9/to/17"]);
    rig.connector.update_log(&Whose::Company, "9", &entry).await.expect("changed");
    assert_eq!(api.asked().await[4..], ["PATCH /calls/9"]);
    let can = rig.connector.capabilities();
    assert!(can.write_call_log && can.find_log && !can.write_message_log && !can.create_contact);
    assert_eq!(can.update_log, UpdateLog::Replace);
}

#[tokio::test]
async fn what_fails_half_way_is_unclear() {
    for second in [400, 401, 403, 404, 429, 500] {
        let api = Api::start(move |request: &Request| match request.method.as_str() {
            "POST" => ok(&json!({"data": {"id": 1, "rev": 1}})),
            _ => ResponseTemplate::new(second),
        })
        .await;
        let error =
            rig(&api, &text(STEPS)).connector.create_log(&Whose::Company, &call_log("k")).await.expect_err("half");
        assert!(error.unclear, "{second}: {error}");
    }
    let api = Api::start(|_| ok(&json!({"data": {"id": 1}}))).await;
    let error =
        rig(&api, &text(STEPS)).connector.create_log(&Whose::Company, &call_log("k")).await.expect_err("no rev");
    assert_eq!((error.trouble, error.unclear), (Trouble::Broken, true));
    assert!(error.words.contains("`data.rev`"), "{error}");
}

#[tokio::test]
async fn a_500_after_the_fact_is_found_and_not_repeated() {
    let made: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (store, turn) = (made.clone(), AtomicUsize::new(0));
    let api = Api::start(move |request: &Request| {
        let mut made = store.lock().expect("a lock");
        match request.method.as_str() {
            "POST" => {
                let id = made.len() + 1;
                made.push(json!({"id": id, "key": body(request)["key"]}));
                match turn.fetch_add(1, Ordering::SeqCst) {
                    0 => ResponseTemplate::new(500).set_body_string("it is done, but"),
                    _ => ok(&json!({"data": {"id": made.len(), "rev": 0}})),
                }
            }
            // The search is a loose one, and finds others too.
            "GET" => ok(&json!({"found": *made})),
            _ => ResponseTemplate::new(204),
        }
    })
    .await;
    let rig = rig(&api, &text(STEPS));
    let company = Whose::Company;
    assert_eq!(rig.connector.find_log(&company, LogKind::Call, "key-2").await.expect("a search"), None);
    let error = rig.connector.create_log(&company, &call_log("key-2")).await.expect_err("a 500");
    assert!(error.unclear && error.trouble == Trouble::Down, "{error}");
    assert_eq!(rig.connector.find_log(&company, LogKind::Call, "key-2").await.expect("a search").as_deref(), Some("1"));
    assert_eq!(rig.connector.find_log(&company, LogKind::Call, "key").await.expect("a search"), None, "exactly ours");
    assert_eq!(made.lock().expect("a lock").len(), 1);
}

const CONTACTS: &str = r#"
phones = "tel"
[contact.create]
capture = { id = "id" }
[contact.create.request]
method = "POST"
path = "/people"
body = { last = "{{ contact.last_name }}", first = "{{ contact.first_name or omit }}", tel = "{{ contact.phone }}", mail = "{{ contact.email or omit }}" }
[contact.update.request]
method = "PATCH"
path = "/people/{{ contact.id }}"
body = { last = "{{ contact.last_name }}" }
[fetch]
request = { path = "/people/{{ id }}" }
"#;

fn ada() -> NewContact {
    let phone = NewPhone { phone_number: "+16505550100".into(), phone_type: "mobile".into() };
    NewContact { name: "Ada Lovelace".into(), phone_numbers: vec![phone], ..NewContact::default() }
}

#[tokio::test]
async fn contacts_are_made_and_returned_as_they_stand() {
    let api = Api::start(|request: &Request| match request.method.as_str() {
        "POST" => ResponseTemplate::new(201).set_body_json(json!({"id": 31})),
        "PATCH" => ResponseTemplate::new(204),
        _ => ok(&json!({"id": 31, "name": "A. Lovelace", "tel": ["+1 650 555 0100"]})),
    })
    .await;
    let rig = rig(&api, &text(CONTACTS));
    let record = rig.connector.create_contact(&Whose::Company, &ada()).await.expect("made");
    assert_eq!((record.external_id.as_str(), record.contact["name"].as_str()), ("31", Some("A. Lovelace")));
    assert_eq!(body(&api.requests().await[0]), json!({"last": "Lovelace", "first": "Ada", "tel": "+16505550100"}));
    let record = rig.connector.update_contact(&Whose::Company, "31", &ada()).await.expect("changed");
    assert_eq!(record.external_id, "31");
    assert_eq!(api.asked().await, ["POST /people", "GET /people/31", "PATCH /people/31", "GET /people/31"]);
}

#[tokio::test]
async fn a_contact_that_was_made_is_never_lost() {
    // The API shows it late, or not at all: what was given stands in.
    for shown in [404, 500] {
        let api = Api::start(move |request: &Request| match request.method.as_str() {
            "POST" => ok(&json!({"id": "new"})),
            _ => ResponseTemplate::new(shown),
        })
        .await;
        let record = rig(&api, &text(CONTACTS)).connector.create_contact(&Whose::Company, &ada()).await.expect("made");
        assert_eq!(record.external_id, "new");
        assert_eq!(record.contact["phoneNumbers"], json!([{"phoneNumber": "+16505550100", "phoneType": "mobile"}]));
    }
}
