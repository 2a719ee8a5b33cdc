//! One attempt at one entry: find out what stands upstream, then write what is missing.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::log::Log;
use super::{Inner, Lane};
use crate::connectors::KeepStep;
use crate::domain::credential::Whose;
use crate::domain::outbox::{OutboxEntry, Settlement, Target, Why, connector_of};
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

/// What is written, and for whom.
struct Work<'a> {
    inner: &'a Inner,
    lane: &'a Lane,
    entry: &'a OutboxEntry,
    whose: Whose,
    log: Log,
    /// The connector's own id of the log's contact; none where it has moved away or has no contact.
    contact: Option<String>,
    moved: bool,
}

pub(super) async fn attempt(inner: &Inner, lane: &Lane, entry: &OutboxEntry) -> Result<Settlement, Failed> {
    let Some(log) = Log::find(&inner.means, entry).await? else {
        return Ok(Settlement::Kept("the log is not here any more".into()));
    };
    let target = inner.routes.target(entry.kind, log.choice());
    let moved = match target {
        Target::Connector(id) => id != lane.id,
        Target::Open => !lane.route.unassigned,
        Target::Here => true,
    };
    let whose = if lane.connector.capabilities().per_operator {
        Whose::Operator(entry.operator.clone())
    } else {
        Whose::Company
    };
    let own = log.choice().contact_id.as_deref().and_then(connector_of).filter(|(connector, _)| *connector == lane.id);
    let contact = own.map(|(_, id)| id.to_owned());
    let work = Work { inner, lane, entry, whose, log, contact, moved };
    match &entry.upstream_id {
        Some(id) => work.write_again(id).await,
        None => work.write().await,
    }
}

impl Work<'_> {
    /// A log that does not stand upstream, as far as is known.
    async fn write(&self) -> Result<Settlement, Failed> {
        let mut captured = self.entry.captured.clone();
        let unknown = self.entry.tried_revision > 0;
        if unknown && !captured.contains_key("id") {
            if !self.lane.connector.capabilities().find_log {
                return Ok(Settlement::Unsure(self.unsure()));
            }
            let found = self.lane.connector.find_log(&self.whose, self.entry.kind, &self.entry.log_id).await;
            // Not to know whether it is there is no leave to write it.
            match found.map_err(UpstreamError::unclear)? {
                Some(id) => {
                    captured.insert("id".into(), id.into());
                }
                None => captured.clear(),
            }
        }
        let found = captured.contains_key("id");
        if self.moved && !found {
            return Ok(Settlement::Kept("it belongs to another contact now".into()));
        }
        let text = self.compose().await?;
        let write = LogEntry { body: self.lane.composer.marked(&text.body), captured, ..text };
        let kept = Kept { storage: &self.inner.means.storage, id: &self.entry.id };
        // What was found is completed: the steps whose captures are known are not taken again.
        let id = self.lane.connector.create_log_in_steps(&self.whose, &write, &kept).await?;
        let revision = if found { self.entry.tried_revision } else { self.entry.revision };
        Ok(self.delivered(revision, id))
    }

    /// A log that stands upstream.
    async fn write_again(&self, id: &str) -> Result<Settlement, Failed> {
        let connector = &self.lane.connector;
        match connector.capabilities().update_log {
            UpdateLog::None => return Ok(self.delivered(self.entry.revision, id.to_owned())),
            UpdateLog::Append if self.entry.tried_revision > 0 && connector.capabilities().find_log => {
                let key = self.further_key(self.entry.tried_revision);
                let found = connector.find_log(&self.whose, self.entry.kind, &key).await;
                if found.map_err(UpstreamError::unclear)?.is_some() {
                    return Ok(self.delivered(self.entry.tried_revision, id.to_owned()));
                }
            }
            UpdateLog::Append | UpdateLog::Replace => {}
        }
        let mut write = self.compose().await?;
        if connector.capabilities().update_log == UpdateLog::Append {
            write.key = self.further_key(self.entry.revision);
        } else if connector.capabilities().read_log {
            let standing = connector.read_log(&self.whose, self.entry.kind, id).await;
            match standing {
                Ok(standing) => write.body = self.lane.composer.replaced(&standing, &write.body),
                Err(error) if error.trouble == Trouble::Gone => return Ok(self.gone()),
                Err(error) => return Err(error.into()),
            }
        } else {
            write.body = self.lane.composer.marked(&write.body);
        }
        let before = self.entry.delivered_contact.as_deref().and_then(connector_of).map(|(_, id)| id.to_owned());
        if before != write.contact_id {
            write.moved = true;
            write.moved_from = before;
        }
        match connector.update_log(&self.whose, id, &write).await {
            Ok(()) if self.moved => Ok(Settlement::Kept("it belongs to another contact now".into())),
            Ok(()) => Ok(self.delivered(self.entry.revision, id.to_owned())),
            Err(error) if error.trouble == Trouble::Gone => Ok(self.gone()),
            Err(error) => Err(error.into()),
        }
    }

    async fn compose(&self) -> Result<LogEntry, Failed> {
        let name = match &self.log.choice().contact_id {
            Some(id) => self.inner.contact_name(id).await?,
            None => None,
        };
        let mut facts = self.log.facts(name.clone(), &self.inner.means);
        if self.moved {
            facts.moved_to = Some(name.unwrap_or_else(|| "no contact".into()));
        }
        let wishes = self.inner.wishes(&self.entry.operator).await?;
        let body = self.lane.composer.body(&facts, wishes.lines.as_deref());
        let body = body.map_err(|words| UpstreamError::new(Trouble::Rejected, words))?;
        let contact_id = match &self.contact {
            Some(id) => Some(id.clone()),
            // A log that moved away stays on the contact where it was, and says so.
            None if self.moved => {
                self.entry.delivered_contact.as_deref().and_then(connector_of).map(|(_, id)| id.to_owned())
            }
            None => None,
        };
        Ok(LogEntry { body, contact_id, ..self.log.entry(self.entry.log_id.clone(), &facts) })
    }

    fn delivered(&self, revision: i64, upstream_id: String) -> Settlement {
        Settlement::Delivered { revision, upstream_id, contact: self.log.choice().contact_id.clone() }
    }

    /// The key of a text that is added to a log.
    fn further_key(&self, revision: i64) -> String {
        format!("{}.{revision}", self.entry.log_id)
    }

    fn gone(&self) -> Settlement {
        Settlement::Kept(format!("it was deleted in {}", self.lane.name))
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
