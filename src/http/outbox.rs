//! `/v1/outbox`: how the delivery of logs stands, and a person's word about it.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::ApiCaller;
use super::api::PageQuery;
use super::body;
use super::extract::{Params, Part};
use super::problem::ApiError;
use super::state::ServiceState;
use crate::domain::outbox::{OutboxEntry, OutboxState};
use crate::domain::party::NamedContact;
use crate::domain::upstream::Trouble;
use crate::storage::outbox::{OutboxCount, OutboxFilter};

/// `?state=`, `?connector=`; `?all=true` lists what is settled, too.
#[derive(Debug, Deserialize)]
pub struct OutboxQuery {
    state: Option<String>,
    connector: Option<String>,
    all: Option<String>,
}

impl OutboxQuery {
    fn filter(self) -> Result<OutboxFilter, ApiError> {
        let state = match self.state.as_deref() {
            None => None,
            Some(word) => Some(OutboxState::from_word(word).ok_or_else(|| {
                let words: Vec<&str> = OutboxState::ALL.into_iter().map(OutboxState::word).collect();
                ApiError::invalid_request(format!("`state` must be one of {}", words.join(", ")))
            })?),
        };
        let open = state.is_none() && self.all.as_deref() != Some("true");
        Ok(OutboxFilter { state, connector: self.connector, open })
    }
}

/// `GET /v1/outbox`: `{"items", "nextPage", "counts"}`, oldest first; what is still open unless asked
/// otherwise.
pub async fn list(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Params(asked): Params<OutboxQuery>,
    Params(page): Params<PageQuery>,
) -> Result<Response, ApiError> {
    let limit = page.limit()?;
    let entries = state.storage.list_outbox(&asked.filter()?, page.page(), limit).await?;
    let full = i64::try_from(entries.len()).is_ok_and(|count| count == limit);
    let next = entries.last().filter(|_| full).map(|last| last.id.clone());
    let counts = state.storage.count_outbox().await?;
    let items: Vec<Value> = entries.iter().map(shown).collect();
    Ok(Json(json!({"items": items, "nextPage": next, "counts": counted(&counts)})).into_response())
}

/// `GET /v1/outbox/{id}`.
pub async fn get(State(state): State<ServiceState>, _: ApiCaller, Part(id): Part) -> Result<Response, ApiError> {
    answer(state.storage.find_outbox_entry(&id).await?)
}

/// `POST /v1/outbox/{id}/retry`: delivers it again now. One that is unsure is written anew.
pub async fn retry(State(state): State<ServiceState>, _: ApiCaller, Part(id): Part) -> Result<Response, ApiError> {
    answer(state.delivery.retry(&id).await?)
}

/// `POST /v1/outbox/{id}/drop`: keeps the log here only.
pub async fn drop_entry(State(state): State<ServiceState>, _: ApiCaller, Part(id): Part) -> Result<Response, ApiError> {
    answer(state.storage.drop_outbox(&id).await?)
}

/// `POST /v1/outbox/{id}/decide` with `{"contactId": "crm:17"}`, or null for nobody: says whose the log is.
pub async fn decide(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = body::read(body, body::WIDGET_LIMIT).await?;
    let asked: Value = body::parse(&bytes)?;
    let contact = match asked.get("contactId") {
        Some(Value::Null) => NamedContact::Nobody,
        Some(Value::String(contact)) => {
            if state.storage.find_contact(contact).await?.is_none() {
                return Err(ApiError::invalid_body(format!("there is no contact {contact:?}")));
            }
            NamedContact::Contact(contact.clone())
        }
        _ => return Err(ApiError::invalid_body("`contactId` must be a contact's id, or null for nobody")),
    };
    let entry = state.storage.find_outbox_entry(&id).await?.ok_or_else(missing)?;
    state.storage.choose_contact(entry.kind, &entry.log_id, contact, true).await?;
    answer(state.storage.find_outbox_entry(&id).await?)
}

fn answer(entry: Option<OutboxEntry>) -> Result<Response, ApiError> {
    entry.map(|entry| Json(shown(&entry)).into_response()).ok_or_else(missing)
}

fn missing() -> ApiError {
    ApiError::not_found("there is no outbox entry with this id")
}

/// An entry on the wire. `captured` is the connector's own affair.
fn shown(entry: &OutboxEntry) -> Value {
    let mut json = json!(entry);
    if let Some(map) = json.as_object_mut() {
        map.remove("captured");
        map.insert("fix".into(), json!(entry.trouble.filter(|_| entry.state.is_open()).map(Trouble::fix)));
    }
    json
}

/// `[{"connector", "state", "count", "oldestMs"}]`.
pub fn counted(counts: &[OutboxCount]) -> Value {
    let one = |count: &OutboxCount| json!({"connector": count.connector, "state": count.state, "count": count.count, "oldestMs": count.oldest_ms});
    counts.iter().map(one).collect()
}
