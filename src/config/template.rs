//! URLs of the company's own pages, with placeholders for what a page is about.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::words::either;

/// An http or https URL with `{placeholders}` behind its host; empty when it is not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UrlTemplate(String);

impl UrlTemplate {
    /// True when there is no such page.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The URL with each placeholder replaced by its value, percent-encoded. `None` when the
    /// template is not set, or a placeholder has no value (or only dots): there is no page to open.
    pub fn expand(&self, mut value: impl FnMut(&str) -> Option<String>) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let mut url = String::with_capacity(self.0.len() + 32);
        for part in parts(&self.0).ok()? {
            match part {
                Part::Text(text) => url.push_str(text),
                Part::Placeholder(name) => {
                    // A path segment of dots is resolved away by browsers, encoded or not.
                    let value = value(name).filter(|value| value != "." && value != "..")?;
                    encode(&value, &mut url);
                }
            }
        }
        Some(url)
    }

    /// What is wrong with the template, where `allowed` are the placeholders it may hold.
    pub(super) fn check(&self, allowed: &[&str]) -> Result<(), String> {
        if self.is_empty() {
            return Ok(());
        }
        let parts = parts(&self.0)?;
        let Some(Part::Text(start)) = parts.first() else {
            return Err("must start with https:// or http:// and a host".into());
        };
        let url = url::Url::parse(start)
            .map_err(|_| "must start with a URL and its host, such as https://crm.example/contacts/{id}")?;
        let host_ends = start.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#']));
        if !matches!(url.scheme(), "http" | "https") || !(host_ends || parts.len() == 1) {
            return Err("must start with https:// or http:// and a host; placeholders may follow the host only".into());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a user name or password: browsers would show it".into());
        }
        for part in parts {
            if let Part::Placeholder(name) = part
                && !allowed.contains(&name)
            {
                let names: Vec<_> = allowed.iter().map(|name| format!("{{{name}}}")).collect();
                return Err(format!("has no {{{name}}}: the placeholders are {}", either(&names)));
            }
        }
        Ok(())
    }
}

impl From<&str> for UrlTemplate {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

enum Part<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}').ok_or("has a `{` without its `}`")?;
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Placeholder(name));
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    if parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains('}'))) {
        return Err("has a `}` without its `{`".into());
    }
    Ok(parts)
}

/// Everything but RFC 3986's unreserved characters, so that no value can leave its place in the URL.
fn encode(value: &str, url: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(byte)),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(url, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(template: &str, value: &str) -> Option<String> {
        UrlTemplate::from(template).expand(|name| (name == "id").then(|| value.to_owned()))
    }

    #[test]
    fn values_cannot_leave_their_place() {
        assert_eq!(
            url("https://crm.example/c/{id}?x=1", "a/../b?c#d e").as_deref(),
            Some("https://crm.example/c/a%2F..%2Fb%3Fc%23d%20e?x=1")
        );
        assert_eq!(url("https://crm.example/c/{id}", ".."), None);
        assert_eq!(url("https://crm.example/c", "1").as_deref(), Some("https://crm.example/c"));
        assert_eq!(url("https://crm.example/{other}", "1"), None);
        assert_eq!(url("", "1"), None);
    }

    #[test]
    fn templates_are_checked() {
        for right in ["", "https://crm.example/{id}", "http://localhost:3000/?q={id}", "https://crm.example"] {
            assert_eq!(UrlTemplate::from(right).check(&["id"]), Ok(()), "{right}");
        }
        for (wrong, words) in [
            ("https://{id}.example/", "host"),
            ("https://crm.example{id}/", "host"),
            ("{id}", "host"),
            ("javascript:alert(1)//{id}", "https://"),
            ("https://me:pw@crm.example/{id}", "password"),
            ("https://crm.example/{ID}", "{id}"),
            ("https://crm.example/{id", "`{`"),
            ("https://crm.example/id}", "`}`"),
            ("crm.example/{id}", "https://"),
        ] {
            let told = UrlTemplate::from(wrong).check(&["id"]).expect_err(wrong);
            assert!(told.contains(words), "{wrong}: {told}");
        }
    }
}
