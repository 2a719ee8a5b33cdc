//! The record that the demo's page shows, and its one timeline: calls, texts and chats as the daemon has them.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::panel::Panel;
use crate::http::ApiError;
use crate::storage::activities::ActivityPlace;

/// Lines that are shown.
const SHOWN: i64 = 30;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    contact: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Number {
    number: String,
}

/// `GET /owners.json?number=`: `{"count"}`. The widget's call events name the first match only, so the page asks
/// whether there is another before it opens a record by itself.
pub(super) async fn owners(
    State(panel): State<Panel>,
    Query(Number { number }): Query<Number>,
) -> Result<Response, ApiError> {
    let mut count = 0;
    panel.service.storage.match_numbers(&[number], panel.service.region, |_, _| count += 1)?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(json!({"count": count}))).into_response())
}

/// `GET /timeline.json?contact=`: `{"contact", "items": [{"id", "kind", "channel", "subject", "time"}]}`, the
/// newest first.
pub(super) async fn show(State(panel): State<Panel>, Query(asked): Query<Asked>) -> Result<Response, ApiError> {
    let storage = &panel.service.storage;
    let contact = storage.find_contact(&asked.contact).await?;
    let contact: Value = contact.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let found = storage.list_activities(&asked.contact, &ActivityPlace::first(), SHOWN).await?;
    let items: Vec<Value> = found
        .iter()
        .map(|one| {
            let (kind, channel) = (one.kind.word(), one.channel.word());
            json!({"id": one.id, "kind": kind, "channel": channel, "subject": one.subject, "time": one.time})
        })
        .collect();
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(json!({"contact": contact, "items": items}))).into_response())
}
