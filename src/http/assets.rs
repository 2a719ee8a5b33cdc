//! The browser side, served as it is in `adapter-js/src`: modules without a build step.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::extract::Part;
use super::problem::ApiError;

#[derive(RustEmbed)]
#[folder = "adapter-js/src"]
#[include = "*.js"]
struct Adapter;

/// The address a page's script tag names: the entry, one level above its modules.
const ENTRY: &str = "export * from \"./adapter/adapter.js\";\n";

/// The same for a page of the company's own site, which has no phone.
const ENGAGE: &str = "export * from \"./adapter/engage.js\";\n";

/// `GET /adapter.js`.
pub async fn entry() -> Response {
    module_of(ENTRY)
}

/// `GET /engage.js`.
pub async fn engage() -> Response {
    module_of(ENGAGE)
}

fn module_of(text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], text)
        .into_response()
}

/// The addresses of `engage.js` and whatever it may load: for pages that may load these and nothing else.
pub fn engage_addresses() -> impl Iterator<Item = String> {
    std::iter::once("/engage.js".to_owned()).chain(Adapter::iter().map(|file| format!("/adapter/{file}")))
}

/// `GET /adapter/<module>`.
pub async fn module(Part(file): Part, headers: HeaderMap) -> Result<Response, ApiError> {
    let found = Adapter::get(&file).ok_or_else(|| ApiError::not_found("the adapter has no such module"))?;
    Ok(file_response(&file, &found, &headers))
}

/// An embedded file with its media type and a validator, or 304 where the browser has it.
pub fn file_response(name: &str, file: &rust_embed::EmbeddedFile, headers: &HeaderMap) -> Response {
    let mut start = [0; 8];
    start.copy_from_slice(&file.metadata.sha256_hash()[..8]);
    let tag = format!("\"{:016x}\"", u64::from_be_bytes(start));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let media_type = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let mut response = file.data.clone().into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
