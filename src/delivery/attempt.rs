//! One attempt at one entry: find out what stands upstream, then write what is missing.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::session::Part;
use super::work::{Work, digest_of};
use super::{Inner, Lane};
use crate::connectors::KeepStep;
use crate::domain::outbox::{OutboxEntry, Settlement, Why};
use crate::domain::upstream::{LogEntry, Trouble, UpdateLog, UpstreamError};
use crate::storage::{Storage, StorageError};

/// Why an attempt came to nothing.
#[derive(Debug)]
pub(super) enum Failed {
    Upstream(UpstreamError),
    Storage(StorageError),
}

impl From<UpstreamError> for Failed {
    fn from(error: UpstreamError) -> Self {
        Self::Upstream(error)
    }
}

impl From<StorageError> for Failed {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Keeps what the steps of a write bring, so that the next attempt goes on after them.
struct Kept<'a> {
    storage: &'a Storage,
    id: &'a str,
}

#[async_trait]
impl KeepStep for Kept<'_> {
    async fn keep(&self, captured: &Map<String, Value>) -> Result<(), UpstreamError> {
        let kept = self.storage.keep_outbox_captures(self.id, json!(captured)).await;
        kept.map_err(|error| UpstreamError::new(Trouble::Down, format!("the own database: {error}")).unclear())
    }
}

pub(super) async fn attempt(inner: &Inner, lane: &Lane, entry: &OutboxEntry) -> Result<Settlement, Failed> {
    let Some(mut work) = Work::new(inner, lane, entry).await? else {
        return Ok(Settlement::Kept("the log is not here any more".into()));
    };
    match entry.upstream_id.clone() {
        Some(id) => work.write_again(&id).await,
        None => work.write().await,
    }
}

