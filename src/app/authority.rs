//! Sign-ins and the connectors, joined: the connectors say how they want to be opened, and try what
//! an operator enters.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{App, StartError, database_path};
use crate::channels::embeddable;
use crate::config::{Config, ConnectorConfig, ConnectorsConfig};
use crate::connectors::{self, Means, SharedConnector};
use crate::delivery::Delivery;
use crate::domain::clock::SharedClock;
use crate::domain::credential::{AuthKind, SharedCredentials, Whose};
use crate::domain::upstream::{Account, Trouble, UpstreamError};
use crate::oauth::{Authority, AuthorityError, CredentialChange, Parts, Upstreams};
use crate::outbound::{Outbound, OutboundOptions};
use crate::storage::Storage;
use crate::sync::{Configured, Syncs};

/// What is outside of the daemon.
#[derive(Debug, Clone)]
pub struct Outside {
    /// The door out.
    pub outbound: Outbound,
    /// The connectors, as far as their credentials go.
    pub upstreams: Arc<dyn Upstreams>,
    /// Where media come from.
    pub media: crate::media::World,
    /// Connectors that stand in for what the configuration would build, by id.
    pub stand_ins: BTreeMap<String, SharedConnector>,
}

impl Outside {
    /// The configured connectors behind the usual door.
    pub fn configured(config: &Config, clock: SharedClock) -> Result<Self, StartError> {
        let proxy = (!config.server.outbound_proxy.is_empty()).then(|| config.server.outbound_proxy.clone());
        let media = crate::media::World::real(proxy.clone());
        let options = OutboundOptions { proxy, ..OutboundOptions::default() };
        let outbound = Outbound::new(&options).map_err(StartError::Outbound)?;
        let connectors = Sections { connectors: config.connectors.clone(), outbound: outbound.clone(), clock };
        Ok(Self { outbound, upstreams: Arc::new(connectors), media, stand_ins: BTreeMap::new() })
    }
}

/// Opens the authority of a configuration.
pub async fn open(
    config: &Config,
    storage: Storage,
    clock: SharedClock,
    tasks: TaskTracker,
    outside: &Outside,
) -> Result<Authority, StartError> {
    let (outbound, upstreams) = (outside.outbound.clone(), outside.upstreams.clone());
    let parts = Parts { storage, outbound, clock, upstreams, tasks };
    Authority::open(config, &database_path(&config.storage.url), parts).await.map_err(|error| match error {
        AuthorityError::Vault(words) => StartError::Keys(words),
        AuthorityError::Storage(error) => StartError::Storage { error },
    })
}

/// The configured connectors, opened by what the authority holds. One that cannot be built does not
/// hold up the others.
pub fn connectors(
    config: &Config,
    clock: &SharedClock,
    authority: &Authority,
    outside: &Outside,
) -> BTreeMap<String, Configured> {
    let build = |(id, section): (&String, &ConnectorConfig)| {
        let connector = if let Some(connector) = outside.stand_ins.get(id) {
            Ok(connector.clone())
        } else {
            let credentials = authority.credentials(id);
            let means = Means { outbound: outside.outbound.clone(), clock: clock.clone(), credentials };
            connectors::build(id, section, means)
        };
        (id.clone(), Configured { config: section.clone(), connector })
    };
    config.connectors.iter().map(build).collect()
}

impl App {
    /// Open pages follow what happens to sign-ins; what was refused is tried again.
    pub(super) fn start_authority(&self) {
        let changes = self.state.authority.changes();
        self.tasks.spawn(embeddable::follow_credentials(self.state.clone(), changes, self.closing.clone()));
        self.tasks.spawn(self.state.authority.clone().keep_healing(self.closing.clone()));
        let (sync, delivery) = (self.state.sync.clone(), self.state.delivery.clone());
        self.tasks.spawn(wake_upstream(sync, delivery, self.state.authority.changes(), self.closing.clone()));
    }
}

/// A sync and deliveries that waited for a sign-in go on as soon as there is one.
async fn wake_upstream(
    sync: Syncs,
    delivery: Delivery,
    mut changes: broadcast::Receiver<CredentialChange>,
    closing: CancellationToken,
) {
    loop {
        let change = tokio::select! {
            change = changes.recv() => change,
            () = closing.cancelled() => return,
        };
        match change {
            Ok(change) => {
                if let Some(lane) = sync.find_lane(&change.connector) {
                    lane.hint();
                }
                if change.state.is_usable() {
                    resume(&delivery, &change.connector).await;
                }
            }
            // Too far behind to know whose it was: everybody's.
            Err(broadcast::error::RecvError::Lagged(_)) => {
                for lane in sync.lanes() {
                    lane.hint();
                    resume(&delivery, lane.id()).await;
                }
            }
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

async fn resume(delivery: &Delivery, connector: &str) {
    if let Err(error) = delivery.resume(connector).await {
        tracing::error!(%connector, %error, "deliveries that waited for a sign-in could not go on");
    }
}

#[derive(Debug)]
struct Sections {
    connectors: ConnectorsConfig,
    outbound: Outbound,
    clock: SharedClock,
}

impl Sections {
    fn find(&self, connector: &str) -> Result<&ConnectorConfig, String> {
        self.connectors.get(connector).ok_or_else(|| format!("there is no connector {connector}"))
    }
}

#[async_trait]
impl Upstreams for Sections {
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
