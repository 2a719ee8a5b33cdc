//! `/button`: buttons of our own settings page, the button that creates a contact, and the Save button
//! of our pages (protocol 3.9). Other buttons are not registered, so a press of one is none of ours.

use serde::Deserialize;
use serde_json::{Value, json};

use super::create_contact_page::form_id;
use super::wire::{Answer, Call, Reply};
use super::{commands, create_contact, listen};
use crate::domain::json;
use crate::domain::setting::{ButtonAction, SettingKind, find};

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    button: Value,
    #[serde(default)]
    resource: Value,
}

pub(super) async fn handle(call: Call) -> Answer {
    let Request { button, resource } = call.parse()?;
    let id = json::id_of(Some(&button)).unwrap_or_default();
    let kind = json::text(button.get("type")).unwrap_or_default();
    if call.state.config.service.create_contact {
        match (kind.as_str(), form_id(&id)) {
            ("callAction" | "messageAction", _) if id == create_contact::BUTTON => {
                return create_contact::start(&call, &kind, &resource);
            }
            ("submit", Some(form)) => return create_contact::save(call, form, &button["formData"]).await,
            _ => {}
        }
    }
    if call.state.media.fetches() && id == listen::BUTTON && matches!(kind.as_str(), "callAction" | "messageAction") {
        return listen::start(&call, &kind, &resource).await;
    }
    Ok(setting(&call, &id))
}

fn setting(call: &Call, id: &str) -> Reply {
    let setting = find(&call.state.config.service.settings, id);
    let Some(SettingKind::Button { action, .. }) = setting.map(|setting| &setting.kind) else {
        return Reply::ok();
    };
    Reply::ok().then(match action {
        ButtonAction::SyncContacts => commands::sync_contacts(),
        ButtonAction::Open(url) => commands::open("button", Some(url), &json!({"id": id})),
    })
}
