//! Rows: what is required, what cannot change, and an outcome for each.

use serde_json::{Value, json};

use super::{Org, error, time};
use crate::fakes::{Reply, parse_time};

const CONTACT: [&str; 15] = [
    "First_Name",
    "Last_Name",
    "Full_Name",
    "Email",
    "Secondary_Email",
    "Phone",
    "Mobile",
    "Home_Phone",
    "Other_Phone",
    "Title",
    "Department",
    "Account_Name",
    "Owner",
    "Tag",
    "Modified_Time",
];
const CALL: [&str; 13] = [
    "Subject",
    "Call_Type",
    "Call_Start_Time",
    "Call_Duration",
    "Who_Id",
    "What_Id",
    "$se_module",
    "Description",
    "Call_Purpose",
    "Call_Agenda",
    "Call_Result",
    "Dialled_Number",
    "Voice_Recording__s",
];
const NOTE: [&str; 3] = ["Note_Title", "Note_Content", "Parent_Id"];

pub(super) fn fields(module: &str) -> Option<&'static [&'static str]> {
    match module {
        "Contacts" => Some(&CONTACT),
        "Calls" => Some(&CALL),
        "Notes" => Some(&NOTE),
        _ => None,
    }
}

/// An error as Zoho writes it, of a whole request or of one row.
pub(super) fn row_error(code: &str, message: &str, details: Value) -> Value {
    let mut error = json!({"code": code, "message": message, "status": "error"});
    error["details"] = details;
    error
}

/// Each row has its own outcome; the status is 200 or 201 where all are good, 207 where some are,
/// and 200 where none is.
pub(super) fn write(org: &mut Org, module: &str, id: Option<&str>, body: &Value, now: i64) -> Reply {
    let Some(rows) = body["data"].as_array().filter(|rows| !rows.is_empty()) else {
        return error(400, "MANDATORY_NOT_FOUND", "required field not found", json!({"api_name": "data"}));
    };
    if rows.len() > 100 {
        return error(400, "LIMIT_EXCEEDED", "data: at most 100", json!({"limit": 100}));
    }
    let mut outcomes = Vec::new();
    let mut created = false;
    for row in rows {
        let id = id.or_else(|| row["id"].as_str());
        created |= id.is_none();
        outcomes.push(one(org, module, id, row, now).unwrap_or_else(|error| error));
    }
    let bad = outcomes.iter().filter(|outcome| outcome["status"] == "error").count();
    let status = match bad {
        0 if created => 201,
        0 => 200,
        bad if bad < outcomes.len() => 207,
        _ => 200,
    };
    Reply::json(status, json!({"data": outcomes}))
}

fn one(org: &mut Org, module: &str, id: Option<&str>, body: &Value, now: i64) -> Result<Value, Value> {
    let known = id.and_then(|id| id.parse::<u64>().ok());
    let old = known.and_then(|id| org.modules.get(module)?.get(&id)).cloned();
    if let (Some(id), None) = (id, &old) {
        return Err(row_error("INVALID_DATA", "the id given seems to be invalid", json!({"id": id})));
    }
    let mut row = old.clone().unwrap_or_else(|| json!({"Created_Time": time(now)}));
    let allowed = fields(module).unwrap_or_default();
    let given = body.as_object().ok_or_else(|| row_error("INVALID_DATA", "invalid data", json!({})))?;
    for (name, value) in given {
        let defined = org.defined.iter().any(|(of, field)| of == module && field == name);
        // Zoho passes over fields it does not know.
        if allowed.contains(&name.as_str()) || defined {
            row[name] = value.clone();
        }
    }
    match module {
        "Contacts" => check_contact(org, known, &row)?,
        "Calls" => check_call(org, old.as_ref(), &row, now)?,
        _ => check_note(org, &row)?,
    }
    if module == "Contacts" {
        let parts = [&row["First_Name"], &row["Last_Name"]];
        row["Full_Name"] = parts.iter().filter_map(|part| part.as_str()).collect::<Vec<_>>().join(" ").into();
    }
    let id = known.unwrap_or_else(|| {
        org.last += 1;
        org.last
    });
    row["id"] = id.to_string().into();
    row["Modified_Time"] = time(now);
    org.modules.entry(module.to_owned()).or_default().insert(id, row);
    let message = if known.is_some() { "record updated" } else { "record added" };
    let details = json!({"id": id.to_string(), "Modified_Time": time(now)});
    Ok(json!({"code": "SUCCESS", "details": details, "message": message, "status": "success"}))
}

