//! The one door out: every request to an upstream goes through here.
//!
//! Owns time-outs, the size of answers, that no redirect is followed by itself, and the words for
//! connections that fail. Knows nothing of what is asked. An address is always the administrator's or
//! stands in an answer of the same origin; none is ever taken from a browser's request.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Request, StatusCode};
use url::Url;

use crate::domain::upstream::{Trouble, UpstreamError};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest wait for a whole answer, its body included: a slow drip ends with it.
const ANSWER: Duration = Duration::from_mins(1);
/// Longest answer that is read.
const MAX_BODY: usize = 64 * 1024 * 1024;
/// Longest Retry-After that is obeyed: beyond it a clock is wrong.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// The door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbound {
    client: reqwest::Client,
    max_body: usize,
}

/// How the door is built.
#[derive(Debug, Clone)]
pub struct OutboundOptions {
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest wait for a whole answer.
    pub answer: Duration,
    /// Longest answer, in bytes after decompression.
    pub max_body: usize,
    /// A proxy for all requests, as a URL.
    pub proxy: Option<String>,
}

impl Default for OutboundOptions {
    fn default() -> Self {
        Self { connect: CONNECT, answer: ANSWER, max_body: MAX_BODY, proxy: None }
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// All of its body.
    pub body: Bytes,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long `Retry-After` (RFC 9110, 10.2.3) asks to wait: seconds, or a date against `now_ms`.
    pub fn retry_after(&self, now_ms: i64) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = if let Ok(seconds) = text.parse::<u64>() {
            Duration::from_secs(seconds)
        } else {
            let at = chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis();
            Duration::from_millis(u64::try_from(at.saturating_sub(now_ms)).unwrap_or(0))
        };
        Some(wait.min(LONGEST_WAIT))
    }
}

impl Outbound {
    /// A door with these limits. Fails where the proxy is no URL or the system has no TLS roots.
    pub fn new(options: &OutboundOptions) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.connect)
            .timeout(options.answer)
            // Only what the configuration names, so that the environment cannot turn requests away.
            .no_proxy();
        if let Some(proxy) = &options.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(|error| error.to_string())?);
        }
        let client = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { client, max_body: options.max_body })
    }

    /// Starts a request, to be ended with [`Outbound::send`].
    pub fn request(&self, method: reqwest::Method, url: Url) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and reads all of the answer, whatever its status. An error says whether the
    /// request may have had an effect all the same ([`UpstreamError::unclear`]).
    pub async fn send(&self, request: Request) -> Result<Answer, UpstreamError> {
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let response = self.client.execute(request).await.map_err(|error| failed(&host, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = BytesMut::new();
        let mut parts = response.bytes_stream();
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| failed(&host, &error).unclear())?;
            if body.len() + part.len() > self.max_body {
                let words = format!("{host} sent more than {} MiB in one answer", self.max_body / (1024 * 1024));
                return Err(UpstreamError::new(Trouble::Broken, words).unclear());
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer { status, headers, body: body.freeze() })
    }
}

/// A transport failure in words: the whole chain of causes, which holds no header and no body, without
/// the address, whose query may hold a secret.
fn failed(host: &str, error: &reqwest::Error) -> UpstreamError {
    if error.is_connect() {
        return UpstreamError::new(Trouble::Down, format!("cannot connect to {host}: {}", innermost(error)));
    }
    if error.is_timeout() {
        return UpstreamError::new(Trouble::Slow, format!("{host} did not answer in time")).unclear();
    }
    if error.is_builder() {
        return UpstreamError::new(
            Trouble::Broken,
            format!("the request to {host} cannot be made: {}", innermost(error)),
        );
    }
    UpstreamError::new(Trouble::Down, format!("the connection to {host} broke: {}", innermost(error))).unclear()
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
