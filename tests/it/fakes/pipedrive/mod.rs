//! Pipedrive: persons and activities of API v2, users and recents of v1, the company's daily budget.

mod activities;
mod handle;
mod persons;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use trunkline::domain::clock::{Clock, ManualClock};

use super::{Asked, Refusal, Reply, Running, Vendor, lock, oauth, stamp};

/// Each object as it is sent, by id.
#[derive(Default)]
struct Company {
    persons: BTreeMap<u64, Value>,
    activities: BTreeMap<u64, Value>,
    last: u64,
    /// Tokens left today; none: as many as wanted.
    budget: Option<i64>,
}

pub struct Pipedrive {
    clock: Arc<ManualClock>,
    base: String,
    company: Mutex<Company>,
}

/// Starts one.
pub async fn start(clock: Arc<ManualClock>) -> Running<Pipedrive> {
    Running::start(clock, |base, clock| Pipedrive {
        clock,
        base: base.to_owned(),
        company: Mutex::new(Company::default()),
    })
    .await
}

fn error(status: u16, words: impl Into<String>) -> Reply {
    Reply::json(
        status,
        json!({"success": false, "error": words.into(), "error_info": "Please check developers.pipedrive.com"}),
    )
}

fn data(status: u16, data: impl Into<Value>) -> Reply {
    Reply::json(status, json!({"success": true, "data": data.into()}))
}

/// What a request costs of the daily budget.
fn cost(asked: &Asked) -> i64 {
    let (method, path) = asked.parts();
    match (method, &path[..]) {
        ("GET", [.., "search"]) => 20,
        ("GET", ["api", "v2", _]) => 10,
        ("GET", ["api", "v2", _, _]) => 1,
        ("GET", _) => 20,
        ("DELETE", _) => 3,
        _ => 5,
    }
}

/// A page of a list, which goes on after the last entry's sort key and id.
fn page(mut found: Vec<&Value>, asked: &Asked, sorts: &[&str]) -> Reply {
    let limit = match asked.query("limit").map(str::parse::<usize>) {
        None => 100,
        Some(Ok(limit)) if (1..=500).contains(&limit) => limit,
        _ => return error(400, "limit must be 1 to 500"),
    };
    let sort = asked.query("sort_by").unwrap_or("id");
    let down = match asked.query("sort_direction") {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return error(400, "sort_direction must be asc or desc"),
    };
    if !sorts.contains(&sort) {
        return error(400, format!("sort_by must be one of {sorts:?}"));
    }
    let key = |entry: &Value| (entry[sort].as_str().unwrap_or_default().to_owned(), entry["id"].as_u64().unwrap_or(0));
    found.sort_by_cached_key(|entry| key(entry));
    if down {
        found.reverse();
    }
    if let Some(cursor) = asked.query("cursor").filter(|cursor| !cursor.is_empty()) {
        let Some((time, id)) =
            cursor.split_once('~').and_then(|(time, id)| Some((time.to_owned(), id.parse::<u64>().ok()?)))
        else {
            return error(400, "Provided cursor is not valid");
        };
        let after = (time, id);
        found.retain(|entry| if down { key(entry) < after } else { key(entry) > after });
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let next = more.then(|| found.last().map(|entry| key(entry))).flatten().map(|(time, id)| format!("{time}~{id}"));
    Reply::json(200, json!({"success": true, "data": found, "additional_data": {"next_cursor": next}}))
}

impl Vendor for Pipedrive {
    fn answer(&self, asked: &Asked) -> Reply {
        let mut company = lock(&self.company);
        if let Some(left) = &mut company.budget {
            *left -= cost(asked);
            if *left < 0 {
                return error(429, "Daily API token budget is used up");
            }
        }
        let now = self.clock.now_ms() / 1000 * 1000;
        let (method, path) = asked.parts();
        let rest: &[&str] = match &path[..] {
            ["api", rest @ ..] => rest,
            ["v1", ..] => &path[..],
            _ => return error(404, "not found"),
        };
        match (method, rest) {
            ("GET", ["v2", "persons"]) => persons::list(&company, asked),
            ("GET", ["v2", "persons", "search"]) => persons::search(&company, asked),
            ("POST", ["v2", "persons"]) => persons::create(&mut company, &asked.json(), now),
            ("GET", ["v2", "persons", id]) => persons::get(&company, id),
            ("PATCH", ["v2", "persons", id]) => persons::change(&mut company, id, &asked.json(), now),
            ("DELETE", ["v2", "persons", id]) => persons::delete(&mut company, id, now),
            ("GET", ["v2", "activities"]) => activities::list(&company, asked),
            ("GET", ["v2", "activities", id]) => activities::get(&company, id),
            ("POST", ["v2", "activities"]) => activities::write(&mut company, None, &asked.json(), now),
            ("PATCH", ["v2", "activities", id]) => activities::write(&mut company, Some(id), &asked.json(), now),
            ("GET", ["v1", "recents"]) => persons::recents(&company, asked),
            ("GET", ["v1", "users", "me"]) => {
                data(200, json!({"id": 7, "name": "Ada Lovelace", "email": "ada@example.com", "company_id": 99}))
            }
            ("GET", ["v1", "activityTypes"]) => data(
                200,
                json!([{"id": 1, "key_string": "call", "name": "Call"}, {"id": 2, "key_string": "sms", "name": "SMS"}]),
            ),
            ("GET" | "POST" | "PUT" | "DELETE", ["v1", "persons" | "activities", ..]) => {
                error(410, "This endpoint is gone: use API v2")
            }
            _ => error(404, "not found"),
        }
    }

    fn refuse(&self, why: Refusal) -> Reply {
        match why {
            Refusal::Unauthorized => {
                Reply::json(401, json!({"success": false, "error": "unauthorized access", "errorCode": 401}))
            }
            Refusal::Forbidden => {
                Reply::json(403, json!({"success": false, "error": "Scope and URL mismatch", "errorCode": 403}))
            }
            Refusal::Failed => error(500, "Internal server error"),
            Refusal::RateLimited(wait) => {
                let reply =
                    Reply::json(429, json!({"success": false, "error": "request over limit", "errorCode": 429}));
                match wait {
                    Some(wait) => reply.with("retry-after", &wait),
                    None => reply,
                }
            }
        }
    }

    fn credential(&self, asked: &Asked) -> Option<String> {
        asked.header("x-api-token").map(str::to_owned).or_else(|| asked.scheme("Bearer"))
    }

    fn decorate(&self, _: &Asked, reply: Reply) -> Reply {
        let left = lock(&self.company).budget.unwrap_or(30_000).max(0);
        reply
            .with("x-ratelimit-limit", &20)
            .with("x-ratelimit-remaining", &19)
            .with("x-ratelimit-reset", &2)
            .with("x-daily-ratelimit-token-remaining", &left)
    }

    fn oauth(&self) -> oauth::Paths {
        let extra = json!({"api_domain": self.base, "scope": "base,contacts:full,activities:full"});
        oauth::Paths {
            authorize: "/oauth/authorize",
            token: "/oauth/token",
            revoke: "/oauth/revoke",
            seconds: Some(3600),
            basic: true,
            extra: extra.as_object().expect("a table").clone(),
            ..oauth::Paths::default()
        }
    }
}

/// Times of API v2.
fn time(ms: i64) -> Value {
    stamp(ms, "%Y-%m-%dT%H:%M:%SZ").into()
}
