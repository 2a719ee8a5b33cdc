//! Runs of a sync: deletions, then changes, page by page, and the bookmark for the next run.

use serde_json::json;

use super::client::Client;
use super::cursor::{Cursor, DeletesState, Page, Run, Stage, unknown};
use super::expression::Scope;
use super::listing::{self, PageRead};
use super::manifest::{DeletesKind, Source, Strategy};
use super::path::Found;
use super::plan::{ListingPlan, SyncPlan};
use super::{fetch, map, times};
use crate::domain::credential::Whose;
use crate::domain::upstream::{Change, ChangePage, Next, Trouble, UpstreamError};

/// Requests made in one call while there is nothing to tell.
const MAX_EMPTY: usize = 8;

/// The next page of changes after a cursor.
pub(super) async fn changes(client: &Client, cursor: Option<&str>) -> Result<ChangePage, UpstreamError> {
    let mut cursor = cursor.map_or_else(|| Ok(Cursor::first()), Cursor::read)?;
    let mut left = MAX_EMPTY;
    loop {
        let (changes, total) = step(client, &mut cursor).await?;
        left -= 1;
        if cursor.run.is_none() {
            let next = (client.plan.sync.strategy != Strategy::FullScan).then(|| cursor.text());
            return Ok(ChangePage { changes, next: Next::Done(next), total });
        }
        if !changes.is_empty() || left == 0 {
            return Ok(ChangePage { changes, next: Next::More(cursor.text()), total });
        }
    }
}

/// Reads one page and moves the cursor; without a run left it is over.
async fn step(client: &Client, cursor: &mut Cursor) -> Result<(Vec<Change>, Option<u64>), UpstreamError> {
    let sync = &client.plan.sync;
    let now = client.means.clock.now_ms();
    let mut run = cursor.run.take().unwrap_or_else(|| begin(sync, cursor, now));
    let stage = *run.stages.first().ok_or_else(unknown)?;
    let plan = listing_of(sync, stage)?;
    let scope = scope(client, cursor, &run, stage);
    let read = listing::read(client, &Whose::Company, plan, scope, &run.page).await?;
    if run.server.is_none() {
        let date = read.headers.get(reqwest::header::DATE).and_then(|date| date.to_str().ok());
        run.server = date.and_then(|date| times::read(&date.into()));
    }
    let alone = run.stages.len() == 1;
    let total = read.total.filter(|_| alone);
    let (found, next) = (read.found.clone(), read.next.clone());
    let changes = match stage {
        Stage::Deletes(index) => deletions(sync, index, read),
        Stage::Changes(_) | Stage::Full(_) => upserts(client, plan, stage, read).await?,
    };
    for change in &changes {
        if let (Change::Upsert(record), Stage::Changes(_) | Stage::Full(_)) = (change, stage) {
            run.newest = run.newest.max(record.modified_ms);
        }
    }
    if let Some(page) = next {
        run.page = page;
    } else {
        end_stage(sync, cursor, &mut run, stage, &found)?;
    }
    if run.stages.is_empty() {
        end(sync, cursor, &run, now);
    } else {
        cursor.run = Some(run);
    }
    Ok((changes, total))
}

fn begin(sync: &SyncPlan, cursor: &Cursor, now: i64) -> Run {
    let full = match sync.strategy {
        Strategy::FullScan => true,
        Strategy::Watermark => cursor.mark.is_none(),
        Strategy::Token => cursor.token.is_none(),
    };
    let due = |(index, deletes): (usize, &super::plan::DeletesPlan)| {
        let read = cursor.deletes.get(&index).map_or(0, |state| state.read);
        let kind = !full || (sync.strategy == Strategy::FullScan && deletes.kind == DeletesKind::ArchivedList);
        (kind && now.saturating_sub(read) >= deletes.every_ms).then_some(Stage::Deletes(index))
    };
    let mut stages: Vec<Stage> = sync.deletes.iter().enumerate().filter_map(due).collect();
    if full && !sync.full.is_empty() {
        stages.extend((0..sync.full.len()).map(Stage::Full));
    } else {
        stages.extend((0..sync.changes.len()).map(Stage::Changes));
    }
    Run { start: now, server: None, newest: None, stages, page: Page::default() }
}

fn listing_of(sync: &SyncPlan, stage: Stage) -> Result<&ListingPlan, UpstreamError> {
    let found = match stage {
        Stage::Deletes(index) => sync.deletes.get(index).map(|deletes| &deletes.listing),
        Stage::Changes(index) => sync.changes.get(index),
        Stage::Full(index) => sync.full.get(index),
    };
    // A manifest that changed under the cursor.
    found.ok_or_else(unknown)
}

