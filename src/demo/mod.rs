//! The demonstration: the daemon with an invented address book, a small CRM with its page, a simulated
//! phone, a simulated chat workspace and a shop with a stand-in web chat, each on an origin of its own as in
//! production.

mod background;
mod chats;
pub mod crm;
mod digital;
mod pages;
mod panel;
pub mod seed;
mod shop;
mod timeline;

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::{App, listen};
use crate::config::{Config, ConnectorConfig, ConnectorKind, Secret};
use crate::domain::clock::{SharedClock, SystemClock};
use crate::domain::contact::Contact;
use crate::storage::contacts::ContactBatch;
use crate::sync::RunOptions;
use crate::telemetry;
use background::{Background, origin};
use crm::Crm;
use digital::Digital;
use panel::Panel;

/// How many people are invented.
const PEOPLE: usize = 5000;
/// How many of them the CRM knows; the others are in the address book.
const CUSTOMERS: usize = 340;
/// The CRM's id in the configuration.
const CRM: &str = "crm";

/// Where the parts listen.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// The daemon.
    pub daemon: SocketAddr,
    /// The CRM page.
    pub page: SocketAddr,
    /// The simulated phone.
    pub widget: SocketAddr,
    /// The simulated chat workspace.
    pub workspace: SocketAddr,
    /// The shop.
    pub shop: SocketAddr,
}

impl Addresses {
    fn all(&self) -> [SocketAddr; 5] {
        [self.daemon, self.page, self.widget, self.workspace, self.shop]
    }
}

/// A demonstration that is ready to be served.
#[derive(Debug)]
pub struct Demo {
    app: App,
    crm: Crm,
    /// What serves the CRM and the web chat's vendor.
    background: Background,
    digital: Digital,
    listeners: [TcpListener; 5],
    /// The web chat's key.
    chat_key: String,
    customers: Vec<chats::Customer>,
    /// Origin of the daemon.
    pub daemon: String,
    /// Origin of the CRM page.
    pub page: String,
    /// Origin of the simulated phone.
    pub widget: String,
    /// Origin of the simulated chat workspace.
    pub workspace: String,
    /// Origin of the shop.
    pub shop: String,
}

/// What the demonstration shows of a configuration; the chats' part is in [`chats`].
const SETTINGS: &str = include_str!("settings.toml");

