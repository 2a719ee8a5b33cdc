//! `/button`: buttons of our own settings page (protocol 3.9). Other buttons are not registered, so a
//! press of one is none of ours.

use serde::Deserialize;
use serde_json::{Value, json};

use super::commands;
use super::wire::{Answer, Call, Reply};
use crate::domain::json;
use crate::domain::setting::{ButtonAction, SettingKind, find};

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    button: Value,
}

pub(super) fn handle(call: &Call) -> Answer {
    let request: Request = call.parse()?;
    let id = json::id_of(Some(&request.button)).unwrap_or_default();
    let setting = find(&call.state.config.service.settings, &id);
    let Some(SettingKind::Button { action, .. }) = setting.map(|setting| &setting.kind) else {
        return Ok(Reply::ok());
    };
    Ok(Reply::ok().then(match action {
        ButtonAction::SyncContacts => commands::sync_contacts(),
        ButtonAction::Open(url) => commands::open("button", Some(url), &json!({"id": id})),
    }))
}
