//! A contact from an unknown number: the form in the widget, and `POST /v1/contacts`.

use serde_json::{Value, json};

use crate::settings_authorize::two;
use crate::support::Daemon;
use crate::support::daemon::{US, ids, person};

pub const NUMBER: &str = "+16505550177";

fn call(from: &str, name: &str) -> Value {
    json!({"button": {"id": "createContact", "type": "callAction", "label": "Create contact"},
        "resource": {"sessionId": "1", "direction": "Inbound", "from": {"phoneNumber": from, "name": name}, "to": {"phoneNumber": "+16505550100"}}})
}

/// The command of a type, which must be there.
#[track_caller]
pub fn command<'a>(answer: &'a Value, kind: &str) -> &'a Value {
    find(answer, kind).unwrap_or_else(|| panic!("no {kind}: {answer}"))
}

pub fn find<'a>(answer: &'a Value, kind: &str) -> Option<&'a Value> {
    answer["commands"].as_array()?.iter().find(|command| command["type"] == kind || command["path"] == kind)
}

pub fn page(answer: &Value) -> &Value {
    &command(answer, "rc-adapter-register-customized-page")["page"]
}

pub fn notice(page: &Value) -> &str {
    page["schema"]["properties"]["notice"]["description"].as_str().unwrap_or_default()
}

pub async fn open(daemon: &Daemon, number: &str) -> Value {
    page(&daemon.post("/button", &call(number, "")).await).clone()
}

pub async fn save(daemon: &Daemon, page: &Value, changes: Value) -> Value {
    let mut form = page["formData"].clone();
    for (key, value) in changes.as_object().expect("changes") {
        form[key] = value.clone();
    }
    daemon.post("/button", &json!({"button": {"id": page["id"], "type": "submit", "formData": form}})).await
}

async fn typed(daemon: &Daemon, page: &Value, number: &str) -> Value {
    let form = json!({"name": "", "phoneNumber": number});
    daemon.post("/page/changed", &json!({"page": page, "formData": form, "keys": ["phoneNumber"]})).await
}

#[tokio::test]
async fn a_caller_becomes_a_contact() {
    let daemon = Daemon::start().await;
    let pressed = daemon.post("/button", &call(NUMBER, "LOVELACE ADA")).await;
    let form = page(&pressed);
    assert_eq!(
        form["formData"],
        json!({"name": "LOVELACE ADA", "company": "", "phoneNumber": NUMBER, "phoneType": "phone", "email": "", "connector": "local"})
    );
    assert_eq!((&form["type"], &form["schema"]["required"]), (&json!("page"), &json!(["name"])));
    assert_eq!(form["uiSchema"]["submitButtonOptions"]["submitText"], "Save");
    assert_eq!(notice(form), "");
    let way = format!("/customized/{}", form["id"].as_str().expect("an id"));
    assert_eq!(command(&pressed, "rc-adapter-navigate-to")["path"], way);

    let typed =
        json!({"name": "Ada Lovelace", "company": "Analytical", "email": "ada@example.com", "phoneType": "mobile"});
    let saved = save(&daemon, form, typed).await;
    let [id] = &daemon.matched(NUMBER).await[..] else { panic!("one contact") };
    let made = daemon.get(&format!("/v1/contacts/{id}")).await.ok();
    assert_eq!(
        made,
        json!({"id": id, "name": "Ada Lovelace", "phoneNumbers": [{"phoneNumber": NUMBER, "phoneType": "mobile"}],
            "emails": ["ada@example.com"], "company": "Analytical"})
    );
    assert_eq!(command(&saved, "rc-adapter-trigger-contact-match")["phoneNumbers"], json!([NUMBER]));
    command(&saved, "rc-adapter-sync-third-party-contacts");
    let alert = &command(&saved, "/custom-alert-message")["body"];
    assert_eq!(
        (&alert["message"], &alert["level"]),
        (&json!("Ada Lovelace was added to Address book"), &json!("success"))
    );
    assert_eq!(command(&saved, "rc-adapter-navigate-to")["path"], "/history");
    assert_eq!(ids(&daemon.data("/contacts", &json!({})).await), [id], "read your writes");
}

#[tokio::test]
async fn from_every_place_that_shows_a_number() {
    let daemon = Daemon::start().await;
    let outbound = json!({"button": {"id": "createContact", "type": "callAction"},
        "resource": {"direction": "Outbound", "from": {"phoneNumber": "+16505550100"}, "to": {"phoneNumber": NUMBER}}});
    assert_eq!(page(&daemon.post("/button", &outbound).await)["formData"]["phoneNumber"], NUMBER);
    let text = json!({"button": {"id": "createContact", "type": "messageAction"},
        "resource": {"conversationId": "73/4", "correspondents": [{"phoneNumber": "(650) 555-0177", "name": "A"}]}});
    let pressed = daemon.post("/button", &text).await;
    let form = page(&pressed);
    assert_eq!(form["formData"]["phoneNumber"], NUMBER, "national spellings are read");
    let saved = save(&daemon, form, json!({"name": "Ada"})).await;
    assert_eq!(command(&saved, "rc-adapter-navigate-to")["path"], "/conversations/73%2F4");
    assert_eq!(
        command(&saved, "rc-adapter-trigger-contact-match")["phoneNumbers"],
        json!(["(650) 555-0177", NUMBER]),
        "as the widget lists it, and as it is"
    );
    // A withheld number is typed in, or left out.
    for odd in [json!({}), json!({"from": {}}), json!({"from": null, "direction": 1}), json!("x"), json!(null)] {
        let press = json!({"button": {"id": "createContact", "type": "callAction"}, "resource": odd});
        let form = page(&daemon.post("/button", &press).await).clone();
        assert_eq!(form["formData"]["phoneNumber"], "", "{odd}");
    }
}

