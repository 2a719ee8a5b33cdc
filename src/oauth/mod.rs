//! Authority: who is signed in to which connector, how that is renewed, and how it is kept sealed.
//!
//! [`Authority`] hands connectors their credentials, and operators a way to sign in. A credential is
//! the company's or one operator's ([`SignIn`]); values of the configuration
//! go before what is signed in with. What changes is told through [`Authority::changes`]. Knows
//! nothing of connectors ([`Upstreams`] is passed in), pages or widgets.

mod desk;
mod flow;
mod keep;
mod key_file;
mod port;
mod renewal;
mod rotation;
mod sign_in;
mod state;
mod stored;
mod token;
mod token_answer;
mod trial;
mod vault;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, ConnectorConfig, Secret, SignIn};
use crate::domain::clock::SharedClock;
use crate::domain::credential::{AuthKind, Opening, SharedCredentials, Whose};
use crate::domain::operator::Operator;
use crate::outbound::Outbound;
use crate::storage::{Storage, StorageError};
use desk::{COMPANY, Desk, Held, Slot};
pub use flow::Session;
pub use key_file::{default_file, new_key, open_vault};
use port::Port;
pub use rotation::{Rotated, rotate};
pub use sign_in::{Entered, SignInProblem, SignedIn};
pub use state::{Cause, CredentialChange, CredentialState, Means, Need};
use stored::Stored;
use token::TokenClient;
pub use trial::Upstreams;
pub use vault::{Vault, VaultError};

/// Changes a slow follower may be behind.
const BACKLOG: usize = 256;
/// How often what was refused is tried again.
const HEALING: Duration = Duration::from_mins(1);

/// Why there is no authority.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The vault's key; in words, with the fix.
    #[error("{0}")]
    Vault(String),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What an authority is made with.
#[derive(Debug)]
pub struct Parts {
    /// Where rows are kept.
    pub storage: Storage,
    /// The door out, for token addresses.
    pub outbound: Outbound,
    /// Time.
    pub clock: SharedClock,
    /// The connectors, as far as their credentials go.
    pub upstreams: Arc<dyn Upstreams>,
    /// Renewals and revocations are finished before the service ends.
    pub tasks: TaskTracker,
}

/// Who is signed in where. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Authority(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    storage: Storage,
    clock: SharedClock,
    /// None where nobody needs to sign in to anything.
    vault: Option<Vault>,
    desks: BTreeMap<String, Arc<Desk>>,
    upstreams: Arc<dyn Upstreams>,
    changes: broadcast::Sender<CredentialChange>,
    flow: flow::Flow,
    tasks: TaskTracker,
    public_url: String,
    /// By the configuration, until the real one is known.
    configured: String,
    listening: OnceLock<String>,
    serials: AtomicU64,
}

impl Authority {
    /// Reads what is signed in. Makes the vault's key file beside `database` where somebody needs to
    /// sign in and no key is configured.
    pub async fn open(config: &Config, database: &Path, parts: Parts) -> Result<Self, AuthorityError> {
        let Parts { storage, outbound, clock, upstreams, tasks } = parts;
        let mut desks = BTreeMap::new();
        for (id, connector) in &config.connectors {
            match upstreams.auth_kind(id) {
                Ok(kind) => {
                    let desk = new_desk(id, connector, kind, outbound.clone(), clock.clone());
                    desks.insert(id.clone(), Arc::new(desk));
                }
                Err(words) => tracing::error!(connector = %id, "nobody can sign in: {words}"),
            }
        }
        let vault = if desks.values().any(|desk| desk.needs_sign_in()) {
            Some(open_vault(&config.vault, database).map_err(AuthorityError::Vault)?)
        } else {
            None
        };
        let inner = Inner {
            vault,
            desks,
            upstreams,
            changes: broadcast::channel(BACKLOG).0,
            flow: flow::Flow::default(),
            tasks,
            public_url: config.server.public_url.clone(),
            configured: address_of(config.server.listen),
            listening: OnceLock::new(),
            serials: AtomicU64::new(2),
            clock,
            storage,
        };
        let authority = Self(Arc::new(inner));
        if authority.0.vault.is_some() {
            let rows = authority.0.storage.list_credentials().await?;
            authority.0.fill(rows);
        }
        Ok(authority)
    }

    /// The address the daemon really listens on, by which browsers reach it where no public URL is set.
    pub fn served_at(&self, address: SocketAddr) {
        // The first one holds: a service listens once.
        drop(self.0.listening.set(address_of(address)));
    }

    /// Our own address as browsers know it, without a slash at its end.
    pub fn base(&self) -> &str {
        if self.0.public_url.is_empty() {
            self.0.listening.get().unwrap_or(&self.0.configured)
        } else {
            &self.0.public_url
        }
    }

    /// What opens a connector's upstream.
    pub fn credentials(&self, connector: &str) -> SharedCredentials {
        Arc::new(Port { inner: self.0.clone(), desk: self.0.desks.get(connector).cloned() })
    }

