//! A transcript, whichever channel its conversation was held on.

use serde_json::{Map, Value};

use super::super::problem::ApiError;
use super::super::state::ServiceState;
use crate::domain::conversation::{Author, ChatMessage};
use crate::domain::identity::Channel;
use crate::domain::json;
use crate::storage::StorageError;
use crate::storage::conversations::HeldConversation;
use crate::storage::message_logs::MessageLog;

/// What was written to each other, in its order.
pub(super) struct Transcript {
    /// "Rox.Chat" or "SMS".
    pub(super) what: String,
    /// Whose log it is; none where every operator may read it.
    pub(super) operator: Option<String>,
    /// The contact's name.
    pub(super) contact: Option<String>,
    /// The other end, as the channel names it.
    pub(super) visitor: Option<String>,
    /// Whether somebody vouches for that.
    pub(super) verified: bool,
    /// How it stands, for a person.
    pub(super) state: String,
    /// Messages are surely missing.
    pub(super) partial: bool,
    pub(super) lines: Vec<Line>,
}

/// One message.
pub(super) struct Line {
    pub(super) at_ms: i64,
    pub(super) author: Author,
    pub(super) name: Option<String>,
    pub(super) text: String,
    pub(super) truncated: bool,
    pub(super) attachments: Vec<String>,
}

/// The transcript of a conversation (`cv_...`) or of a day of text messages (`ml_...`).
pub(super) async fn find(state: &ServiceState, id: &str) -> Result<Option<Transcript>, ApiError> {
    if let Some(held) = state.storage.find_held_conversation(id).await? {
        let contact = name_of(state, held.conversation.choice.contact_id.as_deref()).await?;
        return Ok(Some(of_chat(held, contact)));
    }
    let Some(log) = state.storage.find_message_log(id).await? else { return Ok(None) };
    let messages = state.storage.messages_of(&log.id).await?;
    let contact = name_of(state, log.choice.contact_id.as_deref()).await?;
    Ok(Some(of_day(log, &messages, contact)))
}

async fn name_of(state: &ServiceState, contact: Option<&str>) -> Result<Option<String>, StorageError> {
    let Some(id) = contact else { return Ok(None) };
    Ok(state.storage.find_contact_name(id).await?.filter(|name| !name.is_empty()))
}

fn of_chat(held: HeldConversation, contact: Option<String>) -> Transcript {
    let HeldConversation { conversation, identity, messages } = held;
    let closed = conversation.closed_by.as_deref().map(|by| match by {
        "operator" => "closed by the operator",
        "visitor" => "closed by the visitor",
        "idle" => "closed after a long silence",
        _ => "closed",
    });
    Transcript {
        what: conversation.channel.name().to_owned(),
        operator: None,
        // An id says nothing to a person who knows the name.
        visitor: identity.as_ref().and_then(|identity| {
            let id = || format!("visitor {}", identity.external_id);
            identity.name.clone().or_else(|| contact.is_none().then(id))
        }),
        contact,
        verified: identity.is_some_and(|identity| identity.verified),
        state: if conversation.open { "open" } else { closed.unwrap_or("closed") }.to_owned(),
        partial: conversation.partial,
        lines: messages
            .into_iter()
            .filter(ChatMessage::is_told)
            .map(|message| Line {
                at_ms: message.at_ms,
                author: message.author,
                name: message.author_name,
                text: message.text,
                truncated: message.truncated,
                attachments: message.attachments,
            })
            .collect(),
    }
}

fn of_day(log: MessageLog, messages: &[Value], contact: Option<String>) -> Transcript {
    Transcript {
        what: format!("{} of {}", log.kind, Channel::Embeddable.name()),
        operator: Some(log.operator),
        contact,
        visitor: log.remote_numbers.first().cloned(),
        verified: false,
        state: log.day,
        partial: false,
        lines: messages.iter().filter_map(Value::as_object).map(of_message).collect(),
    }
}

fn of_message(message: &Map<String, Value>) -> Line {
    let inbound = message.get("direction").and_then(Value::as_str) != Some("Outbound");
    let attachments = message.get("attachments").and_then(Value::as_array).into_iter().flatten();
    let shown = attachments.filter(|item| item.get("type").and_then(Value::as_str) != Some("Text"));
    let from = json::object(message.get("from"));
    Line {
        at_ms: json::integer(message.get("creationTime")).unwrap_or(0),
        author: if inbound { Author::Visitor } else { Author::Agent },
        name: from.and_then(|from| json::text(from.get("name")).or_else(|| json::text(from.get("phoneNumber")))),
        text: json::text(message.get("subject")).unwrap_or_default(),
        truncated: false,
        attachments: shown
            .filter_map(|item| json::text(item.get("link")).or_else(|| json::text(item.get("uri"))))
            .collect(),
    }
}
