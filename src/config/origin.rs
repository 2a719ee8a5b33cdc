//! Web addresses: origins of pages, the daemon's own URL.

use url::{Host, Url};

/// An origin as browsers send it: lower case, no default port.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// `https://crm.example` or `http://localhost:3000`.
    pub(super) text: String,
    /// Plain http to another machine: anybody on the way can become the page.
    pub(super) insecure: bool,
}

/// Reads `scheme://host[:port]`.
pub(super) fn parse_origin(text: &str) -> Result<Origin, String> {
    if text == "*" || text.contains("://*") {
        return Err("a wildcard would let any page in: name each origin".into());
    }
    if text == "null" {
        return Err("`null` is the origin of any sandboxed page: name the origins of your pages".into());
    }
    let url = Url::parse(text).map_err(|_| format!("`{text}` is no origin: write it like https://crm.example"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{text}` must start with https:// (or http:// on this machine)"));
    }
    let origin = url.origin().ascii_serialization();
    let bare = url.path() == "/" && !text.ends_with('/') && url.query().is_none() && url.fragment().is_none();
    if !bare || has_user(&url) {
        return Err(format!("is more than an origin: write `{origin}`"));
    }
    Ok(Origin { text: origin, insecure: url.scheme() == "http" && !is_loopback(&url) })
}

/// Reads the URL under which browsers reach the daemon, and drops a slash at its end.
pub(super) fn parse_public_url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|_| "is no URL: write it like https://phone.example".to_owned())?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err("must start with https:// (http:// works on this machine only)".into());
    }
    if has_user(&url) || url.query().is_some() || url.fragment().is_some() {
        return Err("must be scheme, host and perhaps a path, nothing more".into());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Reads a host name as it stands in a `Host` header, without its port.
pub(super) fn parse_host(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` is no host name: write it without scheme, port and path, like phone.example");
    if text.contains(['/', '@', '*', '?', '#', '\\']) || text.trim() != text {
        return Err(wrong());
    }
    let host = Host::parse(text).map_err(|_| wrong())?;
    Ok(host.to_string())
}

/// An https, http or `data:image` URL: what the widget shows as a picture.
pub(super) fn check_image_url(text: &str) -> Result<(), String> {
    if text.starts_with("data:image/") || is_http(text) {
        return Ok(());
    }
    Err("must be a URL that starts with https://, http:// or data:image/".into())
}

/// The host of a URL that was checked before.
pub(super) fn host_of(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(ToOwned::to_owned)
}

fn is_http(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_normal_or_refused() {
        for (text, normal) in [
            ("https://CRM.Example:443", "https://crm.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://crm.example:8443", "https://crm.example:8443"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(parse_origin(text).map(|origin| origin.text), Ok(normal.to_owned()));
        }
        for wrong in [
            "*",
            "null",
            "",
            "crm.example",
            "https://*.crm.example",
            "https://crm.example/",
            "https://crm.example/app",
            "https://crm.example?x",
            "https://crm.example#x",
            "https://a:b@crm.example",
            "file:///x",
            "chrome-extension://abc",
        ] {
            assert!(parse_origin(wrong).is_err(), "{wrong}");
        }
        let words = parse_origin("https://me:CANARY@crm.example/app").expect_err("refused");
        assert!(words.contains("write `https://crm.example`") && !words.contains("CANARY"), "{words}");
    }

    #[test]
    fn plain_http_is_told_apart_by_host() {
        for (text, insecure) in
            [("http://crm.example", true), ("http://127.0.0.1:1", false), ("http://app.localhost", false)]
        {
            assert_eq!(parse_origin(text).map(|origin| origin.insecure), Ok(insecure), "{text}");
        }
    }

    #[test]
    fn hosts_and_public_urls() {
        assert_eq!(parse_host("Phone.Example"), Ok("phone.example".into()));
        assert_eq!(parse_host("[::1]"), Ok("[::1]".into()));
        for wrong in ["", "https://x", "x:80", "*.x", "a b", "x/y"] {
            assert!(parse_host(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_public_url("https://Phone.Example/t/"), Ok("https://phone.example/t".into()));
        for wrong in ["phone.example", "http://phone.example", "https://a@phone.example", "https://x?y", "ftp://x"] {
            assert!(parse_public_url(wrong).is_err(), "{wrong}");
        }
    }
}
