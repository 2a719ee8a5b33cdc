//! `/contacts/search`: while the operator types (protocol 3.2).

use serde::Deserialize;
use serde_json::Value;

use super::wire::{Answer, Call, Reply};
use crate::domain::json;

/// Contacts of an answer; the widget shows a row for each of their numbers.
const MOST: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    search_string: Value,
}

pub(super) async fn handle(call: Call) -> Answer {
    let request: Request = call.parse()?;
    let typed = json::text(Some(&request.search_string)).unwrap_or_default();
    let found = call.state.storage.search_contacts(&typed, MOST).await?;
    let mut data = String::from("{\"data\":[");
    for (place, contact) in found.iter().enumerate() {
        if place > 0 {
            data.push(',');
        }
        data.push_str(&call.state.contact_prefix);
        data.push_str(&contact[1..]);
    }
    data.push_str("]}");
    Ok(Reply::ready(data))
}
