//! `[roxchat.workspaces.ID]`: the agents' workspaces of Rox.Chat inside CRM pages, and how their chats
//! are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::connectors::read_secret;
use super::origin::parse_origin;
use super::report::Report;
use super::secret::Secret;
use super::template::UrlTemplate;
use super::words::did_you_mean;
use crate::domain::roxchat::{DEFAULT_KINDS, IdSource, KINDS, OTHER};

/// Longest id, in bytes.
const MAX_ID: usize = 32;

/// `[roxchat]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoxchatConfig {
    /// The workspaces by id.
    pub workspaces: BTreeMap<String, WorkspaceConfig>,
}

/// When a chat becomes a log of the CRM.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogOn {
    /// Once it is closed, by the agent or because it went silent.
    #[default]
    Close,
    /// With its first message.
    Message,
}

/// How a visitor's fields are signed: the account's `provided_visitor_hash_algorithm`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashAlgorithm {
    /// HMAC with SHA-256, the vendor's default.
    #[default]
    HmacSha256,
    /// SHA-256 of the message and the key.
    Sha256,
    /// SHA-512 of the message and the key.
    Sha512,
    /// MD5 of the message and the key: for accounts that cannot be changed.
    Md5,
}

/// One workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkspaceConfig {
    /// The exact origin of the workspace's frame.
    pub origin: String,
    /// What its messages say as `source`.
    pub sources: Vec<String>,
    /// Kinds of messages that go into transcripts.
    pub kinds: Vec<String>,
    /// Minutes of silence after which a chat is taken for closed: 1 to 10,080.
    pub idle_minutes: u32,
    /// Seconds within which two pages tell the same message: 0 to 60.
    pub dedupe_seconds: u32,
    /// When a chat becomes a log of the CRM.
    pub log_on: LogOn,
    /// Take `providedVisitorId` for a contact's id: only where the account asks for signed visitors.
    pub trust_provided_id: bool,
    /// Which of a visitor's ids finds the contact, the first that does.
    pub id_priority: Vec<IdSource>,
    /// The CRM's page of a contact.
    pub contact_url: UrlTemplate,
    /// Signs visitors for the chat on the company's site.
    pub signature_key: Secret,
    /// A file that holds the key.
    pub signature_key_file: String,
    /// How visitors are signed.
    pub hash_algorithm: HashAlgorithm,
}

impl Default for WorkspaceConfig {
    fn default() -> Self {
        Self {
            origin: String::new(),
            sources: vec!["roxchat".into()],
            kinds: DEFAULT_KINDS.map(str::to_owned).to_vec(),
            idle_minutes: 60,
            dedupe_seconds: 5,
            log_on: LogOn::default(),
            trust_provided_id: false,
            id_priority: IdSource::ALL.to_vec(),
            contact_url: UrlTemplate::default(),
            signature_key: Secret::default(),
            signature_key_file: String::new(),
            hash_algorithm: HashAlgorithm::default(),
        }
    }
}

impl RoxchatConfig {
    pub(super) fn check(&mut self, report: &mut Report<'_>) {
        for (id, workspace) in &mut self.workspaces {
            workspace.check(id, report);
        }
    }
}

