//! Which bytes of a file a request asks for (RFC 9110, 14): one range, or all of it.

use axum::http::{HeaderMap, header};

/// What is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// From a byte up to, not with, another.
    Bytes(u64, u64),
    /// Nothing of it is asked for.
    Beyond,
}

/// Reads `Range` and `If-Range` for a file of `size` bytes with this entity tag. Several ranges, other
/// units and what cannot be read are answered with all of it, as the specification lets a server do.
pub(super) fn asked(headers: &HeaderMap, size: u64, tag: &str) -> Part {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // A date is weaker than our tag, and a weak tag never fits: then all of it is sent anew.
    if text(header::IF_RANGE).is_some_and(|known| known.trim() != tag) {
        return Part::Whole;
    }
    let ranges = match text(header::RANGE).and_then(|range| range.trim().split_once('=')) {
        Some((unit, ranges)) if unit.trim().eq_ignore_ascii_case("bytes") => ranges.trim(),
        _ => return Part::Whole,
    };
    let Some((first, last)) = ranges.split_once('-').map(|(first, last)| (first.trim(), last.trim())) else {
        return Part::Whole;
    };
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last && first < size => {
            Part::Bytes(first, last.saturating_add(1).min(size))
        }
        (Some(first), None) if last.is_empty() && first < size => Part::Bytes(first, size),
        (None, Some(0)) if first.is_empty() => Part::Beyond,
        (None, Some(last)) if first.is_empty() && size > 0 => Part::Bytes(size.saturating_sub(last), size),
        (Some(first), Some(last)) if first > last => Part::Whole,
        (Some(first), _) if first >= size && (last.is_empty() || number(last).is_some()) => Part::Beyond,
        _ => Part::Whole,
    }
}

/// Digits only; a number too large to count is still a number.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn part(range: &'static str) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static(range));
        asked(&headers, 10, "\"x\"")
    }

    #[test]
    fn one_range_or_all() {
        for (range, wanted) in [
            ("bytes=0-0", Part::Bytes(0, 1)),
            ("bytes=2-5", Part::Bytes(2, 6)),
            ("bytes=2-", Part::Bytes(2, 10)),
            ("bytes=9-99999999999999999999999", Part::Bytes(9, 10)),
            ("bytes=-3", Part::Bytes(7, 10)),
            ("bytes=-300", Part::Bytes(0, 10)),
            ("Bytes = 1 - 2", Part::Bytes(1, 3)),
            ("bytes=10-", Part::Beyond),
            ("bytes=10-12", Part::Beyond),
            ("bytes=99999999999999999999999-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=5-2", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("lines=1-2", Part::Whole),
            ("5", Part::Whole),
        ] {
            assert_eq!(part(range), wanted, "{range}");
        }
    }

    #[test]
    fn a_changed_file_is_sent_whole() {
        for (known, wanted) in [
            ("\"x\"", Part::Bytes(1, 10)),
            ("\"y\"", Part::Whole),
            ("W/\"x\"", Part::Whole),
            ("Thu, 01 Jan 2026 10:00:00 GMT", Part::Whole),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static("bytes=1-"));
            headers.insert(header::IF_RANGE, HeaderValue::from_static(known));
            assert_eq!(asked(&headers, 10, "\"x\""), wanted, "{known}");
        }
    }
}