    /// How a credential stands; `None` for a connector that is not configured.
    pub fn state(&self, connector: &str, whose: &Whose) -> Option<CredentialState> {
        self.0.desks.get(connector).map(|desk| desk.state(whose))
    }

    /// Everybody who is, or was, signed in to a connector, and the company.
    pub fn states(&self, connector: &str) -> Vec<(Whose, CredentialState)> {
        let Some(desk) = self.0.desks.get(connector) else { return Vec::new() };
        let slots = desk.all();
        let own = slots.iter().filter(|slot| slot.owner != COMPANY).map(|slot| (slot.whose(), slot.held().state()));
        std::iter::once((Whose::Company, desk.state(&Whose::Company))).chain(own).collect()
    }

    /// The connectors, by id.
    pub fn connectors(&self) -> impl Iterator<Item = &str> {
        self.0.desks.keys().map(String::as_str)
    }

    /// Changes from now on. A follower that lags asks for [`Authority::state`] again.
    pub fn changes(&self) -> broadcast::Receiver<CredentialChange> {
        self.0.changes.subscribe()
    }

    /// What an operator's widget depends on; nothing where nobody has to sign in.
    pub fn needs(&self, operator: &Operator) -> Vec<Need> {
        self.0.desks.values().filter_map(|desk| desk.need(operator)).collect()
    }

    /// A connector's name for people.
    pub fn name(&self, connector: &str) -> Option<&str> {
        self.0.desks.get(connector).map(|desk| desk.name.as_str())
    }

    /// The address, good once and for five minutes, at which an operator signs in.
    pub fn ticket_url(&self, operator: &Arc<Operator>) -> String {
        let ticket = self.0.flow.ticket(operator.clone(), self.0.clock.now_ms());
        format!("{}/connect?ticket={ticket}", self.base())
    }

    /// A ticket for a session and its cookie.
    pub fn redeem(&self, ticket: &str) -> Option<(String, Session)> {
        self.0.flow.redeem(ticket, self.0.clock.now_ms())
    }

    /// The session of a cookie.
    pub fn session(&self, cookie: &str) -> Option<Session> {
        self.0.flow.session(cookie, self.0.clock.now_ms())
    }

    /// How long a session lasts.
    pub const fn session_seconds() -> i64 {
        flow::SESSION_MS / 1000
    }

    /// Tries once what was refused but not forgotten.
    pub async fn heal(&self) {
        self.0.heal().await;
    }

    /// Keeps trying, until `closing`.
    pub async fn keep_healing(self, closing: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(HEALING) => {}
                () = closing.cancelled() => return,
            }
            tokio::select! {
                () = self.heal() => {}
                () = closing.cancelled() => return,
            }
        }
    }
}

/// An address that means all of them is reached by its name on this machine.
fn address_of(address: SocketAddr) -> String {
    let port = address.port();
    match address.ip() {
        ip if ip.is_unspecified() => format!("http://localhost:{port}"),
        IpAddr::V4(ip) => format!("http://{ip}:{port}"),
        IpAddr::V6(ip) => format!("http://[{ip}]:{port}"),
    }
}

fn new_desk(id: &str, config: &ConnectorConfig, kind: AuthKind, outbound: Outbound, clock: SharedClock) -> Desk {
    let client = match &kind {
        AuthKind::OAuth(endpoints) => {
            let secret = (!config.client_secret.is_empty()).then(|| config.client_secret.expose().into());
            TokenClient::new(&config.client_id, secret, endpoints, outbound, clock)
        }
        _ => Err("it takes no sign-in by OAuth".to_owned()),
    };
    let desk = Desk {
        id: id.to_owned(),
        name: config.display_name(id).to_owned(),
        sign_in: if kind == AuthKind::Open { SignIn::Company } else { config.sign_in },
        username: config.username.clone(),
        client,
        slots: Mutex::default(),
        kind,
    };
    if let Some(opening) = configured(config, &desk.kind) {
        let held = Held { stored: Some(Stored::Fixed(opening)), configured: true, serial: 1, ..Held::default() };
        desk.slots
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(COMPANY.into(), Slot::new(COMPANY, held));
    }
    desk
}

/// What stands in the configuration.
fn configured(config: &ConnectorConfig, kind: &AuthKind) -> Option<Opening> {
    let key = |key: &Secret| (!key.is_empty()).then(|| Opening::Token(key.expose().into()));
    let password = || {
        (!config.password.is_empty())
            .then(|| Opening::Password { username: config.username.clone(), password: config.password.expose().into() })
    };
    match kind {
        AuthKind::Open => Some(Opening::Nothing),
        AuthKind::Password => password().or_else(|| key(&config.api_key)),
        AuthKind::ApiKey | AuthKind::OAuth(_) => key(&config.api_key).or_else(password),
    }
}
