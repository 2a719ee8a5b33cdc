//! All wiring: from a configuration to a running, and then a stopped, service.

pub mod authority;
mod delivery;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::{ApiKeys, Verifier};
use crate::channels::{embeddable, engage, roxchat};
use crate::config::{Auth, Config};
use crate::domain::clock::SharedClock;
use crate::http::access::Access;
use crate::http::connectors as connectors_api;
use crate::http::events::Hub;
use crate::http::forms::Forms;
use crate::http::guard::{Guard, gate};
use crate::http::listeners::Listeners;
use crate::http::media as media_files;
use crate::http::{
    ApiError, ServiceState, api, assets, connect, conversations, create, credentials, health, logs, metrics, outbox,
    pages,
};
use crate::media::{self, Media};
use crate::storage::{Options, Storage, StorageError};
use crate::sync::{self, Syncs};
use authority::Outside;
use delivery::delivery;

/// How often old tombstones are looked for.
const MAINTENANCE: Duration = Duration::from_hours(6);
/// How often changes of other processes are looked for.
const WATCH: Duration = Duration::from_secs(2);
/// Numbers of another process's changes that are told: a whole import is not.
const MOST_NUMBERS: i64 = 1001;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("{error}\n  fix: {}", error.fix())]
    Storage {
        /// What is wrong with it.
        #[from]
        error: StorageError,
    },
    /// The keys of the configuration.
    #[error("{0}")]
    Keys(String),
    /// The way to upstreams.
    #[error("requests to upstreams cannot be made: {0}")]
    Outbound(String),
    /// The store of media.
    #[error("media cannot be kept: {0}\n  fix: correct [media] in the configuration")]
    Media(String),
    /// The address.
    #[error(
        "cannot listen on {address}: {source}\n  fix: stop what uses this port, or set server.listen to another one"
    )]
    Listen {
        /// As configured.
        address: SocketAddr,
        /// From the system.
        source: std::io::Error,
    },
}

/// A service that is ready to answer: a router and what must be closed after it.
#[derive(Debug)]
pub struct App {
    state: ServiceState,
    closing: CancellationToken,
    tasks: TaskTracker,
    origins: Vec<String>,
    engage: engage::Reader,
}

impl App {
    /// Opens the database and builds the service. `origins` are our own addresses as browsers name
    /// them, beside the configured ones.
    pub async fn build(config: Config, clock: SharedClock) -> Result<Self, StartError> {
        let outside = Outside::configured(&config, clock.clone())?;
        Self::build_with(config, clock, outside).await
    }

    /// The same, with another world outside.
    pub async fn build_with(config: Config, clock: SharedClock, outside: Outside) -> Result<Self, StartError> {
        let options = Options { path: database_path(&config.storage.url), max_size_mb: config.storage.max_size_mb };
        let storage = Storage::open(&options, clock.clone()).await?;
        let verifier = match config.operators.auth {
            Auth::None => None,
            Auth::Jwt => Some(Verifier::new(&config.operators).map_err(|e| StartError::Keys(e.to_string()))?),
        };
        let access = Access::new(verifier, ApiKeys::new(&config.api), clock.clone());
        let closing = CancellationToken::new();
        let tasks = TaskTracker::new();
        let authority = authority::open(&config, storage.clone(), clock.clone(), tasks.clone(), &outside).await?;
        let parts = media::Parts {
            storage: storage.clone(),
            clock: clock.clone(),
            tasks: tasks.clone(),
            closing: closing.clone(),
            world: outside.media.clone(),
        };
        let media = Media::open(&config, &options.path, parts).map_err(StartError::Media)?;
        let hub = Hub::new(closing.clone(), tasks.clone());
        let audience = hub.clone();
        let means = sync::Means {
            storage: storage.clone(),
            clock: clock.clone(),
            audience: Arc::new(move |numbers| audience.contacts_changed(numbers)),
            region: config.numbers.region(),
            closing: closing.clone(),
        };
        let sync = Syncs::new(authority::connectors(&config, &clock, &authority, &outside), means);
        let (delivery, news) = delivery(&config, &sync, &storage, &clock, &closing, (&media, &authority));
        let prefix = format!("{{\"type\":{},", serde_json::Value::String(config.service.name.clone()));
        let state = ServiceState {
            delivery,
            sync,
            media,
            listeners: Arc::new(Listeners::default()),
            forms: Arc::new(Forms::default()),
            authority,
            hub,
            region: config.numbers.region(),
            zone: config.service.time_zone,
            contact_prefix: prefix.into(),
            pages: Arc::new(pages::cache()),
            access: Arc::new(access),
            config: Arc::new(config),
            storage,
            clock,
        };
        let origins = own_origins(&state.config);
        let ServiceState { config, storage, clock, .. } = state.clone();
        let engage = engage::Reader::new(config, storage, outside.outbound, clock);
        let app = Self { state, closing, tasks, origins, engage };
        app.start_maintenance();
        app.start_watch();
        app.start_authority();
        app.state.sync.start(&app.tasks);
        app.start_delivery(news);
        app.tasks.spawn(roxchat::keep_sweeping(app.state.clone(), app.closing.clone()));
        app.tasks.spawn(app.state.media.clone().keep_sweeping());
        app.tasks.spawn(app.engage.clone().follow(app.closing.clone()));
        Ok(app)
    }

