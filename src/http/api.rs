//! `/v1/contacts`: the address book for programs. A contact is written as the widget reads it
//! (protocol 3.1).

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::ApiCaller;
use super::body;
use super::extract::{Params, Part};
use super::problem::ApiError;
use super::state::ServiceState;
use crate::domain::contact::Contact;
use crate::domain::json;
use crate::storage::contacts::{BatchOutcome, ContactBatch};

/// Entries of one page when the caller does not say.
const PAGE: i64 = 100;
/// Entries of one page at most.
const LARGEST_PAGE: i64 = 1000;
/// Contacts and deletions of one batch at most.
const LARGEST_BATCH: usize = 20_000;

/// `?limit=` and `?page=` of a list.
#[derive(Debug, Deserialize)]
pub struct PageQuery {
    limit: Option<String>,
    page: Option<String>,
    q: Option<String>,
}

impl PageQuery {
    /// 1 to 1,000.
    pub fn limit(&self) -> Result<i64, ApiError> {
        let Some(text) = self.limit.as_deref() else { return Ok(PAGE) };
        text.parse()
            .ok()
            .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
            .ok_or_else(|| ApiError::invalid_request(format!("`limit` must be a number from 1 to {LARGEST_PAGE}")))
    }

    /// The `nextPage` of the page before.
    pub fn page(&self) -> &str {
        self.page.as_deref().unwrap_or_default()
    }
}

/// `GET /v1/contacts`: `{"items", "nextPage"}`; `?q=` searches instead.
pub async fn list(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Params(query): Params<PageQuery>,
) -> Result<Response, ApiError> {
    let limit = query.limit()?;
    if let Some(typed) = &query.q {
        let found = state.storage.search_contacts(typed, usize::try_from(limit).unwrap_or(0)).await?;
        return Ok(raw_json(format!("{{\"items\":[{}],\"nextPage\":null}}", found.join(","))));
    }
    let after: i64 = match query.page() {
        "" => 0,
        text => text.parse().map_err(|_| ApiError::invalid_request("`page` is not a `nextPage` of this list"))?,
    };
    let rows = state.storage.list_contacts(after, limit).await?;
    let full = i64::try_from(rows.len()).unwrap_or(0) == limit;
    let next = rows.last().filter(|_| full).map(|(key, _)| key.to_string());
    let items: Vec<String> = rows.into_iter().map(|(_, json)| json).collect();
    Ok(raw_json(format!("{{\"items\":[{}],\"nextPage\":{}}}", items.join(","), json!(next))))
}

/// `GET /v1/contacts/{id}`.
pub async fn get(State(state): State<ServiceState>, _: ApiCaller, Part(id): Part) -> Result<Response, ApiError> {
    state
        .storage
        .find_contact(&id)
        .await?
        .map(raw_json)
        .ok_or_else(|| ApiError::not_found("there is no contact with this id"))
}

/// `PUT /v1/contacts/{id}`: answers with the contact as stored.
pub async fn put(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = body::read(body, body::WIDGET_LIMIT).await?;
    let contact = Contact::from_json(body::parse(&bytes)?, Some(&id), state.region)
        .map_err(|problem| ApiError::invalid_body(problem.to_string()))?;
    not_upstream(&state, &id)?;
    let mut batch = ContactBatch::default();
    batch.put(&contact);
    write(&state, batch).await?;
    Ok(raw_json(contact.to_json()))
}

