//! What Rox.Chat's events do to chats: messages go into the transcript once, however many pages told of
//! them; a closing makes the log; a message after it opens the chat again, and the log is revised.

use serde_json::{Map, Value};
use sqlx::SqliteConnection;

use super::conversation_write::{append, find_conversation, open_conversation, put_conversation};
use super::conversations::conversation_columns;
use super::error::StorageError;
use super::roxchat_write::{Taken, World};
use super::{roxchat_command, roxchat_visitor, roxchat_watch};
use crate::domain::conversation::{Author, ChatMessage, Conversation, Opening};
use crate::domain::identity::{Channel, Identity};
use crate::domain::outbox::Urgency;
use crate::domain::roxchat::{ChatSource, Event, Visitor, kind_of};

const IDLE: &str = concat!(
    "select ",
    conversation_columns!(),
    " from conversation v where v.channel = 'roxchat' and v.account = $1 and v.state = 'open' and v.last_ms < $2 \
     order by v.last_ms limit 500"
);
/// The nearest event of another page that says the same, and that no event of this page repeats already:
/// a page that tells "ok" twice repeats two, not one.
const TWIN: &str = "select e.key, e.stream || ':' || e.seq from roxchat_event e \
     where e.workspace = $1 and e.digest = $2 and e.at_ms between $3 - $5 and $3 + $5 and e.stream <> $4 \
     and e.collapsed_into is null \
     and not exists (select 1 from roxchat_event o where o.collapsed_into = e.key and o.stream = $4) \
     order by abs(e.at_ms - $3), e.key limit 1";
const COLLAPSE: &str = "update roxchat_event set collapsed_into = $2 where key = $1";

/// The event that one repeats.
struct Twin {
    key: i64,
    id: String,
}

/// `newMessageAdded`.
pub(super) async fn message(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    event: &Event,
    world: World<'_>,
) -> Result<(), StorageError> {
    let Event::Message { visitor, chat_id, kind, text, truncated, session } = event else { return Ok(()) };
    let identity = roxchat_visitor::see(tx, taken, visitor, world).await?;
    roxchat_command::remember_session(tx, taken, &identity, session.as_deref()).await?;
    let twin = collapse(tx, taken).await?;
    let (kind, author) = kind_of(kind);
    let mut chat = open(tx, taken, *chat_id, &identity, world).await?;
    let message = ChatMessage {
        id: format!("{}:{}", taken.stream, taken.seq),
        at_ms: taken.at_ms,
        place: taken.seq,
        author,
        author_name: None,
        kind: kind.to_owned(),
        text: text.clone(),
        truncated: *truncated,
        attachments: Vec::new(),
        shown: taken.rules.kinds.iter().any(|known| known == kind),
        collapsed_into: twin.as_ref().map(|twin| twin.id.clone()),
    };
    let opened = Opened { author, session: session.as_deref() };
    roxchat_watch::heard(tx, taken, &mut chat, twin.as_ref().map(|twin| twin.key), Some(opened)).await?;
    let now = world.clock.now_ms();
    let mut urgency = None;
    if message.is_told() {
        if chat.open || (matches!(author, Author::Visitor | Author::Agent) && !was_before_the_end(&chat, taken.at_ms)) {
            chat.heard(taken.at_ms, now);
        } else {
            // "The agent closed the chat": a word of the system does not open it again, nor what another page saw
            // before and tells late.
            chat.last_ms = chat.last_ms.max(taken.at_ms);
            chat.updated_ms = now;
            chat.revision += 1;
        }
        if taken.rules.log_at_once && chat.revision == 0 {
            chat.revision = 1;
        }
        let pace = match (chat.open, taken.rules.log_at_once) {
            (false, _) => Urgency::Complete,
            (true, true) => Urgency::Settling,
            (true, false) => Urgency::Live,
        };
        urgency = (chat.revision > 0).then_some(pace);
    }
    put_conversation(tx, &chat, urgency, world.routes, world.clock).await?;
    append(tx, &chat.id, &message).await?;
    Ok(())
}

/// Whether somebody closed the chat after this. Silence says nothing: what was told late was no silence.
fn was_before_the_end(chat: &Conversation, at_ms: i64) -> bool {
    chat.closed_by.as_deref() != Some("idle") && chat.closed_ms.is_some_and(|closed| at_ms < closed)
}

/// How a chat was begun, as far as it is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opened<'a> {
    pub(super) author: Author,
    pub(super) session: Option<&'a str>,
}

