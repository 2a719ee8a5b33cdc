//! `GET /v1/credentials`: who is signed in to which connector; never with what.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::access::ApiCaller;
use super::state::ServiceState;
use crate::domain::credential::Whose;
use crate::oauth::CredentialState;

/// `{"items": [{"connector", "name", "company", "operators": [{"operator", ...}]}]}`, where each
/// state is `{"usable", "account", "reason", "sinceMs", "words"}`.
pub async fn list(State(state): State<ServiceState>, _: ApiCaller) -> Response {
    let authority = &state.authority;
    let items: Vec<Value> = authority
        .connectors()
        .map(|id| {
            let mut company = Value::Null;
            let mut operators = Vec::new();
            for (whose, state) in authority.states(id) {
                match whose {
                    Whose::Company => company = in_json(&state),
                    Whose::Operator(operator) => {
                        let mut item = in_json(&state);
                        item["operator"] = operator.into();
                        operators.push(item);
                    }
                }
            }
            json!({"connector": id, "name": authority.name(id), "company": company, "operators": operators})
        })
        .collect();
    Json(json!({"items": items})).into_response()
}

fn in_json(state: &CredentialState) -> Value {
    json!({
        "usable": state.is_usable(),
        "account": state.account(),
        "reason": state.reason(),
        "sinceMs": state.since_ms(),
        "words": state.to_string(),
    })
}
