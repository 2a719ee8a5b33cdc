//! `/activity`: the operator opened one of the activities we listed (protocol 3.5).

use serde::Deserialize;
use serde_json::{Value, json};

use super::wire::{Answer, Call, Reply};
use super::{commands, open};
use crate::domain::json;
use crate::http::ApiError;
use crate::http::media;

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    activity: Value,
}

pub(super) async fn handle(call: Call) -> Answer {
    let request: Request = call.parse()?;
    let id = json::id_of(Some(&request.activity)).ok_or_else(|| ApiError::invalid_body("`activity.id` is missing"))?;
    let contact = json::text(request.activity.get("contactId"));
    let url = call.state.config.service.activity_url.expand(|name| match name {
        "id" => Some(id.clone()),
        "contact_id" => contact.clone(),
        _ => None,
    });
    if url.is_some() {
        return Ok(Reply::ok().then(commands::open(
            "activity",
            url.as_deref(),
            &json!({"id": id, "contactId": contact}),
        )));
    }
    if let Some(chat) = call.state.storage.find_conversation(&id).await? {
        let url = media::ticket_url(&call.state, &call.operator, Some(&chat.id));
        let detail = json!({"id": chat.id, "channel": chat.channel.word(), "contactId": contact});
        return Ok(Reply::ok().then(commands::open("conversation", Some(&url), &detail)));
    }
    Ok(Reply::ok().then_all(open::log(&call.state, &id, None).await?))
}
