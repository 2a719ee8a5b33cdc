//! `/settings`: the operator changed a setting (protocol 3.9). The widget shows the new value before
//! it asks and never takes it back by itself: a refused value is put back by command.

use serde_json::{Map, Value};

use super::commands;
use super::wire::{Answer, Call, Reply};
use crate::domain::operator::Operator;
use crate::domain::setting::{Setting, accept, changes, list_to_widget};
use crate::http::{ApiError, ServiceState};

pub(super) async fn handle(call: Call) -> Answer {
    let body = Value::Object(call.object()?);
    let state = &call.state;
    let told = changes(&body);
    let told_count = told.len();
    let accepted = accept(&declared(state), told);
    if !accepted.values.is_empty() {
        let values = accepted.values.iter().map(|(id, value)| (id.clone(), value.to_string())).collect();
        state.storage.put_settings(&call.operator, values).await?;
    }
    let now = commands::update_settings(&current(state, &call.operator).await?);
    if !accepted.values.is_empty() {
        state.hub.tell(&call.operator, std::slice::from_ref(&now));
    }
    if accepted.refused.is_empty() {
        // A locked value that came along is not stored, and the widget may show another one by now.
        let locked = accepted.values.len() < told_count;
        return Ok(if locked { Reply::ok().then(now) } else { Reply::ok() });
    }
    let words: Vec<String> = accepted.refused.iter().map(|(id, why)| format!("{id}: {why}")).collect();
    Ok(Reply::ok().then(now).then(commands::alert("warning", &format!("Not saved. {}", words.join("; ")))))
}

/// The widget's array of settings with an operator's values.
pub(super) async fn current(state: &ServiceState, operator: &Operator) -> Result<Value, ApiError> {
    let stored = state.storage.list_settings(operator).await?;
    let values: Map<String, Value> =
        stored.into_iter().filter_map(|(id, text)| Some((id, serde_json::from_str(&text).ok()?))).collect();
    Ok(list_to_widget(&declared(state), &values))
}

/// The settings of the configuration, and those of deliveries.
pub(super) fn declared(state: &ServiceState) -> Vec<Setting> {
    state.config.service.settings.iter().chain(state.delivery.settings()).cloned().collect()
}
