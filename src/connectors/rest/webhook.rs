//! Whether a webhook request is the API's own: signatures, compared in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::header::HeaderMap;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::manifest::{SignatureEncoding, Webhook as Rules, WebhookKind};
use super::times;
use crate::connectors::{Webhook, WebhookProblem};

/// Older requests, and those from the future, are refused.
const STALE_MS: i64 = 5 * 60_000;

/// Checks a request.
pub(super) fn check(rules: &Rules, secret: &str, request: &Webhook<'_>, now_ms: i64) -> Result<(), WebhookProblem> {
    if secret.is_empty() {
        return Err(WebhookProblem::NotConfigured);
    }
    match rules.kind {
        WebhookKind::HubspotV3 => hubspot(secret, request, now_ms),
        WebhookKind::HmacSha256 => signed(rules, secret, request, now_ms),
        WebhookKind::Basic => {
            let given = text(request.headers, "authorization")?;
            let given = given.strip_prefix("Basic ").ok_or(WebhookProblem::Signature)?;
            let given = STANDARD.decode(given.trim()).map_err(|_| WebhookProblem::Signature)?;
            same(&given, secret.as_bytes())
        }
        WebhookKind::SharedSecret => same(text(request.headers, &rules.header)?.as_bytes(), secret.as_bytes()),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, WebhookProblem> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(WebhookProblem::Signature)
}

fn same(given: &[u8], right: &[u8]) -> Result<(), WebhookProblem> {
    if bool::from(given.ct_eq(right)) { Ok(()) } else { Err(WebhookProblem::Signature) }
}

fn mac(secret: &str, parts: &[&[u8]]) -> Result<Vec<u8>, WebhookProblem> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| WebhookProblem::NotConfigured)?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().to_vec())
}

/// Freshness is judged after the signature, so that only the API itself can learn of our clock.
fn fresh(time: &str, now_ms: i64) -> Result<(), WebhookProblem> {
    let at = times::read(&serde_json::Value::String(time.to_owned())).ok_or(WebhookProblem::Signature)?;
    if now_ms.abs_diff(at) > STALE_MS.unsigned_abs() { Err(WebhookProblem::Stale) } else { Ok(()) }
}

fn hubspot(secret: &str, request: &Webhook<'_>, now_ms: i64) -> Result<(), WebhookProblem> {
    let time = text(request.headers, "x-hubspot-request-timestamp")?;
    let given = text(request.headers, "x-hubspot-signature-v3")?;
    let given = STANDARD.decode(given.trim()).map_err(|_| WebhookProblem::Signature)?;
    let parts = [request.method.as_bytes(), request.url.as_bytes(), request.body, time.as_bytes()];
    same(&given, &mac(secret, &parts)?)?;
    fresh(time, now_ms)
}

fn signed(rules: &Rules, secret: &str, request: &Webhook<'_>, now_ms: i64) -> Result<(), WebhookProblem> {
    let given = text(request.headers, &rules.header)?.trim();
    let given = given.strip_prefix(rules.prefix.as_str()).ok_or(WebhookProblem::Signature)?;
    let given = match rules.encoding {
        SignatureEncoding::Hex => unhex(given),
        SignatureEncoding::Base64 => STANDARD.decode(given).ok(),
    };
    let given = given.ok_or(WebhookProblem::Signature)?;
    if rules.timestamp_header.is_empty() {
        return same(&given, &mac(secret, &[request.body])?);
    }
    let time = text(request.headers, &rules.timestamp_header)?;
    same(&given, &mac(secret, &[time.as_bytes(), b".", request.body])?)?;
    fresh(time, now_ms)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
