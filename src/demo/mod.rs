//! The demonstration: the daemon with an invented address book, a small CRM page, and a simulated
//! phone, each on an origin of its own as in production.

mod pages;
pub mod seed;

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::{App, listen};
use crate::config::Config;
use crate::domain::clock::SystemClock;
use crate::domain::contact::Contact;
use crate::storage::contacts::ContactBatch;
use crate::telemetry;

/// Size of the invented address book.
const CONTACTS: usize = 5000;

/// Where the three parts listen.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// The daemon.
    pub daemon: SocketAddr,
    /// The CRM page.
    pub page: SocketAddr,
    /// The simulated phone.
    pub widget: SocketAddr,
}

/// A demonstration that is ready to be served.
#[derive(Debug)]
pub struct Demo {
    app: App,
    listeners: [TcpListener; 3],
    /// Origin of the daemon.
    pub daemon: String,
    /// Origin of the CRM page.
    pub page: String,
    /// Origin of the simulated phone.
    pub widget: String,
}

/// What the demonstration shows of a configuration: one setting of every kind.
const SETTINGS: &str = r#"
[numbers]
default_region = "US"

[service]
display_name = "Trunkline demo"
info = "Contacts, matching and logs from one file database"
meeting_invite_title = "Invite with Trunkline"

[[service.settings]]
id = "openOnRing"
type = "boolean"
name = "Open the record when a call comes in"
value = true

[[service.settings]]
id = "logging"
type = "section"
name = "Logging"

[[service.settings.items]]
id = "outcome"
type = "option"
name = "Usual outcome"
value = "spoke"
options = [
    { id = "spoke", name = "Spoke to customer" },
    { id = "voicemail", name = "Left a voicemail" },
    { id = "none", name = "No answer" },
]

[[service.settings.items]]
id = "signature"
type = "string"
name = "Signature under notes"
placeholder = "your initials"

[[service.settings.items]]
id = "template"
type = "text"
name = "Note template"

[[service.settings]]
id = "more"
type = "group"
name = "More"

[[service.settings.items]]
id = "docs"
type = "link"
name = "About the widget"
uri = "https://ringcentral.github.io/ringcentral-embeddable/docs/"

[[service.settings]]
id = "resync"
type = "button"
name = "Contacts"
button_label = "Sync now"
action = "sync-contacts"
"#;

impl Demo {
    /// Opens (or makes) the demo's database in `folder`, fills its address book, and takes the ports.
    pub async fn start(folder: &Path, fresh: bool, addresses: &Addresses) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let database = folder.join("demo.db");
        if fresh {
            for suffix in ["", "-wal", "-shm"] {
                let mut file = database.clone().into_os_string();
                file.push(suffix);
                drop(std::fs::remove_file(file));
            }
        }
        let mut listeners = Vec::with_capacity(3);
        for address in [addresses.daemon, addresses.page, addresses.widget] {
            listeners.push(listen(address).await.map_err(|error| error.to_string())?);
        }
        let origin = |listener: &TcpListener| listener.local_addr().map(|address| format!("http://{address}"));
        let origins: Vec<String> =
            listeners.iter().map(origin).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        let mut config = Config::parse("demo", SETTINGS, std::iter::empty()).map_err(|error| error.to_string())?.config;
        config.storage.url = format!("sqlite:{}", database.display());
        config.server.listen = listeners[0].local_addr().map_err(|error| error.to_string())?;
        config.server.shutdown_seconds = 3;
        telemetry::start(&config.log);
        let mut app = App::build(config, Arc::new(SystemClock)).await.map_err(|error| error.to_string())?;
        app.allow_origin(origins[1].clone());
        fill(&app).await?;
        let [daemon, page, widget] = <[String; 3]>::try_from(origins).unwrap_or_default();
        let listeners = <[TcpListener; 3]>::try_from(listeners).map_err(|_| "three listeners are needed")?;
        Ok(Self { app, listeners, daemon, page, widget })
    }

    /// Serves all three until `stop` resolves.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), String> {
        let sites = pages::Sites { daemon: self.daemon, page: self.page, widget: self.widget };
        let [daemon, page, widget] = self.listeners;
        let stopped = CancellationToken::new();
        let until = |token: &CancellationToken| token.clone().cancelled_owned();
        let signal = stopped.clone();
        let daemon = self.app.serve(daemon, async move {
            stop.await;
            signal.cancel();
        });
        let page = axum::serve(page, pages::host(&sites)).with_graceful_shutdown(until(&stopped));
        let widget = axum::serve(widget, pages::phone(&sites)).with_graceful_shutdown(until(&stopped));
        tokio::try_join!(daemon, page.into_future(), widget.into_future()).map_err(|error| error.to_string())?;
        Ok(())
    }
}

async fn fill(app: &App) -> Result<(), String> {
    let storage = &app.state().storage;
    if storage.count_contacts().await.map_err(|error| error.to_string())? > 0 {
        return Ok(());
    }
    let mut batch = ContactBatch::default();
    for contact in seed::contacts(CONTACTS) {
        let contact = Contact::from_json(contact, None, app.state().region).map_err(|error| error.to_string())?;
        batch.put(&contact);
    }
    storage.write_contacts(batch).await.map_err(|error| error.to_string())?;
    Ok(())
}
