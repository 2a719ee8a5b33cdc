//! Refusals of DAV servers in words, sorted by what happens next.

use reqwest::StatusCode;
use url::Url;

use crate::connectors::trust::place;
use crate::domain::upstream::{Trouble, UpstreamError};
use crate::outbound::Answer;

use super::xml::{Node, Space, read};

/// Longest text of a server that is repeated, in bytes.
const MAX_WORDS: usize = 200;

/// The condition of RFC 4918, 16 that an answer names, with what it says beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) names: Vec<String>,
    pub(super) description: String,
}

impl Condition {
    pub(super) fn names(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

/// What the body says is not met: the body decides, since servers differ in the status.
pub(super) fn condition(answer: &Answer) -> Option<Condition> {
    let mut nodes: Vec<Node> = Vec::new();
    let root = read(&answer.body, |node| nodes.push(node)).ok()?;
    if !root.is(Space::Dav, "error") {
        return None;
    }
    let says = |node: &&Node| matches!(node.name.as_str(), "message" | "responsedescription");
    let description = nodes.iter().find(says).map(|node| shortened(&node.text)).unwrap_or_default();
    let names = nodes.into_iter().filter(|node| matches!(node.space, Space::Dav | Space::Card));
    let names = names.map(|node| node.name).filter(|name| name != "responsedescription").collect();
    Some(Condition { names, description })
}

/// An answer that is no success.
pub(super) fn refused(answer: &Answer, url: &Url, now_ms: i64) -> UpstreamError {
    let (status, host) = (answer.status, place(url));
    let wait = answer.retry_after(now_ms);
    let condition = condition(answer);
    if condition.as_ref().is_some_and(|condition| condition.names("valid-sync-token")) {
        return UpstreamError::new(Trouble::Gone, format!("{host} does not know our place in its changes any more"));
    }
    let said = condition.map_or_else(|| plain_text(answer), |condition| in_words(&condition));
    let (trouble, what) = match status.as_u16() {
        401 => (Trouble::Unauthorized, "does not take the credential"),
        403 => (Trouble::Forbidden, "does not allow this"),
        404 | 410 => (Trouble::Gone, "has nothing there"),
        429 => (Trouble::RateLimited, "asks for fewer requests"),
        503 if wait.is_some() => (Trouble::RateLimited, "asks to wait"),
        408 | 504 => (Trouble::Slow, "ran out of time"),
        500..=599 => (Trouble::Down, "failed"),
        300..=399 => (Trouble::Broken, "redirects to nowhere"),
        _ => (Trouble::Rejected, "does not take this"),
    };
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let words = format!("{host} {what} ({}){said}", named(status));
    UpstreamError::new(trouble, words).retry_after(wait)
}

/// A success that is not what DAV says.
pub(super) fn not_dav(answer: &Answer, url: &Url, words: &str) -> UpstreamError {
    let kind = answer.header("content-type").unwrap_or("no type").split(';').next().unwrap_or_default().trim();
    let words = if kind.ends_with("/xml") {
        format!("the answer of {} is broken: {words}", place(url))
    } else {
        let status = named(answer.status);
        format!("{} answered {status} with {} instead of a DAV answer: {words}", place(url), shortened(kind))
    };
    UpstreamError::new(Trouble::Broken, words)
}

fn named(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

fn in_words(condition: &Condition) -> String {
    let names = condition.names.join(", ");
    if condition.description.is_empty() {
        return names;
    }
    if names.is_empty() {
        return condition.description.clone();
    }
    format!("{names}: {}", condition.description)
}

/// The server's own words, where it wrote some and no page.
fn plain_text(answer: &Answer) -> String {
    let plain = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/plain"));
    if plain { shortened(&String::from_utf8_lossy(&answer.body)) } else { String::new() }
}

fn shortened(text: &str) -> String {
    let text: Vec<&str> = text.split_whitespace().collect();
    let text = text.join(" ");
    text[..text.floor_char_boundary(MAX_WORDS)].to_owned()
}
