//! Visitors of Rox.Chat: which contact they are, by the ids a workspace tells, and what becomes of one who
//! signs in and goes on under another id.

use serde_json::{Map, Value, json};
use sqlx::SqliteConnection;

use super::conversation_write::{conversations_of, put_conversation, put_identity, see_identity, spread_choice};
use super::conversations::IDENTITY;
use super::error::StorageError;
use super::roxchat_write::{Taken, World};
use crate::domain::identity::{Channel, Identity, Seen};
use crate::domain::outbox::Urgency;
use crate::domain::roxchat::{IdSource, Visitor};

/// Longest chain of ids one visitor went through that is followed.
pub(super) const LONGEST_CHAIN: usize = 16;

const LIVING: &str = "select c.id from contact c where c.deleted = 0 \
     and c.id in (select value from json_each($1)) order by c.key limit 2";
const MOVE_SESSIONS: &str = "update roxchat_session set visitor = $3 where workspace = $1 and visitor = $2";

/// The visitor that an event tells of, or who took their place.
pub(super) async fn see(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    visitor: &Visitor,
    world: World<'_>,
) -> Result<Identity, StorageError> {
    see_named(tx, taken, visitor, None, world).await
}

/// The same with a name.
pub(super) async fn see_named(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    visitor: &Visitor,
    name: Option<&str>,
    world: World<'_>,
) -> Result<Identity, StorageError> {
    let seen = Seen { name: name.map(str::to_owned), ..seen(tx, taken, visitor).await? };
    let mut identity = see_identity(tx, &seen, world.clock).await?;
    if identity.choice.contact_id.is_some() && identity.updated_ms >= world.clock.now_ms() {
        spread_choice(tx, &identity, world.routes, world.clock).await?;
    }
    for _ in 0..LONGEST_CHAIN {
        let Some(next) = &identity.same_as else { break };
        identity = sqlx::query_as(IDENTITY).bind(next).fetch_one(&mut *tx).await?;
    }
    Ok(identity)
}

/// What an event says of its visitor. Of the ids that may find a contact the first that does counts; one
/// that is not trusted only suggests.
async fn seen(tx: &mut SqliteConnection, taken: Taken<'_>, visitor: &Visitor) -> Result<Seen, StorageError> {
    let rules = taken.rules;
    let mut seen = Seen::new(Channel::Roxchat, &rules.workspace, &visitor.id);
    let told = [("providedVisitorId", &visitor.provided), ("siebelId", &visitor.siebel)];
    seen.facts = told.into_iter().filter_map(|(key, id)| Some((key.to_owned(), Value::String(id.clone()?)))).collect();
    seen.verified = rules.trust_provided_id && visitor.provided.is_some();
    for source in &rules.id_priority {
        let (id, trusted) = match source {
            IdSource::ProvidedId => (&visitor.provided, rules.trust_provided_id),
            IdSource::SiebelId => (&visitor.siebel, true),
            IdSource::Alias => continue,
        };
        let Some(id) = id else { continue };
        let ids = json!(rules.contact_ids(id)).to_string();
        let found: Vec<String> = sqlx::query_scalar(LIVING).bind(ids).fetch_all(&mut *tx).await?;
        // Of several none is guessed.
        let [only] = found.as_slice() else { continue };
        let place = if trusted { &mut seen.contact } else { &mut seen.suggested };
        place.get_or_insert_with(|| only.clone());
    }
    Ok(seen)
}

/// `visitorAuthorized`: the old visitor is the new one from now on, and open chats go along. Where both are
/// contacts already, and not the same, that is noted on both and nothing is merged.
pub(super) async fn authorized(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    old: &Visitor,
    new: &Visitor,
    world: World<'_>,
) -> Result<(), StorageError> {
    let now = world.clock.now_ms();
    let seen_old = seen(tx, taken, old).await?;
    let mut before = see_identity(tx, &seen_old, world.clock).await?;
    let seen_new = seen(tx, taken, new).await?;
    let mut after = see_identity(tx, &seen_new, world.clock).await?;
    if before.id == after.id {
        return spread_choice(tx, &after, world.routes, world.clock).await;
    }
    before.updated_ms = now;
    after.updated_ms = now;
    if let (Some(one), Some(other)) = (&before.choice.contact_id, &after.choice.contact_id)
        && one != other
    {
        before.conflict = Some(other.clone());
        after.conflict = Some(one.clone());
        before.facts.extend(Map::from_iter([("authorizedAs".to_owned(), Value::String(new.id.clone()))]));
        put_identity(tx, &before).await?;
        return put_identity(tx, &after).await;
    }
    if let Some(contact) = before.choice.contact_id.clone() {
        after.is_said_to_be(&contact);
    }
    // Who signs out and in again goes back to an id of before: the chain must not become a ring.
    after.same_as = None;
    put_identity(tx, &after).await?;
    before.same_as = Some(after.id.clone());
    put_identity(tx, &before).await?;
    let query = sqlx::query(MOVE_SESSIONS).bind(&taken.rules.workspace).bind(&old.id).bind(&new.id);
    query.execute(&mut *tx).await?;
    for mut chat in conversations_of(tx, &before.id).await?.into_iter().filter(|chat| chat.open) {
        chat.identity_id = Some(after.id.clone());
        chat.updated_ms = now;
        let urgency = (chat.choice.by_machine(after.choice.contact_id.as_deref()) && chat.revision > 0)
            .then_some(Urgency::Settling);
        put_conversation(tx, &chat, urgency, world.routes, world.clock).await?;
    }
    spread_choice(tx, &after, world.routes, world.clock).await
}
