//! The first gate, before any body is read: the `Host` must be ours (a rebound DNS name is not), an
//! `Origin` must be allowed exactly, and a body must say that it is JSON.
//!
//! Holds with `auth = "none"` too: a web page anywhere must not be able to reach a daemon on
//! somebody's loopback. A form or image of a foreign page sends no JSON content type, and a script
//! of it sends its origin. Forms of the sign-in pages are let through to their own, stricter gate
//! (`connect`).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::problem::ApiError;
use crate::domain::redact::strip_access_token;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");
const ASKS_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
/// The only addresses that take forms.
const FORMS: &str = "/connect/";

/// Whom the daemon answers.
#[derive(Debug)]
pub struct Guard {
    hosts: HashSet<String>,
    origins: HashSet<String>,
    /// Addresses that pages of other origins, and only those, may call.
    paths: HashMap<String, HashSet<String>>,
    process: u32,
    counter: AtomicU64,
}

impl Guard {
    /// `hosts` are names without a port, lower case, IPv6 in brackets; `origins` are exact origins, our
    /// own among them. `paths` are addresses with origins of their own: there `origins` do not count.
    pub fn new(
        hosts: impl IntoIterator<Item = String>,
        origins: impl IntoIterator<Item = String>,
        paths: impl IntoIterator<Item = (String, Vec<String>)>,
    ) -> Arc<Self> {
        Arc::new(Self {
            hosts: hosts.into_iter().collect(),
            origins: origins.into_iter().collect(),
            paths: paths.into_iter().map(|(path, origins)| (path, origins.into_iter().collect())).collect(),
            process: rand::random(),
            counter: AtomicU64::new(1),
        })
    }

    fn request_id(&self) -> String {
        format!("{:08x}-{:x}", self.process, self.counter.fetch_add(1, Ordering::Relaxed))
    }

    fn check_host(&self, request: &Request) -> Result<(), ApiError> {
        // Whatever a request calls us by must be ours, whichever of its names counts (RFC 9112, 3.2.2).
        let headers = request.headers().get_all(header::HOST).iter().map(|value| value.to_str().unwrap_or_default());
        let authority = request.uri().authority().map(axum::http::uri::Authority::as_str);
        let mut names = headers.chain(authority).map(without_port).peekable();
        let ours = |name: &str| self.hosts.contains(name) || self.hosts.contains(&name.to_ascii_lowercase());
        if names.peek().is_some() && names.all(ours) {
            return Ok(());
        }
        let detail = "the request was made to a host name that is not this daemon's";
        Err(ApiError::new(StatusCode::MISDIRECTED_REQUEST, "host_refused", detail)
            .fix("use the address in server.public_url, or add the name to server.hosts"))
    }

    /// The request's origin if it is allowed; `None` when there is none (no browser, or a plain GET
    /// of our own page).
    fn check_origin(&self, request: &Request) -> Result<Option<HeaderValue>, ApiError> {
        let mut origins = request.headers().get_all(header::ORIGIN).iter();
        let Some(origin) = origins.next() else { return Ok(None) };
        let own = self.paths.get(request.uri().path());
        let allowed = own.unwrap_or(&self.origins);
        if origins.next().is_none() && origin.to_str().is_ok_and(|origin| allowed.contains(origin)) {
            return Ok(Some(origin.clone()));
        }
        if own.is_some() {
            let detail = "this page's origin is not one of the site's";
            return Err(ApiError::new(StatusCode::FORBIDDEN, "origin_refused", detail)
                .fix("add the page's exact origin (scheme://host[:port]) to the site's origins in the configuration"));
        }
        let detail = "this page's origin is not allowed to use this daemon";
        Err(ApiError::new(StatusCode::FORBIDDEN, "origin_refused", detail)
            .fix("add the page's exact origin (scheme://host[:port]) to server.allowed_origins"))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn check_media_type(request: &Request) -> Result<(), ApiError> {
    if !matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) {
        return Ok(());
    }
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    if given.is_empty() && request.body().is_end_stream() {
        return Ok(());
    }
    if request.uri().path().starts_with(FORMS) && essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(());
    }
    let detail = "the body must be sent as application/json";
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail)
        .fix("set the header Content-Type: application/json"))
}

/// The gate as middleware: refuses, or lets pass and marks the answer with CORS headers and the
/// request's id.
pub async fn gate(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let id = guard.request_id();
    let started = Instant::now();
    let method = request.method().clone();
    let span = tracing::info_span!("request", id = %id);
    let route = tracing::enabled!(tracing::Level::DEBUG).then(|| request.uri().path().to_owned());

    let preflight = request.method() == Method::OPTIONS;
    let asks_private = request.headers().contains_key(ASKS_PRIVATE_NETWORK);
    let passed = guard.check_host(&request).and_then(|()| guard.check_origin(&request));
    let (origin, mut response) = match passed {
        Err(refused) => (None, refused.into_response()),
        Ok(origin) if preflight => (origin, StatusCode::NO_CONTENT.into_response()),
        Ok(origin) => match check_media_type(&request) {
            Err(refused) => (origin, refused.into_response()),
            Ok(()) => (origin, next.run(request).instrument(span.clone()).await),
        },
    };
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        allow(headers, origin, preflight, asks_private);
    }
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    let _entered = span.enter();
    let (status, ms) = (response.status().as_u16(), started.elapsed().as_millis());
    if response.status().is_server_error() {
        tracing::warn!(%method, status, ms, "request failed");
    } else if let Some(route) = route {
        // Addresses of the API can hold contact ids; those of the widget's paths do not.
        let route = if route.starts_with("/v1/") { "/v1/...".into() } else { strip_access_token(&route) };
        tracing::debug!(%method, %route, status, ms, "request");
    }
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue, preflight: bool, asks_private: bool) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("x-request-id, retry-after"));
    if preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, DELETE"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type, last-event-id"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        if asks_private {
            // A public page may only reach a daemon in a private network with this consent.
            headers.insert(PRIVATE_NETWORK, HeaderValue::from_static("true"));
        }
    }
}
