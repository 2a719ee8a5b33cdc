//! What the demo's page shows of the CRM and of the way there, and the CRM's switch. Behind the same gate
//! as the daemon, with the page's own origin as the only one.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::crm::{Crm, Mode};
use super::timeline;
use crate::channels::embeddable;
use crate::domain::outbox::{OutboxEntry, OutboxState};
use crate::domain::upstream::LogKind;
use crate::http::guard::{Guard, gate};
use crate::http::{ApiError, ServiceState};
use crate::storage::StorageError;
use crate::storage::outbox::OutboxFilter;

/// Deliveries that are shown.
const SHOWN: usize = 30;
/// Entries read at once.
const PAGE: i64 = 500;

/// What the panel looks at.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub(super) crm: Crm,
    pub(super) service: ServiceState,
}

/// `GET /crm.json`, `PUT /crm/mode`, `GET /timeline.json` and `GET /owners.json`, for the page of this origin.
pub(super) fn router(panel: Panel, page: &str) -> Router {
    let host = url::Url::parse(page).ok().and_then(|url| url.host_str().map(str::to_owned));
    let guard = Guard::new(host, [page.to_owned()], []);
    Router::new()
        .route("/crm.json", get(show))
        .route("/crm/mode", put(switch))
        .route("/timeline.json", get(timeline::show))
        .route("/owners.json", get(timeline::owners))
        .layer(from_fn_with_state(guard, gate))
        .with_state(panel)
}

/// `{"crm": ..., "deliveries": [{"id", "kind", "about", "state", "words", "updatedAt"}], "waiting"}`, what
/// changed last first.
async fn show(State(panel): State<Panel>) -> Result<Response, ApiError> {
    let mut entries = all(&panel.service).await?;
    let waiting = entries.iter().filter(|entry| entry.state.is_open()).count();
    entries.sort_by(|a, b| (b.updated_ms, &b.id).cmp(&(a.updated_ms, &a.id)));
    entries.truncate(SHOWN);
    let mut deliveries = Vec::with_capacity(entries.len());
    for entry in &entries {
        deliveries.push(told(&panel.service, entry).await?);
    }
    let body = json!({"crm": panel.crm.view(), "deliveries": deliveries, "waiting": waiting});
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response())
}

async fn all(service: &ServiceState) -> Result<Vec<OutboxEntry>, StorageError> {
    let mut entries: Vec<OutboxEntry> = Vec::new();
    loop {
        let after = entries.last().map_or_else(String::new, |last| last.id.clone());
        let page = service.storage.list_outbox(&OutboxFilter::default(), &after, PAGE).await?;
        let full = i64::try_from(page.len()).is_ok_and(|count| count == PAGE);
        entries.extend(page);
        if !full {
            return Ok(entries);
        }
    }
}

async fn told(service: &ServiceState, entry: &OutboxEntry) -> Result<Value, StorageError> {
    let words = match entry.state {
        OutboxState::Delivered => "Delivered".to_owned(),
        OutboxState::Kept => format!("Kept here only: {}", entry.words.as_deref().unwrap_or("nobody upstream")),
        _ => embeddable::status_of(service, entry)
            .and_then(|status| status.get("message").and_then(Value::as_str).map(str::to_owned))
            .unwrap_or_default(),
    };
    Ok(json!({
        "id": entry.id, "kind": entry.kind, "about": about(service, entry).await?, "state": entry.state,
        "words": words, "updatedAt": entry.updated_ms,
    }))
}

/// Whom a log is about: the contact's name, or else the number.
async fn about(service: &ServiceState, entry: &OutboxEntry) -> Result<Option<String>, StorageError> {
    let storage = &service.storage;
    let (contact, number) = match entry.kind {
        LogKind::Call => match storage.find_call_log(&entry.log_id).await? {
            Some(log) => (log.choice.contact_id, log.remote_number),
            None => return Ok(None),
        },
        LogKind::Message => match storage.find_message_log(&entry.log_id).await? {
            Some(log) => (log.choice.contact_id, log.remote_numbers.into_iter().next()),
            None => match storage.find_conversation(&entry.log_id).await? {
                Some(chat) => (chat.choice.contact_id, Some(format!("a visitor of {}", chat.channel.name()))),
                None => return Ok(None),
            },
        },
    };
    let Some(contact) = contact else { return Ok(number) };
    Ok(storage.find_contact_name(&contact).await?.or(number))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Switched {
    mode: Mode,
}

/// Makes the CRM behave otherwise. What waits notices by itself.
async fn switch(State(panel): State<Panel>, Json(switched): Json<Switched>) -> Response {
    panel.crm.behave(switched.mode);
    Json(json!({"mode": switched.mode})).into_response()
}
