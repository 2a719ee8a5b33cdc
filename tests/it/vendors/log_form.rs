//! What was answered in the log form stands in the CRM's own fields: when the log is made, when it is
//! edited, and after a form that was saved with the field empty.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Site, hubspot, pipedrive, salesforce, zoho};
use crate::conformance::{Person, World};
use crate::delivery::{ADA, CONFIG, drain, entries};
use crate::log_form::{FIELDS, call};
use crate::support::Daemon;

/// HubSpot's own outcomes are known by such ids.
const CONNECTED: &str = "f240bbac-87c9-4f6e-bf70-924b57d47db7";
const NO_ANSWER: &str = "73a0d17f-1163-4015-bdd5-ec830791da20";

struct Case {
    site: Site,
    /// The two outcomes, as the CRM knows them.
    outcomes: [&'static str; 2],
    /// The field of the record with the outcome.
    outcome: &'static str,
    /// Where the administrator puts the reason; in the text where it is empty.
    reason: &'static str,
    /// Whether the record says `true` in words.
    urgent: (&'static str, Value),
}

async fn through<W: World>(world: &mut W, mut case: Case, calls: fn(&W) -> Vec<Value>) {
    let ids = world.add(&[Person::new("Ada", "Lovelace", ADA)]).await;
    let places = [("reason", case.reason), ("urgent", case.urgent.0)];
    case.site.config.logs.call_fields.extend(
        places.iter().filter(|(_, name)| !name.is_empty()).map(|(field, name)| ((*field).into(), (*name).into())),
    );
    let connector = case.site.unhurried().connector();
    let fields = FIELDS.replace("'won'", &format!("'{}'", case.outcomes[0]));
    let fields = fields.replace("'lost'", &format!("'{}'", case.outcomes[1]));
    let config = format!("{CONFIG}{fields}");
    let daemon = Daemon::with_upstreams(&config, BTreeMap::from([("crm".to_owned(), connector)])).await;
    daemon.sync("crm", &json!({})).await;
    let contact = format!("crm:{}", ids[0]);
    let save = async |form: Value| -> Value {
        let mut form = form;
        form["contact"] = json!(contact);
        daemon.post("/callLogger", &call("logForm", Some(form))).await;
        drain(&daemon).await;
        let entries = entries(&daemon).await;
        assert_eq!(entries[0]["state"], "delivered", "{entries:?}");
        let calls = calls(world);
        assert_eq!(calls.len(), 1);
        calls[0].clone()
    };
    let at = |record: &Value, name: &str| record[name].clone();
    let made = save(json!({"disposition": case.outcomes[0], "reason": "Price", "urgent": true})).await;
    assert_eq!(at(&made, case.outcome), case.outcomes[0], "{made}");
    let text = made.to_string();
    assert!(!text.contains("Outcome: "), "it has a place, so the text does not say it: {text}");
    if case.reason.is_empty() {
        assert!(text.contains("Reason: Price"), "{text}");
    } else {
        assert_eq!((at(&made, case.reason), text.contains("Reason: ")), (json!("Price"), false), "{text}");
        assert_eq!(at(&made, case.urgent.0), case.urgent.1);
    }

    let edited = save(json!({"disposition": case.outcomes[1], "note": "Call back"})).await;
    assert_eq!(at(&edited, case.outcome), case.outcomes[1], "{edited}");
    assert!(edited.to_string().contains("Call back"));

    let emptied = save(json!({"disposition": "", "reason": null, "note": "Called back"})).await;
    assert!(emptied.to_string().contains("Called back"), "it was written again");
    assert_eq!(at(&emptied, case.outcome), case.outcomes[1], "an empty field clears nothing: {emptied}");
    if !case.reason.is_empty() {
        assert_eq!(at(&emptied, case.reason), "Price");
    }
}

#[tokio::test]
async fn into_hubspot() {
    let mut portal = hubspot::portal().await;
    for name in ["lost_reason", "is_urgent"] {
        portal.fake.define("calls", name, false);
    }
    let case = Case {
        site: portal.site(),
        outcomes: [CONNECTED, NO_ANSWER],
        outcome: "hs_call_disposition",
        reason: "lost_reason",
        urgent: ("is_urgent", json!("true")),
    };
    through(&mut portal, case, |portal| {
        portal.fake.written("calls").iter().map(|call| call["properties"].clone()).collect()
    })
    .await;
}

#[tokio::test]
async fn into_salesforce() {
    let mut org = salesforce::org().await;
    for name in ["Lost_Reason__c", "Urgent__c"] {
        org.fake.define("Task", name);
    }
    let case = Case {
        site: org.site(),
        outcomes: ["Reached", "Not reached"],
        outcome: "CallDisposition",
        reason: "Lost_Reason__c",
        urgent: ("Urgent__c", json!(true)),
    };
    through(&mut org, case, |org| org.fake.tasks()).await;
}

#[tokio::test]
async fn into_zoho() {
    let mut org = zoho::org().await;
    for name in ["Lost_Reason", "Urgent"] {
        org.fake.define("Calls", name);
    }
    let case = Case {
        site: org.site(),
        outcomes: ["Interested", "Not interested"],
        outcome: "Call_Result",
        reason: "Lost_Reason",
        urgent: ("Urgent", json!(true)),
    };
    through(&mut org, case, |org| org.fake.written("Calls")).await;
}

/// Pipedrive's activities have no outcome: an administrator may make activity types of the outcomes.
#[tokio::test]
async fn into_pipedrive() {
    let mut company = pipedrive::company().await;
    let mut site = company.site();
    site.config.logs.call_fields.insert("disposition".into(), "type".into());
    let case = Case { site, outcomes: ["meeting", "task"], outcome: "type", reason: "", urgent: ("", Value::Null) };
    through(&mut company, case, |company| company.fake.activities()).await;
}

/// Salesforce's own word for how a call ended stays where nobody answered.
#[tokio::test]
async fn without_an_answer_the_record_is_as_before() {
    let mut org = salesforce::org().await;
    let ids = org.add(&[Person::new("Ada", "Lovelace", ADA)]).await;
    let connector = org.site().unhurried().connector();
    let config = format!("{CONFIG}{FIELDS}");
    let daemon = Daemon::with_upstreams(&config, BTreeMap::from([("crm".to_owned(), connector)])).await;
    daemon.sync("crm", &json!({})).await;
    let mut click = call("createLog", None);
    click["call"]["fromMatches"] = json!([{"id": format!("crm:{}", ids[0]), "name": "Ada Lovelace"}]);
    daemon.post("/callLogger", &click).await;
    drain(&daemon).await;
    assert_eq!(org.fake.tasks()[0]["CallDisposition"], "Accepted");
}
