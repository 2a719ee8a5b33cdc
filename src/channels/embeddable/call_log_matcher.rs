//! `/callLogger/match`: which of these calls has this operator logged (protocol 3.6).

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::deliveries;
use super::wire::{Answer, Call, Keys, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    session_ids: Keys,
}

pub(super) async fn handle(call: Call) -> Answer {
    let Request { session_ids: Keys(asked) } = call.parse()?;
    let logged = call.state.storage.logged_calls(&call.operator, &asked).await?;
    let mut data: Map<String, Value> = asked.into_iter().map(|key| (key, json!([]))).collect();
    let mut logs = Vec::with_capacity(logged.len());
    for log in logged {
        logs.push((log.session_id.clone(), log.id.clone()));
        let mut entity = json!({"id": log.id, "type": "callLog", "note": log.note.unwrap_or_default()});
        if let Some(contact) = log.contact_id {
            // `contactId` is read mostly beside `contact` (protocol 3.6), so both are given.
            entity["contact"] = contact.clone().into();
            entity["contactId"] = contact.into();
        }
        data.insert(log.session_id, json!([entity]));
    }
    deliveries::add_status(&call.state, &logs, &mut data).await?;
    Ok(Reply::new(&json!({"data": data})))
}
