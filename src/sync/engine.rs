//! One run: pages of changes, each with the cursor it leads to in one transaction, so that a crash
//! between any two of them resumes there.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use tokio::time::Instant;

use super::mapping::{Mapped, Mapping};
use super::outcome::{Phase, Progress, RunError, RunOptions, RunReport};
use super::{Lane, Means};
use crate::domain::connector_state::{ConnectorState, Refused};
use crate::domain::upstream::{Change, ChangePage, Next, Trouble};
use crate::storage::connectors::{Seen, SyncWrite};
use crate::storage::contacts::{BatchOutcome, ContactBatch};

/// Pages in a row that show nothing new before a listing is called endless.
const STALE_PAGES: u32 = 3;
/// The same for pages without anything.
const EMPTY_PAGES: u32 = 100;
/// Open pages are told of changes at most this often during a run: each fetches them.
const TOLD_EVERY: Duration = Duration::from_secs(5);
const HOUR_MS: i64 = 3_600_000;

/// A run of one lane.
pub(super) struct Run<'a> {
    pub(super) lane: &'a Lane,
    pub(super) means: &'a Means,
    pub(super) options: RunOptions,
    pub(super) report: RunReport,
    changed: Vec<String>,
    anything: bool,
    told: Option<Instant>,
}

impl<'a> Run<'a> {
    pub(super) fn new(lane: &'a Lane, means: &'a Means, options: RunOptions) -> Self {
        let report = RunReport::default();
        Self { lane, means, options, report, changed: Vec::new(), anything: false, told: None }
    }

    pub(super) async fn run(mut self) -> Result<RunReport, RunError> {
        let result = self.steps().await;
        // Also of a run that broke off: what it wrote stands.
        self.tell(true);
        result.map(|()| self.report)
    }

    async fn steps(&mut self) -> Result<(), RunError> {
        let storage = &self.means.storage;
        let mut state = storage.find_connector_state(self.lane.id()).await?.unwrap_or_default();
        if self.options.full || state.fingerprint != self.lane.fingerprint {
            state.cursor = None;
        }
        let resumed = state.full && state.cursor.is_some();
        match self.list(&mut state).await {
            // The upstream does not know the cursor any more: everything is listed anew, once.
            Err(RunError::Upstream(error)) if error.trouble == Trouble::Gone && state.cursor.is_some() => {
                tracing::info!(
                    connector = self.lane.id(),
                    reason = error.words,
                    "the cursor is not known upstream any more"
                );
                state.cursor = None;
                self.list(&mut state).await?;
            }
            other => other?,
        }
        let now = self.means.clock.now_ms();
        let listed = state.full;
        if listed {
            self.drop_unseen(&mut state).await?;
            state.full = false;
            state.swept_ms = now;
            self.report.full = true;
        }
        // A listing that began in an earlier run is older than the question.
        let asked = (self.options.sweep || self.options.accept_deletions) && (!listed || resumed);
        if asked || now - state.swept_ms >= i64::from(self.lane.config().sweep_hours) * HOUR_MS {
            self.sweep(&mut state).await?;
            state.swept_ms = now;
            self.report.swept = true;
        }
        state.note_success(self.means.clock.now_ms());
        self.report.held_deletions = state.held_deletions;
        self.write(SyncWrite { state: Some(state), ..self.nothing() }).await?;
        Ok(())
    }

    async fn list(&mut self, state: &mut ConnectorState) -> Result<(), RunError> {
        let mut begins = state.cursor.is_none();
        if begins {
            state.full = true;
            state.refused = Refused::default();
            state.fingerprint.clone_from(&self.lane.fingerprint);
        }
        state.started_ms = self.means.clock.now_ms();
        let phase = if state.full { Phase::Listing } else { Phase::Changes };
        self.progress(phase, None);
        let mut guard = Guard::default();
        let lane = self.lane;
        let mut page = lane.connector().list_changes(state.cursor.as_deref()).await?;
        loop {
            let ChangePage { changes, next, total } = page;
            let (cursor, more) = match next {
                Next::More(cursor) => (Some(cursor), true),
                Next::Done(cursor) => (cursor, false),
            };
            if more {
                guard.check(&changes, state.cursor.as_deref(), cursor.as_deref())?;
            }
            self.report.received += changes.len() as u64;
            state.cursor.clone_from(&cursor);
            // The next page comes while this one is written: a listing takes as long as the slower of both.
            let following =
                async { if more { Some(lane.connector().list_changes(cursor.as_deref()).await) } else { None } };
            let (written, following) = tokio::join!(self.take_page(changes, begins, state), following);
            written?;
            begins = false;
            self.progress(phase, total);
            match following {
                Some(following) => page = following?,
                None => return Ok(()),
            }
        }
    }

    async fn take_page(
        &mut self,
        changes: Vec<Change>,
        begins: bool,
        state: &mut ConnectorState,
    ) -> Result<(), RunError> {
        let mapped = map(self.lane.mapping.clone(), changes, state.full).await?;
        self.apply(mapped, begins, state).await
    }

