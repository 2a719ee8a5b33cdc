//! Activities: linked to people through participants; times as clock times, durations as HH:MM.

use serde_json::{Value, json};

use super::{Company, data, error, page, time};
use crate::fakes::{Asked, Reply};

pub(super) fn list(company: &Company, asked: &Asked) -> Reply {
    let person = asked.number("person_id");
    let found = company.activities.values().filter(|activity| {
        activity["is_deleted"] == false && person.is_none_or(|person| activity["person_id"] == person)
    });
    page(found.collect(), asked, &["id", "update_time", "add_time", "due_date"])
}

pub(super) fn get(company: &Company, id: &str) -> Reply {
    match id.parse::<u64>().ok().and_then(|id| company.activities.get(&id)) {
        Some(activity) => data(200, activity.clone()),
        None => error(404, "Activity not found"),
    }
}

pub(super) fn write(company: &mut Company, id: Option<&str>, body: &Value, now: i64) -> Reply {
    let known = id.and_then(|id| id.parse::<u64>().ok());
    let mut activity = match (id, known.and_then(|id| company.activities.get(&id))) {
        (Some(_), Some(found)) => found.clone(),
        (Some(_), None) => return error(404, "Activity not found"),
        (None, _) => json!({
            "subject": "Call", "type": "call", "owner_id": 7, "is_deleted": false, "done": false, "add_time": time(now),
            "deal_id": null, "person_id": null, "org_id": null, "due_date": null, "due_time": null, "duration": null,
            "participants": [], "note": null, "public_description": null,
        }),
    };
    let Some(fields) = body.as_object() else { return error(400, "the body must be an object") };
    for (name, value) in fields {
        if let Err(words) = check(company, name, value) {
            return error(400, format!("Validation failed: {name}: {words}"));
        }
        activity[name] = value.clone();
    }
    if let Some(primary) = activity["participants"].as_array().and_then(|all| all.iter().find(|p| p["primary"] == true))
    {
        activity["person_id"] = primary["person_id"].clone();
    }
    activity["update_time"] = time(now);
    let id = known.unwrap_or_else(|| {
        company.last += 1;
        company.last
    });
    activity["id"] = id.into();
    company.activities.insert(id, activity.clone());
    data(if known.is_some() { 200 } else { 201 }, activity)
}

fn check(company: &Company, name: &str, value: &Value) -> Result<(), String> {
    let text = value.as_str();
    let is = |format: &str| text.is_some_and(|text| chrono::NaiveTime::parse_from_str(text, format).is_ok());
    let good = match name {
        "subject" => text.is_some_and(|text| !text.is_empty()),
        "note" | "public_description" => text.is_some(),
        "type" => matches!(text, Some("call" | "sms" | "meeting" | "task")),
        "done" | "busy" => value.is_boolean(),
        "due_date" => text.is_some_and(|text| chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()),
        "due_time" | "duration" => is("%H:%M"),
        "owner_id" | "deal_id" | "org_id" => value.is_u64() || value.is_null(),
        "participants" => {
            let all = value.as_array().ok_or("an array is expected")?;
            return all.iter().try_for_each(|entry| {
                let id = entry["person_id"].as_u64().ok_or("person_id: a number is expected")?;
                let found = company.persons.get(&id).filter(|person| person["is_deleted"] == false);
                found.map(|_| ()).ok_or_else(|| format!("person {id} does not exist"))
            });
        }
        _ => return Err("value is not allowed".into()),
    };
    if good { Ok(()) } else { Err(format!("{value} is not valid")) }
}