impl Demo {
    /// Opens (or makes) the demo's database and CRM in `folder`, invents the people, and takes the ports.
    pub async fn start(folder: &Path, fresh: bool, addresses: &Addresses) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let files = Files::of(folder);
        let known = files.crm.exists() && !fresh;
        if !known {
            files.remove();
        }
        let mut listeners = Vec::with_capacity(5);
        for address in addresses.all() {
            listeners.push(listen(address).await.map_err(|error| error.to_string())?);
        }
        let origins: Vec<String> = listeners.iter().map(origin).collect::<Result<_, _>>()?;
        let clock: SharedClock = Arc::new(SystemClock);
        let key = Secret::from(format!("{:032x}", rand::random::<u128>()).as_str());
        let crm = Crm::open(&files.crm, &key, clock.clone())?;
        if !known {
            crm.take_in(seed::contacts(CUSTOMERS).map(|contact| customer(&contact)).collect())?;
        }
        let (background, digital) = (Background::default(), Digital::new(clock.clone())?);
        let url = background.serve(crm.router()).await?;
        std::fs::write(&files.manifest, crm::MANIFEST)
            .map_err(|error| format!("cannot write {}: {error}", files.manifest.display()))?;
        let chat_key = chats::key(&files.chat_key)?;
        let vendor = digital.settings(&background.serve(digital.api()).await?, chats::SITE);
        let settings = format!("{SETTINGS}{}{vendor}", chats::settings(&origins[3], &origins[4], &chat_key));
        let mut config =
            Config::parse("demo", &settings, std::iter::empty()).map_err(|error| error.to_string())?.config;
        config.connectors.insert(CRM.into(), connector(url, &files.manifest, key));
        config.storage.url = format!("sqlite:{}", files.database.display());
        config.server.listen = listeners[0].local_addr().map_err(|error| error.to_string())?;
        config.server.shutdown_seconds = 3;
        telemetry::start(&config.log);
        let mut app = App::build(config, clock).await.map_err(|error| error.to_string())?;
        app.allow_origin(origins[1].clone());
        if !known {
            fill(&app).await?;
            // From now on the two belong together.
            crm.keep()?;
        }
        if let Some(lane) = app.state().sync.find_lane(CRM) {
            lane.sync_now(RunOptions::default()).await.map_err(|error| error.to_string())?;
        }
        let customers = chats::customers(&app.state().storage, CRM).await.map_err(|error| error.to_string())?;
        let [daemon, page, widget, workspace, shop] = <[String; 5]>::try_from(origins).unwrap_or_default();
        let listeners = <[TcpListener; 5]>::try_from(listeners).map_err(|_| "five listeners are needed")?;
        Ok(Self {
            app,
            crm,
            background,
            digital,
            listeners,
            chat_key,
            customers,
            daemon,
            page,
            widget,
            workspace,
            shop,
        })
    }

    /// Serves all of them until `stop` resolves.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), String> {
        let Self { daemon, page, widget, workspace, shop, .. } = self;
        let sites = pages::Sites { daemon, page, widget, workspace, shop, customers: self.customers };
        let till = shop::Shop::new(&sites, &self.chat_key, self.digital)?;
        let panel = Panel { crm: self.crm, service: self.app.state().clone() };
        let [daemon, page, widget, workspace, store] = self.listeners;
        let stopped = CancellationToken::new();
        let until = |token: &CancellationToken| token.clone().cancelled_owned();
        let signal = stopped.clone();
        let daemon = self.app.serve(daemon, async move {
            stop.await;
            signal.cancel();
        });
        let site = |listener, router: Router| {
            axum::serve(listener, router).with_graceful_shutdown(until(&stopped)).into_future()
        };
        let served = tokio::try_join!(
            daemon,
            site(page, pages::host(&sites, panel)),
            site(widget, pages::phone(&sites)),
            site(workspace, pages::workspace(&sites)),
            site(store, pages::shop(&sites, till)),
        );
        // The CRM last: the daemon brings there what it has in hand.
        self.background.end().await;
        served.map(drop).map_err(|error| error.to_string())
    }
}

/// What is kept in the demo's folder.
struct Files {
    database: PathBuf,
    crm: PathBuf,
    manifest: PathBuf,
    chat_key: PathBuf,
}

impl Files {
    fn of(folder: &Path) -> Self {
        Self {
            database: folder.join("demo.db"),
            crm: folder.join("crm.json"),
            manifest: folder.join("crm.toml"),
            chat_key: folder.join("chat.key"),
        }
    }

    /// The database without the CRM's file, or the other way round, is of no use.
    fn remove(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut file = self.database.clone().into_os_string();
            file.push(suffix);
            drop(std::fs::remove_file(file));
        }
        drop(std::fs::remove_file(&self.crm));
    }
}

fn connector(url: String, manifest: &Path, key: Secret) -> ConnectorConfig {
    ConnectorConfig {
        kind: ConnectorKind::Rest,
        name: "Sample CRM".into(),
        url,
        manifest: manifest.to_string_lossy().into_owned(),
        api_key: key,
        sync_seconds: 15,
        ..ConnectorConfig::default()
    }
}

/// An invented person as the CRM's.
fn customer(contact: &Value) -> crm::Card {
    let text = |key: &str| contact.get(key).and_then(Value::as_str).map(str::to_owned);
    let list = |key: &str| contact.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let part = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let phone = |phone: &Value| crm::Phone { number: part(phone, "phoneNumber"), kind: part(phone, "phoneType") };
    crm::Card {
        full_name: text("name"),
        company: text("company"),
        title: text("jobTitle"),
        phones: Some(list("phoneNumbers").iter().map(phone).collect()),
        emails: Some(list("emails").iter().filter_map(|email| email.as_str().map(str::to_owned)).collect()),
    }
}

/// Puts the people whom the CRM does not know into the address book.
async fn fill(app: &App) -> Result<(), String> {
    let mut batch = ContactBatch::default();
    for contact in seed::contacts(PEOPLE).skip(CUSTOMERS) {
        let contact = Contact::from_json(contact, None, app.state().region).map_err(|error| error.to_string())?;
        batch.put(&contact);
    }
    app.state().storage.write_contacts(batch).await.map_err(|error| error.to_string())?;
    Ok(())
}