    /// Writes what was mapped, with the state it leads to.
    pub(super) async fn apply(
        &mut self,
        mapped: MappedPage,
        begins: bool,
        state: &mut ConnectorState,
    ) -> Result<(), RunError> {
        for (id, reason) in &mapped.refused {
            state.refused.add(id, reason);
        }
        self.report.filtered += mapped.filtered;
        self.report.refused += mapped.refused.len() as u64;
        let write = SyncWrite {
            connector: self.lane.id().to_owned(),
            batch: mapped.batch,
            begins,
            seen: if state.full { mapped.seen } else { Vec::new() },
            skipped: mapped.skipped,
            state: Some(state.clone()),
        };
        for id in self.write(write).await?.foreign {
            self.report.refused += 1;
            state.refused.add(&id, "the id belongs to another source");
        }
        Ok(())
    }

    pub(super) async fn write(&mut self, write: SyncWrite) -> Result<BatchOutcome, RunError> {
        let outcome = self.means.storage.write_sync(write).await?;
        self.report.upserted += outcome.upserted;
        self.report.unchanged += outcome.unchanged;
        self.report.deleted += outcome.deleted;
        if outcome.upserted + outcome.deleted > 0 {
            self.anything = true;
            self.changed.extend(outcome.numbers.iter().cloned());
            self.tell(false);
        }
        Ok(outcome)
    }

    /// A write that does nothing yet.
    pub(super) fn nothing(&self) -> SyncWrite {
        let id = self.lane.id();
        SyncWrite { connector: id.to_owned(), batch: ContactBatch::of(id, true), ..SyncWrite::default() }
    }

    fn tell(&mut self, ends: bool) {
        let due = self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY);
        if self.anything && (due || ends) {
            (self.means.audience)(std::mem::take(&mut self.changed));
            self.anything = false;
            self.told = Some(Instant::now());
        }
    }

    pub(super) fn progress(&self, phase: Phase, total: Option<u64>) {
        self.lane.progress.send_replace(Progress { phase, done: self.report.received, total });
    }
}

/// Finds listings that do not end.
#[derive(Debug, Default)]
pub(super) struct Guard {
    ids: HashSet<u64>,
    stale: u32,
    empty: u32,
}

impl Guard {
    /// Looks at a page that is not the last.
    fn check(&mut self, changes: &[Change], before: Option<&str>, after: Option<&str>) -> Result<(), RunError> {
        self.page(changes.iter().map(id_of), before, after)
    }

    pub(super) fn page<'i>(
        &mut self,
        ids: impl Iterator<Item = &'i str>,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<(), RunError> {
        if before.is_some() && before == after {
            return Err(RunError::broken("the server sent the same page again instead of the next one"));
        }
        let (mut any, mut new) = (false, false);
        for id in ids {
            any = true;
            let mut hasher = DefaultHasher::new();
            id.hash(&mut hasher);
            new |= self.ids.insert(hasher.finish());
        }
        self.stale = if any && !new { self.stale + 1 } else { 0 };
        self.empty = if any { 0 } else { self.empty + 1 };
        if self.stale >= STALE_PAGES || self.empty >= EMPTY_PAGES {
            return Err(RunError::broken("the server sends pages without end and nothing new on them"));
        }
        Ok(())
    }
}

/// Changes ready to be written.
#[derive(Debug)]
pub(super) struct MappedPage {
    pub(super) batch: ContactBatch,
    seen: Vec<Seen>,
    skipped: Vec<Seen>,
    filtered: u64,
    refused: Vec<(String, String)>,
}

/// Maps changes off the threads that answer calls: reading numbers takes its time. Of a listing,
/// everything is taken as it comes; of changes, nothing that is older than what is held.
pub(super) async fn map(mapping: Mapping, changes: Vec<Change>, listing: bool) -> Result<MappedPage, RunError> {
    tokio::task::spawn_blocking(move || map_now(&mapping, changes, listing))
        .await
        .map_err(|_| RunError::broken("a fault of Trunkline while reading the server's answer"))
}

fn map_now(mapping: &Mapping, changes: Vec<Change>, listing: bool) -> MappedPage {
    let mut page = MappedPage {
        batch: ContactBatch::of(mapping.connector(), listing),
        seen: Vec::new(),
        skipped: Vec::new(),
        filtered: 0,
        refused: Vec::new(),
    };
    // Within a page the last mention holds: a deletion after an edit, an edit after a deletion.
    let mut last = HashMap::new();
    for (place, change) in changes.iter().enumerate() {
        last.insert(id_of(change).to_owned(), place);
    }
    for (place, change) in changes.into_iter().enumerate() {
        if last[id_of(&change)] != place {
            continue;
        }
        match change {
            Change::Delete { external_id, at_ms } => page.batch.delete_at(mapping.contact_id(&external_id), at_ms),
            Change::Upsert(mut record) => {
                let id = mapping.contact_id(&record.external_id);
                let (version, modified) = (record.version.take(), record.modified_ms);
                page.seen.push((id.clone(), version.clone()));
                match mapping.map(*record) {
                    Mapped::Contact(contact) => page.batch.put_version(&contact, version, modified),
                    Mapped::Filtered => {
                        page.filtered += 1;
                        page.batch.delete_at(id.clone(), modified);
                        page.skipped.push((id, version));
                    }
                    Mapped::Refused(reason) => {
                        page.refused.push((id.clone(), reason));
                        page.batch.delete_at(id.clone(), modified);
                        page.skipped.push((id, version));
                    }
                }
            }
        }
    }
    page
}

fn id_of(change: &Change) -> &str {
    match change {
        Change::Upsert(record) => &record.external_id,
        Change::Delete { external_id, .. } => external_id,
    }
}
