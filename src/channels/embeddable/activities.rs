//! `/activities`: what was done with this contact, newest first (protocol 3.5).

use serde::Deserialize;
use serde_json::{Value, json};

use super::wire::{Answer, Call, Reply};
use crate::domain::json;
use crate::storage::activities::ActivityPlace;

/// Lines of an answer: the widget shows them all at once.
const MOST: i64 = 100;

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    contact: Value,
}

pub(super) async fn handle(call: Call) -> Answer {
    let request: Request = call.parse()?;
    // `data` that is no array breaks the widget's page, so that a contact without an id has none.
    let contact = json::id_of(Some(&request.contact));
    let activities = match &contact {
        Some(id) => call.state.storage.list_activities(id, &ActivityPlace::first(), MOST).await?,
        None => Vec::new(),
    };
    let data: Vec<Value> = activities
        .iter()
        .map(|a| json!({"id": a.id, "subject": a.subject, "time": a.time, "kind": a.kind.word(), "contactId": contact}))
        .collect();
    Ok(Reply::new(&json!({"data": data})))
}
