//! `/media/{id}`: a stored file under an address that stays, for browsers that play it (ranges, an
//! entity tag) and for nobody but its operator and programs. A person without a session gets a page.

mod api;
mod range;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::access::Caller;
use super::connect::page::Page;
use super::extract::{Params, Part};
use super::listeners::{self, HOW_TO_ENTER};
use super::problem::ApiError;
use super::state::ServiceState;
use crate::domain::media::{Blob, MediaRow, MediaState};
use crate::domain::operator::Operator;
use crate::media::store::StoreError;
use crate::media::{extension, is_shown};
pub use api::media_json;
use range::asked;

/// Browsers do not give a file to pages of other origins by themselves.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// No script runs in what is opened. Without its origin a browser's own player could not read on, for the
/// player's requests would come from nowhere.
const POLICY: &str = "sandbox allow-same-origin; default-src 'none'; media-src 'self'; img-src 'self'; \
    style-src 'unsafe-inline'";
const HOUR_MS: i64 = 3_600_000;

/// The routes.
pub fn router() -> Router<ServiceState> {
    Router::new()
        .route("/media/{id}", get(serve))
        .route("/media/open", get(open))
        .route("/media/ticket", post(ticket))
        .route("/v1/media", get(api::list))
        .route("/v1/media/{id}", get(api::get).delete(api::delete))
}

/// The address that lets a browser in, once and within five minutes, and leads to a file or a conversation.
pub fn ticket_url(state: &ServiceState, operator: &std::sync::Arc<Operator>, id: Option<&str>) -> String {
    let ticket = state.listeners.ticket(operator, state.clock.now_ms());
    let then = id.map(|id| format!("&id={id}")).unwrap_or_default();
    format!("{}/media/open?ticket={ticket}{then}", state.authority.base())
}

#[derive(Deserialize)]
struct TicketBody {
    id: Option<String>,
}

/// `POST /media/ticket` with `{"id"?}`: `{"url"}`, for a page that opens it in a window.
async fn ticket(
    State(state): State<ServiceState>,
    Caller { operator, .. }: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = super::body::read(body, super::body::WIDGET_LIMIT).await?;
    let TicketBody { id } = super::body::parse(&bytes)?;
    let url = ticket_url(&state, &operator, id.as_deref().filter(|id| is_id(id)));
    Ok(Json(json!({"url": url})).into_response())
}

#[derive(Deserialize)]
struct OpenQuery {
    ticket: Option<String>,
    id: Option<String>,
}

/// `GET /media/open?ticket=`: lets the browser in and goes to the file.
async fn open(State(state): State<ServiceState>, Params(query): Params<OpenQuery>) -> Response {
    let life_ms = i64::from(state.config.media.session_hours) * HOUR_MS;
    let ticket = query.ticket.unwrap_or_default();
    let Some(cookie) = state.listeners.redeem(&ticket, state.clock.now_ms(), life_ms) else {
        return page(StatusCode::GONE, "This link was used already or is too old", HOW_TO_ENTER);
    };
    let mut response = match query.id.filter(|id| is_id(id)) {
        // Relative, so that it holds behind a proxy that adds a path.
        Some(id) if id.starts_with("md_") => private(Redirect::to(&id).into_response()),
        Some(id) => private(Redirect::to(&format!("../conversations/{id}")).into_response()),
        None => page(
            StatusCode::OK,
            "This browser may listen now",
            "Links to recordings, voicemails, faxes and attachments of your own logs, and to chats, open in it.",
        ),
    };
    listeners::set_cookie(&mut response, state.authority.base(), &cookie, life_ms);
    response
}

/// `GET /media/{id}`.
async fn serve(State(state): State<ServiceState>, headers: HeaderMap, Part(id): Part) -> Response {
    let person = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let person = person.contains("text/html") && !headers.contains_key(header::AUTHORIZATION);
    match file(&state, &headers, &id).await {
        Ok(response) => private(response),
        Err(problem) if person => page(problem.status, &heading(&problem), &words(&problem)),
        Err(problem) => private(problem.into_response()),
    }
}

fn heading(problem: &ApiError) -> String {
    match problem.code {
        "listener_unknown" => "Who is listening?".into(),
        "not_yours" => "This belongs to a colleague's log".into(),
        "not_found" => "There is no such file".into(),
        _ => "This file is not here".into(),
    }
}

fn words(problem: &ApiError) -> String {
    match &problem.fix {
        Some(fix) => format!("{} {fix}", sentence(&problem.detail)),
        None => sentence(&problem.detail),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

async fn file(state: &ServiceState, headers: &HeaderMap, id: &str) -> Result<Response, ApiError> {
    let listener = listeners::listener(state, headers)?;
    let none = || ApiError::not_found("there is no file under this address");
    let row = state.storage.find_media(id).await?.ok_or_else(none)?;
    if !listener.may_have(&row.operator) {
        let detail = "this file belongs to a log of another operator";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "not_yours", detail));
    }
    match &row.blob {
        Some(blob) if row.state == MediaState::Stored => bytes(state, headers, &row, blob).await,
        _ => Err(not_here(&row)),
    }
}