    /// What handlers share.
    pub fn state(&self) -> &ServiceState {
        &self.state
    }

    /// Allows one more origin: a demo's page, or the address a test listens on.
    pub fn allow_origin(&mut self, origin: String) {
        self.origins.push(origin);
    }

    /// Addresses that have origins of their own: what pages of sites call, and the modules they load for it.
    fn page_origins(&self) -> Vec<(String, Vec<String>)> {
        let renewals: Vec<_> = engage::page_origins(&self.state.config).collect();
        if renewals.is_empty() {
            return renewals;
        }
        let sites = renewals.iter().flat_map(|(_, origins)| origins);
        let readers: Vec<String> = self.origins.iter().chain(sites).cloned().collect();
        let modules = assets::engage_addresses().map(|address| (address, readers.clone()));
        modules.chain(renewals.iter().cloned()).collect()
    }

    /// The service's routes behind the gate.
    pub fn router(&self) -> Router {
        let config = &self.state.config;
        let guard = Guard::new(config.server.host_names(), self.origins.iter().cloned(), self.page_origins());
        Router::new()
            .merge(embeddable::router())
            .merge(engage::router(self.engage.clone()))
            .merge(roxchat::router())
            .merge(connect::router(&self.state))
            .merge(media_files::router())
            .merge(conversations::router())
            .route("/adapter.js", get(assets::entry))
            .route("/engage.js", get(assets::engage))
            .route("/adapter/{file}", get(assets::module))
            .route("/v1/contacts", get(api::list).post(create::create))
            .route("/v1/contacts/batch", post(api::batch))
            .route("/v1/contacts/{id}", get(api::get).put(api::put).delete(api::delete))
            .route("/v1/connectors", get(connectors_api::list))
            .route("/v1/connectors/{id}", get(connectors_api::get))
            .route("/v1/connectors/{id}/sync", post(connectors_api::sync))
            .route("/v1/connectors/{id}/preview", post(connectors_api::preview))
            .route("/v1/connectors/{id}/progress", get(connectors_api::progress))
            .route("/hooks/{id}", post(connectors_api::hook))
            .route("/v1/call-logs", get(logs::calls))
            .route("/v1/message-logs", get(logs::messages))
            .route("/v1/outbox", get(outbox::list))
            .route("/v1/outbox/{id}", get(outbox::get))
            .route("/v1/outbox/{id}/retry", post(outbox::retry))
            .route("/v1/outbox/{id}/drop", post(outbox::drop_entry))
            .route("/v1/outbox/{id}/decide", post(outbox::decide))
            .route("/metrics", get(metrics::metrics))
            .route("/v1/credentials", get(credentials::list))
            .route("/healthz", get(health::healthz))
            .route("/readyz", get(health::readyz))
            .fallback(not_found)
            .method_not_allowed_fallback(wrong_method)
            .with_state(self.state.clone())
            .layer(axum::middleware::from_fn_with_state(guard, gate))
    }