#[tokio::test]
async fn a_form_saved_twice_makes_one_contact() {
    let daemon = Daemon::start().await;
    let form = open(&daemon, NUMBER).await;
    let clicks = (0..5).map(|_| save(&daemon, &form, json!({"name": "Ada"})));
    for answer in futures_util::future::join_all(clicks).await {
        assert_eq!(command(&answer, "/custom-alert-message")["body"]["level"], "success", "{answer}");
    }
    save(&daemon, &form, json!({"name": "Ada", "phoneNumber": ""})).await;
    assert_eq!(daemon.get("/v1/contacts").await.ok()["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn two_tabs_make_one_contact_unless_somebody_insists() {
    let daemon = Daemon::start().await;
    let (one, two) = (open(&daemon, NUMBER).await, open(&daemon, NUMBER).await);
    assert_ne!(one["id"], two["id"]);
    let (first, second) =
        tokio::join!(save(&daemon, &one, json!({"name": "Ada"})), save(&daemon, &two, json!({"name": "Ada L."})));
    assert_eq!(daemon.matched(NUMBER).await.len(), 1);
    let (late, form) = if find(&first, "/custom-alert-message").is_some() { (second, two) } else { (first, one) };
    let told = page(&late);
    assert!(notice(told).contains("is already Ada"), "{late}");
    assert_eq!(told["id"], form["id"], "the form stays");
    assert!(find(&late, "rc-adapter-navigate-to").is_none(), "{late}");
    // Two people may share a number: who was told may go on.
    save(&daemon, &form, json!({"name": "Ben"})).await;
    assert_eq!(daemon.matched(NUMBER).await.len(), 2);
}

#[tokio::test]
async fn a_known_number_is_said_at_once_and_while_it_is_typed() {
    let daemon = Daemon::start().await;
    let mut ann = person("ann", "Ann Harbor", NUMBER);
    ann["company"] = json!("Harbor Tools");
    daemon.contacts(&[ann]).await;
    let known = page(&daemon.post("/button", &call(NUMBER, "HARBOR ANN")).await).clone();
    assert_eq!(
        notice(&known),
        format!("{NUMBER} is already Ann Harbor (Harbor Tools). Save only if this is somebody else.")
    );
    assert_eq!(known["formData"]["name"], "", "not the other one's name");

    let form = open(&daemon, "+16505550188").await;
    assert_eq!(typed(&daemon, &form, "+1650555018").await["commands"], json!([]));
    let told = typed(&daemon, &form, "650 555 0177").await;
    assert!(notice(page(&told)).contains("already Ann Harbor"), "{told}");
    assert!(page(&told).get("formData").is_none(), "what is typed meanwhile is not undone");
    assert_eq!(typed(&daemon, page(&told), "650 555 0177").await["commands"], json!([]), "it is shown already");
    assert_eq!(notice(page(&typed(&daemon, page(&told), "650 555 019").await)), "", "and goes again");
    // Told once is enough.
    save(&daemon, &form, json!({"name": "Ben", "phoneNumber": "650 555 0177"})).await;
    assert_eq!(daemon.matched(NUMBER).await.len(), 2);
    let listed = open(&daemon, NUMBER).await;
    assert!(notice(&listed).contains("Ann Harbor (Harbor Tools), Ben."), "{listed}");
}

#[tokio::test]
async fn what_cannot_be_saved_is_said_in_the_form() {
    let daemon = Daemon::start().await;
    let form = open(&daemon, NUMBER).await;
    for (wrong, words) in [
        (json!({"name": " "}), "Give a name"),
        (json!({"name": "Ada", "phoneNumber": "withheld"}), "no phone number"),
        (json!({"name": "Ada", "email": "ada"}), "no e-mail address"),
        (json!({"name": "n".repeat(2_000)}), "longer than 1000"),
        (json!({"name": "Ada", "connector": "nowhere"}), "no connector"),
    ] {
        let answer = save(&daemon, &form, wrong.clone()).await;
        let told = page(&answer);
        assert!(notice(told).contains(words), "{words}: {}", notice(told));
        assert_eq!(told["uiSchema"]["notice"], json!({"ui:field": "admonition", "ui:severity": "error"}));
        assert_eq!(
            told["formData"]["email"],
            wrong.get("email").cloned().unwrap_or(json!("")),
            "nothing typed is lost"
        );
    }
    assert_eq!(daemon.get("/v1/contacts").await.ok()["items"], json!([]));
    save(&daemon, &form, json!({"name": "Ada"})).await;
    assert_eq!(daemon.matched(NUMBER).await.len(), 1, "and then it is");
}

#[tokio::test]
async fn a_form_of_before_a_restart_is_asked_again() {
    let daemon = Daemon::start().await;
    let (saved, form) = (open(&daemon, NUMBER).await, open(&daemon, "+16505550188").await);
    save(&daemon, &saved, json!({"name": "Ada"})).await;
    let daemon = daemon.restart().await;
    // The answer to the first was lost, and the adapter sends it again: nobody is made twice.
    let again = save(&daemon, &saved, json!({"name": "Ada", "company": "Analytical"})).await;
    assert!(notice(page(&again)).contains("already Ada"), "{again}");
    assert_eq!(daemon.matched(NUMBER).await.len(), 1);
    let again = save(&daemon, &form, json!({"name": "Ben", "company": "Difference"})).await;
    let fresh = page(&again);
    assert!(notice(fresh).contains("restarted"), "{again}");
    assert_ne!(fresh["id"], form["id"]);
    assert_eq!(
        (&fresh["formData"]["name"], &fresh["formData"]["company"]),
        (&json!("Ben"), &json!("Difference")),
        "nothing typed is lost"
    );
    save(&daemon, fresh, json!({})).await;
    assert_eq!(daemon.matched("+16505550188").await.len(), 1);
}

#[tokio::test]
async fn nobody_saves_another_operators_form() {
    let (mut daemon, [ann, bob]) = two("").await;
    daemon.bearer = Some(ann);
    let form = open(&daemon, NUMBER).await;
    daemon.bearer = Some(bob);
    let answer = save(&daemon, &form, json!({"name": "Ada"})).await;
    assert_ne!(page(&answer)["id"], form["id"], "{answer}");
    assert_eq!(daemon.matched(NUMBER).await, [""; 0]);
    assert_eq!(typed(&daemon, &form, NUMBER).await["commands"], json!([]));
}

#[tokio::test]
async fn the_button_can_be_left_out() {
    let daemon = Daemon::start().await;
    let registered = daemon.get("/embeddable/service").await.ok()["service"].clone();
    assert_eq!(registered["buttonEventPath"], "/button");
    assert_eq!(registered["customizedPageInputChangedEventPath"], "/page/changed");
    for button in registered["buttons"].as_array().expect("buttons") {
        for key in ["id", "type", "icon", "label"] {
            assert!(button[key].is_string(), "the widget drops a button without {key}: {button}");
        }
    }
    let daemon = Daemon::with(&format!("{US}[service]\ncreate_contact = false\n")).await;
    let without = daemon.get("/embeddable/service").await.ok()["service"].clone();
    for key in ["buttonEventPath", "buttons", "customizedPageInputChangedEventPath"] {
        assert!(without.get(key).is_none(), "{key}: {without}");
    }
    assert_eq!(daemon.post("/button", &call(NUMBER, "")).await["commands"], json!([]));
}

#[tokio::test]
async fn a_program_makes_a_contact_without_an_id() {
    let daemon = Daemon::start().await;
    let body = json!({"firstName": "Ada", "lastName": "Lovelace", "company": "Analytical",
        "phoneNumbers": [{"phoneNumber": "(650) 555-0177", "phoneType": "mobile"}], "emails": ["ada@example.com"]});
    let answer = daemon.send("POST", "/v1/contacts", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let made = answer.json();
    let id = made["id"].as_str().expect("an id");
    assert_eq!(answer.header("location"), Some(format!("/v1/contacts/{id}").as_str()));
    assert_eq!((&made["name"], &made["company"]), (&json!("Ada Lovelace"), &json!("Analytical")));
    assert_eq!(daemon.get(&format!("/v1/contacts/{id}")).await.ok(), made);
    assert_eq!(daemon.matched(NUMBER).await, [id]);
    for named in [json!({"name": "Ben", "connector": "local"}), json!({"name": "Cleo", "connector": null})] {
        assert_eq!(daemon.send("POST", "/v1/contacts", &named).await.status, 201);
    }
    let unknown = daemon.send("POST", "/v1/contacts", &json!({"name": "Ada", "connector": "crm"})).await;
    let problem = unknown.problem(422, "unknown_connector");
    assert!(problem["fix"].as_str().is_some_and(|fix| fix.contains("local")), "{problem}");
    for wrong in [
        json!({}),
        json!([]),
        json!({"id": "a", "name": "Ada"}),
        json!({"name": 7}),
        json!({"name": "Ada", "connector": []}),
    ] {
        daemon.send("POST", "/v1/contacts", &wrong).await.problem(422, "invalid_body");
    }
}

#[tokio::test]
async fn a_program_needs_a_key_to_make_one() {
    let (mut daemon, [ann, _]) = two("").await;
    daemon.bearer = Some(ann);
    daemon.send("POST", "/v1/contacts", &json!({"name": "Ada"})).await.problem(401, "api_key_refused");
}
