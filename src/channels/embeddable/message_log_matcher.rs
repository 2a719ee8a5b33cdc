//! `/messageLogger/match`: which of these conversation days, or in 3.x of these messages, has this
//! operator logged (protocol 3.7 and 3.8: two forms of body, told apart by their key).

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::deliveries;
use super::wire::{Answer, Call, Keys, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    conversation_log_ids: Option<Keys>,
    message_ids: Option<Keys>,
}

pub(super) async fn handle(call: Call) -> Answer {
    let request: Request = call.parse()?;
    let storage = &call.state.storage;
    let mut data = Map::new();
    if let Some(Keys(asked)) = request.conversation_log_ids {
        let logged = storage.logged_conversations(&call.operator, &asked).await?;
        data.extend(asked.into_iter().map(|key| (key, json!([]))));
        for (alias, id) in &logged {
            // A browser's day can lie in two of ours.
            if let Some(Value::Array(entities)) = data.get_mut(alias) {
                entities.push(json!({"id": id, "type": "messageLog"}));
            }
        }
        deliveries::add_status(&call.state, &logged, &mut data).await?;
    }
    if let Some(Keys(asked)) = request.message_ids {
        for (message, id) in storage.logged_messages(&call.operator, &asked).await? {
            data.insert(message, json!({"logId": id}));
        }
    }
    Ok(Reply::new(&json!({"data": data})))
}
