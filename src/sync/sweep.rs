//! What a look for changes misses: the ids of everything upstream against the ids held here.
//!
//! What is there but not here, or here in another version, is fetched. What is here but not there is
//! asked for once more by id, because a listing that shifts under its reader skips a row, and deleted
//! only when that does not find it either.

use super::engine::{Guard, Run, map};
use super::outcome::{Phase, RunError};
use crate::domain::connector_state::{ConnectorState, external_id};
use crate::domain::upstream::{Change, Record};
use crate::storage::connectors::SyncWrite;

/// Contacts asked for, or deleted, in one step.
const STEP: i64 = 100;
/// A sweep may always delete this many.
const FEW: u64 = 10;

impl Run<'_> {
    /// Lists all ids and mends what differs.
    pub(super) async fn sweep(&mut self, state: &mut ConnectorState) -> Result<(), RunError> {
        let lane = self.lane;
        self.progress(Phase::Sweeping, None);
        self.write(SyncWrite { begins: true, ..self.nothing() }).await?;
        let mut guard = Guard::default();
        let mut page: Option<String> = None;
        loop {
            let listed = lane.connector().list_ids(page.as_deref()).await?;
            if listed.next.is_some() {
                guard.page(listed.ids.iter().map(|(id, _)| id.as_str()), page.as_deref(), listed.next.as_deref())?;
            }
            let seen = listed.ids.into_iter().map(|(id, version)| (lane.mapping.contact_id(&id), version)).collect();
            self.write(SyncWrite { seen, ..self.nothing() }).await?;
            page = listed.next;
            if page.is_none() {
                break;
            }
        }
        self.fetch_outdated(state).await?;
        self.drop_unseen(state).await
    }

    async fn fetch_outdated(&mut self, state: &mut ConnectorState) -> Result<(), RunError> {
        let lane = self.lane;
        let mut after = String::new();
        loop {
            let ids = self.means.storage.list_outdated(lane.id(), &after, STEP).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after.clone_from(last);
            let records = self.fetch(&ids).await?;
            self.report.received += records.len() as u64;
            self.progress(Phase::Sweeping, None);
            self.take(records, state).await?;
        }
    }

    /// Deletes what the listing has not shown, unless that is more than may be believed.
    pub(super) async fn drop_unseen(&mut self, state: &mut ConnectorState) -> Result<(), RunError> {
        let lane = self.lane;
        let storage = &self.means.storage;
        let unseen = storage.count_unseen(lane.id()).await?;
        state.held_deletions = None;
        if unseen == 0 {
            return Ok(());
        }
        let held = storage.count_contacts_of(lane.id()).await?;
        let limit = FEW.max(held * u64::from(lane.config().max_delete_percent) / 100);
        if unseen > limit && !self.options.accept_deletions {
            tracing::warn!(
                connector = lane.id(),
                unseen,
                held,
                "so many contacts are gone upstream that nothing is deleted before a person says so"
            );
            state.held_deletions = Some(unseen);
            return Ok(());
        }
        loop {
            let ids = storage.list_unseen(lane.id(), STEP).await?;
            if ids.is_empty() {
                return Ok(());
            }
            let records = self.fetch(&ids).await?;
            let mut write = self.nothing();
            let there: Vec<String> = records.iter().map(|r| lane.mapping.contact_id(&r.external_id)).collect();
            for id in ids.into_iter().filter(|id| !there.contains(id)) {
                write.batch.delete(id);
            }
            write.seen = there.into_iter().map(|id| (id, None)).collect();
            self.write(write).await?;
            self.take(records, state).await?;
        }
    }

    async fn fetch(&self, ids: &[String]) -> Result<Vec<Record>, RunError> {
        let lane = self.lane;
        let external: Vec<String> =
            ids.iter().filter_map(|id| external_id(lane.id(), id)).map(ToOwned::to_owned).collect();
        Ok(lane.connector().fetch(&external).await?)
    }

    async fn take(&mut self, records: Vec<Record>, state: &mut ConnectorState) -> Result<(), RunError> {
        let changes = records.into_iter().map(|record| Change::Upsert(Box::new(record))).collect();
        let mapped = map(self.lane.mapping.clone(), changes, true).await?;
        self.apply(mapped, false, state).await
    }
}
