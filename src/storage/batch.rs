//! What one write transaction does: the jobs of a group, each kind in one pass.
//!
//! Kinds touch different tables, so only the order within a kind matters. Call posts of a group, the
//! most frequent kind, take one read and one write whatever their number.

use sqlx::SqliteConnection;

use super::error::StorageError;
use super::writer::{Done, Job};
use super::{
    call_logs, connectors, contact_rows, conversation_write, credentials, engage, media_rows, message_log_write,
    operators, outbox_write, roxchat_write,
};
use crate::domain::call_log::CallPost;
use crate::domain::clock::Clock;
use crate::domain::outbox::Routes;

/// Runs `jobs` in the open transaction; the answers are in the order of the jobs.
pub(super) async fn run(
    tx: &mut SqliteConnection,
    jobs: &[Job],
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<Vec<Done>, StorageError> {
    let mut done: Vec<Done> = vec![Done::Nothing; jobs.len()];
    let mut posts: Vec<(usize, &str, &CallPost)> = Vec::new();
    for (place, job) in jobs.iter().enumerate() {
        match job {
            Job::CallPost { operator, post } => posts.push((place, operator, post)),
            other => done[place] = run_one(tx, other, routes, clock).await?,
        }
    }
    if !posts.is_empty() {
        let taken: Vec<(&str, &CallPost)> = posts.iter().map(|(_, operator, post)| (*operator, *post)).collect();
        let logs = call_logs::take_posts(tx, &taken, routes, clock).await?;
        for ((place, operator, post), log) in posts.into_iter().zip(logs) {
            media_rows::note(tx, (operator, &log.id), post.media.iter(), clock).await?;
            done[place] = Done::CallLog(log);
        }
    }
    Ok(done)
}

async fn run_one(
    tx: &mut SqliteConnection,
    job: &Job,
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<Done, StorageError> {
    let now = clock.now_ms();
    match job {
        Job::Contacts(batch) => return contact_rows::write(tx, batch, now).await.map(Done::Contacts),
        Job::Sync(write) => return connectors::write(tx, write, now).await.map(Done::Contacts),
        Job::MessagePost { operator, post } => {
            return message_log_write::take_post(tx, operator, post, routes, clock).await.map(Done::MessageLogs);
        }
        Job::Settings { operator, values } => operators::write_settings(tx, operator, values, now).await?,
        Job::Authorized { operator, authorized } => {
            operators::write_authorized(tx, operator, *authorized, now).await?;
        }
        Job::Invite { operator, kind, body } => operators::write_invite(tx, operator, kind, body, now).await?,
        Job::Outbox(job) => return outbox_write::write(tx, job, routes, clock).await,
        Job::Roxchat(job) => return roxchat_write::write(tx, job, routes, clock).await.map(Done::Roxchat),
        Job::Conversation(job) => return conversation_write::write(tx, job, routes, clock).await,
        Job::Credential(job) => credentials::write(tx, job).await?,
        Job::Media(job) => {
            let done = media_rows::run(tx, job, now).await?;
            let logs = match &done {
                Done::MediaChanged { log_id } => log_id.as_slice(),
                Done::MediaGone(removed) => removed.log_ids.as_slice(),
                _ => &[],
            };
            outbox_write::revise(tx, logs, routes, clock).await?;
            return Ok(done);
        }
        Job::Engage(job) => return engage::write(tx, job, routes, clock).await.map(Done::Engage),
        Job::PurgeTombstones { changed_before } => {
            return contact_rows::purge_tombstones(tx, *changed_before).await.map(Done::Floor);
        }
        Job::ForgetConnector { connector } => connectors::forget(tx, connector).await?,
        Job::Probe => {
            operators::probe(tx).await?;
        }
        Job::CallPost { .. } => {}
    }
    Ok(Done::Nothing)
}
