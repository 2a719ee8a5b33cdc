//! Which places a connector's credentials may be sent to: the origin of its configured address, and
//! the hosts the administrator allows beside it. Knows addresses only.

use url::Url;

/// The places that are trusted with a connector's credentials.
#[derive(Debug, Clone)]
pub struct Trust {
    own: Url,
    allowed: Vec<String>,
}

impl Trust {
    /// Trusts the origin of `own` and each of `allowed`: `host`, or `host:port` for a port of its own.
    pub fn new(own: &Url, allowed: &[String]) -> Self {
        let allowed = allowed.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
        Self { own: own.clone(), allowed }
    }

    /// Refuses a place that is not trusted, or that is less private than the configured one.
    pub fn check(&self, to: &Url) -> Result<(), String> {
        let place = place(to);
        if self.own.scheme() == "https" && to.scheme() != "https" {
            return Err(format!(
                "the server leads from https to {}://{place}, where passwords would cross the network in the clear: \
                 correct the server, or the connector's url",
                to.scheme()
            ));
        }
        let same_host = self.own.host_str() == to.host_str();
        let same_port = self.own.port_or_known_default() == to.port_or_known_default();
        // From port 80 to port 443 of the same host is the one step up that every server makes.
        let step_up = self.own.port().is_none() && to.port().is_none() && to.scheme() == "https";
        if (same_host && (same_port || step_up)) || self.allowed.contains(&place) {
            return Ok(());
        }
        Err(format!(
            "the server leads to {place}, which the configuration does not name, so no credential was sent there: add it \
             to the connector's allowed_hosts if it is the provider's own"
        ))
    }
}

/// `host`, or `host:port` where the port is not the scheme's own.
pub fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(own: &str, to: &str) -> bool {
        let allowed = ["p42-contacts.icloud.com".to_owned(), " Dav.Example.com:8443 ".to_owned()];
        Trust::new(&Url::parse(own).unwrap(), &allowed).check(&Url::parse(to).unwrap()).is_ok()
    }

    #[test]
    fn only_what_the_administrator_named() {
        for (own, to, trusted) in [
            ("https://contacts.icloud.com/", "https://contacts.icloud.com/1/", true),
            ("https://contacts.icloud.com/", "https://contacts.icloud.com:443/1/", true),
            ("https://contacts.icloud.com/", "https://p42-contacts.icloud.com/1/", true),
            ("https://contacts.icloud.com/", "https://p42-contacts.icloud.com:444/1/", false),
            ("https://contacts.icloud.com/", "https://p42-contacts.icloud.com.evil.example/", false),
            ("https://contacts.icloud.com/", "https://dav.example.com:8443/", true),
            ("https://contacts.icloud.com/", "https://dav.example.com/", false),
            ("https://contacts.icloud.com/", "http://contacts.icloud.com/", false),
            ("https://contacts.icloud.com/", "http://p42-contacts.icloud.com/", false),
            ("https://contacts.icloud.com/", "file:///etc/passwd", false),
            ("http://dav.example.org/", "https://dav.example.org/", true),
            ("http://127.0.0.1:5232/", "http://127.0.0.1:5233/", false),
            ("http://127.0.0.1:5232/", "https://127.0.0.1/", false),
        ] {
            assert_eq!(trusts(own, to), trusted, "{own} -> {to}");
        }
    }
}
