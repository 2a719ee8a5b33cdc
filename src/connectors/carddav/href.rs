//! Hrefs of DAV resources, made comparable: servers write the same one absolute or not, and encode it
//! in different ways, even from one answer to the next.

use url::Url;

/// The path of an href in one form: every byte of a segment percent-encoded but for the unreserved
/// ones of RFC 3986, 2.3. None where it is no address.
pub(super) fn canonical(base: &Url, href: &str) -> Option<String> {
    let url = base.join(href).ok()?;
    Some(url.path().split('/').map(|segment| encoded(&decoded(segment))).collect::<Vec<_>>().join("/"))
}

/// The same for a collection: its path ends with a slash.
pub(super) fn canonical_folder(base: &Url, href: &str) -> Option<String> {
    let mut path = canonical(base, href)?;
    if !path.ends_with('/') {
        path.push('/');
    }
    Some(path)
}

/// The last segment as people read it.
pub(super) fn last_segment(path: &str) -> String {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    String::from_utf8_lossy(&decoded(last)).into_owned()
}

fn decoded(segment: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let byte = match rest {
            [b'%', a, b, ..] => hex(*a).zip(hex(*b)).map(|(a, b)| a << 4 | b),
            _ => None,
        };
        out.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &rest[3..] } else { tail };
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn encoded(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            out.push(char::from(*byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_all_spellings() {
        let base = Url::parse("https://dav.example.com/alice/book/").unwrap();
        for href in [
            "/alice/book/a%40b%20c.vcf",
            "/alice/book/a@b%20c.vcf",
            "a@b c.vcf",
            "https://dav.example.com/alice/book/a%40b c.vcf",
            "/alice/./book/x/../a%40b%20c.vcf",
        ] {
            assert_eq!(canonical(&base, href).as_deref(), Some("/alice/book/a%40b%20c.vcf"), "{href}");
        }
        assert_eq!(canonical(&base, "/a%2fb/%c3%A9"), canonical(&base, "/a%2Fb/é"));
        assert_ne!(canonical(&base, "/a%2Fb"), canonical(&base, "/a/b"));
        assert_eq!(canonical(&base, "100%.vcf").as_deref(), Some("/alice/book/100%25.vcf"));
        assert_eq!(canonical_folder(&base, "/alice/book").as_deref(), Some("/alice/book/"));
        assert_eq!(last_segment("/alice/my%20book/"), "my book");
    }
}
