//! The demonstration's chats: what the configuration says of the agents' workspace and of the shop's web chat,
//! and the customers whom both know.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::storage::{Storage, StorageError};

/// The workspace's id; the page's script names it, too.
const WORKSPACE: &str = "desk";
/// The web chat's site.
pub(super) const SITE: &str = "shop";
/// The id of its key.
pub(super) const KEY_ID: &str = "demo_1";
/// How many customers visit the shop.
const CUSTOMERS: usize = 5;
/// Contacts read at once.
const PAGE: i64 = 500;

/// A customer whom the shop and the workspace know by the contact's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) name: String,
}

/// The configuration's part. A visitor's id is trusted: the demo's workspace tells none but those it was given.
pub(super) fn settings(workspace: &str, shop: &str, key: &str) -> String {
    format!(
        "\n[roxchat.workspaces.{WORKSPACE}]\norigin = \"{workspace}\"\ntrust_provided_id = true\n\
         \n[engage.sites.{SITE}]\ndomain = \"sample\"\nsource_token = \"5f1e0c2b9a8d7c6b5a493827\"\norigins = [\"{shop}\"]\n\
         keys = [{{ id = \"{KEY_ID}\", alg = \"HS256\", secret = \"{key}\" }}]\n"
    )
}

/// The key of the web chat's community, 24 hexadecimal characters: made once, since a key's id stands for
/// one key only.
pub(super) fn key(file: &Path) -> Result<String, String> {
    if let Ok(key) = std::fs::read_to_string(file) {
        return Ok(key);
    }
    let key = format!("{:024x}", rand::random::<u128>() >> 32);
    std::fs::write(file, &key).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    Ok(key)
}

/// The first contacts that the CRM knows, too.
pub(super) async fn customers(storage: &Storage, crm: &str) -> Result<Vec<Customer>, StorageError> {
    let (mut found, mut after, prefix) = (Vec::new(), 0, format!("{crm}:"));
    loop {
        let rows = storage.list_contacts(after, PAGE).await?;
        let Some((last, _)) = rows.last() else { return Ok(found) };
        after = *last;
        for (_, json) in rows {
            let contact: Value = serde_json::from_str(&json).unwrap_or_default();
            let text = |key: &str| contact.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let customer = Customer { id: text("id"), name: text("name") };
            if customer.id.starts_with(&prefix) && !customer.name.is_empty() {
                found.push(customer);
            }
            if found.len() == CUSTOMERS {
                return Ok(found);
            }
        }
    }
}
