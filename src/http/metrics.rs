//! `/metrics`: figures for a monitoring system, in the Prometheus text format (version 0.0.4).

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::access::ApiCaller;
use super::problem::ApiError;
use super::state::ServiceState;

/// Contacts, and what is on its way to CRMs with the age of the oldest.
pub async fn metrics(State(state): State<ServiceState>, _: ApiCaller) -> Result<Response, ApiError> {
    let mut text = String::new();
    let contacts = state.storage.count_contacts().await?;
    head(&mut text, "trunkline_contacts", "Contacts that can be matched.");
    let _ = writeln!(text, "trunkline_contacts {contacts}");
    let counts = state.storage.count_outbox().await?;
    head(&mut text, "trunkline_outbox_entries", "Logs that have not reached their CRM.");
    for count in &counts {
        let labels = labels(&count.connector, &count.state);
        let _ = writeln!(text, "trunkline_outbox_entries{{{labels}}} {}", count.count);
    }
    head(&mut text, "trunkline_outbox_oldest_seconds", "Age of the oldest of them.");
    for count in &counts {
        let labels = labels(&count.connector, &count.state);
        let age = (state.clock.now_ms() - count.oldest_ms).max(0) / 1000;
        let _ = writeln!(text, "trunkline_outbox_oldest_seconds{{{labels}}} {age}");
    }
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

fn head(text: &mut String, name: &str, help: &str) {
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n");
}

/// Ids are of a-z and 0-9: nothing is to be escaped.
fn labels(connector: &str, state: &str) -> String {
    format!("connector=\"{connector}\",state=\"{state}\"")
}
