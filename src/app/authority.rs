//! Sign-ins and the connectors, joined: the connectors say how they want to be opened, and try what
//! an operator enters.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;

use super::{App, StartError, database_path};
use crate::channels::embeddable;
use crate::config::{Config, ConnectorConfig, ConnectorsConfig};
use crate::connectors::{self, Means};
use crate::domain::clock::SharedClock;
use crate::domain::credential::{AuthKind, SharedCredentials, Whose};
use crate::domain::upstream::{Account, Trouble, UpstreamError};
use crate::oauth::{Authority, AuthorityError, Parts, Upstreams};
use crate::outbound::{Outbound, OutboundOptions};
use crate::storage::Storage;

/// What is outside of the daemon.
#[derive(Debug, Clone)]
pub struct Outside {
    /// The door out.
    pub outbound: Outbound,
    /// The connectors, as far as their credentials go.
    pub upstreams: Arc<dyn Upstreams>,
}

impl Outside {
    /// The configured connectors behind the usual door.
    pub fn configured(config: &Config, clock: SharedClock) -> Result<Self, StartError> {
        let outbound = Outbound::new(&OutboundOptions::default()).map_err(StartError::Keys)?;
        let connectors = Configured { connectors: config.connectors.clone(), outbound: outbound.clone(), clock };
        Ok(Self { outbound, upstreams: Arc::new(connectors) })
    }
}

/// Opens the authority of a configuration.
pub async fn open(
    config: &Config,
    storage: Storage,
    clock: SharedClock,
    tasks: TaskTracker,
    outside: Outside,
) -> Result<Authority, StartError> {
    let Outside { outbound, upstreams } = outside;
    let parts = Parts { storage, outbound, clock, upstreams, tasks };
    Authority::open(config, &database_path(&config.storage.url), parts).await.map_err(|error| match error {
        AuthorityError::Vault(words) => StartError::Keys(words),
        AuthorityError::Storage(error) => StartError::Storage { error },
    })
}

impl App {
    /// Open pages follow what happens to sign-ins; what was refused is tried again.
    pub(super) fn start_authority(&self) {
        let changes = self.state.authority.changes();
        self.tasks.spawn(embeddable::follow_credentials(self.state.clone(), changes, self.closing.clone()));
        self.tasks.spawn(self.state.authority.clone().keep_healing(self.closing.clone()));
    }
}

#[derive(Debug)]
struct Configured {
    connectors: ConnectorsConfig,
    outbound: Outbound,
    clock: SharedClock,
}

impl Configured {
    fn find(&self, connector: &str) -> Result<&ConnectorConfig, String> {
        self.connectors.get(connector).ok_or_else(|| format!("there is no connector {connector}"))
    }
}

#[async_trait]
impl Upstreams for Configured {
    fn auth_kind(&self, connector: &str) -> Result<AuthKind, String> {
        connectors::auth_kind(self.find(connector)?)
    }

    async fn who_am_i(
        &self,
        connector: &str,
        credentials: SharedCredentials,
        whose: &Whose,
    ) -> Result<Account, UpstreamError> {
        let means = Means { outbound: self.outbound.clone(), clock: self.clock.clone(), credentials };
        let built = self.find(connector).and_then(|config| connectors::build(connector, config, means));
        built.map_err(|words| UpstreamError::new(Trouble::Broken, words))?.who_am_i(whose).await
    }
}
