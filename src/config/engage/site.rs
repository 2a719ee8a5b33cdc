//! `[engage.sites.ID]`: one site with the chat, and how its visitors are identified.

use serde::{Deserialize, Serialize};

use super::extra::{ExtraValue, check_extra_values};
use super::key::{EngageKey, check_keys};
use super::{check_domain, host_of};
use crate::config::connectors::read_secret;
use crate::config::origin::parse_origin;
use crate::config::report::Report;
use crate::config::secret::Secret;

/// Shortest life of a token, in seconds: Engage asks for an hour, and a page must come to renew it.
pub const MIN_TTL: u32 = 4_200;
/// Longest life of a token, in seconds.
pub const MAX_TTL: u32 = 86_400;
/// Longest chain of renewals, in hours.
const MAX_CHAIN: u32 = 12;
/// Shortest secret behind uuids, in bytes.
const SHORTEST_UUID_SECRET: usize = 32;

/// How the community handles signed identities ("Signed identities" in its settings).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Signed and unsigned identities are taken.
    Accept,
    /// Only unsigned ones are taken.
    Reject,
    /// Only signed ones are taken.
    #[default]
    Require,
}

impl Mode {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Accept, Self::Reject, Self::Require];

    /// As written in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Require => "require",
        }
    }
}

/// Where the uuid of a contact comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UuidPolicy {
    /// Drawn once for each contact, and kept.
    #[default]
    Random,
    /// HMAC-SHA256 of the contact's id under `uuid_secret`.
    Hmac,
    /// The contact's id itself.
    CrmId,
}

/// Whether conversations are put on contacts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkPolicy {
    /// By itself where that is safe, else suggested.
    #[default]
    Auto,
    /// Suggested only.
    Suggest,
    /// Neither.
    Off,
}

/// Fields of an identity that the integration guide does not name, but Engage's own identities have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of Engage's identities")]
pub enum FurtherField {
    Gender,
    HomePhone,
    MobilePhone,
}

impl FurtherField {
    /// As a claim.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gender => "gender",
            Self::HomePhone => "home_phone",
            Self::MobilePhone => "mobile_phone",
        }
    }
}

/// One site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteConfig {
    /// The name before `.dimelochat.com`, or a whole host name.
    pub domain: String,
    /// The source's token, of its "Code to include".
    pub source_token: String,
    /// How the community handles signed identities.
    pub mode: Mode,
    /// Keys that sign, each under a key id of the community.
    pub keys: Vec<EngageKey>,
    /// Life of a token in seconds: 4200 to 86400.
    pub ttl_seconds: u32,
    /// Where uuids come from.
    pub uuid: UuidPolicy,
    /// The secret of `uuid = "hmac"`, at least 32 bytes.
    pub uuid_secret: Secret,
    /// A file that holds it.
    pub uuid_secret_file: String,
    /// Origins of the pages that may renew tokens, as browsers send them.
    pub origins: Vec<String>,
    /// Extra values made of a contact's fields.
    pub extra_values: Vec<ExtraValue>,
    /// Claims beyond those the integration guide names.
    pub further_fields: Vec<FurtherField>,
    /// Whether conversations are put on contacts.
    pub link: LinkPolicy,
    /// Hours after which a chain of renewals ends: 1 to 12.
    pub chain_hours: u32,
}

impl Default for SiteConfig {
    fn default() -> Self {
        Self {
            domain: String::new(),
            source_token: String::new(),
            mode: Mode::default(),
            keys: Vec::new(),
            ttl_seconds: 7_200,
            uuid: UuidPolicy::default(),
            uuid_secret: Secret::default(),
            uuid_secret_file: String::new(),
            origins: Vec::new(),
            extra_values: Vec::new(),
            further_fields: Vec::new(),
            link: LinkPolicy::default(),
            chain_hours: MAX_CHAIN,
        }
    }
}

impl SiteConfig {
    /// The host that serves the chat.
    pub fn host(&self) -> String {
        host_of(&self.domain, ".dimelochat.com")
    }

    /// The key of an id.
    pub fn find_key(&self, kid: &str) -> Option<&EngageKey> {
        self.keys.iter().find(|key| key.id == kid)
    }

    /// Whether a page of this origin may renew.
    pub fn has_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|known| known == origin)
    }

    pub(super) fn check(&mut self, path: &str, report: &mut Report<'_>) {
        let at = |key: &str| format!("{path}.{key}");
        check_domain(&at("domain"), &self.domain, "acme.dimelochat.com", report);
        let token = self.source_token.as_bytes();
        if token.is_empty() || !token.iter().all(u8::is_ascii_alphanumeric) {
            let words = "must be the token in the source's \"Code to include\", between /chat/ and /loader.js";
            report.wrong(&at("source_token"), words);
        }
        report.range(&at("ttl_seconds"), self.ttl_seconds, MIN_TTL..=MAX_TTL);
        report.range(&at("chain_hours"), self.chain_hours, 1..=MAX_CHAIN);
        check_keys(&at("keys"), &mut self.keys, report);
        if self.mode == Mode::Accept {
            report.warn(
                &at("mode"),
                "is \"accept\": any page can claim any uuid without a signature, and read that visitor's history; \
                 set \"Require JWT signed identities\" in the community, and mode = \"require\" here",
            );
        }
        self.check_uuid(path, report);
        self.check_origins(path, report);
        check_extra_values(&at("extra_values"), &self.extra_values, report);
    }

    fn check_uuid(&mut self, path: &str, report: &mut Report<'_>) {
        let secret = format!("{path}.uuid_secret");
        read_secret(&secret, &mut self.uuid_secret, &self.uuid_secret_file, report);
        match (self.uuid, self.uuid_secret.expose().len()) {
            (UuidPolicy::Hmac, 0) => {
                report.wrong(&secret, "is missing: uuid = \"hmac\" needs a secret (`openssl rand -hex 32`)");
            }
            (UuidPolicy::Hmac, length) if length < SHORTEST_UUID_SECRET => {
                report.wrong(&secret, format!("is shorter than {SHORTEST_UUID_SECRET} bytes: `openssl rand -hex 32`"));
            }
            (UuidPolicy::CrmId, _) if self.mode != Mode::Require => report.warn(
                &format!("{path}.uuid"),
                "is \"crm_id\", which can be guessed: without mode = \"require\" anybody can pose as a customer; \
                 use \"random\" or \"hmac\"",
            ),
            (UuidPolicy::Hmac | UuidPolicy::CrmId | UuidPolicy::Random, _) => {}
        }
    }

    fn check_origins(&mut self, path: &str, report: &mut Report<'_>) {
        let mut origins: Vec<String> = Vec::new();
        for (index, text) in self.origins.iter().enumerate() {
            let key = format!("{path}.origins[{index}]");
            match parse_origin(text) {
                Ok(origin) => {
                    if origin.insecure {
                        report.warn(&key, "plain http to another machine: anybody on the way can act as this page");
                    }
                    if !origins.contains(&origin.text) {
                        origins.push(origin.text);
                    }
                }
                Err(words) => report.wrong(&key, words),
            }
        }
        self.origins = origins;
    }
}
