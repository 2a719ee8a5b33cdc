//! `/v1/engage/sites/{site}/snippets` and `/checklist`: what people who build the site and look after the
//! community are given.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::checklist::checklist;
use super::mint::unstored;
use super::site::{self, BODY_LIMIT, refused};
use super::snippets::{Kind, Snippet, Values, snippet};
use crate::config::engage::SiteConfig;
use crate::http::extract::{Part, TwoParts};
use crate::http::{ApiCaller, ApiError, ServiceState, body};

/// `GET .../snippets`: all of them with samples, as `{"items"}`.
pub(super) async fn list(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
) -> Result<Response, ApiError> {
    let items = samples(site::find(&state, &id)?);
    Ok(Json(json!({"items": items})).into_response())
}

/// `GET .../snippets/{kind}`: with samples.
pub(super) async fn sample(
    State(state): State<ServiceState>,
    _: ApiCaller,
    TwoParts(id, kind): TwoParts,
) -> Result<Response, ApiError> {
    made(site::find(&state, &id)?, &kind, &Values::default())
}

/// `POST .../snippets/{kind}`: with the values of the body.
pub(super) async fn with_values(
    State(state): State<ServiceState>,
    _: ApiCaller,
    TwoParts(id, kind): TwoParts,
    body: Body,
) -> Result<Response, ApiError> {
    let site = site::find(&state, &id)?;
    let bytes = body::read(body, BODY_LIMIT).await?;
    let values: Value = body::parse(&bytes)?;
    // The parser's words could repeat a token.
    let values = serde_json::from_value(values).map_err(|_| {
        let detail = "the body must be {\"identity\"?, \"token\"?, \"variables\"?, \"buttons\"?, \"parentNodeId\"?}";
        ApiError::invalid_body(detail)
    })?;
    made(site, &kind, &values)
}

/// `GET .../checklist`.
pub(super) async fn tasks(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
) -> Result<Response, ApiError> {
    Ok(Json(checklist(site::find(&state, &id)?)).into_response())
}

/// Every kind with samples.
pub(super) fn samples(site: &SiteConfig) -> Vec<Snippet> {
    Kind::ALL.into_iter().filter_map(|kind| snippet(site, kind, &Values::default()).ok()).collect()
}

fn made(site: &SiteConfig, kind: &str, values: &Values) -> Result<Response, ApiError> {
    let kind = Kind::from_word(kind).ok_or_else(|| {
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        ApiError::not_found("there is no such snippet").fix(format!("ask for {}", kinds.join(", ")))
    })?;
    let made = snippet(site, kind, values).map_err(|(code, words)| refused(code, words))?;
    Ok(unstored(Json(made).into_response()))
}
