//! Zoho CRM v8: two ways of paging, If-Modified-Since, deletions apart, errors for each row.

mod handle;
mod rows;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use trunkline::domain::clock::{Clock, ManualClock};

use super::{Asked, Refusal, Reply, Running, Vendor, lock, oauth, parse_time, stamp};

/// `page` reaches so many rows, a page token further.
const BY_NUMBER: usize = 2000;

#[derive(Default)]
struct Org {
    modules: HashMap<String, BTreeMap<u64, Value>>,
    /// Module, id, what kind of deletion, when, and the row.
    deleted: Vec<(String, u64, &'static str, i64, Value)>,
    last: u64,
    /// Fields an administrator made, by module.
    defined: Vec<(String, String)>,
}

pub struct Zoho {
    clock: Arc<ManualClock>,
    base: String,
    org: Mutex<Org>,
}

/// Starts one.
pub async fn start(clock: Arc<ManualClock>) -> Running<Zoho> {
    Running::start(clock, |base, clock| Zoho {
        clock,
        base: base.to_owned(),
        org: Mutex::new(Org { last: 4_876_876_000_000_600_000, ..Org::default() }),
    })
    .await
}

fn error(status: u16, code: &str, message: &str, details: Value) -> Reply {
    Reply::json(status, rows::row_error(code, message, details))
}

/// Times carry the organisation's offset.
fn time(ms: i64) -> Value {
    stamp(ms + 3_600_000, "%Y-%m-%dT%H:%M:%S+01:00").into()
}

fn time_of(row: &Value, name: &str) -> i64 {
    row[name].as_str().and_then(parse_time).unwrap_or(0)
}

impl Vendor for Zoho {
    fn answer(&self, asked: &Asked) -> Reply {
        let mut org = lock(&self.org);
        let now = self.clock.now_ms() / 1000 * 1000;
        let (method, path) = asked.parts();
        let ["crm", "v8", module, rest @ ..] = &path[..] else {
            return error(
                404,
                "INVALID_URL_PATTERN",
                "Please check if the URL trying to access is a correct one",
                json!({}),
            );
        };
        if *module == "users" {
            return Reply::json(
                200,
                json!({"users": [{
                    "id": "4876876000000200001", "full_name": "Ada Lovelace", "email": "ada@example.com", "status": "active",
                }]}),
            );
        }
        if rows::fields(module).is_none() {
            return error(400, "INVALID_MODULE", "the module name given seems to be invalid", json!({}));
        }
        match (method, rest) {
            ("GET", []) => list(&org, module, asked),
            ("GET", ["deleted"]) => deleted(&org, module, asked),
            ("GET", ["search"]) => search(&org, module, asked),
            ("GET", [id]) => match id.parse().ok().and_then(|id: u64| org.modules.get(*module)?.get(&id)) {
                Some(row) => Reply::json(200, json!({"data": [row]})),
                None => Reply::empty(204),
            },
            ("POST" | "PUT", []) => rows::write(&mut org, module, None, &asked.json(), now),
            ("PUT", [id]) => rows::write(&mut org, module, Some(id), &asked.json(), now),
            ("DELETE", [id]) => rows::delete(&mut org, module, id, now),
            _ => error(405, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one", json!({})),
        }
    }

    fn refuse(&self, why: Refusal) -> Reply {
        match why {
            Refusal::Unauthorized => error(401, "INVALID_TOKEN", "invalid oauth token", json!({})),
            Refusal::Forbidden => error(403, "NO_PERMISSION", "permission denied", json!({})),
            Refusal::Failed => error(500, "INTERNAL_ERROR", "Internal Server Error", json!({})),
            Refusal::RateLimited(wait) => {
                let reply = error(429, "TOO_MANY_REQUESTS", "Too many requests fired in concurrency", json!({}));
                match wait {
                    Some(wait) => reply.with("retry-after", &wait),
                    None => reply,
                }
            }
        }
    }

    fn credential(&self, asked: &Asked) -> Option<String> {
        asked.scheme("Zoho-oauthtoken")
    }

    fn oauth(&self) -> oauth::Paths {
        let extra = json!({"api_domain": self.base});
        oauth::Paths {
            authorize: "/oauth/v2/auth",
            token: "/oauth/v2/token",
            revoke: "/oauth/v2/token/revoke",
            seconds: Some(3600),
            offline: Some(("access_type", "offline")),
            refusal: Some("invalid_code"),
            extra: extra.as_object().expect("a table").clone(),
            ..oauth::Paths::default()
        }
    }
}

/// `If-Modified-Since` as Zoho reads it: ISO 8601 with an offset. An error for anything else.
fn since(asked: &Asked) -> Result<Option<i64>, Reply> {
    let Some(text) = asked.header("if-modified-since") else { return Ok(None) };
    match parse_time(text) {
        Some(ms) => Ok(Some(ms)),
        None => {
            Err(error(400, "INVALID_DATA", "If-Modified-Since is not ISO 8601 with an offset", json!({"value": text})))
        }
    }
}

/// Nothing to show: 304 where a time was given, 204 where none was.
fn nothing(since: Option<i64>) -> Reply {
    Reply::empty(if since.is_some() { 304 } else { 204 })
}

fn list(org: &Org, module: &str, asked: &Asked) -> Reply {
    let Some(fields) = asked.query("fields") else {
        return error(
            400,
            "REQUIRED_PARAM_MISSING",
            "One of the expected parameter is missing",
            json!({"param": "fields"}),
        );
    };
    let fields: Vec<&str> = fields.split(',').collect();
    if fields.len() > 50 {
        return error(400, "LIMIT_EXCEEDED", "fields: at most 50", json!({"limit": 50}));
    }
    let since = match since(asked) {
        Ok(since) => since,
        Err(reply) => return reply,
    };
    let per_page = asked.number("per_page").unwrap_or(200);
    let (page, token) = (asked.number("page"), asked.query("page_token").filter(|token| !token.is_empty()));
    if !(1..=200).contains(&per_page) {
        return error(400, "INVALID_DATA", "per_page must be 1 to 200", json!({"param": "per_page"}));
    }
    if page.is_some() && token.is_some() {
        return error(400, "AMBIGUITY_DURING_PROCESSING", "page and page_token cannot go together", json!({}));
    }
    let number = page.unwrap_or(1);
    if token.is_none() && number * per_page > BY_NUMBER {
        let words = "page reaches 2000 records: use page_token";
        return error(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", words, json!({"limit": BY_NUMBER}));
    }
    let sort = asked.query("sort_by").unwrap_or("id");
    if !["id", "Created_Time", "Modified_Time"].contains(&sort) {
        return error(400, "INVALID_DATA", "sort_by is not valid", json!({"param": "sort_by"}));
    }
    let ids: Option<Vec<&str>> = asked.query("ids").map(|ids| ids.split(',').collect());
    if ids.as_ref().is_some_and(|ids| ids.len() > 100) {
        return error(400, "LIMIT_EXCEEDED", "ids: at most 100", json!({"limit": 100}));
    }
    let mut found = matching(org, module, since, ids.as_deref());
    let key = |row: &Value| (time_of(row, sort), row["id"].as_str().unwrap_or_default().to_owned());
    found.sort_by_cached_key(|row| key(row));
    let down = asked.query("sort_order").unwrap_or("desc") == "desc";
    if down {
        found.reverse();
    }
    let skipped = if token.is_none() { (number - 1) * per_page } else { 0 };
    if let Some(token) = token {
        let Some((time, id)) =
            token.split_once('~').and_then(|(time, id)| Some((time.parse::<i64>().ok()?, id.to_owned())))
        else {
            return error(400, "INVALID_DATA", "page_token is not valid", json!({"param": "page_token"}));
        };
        let after = (time, id);
        found.retain(|row| if down { key(row) < after } else { key(row) > after });
    }
    let more = found.len() > skipped + per_page;
    let shown: Vec<&Value> = found.into_iter().skip(skipped).take(per_page).collect();
    let Some(last) = shown.last() else { return nothing(since) };
    let next = more.then(|| key(last)).map(|(time, id)| format!("{time}~{id}"));
    let data: Vec<Value> = shown.iter().map(|row| only(row, &fields)).collect();
    Reply::json(
        200,
        json!({"data": data, "info": {
            "per_page": per_page, "count": data.len(), "page": number, "sort_by": sort, "more_records": more,
            "sort_order": if down { "desc" } else { "asc" }, "next_page_token": next,
        }}),
    )
}

/// The rows that changed since then, or all; of these ids, or of all.
fn matching<'a>(org: &'a Org, module: &str, since: Option<i64>, ids: Option<&[&str]>) -> Vec<&'a Value> {
    let rows = org.modules.get(module).into_iter().flat_map(BTreeMap::values);
    rows.filter(|row| since.is_none_or(|since| time_of(row, "Modified_Time") >= since))
        .filter(|row| ids.is_none_or(|ids| row["id"].as_str().is_some_and(|id| ids.contains(&id))))
        .collect()
}

fn only(row: &Value, fields: &[&str]) -> Value {
    let mut shown = Map::from_iter([("id".to_owned(), row["id"].clone())]);
    for field in fields.iter().map(|field| field.trim()) {
        shown.insert(field.to_owned(), row[field].clone());
    }
    Value::Object(shown)
}

fn deleted(org: &Org, module: &str, asked: &Asked) -> Reply {
    let Some(kind) = asked.query("type").filter(|kind| ["all", "recycle", "permanent"].contains(kind)) else {
        return error(
            400,
            "REQUIRED_PARAM_MISSING",
            "type must be all, recycle or permanent",
            json!({"param": "type"}),
        );
    };
    let since = match since(asked) {
        Ok(since) => since,
        Err(reply) => return reply,
    };
    let (page, per_page) = (asked.number("page").unwrap_or(1), asked.number("per_page").unwrap_or(200).min(200));
    let found: Vec<Value> = org
        .deleted
        .iter()
        .filter(|(of, _, what, at, _)| {
            of == module && (kind == "all" || kind == *what) && since.is_none_or(|since| *at >= since)
        })
        .map(|(_, id, what, at, _)| {
            json!({"id": id.to_string(), "type": what, "deleted_time": time(*at), "display_name": "x", "deleted_by": null})
        })
        .collect();
    let start = (page - 1) * per_page;
    let shown: Vec<&Value> = found.iter().skip(start).take(per_page).collect();
    if shown.is_empty() {
        return nothing(since);
    }
    let more = found.len() > start + shown.len();
    let info = json!({"per_page": per_page, "count": shown.len(), "page": page, "more_records": more});
    Reply::json(200, json!({"data": shown, "info": info}))
}

fn search(org: &Org, module: &str, asked: &Asked) -> Reply {
    let Some(asked) = ["phone", "email", "word"].iter().find_map(|name| asked.query(name)) else {
        return error(400, "REQUIRED_PARAM_MISSING", "phone, email or word", json!({}));
    };
    let rows = org.modules.get(module).into_iter().flat_map(BTreeMap::values);
    let found: Vec<&Value> = rows.filter(|row| row.to_string().contains(asked)).take(200).collect();
    if found.is_empty() { Reply::empty(204) } else { Reply::json(200, json!({"data": found})) }
}
