//! Writes of Rox.Chat: each event is kept once by its page and count, and does what it means in the same
//! transaction. What it means for chats is in `roxchat_chat`, for visitors in `roxchat_visitor`.

use sqlx::SqliteConnection;

use super::error::StorageError;
use super::roxchat::{Command, EventBatch, Fate, Outcome, RoxchatDone, RoxchatJob};
use super::{roxchat_chat, roxchat_command, roxchat_visitor};
use crate::domain::clock::Clock;
use crate::domain::outbox::Routes;
use crate::domain::roxchat::{Event, Rules, Telling};

const HEARD: &str = "insert into roxchat_stream (workspace, stream, operator, began_ms, heard_ms) \
     values ($1, $2, $3, $4, $4) on conflict (workspace, stream) do update set heard_ms = excluded.heard_ms";
const KEEP: &str = "insert into roxchat_event (workspace, stream, seq, operator, at_ms, received_ms, raw, refused, \
       chat_id, digest) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
     on conflict (workspace, stream, seq) do nothing returning key";
const BEFORE: &str = "select refused from roxchat_event where workspace = $1 and stream = $2 and seq = $3";
/// The times of what the page told before and after.
const AROUND: &str = "select \
     (select at_ms from roxchat_event where workspace = $1 and stream = $2 and seq < $3 order by seq desc limit 1), \
     (select at_ms from roxchat_event where workspace = $1 and stream = $2 and seq > $3 order by seq limit 1)";
const NOTIFY: &str = "insert into roxchat_notification (workspace, stream, id, removed) values ($1, $2, $3, $4) \
     on conflict (workspace, stream, id) do update set removed = max(removed, excluded.removed)";
const BADGE: &str = "select count(*) from roxchat_notification where workspace = $1 and stream = $2 and removed = 0";
/// What is kept of an erased chat is that it was told: a page that sends it again brings nothing back.
const PURGE_EVENTS: &str = "delete from roxchat_event where received_ms < $1 \
     and not exists (select 1 from roxchat_event o where o.collapsed_into = roxchat_event.key and o.received_ms >= $1) \
     and not exists (select 1 from conversation v where v.channel = 'roxchat' \
       and v.account = roxchat_event.workspace and v.external_id = cast(roxchat_event.chat_id as text))";
const PURGE: [&str; 5] = [
    "delete from roxchat_notification where (workspace, stream) in \
       (select workspace, stream from roxchat_stream where heard_ms < $1)",
    "delete from roxchat_watch where (workspace, stream) in \
       (select workspace, stream from roxchat_stream where heard_ms < $1)",
    "delete from roxchat_stream where heard_ms < $1",
    "delete from roxchat_session where seen_ms < $1",
    "delete from roxchat_command where asked_ms < $1",
];

/// One event while it is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken<'a> {
    pub(super) rules: &'a Rules,
    pub(super) operator: &'a str,
    pub(super) stream: &'a str,
    pub(super) seq: i64,
    /// Its row.
    pub(super) key: i64,
    /// When it was seen, in the order of its page.
    pub(super) at_ms: i64,
    pub(super) digest: Option<&'a str>,
}

/// What changes while events are taken: time, and where logs go.
#[derive(Debug, Clone, Copy)]
pub(super) struct World<'a> {
    pub(super) routes: &'a Routes,
    pub(super) clock: &'a dyn Clock,
}

