//! The screen pop: which contact the agent is shown when a chat is opened, and the CRM's page of it.

use serde_json::{Value, json};

use super::Workspace;
use crate::domain::party::Decider;
use crate::domain::roxchat::{IdSource, Rules, Visitor};
use crate::http::{ApiError, ServiceState};

/// `{"status", "contacts", "url"}`: none, one or several contacts, found by the first of the visitor's ids
/// that finds any. `url` is there for one, where the page is configured.
pub(super) async fn find(
    state: &ServiceState,
    workspace: &Workspace,
    rules: &Rules,
    visitor: &Visitor,
) -> Result<Value, ApiError> {
    let found = contacts(state, rules, visitor).await?;
    let contacts: Vec<Value> = found.iter().map(|(id, body)| entry(workspace, id, body)).collect();
    let status = match contacts.len() {
        0 => "none",
        1 => "one",
        _ => "several",
    };
    let mut pop = json!({"status": status, "contacts": contacts});
    if let [only] = contacts.as_slice()
        && let Some(url) = only.get("url")
    {
        pop["url"] = url.clone();
    }
    Ok(pop)
}

async fn contacts(state: &ServiceState, rules: &Rules, visitor: &Visitor) -> Result<Vec<(String, String)>, ApiError> {
    let known = state.storage.find_roxchat_visitor(&rules.workspace, &visitor.id).await?;
    let choice = known.map(|identity| identity.choice).unwrap_or_default();
    let of_choice = || -> Vec<String> { choice.contact_id.clone().into_iter().collect() };
    // What a person said counts before any id, also where it was "nobody".
    if choice.decided_by == Decider::Person && rules.id_priority.contains(&IdSource::Alias) {
        return Ok(state.storage.living_contacts(&of_choice()).await?);
    }
    for source in &rules.id_priority {
        let told = |id: &Option<String>| id.as_deref().map(|id| rules.contact_ids(id)).unwrap_or_default();
        let ids = match source {
            IdSource::ProvidedId if !rules.trust_provided_id => continue,
            IdSource::ProvidedId => told(&visitor.provided),
            IdSource::SiebelId => told(&visitor.siebel),
            IdSource::Alias => of_choice(),
        };
        let found = state.storage.living_contacts(&ids).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

fn entry(workspace: &Workspace, id: &str, body: &str) -> Value {
    let contact: Value = serde_json::from_str(body).unwrap_or_default();
    let name = contact.get("name").and_then(Value::as_str).unwrap_or_default();
    let url = workspace.config.contact_url.expand(|key| match key {
        "id" => Some(id.to_owned()),
        "name" => Some(name.to_owned()),
        _ => None,
    });
    let mut entry = json!({"id": id, "name": name});
    if let Some(url) = url {
        entry["url"] = url.into();
    }
    entry
}
