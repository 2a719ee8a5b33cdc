//! `[connectors.ID]`: the address books and CRMs behind the contacts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::delivery::LogsConfig;
use super::report::Report;
use super::secret::Secret;
use crate::domain::phone::Region;

/// Longest id, in bytes.
const MAX_ID: usize = 32;
/// Ids with a meaning of their own.
const TAKEN: [&str; 2] = ["local", "import"];

/// All connectors by id, in the order of their ids.
pub type ConnectorsConfig = BTreeMap<String, ConnectorConfig>;

/// What stands upstream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectorKind {
    /// A CardDAV address book (RFC 6352).
    Carddav,
    /// `HubSpot`, by the shipped manifest.
    Hubspot,
    /// Pipedrive, by the shipped manifest.
    Pipedrive,
    /// Salesforce, by the shipped manifest.
    Salesforce,
    /// Zoho CRM, by the shipped manifest.
    Zoho,
    /// Tryton, by the shipped manifest.
    Tryton,
    /// Any REST API, by a manifest of one's own.
    #[default]
    Rest,
}

impl ConnectorKind {
    /// As written in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Carddav => "carddav",
            Self::Hubspot => "hubspot",
            Self::Pipedrive => "pipedrive",
            Self::Salesforce => "salesforce",
            Self::Zoho => "zoho",
            Self::Tryton => "tryton",
            Self::Rest => "rest",
        }
    }
}

/// Who signs in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignIn {
    /// One credential for all operators.
    #[default]
    Company,
    /// Each operator their own.
    Operator,
    /// Nobody: the server asks for no credential.
    Nobody,
}

/// One connector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectorConfig {
    /// What stands upstream.
    pub kind: ConnectorKind,
    /// Its name for people; the id where it is empty.
    pub name: String,
    /// Address of the server or the API; a manifest may know it.
    pub url: String,
    /// File of the manifest; for a shipped kind it replaces the shipped one.
    pub manifest: String,
    /// Values for what the manifest leaves open (`{{ vars.NAME }}`).
    pub vars: BTreeMap<String, String>,
    /// Hosts beside the url's own to which redirects may lead, credentials included.
    pub allowed_hosts: Vec<String>,

    /// Who signs in.
    pub sign_in: SignIn,
    /// Name for a password.
    pub username: String,
    /// Password.
    pub password: Secret,
    /// A file that holds the password.
    pub password_file: String,
    /// Key or static token.
    pub api_key: Secret,
    /// A file that holds the key.
    pub api_key_file: String,
    /// OAuth client id.
    pub client_id: String,
    /// OAuth client secret.
    pub client_secret: Secret,
    /// A file that holds the client secret.
    pub client_secret_file: String,
    /// What the upstream signs its webhooks with.
    pub webhook_secret: Secret,
    /// A file that holds the webhook secret.
    pub webhook_secret_file: String,

    /// Country of its numbers written without one; `numbers.default_region` where it is empty.
    pub region: String,
    /// Seconds between two looks for changes.
    pub sync_seconds: u32,
    /// Hours between two sweeps, which find what a look for changes misses.
    pub sweep_hours: u32,
    /// A sweep that would delete more than this share of the contacts waits for a person's word.
    pub max_delete_percent: u32,
    /// Which fields of a contact are kept and reach browsers; all where it is empty. `name` and
    /// `phoneNumbers` always do.
    pub fields: Vec<String>,
    /// Which contacts are taken; all where it is empty.
    pub filter: FilterConfig,
    /// Which logs it is given, and how they are written.
    pub logs: LogsConfig,
}

/// `[connectors.ID.filter]`: a contact is taken when it meets each list that is not empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilterConfig {
    /// Owners, of which one must be the contact's.
    pub owner: Vec<String>,
    /// Lists, on one of which it must be.
    pub list: Vec<String>,
    /// Tags, of which it must have one.
    pub tag: Vec<String>,
    /// Fields by the upstream's names, with the values they may have.
    pub field: BTreeMap<String, Vec<String>>,
}

