//! Reading request bodies: bounded before they are parsed, JSON with words for what is wrong.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::StatusCode;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::problem::ApiError;

/// Greatest body of a widget path, in bytes.
pub const WIDGET_LIMIT: usize = 1024 * 1024;
/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(30);
/// Greatest body of a batch of contacts, in bytes.
pub const BATCH_LIMIT: usize = 32 * 1024 * 1024;

/// Reads a body of at most `limit` bytes.
pub async fn read(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let reading = tokio::time::timeout(PATIENCE, Limited::new(body, limit).collect());
    let Ok(read) = reading.await else {
        return Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", "the body did not come in time"));
    };
    match read {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Err(_) => Err(ApiError::invalid_request("the connection ended before the body did")),
    }
}

/// The answer to a body over its limit.
pub fn too_large(limit: usize) -> ApiError {
    let detail = format!("the body is larger than {} KiB", limit / 1024);
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail).fix("send less at once")
}

/// Parses JSON. Half a surrogate pair (a cut emoji in an SMS) becomes U+FFFD: a message must not be
/// lost over it.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let error = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    if error.is_syntax() {
        if let Some(mended) = mend_surrogates(bytes)
            && let Ok(value) = serde_json::from_slice(&mended)
        {
            return Ok(value);
        }
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", format!("the body is not JSON: {error}")));
    }
    if error.is_eof() {
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", "the body is empty or cut off"));
    }
    Err(ApiError::invalid_body(error.to_string()))
}

/// Parses a JSON object.
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    match parse(bytes)? {
        Value::Object(map) => Ok(map),
        _ => Err(ApiError::invalid_body("the body must be a JSON object")),
    }
}

/// Replaces escapes of half surrogate pairs; `None` when there are none.
fn mend_surrogates(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut mended = false;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        let length = match escape(bytes, at) {
            Some(0xD800..=0xDBFF) if matches!(escape(bytes, at + 6), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                out.extend_from_slice(b"\\ufffd");
                mended = true;
                at += 6;
                continue;
            }
            Some(_) => 6,
            None => 2,
        };
        let end = (at + length).min(bytes.len());
        out.extend_from_slice(&bytes[at..end]);
        at = end;
    }
    mended.then_some(out)
}

/// The code unit of `\uXXXX` at `at`.
fn escape(bytes: &[u8], at: usize) -> Option<u16> {
    let text = bytes.get(at..at + 6)?;
    if !text.starts_with(b"\\u") {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(&text[2..]).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn half_an_emoji_does_not_lose_a_message() {
        let whole: Value = parse(br#"{"a":"\ud83d\ude00 \\ud83d"}"#).expect("valid");
        assert_eq!(whole, json!({"a": "😀 \\ud83d"}));
        let half: Value = parse(br#"{"a":"x\ud83d","b":"\ude00\ud83d\ude00\\"}"#).expect("mended");
        assert_eq!(half, json!({"a": "x\u{fffd}", "b": "\u{fffd}😀\\"}));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (bytes, code) in [
            (&b""[..], "invalid_json"),
            (b"{\"a\":", "invalid_json"),
            (b"nonsense", "invalid_json"),
            (b"{\"a\":\"\xff\"}", "invalid_json"),
            (b"[1]", "invalid_body"),
        ] {
            assert_eq!(parse_object(bytes).map_err(|e| e.code), Err(code), "{bytes:?}");
        }
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        assert_eq!(parse::<Value>(&deep).map_err(|e| e.code), Err("invalid_json"));
    }
}
