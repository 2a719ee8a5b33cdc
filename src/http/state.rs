//! What every handler shares. Cheap to clone.

use std::sync::Arc;

use chrono_tz::Tz;

use super::access::Access;
use super::events::Hub;
use super::forms::Forms;
use super::listeners::Listeners;
use super::pages::PageCache;
use crate::config::Config;
use crate::delivery::Delivery;
use crate::domain::clock::SharedClock;
use crate::domain::phone::Region;
use crate::media::Media;
use crate::oauth::Authority;
use crate::storage::Storage;
use crate::sync::Syncs;

/// The state of the service.
#[derive(Debug, Clone)]
pub struct ServiceState {
    /// The effective configuration.
    pub config: Arc<Config>,
    /// The database.
    pub storage: Storage,
    /// Time.
    pub clock: SharedClock,
    /// Who may ask.
    pub access: Arc<Access>,
    /// Who is signed in to which connector.
    pub authority: Authority,
    /// Commands to open pages.
    pub hub: Hub,
    /// What is on its way to CRMs.
    pub delivery: Delivery,
    /// Recordings and what else is kept of logs.
    pub media: Media,
    /// Browsers that may have them, and read conversations.
    pub listeners: Arc<Listeners>,
    /// Connectors, and when they are asked.
    pub sync: Syncs,
    /// The country of national spellings.
    pub region: Option<Region>,
    /// The zone of the daemon's days.
    pub zone: Tz,
    /// `{"type":"<service name>",`: what is put before a contact's own keys.
    pub contact_prefix: Arc<str>,
    /// Pages of the contact list that were sent lately.
    pub pages: Arc<PageCache>,
    /// Forms that are open in widgets.
    pub forms: Arc<Forms>,
}
