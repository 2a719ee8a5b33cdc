//! Parts of the address, with our own words for what is wrong with them.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::ApiError;

/// The one variable part of an address, decoded.
#[derive(Debug)]
pub struct Part(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        read.map(|Path(part)| Self(part))
            .map_err(|_| ApiError::invalid_request("the address is not percent-encoded UTF-8"))
    }
}

/// The two variable parts of an address, decoded.
#[derive(Debug)]
pub struct TwoParts(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for TwoParts {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read: Result<Path<(String, String)>, PathRejection> = Path::from_request_parts(parts, state).await;
        read.map(|Path((first, second))| Self(first, second))
            .map_err(|_| ApiError::invalid_request("the address is not percent-encoded UTF-8"))
    }
}

/// The query string.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        read.map(|Query(params)| Self(params))
            .map_err(|_| ApiError::invalid_request("the query string is malformed or names a parameter twice"))
    }
}
