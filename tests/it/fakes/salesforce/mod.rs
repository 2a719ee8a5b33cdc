//! Salesforce: SOQL pages, the deletion log, errors as lists, 403 for a used-up day.

mod handle;
mod rows;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use trunkline::domain::clock::{Clock, ManualClock};

use super::soql::{self, Query};
use super::{Asked, Refusal, Reply, Running, Vendor, lock, oauth, parse_time, stamp};

/// Longest a deletion can be asked for.
const FIFTEEN_DAYS: i64 = 15 * 24 * 3600 * 1000;
const MINUTE: i64 = 60_000;

#[derive(Default)]
struct Org {
    objects: HashMap<String, BTreeMap<String, Value>>,
    /// Deletions by object, id and moment; those of an emptied recycle bin too.
    deletions: Vec<(String, String, i64)>,
    locators: HashMap<String, Vec<Value>>,
    last: u64,
    /// Before this nothing is known of deletions.
    earliest: Option<i64>,
    /// The deletion log is so far behind.
    deletions_lag: i64,
    /// Contacts with the same e-mail address are refused.
    duplicate_rule: bool,
    /// Fields an administrator made, by object.
    defined: Vec<(String, String)>,
    used: u64,
}

pub struct Salesforce {
    clock: Arc<ManualClock>,
    base: String,
    org: Mutex<Org>,
}

/// Starts one.
pub async fn start(clock: Arc<ManualClock>) -> Running<Salesforce> {
    Running::start(clock, |base, clock| Salesforce { clock, base: base.to_owned(), org: Mutex::default() }).await
}

fn error(status: u16, code: &str, message: impl Into<String>) -> Reply {
    Reply::json(status, json!([{"message": message.into(), "errorCode": code}]))
}

fn time(ms: i64) -> Value {
    stamp(ms, "%Y-%m-%dT%H:%M:%S%.3f+0000").into()
}

impl Vendor for Salesforce {
    fn answer(&self, asked: &Asked) -> Reply {
        let mut org = lock(&self.org);
        org.used += 1;
        let now = self.clock.now_ms();
        let (method, path) = asked.parts();
        let rest: &[&str] = match &path[..] {
            ["services", "oauth2", "userinfo"] => {
                return Reply::json(
                    200,
                    json!({
                        "user_id": "005000000000001AAA", "organization_id": "00D000000000001AAA", "name": "Ada Lovelace",
                        "preferred_username": "ada@example.com", "email": "ada@example.com",
                    }),
                );
            }
            ["services", "data", version, rest @ ..] if version.starts_with('v') => rest,
            _ => return error(404, "NOT_FOUND", "The requested resource does not exist"),
        };
        match (method, rest) {
            ("GET", ["query" | "queryAll"]) => query(&mut org, asked, path[2], rest[0] == "queryAll"),
            ("GET", ["query" | "queryAll", locator]) => next_page(&mut org, locator, path[2]),
            ("GET", ["sobjects", object, "deleted"]) => deleted(&org, object, asked, now),
            ("POST", ["sobjects", object]) => rows::create(&mut org, object, &asked.json(), now),
            ("GET", ["sobjects", object, id]) => match org.row(object, id) {
                Some(row) => Reply::json(200, row.clone()),
                None => rows::gone(),
            },
            ("PATCH", ["sobjects", object, id]) => rows::change(&mut org, object, id, &asked.json(), now),
            ("DELETE", ["sobjects", object, id]) => rows::delete(&mut org, object, id, None, now),
            _ => error(404, "NOT_FOUND", "The requested resource does not exist"),
        }
    }

    fn refuse(&self, why: Refusal) -> Reply {
        match why {
            Refusal::Unauthorized => error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
            Refusal::Forbidden => error(403, "INSUFFICIENT_ACCESS", "insufficient access rights on object id"),
            Refusal::Failed => error(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred"),
            Refusal::RateLimited(wait) => {
                let reply = error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
                match wait {
                    Some(wait) => reply.with("retry-after", &wait),
                    None => reply,
                }
            }
        }
    }

    fn credential(&self, asked: &Asked) -> Option<String> {
        asked.scheme("Bearer")
    }

    fn decorate(&self, _: &Asked, reply: Reply) -> Reply {
        let used = lock(&self.org).used;
        reply.with("sforce-limit-info", &format!("api-usage={used}/100000"))
    }

    fn oauth(&self) -> oauth::Paths {
        let extra = json!({"instance_url": self.base, "id": format!("{}/id/x/y", self.base), "issued_at": "1"});
        oauth::Paths {
            authorize: "/services/oauth2/authorize",
            token: "/services/oauth2/token",
            revoke: "/services/oauth2/revoke",
            offline: Some(("scope", "refresh_token")),
            extra: extra.as_object().expect("a table").clone(),
            ..oauth::Paths::default()
        }
    }
}

impl Org {
    fn row(&self, object: &str, id: &str) -> Option<&Value> {
        self.objects.get(object)?.get(id).filter(|row| row["IsDeleted"] == false)
    }
}

fn query(org: &mut Org, asked: &Asked, version: &str, all: bool) -> Reply {
    let query = match asked.query("q").ok_or_else(|| "q is required".to_owned()).and_then(soql::parse) {
        Ok(query) => query,
        Err(words) => return error(400, "MALFORMED_QUERY", words),
    };
    let Some(known) = rows::fields(&query.object) else {
        return error(400, "INVALID_TYPE", format!("sObject type '{}' is not supported.", query.object));
    };
    let mut named: Vec<&String> = query.fields.iter().chain(query.order.iter().map(|(field, _)| field)).collect();
    if let Some(condition) = &query.condition {
        fields_of(condition, &mut named);
    }
    if let Some(wrong) = named.iter().find(|field| !known.contains(&field.as_str())) {
        return error(400, "INVALID_FIELD", format!("No such column '{wrong}' on entity '{}'.", query.object));
    }
    let found = match select(org, &query, all) {
        Ok(found) => found,
        Err(words) => return error(400, "INVALID_FIELD", words),
    };
    let size = asked
        .header("sforce-query-options")
        .and_then(|options| options.strip_prefix("batchSize=")?.parse().ok())
        .unwrap_or(2000usize)
        .clamp(200, 2000);
    let shown: Vec<Value> = found.iter().map(|row| shape(&query, row, version)).collect();
    pages(org, shown, size, version)
}

fn fields_of<'a>(condition: &'a soql::Condition, into: &mut Vec<&'a String>) {
    match condition {
        soql::Condition::All(parts) | soql::Condition::Any(parts) => {
            for part in parts {
                fields_of(part, into);
            }
        }
        soql::Condition::One(field, _, _) => into.push(field),
    }
}

