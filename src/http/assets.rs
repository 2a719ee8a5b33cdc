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

/// `GET /adapter.js`.
pub async fn entry() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], ENTRY)
        .into_response()
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
