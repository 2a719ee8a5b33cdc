//! Fields of an administrator's own in the log form: shown, saved, kept, told to the CRM.

use serde_json::{Value, json};

use crate::delivery::{ADA, daemon, drain, entries, record};
use crate::message_logs::{MIDNIGHT, message, post};
use crate::support::Daemon;
use crate::support::journal::Journal;

/// An outcome and a reason for calls, a topic for conversations.
pub const FIELDS: &str = "[[service.call_fields]]\nid = 'disposition'\ntype = 'option'\nname = 'Outcome'\nrequired = true\n\
    options = [{ id = 'won', name = 'She <ordered>' }, { id = 'lost', name = 'Lost' }]\n\
    [[service.call_fields]]\nid = 'reason'\ntype = 'string'\nname = 'Reason'\nplaceholder = 'Price'\n\
    [[service.call_fields]]\nid = 'urgent'\ntype = 'boolean'\nname = 'Urgent'\n\
    [[service.message_fields]]\nid = 'topic'\ntype = 'text'\nname = 'Topic'\nvalue = 'Orders'\n";

/// A call that the operator logs by a click, or saves the form of.
pub fn call(trigger: &str, form: Option<Value>) -> Value {
    let mut post = record("7", ADA, None);
    post["triggerType"] = json!(trigger);
    post["redirect"] = json!(true);
    post["call"]["fromMatches"] = json!([{"id": "crm:1", "name": "Ada Lovelace", "phoneNumbers": []}]);
    if let Some(form) = form {
        post["formData"] = form;
    }
    post
}

fn page<'a>(answer: &'a Value, kind: &str) -> &'a Value {
    let commands = answer["commands"].as_array().expect("commands");
    assert_eq!(commands.len(), 2, "{commands:?}");
    assert_eq!(commands[0]["type"], format!("rc-adapter-update-{kind}-page"));
    &commands[0]["page"]
}

#[tokio::test]
async fn the_form_of_a_call_asks_for_them_and_shows_what_was_answered() {
    let daemon = Daemon::with(FIELDS).await;
    let manifest = daemon.get("/embeddable/service").await.ok();
    assert_eq!(manifest["service"]["showLogModal"], false, "the widget's own form has no place for them");
    let answer = daemon.post("/callLogger", &call("createLog", None)).await;
    let shown = page(&answer, "call-log");
    let fields = &shown["schema"]["properties"];
    let options = json!([{"const": "won", "title": "She <ordered>"}, {"const": "lost", "title": "Lost"}]);
    assert_eq!(fields["disposition"], json!({"type": "string", "title": "Outcome", "oneOf": options}));
    assert_eq!(fields["urgent"], json!({"type": "boolean", "title": "Urgent"}));
    assert_eq!(shown["uiSchema"]["reason"], json!({"ui:placeholder": "Price"}));
    assert_eq!(shown["schema"]["required"], json!(["contact", "disposition"]));
    assert_eq!(shown["formData"], json!({"contact": "crm:1", "note": "", "urgent": false}), "nothing is answered");
    assert_eq!(answer["commands"][1]["path"], "/log/call/7");

    let form = json!({"contact": "crm:1", "note": "n", "disposition": "won", "reason": "", "urgent": true});
    daemon.post("/callLogger", &call("logForm", Some(form))).await;
    // A second form, opened before that was known.
    daemon
        .post("/callLogger", &call("logForm", Some(json!({"contact": "crm:1", "disposition": "", "note": ""}))))
        .await;
    let again = daemon.post("/callLogger", &call("editLog", None)).await;
    let wanted = json!({"contact": "crm:1", "note": "n", "disposition": "won", "urgent": true});
    assert_eq!(page(&again, "call-log")["formData"], wanted);
}

#[tokio::test]
async fn a_conversation_is_asked_about_only_where_there_is_something_to_ask() {
    let mut click = post("1/2/2026", "manual", &[message(1, MIDNIGHT, "Hello")]);
    click["redirect"] = json!(true);
    let plain = Daemon::start().await;
    assert_eq!(plain.post("/messageLogger", &click).await["commands"], json!([]));

    let daemon = Daemon::with(FIELDS).await;
    let answer = daemon.post("/messageLogger", &click).await;
    let shown = page(&answer, "messages-log");
    assert_eq!(shown["formData"]["topic"], "Orders", "the default");
    assert_eq!(shown["uiSchema"]["topic"], json!({"ui:widget": "textarea"}));
    assert_eq!(answer["commands"][1]["path"], "/log/messages/7312904416650328117");
    let saved = |topic: &str| {
        let mut save = click.clone();
        save["triggerType"] = json!("logForm");
        save["formData"] = json!({"contact": "unknown", "topic": topic});
        save
    };
    daemon.post("/messageLogger", &saved("Delivery")).await;
    daemon.post("/messageLogger", &saved("")).await;
    let again = daemon.post("/messageLogger", &click).await;
    assert_eq!(page(&again, "messages-log")["formData"]["topic"], "Delivery");
    // Of the posts of one click, one for each day, only the newest leads anywhere.
    click["redirect"] = json!(false);
    assert_eq!(daemon.post("/messageLogger", &click).await["commands"], json!([]));
}

#[tokio::test]
async fn what_the_crm_has_no_place_for_stands_in_the_text() {
    let journal = Journal::new();
    let daemon = daemon(&journal, FIELDS).await;
    daemon.post("/callLogger", &call("createLog", None)).await;
    let form =
        json!({"contact": "crm:1", "disposition": "won", "reason": "Price & <b>", "urgent": false, "extra": "x"});
    daemon.post("/callLogger", &call("logForm", Some(form))).await;
    drain(&daemon).await;
    let text = journal.logs()[0].text.clone();
    assert!(text.contains("\nOutcome: She <ordered>\nReason: Price & <b>\nUrgent: No"), "{text}");
    assert!(!text.contains("extra"), "only what was declared: {text}");
    // Another answer is an update, an empty one and one that is no option change nothing.
    journal.asked();
    for disposition in ["lost", "", "nonsense"] {
        let form = json!({"contact": "crm:1", "disposition": disposition});
        daemon.post("/callLogger", &call("logForm", Some(form))).await;
        drain(&daemon).await;
        if disposition != "nonsense" {
            let text = journal.logs()[0].text.clone();
            assert!(text.contains("Outcome: Lost\nReason: Price"), "{disposition}: {text}");
        }
    }
    assert_eq!(entries(&daemon).await[0]["state"], "delivered");
    assert_eq!(journal.logs().len(), 1);
}

#[tokio::test]
async fn the_lines_can_be_left_out() {
    let journal = Journal::new();
    let lines = format!("[delivery]\nlines = ['note']\n{FIELDS}");
    let daemon = daemon(&journal, &lines).await;
    daemon.post("/callLogger", &call("logForm", Some(json!({"contact": "crm:1", "disposition": "won"})))).await;
    drain(&daemon).await;
    assert!(!journal.logs()[0].text.contains("Outcome"), "{}", journal.logs()[0].text);
}
