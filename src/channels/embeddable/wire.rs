//! What goes in and out of a path's handler.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::domain::json;
use crate::domain::operator::Operator;
use crate::http::api::raw_json;
use crate::http::{ApiError, ServiceState, body};

/// One request of the widget, with the operator it speaks for.
pub(super) struct Call {
    pub(super) state: ServiceState,
    pub(super) operator: Arc<Operator>,
    pub(super) body: Bytes,
}

impl Call {
    /// The body as a typed request.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        body::parse(&self.body)
    }

    /// The body as an object, unknown keys and all.
    pub(super) fn object(&self) -> Result<Map<String, Value>, ApiError> {
        body::parse_object(&self.body)
    }
}

pub(super) type Answer = Result<Reply, ApiError>;

/// What the adapter posts back (`response`), and what it does next (`commands`).
pub(super) enum Reply {
    Open {
        /// JSON text: contacts are written without being parsed.
        response: String,
        commands: Vec<Value>,
    },
    /// The whole answer, ready to be sent again and again.
    Finished(Bytes),
}

impl Reply {
    pub(super) fn new(response: &Value) -> Self {
        Self::ready(response.to_string())
    }

    /// A response that already is JSON text.
    pub(super) fn ready(response: String) -> Self {
        Self::Open { response, commands: Vec::new() }
    }

    /// `{"data": "ok"}`.
    pub(super) fn ok() -> Self {
        Self::new(&json!({"data": "ok"}))
    }

    pub(super) fn then(self, command: Value) -> Self {
        self.then_all([command])
    }

    pub(super) fn then_all(mut self, more: impl IntoIterator<Item = Value>) -> Self {
        if let Self::Open { commands, .. } = &mut self {
            commands.extend(more);
        }
        self
    }

    /// The answer's bytes.
    pub(super) fn finish(self) -> Bytes {
        match self {
            Self::Finished(bytes) => bytes,
            Self::Open { response, commands } => {
                let commands = if commands.is_empty() { "[]".to_owned() } else { json!(commands).to_string() };
                let mut text = String::with_capacity(response.len() + commands.len() + 28);
                text.push_str("{\"response\":");
                text.push_str(&response);
                text.push_str(",\"commands\":");
                text.push_str(&commands);
                text.push('}');
                text.into()
            }
        }
    }

    pub(super) fn into_response(self) -> Response {
        raw_json(self.finish())
    }
}

/// A list of ids or numbers: strings or JSON numbers, null for none (protocol 9.5).
#[derive(Debug, Default)]
pub(super) struct Keys(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
        let mut keys = Vec::with_capacity(items.len());
        for item in items {
            match json::text(Some(&item)) {
                Some(key) => keys.push(key),
                None if item.is_null() || item == "" => {}
                None => return Err(serde::de::Error::custom("a key must be a string or a number")),
            }
        }
        Ok(Self(keys))
    }
}
