//! `/contacts/view`: the operator pressed "View contact". The body is the entity itself (protocol 3.4).

use serde_json::{Value, json};

use super::wire::{Answer, Call, Reply};
use super::{commands, open};
use crate::domain::json;
use crate::http::ApiError;

pub(super) fn handle(call: &Call) -> Answer {
    let entity = call.object()?;
    let id = json::text(entity.get("id")).ok_or_else(|| ApiError::invalid_body("the entity has no `id`"))?;
    let service = &call.state.config.service;
    let first = |list: &str, key: Option<&str>| {
        let first = entity.get(list).and_then(Value::as_array)?.first()?;
        json::text(key.map_or(Some(first), |key| first.get(key)))
    };
    let url = service.contact_url.expand(|name| match name {
        "id" => Some(id.clone()),
        "name" => json::text(entity.get("name")),
        "phone_number" => first("phoneNumbers", Some("phoneNumber")),
        "email" => first("emails", None),
        _ => None,
    });
    let inside = url
        .is_none()
        .then(|| commands::navigate(&format!("/contacts/{}/{}", open::step(&service.name), open::step(&id))));
    let detail = json!({"id": id, "name": entity.get("name"), "phoneNumbers": entity.get("phoneNumbers")});
    Ok(Reply::ok().then(commands::open("contact", url.as_deref(), &detail)).then_all(inside))
}
