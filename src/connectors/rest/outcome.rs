//! What an answer means, by the manifest's rules, in words for a person.

use std::sync::Arc;
use std::time::Duration;

use minijinja::value::Value;
use reqwest::header::{CONTENT_TYPE, LOCATION};

use super::expression::Scope;
use super::lazy;
use super::plan::{OutcomePlan, RequestPlan};
use crate::domain::upstream::{Trouble, UpstreamError};
use crate::outbound::Answer;

/// Longest text of an API that is repeated, in characters.
const MAX_WORDS: usize = 300;
/// Longest wait an expression may ask for, in seconds.
const LONGEST_WAIT: f64 = 24.0 * 3600.0;

/// What an answer is.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Good, with its body; null where there is none.
    Good(Arc<serde_json::Value>),
    /// Good, and the API says that there is nothing in it.
    Nothing,
    /// The credential is not taken.
    Refused(UpstreamError),
    /// Anything else.
    Bad(UpstreamError),
}

/// What a body turned out to be.
enum Body {
    Json(Arc<serde_json::Value>),
    Empty,
    /// Something else, in words that go on "HOST sent ...".
    Other(String),
}

/// All that a judgement needs.
pub(super) struct Judge<'a> {
    pub(super) name: &'a str,
    pub(super) host: &'a str,
    pub(super) rules: &'a OutcomePlan,
    pub(super) request: &'a RequestPlan,
    pub(super) answer: &'a Answer,
    pub(super) now_ms: i64,
}

impl Judge<'_> {
    /// Judges; `scope` is the request's own.
    pub(super) fn verdict(&self, mut scope: Scope) -> Verdict {
        let (answer, rules) = (self.answer, self.rules);
        let status = answer.status.as_u16();
        if answer.status.is_redirection() && answer.headers.contains_key(LOCATION) {
            return Verdict::Bad(self.redirected());
        }
        let body = self.body();
        scope.set("status", Value::from(status));
        scope.set("headers", self.headers());
        match &body {
            Body::Json(json) => scope.set("body", lazy::value(json)),
            // An undefined value: rules find nothing in it.
            Body::Empty | Body::Other(_) => scope.set("body", Value::UNDEFINED),
        }
        if rules.auth.holds(&scope) {
            return Verdict::Refused(self.trouble(Trouble::Unauthorized, "does not take the credential", &scope));
        }
        if rules.retry.holds(&scope) {
            let wait = rules.retry_after.as_ref().and_then(|expr| seconds(&expr.find(&scope)?));
            let error = self.trouble(Trouble::RateLimited, "asks for fewer requests", &scope);
            return Verdict::Bad(error.retry_after(wait.or_else(|| answer.retry_after(self.now_ms))));
        }
        if self.request.gone_when.as_ref().unwrap_or(&rules.gone).holds(&scope) {
            return Verdict::Bad(self.trouble(Trouble::Gone, "does not know (any more) what was asked for", &scope));
        }
        if rules.forbidden.holds(&scope) {
            return Verdict::Bad(self.trouble(Trouble::Forbidden, "does not allow this", &scope));
        }
        if rules.down.holds(&scope) {
            let wait = answer.retry_after(self.now_ms);
            return Verdict::Bad(
                self.trouble(Trouble::Down, "answers with an internal error", &scope).unclear().retry_after(wait),
            );
        }
        if rules.empty.holds(&scope) {
            return Verdict::Nothing;
        }
        let good = self.request.ok_when.as_ref().unwrap_or(&rules.ok).holds(&scope);
        match body {
            Body::Other(words) if good || answer.status.is_success() => {
                let words = format!("{} sent {words}", self.host);
                Verdict::Bad(UpstreamError::new(Trouble::Broken, words).unclear())
            }
            Body::Json(json) if good => Verdict::Good(json),
            Body::Empty if good => Verdict::Good(Arc::default()),
            _ => Verdict::Bad(self.trouble(Trouble::Rejected, "does not take what was sent", &scope)),
        }
    }

    fn redirected(&self) -> UpstreamError {
        let target = self.answer.header("location").and_then(|text| url::Url::parse(text).ok());
        let target = target.as_ref().and_then(url::Url::host_str).unwrap_or("another address");
        let words = format!(
            "{} answered with a redirect to {target}, which is not followed: set the connector's url to where the API is",
            self.host
        );
        UpstreamError::new(Trouble::Broken, words)
    }

    fn body(&self) -> Body {
        let kind = self.answer.header(CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let bytes = &self.answer.body;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Body::Empty;
        }
        if kind.contains("html") || bytes.trim_ascii_start().starts_with(b"<!") {
            return Body::Other("a web page instead of JSON; is the url right?".into());
        }
        let unmarked = matches!(kind, "" | "text/plain" | "application/octet-stream" | "text/javascript");
        if !unmarked && !kind.contains("json") {
            let kind: String = kind.chars().take(60).collect();
            return Body::Other(format!("{kind} instead of JSON; is the url right?"));
        }
        match serde_json::from_slice(bytes) {
            Ok(json) => Body::Json(Arc::new(json)),
            Err(error) if error.is_eof() => {
                Body::Other(format!("JSON that ends too soon, after {} bytes", bytes.len()))
            }
            Err(error) => Body::Other(format!("broken JSON (line {}, column {})", error.line(), error.column())),
        }
    }

    fn headers(&self) -> Value {
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        self.answer.headers.iter().map(|(name, value)| (name.as_str().to_owned(), Value::from(text(value)))).collect()
    }

    /// Trouble with what we say about it and what the API says.
    fn trouble(&self, trouble: Trouble, ours: &str, scope: &Scope) -> UpstreamError {
        let status = self.answer.status.as_u16();
        let given = self.rules.error_text.as_ref().and_then(|expr| expr.find(scope)).map(|value| value.to_string());
        let theirs = given.filter(|text| !text.trim().is_empty()).or_else(|| self.common_words());
        let words = match theirs {
            Some(theirs) => format!("{} {ours} (HTTP {status}): {}", self.name, short(&theirs)),
            None => format!("{} {ours} (HTTP {status})", self.name),
        };
        UpstreamError::new(trouble, words)
    }

    /// The places where APIs usually say what is wrong.
    fn common_words(&self) -> Option<String> {
        let Body::Json(json) = self.body() else { return None };
        let places = [
            "/message",
            "/error_description",
            "/error/message",
            "/error",
            "/detail",
            "/title",
            "/errors/0/message",
            "/errors/0/detail",
            "/errors/0",
            "/0/message",
        ];
        places.iter().find_map(|place| json.pointer(place)?.as_str().map(str::to_owned))
    }
}

fn seconds(value: &Value) -> Option<Duration> {
    let number = f64::try_from(value.clone()).ok().or_else(|| value.as_str()?.trim().parse().ok())?;
    (number.is_finite() && number >= 0.0).then(|| Duration::from_secs_f64(number.min(LONGEST_WAIT)))
}

fn short(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let plain = plain.trim();
    if plain.chars().count() <= MAX_WORDS {
        return plain.to_owned();
    }
    plain.chars().take(MAX_WORDS).chain(['…']).collect()
}
