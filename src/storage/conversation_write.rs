//! Writes of conversations and visitors: for the channels' own files, which call these in the transaction
//! of what they were told, and by a person's word.

use serde_json::json;
use sqlx::SqliteConnection;

use super::conversations::{CONVERSATION, IDENTITY, IDENTITY_BY_KEY, conversation_columns};
use super::error::StorageError;
use super::writer::Done;
use super::{erasure, outbox_write};
use crate::domain::clock::Clock;
use crate::domain::conversation::{ChatMessage, Conversation, Opening};
use crate::domain::identity::{Channel, Identity, Seen};
use crate::domain::ids::new_id;
use crate::domain::outbox::{Fact, Routes, Urgency};
use crate::domain::party::{Decider, NamedContact};
use crate::domain::upstream::LogKind;

const CONVERSATION_BY_KEY: &str = concat!(
    "select ",
    conversation_columns!(),
    " from conversation v where v.channel = $1 and v.account = $2 and v.external_id = $3"
);
const OF_IDENTITY: &str =
    concat!("select ", conversation_columns!(), " from conversation v where v.identity_id = $1 order by v.id");
const UPSERT_IDENTITY: &str = "insert into identity (id, channel, account, external_id, name, facts, verified, \
       contact_id, decided_by, suggested, conflict, same_as, created_ms, updated_ms) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
     on conflict (id) do update set name = excluded.name, facts = excluded.facts, verified = excluded.verified, \
       contact_id = excluded.contact_id, decided_by = excluded.decided_by, suggested = excluded.suggested, \
       conflict = excluded.conflict, same_as = excluded.same_as, updated_ms = excluded.updated_ms";
const UPSERT_CONVERSATION: &str = "insert into conversation (id, channel, account, external_id, identity_id, operator, \
       contact_id, decided_by, state, closed_by, partial, started_ms, last_ms, closed_ms, revision, facts, \
       created_ms, updated_ms) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
     on conflict (id) do update set identity_id = excluded.identity_id, operator = excluded.operator, \
       contact_id = excluded.contact_id, decided_by = excluded.decided_by, state = excluded.state, \
       closed_by = excluded.closed_by, partial = excluded.partial, started_ms = excluded.started_ms, \
       last_ms = excluded.last_ms, closed_ms = excluded.closed_ms, revision = excluded.revision, \
       facts = excluded.facts, updated_ms = excluded.updated_ms";
const ADD_MESSAGE: &str = "insert into conversation_message (conversation_id, id, at_ms, place, author, author_name, \
       kind, body, truncated, attachments, shown, collapsed_into) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (conversation_id, id) do nothing";
/// What is still on its way stays until it arrived.
const OLD: &str = "select v.id from conversation v where v.last_ms < $1 \
     and not exists (select 1 from outbox o where o.log_id = v.id and o.state not in ('delivered', 'kept')) \
     order by v.id limit 500";
const DELETE_STRANGERS: &str = "delete from identity where updated_ms < $1 and contact_id is null \
     and not exists (select 1 from conversation v where v.identity_id = identity.id) \
     and not exists (select 1 from identity other where other.same_as = identity.id)";

/// A write of conversations alone.
#[derive(Debug, Clone)]
pub(super) enum ConversationJob {
    Link { id: String, contact: NamedContact },
    Delete { id: String },
    Erase { identity: String },
    Purge { before_ms: i64 },
}

