//! `[engage]`: sites whose visitors chat by `RingCentral` Engage Messaging, and the communities those
//! conversations are read from.

mod community;
mod extra;
mod key;
mod site;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::report::Report;

pub use community::CommunityConfig;
pub use extra::{ExtraType, ExtraValue, extra_key_problem};
pub use key::{EngageKey, KeyAlg as EngageAlg, SecretEncoding, is_key_id};
pub use site::{FurtherField, LinkPolicy, MAX_TTL, MIN_TTL, Mode, SiteConfig, UuidPolicy};

/// Longest id of a site or community, in bytes.
const MAX_ID: usize = 32;

/// `[engage]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngageConfig {
    /// Sites with the chat, by id.
    pub sites: BTreeMap<String, SiteConfig>,
    /// Where conversations are read from, by id.
    pub communities: BTreeMap<String, CommunityConfig>,
}

impl EngageConfig {
    pub(super) fn check(&mut self, report: &mut Report<'_>) {
        for (id, site) in &mut self.sites {
            let path = format!("engage.sites.{id}");
            check_id(&path, id, report);
            site.check(&path, report);
        }
        for (id, community) in &mut self.communities {
            let path = format!("engage.communities.{id}");
            check_id(&path, id, report);
            community.check(&path, report);
            for site in &community.sites {
                if !self.sites.contains_key(site) {
                    report.wrong(&format!("{path}.sites"), format!("there is no [engage.sites.{site}]"));
                }
            }
        }
    }
}

fn check_id(path: &str, id: &str, report: &mut Report<'_>) {
    if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        report.wrong(path, format!("an id is 1 to {MAX_ID} of a-z and 0-9"));
    }
}

/// A host of the vendor's: a bare name is put before `suffix`, one with a dot stands for itself.
fn host_of(domain: &str, suffix: &str) -> String {
    if domain.contains('.') { domain.to_owned() } else { format!("{domain}{suffix}") }
}

/// What is wrong with the name of a domain.
fn check_domain(path: &str, domain: &str, example: &str, report: &mut Report<'_>) {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if domain.is_empty() {
        report.wrong(path, format!("is missing: \"acme\" for {example}, or a whole host name"));
    } else if !domain.split('.').all(label) {
        report.wrong(path, format!("is no domain: write \"acme\" for {example}, or a whole host name, in lower case"));
    }
}

#[cfg(test)]
mod tests;
