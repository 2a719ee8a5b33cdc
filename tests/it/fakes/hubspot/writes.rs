//! Creating, changing, archiving and merging.

use serde_json::{Value, json};

use super::{Portal, Thing, error, invalid};
use crate::fakes::Reply;

pub(super) fn create(portal: &mut Portal, kind: &str, body: &Value, now: i64) -> Reply {
    let Some(associations) = body["associations"].as_array() else {
        return invalid("Invalid input JSON: associations is required");
    };
    let properties = match portal.check(kind, None, &body["properties"], true) {
        Ok(properties) => properties,
        Err(reply) => return reply,
    };
    let named =
        ["email", "firstname", "lastname"].iter().any(|name| properties.get(*name).is_some_and(|v| !v.is_empty()));
    if kind == "contacts" && !named {
        return invalid("a contact needs at least one of email, firstname and lastname");
    }
    let mut contacts = Vec::new();
    for association in associations {
        let type_id = match kind {
            "calls" => 194,
            "communications" => 81,
            _ => 202,
        };
        let good = association["types"].as_array().is_some_and(|types| {
            types.iter().all(|t| t["associationCategory"] == "HUBSPOT_DEFINED" && t["associationTypeId"] == type_id)
        });
        if !good {
            return invalid(format!("the association types of {kind} to contacts are HUBSPOT_DEFINED {type_id}"));
        }
        let id = association["to"]["id"].as_str().unwrap_or_default();
        match portal.find("contacts", id, None).filter(|contact| contact.archived.is_none()) {
            Some(contact) => contacts.push(contact.id),
            None => return invalid(format!("CONTACT={id} is not valid")),
        }
    }
    let id = portal.next_id();
    let thing = Thing { id, properties, created: now, updated: now, archived: None, contacts };
    let shown = Portal::shown(&thing, kind, &thing.properties.keys().cloned().collect::<Vec<_>>());
    portal.put(kind, thing);
    Reply::json(201, shown)
}

pub(super) fn change(portal: &mut Portal, kind: &str, id: &str, by: Option<&str>, body: &Value, now: i64) -> Reply {
    let Some(mut thing) = portal.find(kind, id, by).filter(|thing| thing.archived.is_none()).cloned() else {
        return error(404, "OBJECT_NOT_FOUND", "Object not found");
    };
    let properties = match portal.check(kind, Some(thing.id), &body["properties"], false) {
        Ok(properties) => properties,
        Err(reply) => return reply,
    };
    let wanted: Vec<String> = properties.keys().cloned().collect();
    thing.properties.extend(properties);
    thing.updated = now;
    let shown = Portal::shown(&thing, kind, &wanted);
    portal.put(kind, thing);
    Reply::json(200, shown)
}

pub(super) fn upsert(portal: &mut Portal, kind: &str, body: &Value, now: i64) -> Reply {
    let Some(inputs) = body["inputs"].as_array().filter(|inputs| inputs.len() <= 100) else {
        return invalid("inputs is required, with at most 100 entries");
    };
    let mut results = Vec::new();
    for input in inputs {
        let (Some(by), Some(id)) = (input["idProperty"].as_str(), input["id"].as_str()) else {
            return invalid("idProperty and id are required");
        };
        if !portal.is_unique(kind, by) {
            return invalid(format!("{by} is not a unique property of {kind}"));
        }
        let mut properties = input["properties"].clone();
        properties[by] = id.into();
        let known = portal.find(kind, id, Some(by)).map(|thing| thing.id);
        let wrapped = json!({"properties": properties, "associations": []});
        let reply = match known {
            Some(known) => change(portal, kind, &known.to_string(), None, &wrapped, now),
            None => create(portal, kind, &wrapped, now),
        };
        if reply.status >= 300 {
            return reply;
        }
        let mut result = reply.body.unwrap_or_default();
        result["new"] = known.is_none().into();
        results.push(result);
    }
    Reply::json(200, json!({"status": "COMPLETE", "results": results}))
}

/// Puts something on a contact, or takes it off.
pub(super) fn associate(portal: &mut Portal, kind: &str, id: &str, contact: &str, on: bool) -> Reply {
    let contact = portal.find("contacts", contact, None).filter(|contact| contact.archived.is_none());
    let contact = contact.map(|contact| contact.id);
    let thing = portal.find(kind, id, None).filter(|thing| thing.archived.is_none()).cloned();
    let (Some(mut thing), Some(contact)) = (thing, contact) else {
        return error(404, "OBJECT_NOT_FOUND", "One or more objects were not found");
    };
    thing.contacts.retain(|known| *known != contact);
    if on {
        thing.contacts.push(contact);
    }
    portal.put(kind, thing);
    if on { Reply::json(200, json!({"status": "COMPLETE", "results": []})) } else { Reply::empty(204) }
}

pub(super) fn archive(portal: &mut Portal, kind: &str, id: u64, now: i64) {
    if let Some(mut thing) = portal.thing(kind, id).filter(|thing| thing.archived.is_none()).cloned() {
        thing.archived = Some(now);
        portal.put(kind, thing);
    }
}

/// The loser vanishes, also from the archived ones; asked for by id, it is the winner.
pub(super) fn merge(portal: &mut Portal, winner: u64, loser: u64, now: i64) -> Reply {
    let (Some(mut kept), Some(_)) = (portal.thing("contacts", winner).cloned(), portal.thing("contacts", loser)) else {
        return error(404, "OBJECT_NOT_FOUND", "Object not found");
    };
    let ids = kept.properties.entry("hs_merged_object_ids".into()).or_default();
    if !ids.is_empty() {
        ids.push(';');
    }
    ids.push_str(&loser.to_string());
    kept.updated = now;
    let shown = Portal::shown(&kept, "contacts", &[]);
    portal.put("contacts", kept);
    portal.forget("contacts", loser);
    portal.merged.insert(loser, winner);
    Reply::json(200, shown)
}
