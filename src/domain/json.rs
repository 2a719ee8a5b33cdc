//! Reading loose JSON: the widget sends ids as strings or numbers, and null where a key is missing
//! (protocol 9.5).

use serde_json::{Map, Value};

/// A non-empty string from a string or a number; `None` for anything else.
pub fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(s) if !s.is_empty() => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// An integer from a number or a string of digits. Fractions are cut off.
pub fn integer(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().and_then(whole)),
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn whole(float: f64) -> Option<i64> {
    (float.is_finite() && float.abs() < 9.0e15).then_some(float as i64)
}

/// An object that is present and not null.
pub fn object(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

/// `contact` forms of the protocol: an id, or an object with an id (3.6).
pub fn id_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Object(map) => text(map.get("id")),
        other => text(Some(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_come_as_text_or_number() {
        let body = json!({"a": 7_312_904_416_650_328_117_i64, "b": "x", "c": null, "d": {"id": 5}, "e": ""});
        assert_eq!(text(body.get("a")).as_deref(), Some("7312904416650328117"));
        assert_eq!(text(body.get("b")).as_deref(), Some("x"));
        assert_eq!(text(body.get("c")), None);
        assert_eq!(id_of(body.get("d")).as_deref(), Some("5"));
        assert_eq!(text(body.get("e")), None);
        assert_eq!(integer(Some(&json!("12"))), Some(12));
        assert_eq!(integer(Some(&json!(12.9))), Some(12));
    }
}
