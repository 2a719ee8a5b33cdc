//! Search: what it insists on, what it does not see, and where it ends.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Portal, Thing, invalid};
use crate::fakes::{Reply, parse_time};

/// Results beyond this are not to be had.
const CAP: usize = 10_000;

pub(super) fn search(portal: &Portal, kind: &str, body: &Value) -> Reply {
    for required in ["after", "filterGroups", "limit", "properties", "sorts"] {
        if body.get(required).is_none() {
            return invalid(format!("Invalid input JSON: {required} is required"));
        }
    }
    let Some(after) = body["after"].as_str() else { return invalid("Invalid input JSON: after must be a string") };
    let after: usize = match after {
        "" => 0,
        after => match after.parse() {
            Ok(after) => after,
            Err(_) => return invalid("after is not a cursor of this search"),
        },
    };
    let limit = body["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0);
    if !(1..=200).contains(&limit) {
        return invalid("limit must be 1 to 200");
    }
    if after + limit > CAP {
        return invalid("The total number of results that can be paged through is 10,000");
    }
    let strings = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|entry| entry.as_str().map(str::to_owned)).collect()
    };
    let Some(wanted) = strings(&body["properties"]) else { return invalid("properties must be a list of strings") };
    let empty = BTreeMap::new();
    let groups = match groups(portal, kind, &body["filterGroups"]) {
        Ok(groups) => groups,
        Err(words) => return invalid(words),
    };
    let fits = |thing: &&Thing| {
        groups.is_empty() || groups.iter().any(|all| all.iter().all(|filter| meets(kind, thing, filter)))
    };
    let mut found: Vec<&Thing> = portal.index.get(kind).unwrap_or(&empty).values().filter(fits).collect();
    if let Err(words) = sort(portal, kind, &mut found, &body["sorts"]) {
        return invalid(words);
    }
    let page: Vec<Value> =
        found.iter().skip(after).take(limit).map(|thing| Portal::shown(thing, kind, &wanted)).collect();
    let end = after + page.len();
    let mut answer = json!({"total": found.len(), "results": page});
    if end < found.len() {
        answer["paging"] = json!({"next": {"after": end.to_string()}});
    }
    Reply::json(200, answer)
}

/// A filter, read once for all objects.
struct Filter<'a> {
    name: &'a str,
    operator: &'a str,
    asked: &'a str,
    number: Option<i64>,
    values: Vec<&'a str>,
}

fn read<'a>(portal: &Portal, kind: &str, filter: &'a Value) -> Result<Filter<'a>, String> {
    let name = filter["propertyName"].as_str().ok_or("propertyName is required")?;
    if !portal.knows(kind, name) {
        return Err(format!("There was a problem with the request: property {name} does not exist"));
    }
    let operator = filter["operator"].as_str().ok_or("operator is required")?;
    let (mut asked, mut values) = ("", Vec::new());
    match operator {
        "HAS_PROPERTY" | "NOT_HAS_PROPERTY" => {}
        "IN" => {
            values =
                filter["values"].as_array().ok_or("values is required")?.iter().filter_map(Value::as_str).collect();
        }
        "EQ" | "NEQ" | "GT" | "GTE" | "LT" | "LTE" | "CONTAINS_TOKEN" => {
            asked = filter["value"].as_str().ok_or_else(|| format!("value of {name} must be a string"))?;
        }
        other => return Err(format!("operator {other} is not known")),
    }
    Ok(Filter { name, operator, asked, number: number(asked), values })
}

fn groups<'a>(portal: &Portal, kind: &str, groups: &'a Value) -> Result<Vec<Vec<Filter<'a>>>, String> {
    let groups = groups.as_array().filter(|groups| groups.len() <= 5).ok_or("filterGroups: a list of at most 5")?;
    let filters = |group: &'a Value| {
        let filters = group["filters"].as_array().filter(|filters| filters.len() <= 6);
        filters.ok_or("filters: a list of at most 6")?.iter().map(|filter| read(portal, kind, filter)).collect()
    };
    groups.iter().map(filters).collect()
}

fn meets(kind: &str, thing: &Thing, filter: &Filter<'_>) -> bool {
    let order = if let (Some(held), Some(asked)) = (whole(kind, thing, filter.name), filter.number) {
        held.cmp(&asked)
    } else {
        let held = value(kind, thing, filter.name);
        match (filter.operator, held) {
            ("HAS_PROPERTY", held) => return held.is_some(),
            ("NOT_HAS_PROPERTY", held) => return held.is_none(),
            (_, None) => return false,
            ("IN", Some(held)) => return filter.values.contains(&held.as_str()),
            ("CONTAINS_TOKEN", Some(held)) => return held.contains(filter.asked.trim_matches('*')),
            (_, Some(held)) => compare(&held, filter.asked),
        }
    };
    match filter.operator {
        "EQ" => order.is_eq(),
        "NEQ" => order.is_ne(),
        "GT" => order.is_gt(),
        "GTE" => order.is_ge(),
        "LT" => order.is_lt(),
        _ => order.is_le(),
    }
}

/// What is a number without being written as one.
fn whole(kind: &str, thing: &Thing, name: &str) -> Option<i64> {
    match name {
        "hs_object_id" => i64::try_from(thing.id).ok(),
        "lastmodifieddate" if kind == "contacts" => Some(thing.updated),
        "hs_lastmodifieddate" if kind != "contacts" => Some(thing.updated),
        _ => None,
    }
}

/// Contacts know `lastmodifieddate`, everything else `hs_lastmodifieddate`; times are ms.
fn value(kind: &str, thing: &Thing, name: &str) -> Option<String> {
    let contact = kind == "contacts";
    match name {
        "hs_object_id" => Some(thing.id.to_string()),
        "lastmodifieddate" if contact => Some(thing.updated.to_string()),
        "hs_lastmodifieddate" => (!contact).then(|| thing.updated.to_string()),
        "createdate" | "hs_createdate" => Some(thing.created.to_string()),
        _ => thing.properties.get(name).filter(|value| !value.is_empty()).cloned(),
    }
}

fn compare(held: &str, asked: &str) -> std::cmp::Ordering {
    match (number(held), number(asked)) {
        (Some(held), Some(asked)) => held.cmp(&asked),
        _ => held.to_lowercase().cmp(&asked.to_lowercase()),
    }
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| parse_time(text))
}

fn sort(portal: &Portal, kind: &str, found: &mut [&Thing], sorts: &Value) -> Result<(), String> {
    let sorts = sorts.as_array().filter(|sorts| sorts.len() <= 1).ok_or("sorts: a list of at most one")?;
    let Some(sort) = sorts.first() else { return Ok(()) };
    let name = sort["propertyName"].as_str().or_else(|| sort.as_str()).ok_or("sorts: propertyName is required")?;
    if !portal.knows(kind, name) {
        return Err(format!("property {name} does not exist"));
    }
    let down = match sort["direction"].as_str() {
        None | Some("ASCENDING") => false,
        Some("DESCENDING") => true,
        Some(other) => return Err(format!("direction {other} is not known")),
    };
    if name == "hs_object_id" {
        // As they stand.
        if down {
            found.reverse();
        }
        return Ok(());
    }
    found.sort_by_cached_key(|thing| {
        let held = value(kind, thing, name).unwrap_or_default();
        (number(&held), held.to_lowercase())
    });
    if down {
        found.reverse();
    }
    Ok(())
}