fn select(org: &Org, query: &Query, all: bool) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    for row in org.objects.get(&query.object).into_iter().flat_map(BTreeMap::values) {
        let there = all || row["IsDeleted"] == false;
        if there && query.condition.as_ref().map_or(Ok(true), |condition| soql::meets(condition, row))? {
            found.push(row.clone());
        }
    }
    for (field, down) in query.order.iter().rev() {
        found.sort_by_cached_key(|row| row[field].to_string());
        if *down {
            found.reverse();
        }
    }
    if let Some(limit) = query.limit {
        found.truncate(limit);
    }
    Ok(found)
}

/// A row with what was asked for; `Account.Name` is a table of its own, or null.
fn shape(query: &Query, row: &Value, version: &str) -> Value {
    let url = format!("/services/data/{version}/sobjects/{}/{}", query.object, row["Id"].as_str().unwrap_or_default());
    let mut shown = Map::from_iter([("attributes".to_owned(), json!({"type": query.object, "url": url}))]);
    for field in &query.fields {
        match field.split_once('.') {
            Some((parent, _)) if row[field].is_null() => {
                shown.insert(parent.to_owned(), Value::Null);
            }
            Some((parent, name)) => {
                shown.insert(parent.to_owned(), json!({"attributes": {"type": parent}, name: row[field]}));
            }
            None => {
                shown.insert(field.clone(), row[field].clone());
            }
        }
    }
    Value::Object(shown)
}

fn pages(org: &mut Org, shown: Vec<Value>, size: usize, version: &str) -> Reply {
    org.last += 1;
    let locator = format!("01g{:012}AAA", org.last);
    org.locators.insert(locator.clone(), shown);
    next_page(org, &format!("{locator}-0-{size}"), version)
}

/// What stands behind a locator: as it was when the query was made.
fn next_page(org: &mut Org, place: &str, version: &str) -> Reply {
    let mut parts = place.split('-');
    let locator = parts.next().unwrap_or_default();
    let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok());
    let (start, size) = (number().unwrap_or(0), number().unwrap_or(2000));
    let Some(rows) = org.locators.get(locator) else {
        return error(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    };
    let (total, end) = (rows.len(), (start + size).min(rows.len()));
    let mut answer = json!({"totalSize": total, "done": end == total, "records": rows[start.min(end)..end]});
    if end < total {
        answer["nextRecordsUrl"] = format!("/services/data/{version}/query/{locator}-{end}-{size}").into();
    } else {
        org.locators.remove(locator);
    }
    Reply::json(200, answer)
}

/// Seconds are ignored; what is not covered yet comes next time.
fn deleted(org: &Org, object: &str, asked: &Asked, now: i64) -> Reply {
    let bound = |name: &str| asked.query(name).and_then(parse_time).map(|ms| ms / MINUTE * MINUTE);
    let (Some(start), Some(end)) = (bound("start"), bound("end")) else {
        return error(400, "MALFORMED_QUERY", "start and end are required date-times");
    };
    if start >= end {
        return error(400, "INVALID_REPLICATION_DATE", "startDate must be before endDate by more than a minute");
    }
    let earliest = org.earliest.unwrap_or(0).max(now - FIFTEEN_DAYS);
    if start < earliest / MINUTE * MINUTE {
        return error(400, "INVALID_REPLICATION_DATE", "startDate is before what is known of deletions");
    }
    let covered = end.min((now - org.deletions_lag) / MINUTE * MINUTE);
    let records: Vec<Value> = org
        .deletions
        .iter()
        .filter(|(of, _, at)| of == object && (start..covered).contains(at))
        .map(|(_, id, at)| json!({"id": id, "deletedDate": time(*at)}))
        .collect();
    Reply::json(
        200,
        json!({"deletedRecords": records, "earliestDateAvailable": time(earliest), "latestDateCovered": time(covered)}),
    )
}
