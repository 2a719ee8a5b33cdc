//! `[engage.communities.ID]`: where conversations are read from, by webhook and REST.

use serde::{Deserialize, Serialize};

use super::{check_domain, host_of};
use crate::config::connectors::read_secret;
use crate::config::report::Report;
use crate::config::secret::Secret;

/// Shortest secret of webhooks, in bytes.
const SHORTEST: usize = 16;

/// One community.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CommunityConfig {
    /// The name before `.api.digital.ringcentral.com`, or a whole host name.
    pub domain: String,
    /// Address of the API in place of the domain's, such as that of a proxy.
    pub url: String,
    /// The sites whose conversations these are: their modes and uuids decide what is linked.
    pub sites: Vec<String>,
    /// Ids of the sources that are read; all where it is empty, though their visitors are no site's.
    pub sources: Vec<String>,
    /// Token of the API.
    pub api_token: Secret,
    /// A file that holds it.
    pub api_token_file: String,
    /// The webhook's secret, which Engage sends as `X-Dimelo-Secret`.
    pub hook_secret: Secret,
    /// A file that holds it.
    pub hook_secret_file: String,
    /// The webhook's verify token.
    pub verify_token: Secret,
    /// A file that holds it.
    pub verify_token_file: String,
}

impl CommunityConfig {
    /// The address of the API, with a slash at its end.
    pub fn base(&self) -> String {
        let base = if self.url.is_empty() {
            format!("https://{}/1.0", host_of(&self.domain, ".api.digital.ringcentral.com"))
        } else {
            self.url.clone()
        };
        format!("{}/", base.trim_end_matches('/'))
    }

    pub(super) fn check(&mut self, path: &str, report: &mut Report<'_>) {
        let at = |key: &str| format!("{path}.{key}");
        check_domain(&at("domain"), &self.domain, "acme.api.digital.ringcentral.com", report);
        if !self.url.is_empty() {
            crate::config::connectors::check_url(&at("url"), &self.url, report);
        }
        for (key, secret, file) in [
            ("api_token", &mut self.api_token, &self.api_token_file),
            ("hook_secret", &mut self.hook_secret, &self.hook_secret_file),
            ("verify_token", &mut self.verify_token, &self.verify_token_file),
        ] {
            read_secret(&at(key), secret, file, report);
        }
        for (key, secret) in [("hook_secret", &self.hook_secret), ("verify_token", &self.verify_token)] {
            if secret.is_empty() {
                report.wrong(&at(key), "is missing: give what the webhook in Engage Digital has");
            } else if secret.expose().len() < SHORTEST {
                let words =
                    format!("is shorter than {SHORTEST} characters: `openssl rand -hex 16`, here and in Engage");
                report.wrong(&at(key), words);
            }
        }
        if self.api_token.is_empty() {
            report.wrong(&at("api_token"), "is missing: conversations are read with it");
        }
    }
}
