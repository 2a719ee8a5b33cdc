//! Removing bearer secrets from what is stored. With `recordingWithToken` or `attachmentWithToken`
//! the widget appends the operator's `RingCentral` token to URIs, sometimes twice, and it can leak,
//! URL-encoded, into a `link` that wraps such a URI (protocol 4.4).

use std::borrow::Cow;

use secrecy::SecretString;
use serde_json::{Map, Value};

const PARAMETER: &str = "access_token";
/// Separators before a query parameter: plain, URL-encoded, and encoded twice.
const SEPARATORS: [&str; 6] = ["?", "&", "%3f", "%26", "%253f", "%2526"];
const EQUALS: [&str; 3] = ["=", "%3d", "%253d"];

/// Removes every `access_token` parameter, also URL-encoded ones, from every string of `value`, and
/// blanks values whose key names a secret.
pub fn redact(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = strip_access_token(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(map) => redact_object(map),
        _ => {}
    }
}

/// An object without secrets, as [`redact`] leaves it.
pub fn redacted(mut map: Map<String, Value>) -> Map<String, Value> {
    redact_object(&mut map);
    map
}

fn redact_object(map: &mut Map<String, Value>) {
    if map.keys().any(|key| matches!(strip_access_token(key), Cow::Owned(_))) {
        let items = std::mem::take(map).into_iter();
        map.extend(items.map(|(key, item)| (strip_access_token(&key).into_owned(), item)));
    }
    for (key, item) in map.iter_mut() {
        if is_secret_key(key) && !item.is_null() {
            *item = Value::Null;
        } else {
            redact(item);
        }
    }
}

fn is_secret_key(key: &str) -> bool {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    ["accesstoken", "refreshtoken", "idtoken", "token", "authorization"].contains(&plain.as_str())
}

/// `text` without any `access_token=...` parameter. Borrows when there is nothing to remove.
pub fn strip_access_token(text: &str) -> Cow<'_, str> {
    if !text.contains(['=', '%']) {
        return Cow::Borrowed(text);
    }
    // `_` may be written `%5F`; all offsets below are those of the text with it written plainly.
    let plain = text.replace("%5F", "_").replace("%5f", "_");
    let text = if plain.to_ascii_lowercase().contains(PARAMETER) { Cow::Owned(plain) } else { Cow::Borrowed(text) };
    let lower = text.to_ascii_lowercase();
    if !lower.contains(PARAMETER) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some((start, end)) = next_parameter(&lower, rest) {
        out.push_str(&text[rest..start]);
        rest = end;
    }
    out.push_str(&text[rest..]);
    Cow::Owned(out)
}

/// Longest token that is taken for one.
const LONGEST_TOKEN: usize = 4096;

/// The first token in `text`, decoded as often as its `=` was encoded. What cannot stand in a header is
/// none.
pub fn find_access_token(text: &str) -> Option<SecretString> {
    let plain = text.replace("%5F", "_").replace("%5f", "_");
    let lower = plain.to_ascii_lowercase();
    let (start, end) = next_parameter(&lower, 0)?;
    let name = start + lower[start..].find(PARAMETER)? + PARAMETER.len();
    let times = EQUALS.iter().position(|sign| lower[name..].starts_with(sign))?;
    let mut value = plain[name + EQUALS[times].len()..end].to_owned();
    for _ in 0..=times {
        // Not a form: a plus sign is one.
        let form = format!("v={}", value.replace('+', "%2B"));
        value = url::form_urlencoded::parse(form.as_bytes()).next()?.1.into_owned();
    }
    let usable = !value.is_empty() && value.len() <= LONGEST_TOKEN && value.bytes().all(|byte| byte.is_ascii_graphic());
    usable.then(|| value.into())
}

/// The next parameter at or after `from`: where its separator starts and its value ends.
fn next_parameter(lower: &str, from: usize) -> Option<(usize, usize)> {
    let mut search = from;
    while let Some(found) = lower[search..].find(PARAMETER) {
        let name = search + found;
        let after = name + PARAMETER.len();
        if let Some(equals) = EQUALS.iter().find(|sign| lower[after..].starts_with(**sign)) {
            let start = SEPARATORS
                .iter()
                .filter(|separator| lower[from..name].ends_with(**separator))
                .map(|separator| name - separator.len())
                .min()
                .unwrap_or(name);
            return Some((start, value_end(lower, after + equals.len())));
        }
        search = after;
    }
    None
}

/// A value ends at the next parameter, fragment or anything that cannot stand in a URI.
fn value_end(lower: &str, from: usize) -> usize {
    let bytes = lower.as_bytes();
    let stops = ["%26", "%2526", "%23", "%3faccess", "%253faccess"];
    let mut end = from;
    while end < bytes.len() {
        let b = bytes[end];
        if matches!(b, b'&' | b'#' | b'?' | b'"' | b'\'' | b'<' | b'>' | b')' | b',') || b.is_ascii_whitespace() {
            break;
        }
        if b == b'%' && stops.iter().any(|stop| lower[end..].starts_with(stop)) {
            break;
        }
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_go_plain_encoded_doubled() {
        for (raw, clean) in [
            ("https://m/x/content?access_token=CANARY", "https://m/x/content"),
            ("https://m/x?access_token=CANARY?access_token=CANARY", "https://m/x"),
            ("https://m/x?a=1&access_token=CANARY&b=2", "https://m/x?a=1&b=2"),
            (
                "https://r/?media=https%3A%2F%2Fm%2Fx%3Faccess_token%3DCANARY%26z%3D1&t=2",
                "https://r/?media=https%3A%2F%2Fm%2Fx%26z%3D1&t=2",
            ),
            (
                "https://r/?media=https%3A%2F%2Fm%2Fx%3Faccess_token%3DCANARY%3Faccess_token%3DCANARY",
                "https://r/?media=https%3A%2F%2Fm%2Fx",
            ),
            ("https://r/?u=x%253Faccess_token%253DCANARY", "https://r/?u=x"),
            ("https://m/x?ACCESS_TOKEN=CANARY#t", "https://m/x#t"),
            ("say access_token to me", "say access_token to me"),
        ] {
            assert_eq!(strip_access_token(raw), clean);
        }
    }

    #[test]
    fn a_token_is_found_as_it_was_before_encoding() {
        use secrecy::ExposeSecret;
        for (text, token) in [
            ("https://m/x?access_token=A%7Cb+c-_", Some("A|b+c-_")),
            ("https://m/x?access_token=A?access_token=B", Some("A")),
            ("https://m/x?a=1&ACCESS%5Ftoken=A&b=2", Some("A")),
            ("https://r/?media=https%3A%2F%2Fm%2Fx%3Faccess_token%3DA%257Cb%26z%3D1", Some("A|b")),
            ("https://r/?u=x%253Faccess_token%253DA", Some("A")),
            ("https://m/x?access_token=", None),
            ("https://m/x?access_token=a%0Ab", None),
            ("https://m/x", None),
        ] {
            let found = find_access_token(text);
            assert_eq!(found.as_ref().map(ExposeSecret::expose_secret), token, "{text}");
        }
    }

    #[test]
    fn redaction_reaches_every_depth() {
        let mut body = json!({"a": [{"uri": "https://m/x?access_token=CANARY"}], "accessToken": "CANARY", "n": 1});
        redact(&mut body);
        assert!(!body.to_string().contains("CANARY"), "{body}");
        let mut body = json!({"https://m/x?access_token=CANARY": [1], "n": 1});
        redact(&mut body);
        assert_eq!(body, json!({"n": 1, "https://m/x": [1]}));
    }
}