/// `DELETE /v1/contacts/{id}`: 204, or 404 where there is none.
pub async fn delete(State(state): State<ServiceState>, _: ApiCaller, Part(id): Part) -> Result<StatusCode, ApiError> {
    not_upstream(&state, &id)?;
    let mut batch = ContactBatch::default();
    batch.delete(id);
    match write(&state, batch).await?.deleted {
        0 => Err(ApiError::not_found("there is no contact with this id")),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// `POST /v1/contacts/batch`: `{"contacts": [...], "deleted": [ids]}` in one transaction. A contact
/// that is refused does not hold up the others.
pub async fn batch(State(state): State<ServiceState>, _: ApiCaller, body: Body) -> Result<Response, ApiError> {
    let bytes = body::read(body, body::BATCH_LIMIT).await?;
    let mut map = body::parse_object(&bytes)?;
    let contacts = take_array(&mut map, "contacts")?;
    let deleted = take_array(&mut map, "deleted")?;
    if contacts.len() + deleted.len() > LARGEST_BATCH {
        return Err(ApiError::invalid_body(format!("a batch holds at most {LARGEST_BATCH} contacts and deletions"))
            .fix("send several batches"));
    }
    let (contacts, theirs): (Vec<Value>, Vec<Value>) =
        contacts.into_iter().partition(|contact| !names_upstream(&state, contact.get("id")));
    let (deleted, kept): (Vec<Value>, Vec<Value>) =
        deleted.into_iter().partition(|id| !names_upstream(&state, Some(id)));
    let region = state.region;
    // Numbers of thousands of contacts are read off the threads that answer calls.
    let prepared = tokio::task::spawn_blocking(move || prepare(contacts, deleted, region)).await;
    let (batch, mut rejected) = prepared.map_err(|_| {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "a fault of Trunkline while reading the batch")
    })?;
    let ids = theirs.iter().map(|contact| &contact["id"]).chain(&kept);
    rejected.extend(ids.map(|id| json!({"id": id, "reason": THEIRS})));
    let outcome = write(&state, batch).await?;
    let answer = json!({
        "upserted": outcome.upserted,
        "unchanged": outcome.unchanged,
        "deleted": outcome.deleted,
        "rejected": rejected,
    });
    Ok(Json(answer).into_response())
}

fn prepare(
    contacts: Vec<Value>,
    deleted: Vec<Value>,
    region: Option<crate::domain::phone::Region>,
) -> (ContactBatch, Vec<Value>) {
    let mut batch = ContactBatch::default();
    let mut rejected = Vec::new();
    for contact in contacts {
        let id = json::text(contact.get("id"));
        match Contact::from_json(contact, None, region) {
            Ok(contact) => batch.put(&contact),
            Err(problem) => rejected.push(json!({"id": id, "reason": problem.to_string()})),
        }
    }
    for id in deleted {
        match json::text(Some(&id)) {
            Some(id) => batch.delete(id),
            None => rejected.push(json!({"id": id, "reason": "an id to delete must be a non-empty string"})),
        }
    }
    (batch, rejected)
}

/// Contacts of a connector are changed where they come from.
const THEIRS: &str = "this contact belongs to a connector: change it upstream, the next sync brings it";

/// Whether an id is one of a connector's contacts.
fn names_upstream(state: &ServiceState, id: Option<&Value>) -> bool {
    let connector = id.and_then(Value::as_str).and_then(|id| id.split_once(':'));
    connector.is_some_and(|(connector, _)| state.config.connectors.contains_key(connector))
}

fn not_upstream(state: &ServiceState, id: &str) -> Result<(), ApiError> {
    if names_upstream(state, Some(&json!(id))) {
        return Err(ApiError::new(StatusCode::CONFLICT, "belongs_to_connector", THEIRS));
    }
    Ok(())
}

async fn write(state: &ServiceState, batch: ContactBatch) -> Result<BatchOutcome, ApiError> {
    let outcome = state.storage.write_contacts(batch).await?;
    if outcome.upserted + outcome.deleted > 0 {
        state.hub.contacts_changed(outcome.numbers.clone());
    }
    Ok(outcome)
}

fn take_array(map: &mut serde_json::Map<String, Value>, key: &str) -> Result<Vec<Value>, ApiError> {
    match map.remove(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(ApiError::invalid_body(format!("`{key}` must be an array"))),
    }
}

/// An answer whose JSON is ready.
pub fn raw_json(text: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(text.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