impl Default for ConnectorConfig {
    fn default() -> Self {
        Self {
            kind: ConnectorKind::default(),
            name: String::new(),
            url: String::new(),
            manifest: String::new(),
            vars: BTreeMap::new(),
            allowed_hosts: Vec::new(),
            sign_in: SignIn::default(),
            username: String::new(),
            password: Secret::default(),
            password_file: String::new(),
            api_key: Secret::default(),
            api_key_file: String::new(),
            client_id: String::new(),
            client_secret: Secret::default(),
            client_secret_file: String::new(),
            webhook_secret: Secret::default(),
            webhook_secret_file: String::new(),
            region: String::new(),
            sync_seconds: 60,
            sweep_hours: 24,
            max_delete_percent: 25,
            fields: Vec::new(),
            filter: FilterConfig::default(),
            logs: LogsConfig::default(),
        }
    }
}

impl ConnectorConfig {
    /// The country of its numbers, where the connector has its own.
    pub fn region(&self) -> Option<Region> {
        Region::from_code(&self.region)
    }

    /// Its name for people.
    pub fn display_name<'a>(&'a self, id: &'a str) -> &'a str {
        if self.name.is_empty() { id } else { &self.name }
    }

    pub(super) fn check(&mut self, id: &str, report: &mut Report<'_>) {
        let path = format!("connectors.{id}");
        let at = |key: &str| format!("{path}.{key}");
        if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            report.wrong(&path, format!("a connector's id is 1 to {MAX_ID} of a-z and 0-9"));
        } else if TAKEN.contains(&id) {
            report.wrong(&path, format!("\"{id}\" is the built-in address book's own: give the connector another id"));
        }
        match self.kind {
            ConnectorKind::Carddav if self.url.is_empty() => {
                report.wrong(
                    &at("url"),
                    "is missing: the address of the CardDAV server, such as https://dav.example.com/",
                );
            }
            ConnectorKind::Carddav if !self.manifest.is_empty() => {
                report.wrong(&at("manifest"), "is not for kind \"carddav\"");
            }
            ConnectorKind::Rest if self.manifest.is_empty() => {
                report.wrong(&at("manifest"), "is missing: the file that describes the API (docs/manifest.md)");
            }
            _ => {}
        }
        if !self.url.is_empty() {
            check_url(&at("url"), &self.url, report);
        }
        if !self.region.is_empty() && self.region().is_none() {
            report.wrong(&at("region"), "is not a country code: write two letters such as \"US\"");
        }
        report.range(&at("sync_seconds"), self.sync_seconds, 5..=86_400);
        report.range(&at("sweep_hours"), self.sweep_hours, 1..=24 * 31);
        report.range(&at("max_delete_percent"), self.max_delete_percent, 0..=100);
        for (key, secret, file) in [
            ("password", &mut self.password, &self.password_file),
            ("api_key", &mut self.api_key, &self.api_key_file),
            ("client_secret", &mut self.client_secret, &self.client_secret_file),
            ("webhook_secret", &mut self.webhook_secret, &self.webhook_secret_file),
        ] {
            read_secret(&at(key), secret, file, report);
        }
        if !self.client_secret.is_empty() && self.client_id.is_empty() {
            report.wrong(&at("client_id"), "is missing: there is a client_secret, but no id to it");
        }
        if !self.password.is_empty() && self.username.is_empty() {
            report.wrong(&at("username"), "is missing: there is a password, but no name to it");
        }
    }
}

/// Reads a secret from its file, where it has one.
pub(super) fn read_secret(path: &str, secret: &mut Secret, file: &str, report: &mut Report<'_>) {
    if file.is_empty() {
        return;
    }
    let file_key = format!("{path}_file");
    if !secret.is_empty() {
        report.wrong(&file_key, format!("is set beside `{path}`: keep one of the two"));
        return;
    }
    match std::fs::read_to_string(file) {
        Ok(text) if text.trim().is_empty() => report.wrong(&file_key, format!("{file} is empty")),
        Ok(text) => *secret = Secret::from(text.trim()),
        Err(error) => report.wrong(&file_key, format!("cannot read {file}: {error}")),
    }
}

/// Plain http sends passwords in the clear: only on this machine.
pub(super) fn check_url(path: &str, url: &str, report: &mut Report<'_>) {
    match url::Url::parse(url) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            report.wrong(path, "must not hold a name or a password: give them as `username` and `password`");
        }
        Ok(url) if url.scheme() == "https" && url.has_host() => {}
        Ok(url) if url.scheme() == "http" && url.has_host() => {
            let loopback = match url.host() {
                Some(url::Host::Domain(name)) => name == "localhost",
                Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
                Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
                None => false,
            };
            if !loopback {
                report.warn(path, "is http: passwords and contacts cross the network in the clear; use https");
            }
        }
        _ => report.wrong(path, "is not a web address: write https://host/..."),
    }
}
