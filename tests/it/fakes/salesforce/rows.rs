//! Rows: which fields there are, what is required, what is refused.

use serde_json::{Value, json};

use super::{Org, error, time};
use crate::fakes::Reply;

const SYSTEM: [&str; 6] = ["Id", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp", "MasterRecordId"];
const CONTACT: [&str; 21] = [
    "Id",
    "IsDeleted",
    "CreatedDate",
    "LastModifiedDate",
    "SystemModstamp",
    "MasterRecordId",
    "Name",
    "FirstName",
    "LastName",
    "Title",
    "Department",
    "Phone",
    "MobilePhone",
    "HomePhone",
    "OtherPhone",
    "AssistantPhone",
    "Fax",
    "Email",
    "AccountId",
    "Account.Name",
    "OwnerId",
];
const LEAD: [&str; 14] = [
    "Id",
    "IsDeleted",
    "CreatedDate",
    "LastModifiedDate",
    "SystemModstamp",
    "MasterRecordId",
    "Name",
    "FirstName",
    "LastName",
    "Company",
    "Phone",
    "MobilePhone",
    "Email",
    "OwnerId",
];
const TASK: [&str; 18] = [
    "Id",
    "IsDeleted",
    "CreatedDate",
    "LastModifiedDate",
    "SystemModstamp",
    "Subject",
    "TaskSubtype",
    "Status",
    "ActivityDate",
    "CallType",
    "CallDurationInSeconds",
    "CallObject",
    "CallDisposition",
    "Description",
    "WhoId",
    "WhatId",
    "OwnerId",
    "Type",
];

pub(super) fn fields(object: &str) -> Option<&'static [&'static str]> {
    match object {
        "Contact" => Some(&CONTACT),
        "Lead" => Some(&LEAD),
        "Task" => Some(&TASK),
        _ => None,
    }
}

pub(super) fn gone() -> Reply {
    error(404, "NOT_FOUND", "The requested resource does not exist")
}

/// Puts a body's fields into a row.
fn fill(org: &Org, object: &str, row: &mut Value, body: &Value) -> Result<(), Reply> {
    let known = fields(object).ok_or_else(gone)?;
    let given = body.as_object().ok_or_else(|| error(400, "JSON_PARSER_ERROR", "an object is expected"))?;
    for (name, value) in given {
        let defined = org.defined.iter().any(|(of, field)| of == object && field == name);
        if !(defined || known.contains(&name.as_str())) || name.contains('.') {
            return Err(error(400, "INVALID_FIELD", format!("No such column '{name}' on sobject of type {object}")));
        }
        if SYSTEM.contains(&name.as_str()) || (name == "Name" && object != "Task") {
            let words =
                format!("Unable to create/update fields: {name}. Please check the security settings of this field");
            return Err(error(400, "INVALID_FIELD_FOR_INSERT_UPDATE", words));
        }
        let longest = if name == "Description" { 32_000 } else { 255 };
        if value.as_str().is_some_and(|text| text.chars().count() > longest) {
            return Err(error(400, "STRING_TOO_LONG", format!("{name}: data value too large: (max length={longest})")));
        }
        row[name] = value.clone();
    }
    if object == "Task" { check_task(org, row) } else { check_person(org, object, row) }
}

fn check_person(org: &Org, object: &str, row: &mut Value) -> Result<(), Reply> {
    let mut required = vec!["LastName"];
    if object == "Lead" {
        required.push("Company");
    }
    if let Some(missing) = required.iter().find(|name| row[**name].as_str().is_none_or(str::is_empty)) {
        return Err(error(400, "REQUIRED_FIELD_MISSING", format!("Required fields are missing: [{missing}]")));
    }
    let mut people = org.objects.get(object).into_iter().flatten();
    let mut has_twin = || {
        people.any(|(id, other)| {
            other["IsDeleted"] == false
                && row["Id"] != **id
                && !row["Email"].is_null()
                && other["Email"] == row["Email"]
        })
    };
    if org.duplicate_rule && has_twin() {
        return Err(error(400, "DUPLICATES_DETECTED", "Use one of these records?"));
    }
    let name =
        [&row["FirstName"], &row["LastName"]].iter().filter_map(|part| part.as_str()).collect::<Vec<_>>().join(" ");
    row["Name"] = name.into();
    Ok(())
}

