//! Moments as APIs write them, read into Unix milliseconds.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::Value;

/// Numbers from here on are milliseconds: as seconds this is the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// A moment in Unix ms: RFC 3339 or the like (without an offset: UTC; a date alone: its midnight), Unix
/// seconds or milliseconds as a number or a text, or a table of `year`, `month`, `day` and so on.
pub(super) fn read(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => {
            let whole = number.as_i64();
            #[expect(clippy::cast_possible_truncation, reason = "saturates, and years beyond are no moments")]
            whole.or_else(|| number.as_f64().map(|float| float as i64)).and_then(scale)
        }
        Value::String(text) => read_text(text.trim()),
        Value::Object(parts) => {
            let part = |name: &str, default: i64| parts.get(name).map_or(Some(default), Value::as_i64);
            let small = |number: Option<i64>| u32::try_from(number?).ok();
            let year = i32::try_from(parts.get("year")?.as_i64()?).ok()?;
            let date = NaiveDate::from_ymd_opt(year, small(part("month", 1))?, small(part("day", 1))?)?;
            let (hour, minute) = (small(part("hour", 0))?, small(part("minute", 0))?);
            let time =
                date.and_hms_micro_opt(hour, minute, small(part("second", 0))?, small(part("microsecond", 0))?)?;
            Some(time.and_utc().timestamp_millis())
        }
        _ => None,
    }
}

fn scale(number: i64) -> Option<i64> {
    if number.abs() >= MILLISECONDS_FROM { Some(number) } else { number.checked_mul(1000) }
}

fn read_text(text: &str) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    if let Ok(number) = text.parse::<i64>() {
        return scale(number);
    }
    // "+0000" without a colon, as Salesforce writes it.
    for format in ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z"] {
        if let Ok(time) = DateTime::parse_from_str(text, format) {
            return Some(time.timestamp_millis());
        }
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some(time.and_utc().timestamp_millis());
        }
    }
    if let Ok(time) = DateTime::parse_from_rfc2822(text) {
        return Some(time.timestamp_millis());
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_moment_in_many_hands() {
        for written in [
            json!("2026-10-01T09:30:00Z"),
            json!("2026-10-01T11:30:00+02:00"),
            json!("2026-10-01T09:30:00.000+0000"),
            json!("2026-10-01 09:30:00"),
            json!("Thu, 01 Oct 2026 09:30:00 GMT"),
            json!(1_790_847_000),
            json!(1_790_847_000_000_i64),
            json!("1790847000000"),
            json!({"__class__": "datetime", "year": 2026, "month": 10, "day": 1, "hour": 9, "minute": 30}),
        ] {
            assert_eq!(read(&written), Some(1_790_847_000_000), "{written}");
        }
        for wrong in [json!("soon"), json!(null), json!({"year": 2026, "month": 13}), json!([1])] {
            assert_eq!(read(&wrong), None, "{wrong}");
        }
    }
}
