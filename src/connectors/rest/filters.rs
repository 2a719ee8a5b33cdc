//! The filters a manifest has beside `MiniJinja`'s own. Each passes none through, so that what is not
//! there stays away.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind};

use super::times;
use crate::domain::html;

/// Their names with what they do.
pub const FILTERS: [(&str, &str); 11] = [
    ("rfc3339", "Unix ms as 2026-10-01T09:30:00Z"),
    ("date", "Unix ms by a format: date('%Y-%m-%d'), in UTC"),
    ("unix_s", "Unix ms as whole seconds"),
    ("ms", "a moment in any of the forms of contact.modified, as Unix ms"),
    ("hh_mm", "seconds as HH:MM, rounded up to minutes"),
    ("mm_ss", "seconds as MM:SS"),
    ("base64", "text in Base64"),
    ("soql", "text with backslashes and quotes escaped by a backslash, for query languages"),
    ("html", "plain text as HTML: escaped, with <br> for line breaks"),
    ("digits", "only the digits of a text"),
    ("texts", "a table with all its values as text"),
];

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("rfc3339", |at: &Value| on_time(at, "%Y-%m-%dT%H:%M:%SZ"));
    env.add_filter("date", |at: &Value, format: &str| on_time(at, format));
    env.add_filter("unix_s", |at: &Value| given(at, |at| Ok(Value::from(whole(at)?.div_euclid(1000)))));
    env.add_filter("ms", |at: &Value| {
        given(at, |at| {
            let json = serde_json::to_value(at).unwrap_or_default();
            times::read(&json).map(Value::from).ok_or_else(|| wrong("this is no moment that can be read"))
        })
    });
    env.add_filter("hh_mm", |seconds: &Value| {
        given(seconds, |seconds| {
            let minutes = (whole(seconds)?.max(0) + 59) / 60;
            Ok(format!("{:02}:{:02}", minutes / 60, minutes % 60).into())
        })
    });
    env.add_filter("mm_ss", |seconds: &Value| {
        given(seconds, |seconds| {
            let seconds = whole(seconds)?.max(0);
            Ok(format!("{:02}:{:02}", seconds / 60, seconds % 60).into())
        })
    });
    env.add_filter("base64", |text: &Value| given(text, |text| Ok(STANDARD.encode(text.to_string()).into())));
    env.add_filter("soql", |text: &Value| given(text, |text| Ok(quoted(&text.to_string()).into())));
    env.add_filter("html", |text: &Value| given(text, |text| Ok(html::with_lines(&text.to_string()).into())));
    env.add_filter("texts", |table: &Value| given(table, texts));
    env.add_filter("digits", |text: &Value| {
        given(text, |text| Ok(text.to_string().chars().filter(char::is_ascii_digit).collect::<String>().into()))
    });
}

fn texts(table: &Value) -> Result<Value, Error> {
    let mut out = BTreeMap::new();
    for key in table.try_iter()? {
        let value = table.get_item(&key)?;
        // As JSON writes it: a template would write `True`.
        let json = serde_json::to_value(&value).map_err(|_| wrong("this value cannot be written as text"))?;
        out.insert(key.to_string(), json.as_str().map_or_else(|| json.to_string(), str::to_owned));
    }
    Ok(Value::from(out))
}

fn given(value: &Value, apply: impl FnOnce(&Value) -> Result<Value, Error>) -> Result<Value, Error> {
    if value.is_none() || value.is_undefined() { Ok(Value::from(())) } else { apply(value) }
}

fn on_time(at: &Value, format: &str) -> Result<Value, Error> {
    given(at, |at| {
        let time = DateTime::from_timestamp_millis(whole(at)?).ok_or_else(|| wrong("this moment is out of range"))?;
        let mut text = String::new();
        // A format chrono does not know is an error here, where `to_string` would panic.
        write!(text, "{}", time.format(format)).map_err(|_| wrong("this date format is not known"))?;
        Ok(text.into())
    })
}

fn whole(value: &Value) -> Result<i64, Error> {
    value.as_i64().ok_or_else(|| wrong("a whole number is needed here"))
}

fn wrong(words: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, words)
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '\'' | '"' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
    out
}