fn not_here(row: &MediaRow) -> ApiError {
    let (status, code) = match row.state {
        MediaState::Gone => (StatusCode::GONE, "media_gone"),
        MediaState::Wanted => (StatusCode::NOT_FOUND, "media_wanted"),
        _ => (StatusCode::NOT_FOUND, "media_not_stored"),
    };
    let kind = row.kind.word();
    let error = ApiError::new(status, code, format!("this {kind} is not here. {}", row.words));
    match row.state {
        MediaState::Gone => error,
        _ => error.fix(format!("The vendor may still have it: {}", row.address(None))),
    }
}

async fn bytes(state: &ServiceState, headers: &HeaderMap, row: &MediaRow, blob: &Blob) -> Result<Response, ApiError> {
    let size = u64::try_from(blob.size).unwrap_or(0);
    let tag = format!("\"{}\"", blob.sha256);
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = known.flat_map(|line| line.split(',')).map(|known| known.trim().trim_start_matches("W/"));
    if tags.any(|known| known == tag || known == "*") {
        return Ok(describe(StatusCode::NOT_MODIFIED.into_response(), row, blob, &tag));
    }
    let (start, end) = match asked(headers, size, &tag) {
        range::Part::Whole => (0, size),
        range::Part::Bytes(start, end) => (start, end),
        range::Part::Beyond => return Ok(beyond(size)),
    };
    let store = state.media.store().ok_or_else(|| lost(row))?;
    let pieces = store.read(&blob.sha256, start, end).await.map_err(|error| match error {
        StoreError::Missing => lost(row),
        StoreError::Trouble(words) => {
            tracing::warn!(media = row.id, "a file could not be read: {words}");
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "media_store_down", "the store of media does not answer")
                .fix("Try again in a moment.")
        }
    })?;
    let mut response = Response::new(Body::from_stream(pieces));
    put(response.headers_mut(), header::CONTENT_LENGTH, &(end - start).to_string());
    if (start, end) != (0, size) || matches!(asked(headers, size, &tag), range::Part::Bytes(..)) {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        put(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes {start}-{}/{size}", end.saturating_sub(1)));
    }
    Ok(describe(response, row, blob, &tag))
}

/// The row says it is here, and the store does not have it.
fn lost(row: &MediaRow) -> ApiError {
    tracing::error!(media = row.id, "a file is missing from the store");
    let detail =
        "the file is missing from the store: somebody deleted it there, or it was not restored with the database";
    ApiError::new(StatusCode::NOT_FOUND, "media_lost", detail)
        .fix(format!("The vendor may still have it: {}", row.address(None)))
}

fn beyond(size: u64) -> Response {
    let detail = "the range asked for is not in the file";
    let mut response = ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_in_file", detail).into_response();
    put(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
    response
}

/// What every answer about a file says of it.
fn describe(mut response: Response, row: &MediaRow, blob: &Blob, tag: &str) -> Response {
    let headers = response.headers_mut();
    put(headers, header::ETAG, tag);
    put(headers, header::ACCEPT_RANGES, "bytes");
    put(headers, header::CONTENT_TYPE, &blob.content_type);
    let how = if is_shown(&blob.content_type) { "inline" } else { "attachment" };
    put(headers, header::CONTENT_DISPOSITION, &format!("{how}; {}", named(row, &blob.content_type)));
    response
}

/// A name in letters every system takes, and the sender's own beside it (RFC 6266, 5).
fn named(row: &MediaRow, content_type: &str) -> String {
    let plain = format!("filename=\"{}-{}.{}\"", row.kind.word(), row.id, extension(content_type));
    let Some(name) = &row.file_name else { return plain };
    let safe: String =
        name.chars().filter(|letter| !letter.is_control() && !"/\\\"".contains(*letter)).take(100).collect();
    let coded: String = url::form_urlencoded::byte_serialize(safe.as_bytes()).collect();
    format!("{plain}; filename*=UTF-8''{}", coded.replace('+', "%20").replace('*', "%2A"))
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Nobody else's cache keeps it, no page runs in it, and no other origin's page shows it.
fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    response
}

fn page(status: StatusCode, heading: &str, words: &str) -> Response {
    private(Page::message(status, heading, words))
}

fn is_id(text: &str) -> bool {
    ["md_", "cv_", "ml_"].iter().any(|kind| text.starts_with(kind))
        && text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
