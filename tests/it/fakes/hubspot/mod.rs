//! HubSpot: date-versioned objects, a search that lags and ends at 10,000, archived and merged contacts.

mod handle;
mod rules;
mod search;
mod writes;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use trunkline::domain::clock::{Clock, ManualClock};

use super::{Asked, Refusal, Reply, Running, Vendor, lock, oauth, stamp};
use writes::{archive, associate, change, create, merge, upsert};

/// Versions whose paths are served; v3 is what the vendor's own client of 2026 still asks.
const VERSIONS: [&str; 2] = ["2026-03", "2026-09"];
#[derive(Debug, Clone)]
pub struct Thing {
    pub id: u64,
    pub properties: BTreeMap<String, String>,
    pub created: i64,
    pub updated: i64,
    pub archived: Option<i64>,
    /// Contacts it is associated with.
    pub contacts: Vec<u64>,
}

#[derive(Default)]
struct Portal {
    pub things: HashMap<String, BTreeMap<u64, Thing>>,
    /// What search sees.
    pub index: HashMap<String, BTreeMap<u64, Thing>>,
    pending: Vec<(u64, String, u64)>,
    merged: HashMap<u64, u64>,
    /// Properties an administrator made: by kind of object, and whether their values are unique.
    defined: Vec<(String, String, bool)>,
    requests: u64,
    lag: u64,
    last: u64,
}

pub struct HubSpot {
    clock: Arc<ManualClock>,
    portal: Mutex<Portal>,
}

/// Starts one.
pub async fn start(clock: Arc<ManualClock>) -> Running<HubSpot> {
    Running::start(clock, |_, clock| HubSpot { clock, portal: Mutex::new(Portal { last: 1000, ..Portal::default() }) })
        .await
}

fn error(status: u16, category: &str, message: impl Into<String>) -> Reply {
    let id = "5a1bc6c0-7a1f-4c4e-9a75-0f6f4e6d0f00";
    Reply::json(
        status,
        json!({"status": "error", "message": message.into(), "correlationId": id, "category": category}),
    )
}

fn invalid(message: impl Into<String>) -> Reply {
    error(400, "VALIDATION_ERROR", message)
}

impl Portal {
    fn wrote(&mut self, kind: &str, id: u64) {
        self.pending.push((self.requests + self.lag, kind.to_owned(), id));
        self.index_what_is_due();
    }

    fn index_what_is_due(&mut self) {
        let now = self.requests;
        let (due, later) = std::mem::take(&mut self.pending).into_iter().partition(|(at, ..)| *at <= now);
        self.pending = later;
        let due: Vec<(u64, String, u64)> = due;
        for (_, kind, id) in due {
            let found =
                self.things.get(&kind).and_then(|things| things.get(&id)).filter(|thing| thing.archived.is_none());
            let index = self.index.entry(kind).or_default();
            match found {
                Some(thing) => index.insert(id, thing.clone()),
                None => index.remove(&id),
            };
        }
    }

    fn put(&mut self, kind: &str, thing: Thing) {
        let id = thing.id;
        self.things.entry(kind.to_owned()).or_default().insert(id, thing);
        self.wrote(kind, id);
    }

    fn find(&self, kind: &str, id: &str, by: Option<&str>) -> Option<&Thing> {
        let things = self.things.get(kind)?;
        if let Some(property) = by {
            return things.values().find(|thing| thing.properties.get(property).is_some_and(|v| v == id));
        }
        let id: u64 = id.parse().ok()?;
        things.get(self.merged.get(&id).unwrap_or(&id))
    }

    fn shown(thing: &Thing, kind: &str, wanted: &[String]) -> Value {
        let mut properties = Map::new();
        let modified = if kind == "contacts" { "lastmodifieddate" } else { "hs_lastmodifieddate" };
        let created = if kind == "contacts" { "createdate" } else { "hs_createdate" };
        let time = |ms| stamp(ms, "%Y-%m-%dT%H:%M:%S%.3fZ");
        properties.insert("hs_object_id".into(), thing.id.to_string().into());
        properties.insert(created.into(), time(thing.created).into());
        properties.insert(modified.into(), time(thing.updated).into());
        let usual: &[&str] = if kind == "contacts" { &["email", "firstname", "lastname"] } else { &[] };
        let wanted: Vec<&str> =
            if wanted.is_empty() { usual.to_vec() } else { wanted.iter().map(String::as_str).collect() };
        for name in wanted {
            if !properties.contains_key(name) {
                properties.insert(name.into(), thing.properties.get(name).map_or(Value::Null, |v| v.as_str().into()));
            }
        }
        let mut shown = json!({
            "id": thing.id.to_string(), "properties": properties, "createdAt": time(thing.created),
            "updatedAt": time(thing.updated), "archived": thing.archived.is_some(),
        });
        if let Some(at) = thing.archived {
            shown["archivedAt"] = time(at).into();
        }
        shown
    }
}

