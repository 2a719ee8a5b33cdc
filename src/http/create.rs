//! `POST /v1/contacts`: makes a contact with a connector; the address book itself where none is named.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::access::ApiCaller;
use super::api::raw_json;
use super::body;
use super::connectors::upstream_failed;
use super::problem::ApiError;
use super::state::ServiceState;
use crate::domain::credential::Whose;
use crate::domain::json;
use crate::domain::upstream::{NewContact, Trouble, UpstreamError};
use crate::sync::CreateError;

/// Where a contact goes that says nothing of it.
const DEFAULT_CONNECTOR: &str = "local";

/// 201 with the contact as it stands in the table, and its address.
pub async fn create(State(state): State<ServiceState>, _: ApiCaller, body: Body) -> Result<Response, ApiError> {
    let bytes = body::read(body, body::WIDGET_LIMIT).await?;
    let mut map = body::parse_object(&bytes)?;
    let connector = match map.shift_remove("connector") {
        None | Some(Value::Null) => DEFAULT_CONNECTOR.to_owned(),
        given => json::text(given.as_ref())
            .ok_or_else(|| ApiError::invalid_body("`connector` must be the id of a connector"))?,
    };
    let contact: NewContact = serde_json::from_value(Value::Object(map)).map_err(|error| {
        ApiError::invalid_body(error.to_string())
            .fix("to write a contact with fields or an id of your own, PUT it to /v1/contacts/{id}")
    })?;
    let made = state.sync.create_contact(&connector, &Whose::Company, contact).await.map_err(|error| {
        if matches!(error, CreateError::UnknownConnector | CreateError::CannotCreate) {
            let known: Vec<String> = state.sync.creators().into_iter().map(|(id, _)| id).collect();
            ApiError::from(error).fix(format!("use one of {}", known.join(", ")))
        } else {
            error.into()
        }
    })?;
    let mut response = raw_json(made.to_json());
    *response.status_mut() = StatusCode::CREATED;
    let id: String = url::form_urlencoded::byte_serialize(made.id.as_bytes()).collect();
    if let Ok(address) = HeaderValue::from_str(&format!("/v1/contacts/{}", id.replace('+', "%20"))) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    Ok(response)
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        let detail = error.to_string();
        let refused = |code| Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail.clone());
        match error {
            CreateError::UnknownConnector => refused("unknown_connector"),
            CreateError::CannotCreate => refused("cannot_create"),
            CreateError::Refused(_) => refused("invalid_body"),
            CreateError::Upstream(error) => error.into(),
            CreateError::Storage(error) => error.into(),
        }
    }
}

impl From<UpstreamError> for ApiError {
    fn from(error: UpstreamError) -> Self {
        let fix = if error.unclear {
            "look upstream whether it was made before you send it again"
        } else {
            match error.trouble {
                // Nobody repeats this one by itself.
                Trouble::Down | Trouble::Slow | Trouble::RateLimited => "send it again in a while",
                other => other.fix(),
            }
        };
        upstream_failed(error.trouble, &error.words).fix(fix)
    }
}