impl WorkspaceConfig {
    fn check(&mut self, id: &str, report: &mut Report<'_>) {
        let path = format!("roxchat.workspaces.{id}");
        let at = |key: &str| format!("{path}.{key}");
        if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            report.wrong(&path, format!("a workspace's id is 1 to {MAX_ID} of a-z and 0-9"));
        }
        self.check_origin(&at("origin"), report);
        if self.sources.is_empty() || self.sources.iter().any(String::is_empty) {
            report.wrong(&at("sources"), "names nothing: write what messages say as `source`, such as [\"roxchat\"]");
        }
        let known = || KINDS.iter().map(|(word, _)| *word).chain([OTHER]);
        for (index, kind) in self.kinds.iter().enumerate() {
            if !known().any(|word| word == kind) {
                let words = format!("is no kind of message: {}", did_you_mean(kind, known()));
                report.wrong(&at(&format!("kinds[{index}]")), words);
            }
        }
        report.range(&at("idle_minutes"), self.idle_minutes, 1..=7 * 24 * 60);
        report.range(&at("dedupe_seconds"), self.dedupe_seconds, 0..=60);
        for (index, source) in self.id_priority.iter().enumerate() {
            if self.id_priority[..index].contains(source) {
                report.wrong(&at("id_priority"), format!("names \"{}\" twice", source.word()));
            }
        }
        if self.id_priority.is_empty() {
            report.wrong(&at("id_priority"), "is empty: no contact would ever be found");
        }
        if let Err(words) = self.contact_url.check(&["id", "name"]) {
            report.wrong(&at("contact_url"), words);
        }
        read_secret(&at("signature_key"), &mut self.signature_key, &self.signature_key_file, report);
        if self.hash_algorithm == HashAlgorithm::Md5 && !self.signature_key.is_empty() {
            report.warn(&at("hash_algorithm"), "is md5, which is broken: ask Rox.Chat for hmac-sha256");
        }
    }

    fn check_origin(&mut self, key: &str, report: &mut Report<'_>) {
        if self.origin.is_empty() {
            report.wrong(key, "is missing: the origin of the workspace's frame, such as https://company.rox.chat");
            return;
        }
        match parse_origin(&self.origin) {
            Ok(origin) => {
                if origin.insecure {
                    report.warn(key, "plain http to another machine: anybody on the way can act as the workspace");
                }
                self.origin = origin.text;
            }
            Err(words) => report.wrong(key, words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_workspace_needs_its_origin_and_nothing_more() {
        let loaded = Config::parse("t.toml", "[roxchat.workspaces.desk]\norigin = 'https://Company.Rox.Chat:443'", []);
        let config = loaded.unwrap_or_else(|error| panic!("{error}")).config;
        let desk = &config.roxchat.workspaces["desk"];
        assert_eq!(desk.origin, "https://company.rox.chat");
        assert_eq!((desk.idle_minutes, desk.dedupe_seconds, desk.log_on), (60, 5, LogOn::Close));
        assert!(!desk.trust_provided_id, "whoever opens the chat could claim an id");
    }

    #[test]
    fn everything_wrong_is_told_at_once_and_secrets_are_not() {
        let text = "[roxchat.workspaces.Desk]\n[roxchat.workspaces.desk]\norigin = 'https://company.rox.chat/app'\n\
            sources = []\nkinds = ['visiter']\nidle_minutes = 0\ndedupe_seconds = 61\nid_priority = ['alias', 'alias']\n\
            contact_url = 'javascript:{id}'\nsignature_key = 'CANARY'\nsignature_key_file = 'missing'";
        let told = Config::parse("t.toml", text, []).expect_err("wrong").to_string();
        for part in [
            "`roxchat.workspaces.Desk` (t.toml line 1)",
            "`roxchat.workspaces.Desk.origin`",
            "`roxchat.workspaces.desk.origin` (t.toml line 3): is more than an origin",
            "desk.sources",
            "desk.kinds[0]` (t.toml line 5): is no kind of message: did you mean `visitor`?",
            "desk.idle_minutes",
            "desk.dedupe_seconds",
            "desk.id_priority` (t.toml line 8): names \"alias\" twice",
            "desk.contact_url",
            "desk.signature_key_file",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("CANARY"), "{told}");
    }

    #[test]
    fn a_key_stands_in_the_environment_or_a_file_and_shows_nowhere() {
        let env = [
            ("TRUNKLINE__ROXCHAT__WORKSPACES__DESK__ORIGIN", "https://company.rox.chat"),
            ("TRUNKLINE__ROXCHAT__WORKSPACES__DESK__SIGNATURE_KEY", "CANARY"),
            ("TRUNKLINE__ROXCHAT__WORKSPACES__DESK__HASH_ALGORITHM", "md5"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let loaded = Config::parse("", "", env).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(loaded.config.roxchat.workspaces["desk"].signature_key.expose(), "CANARY");
        assert!(!loaded.config.print().contains("CANARY"));
        assert!(loaded.warnings.iter().any(|words| words.contains("md5")), "{:?}", loaded.warnings);
    }
}
