//! Wiring of what reaches CRMs.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::channels::embeddable;
use crate::config::Config;
use crate::delivery::{self, Delivery};
use crate::domain::clock::SharedClock;
use crate::domain::outbox::OutboxEntry;
use crate::domain::upstream::{Trouble, UpstreamError};
use crate::media::Media;
use crate::oauth::Authority;
use crate::storage::Storage;
use crate::sync::{CreateError, Syncs};

/// What is told to open pages and waits for being told.
const BACKLOG: usize = 1024;

/// News of deliveries.
pub(super) type News = mpsc::Receiver<OutboxEntry>;

/// Deliveries to the connectors that can be used, and their news.
pub(super) fn delivery(
    config: &Config,
    sync: &Syncs,
    storage: &Storage,
    clock: &SharedClock,
    closing: &CancellationToken,
    (media, authority): (&Media, &Authority),
) -> (Delivery, News) {
    let (told, news) = mpsc::channel(BACKLOG);
    let syncs = sync.clone();
    let means = delivery::Means {
        storage: storage.clone(),
        clock: clock.clone(),
        // Pages that are not told ask again by themselves: a full channel loses nothing.
        audience: Arc::new(move |entry| drop(told.try_send(entry.clone()))),
        create: Arc::new(move |connector, whose, contact| {
            let syncs = syncs.clone();
            Box::pin(async move {
                let made = syncs.create_contact(&connector, &whose, contact).await;
                made.map(|contact| contact.id).map_err(upstream)
            })
        }),
        own_address: {
            let (media, authority) = (media.clone(), authority.clone());
            Arc::new(move || media.gives_own_address().then(|| authority.base().to_owned()))
        },
        region: config.numbers.region(),
        zone: config.service.time_zone,
        closing: closing.clone(),
    };
    let lanes = sync.lanes().map(|lane| (lane.id().to_owned(), (lane.config().clone(), lane.connector().clone())));
    let (delivery, broken) = Delivery::new(config, lanes.collect::<BTreeMap<_, _>>(), means);
    for (connector, words) in broken {
        tracing::error!(%connector, reason = %words, "logs are not delivered to this connector");
    }
    (delivery, news)
}

fn upstream(error: CreateError) -> UpstreamError {
    match error {
        CreateError::Upstream(error) => error,
        CreateError::Storage(error) => UpstreamError::new(Trouble::Down, error).unclear(),
        CreateError::UnknownConnector | CreateError::CannotCreate | CreateError::Refused(_) => {
            UpstreamError::new(Trouble::Rejected, error)
        }
    }
}

impl App {
    /// Logs go on their way, and open pages follow.
    pub(super) fn start_delivery(&self, news: News) {
        self.state.delivery.start(&self.tasks);
        self.tasks.spawn(embeddable::follow_deliveries(self.state.clone(), news, self.closing.clone()));
    }
}