impl Vendor for HubSpot {
    fn answer(&self, asked: &Asked) -> Reply {
        let mut portal = lock(&self.portal);
        portal.requests += 1;
        portal.index_what_is_due();
        let (method, path) = asked.parts();
        let (kind, rest): (&str, &[&str]) = match &path[..] {
            ["crm", "objects", version, kind, rest @ ..] if VERSIONS.contains(version) => (kind, rest),
            ["crm", "v3", "objects", kind, rest @ ..] => (kind, rest),
            ["account-info", "2026-03", "details"] => {
                return Reply::json(
                    200,
                    json!({"portalId": 4242, "accountType": "STANDARD", "uiDomain": "app.hubspot.com", "timeZone": "UTC"}),
                );
            }
            _ => return error(404, "OBJECT_NOT_FOUND", "resource not found"),
        };
        if !["contacts", "calls", "communications", "notes"].contains(&kind) {
            return invalid(format!("Unable to infer object type from: {kind}"));
        }
        let now = self.clock.now_ms();
        match (method, rest) {
            ("GET", []) => list(&portal, kind, asked),
            ("POST", []) => create(&mut portal, kind, &asked.json(), now),
            ("POST", ["search"]) => search::search(&portal, kind, &asked.json()),
            ("POST", ["batch", "read"]) => read(&portal, kind, &asked.json()),
            ("POST", ["batch", "upsert"]) => upsert(&mut portal, kind, &asked.json(), now),
            ("POST", ["merge"]) => {
                let body = asked.json();
                let id = |key: &str| body[key].as_str().and_then(|id| id.parse().ok()).unwrap_or(0);
                merge(&mut portal, id("primaryObjectId"), id("objectIdToMerge"), now)
            }
            ("GET", [id]) => match portal.find(kind, id, asked.query("idProperty")) {
                Some(thing) if thing.archived.is_some() == (asked.query("archived") == Some("true")) => {
                    Reply::json(200, Portal::shown(thing, kind, &names(asked)))
                }
                _ => error(404, "OBJECT_NOT_FOUND", "Object not found"),
            },
            ("PATCH", [id]) => change(&mut portal, kind, id, asked.query("idProperty"), &asked.json(), now),
            ("PUT", [id, "associations", "default", "contacts", contact]) => {
                associate(&mut portal, kind, id, contact, true)
            }
            ("DELETE", [id, "associations", "contacts", contact]) => associate(&mut portal, kind, id, contact, false),
            ("DELETE", [id]) => {
                if let Some(id) = portal.find(kind, id, None).map(|thing| thing.id) {
                    archive(&mut portal, kind, id, now);
                }
                Reply::empty(204)
            }
            _ => error(405, "VALIDATION_ERROR", "method not allowed"),
        }
    }

    fn refuse(&self, why: Refusal) -> Reply {
        match why {
            Refusal::Unauthorized => error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found."),
            Refusal::Forbidden => {
                error(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.")
            }
            Refusal::Failed => error(500, "INTERNAL_ERROR", "internal error"),
            Refusal::RateLimited(wait) => {
                let mut reply = Reply::json(
                    429,
                    json!({
                        "status": "error", "message": "You have reached your ten_secondly_rolling limit.",
                        "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING", "groupName": "publicapi",
                    }),
                );
                if let Some(wait) = wait {
                    reply = reply.with("retry-after", &wait);
                }
                reply
            }
        }
    }

    fn credential(&self, asked: &Asked) -> Option<String> {
        asked.scheme("Bearer")
    }

    fn decorate(&self, asked: &Asked, reply: Reply) -> Reply {
        if asked.path.last().is_some_and(|last| last == "search") {
            return reply;
        }
        reply
            .with("x-hubspot-ratelimit-max", &190)
            .with("x-hubspot-ratelimit-remaining", &180)
            .with("x-hubspot-ratelimit-interval-milliseconds", &10_000)
    }

    fn oauth(&self) -> oauth::Paths {
        oauth::Paths {
            authorize: "/oauth/authorize",
            token: "/oauth/2026-03/token",
            revoke: "/oauth/2026-03/token/revoke",
            seconds: Some(1800),
            ..oauth::Paths::default()
        }
    }
}

/// The properties that are wanted: in one list with commas, or one by one, as HubSpot's own client asks.
fn names(asked: &Asked) -> Vec<String> {
    asked.all("properties").flat_map(|list| list.split(',')).map(|name| name.trim().to_owned()).collect()
}

fn list(portal: &Portal, kind: &str, asked: &Asked) -> Reply {
    let limit = asked.number("limit").unwrap_or(10);
    if !(1..=100).contains(&limit) {
        return invalid(format!("limit must be 1 to 100, not {limit}"));
    }
    let after: u64 =
        asked.query("after").filter(|after| !after.is_empty()).map_or(Ok(0), str::parse).unwrap_or(u64::MAX);
    let archived = asked.query("archived") == Some("true");
    let wanted = names(asked);
    let empty = BTreeMap::new();
    let things = portal.things.get(kind).unwrap_or(&empty);
    let mut page =
        things.range(after.saturating_add(1)..).map(|(_, thing)| thing).filter(|t| t.archived.is_some() == archived);
    let shown: Vec<&Thing> = page.by_ref().take(limit).collect();
    let mut body = json!({"results": shown.iter().map(|t| Portal::shown(t, kind, &wanted)).collect::<Vec<_>>()});
    if page.next().is_some() {
        body["paging"] = json!({"next": {"after": shown.last().expect("one").id.to_string(), "link": "https://api.hubapi.com/?after=x"}});
    }
    Reply::json(200, body)
}

fn read(portal: &Portal, kind: &str, body: &Value) -> Reply {
    let Some(inputs) = body["inputs"].as_array().filter(|inputs| inputs.len() <= 100) else {
        return invalid("inputs is required, with at most 100 entries");
    };
    let wanted: Vec<String> = body["properties"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    let found: Vec<&Thing> = inputs
        .iter()
        .filter_map(|input| portal.find(kind, input["id"].as_str()?, body["idProperty"].as_str()))
        .filter(|thing| thing.archived.is_none())
        .collect();
    let status = if found.len() == inputs.len() { 200 } else { 207 };
    let results: Vec<Value> = found.iter().map(|thing| Portal::shown(thing, kind, &wanted)).collect();
    Reply::json(status, json!({"status": "COMPLETE", "results": results}))
}