    /// Serves until `stop` resolves, then finishes what it accepted: requests under way first, for
    /// at most `server.shutdown_seconds`, then the writes, then the database file.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        if let Ok(address) = listener.local_addr() {
            self.state.authority.served_at(address);
        }
        let closing = self.closing.clone();
        let patience = Duration::from_secs(u64::from(self.state.config.server.shutdown_seconds));
        let stopping = closing.clone();
        let server = axum::serve(listener, self.router()).with_graceful_shutdown(async move {
            stop.await;
            tracing::info!("shutting down: finishing what was accepted");
            stopping.cancel();
        });
        let ended = tokio::select! {
            ended = server.into_future() => ended,
            () = async { closing.cancelled().await; tokio::time::sleep(patience).await } => {
                tracing::warn!("some connections did not end in time and are cut");
                Ok(())
            }
        };
        self.close().await;
        ended
    }

    /// Ends background work and closes the database.
    pub async fn close(self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.state.storage.close().await;
    }

    /// Builds the index of numbers, and notices what another process writes (`trunkline import`
    /// beside a running daemon): open pages are told.
    fn start_watch(&self) {
        let (state, closing) = (self.state.clone(), self.closing.clone());
        self.tasks.spawn(async move {
            let mut told = state.storage.known_stamp();
            loop {
                match state.storage.refresh_stamp().await {
                    // Our own writes are told where they are made.
                    Ok(stamp) if stamp > told.max(state.storage.written_stamp()) => {
                        state.storage.distrust_index();
                        let numbers = state.storage.numbers_changed_after(told, MOST_NUMBERS).await;
                        state.hub.contacts_changed(numbers.unwrap_or_default());
                        told = stamp;
                    }
                    // Built when nobody else is writing, not again and again during an import.
                    Ok(_) => {
                        if let Err(error) = state.storage.index_numbers().await {
                            tracing::warn!(%error, "numbers are looked up in the table only");
                        }
                    }
                    Err(error) => tracing::warn!(%error, "the database could not be read"),
                }
                tokio::select! {
                    () = tokio::time::sleep(WATCH) => {}
                    () = closing.cancelled() => return,
                }
            }
        });
    }

    fn start_maintenance(&self) {
        let (storage, clock, closing) = (self.state.storage.clone(), self.state.clock.clone(), self.closing.clone());
        let kept = i64::from(self.state.config.storage.tombstone_days) * DAY_MS;
        let chats = i64::from(self.state.config.conversations.keep_days) * DAY_MS;
        self.tasks.spawn(async move {
            loop {
                if let Err(error) = storage.purge_tombstones(clock.now_ms() - kept).await {
                    tracing::warn!(%error, "old tombstones could not be forgotten");
                }
                if chats > 0
                    && let Err(error) = storage.purge_conversations(clock.now_ms() - chats).await
                {
                    tracing::warn!(%error, "old conversations could not be deleted");
                }
                tokio::select! {
                    () = tokio::time::sleep(MAINTENANCE) => {}
                    () = closing.cancelled() => return,
                }
            }
        });
    }
}

/// Binds the configured address.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

/// The file of a `sqlite:` URL.
pub fn database_path(url: &str) -> PathBuf {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    PathBuf::from(path.strip_prefix("//").unwrap_or(path))
}

fn own_origins(config: &Config) -> Vec<String> {
    let mut origins = config.server.allowed_origins.clone();
    if let Ok(url) = url::Url::parse(&config.server.public_url) {
        origins.push(url.origin().ascii_serialization());
    }
    let port = config.server.listen.port();
    origins.extend(["127.0.0.1", "localhost", "[::1]"].map(|host| format!("http://{host}:{port}")));
    origins
}

async fn not_found(uri: Uri) -> ApiError {
    drop(uri);
    ApiError::not_found("there is nothing at this address")
}

async fn wrong_method(method: Method) -> ApiError {
    let detail = format!("this address does not take {method}");
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}
