//! From a record of an API to the canonical contact.

use serde_json::{Map, Value, json};

use super::path::{Found, Path};
use super::plan::ContactPlan;
use super::times;
use crate::domain::contact::phone_type;
use crate::domain::upstream::{Facets, Record};

/// Longest text that is kept of a field, in bytes: what a contact may hold.
const MAX_TEXT: usize = 1_000;
/// Most numbers and addresses that are kept of a record: what a contact may hold.
const MAX_ENTRIES: usize = 200;

/// The id of a record.
pub(super) fn id(plan: &ContactPlan, own: Option<&Path>, found: &Found) -> Result<String, String> {
    let path = own.unwrap_or(&plan.id);
    path.find(found).and_then(|id| id.text()).ok_or_else(|| format!("a record has no id at `{}`", path.source()))
}

/// What tells one state of a record from another.
pub(super) fn version(plan: &ContactPlan, found: &Found) -> Option<String> {
    plan.version.as_ref()?.find(found)?.text()
}

/// When a record changed, Unix ms.
pub(super) fn modified(plan: &ContactPlan, found: &Found) -> Option<i64> {
    times::read(&plan.modified.as_ref()?.find(found)?.json())
}

/// True for a record that is a contact at all.
pub(super) fn is_contact(plan: &ContactPlan, found: &Found) -> bool {
    plan.only_when.as_ref().is_none_or(|path| path.find(found).is_some_and(|value| value.is_true()))
}

/// The record as a contact.
pub(super) fn record(plan: &ContactPlan, own_id: Option<&Path>, found: &Found) -> Result<Record, String> {
    let mut contact = Map::new();
    for (name, path) in &plan.texts {
        if let Some(text) = text(path, found) {
            contact.insert((*name).into(), text.into());
        }
    }
    contact.insert("phoneNumbers".into(), phones(plan, found).into());
    let emails = entries(plan.emails.as_ref(), found).filter_map(|email| email.text()).map(cut);
    contact.insert("emails".into(), emails.collect::<Vec<_>>().into());
    let texts = |path: Option<&Path>| entries(path, found).filter_map(|entry| entry.text()).collect();
    let mut fields = Map::new();
    for (name, path) in &plan.fields {
        if let Some(value) = path.find(found) {
            fields.insert(name.clone(), value.json());
        }
    }
    Ok(Record {
        external_id: id(plan, own_id, found)?,
        version: version(plan, found),
        modified_ms: modified(plan, found),
        contact,
        facets: Facets {
            owners: texts(plan.owners.as_ref()),
            lists: texts(plan.lists.as_ref()),
            tags: texts(plan.tags.as_ref()),
            fields,
        },
        raw: found.json(),
    })
}

/// Which paths cannot deal with a record, in words: for `connector check`.
pub(super) fn complaints(plan: &ContactPlan, found: &Found) -> Vec<String> {
    let texts = plan.texts.iter().map(|(_, path)| path);
    let others = [&plan.phones, &plan.emails, &plan.modified, &plan.version, &plan.owners, &plan.lists, &plan.tags];
    let all = texts.chain(others.into_iter().flatten()).chain(plan.fields.iter().map(|(_, path)| path));
    let mut words: Vec<String> =
        all.filter_map(|path| path.look(found).err().map(|error| format!("`{}`: {error}", path.source()))).collect();
    if let Some(path) = &plan.modified
        && path.find(found).is_some()
        && modified(plan, found).is_none()
    {
        words.push(format!("`{}`: contact.modified finds no moment that can be read", path.source()));
    }
    words
}

fn entries(path: Option<&Path>, found: &Found) -> impl Iterator<Item = Found> {
    let list = path.and_then(|path| path.find(found)).map(|list| list.entries()).unwrap_or_default();
    list.into_iter().take(MAX_ENTRIES)
}

fn phones(plan: &ContactPlan, found: &Found) -> Vec<Value> {
    entries(plan.phones.as_ref(), found)
        .filter_map(|entry| {
            let (number, label) = if entry.is_table() {
                (entry.field("number")?.text()?, entry.field("label").and_then(|label| label.text()))
            } else {
                (entry.text()?, None)
            };
            Some(json!({"phoneNumber": cut(number), "phoneType": phone_type(&label.unwrap_or_default())}))
        })
        .collect()
}

fn text(path: &Path, found: &Found) -> Option<String> {
    path.find(found)?.text().map(cut)
}

/// A record with a name of five megabytes is still a contact, with as much of it as a phone can show.
fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        let mut end = MAX_TEXT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text
}
