//! What an attempt works with: the log, its entry and its contact as they belong together, and its text.

use base64::Engine;
use serde_json::{Map, json};
use sha2::{Digest, Sha256};

use super::attempt::Failed;
use super::compose::FieldFacts;
use super::log::Log;
use super::session::Part;
use super::{Inner, Lane};
use crate::domain::credential::Whose;
use crate::domain::log_form;
use crate::domain::outbox::{OutboxEntry, Target, connector_of};
use crate::domain::upstream::{LogEntry, Trouble, UpstreamError};

/// What is written, and for whom.
pub(super) struct Work<'a> {
    pub(super) inner: &'a Inner,
    pub(super) lane: &'a Lane,
    /// As it stands, with nothing of it unknown that could have been looked up.
    pub(super) entry: OutboxEntry,
    pub(super) whose: Whose,
    pub(super) log: Log,
    /// The connector's own id of the log's contact; none where it has moved away or has no contact.
    pub(super) contact: Option<String>,
    pub(super) moved: bool,
    /// What it is among the logs of its telephony session.
    pub(super) part: Part,
}

impl<'a> Work<'a> {
    /// None where the log is gone.
    pub(super) async fn new(inner: &'a Inner, lane: &'a Lane, entry: &OutboxEntry) -> Result<Option<Self>, Failed> {
        let Some(log) = Log::find(&inner.means, entry).await? else { return Ok(None) };
        let whose = lane.whose(&entry.operator);
        let mut work = Work {
            inner,
            lane,
            entry: entry.clone(),
            whose,
            log,
            contact: None,
            moved: false,
            part: Part::Whole(Vec::new()),
        };
        work.read_choice().await?;
        Ok(Some(work))
    }

    async fn read_choice(&mut self) -> Result<(), Failed> {
        let choice = self.log.choice();
        self.moved = match self.inner.routes.target(self.entry.kind, choice) {
            Target::Connector(id) => id != self.lane.id,
            Target::Open => !self.lane.route.unassigned,
            Target::Here => true,
        };
        self.contact = self.own(choice.contact_id.as_deref());
        self.part = match &self.log {
            Log::Call(call) if !self.moved => self.inner.part_of(call).await?,
            _ => Part::Whole(Vec::new()),
        };
        Ok(())
    }

    /// The connector's own id of a contact, where it is this connector's.
    pub(super) fn own(&self, contact: Option<&str>) -> Option<String> {
        let own = contact.and_then(connector_of).filter(|(connector, _)| *connector == self.lane.id);
        own.map(|(_, id)| id.to_owned())
    }

    /// From here on, what is unknown is what is written now: the log as it is at the entry's revision. A
    /// claim has `noted` that, unless something was unknown before. False where they are gone.
    pub(super) async fn begin(&mut self, mut noted: bool) -> Result<bool, Failed> {
        let storage = &self.inner.means.storage;
        loop {
            let Some(entry) = storage.find_outbox_entry(&self.entry.id).await? else { return Ok(false) };
            // A post that came since the log was read has moved on the revision.
            if noted && entry.revision == self.entry.revision {
                return Ok(true);
            }
            let Some(entry) = storage.try_outbox(&self.entry.id).await? else { return Ok(false) };
            let Some(log) = Log::find(&self.inner.means, &entry).await? else { return Ok(false) };
            (self.entry, self.log, noted) = (entry, log, true);
            self.read_choice().await?;
        }
    }

    /// The log as it stands, but for the marks around its text.
    pub(super) async fn compose(&self) -> Result<LogEntry, Failed> {
        let name = match &self.log.choice().contact_id {
            Some(id) => self.inner.means.storage.find_contact_name(id).await?,
            None => None,
        };
        let media = self.inner.means.storage.list_media_of(&self.entry.log_id).await?;
        let mut facts = self.log.facts(name.clone(), &media, &self.inner.means);
        if let Part::Whole(others) = &self.part {
            facts.legs.extend(others.iter().cloned());
        }
        if self.moved {
            facts.moved_to = Some(name.unwrap_or_else(|| "no contact".into()));
        }
        let mut answers = Map::new();
        for answer in log_form::answers(self.inner.fields_of(self.entry.kind), &facts.form) {
            if !self.lane.connector.places(self.entry.kind, &answer.id) {
                facts.fields.push(FieldFacts { name: answer.name, value: answer.words });
            }
            answers.insert(answer.id, answer.value);
        }
        let wishes = self.inner.wishes(&self.entry.operator).await?;
        let body = self.lane.composer.body(&facts, wishes.lines.as_deref());
        let body = body.map_err(|words| UpstreamError::new(Trouble::Rejected, words))?;
        let contact_id = match &self.contact {
            Some(id) => Some(id.clone()),
            // A log that moved away stays on the contact where it was, and says so.
            None if self.moved => self.own(self.entry.delivered_contact.as_deref()),
            None => None,
        };
        Ok(LogEntry { contact_id, body, answers, ..self.log.entry(self.entry.log_id.clone(), &facts) })
    }
}

/// What tells one text on one contact from another.
pub(super) fn digest_of(text: &LogEntry) -> String {
    let hash = Sha256::digest(json!(text).to_string());
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(hash)
}
