//! Persons: v2 lists what is there, v1 recents also what went.

use serde_json::{Value, json};

use super::{Company, data, error, page, time};
use crate::fakes::{Asked, Reply, parse_time};

pub(super) fn list(company: &Company, asked: &Asked) -> Reply {
    let ids: Option<Vec<u64>> =
        asked.query("ids").map(|ids| ids.split(',').filter_map(|id| id.trim().parse().ok()).collect());
    if ids.as_ref().is_some_and(|ids| ids.len() > 100) {
        return error(400, "ids: at most 100");
    }
    let mut bounds = [None, None];
    for (bound, name) in bounds.iter_mut().zip(["updated_since", "updated_until"]) {
        if let Some(text) = asked.query(name) {
            let Some(ms) = parse_time(text) else { return error(400, format!("{name} is not RFC 3339: {text:?}")) };
            *bound = Some(ms);
        }
    }
    let found = company.persons.values().filter(|person| {
        let updated = person["update_time"].as_str().and_then(parse_time).unwrap_or(0);
        person["is_deleted"] == false
            && ids.as_ref().is_none_or(|ids| ids.contains(&person["id"].as_u64().unwrap_or(0)))
            && bounds[0].is_none_or(|since| updated >= since)
            && bounds[1].is_none_or(|until| updated < until)
    });
    page(found.collect(), asked, &["id", "update_time", "add_time"])
}

pub(super) fn get(company: &Company, id: &str) -> Reply {
    match id.parse().ok().and_then(|id: u64| company.persons.get(&id)) {
        Some(person) => data(200, person.clone()),
        None => error(404, "Person not found"),
    }
}

pub(super) fn search(company: &Company, asked: &Asked) -> Reply {
    let Some(term) = asked.query("term").filter(|term| term.chars().count() >= 2) else {
        return error(400, "term: at least 2 characters");
    };
    let items: Vec<Value> = company
        .persons
        .values()
        .filter(|person| person["is_deleted"] == false && person.to_string().contains(term))
        .map(|person| json!({"result_score": 1.0, "item": person}))
        .collect();
    data(200, json!({"items": items}))
}

/// What a body may set; the error names what is wrong.
fn fill(person: &mut Value, body: &Value) -> Result<(), String> {
    for (name, value) in body.as_object().ok_or("the body must be an object")? {
        match name.as_str() {
            "name" | "first_name" | "last_name" if value.is_string() => {}
            "owner_id" | "org_id" if value.is_u64() || value.is_null() => {}
            "label_ids" if value.is_array() => {}
            "phones" | "emails" => check_values(name, value)?,
            "custom_fields" if value.is_object() => {}
            _ => return Err(format!("Validation failed: {name}: value is not allowed")),
        }
        person[name] = value.clone();
    }
    if let (Some(name), None) = (body["name"].as_str(), body.get("first_name")) {
        let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
        person["first_name"] = first.into();
        person["last_name"] = last.into();
    }
    Ok(())
}

fn check_values(name: &str, value: &Value) -> Result<(), String> {
    let entries = value.as_array().ok_or_else(|| format!("Validation failed: {name}: an array is expected"))?;
    for entry in entries {
        if !entry["value"].is_string() || !(entry["primary"].is_boolean() || entry.get("primary").is_none()) {
            return Err(format!("Validation failed: {name}: {{value, label, primary}} is expected, not {entry}"));
        }
    }
    Ok(())
}

pub(super) fn create(company: &mut Company, body: &Value, now: i64) -> Reply {
    if body["name"].as_str().is_none_or(str::is_empty) {
        return error(400, "Validation failed: name: Name must be provided.");
    }
    company.last += 1;
    let id = company.last;
    let mut person = json!({
        "id": id, "name": "", "first_name": "", "last_name": "", "owner_id": 7, "org_id": null,
        "add_time": time(now), "update_time": time(now), "is_deleted": false, "visible_to": 3,
        "phones": [], "emails": [], "label_ids": [], "custom_fields": {}, "picture_id": null,
    });
    if let Err(words) = fill(&mut person, body) {
        return error(400, words);
    }
    company.persons.insert(id, person.clone());
    data(201, person)
}

pub(super) fn change(company: &mut Company, id: &str, body: &Value, now: i64) -> Reply {
    let Some(person) = id.parse().ok().and_then(|id: u64| company.persons.get_mut(&id)) else {
        return error(404, "Person not found");
    };
    let mut changed = person.clone();
    if let Err(words) = fill(&mut changed, body) {
        return error(400, words);
    }
    changed["update_time"] = time(now);
    *person = changed.clone();
    data(200, changed)
}

pub(super) fn delete(company: &mut Company, id: &str, now: i64) -> Reply {
    let Some(person) = id.parse().ok().and_then(|id: u64| company.persons.get_mut(&id)) else {
        return error(404, "Person not found");
    };
    person["is_deleted"] = true.into();
    person["update_time"] = time(now);
    data(200, json!({"id": id.parse::<u64>().unwrap_or(0)}))
}

/// v1 writes times in UTC without saying so, and `active_flag` in place of `is_deleted`.
pub(super) fn recents(company: &Company, asked: &Asked) -> Reply {
    let since = asked.query("since_timestamp").and_then(|text| {
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
            .ok()
            .map(|time| time.and_utc().timestamp_millis())
    });
    let Some(since) = since else { return error(400, "since_timestamp must be YYYY-MM-DD HH:MM:SS") };
    let (start, limit) = (asked.number("start").unwrap_or(0), asked.number("limit").unwrap_or(100));
    if limit > 500 {
        return error(400, "limit must be at most 500");
    }
    let mut found: Vec<(i64, &Value)> = company
        .persons
        .values()
        .map(|person| (person["update_time"].as_str().and_then(parse_time).unwrap_or(0), person))
        .filter(|(updated, _)| *updated >= since)
        .collect();
    found.sort_by_key(|(updated, person)| (*updated, person["id"].as_u64()));
    let items: Vec<Value> = found
        .iter()
        .skip(start)
        .take(limit)
        .map(|(updated, person)| {
            let update_time = super::stamp(*updated, "%Y-%m-%d %H:%M:%S");
            let active = person["is_deleted"] == false;
            json!({"item": "person", "id": person["id"], "data": {
                "id": person["id"], "name": person["name"], "active_flag": active, "update_time": update_time,
            }})
        })
        .collect();
    let next = start + items.len();
    let more = next < found.len();
    let mut pagination = json!({"start": start, "limit": limit, "more_items_in_collection": more});
    if more {
        pagination["next_start"] = next.into();
    }
    Reply::json(200, json!({"success": true, "data": items, "additional_data": {"pagination": pagination}}))
}