impl Work<'_> {
    /// A log that does not stand upstream, as far as is known.
    async fn write(&mut self) -> Result<Settlement, Failed> {
        let unknown = self.entry.tried_revision > 0;
        if let Some(id) = self.begun(unknown).await? {
            return self.complete(id).await;
        }
        self.entry.captured.clear();
        if unknown && !self.lane.connector.capabilities().find_log {
            return Ok(Settlement::Unsure(self.unsure()));
        }
        if let Some(settlement) = self.elsewhere().await? {
            return Ok(settlement);
        }
        if !self.begin(!unknown).await? {
            return Ok(Settlement::Kept("the log is not here any more".into()));
        }
        if let Some(settlement) = self.elsewhere().await? {
            return Ok(settlement);
        }
        let text = self.compose().await?;
        let digest = digest_of(&text);
        let id = self.create(self.first_text(text, Map::new())).await?;
        Ok(self.delivered(id, digest))
    }

    /// What becomes of a log that is not this connector's, or not one of its own, and does not stand there.
    async fn elsewhere(&self) -> Result<Option<Settlement>, Failed> {
        if self.moved {
            return Ok(Some(Settlement::Kept("it belongs to another contact now".into())));
        }
        let Part::Leg { of, operator } = &self.part else { return Ok(None) };
        self.inner.tell_the_whole(of).await?;
        Ok(Some(Settlement::Kept(format!("it is told with the log of {operator}"))))
    }

    /// The id of a log that an earlier attempt began.
    async fn begun(&self, unknown: bool) -> Result<Option<Value>, Failed> {
        if let Some(id) = self.entry.captured.get("id") {
            return Ok(Some(id.clone()));
        }
        if !unknown || !self.lane.connector.capabilities().find_log {
            return Ok(None);
        }
        let found = self.lane.connector.find_log(&self.whose, self.entry.kind, &self.entry.log_id).await;
        // Not to know whether it is there is no leave to write it.
        Ok(found.map_err(UpstreamError::unclear)?.map(Value::from))
    }

    /// Ends what an earlier attempt began, as that attempt meant it: the steps whose captures are known are
    /// not taken again. What has changed since follows as a change.
    async fn complete(&self, id: Value) -> Result<Settlement, Failed> {
        let mut captured = self.entry.captured.clone();
        captured.insert("id".into(), id.clone());
        let contact = self.entry.tried_contact.clone();
        let done = match self.compose().await {
            Ok(text) => {
                let text = LogEntry { contact_id: self.own(contact.as_deref()), ..text };
                self.create(self.first_text(text, captured)).await
            }
            Err(error) => Err(error),
        };
        match (done, id) {
            (Ok(id), _) => Ok(arrived(self.entry.tried_revision, id, contact)),
            // The contact it was meant for cannot have it; another one is named now.
            (Err(Failed::Upstream(error)), Value::String(id))
                if is_final(&error) && self.own(contact.as_deref()) != self.contact =>
            {
                Ok(arrived(self.entry.tried_revision, id, None))
            }
            // It stands there, whatever the trouble is: never again as if it did not.
            (Err(Failed::Upstream(error)), _) => Err(error.unclear().into()),
            (Err(error), _) => Err(error),
        }
    }

    fn first_text(&self, text: LogEntry, captured: Map<String, Value>) -> LogEntry {
        LogEntry { body: self.lane.composer.marked(&text.body), captured, ..text }
    }

    async fn create(&self, write: LogEntry) -> Result<String, Failed> {
        let kept = Kept { storage: &self.inner.means.storage, id: &self.entry.id };
        Ok(self.lane.connector.create_log_in_steps(&self.whose, &write, &kept).await?)
    }

    /// It stands there as it stands here.
    fn delivered(&self, upstream_id: String, digest: String) -> Settlement {
        let contact = self.log.choice().contact_id.clone();
        Settlement::Delivered { revision: self.entry.revision, upstream_id, contact, digest: Some(digest) }
    }

    /// A log that stands upstream.
    async fn write_again(&mut self, id: &str) -> Result<Settlement, Failed> {
        let capabilities = self.lane.connector.capabilities();
        let unknown = self.entry.tried_revision > 0;
        match capabilities.update_log {
            UpdateLog::None => {
                let contact = self.log.choice().contact_id.clone();
                return Ok(arrived(self.entry.revision, id.to_owned(), contact));
            }
            UpdateLog::Append if unknown && capabilities.find_log => {
                let (key, contact) = (self.further_key(self.entry.tried_revision), self.entry.tried_contact.clone());
                let found = self.lane.connector.find_log(&self.whose, self.entry.kind, &key).await;
                if found.map_err(UpstreamError::unclear)?.is_some() {
                    return Ok(arrived(self.entry.tried_revision, id.to_owned(), contact));
                }
            }
            UpdateLog::Replace if unknown => {
                if let Some(settlement) = self.end_move(id).await? {
                    return Ok(settlement);
                }
            }
            UpdateLog::Append | UpdateLog::Replace => {}
        }
        if !self.begin(!unknown).await? {
            return Ok(Settlement::Kept("the log is not here any more".into()));
        }
        let text = self.compose().await?;
        let digest = digest_of(&text);
        if !unknown && self.entry.delivered_digest.as_ref() == Some(&digest) {
            return Ok(self.delivered(id.to_owned(), digest));
        }
        match self.update(id, text).await {
            Ok(()) if self.moved => Ok(Settlement::Kept("it belongs to another contact now".into())),
            Ok(()) => Ok(self.delivered(id.to_owned(), digest)),
            Err(Failed::Upstream(error)) if error.trouble == Trouble::Gone => {
                Ok(Settlement::Kept(format!("it was deleted in {}", self.lane.name)))
            }
            // Nobody knows what the attempt before has left behind.
            Err(Failed::Upstream(error)) if unknown => Err(error.unclear().into()),
            Err(error) => Err(error),
        }
    }

    /// A move of which it is not known how far it came is ended first, so that nothing is left on a contact
    /// between the first and the last. None where there is none, or where that contact cannot have it.
    async fn end_move(&self, id: &str) -> Result<Option<Settlement>, Failed> {
        let meant = self.own(self.entry.tried_contact.as_deref());
        let stands = self.own(self.entry.delivered_contact.as_deref());
        if meant.is_none() || meant == self.contact || meant == stands {
            return Ok(None);
        }
        let text = self.compose().await?;
        match self.update(id, LogEntry { contact_id: meant, ..text }).await {
            Ok(()) => {
                let contact = self.entry.tried_contact.clone();
                Ok(Some(arrived(self.entry.tried_revision, id.to_owned(), contact)))
            }
            Err(Failed::Upstream(error)) if is_final(&error) => Ok(None),
            Err(Failed::Upstream(error)) => Err(error.unclear().into()),
            Err(error) => Err(error),
        }
    }

    /// Writes a log again, on its contact or on another one.
    async fn update(&self, id: &str, mut write: LogEntry) -> Result<(), Failed> {
        let (connector, capabilities) = (&self.lane.connector, self.lane.connector.capabilities());
        if capabilities.update_log == UpdateLog::Append {
            write.key = self.further_key(self.entry.revision);
        } else if capabilities.read_log {
            let standing = connector.read_log(&self.whose, self.entry.kind, id).await?;
            write.body = self.lane.composer.replaced(&standing, &write.body);
        } else {
            write.body = self.lane.composer.marked(&write.body);
        }
        let before = self.own(self.entry.delivered_contact.as_deref());
        if before != write.contact_id {
            write.moved = true;
            write.moved_from = before;
        }
        Ok(connector.update_log(&self.whose, id, &write).await?)
    }

    /// The key of a text that is added to a log.
    fn further_key(&self, revision: i64) -> String {
        format!("{}.{revision}", self.entry.log_id)
    }

    fn unsure(&self) -> Why {
        let name = &self.lane.name;
        Why {
            trouble: Trouble::Broken,
            words: format!(
                "it may stand in {name}, and {name} offers no way to look it up: look there, then drop it here if it \
                 does, or retry it if it does not"
            ),
            without_effect: false,
        }
    }
}

/// It stands there as it was sent once.
fn arrived(revision: i64, upstream_id: String, contact: Option<String>) -> Settlement {
    Settlement::Delivered { revision, upstream_id, contact, digest: None }
}

/// Whether the same request would be refused again.
fn is_final(error: &UpstreamError) -> bool {
    matches!(error.trouble, Trouble::Gone | Trouble::Rejected)
}
