//! The configuration: one struct a section, read from defaults, a TOML file and the environment, in
//! that order. Owns what a key may hold and the words for what it may not; knows nothing of what
//! the daemon does with it. The process environment and the arguments are passed in.

mod api;
mod connectors;
mod conversations;
pub mod delivery;
mod draft;
pub mod engage;
mod load;
mod log;
mod media;
mod numbers;
mod operators;
mod origin;
mod places;
mod problem;
mod report;
mod roxchat;
mod secret;
mod server;
mod service;
mod storage;
mod template;
mod vault;
mod words;

use serde::{Deserialize, Serialize};

pub use api::{ApiConfig, Scope, ScopedKey};
pub use connectors::{ConnectorConfig, ConnectorKind, ConnectorsConfig, FilterConfig, SignIn};

pub use conversations::ConversationsConfig;
pub use delivery::{DeliveryConfig, LogsConfig};
pub use engage::EngageConfig;
pub use load::Loaded;
pub use log::{LogConfig, LogFormat};
pub use media::{MediaConfig, MediaLink, RetentionConfig, S3Config};
pub use numbers::NumbersConfig;
pub use operators::{Auth, KeyAlg, KeyConfig, OperatorsConfig};
pub use problem::{ConfigError, Place, Problem};
pub use roxchat::{HashAlgorithm, LogOn, RoxchatConfig, WorkspaceConfig};
pub use secret::Secret;
pub use server::ServerConfig;
pub use service::ServiceConfig;
pub use storage::StorageConfig;
pub use template::UrlTemplate;
pub use vault::{MasterKey, VaultConfig, parse_key};

pub(crate) use places::{File, Places};
pub(crate) use words::{did_you_mean, either};

/// The whole configuration. Read it with [`Config::load`]; the default is a daemon on the loopback
/// address with a database file in the working directory and no tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the daemon listens and who may talk to it.
    pub server: ServerConfig,
    /// Where the data is kept.
    pub storage: StorageConfig,
    /// How operators prove who they are.
    pub operators: OperatorsConfig,
    /// Keys of programs that use `/v1`.
    pub api: ApiConfig,
    /// How telephone numbers are read.
    pub numbers: NumbersConfig,
    /// The address books and CRMs behind the contacts, by id.
    pub connectors: ConnectorsConfig,
    /// The agents' workspaces of Rox.Chat.
    pub roxchat: RoxchatConfig,
    /// The keys that seal what is signed in with.
    pub vault: VaultConfig,
    /// How logs reach CRMs.
    pub delivery: DeliveryConfig,
    /// What the daemon writes about itself.
    pub log: LogConfig,
    /// Recordings, voicemails, faxes and attachments.
    pub media: MediaConfig,
    /// Sites that chat by Engage Messaging.
    pub engage: EngageConfig,
    /// Conversations of chat widgets.
    pub conversations: ConversationsConfig,
    /// How the daemon shows itself in the widget. Last: it ends in an array of tables.
    pub service: ServiceConfig,
}

impl Config {
    /// The effective configuration as TOML, every key written out and every secret as
    /// `"[redacted]"`. Keys read from files are not listed; the file's name is.
    pub fn print(&self) -> String {
        toml::to_string(self).unwrap_or_else(|error| format!("# cannot be written as TOML: {error}\n"))
    }
}

#[cfg(test)]
mod tests;
