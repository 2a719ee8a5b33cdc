//! Errors as they leave: problem details (RFC 9457) with a stable code, what happened, and what to
//! do. Nothing internal stands in them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::auth::TokenProblem;
use crate::domain::redact::strip_access_token;
use crate::storage::StorageError;

/// An error at the HTTP edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The status.
    pub status: StatusCode,
    /// Stable, for programs.
    pub code: &'static str,
    /// What happened, for a person.
    pub detail: String,
    /// What to do.
    pub fix: Option<String>,
}

impl ApiError {
    /// An error with a code and words.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), fix: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The body is JSON, but not of the shape asked for.
    pub fn invalid_body(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", detail)
    }

    /// The address or a query parameter is not one.
    pub fn invalid_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", detail)
    }

    /// There is nothing under this address.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        let (status, code) = match &error {
            StorageError::Full(_) => (StatusCode::INSUFFICIENT_STORAGE, "database_full"),
            StorageError::ReadOnly(_) => (StatusCode::SERVICE_UNAVAILABLE, "database_read_only"),
            StorageError::Disk(_) => (StatusCode::SERVICE_UNAVAILABLE, "disk_failed"),
            StorageError::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, "database_busy"),
            StorageError::Closed => (StatusCode::SERVICE_UNAVAILABLE, "shutting_down"),
            StorageError::Moved => (StatusCode::SERVICE_UNAVAILABLE, "database_moved"),
            StorageError::Damaged(_) | StorageError::Newer(_) | StorageError::Foreign(_) | StorageError::Open(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "database_unusable")
            }
            StorageError::Other(_) => {
                tracing::error!(%error, "a database statement failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        };
        let detail = match &error {
            StorageError::Full(_) => "the database has no room left; nothing of this request was saved",
            StorageError::ReadOnly(_) => "the database cannot be written; nothing of this request was saved",
            StorageError::Disk(_) => "the disk failed to read or write; nothing of this request was saved",
            StorageError::Busy(_) => "the database is held by another process; nothing of this request was saved",
            StorageError::Moved => "the database file was deleted, moved or replaced",
            StorageError::Closed => "Trunkline is shutting down; nothing of this request was saved",
            StorageError::Other(_) => "a fault of Trunkline; the log has the details under this request's id",
            _ => "the database is not usable",
        };
        Self::new(status, code, detail).fix(error.fix())
    }
}

impl From<TokenProblem> for ApiError {
    fn from(problem: TokenProblem) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, problem.code(), problem.to_string())
    }
}

/// Words may repeat what was sent, and a token may be in that.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": format!("urn:trunkline:problem:{}", self.code),
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": strip_access_token(&self.detail),
        });
        if let Some(fix) = &self.fix {
            body["fix"] = fix.clone().into();
        }
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"trunkline\""));
        }
        response
    }
}