pub(super) async fn write(
    tx: &mut SqliteConnection,
    job: &ConversationJob,
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<Done, StorageError> {
    match job {
        ConversationJob::Link { id, contact } => link(tx, id, contact, routes, clock).await.map(Done::Chosen),
        ConversationJob::Delete { id } => erasure::conversation(tx, id).await.map(Done::Chosen),
        ConversationJob::Erase { identity } => erasure::visitor(tx, identity).await.map(Done::Chosen),
        ConversationJob::Purge { before_ms } => purge(tx, *before_ms).await.map(Done::Count),
    }
}

/// The visitor that is told of, with what is told now.
pub(super) async fn see_identity(
    tx: &mut SqliteConnection,
    seen: &Seen,
    clock: &dyn Clock,
) -> Result<Identity, StorageError> {
    let now = clock.now_ms();
    let known = find_identity(tx, seen.channel, &seen.account, &seen.external_id).await?;
    let (identity, changed) = match known {
        Some(mut identity) => {
            let changed = identity.see(seen, now);
            (identity, changed)
        }
        None => (Identity::new(new_id("vi", clock), seen, now), true),
    };
    if changed {
        put_identity(tx, &identity).await?;
    }
    Ok(identity)
}

/// A visitor by the channel's id.
pub(super) async fn find_identity(
    tx: &mut SqliteConnection,
    channel: Channel,
    account: &str,
    external_id: &str,
) -> Result<Option<Identity>, StorageError> {
    let query = sqlx::query_as(IDENTITY_BY_KEY).bind(channel.word()).bind(account).bind(external_id);
    Ok(query.fetch_optional(tx).await?)
}

/// A conversation by the channel's id.
pub(super) async fn find_conversation(
    tx: &mut SqliteConnection,
    channel: Channel,
    account: &str,
    external_id: &str,
) -> Result<Option<Conversation>, StorageError> {
    let query = sqlx::query_as(CONVERSATION_BY_KEY).bind(channel.word()).bind(account).bind(external_id);
    Ok(query.fetch_optional(tx).await?)
}

/// The conversation that an opening is about, new where it was not known. Not written yet where it is new:
/// [`put_conversation`] comes before the first message.
pub(super) async fn open_conversation(
    tx: &mut SqliteConnection,
    opening: Opening,
    clock: &dyn Clock,
) -> Result<Conversation, StorageError> {
    let known = find_conversation(tx, opening.channel, &opening.account, &opening.external_id).await?;
    Ok(known.unwrap_or_else(|| Conversation::new(new_id("cv", clock), opening, clock.now_ms())))
}

/// All conversations of a visitor.
pub(super) async fn conversations_of(
    tx: &mut SqliteConnection,
    identity_id: &str,
) -> Result<Vec<Conversation>, StorageError> {
    Ok(sqlx::query_as(OF_IDENTITY).bind(identity_id).fetch_all(tx).await?)
}

/// Adds a message to a conversation that is written. False where it is there already.
pub(super) async fn append(
    tx: &mut SqliteConnection,
    conversation_id: &str,
    message: &ChatMessage,
) -> Result<bool, StorageError> {
    let added = sqlx::query(ADD_MESSAGE)
        .bind(conversation_id)
        .bind(&message.id)
        .bind(message.at_ms)
        .bind(message.place)
        .bind(message.author.word())
        .bind(&message.author_name)
        .bind(&message.kind)
        .bind(&message.text)
        .bind(message.truncated)
        .bind(json!(message.attachments).to_string())
        .bind(message.shown)
        .bind(&message.collapsed_into)
        .execute(tx)
        .await?;
    Ok(added.rows_affected() > 0)
}

/// Writes a visitor.
pub(super) async fn put_identity(tx: &mut SqliteConnection, identity: &Identity) -> Result<(), StorageError> {
    sqlx::query(UPSERT_IDENTITY)
        .bind(&identity.id)
        .bind(identity.channel.word())
        .bind(&identity.account)
        .bind(&identity.external_id)
        .bind(&identity.name)
        .bind(json!(identity.facts).to_string())
        .bind(identity.verified)
        .bind(&identity.choice.contact_id)
        .bind(identity.choice.decided_by.word())
        .bind(&identity.suggested)
        .bind(&identity.conflict)
        .bind(&identity.same_as)
        .bind(identity.created_ms)
        .bind(identity.updated_ms)
        .execute(tx)
        .await?;
    Ok(())
}

/// Writes a conversation; with an `urgency` it is on its way to the CRM as well.
pub(super) async fn put_conversation(
    tx: &mut SqliteConnection,
    conversation: &Conversation,
    urgency: Option<Urgency>,
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<(), StorageError> {
    sqlx::query(UPSERT_CONVERSATION)
        .bind(&conversation.id)
        .bind(conversation.channel.word())
        .bind(&conversation.account)
        .bind(&conversation.external_id)
        .bind(&conversation.identity_id)
        .bind(&conversation.operator)
        .bind(&conversation.choice.contact_id)
        .bind(conversation.choice.decided_by.word())
        .bind(if conversation.open { "open" } else { "closed" })
        .bind(&conversation.closed_by)
        .bind(conversation.partial)
        .bind(conversation.started_ms)
        .bind(conversation.last_ms)
        .bind(conversation.closed_ms)
        .bind(conversation.revision)
        .bind(json!(conversation.facts).to_string())
        .bind(conversation.created_ms)
        .bind(conversation.updated_ms)
        .execute(&mut *tx)
        .await?;
    match urgency {
        Some(urgency) => outbox_write::enqueue(tx, &[fact(conversation, urgency)], routes, clock).await,
        None => Ok(()),
    }
}

/// What the outbox has to know of a conversation.
fn fact(conversation: &Conversation, urgency: Urgency) -> Fact {
    Fact {
        log_id: conversation.id.clone(),
        kind: LogKind::Message,
        operator: conversation.operator.clone(),
        choice: conversation.choice.clone(),
        urgency,
    }
}

/// Says whose a conversation is, for the outbox; what it has to know of it.
pub(super) async fn choose(
    tx: &mut SqliteConnection,
    id: &str,
    contact: &NamedContact,
    by_person: bool,
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<Option<Fact>, StorageError> {
    let found: Option<Conversation> = sqlx::query_as(CONVERSATION).bind(id).fetch_optional(&mut *tx).await?;
    let Some(mut conversation) = found else { return Ok(None) };
    if conversation.choice.take(contact, by_person) {
        conversation.updated_ms = clock.now_ms();
        put_conversation(tx, &conversation, None, routes, clock).await?;
    }
    Ok(Some(fact(&conversation, Urgency::Asked)))
}

/// What a visitor is, its conversations are: those of which nobody said otherwise. What the CRM has of
/// them, or is to have, moves along.
pub(super) async fn spread_choice(
    tx: &mut SqliteConnection,
    identity: &Identity,
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<(), StorageError> {
    for mut conversation in conversations_of(tx, &identity.id).await? {
        if conversation.choice.by_machine(identity.choice.contact_id.as_deref()) {
            conversation.updated_ms = clock.now_ms();
            let urgency = (conversation.revision > 0).then_some(Urgency::Settling);
            put_conversation(tx, &conversation, urgency, routes, clock).await?;
        }
    }
    Ok(())
}

async fn link(
    tx: &mut SqliteConnection,
    id: &str,
    contact: &NamedContact,
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<bool, StorageError> {
    let Some(fact) = choose(tx, id, contact, true, routes, clock).await? else { return Ok(false) };
    let conversation: Conversation = sqlx::query_as(CONVERSATION).bind(id).fetch_one(&mut *tx).await?;
    if conversation.revision > 0 {
        outbox_write::enqueue(tx, &[fact], routes, clock).await?;
    }
    let Some(identity_id) = conversation.identity_id else { return Ok(true) };
    let mut identity: Identity = sqlx::query_as(IDENTITY).bind(identity_id).fetch_one(&mut *tx).await?;
    let before = identity.choice.contact_id.clone();
    identity.is_decided(contact, clock.now_ms());
    put_identity(tx, &identity).await?;
    follow(tx, &identity, before.as_deref(), routes, clock).await?;
    spread_choice(tx, &identity, routes, clock).await?;
    Ok(true)
}

/// A person corrects which contact a visitor is: what was put on the contact of `before` because of that
/// moves along.
async fn follow(
    tx: &mut SqliteConnection,
    identity: &Identity,
    before: Option<&str>,
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<(), StorageError> {
    let now = identity.choice.contact_id.as_deref();
    if before.is_none() || before == now {
        return Ok(());
    }
    for mut conversation in conversations_of(tx, &identity.id).await? {
        let choice = &mut conversation.choice;
        if choice.decided_by != Decider::Machine || choice.contact_id.as_deref() != before {
            continue;
        }
        // "Nobody" is a person's word only; another contact is the machine's as before.
        choice.decided_by = if now.is_some() { Decider::Machine } else { Decider::Person };
        choice.contact_id = now.map(str::to_owned);
        conversation.updated_ms = clock.now_ms();
        let urgency = (conversation.revision > 0).then_some(Urgency::Asked);
        put_conversation(tx, &conversation, urgency, routes, clock).await?;
    }
    Ok(())
}

async fn purge(tx: &mut SqliteConnection, before_ms: i64) -> Result<i64, StorageError> {
    let old: Vec<String> = sqlx::query_scalar(OLD).bind(before_ms).fetch_all(&mut *tx).await?;
    for id in &old {
        erasure::conversation(tx, id).await?;
    }
    sqlx::query(DELETE_STRANGERS).bind(before_ms).execute(tx).await?;
    Ok(i64::try_from(old.len()).unwrap_or(i64::MAX))
}