fn scope(client: &Client, cursor: &Cursor, run: &Run, stage: Stage) -> Scope {
    let sync = &client.plan.sync;
    let since = match stage {
        Stage::Deletes(index) => cursor.deletes.get(&index).map(|state| state.covered).or(cursor.mark),
        Stage::Changes(_) => cursor.mark,
        Stage::Full(_) => None,
    };
    let since = since.map(|since| since.saturating_sub(sync.overlap_ms)).or(sync.first_since);
    let token = if matches!(stage, Stage::Full(_)) { None } else { cursor.token.as_deref() };
    client.scope().with("sync", json!({"since": since, "until": run.start, "token": token}))
}

/// `sync` for listings outside of a run.
pub(super) fn outside(client: &Client) -> Scope {
    let until = client.means.clock.now_ms();
    let since = client.plan.sync.first_since;
    client.scope().with("sync", json!({"since": since, "until": until, "token": null}))
}

fn deletions(sync: &SyncPlan, index: usize, read: PageRead) -> Vec<Change> {
    let at = sync.deletes.get(index).and_then(|deletes| deletes.at.as_ref());
    let delete = |(external_id, found): (String, Found)| {
        let at_ms = at.and_then(|path| times::read(&path.find(&found)?.json()));
        Change::Delete { external_id, at_ms }
    };
    read.records.into_iter().map(delete).collect()
}

/// True for a record that stands in a listing, but is gone.
pub(super) fn is_gone(sync: &SyncPlan, found: &Found) -> bool {
    sync.gone_fields.iter().any(|path| path.find(found).is_some_and(|value| value.is_true()))
}

async fn upserts(
    client: &Client,
    listing: &ListingPlan,
    stage: Stage,
    read: PageRead,
) -> Result<Vec<Change>, UpstreamError> {
    let plan = &client.plan;
    let mut changes = Vec::with_capacity(read.records.len());
    let mut to_fetch = Vec::new();
    for (external_id, found) in read.records {
        if is_gone(&plan.sync, &found) {
            changes.push(Change::Delete { external_id, at_ms: map::modified(&plan.contact, &found) });
        } else if listing.hydrate {
            to_fetch.push(external_id);
        } else if map::is_contact(&plan.contact, &found) {
            let record = map::record(&plan.contact, listing.id.as_ref(), &found);
            changes.push(Change::Upsert(Box::new(record.map_err(|words| UpstreamError::new(Trouble::Broken, words))?)));
        } else if matches!(stage, Stage::Changes(_)) {
            // It may have been one before.
            changes.push(Change::Delete { external_id, at_ms: None });
        }
    }
    if !to_fetch.is_empty() {
        let records = fetch::records(client, &Whose::Company, &to_fetch).await?;
        changes.extend(records.into_iter().map(|record| Change::Upsert(Box::new(record))));
    }
    Ok(changes)
}

fn end_stage(
    sync: &SyncPlan,
    cursor: &mut Cursor,
    run: &mut Run,
    stage: Stage,
    found: &Found,
) -> Result<(), UpstreamError> {
    run.stages.remove(0);
    run.page = Page::default();
    if let Stage::Deletes(index) = stage {
        let path = sync.deletes.get(index).and_then(|deletes| deletes.covered.as_ref());
        let told = path.and_then(|path| times::read(&path.find(found)?.json()));
        let covered = told.unwrap_or(run.start);
        cursor.deletes.insert(index, DeletesState { covered, read: run.start });
    } else if let Some(path) = &sync.token {
        let token = path.find(found).and_then(|token| token.text());
        let missing = || {
            let words = format!("the last page has no token at `{}` to go on with", path.source());
            UpstreamError::new(Trouble::Broken, words)
        };
        cursor.token = Some(token.ok_or_else(missing)?);
    }
    Ok(())
}

/// The bookmark: min(start of the run, newest change seen). What is shown late lies in the overlap,
/// which is taken off when the bookmark is used, so that idle runs do not move it back for ever.
fn end(sync: &SyncPlan, cursor: &mut Cursor, run: &Run, now: i64) {
    let newest = cursor.mark.max(run.newest);
    cursor.mark = match (sync.strategy, sync.source) {
        (Strategy::Watermark, Source::Records) => newest.map(|newest| newest.min(run.start)),
        (Strategy::Watermark, Source::ServerDate) => Some(run.server.unwrap_or(run.start)),
        _ => Some(run.start),
    };
    for index in 0..sync.deletes.len() {
        // After a first run: what is deleted from its start on. `read` stays at never.
        cursor.deletes.entry(index).or_insert(DeletesState { covered: run.start.min(now), read: 0 });
    }
}