fn check_task(org: &Org, row: &Value) -> Result<(), Reply> {
    let one_of = |name: &str, allowed: &[&str]| match row[name].as_str() {
        Some(value) if !allowed.contains(&value) => Err(error(
            400,
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            format!("{name}: bad value for restricted picklist field: {value}"),
        )),
        _ => Ok(()),
    };
    one_of("CallType", &["Inbound", "Outbound", "Internal"])?;
    one_of("TaskSubtype", &["Task", "Email", "ListEmail", "Cadence", "Call", "LinkedIn"])?;
    one_of("Status", &["Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"])?;
    if !(row["CallDurationInSeconds"].is_null() || row["CallDurationInSeconds"].is_i64()) {
        return Err(error(400, "JSON_PARSER_ERROR", "Cannot deserialize instance of int: CallDurationInSeconds"));
    }
    if row["ActivityDate"].as_str().is_some_and(|date| chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").is_err()) {
        return Err(error(400, "JSON_PARSER_ERROR", "Cannot deserialize instance of date: ActivityDate"));
    }
    let Some(who) = row["WhoId"].as_str() else { return Ok(()) };
    let is_lead = who.starts_with("00Q");
    if is_lead && !row["WhatId"].is_null() {
        return Err(error(400, "FIELD_INTEGRITY_EXCEPTION", "Related To ID: when Name is a Lead, there can be none"));
    }
    match org.row(if is_lead { "Lead" } else { "Contact" }, who) {
        Some(_) => Ok(()),
        None => Err(error(400, "INVALID_CROSS_REFERENCE_KEY", "Name ID: id value of incorrect type or deleted")),
    }
}

pub(super) fn create(org: &mut Org, object: &str, body: &Value, now: i64) -> Reply {
    let prefix = match object {
        "Contact" => "003",
        "Lead" => "00Q",
        _ => "00T",
    };
    let id = format!("{prefix}{:012}AAA", org.last + 1);
    let mut row = json!({
        "Id": id, "IsDeleted": false, "CreatedDate": time(now), "LastModifiedDate": time(now),
        "SystemModstamp": time(now), "OwnerId": "005000000000001AAA",
    });
    if let Err(reply) = fill(org, object, &mut row, body) {
        return reply;
    }
    org.last += 1;
    org.objects.entry(object.to_owned()).or_default().insert(id.clone(), row);
    Reply::json(201, json!({"id": id, "success": true, "errors": []}))
}

pub(super) fn change(org: &mut Org, object: &str, id: &str, body: &Value, now: i64) -> Reply {
    let Some(mut row) = org.row(object, id).cloned() else { return gone() };
    if let Err(reply) = fill(org, object, &mut row, body) {
        return reply;
    }
    row["LastModifiedDate"] = time(now);
    row["SystemModstamp"] = time(now);
    org.put(object, id, row);
    Reply::empty(204)
}

/// Into the recycle bin; of a merge, with the winner's id.
pub(super) fn delete(org: &mut Org, object: &str, id: &str, winner: Option<&str>, now: i64) -> Reply {
    let Some(mut row) = org.row(object, id).cloned() else { return gone() };
    row["IsDeleted"] = true.into();
    row["SystemModstamp"] = time(now);
    row["MasterRecordId"] = winner.into();
    org.put(object, id, row);
    org.deletions.push((object.to_owned(), id.to_owned(), now));
    Reply::empty(204)
}

impl Org {
    pub(super) fn put(&mut self, object: &str, id: &str, row: Value) {
        self.objects.entry(object.to_owned()).or_default().insert(id.to_owned(), row);
    }
}
