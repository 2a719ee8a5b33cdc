//! `[server]`: where the daemon listens and who may talk to it.

use std::net::SocketAddr;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::origin::{host_of, parse_host, parse_origin, parse_public_url};
use super::report::Report;

/// `[server]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// IP address and port. `localhost:8787` is read as 127.0.0.1. Port 0 takes any free one.
    #[serde(deserialize_with = "listen")]
    pub listen: SocketAddr,
    /// The https URL under which browsers reach the daemon, without a slash at its end; http only
    /// on the loopback address; empty when it is `listen`'s.
    pub public_url: String,
    /// Origins of the pages that may use the daemon, as browsers send them.
    pub allowed_origins: Vec<String>,
    /// Host names accepted besides those of `listen` and `public_url`; lower case, without a port.
    pub hosts: Vec<String>,
    /// A proxy for requests to CRMs and address books, as a URL; empty is none.
    pub outbound_proxy: String,
    /// How long requests may finish after the signal to stop, in seconds: 0 to 600.
    pub shutdown_seconds: u32,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            public_url: String::new(),
            allowed_origins: Vec::new(),
            hosts: Vec::new(),
            outbound_proxy: String::new(),
            shutdown_seconds: 10,
        }
    }
}

impl ServerConfig {
    /// Host names (no port, lower case, IPv6 in brackets) a request may name: `hosts`, that of
    /// `public_url`, and that of `listen`. A loopback or unspecified address adds the loopback
    /// names; an unspecified one (`0.0.0.0`) has no name of its own.
    pub fn host_names(&self) -> Vec<String> {
        let mut names = self.hosts.clone();
        names.extend(host_of(&self.public_url));
        let ip = self.listen.ip();
        if ip.is_loopback() || ip.is_unspecified() {
            names.extend(["localhost", "127.0.0.1", "[::1]"].map(ToOwned::to_owned));
        }
        if !ip.is_unspecified() {
            names.push(if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() });
        }
        names.sort();
        names.dedup();
        names
    }

    pub(super) fn check(&mut self, report: &mut Report<'_>) {
        if !self.outbound_proxy.is_empty() && url::Url::parse(&self.outbound_proxy).is_err() {
            report.wrong("server.outbound_proxy", "is not a web address: write http://host:port");
        }
        if !self.public_url.is_empty() {
            match parse_public_url(&self.public_url) {
                Ok(url) => self.public_url = url,
                Err(words) => report.wrong("server.public_url", words),
            }
        }
        let mut origins = Vec::new();
        for (index, text) in self.allowed_origins.iter().enumerate() {
            let key = format!("server.allowed_origins[{index}]");
            match parse_origin(text) {
                Ok(origin) => {
                    if origin.insecure {
                        report.warn(&key, "plain http to another machine: anybody on the way can act as this page");
                    }
                    origins.push(origin.text);
                }
                Err(words) => report.wrong(&key, words),
            }
        }
        self.allowed_origins = without_repetition(origins);
        let mut hosts = Vec::new();
        for (index, text) in self.hosts.iter().enumerate() {
            match parse_host(text) {
                Ok(host) => hosts.push(host),
                Err(words) => report.wrong(&format!("server.hosts[{index}]"), words),
            }
        }
        self.hosts = without_repetition(hosts);
        report.range("server.shutdown_seconds", self.shutdown_seconds, 0..=600);
    }
}

fn without_repetition(list: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(list.len());
    for item in list {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let numeric = text.strip_prefix("localhost:").map_or(text.clone(), |port| format!("127.0.0.1:{port}"));
    numeric
        .parse()
        .map_err(|_| de::Error::custom("must be an IP address and a port, such as 127.0.0.1:8787 or [::1]:8787"))
}