fn missing(name: &str) -> Value {
    row_error(
        "MANDATORY_NOT_FOUND",
        "required field not found",
        json!({"api_name": name, "json_path": format!("$.data[0].{name}")}),
    )
}

fn wrong(name: &str, why: &str) -> Value {
    row_error("INVALID_DATA", why, json!({"api_name": name}))
}

fn check_contact(org: &Org, id: Option<u64>, row: &Value) -> Result<(), Value> {
    if row["Last_Name"].as_str().is_none_or(str::is_empty) {
        return Err(missing("Last_Name"));
    }
    for name in ["Phone", "Mobile", "Email", "Title"] {
        if !(row[name].is_null() || row[name].is_string()) {
            return Err(wrong(name, "expected_data_type: string"));
        }
    }
    if row["Email"].is_null() {
        return Ok(());
    }
    let mut others = org.modules.get("Contacts").into_iter().flatten();
    match others.find(|(other, held)| Some(**other) != id && held["Email"] == row["Email"]) {
        Some((other, _)) => {
            Err(row_error("DUPLICATE_DATA", "duplicate data", json!({"api_name": "Email", "id": other.to_string()})))
        }
        None => Ok(()),
    }
}

fn check_call(org: &Org, old: Option<&Value>, row: &Value, now: i64) -> Result<(), Value> {
    for name in ["Subject", "Call_Type", "Call_Start_Time"] {
        if row[name].as_str().is_none_or(str::is_empty) {
            return Err(missing(name));
        }
    }
    if !["Inbound", "Outbound", "Missed"].contains(&row["Call_Type"].as_str().unwrap_or_default()) {
        return Err(wrong("Call_Type", "the value is not in the pick list"));
    }
    let Some(start) = row["Call_Start_Time"].as_str().and_then(parse_time) else {
        return Err(wrong("Call_Start_Time", "expected_data_type: datetime"));
    };
    if start <= now {
        let duration = row["Call_Duration"].as_str().ok_or_else(|| missing("Call_Duration"))?;
        let good = duration.split_once(':').is_some_and(|(a, b)| {
            b.len() == 2 && [a, b].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        });
        if !good {
            return Err(wrong("Call_Duration", "invalid duration"));
        }
    }
    if let Some(old) = old {
        for name in ["Call_Type", "Call_Start_Time"] {
            if old[name] != row[name] {
                return Err(row_error(
                    "NOT_ALLOWED",
                    "cannot be changed for a completed call",
                    json!({"api_name": name}),
                ));
            }
        }
    }
    if !row["What_Id"].is_null() && row["$se_module"].is_null() {
        return Err(missing("$se_module"));
    }
    let who = &row["Who_Id"];
    if !who.is_null() && contact(org, &who["id"]).is_none() {
        return Err(wrong("Who_Id", "the id given seems to be invalid"));
    }
    Ok(())
}

fn check_note(org: &Org, row: &Value) -> Result<(), Value> {
    if row["Note_Content"].as_str().is_none_or(str::is_empty) {
        return Err(missing("Note_Content"));
    }
    let parent = &row["Parent_Id"];
    if parent["module"]["api_name"] != "Contacts" || contact(org, &parent["id"]).is_none() {
        return Err(wrong("Parent_Id", "the parent is not there"));
    }
    Ok(())
}

fn contact<'a>(org: &'a Org, id: &Value) -> Option<&'a Value> {
    org.modules.get("Contacts")?.get(&id.as_str()?.parse().ok()?)
}

pub(super) fn delete(org: &mut Org, module: &str, id: &str, now: i64) -> Reply {
    let gone = id.parse().ok().and_then(|id: u64| Some((id, org.modules.get_mut(module)?.remove(&id)?)));
    let Some((id, row)) = gone else {
        return Reply::json(
            200,
            json!({"data": [row_error("INVALID_DATA", "the id given seems to be invalid", json!({"id": id}))]}),
        );
    };
    org.deleted.push((module.to_owned(), id, "recycle", now, row));
    let details = json!({"id": id.to_string()});
    Reply::json(
        200,
        json!({"data": [{"code": "SUCCESS", "details": details, "message": "record deleted", "status": "success"}]}),
    )
}
