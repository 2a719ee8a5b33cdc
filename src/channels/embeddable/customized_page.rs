//! `/page/changed`: something was typed into one of our pages (protocol 3.9).

use serde::Deserialize;
use serde_json::Value;

use super::create_contact;
use super::create_contact_page::form_id;
use super::wire::{Answer, Call, Reply};
use crate::domain::json;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    page: Value,
    #[serde(default)]
    form_data: Value,
}

pub(super) fn handle(call: &Call) -> Answer {
    let request: Request = call.parse()?;
    let id = json::id_of(Some(&request.page)).unwrap_or_default();
    match form_id(&id) {
        Some(form) => create_contact::typed(call, form, &request.page, &request.form_data),
        None => Ok(Reply::ok()),
    }
}
