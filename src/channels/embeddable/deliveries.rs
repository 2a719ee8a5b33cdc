//! Telling operators how the delivery of their logs stands: on the log itself, and in words when it
//! is their turn.

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::commands;
use crate::domain::outbox::{OutboxEntry, OutboxState};
use crate::domain::upstream::LogKind;
use crate::http::ServiceState;
use crate::storage::StorageError;

/// The entity that shows on a log what is still to come (protocol 1.5 b); none where it has arrived, or
/// goes nowhere.
pub fn status_of(state: &ServiceState, entry: &OutboxEntry) -> Option<Value> {
    let name = name_of(state, &entry.connector);
    let (status, message) = match entry.state {
        OutboxState::Delivered | OutboxState::Kept => return None,
        OutboxState::Waiting if entry.connector.is_empty() => ("pending", "Saved; looking for its contact".to_owned()),
        OutboxState::Waiting => match &entry.words {
            Some(words) if entry.attempts > 0 => ("pending", format!("Saved, waiting for {name}: {words}")),
            _ => ("pending", format!("Saved, on its way to {name}")),
        },
        OutboxState::Paused => ("pending", format!("Saved, waiting: sign in to {name} again")),
        OutboxState::Decision => {
            ("failed", format!("Needs your decision: {}", entry.words.as_deref().unwrap_or("choose its contact")))
        }
        OutboxState::Unsure => ("failed", format!("Please look in {name}: it may be there already")),
        OutboxState::Dead => {
            ("failed", format!("{name} did not take it: {}", entry.words.as_deref().unwrap_or_default()))
        }
    };
    Some(json!({"id": entry.id, "type": "status", "status": status, "message": message}))
}

fn name_of(state: &ServiceState, connector: &str) -> String {
    state.sync.find_lane(connector).map_or_else(|| "the CRM".into(), |lane| lane.name().to_owned())
}

/// Adds to the entities of each key what is still to come of its logs. `logs` are pairs of a key and a
/// log's id.
pub(super) async fn add_status(
    state: &ServiceState,
    logs: &[(String, String)],
    data: &mut Map<String, Value>,
) -> Result<(), StorageError> {
    if state.delivery.is_idle() || logs.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = logs.iter().map(|(_, log)| log.as_str()).collect();
    for entry in state.storage.list_outbox_of(&ids).await? {
        let Some(status) = status_of(state, &entry) else { continue };
        for (key, _) in logs.iter().filter(|(_, log)| *log == entry.log_id) {
            if let Some(Value::Array(entities)) = data.get_mut(key) {
                entities.push(status.clone());
            }
        }
    }
    Ok(())
}

/// Tells the pages of the operators concerned, until the daemon ends.
pub async fn follow_deliveries(state: ServiceState, mut news: mpsc::Receiver<OutboxEntry>, closing: CancellationToken) {
    loop {
        let entry = tokio::select! {
            entry = news.recv() => entry,
            () = closing.cancelled() => return,
        };
        let Some(entry) = entry else { return };
        if let Err(error) = tell(&state, &entry).await {
            tracing::warn!(entry = %entry.id, %error, "nobody could be told how a delivery stands");
        }
    }
}

async fn tell(state: &ServiceState, entry: &OutboxEntry) -> Result<(), StorageError> {
    let present = state.hub.operators();
    let Some(operator) = present.iter().find(|operator| operator.id == entry.operator) else { return Ok(()) };
    let mut told = Vec::new();
    if entry.kind == LogKind::Call
        && let Some(log) = state.storage.find_call_log(&entry.log_id).await?
    {
        told.push(commands::match_calls(&[&log.session_id]));
        if let Some((level, words)) = turn(state, entry) {
            let other = log.remote_number.as_deref().unwrap_or("an unknown number");
            told.push(commands::alert(level, &format!("The call with {other}: {words}")));
        }
    } else if let Some((level, words)) = turn(state, entry) {
        told.push(commands::alert(level, &format!("A conversation: {words}")));
    }
    if !told.is_empty() {
        state.hub.tell(operator, &told);
    }
    Ok(())
}

/// What an operator has to know at once.
fn turn(state: &ServiceState, entry: &OutboxEntry) -> Option<(&'static str, String)> {
    let level = match entry.state {
        OutboxState::Decision | OutboxState::Unsure => "warning",
        OutboxState::Dead => "danger",
        _ => return None,
    };
    let message = status_of(state, entry)?.get("message")?.as_str()?.to_owned();
    Some((level, message))
}
