//! A log as the outbox names it, whichever kind it is.

use serde_json::{Map, Value};

use super::Means;
use super::compose::{self, Facts};
use crate::domain::call_log::CallLog;
use crate::domain::media::{MediaKind, MediaRow};
use crate::domain::outbox::OutboxEntry;
use crate::domain::party::Choice;
use crate::domain::upstream::{LogEntry, LogKind};
use crate::storage::StorageError;
use crate::storage::conversations::HeldConversation;
use crate::storage::message_logs::MessageLog;

/// One of all kinds.
#[derive(Debug)]
pub(super) enum Log {
    Call(Box<CallLog>),
    Messages(Box<MessageLog>, Vec<Map<String, Value>>),
    Chat(Box<HeldConversation>),
}

impl Log {
    /// The log of an entry, as it stands now.
    pub(super) async fn find(means: &Means, entry: &OutboxEntry) -> Result<Option<Self>, StorageError> {
        Ok(match entry.kind {
            LogKind::Call => means.storage.find_call_log(&entry.log_id).await?.map(|log| Self::Call(Box::new(log))),
            LogKind::Message => match means.storage.find_message_log(&entry.log_id).await? {
                None => {
                    let held = means.storage.find_held_conversation(&entry.log_id).await?;
                    held.map(|chat| Self::Chat(Box::new(chat)))
                }
                Some(log) => {
                    let messages = means.storage.messages_of(&log.id).await?;
                    let messages = messages.into_iter().filter_map(|message| match message {
                        Value::Object(map) => Some(map),
                        _ => None,
                    });
                    Some(Self::Messages(Box::new(log), messages.collect()))
                }
            },
        })
    }

    pub(super) fn choice(&self) -> &Choice {
        match self {
            Self::Call(log) => &log.choice,
            Self::Messages(log, _) => &log.choice,
            Self::Chat(chat) => &chat.conversation.choice,
        }
    }

    /// Why it stays here when nobody says whose it is.
    pub(super) fn belongs_to_nobody(&self) -> &'static str {
        match self {
            Self::Call(_) | Self::Messages(..) => "no contact has this number",
            Self::Chat(_) => "nobody has said which contact this visitor is",
        }
    }

    /// The numbers of the other ends.
    pub(super) fn remote_numbers(&self) -> Vec<String> {
        match self {
            Self::Call(log) => log.remote_number.iter().cloned().collect(),
            Self::Messages(log, _) => log.remote_numbers.clone(),
            Self::Chat(_) => Vec::new(),
        }
    }

    /// The name the network gave for the other end.
    pub(super) fn remote_name(&self) -> Option<String> {
        let party = match self {
            Self::Call(log) => {
                let end = if log.direction() == crate::domain::party::Direction::Inbound { "from" } else { "to" };
                log.call.get(end).cloned()
            }
            Self::Messages(log, _) => {
                log.conversation.get("correspondents").and_then(Value::as_array).and_then(|all| all.first().cloned())
            }
            Self::Chat(chat) => return chat.identity.as_ref().and_then(|identity| identity.name.clone()),
        };
        party?.get("name")?.as_str().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
    }

    /// What it says.
    pub(super) fn facts(&self, contact: Option<String>, media: &[MediaRow], means: &Means) -> Facts {
        let base = (means.own_address)();
        let address = |file: &MediaRow| file.address(base.as_deref());
        match self {
            Self::Call(log) => {
                let facts = compose::of_call(log, contact, means.zone);
                let recording = media.iter().rfind(|file| file.kind == MediaKind::Recording).map(address);
                Facts { recording: recording.or(facts.recording), ..facts }
            }
            Self::Messages(log, messages) => {
                compose::of_messages(log, messages, contact, means.zone, &|message, attachment| {
                    let ours = |file: &&MediaRow| file.message_id == message && file.source_id == attachment;
                    media.iter().find(ours).map(address)
                })
            }
            Self::Chat(chat) => {
                compose::of_chat(&chat.conversation, chat.identity.as_ref(), &chat.messages, contact, means.zone)
            }
        }
    }

    /// What is written upstream, but for its text.
    pub(super) fn entry(&self, key: String, facts: &Facts) -> LogEntry {
        let (kind, started_ms, seconds) = match self {
            Self::Call(log) => (LogKind::Call, log.started_at(), log.duration().unwrap_or(0)),
            Self::Messages(log, _) => (LogKind::Message, log.last_message_at, 0),
            Self::Chat(chat) => {
                let (first, last) = (chat.conversation.started_ms, chat.conversation.last_ms);
                (LogKind::Message, first, last.saturating_sub(first) / 1000)
            }
        };
        LogEntry {
            key,
            kind,
            contact_id: None,
            moved: false,
            moved_from: None,
            subject: facts.subject.clone(),
            body: String::new(),
            direction: facts.direction.clone(),
            from: facts.from.clone(),
            to: facts.to.clone(),
            started_ms,
            seconds,
            result: facts.result.clone().unwrap_or_default(),
            recording_url: facts.recording.clone(),
            form: facts.form.clone(),
            answers: Map::new(),
            captured: Map::new(),
        }
    }
}
