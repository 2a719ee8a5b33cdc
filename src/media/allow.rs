//! Which places media are fetched from: hosts of a list by https on their usual port, and places of
//! one's own that the configuration names with their port. Knows addresses as they are written only;
//! what a name resolves to is [`address`](super::address)'s.

use url::{Host, Url};

/// The places a token may be sent to.
#[derive(Debug, Clone)]
pub struct AllowList {
    hosts: Vec<String>,
    places: Vec<String>,
}

/// How a place is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Over the internet: its address must be a public one.
    Guarded,
    /// Named with its port by the administrator, whatever its address.
    Named,
}

impl AllowList {
    /// `hosts`: `media.example.com`, or `.example.com` for all names that end so. `places`: `host:port`.
    pub fn new(hosts: &[String], places: &[String]) -> Self {
        Self { hosts: hosts.to_vec(), places: places.to_vec() }
    }

    /// Whether and how an address may be fetched from; in words why not, without its path and query.
    pub fn check(&self, url: &Url) -> Result<Way, String> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err("its address holds a user name".into());
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err("its address names no host".into());
        };
        if !matches!(url.scheme(), "https" | "http") {
            return Err("its address is no web address".into());
        }
        if self.places.contains(&format!("{host}:{port}")) {
            return Ok(Way::Named);
        }
        let Host::Domain(name) = host else {
            return Err(format!("its host {host} is an address, and only names of media.hosts are fetched from"));
        };
        if !self.hosts.iter().any(|allowed| matches(allowed, name)) {
            return Err(format!("its host {name} is not one of media.hosts"));
        }
        if url.scheme() != "https" || port != 443 {
            return Err(format!("{name} is fetched from by https on port 443 only"));
        }
        Ok(Way::Guarded)
    }
}

/// The whole name, or its end from a dot on.
fn matches(allowed: &str, name: &str) -> bool {
    if allowed.starts_with('.') { name.len() > allowed.len() && name.ends_with(allowed) } else { name == allowed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> AllowList {
        let hosts = ["media.ringcentral.com", ".rc.example"].map(str::to_owned);
        AllowList::new(&hosts, &["127.0.0.1:8080".to_owned(), "[::1]:8080".to_owned(), "pbx.example:443".to_owned()])
    }

    fn way(url: &str) -> Option<Way> {
        Url::parse(url).ok().and_then(|url| list().check(&url).ok())
    }

    #[test]
    fn only_places_of_the_list() {
        for url in [
            "https://media.ringcentral.com/a",
            "https://MEDIA.RingCentral.com:443/a?b=c",
            "https://eu.rc.example/",
            "https://media.ringcentral.com\\@evil.example/",
        ] {
            assert_eq!(way(url), Some(Way::Guarded), "{url}");
        }
        for url in ["http://127.0.0.1:8080/a", "http://[::1]:8080/", "https://pbx.example/", "http://0x7f.1:8080/"] {
            assert_eq!(way(url), Some(Way::Named), "{url}");
        }
    }

    #[test]
    fn nothing_that_only_looks_like_one() {
        for url in [
            "http://media.ringcentral.com/",
            "https://media.ringcentral.com:8443/",
            "https://media.ringcentral.com./",
            "https://media.ringcentral.com.evil.example/",
            "https://evilmedia.ringcentral.com/",
            "https://evilringcentral.com/",
            "https://rc.example/",
            "https://evilrc.example/",
            "https://.rc.example.evil/",
            "https://media.ringcentral.com@evil.example/",
            "https://token@media.ringcentral.com/",
            "https://:x@media.ringcentral.com/",
            "https://evil.example/#media.ringcentral.com",
            "https://evil.example/?media.ringcentral.com",
            "https://xn--mdia-bpa.ringcentral.com/",
            "https://mеdia.ringcentral.com/",
            "https://127.0.0.1/",
            "http://127.0.0.1:8081/",
            "http://127.0.0.2:8080/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://0x7f000001/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[fe80::1]/",
            "http://pbx.example/",
            "ftp://media.ringcentral.com/",
            "file:///etc/passwd",
            "data:audio/mpeg,x",
            "javascript:alert(1)",
        ] {
            assert_eq!(way(url), None, "{url}");
        }
    }
}