/// `chatClosedByOperator`.
pub(super) async fn close(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    (visitor, chat_id, source): (&Visitor, i64, &ChatSource),
    world: World<'_>,
) -> Result<(), StorageError> {
    let identity = roxchat_visitor::see_named(tx, taken, visitor, source.user_name.as_deref(), world).await?;
    let twin = collapse(tx, taken).await?;
    let mut chat = open(tx, taken, chat_id, &identity, world).await?;
    roxchat_watch::heard(tx, taken, &mut chat, twin.as_ref().map(|twin| twin.key), None).await?;
    chat.facts.extend(facts(source));
    let now = world.clock.now_ms();
    // What another page told already closes nothing that was said since.
    let mut changed = twin.is_none() && chat.close("operator", taken.at_ms, now);
    if !chat.open && chat.closed_by.as_deref() == Some("idle") {
        // It went silent and was closed for that; now it is known who ended it.
        chat.closed_by = Some("operator".into());
        chat.revision += 1;
        changed = true;
    }
    put_conversation(tx, &chat, changed.then_some(Urgency::Complete), world.routes, world.clock).await
}

/// `visitorSelected`: nothing is said, but a chat that is seen for the first time was going on before.
pub(super) async fn selected(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    event: &Event,
    world: World<'_>,
) -> Result<(), StorageError> {
    let Event::Selected { visitor, chat_id, session } = event else { return Ok(()) };
    let identity = roxchat_visitor::see(tx, taken, visitor, world).await?;
    roxchat_command::remember_session(tx, taken, &identity, session.as_deref()).await?;
    let Some(chat_id) = *chat_id else { return Ok(()) };
    let known = find_conversation(tx, Channel::Roxchat, &taken.rules.workspace, &chat_id.to_string()).await?;
    if known.is_none() {
        roxchat_watch::began_before(tx, taken, chat_id).await?;
    }
    Ok(())
}

/// Closes what went silent.
pub(super) async fn close_idle(
    tx: &mut SqliteConnection,
    workspace: &str,
    before_ms: i64,
    world: World<'_>,
) -> Result<i64, StorageError> {
    let idle: Vec<Conversation> = sqlx::query_as(IDLE).bind(workspace).bind(before_ms).fetch_all(&mut *tx).await?;
    let now = world.clock.now_ms();
    for mut chat in idle.iter().cloned() {
        roxchat_watch::ended(tx, workspace, &mut chat).await?;
        chat.close("idle", now, now);
        put_conversation(tx, &chat, Some(Urgency::Complete), world.routes, world.clock).await?;
    }
    Ok(i64::try_from(idle.len()).unwrap_or(i64::MAX))
}

/// The chat, new where it was not known; the visitor's contact is the chat's where nobody said otherwise.
async fn open(
    tx: &mut SqliteConnection,
    taken: Taken<'_>,
    chat_id: i64,
    identity: &Identity,
    world: World<'_>,
) -> Result<Conversation, StorageError> {
    let opening = Opening {
        channel: Channel::Roxchat,
        account: taken.rules.workspace.clone(),
        external_id: chat_id.to_string(),
        identity_id: Some(identity.id.clone()),
        operator: taken.operator.to_owned(),
        started_ms: taken.at_ms,
    };
    let mut chat = open_conversation(tx, opening, world.clock).await?;
    if chat.identity_id.as_ref() == Some(&identity.id) {
        chat.choice.by_machine(identity.choice.contact_id.as_deref());
    }
    Ok(chat)
}

/// Finds out whether another page told the same within the window, and notes it.
async fn collapse(tx: &mut SqliteConnection, taken: Taken<'_>) -> Result<Option<Twin>, StorageError> {
    let Some(digest) = taken.digest.filter(|_| taken.rules.dedupe_ms > 0) else { return Ok(None) };
    let query = sqlx::query_as(TWIN).bind(&taken.rules.workspace).bind(digest).bind(taken.at_ms);
    let found: Option<(i64, String)> =
        query.bind(taken.stream).bind(taken.rules.dedupe_ms).fetch_optional(&mut *tx).await?;
    let Some((key, id)) = found else { return Ok(None) };
    sqlx::query(COLLAPSE).bind(taken.key).bind(key).execute(tx).await?;
    Ok(Some(Twin { key, id }))
}

fn facts(source: &ChatSource) -> Map<String, Value> {
    let told = [
        ("channelId", &source.id),
        ("channelType", &source.kind),
        ("channelUserId", &source.user_id),
        ("channelUserName", &source.user_name),
    ];
    let told = told.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?.into())));
    told.collect()
}
