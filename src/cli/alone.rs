//! The database and the connectors without a running daemon, and the way to one that runs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::Failure;
use crate::app;
use crate::app::authority::{self, Outside};
use crate::config::{Auth, Config};
use crate::domain::clock::{SharedClock, SystemClock};
use crate::oauth::Authority;
use crate::outbound::{Answer, Outbound, OutboundOptions};
use crate::storage::{Options, Storage};
use crate::sync::{Means, Syncs};

/// What the daemon would work with.
pub(super) struct Alone {
    pub(super) storage: Storage,
    pub(super) sync: Syncs,
    pub(super) authority: Authority,
    /// Renewals of credentials under way.
    tasks: TaskTracker,
}

impl Alone {
    pub(super) async fn open(config: &Config) -> Result<Self, Failure> {
        let clock: SharedClock = Arc::new(SystemClock);
        let options =
            Options { path: app::database_path(&config.storage.url), max_size_mb: config.storage.max_size_mb };
        let storage =
            Storage::open(&options, clock.clone()).await.map_err(|error| format!("{error}\n  fix: {}", error.fix()))?;
        let tasks = TaskTracker::new();
        let outside = Outside::configured(config, clock.clone()).map_err(|error| error.to_string())?;
        let authority = authority::open(config, storage.clone(), clock.clone(), tasks.clone(), &outside)
            .await
            .map_err(|error| error.to_string())?;
        let means = Means {
            storage: storage.clone(),
            clock: clock.clone(),
            // A daemon that runs beside this notices by itself.
            audience: Arc::new(drop),
            region: config.numbers.region(),
            closing: CancellationToken::new(),
        };
        let sync = Syncs::new(authority::connectors(config, &clock, &authority, &outside), means);
        Ok(Self { storage, sync, authority, tasks })
    }

    pub(super) async fn close(self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.storage.close().await;
    }
}

/// A daemon that runs with this configuration.
pub(super) struct Running {
    outbound: Outbound,
    base: Url,
    key: Option<String>,
}

impl Running {
    /// The daemon at `server.listen`, if one answers there.
    pub(super) async fn find(config: &Config) -> Result<Option<Self>, Failure> {
        let mut listen = config.server.listen;
        if listen.ip().is_unspecified() {
            listen.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let day = Duration::from_hours(24);
        let outbound = Outbound::new(&OutboundOptions { answer: day, ..OutboundOptions::default() })?;
        let base = Url::parse(&format!("http://{listen}/")).map_err(|error| error.to_string())?;
        let key = (config.operators.auth != Auth::None)
            .then(|| config.api.all().next().map(|key| key.expose().to_owned()))
            .flatten();
        let found = Self { outbound, base, key };
        let Ok(answer) = found.ask(reqwest::Method::GET, "healthz", None).await else { return Ok(None) };
        if !answer.status.is_success() {
            return Ok(None);
        }
        if config.operators.auth != Auth::None && found.key.is_none() {
            return Err("a daemon is running, and asking it needs a key: set api.keys in the configuration".into());
        }
        Ok(Some(found))
    }

    /// The JSON of an answer, or the problem's words.
    pub(super) async fn json(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let answer = self.ask(method, path, body).await?;
        let value: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| format!("{} answers, but not like Trunkline", self.base))?;
        if answer.status.is_success() {
            return Ok(value);
        }
        let words = value["detail"].as_str().unwrap_or("the daemon refused").to_owned();
        Err(match value["fix"].as_str() {
            Some(fix) => format!("{words}\n  fix: {fix}"),
            None => words,
        })
    }

    async fn ask(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        let url = self.base.join(path).map_err(|error| error.to_string())?;
        let mut request = self.outbound.request(method, url);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let request = request.build().map_err(|error| error.to_string())?;
        self.outbound.send(request).await.map_err(|error| error.to_string())
    }
}

/// The configuration, where connectors matter.
pub(super) fn load(file: Option<&Path>) -> Result<Config, Failure> {
    let config = super::load(file)?;
    if config.connectors.is_empty() {
        return Err("no connector is configured: write a [connectors.ID] section (see config.example.toml)".into());
    }
    Ok(config)
}