pub(super) async fn write(
    tx: &mut SqliteConnection,
    job: &RoxchatJob,
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<RoxchatDone, StorageError> {
    let world = World { routes, clock };
    let now = clock.now_ms();
    match job {
        RoxchatJob::Events(batch) => take(tx, batch, world).await.map(RoxchatDone::Events),
        RoxchatJob::Idle { workspace, before_ms } => {
            roxchat_chat::close_idle(tx, workspace, *before_ms, world).await.map(RoxchatDone::Count)
        }
        RoxchatJob::Ask(command) => {
            roxchat_command::ask(tx, command).await?;
            Ok(RoxchatDone::Nothing)
        }
        RoxchatJob::Settle { workspace, id, status, code } => {
            let settled: Option<Command> =
                roxchat_command::settle(tx, (workspace, id), *status, code.as_deref(), now).await?;
            Ok(RoxchatDone::Command(settled))
        }
        RoxchatJob::Silent { before_ms } => roxchat_command::silence(tx, *before_ms, now).await.map(RoxchatDone::Count),
        RoxchatJob::Purge { before_ms } => purge(tx, *before_ms).await.map(RoxchatDone::Count),
    }
}

async fn take(tx: &mut SqliteConnection, batch: &EventBatch, world: World<'_>) -> Result<Vec<Outcome>, StorageError> {
    let workspace = &batch.rules.workspace;
    let now = world.clock.now_ms();
    sqlx::query(HEARD).bind(workspace).bind(&batch.stream).bind(&batch.operator).bind(now).execute(&mut *tx).await?;
    let mut order: Vec<usize> = (0..batch.tellings.len()).collect();
    order.sort_by_key(|place| batch.tellings[*place].seq);
    let mut outcomes = vec![Outcome { fate: Fate::Stored, badge: None }; order.len()];
    for place in order {
        let telling = &batch.tellings[place];
        outcomes[place].fate = take_one(tx, batch, telling, world).await?;
        if let Ok(Event::NotificationAdded { .. } | Event::NotificationRemoved { .. }) = telling.event {
            let badge = sqlx::query_scalar(BADGE).bind(workspace).bind(&batch.stream).fetch_one(&mut *tx).await?;
            outcomes[place].badge = Some(badge);
        }
    }
    Ok(outcomes)
}

async fn take_one(
    tx: &mut SqliteConnection,
    batch: &EventBatch,
    telling: &Telling,
    world: World<'_>,
) -> Result<Fate, StorageError> {
    let workspace = &batch.rules.workspace;
    let (before, after): (Option<i64>, Option<i64>) =
        sqlx::query_as(AROUND).bind(workspace).bind(&batch.stream).bind(telling.seq).fetch_one(&mut *tx).await?;
    // A page's clock may be set back; the order of what it told stands.
    let at_ms = telling.at_ms.min(after.unwrap_or(i64::MAX)).max(before.unwrap_or(i64::MIN));
    let event = telling.event.as_ref();
    let digest = event.ok().and_then(Event::digest);
    let key: Option<i64> = sqlx::query_scalar(KEEP)
        .bind(workspace)
        .bind(&batch.stream)
        .bind(telling.seq)
        .bind(&batch.operator)
        .bind(at_ms)
        .bind(world.clock.now_ms())
        .bind(&telling.raw)
        .bind(event.err().map(|refusal| refusal.reason))
        .bind(event.ok().and_then(Event::chat_id))
        .bind(&digest)
        .fetch_optional(&mut *tx)
        .await?;
    let Some(key) = key else {
        let query = sqlx::query_scalar(BEFORE).bind(workspace).bind(&batch.stream).bind(telling.seq);
        let refused: Option<String> = query.fetch_one(tx).await?;
        return Ok(refused.map_or(Fate::Duplicate, Fate::Refused));
    };
    let taken = Taken {
        rules: &batch.rules,
        operator: &batch.operator,
        stream: &batch.stream,
        seq: telling.seq,
        key,
        at_ms,
        digest: digest.as_deref(),
    };
    match event {
        Err(refusal) => return Ok(Fate::Refused(refusal.reason.to_owned())),
        Ok(event) => apply(tx, taken, event, world).await?,
    }
    Ok(Fate::Stored)
}

async fn apply(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    event: &Event,
    world: World<'_>,
) -> Result<(), StorageError> {
    match event {
        Event::Message { .. } => roxchat_chat::message(tx, taken, event, world).await,
        Event::Closed { visitor, chat_id, source } => {
            roxchat_chat::close(tx, taken, (visitor, *chat_id, source), world).await
        }
        Event::Authorized { old, new } => roxchat_visitor::authorized(tx, taken, old, new, world).await,
        Event::Selected { .. } => roxchat_chat::selected(tx, taken, event, world).await,
        Event::NotificationAdded { id } => notify(tx, taken, id, false).await,
        Event::NotificationRemoved { id } => notify(tx, taken, id, true).await,
        Event::Unknown => Ok(()),
    }
}

async fn notify(tx: &mut SqliteConnection, taken: Taken<'_>, id: &str, removed: bool) -> Result<(), StorageError> {
    let query = sqlx::query(NOTIFY).bind(&taken.rules.workspace).bind(taken.stream);
    query.bind(id).bind(removed).execute(tx).await?;
    Ok(())
}

async fn purge(tx: &mut SqliteConnection, before_ms: i64) -> Result<i64, StorageError> {
    let gone = sqlx::query(PURGE_EVENTS).bind(before_ms).execute(&mut *tx).await?.rows_affected();
    for sql in PURGE {
        sqlx::query(sql).bind(before_ms).execute(&mut *tx).await?;
    }
    Ok(i64::try_from(gone).unwrap_or(i64::MAX))
}
