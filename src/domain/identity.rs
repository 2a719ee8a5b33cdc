//! Identities: the visitors that a chat widget tells us of, each under its channel, its account there and
//! its own id, and which contact such a visitor is.

use serde_json::{Map, Value};

use super::party::{Choice, NamedContact};

/// Which widget something comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// `RingCentral` Embeddable: calls and text messages.
    Embeddable,
    /// `RingCentral` Engage Messaging: the web chat.
    Engage,
    /// Rox.Chat: the agents' workspace.
    Roxchat,
}

impl Channel {
    const ALL: [Self; 3] = [Self::Embeddable, Self::Engage, Self::Roxchat];

    /// The stored word, and the word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Embeddable => "embeddable",
            Self::Engage => "engage",
            Self::Roxchat => "roxchat",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.word() == word)
    }

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embeddable => "RingCentral",
            Self::Engage => "Engage",
            Self::Roxchat => "Rox.Chat",
        }
    }
}

/// A visitor.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// `vi_...`.
    pub id: String,
    /// Where the visitor comes from.
    pub channel: Channel,
    /// The community or workspace there, by its id in the configuration.
    pub account: String,
    /// The visitor's id there.
    pub external_id: String,
    /// The name the channel gives.
    pub name: Option<String>,
    /// What else it tells.
    pub facts: Map<String, Value>,
    /// Whether somebody vouches for the external id: a signed token, a signed visitor.
    pub verified: bool,
    /// Which contact it is, and who said so.
    pub choice: Choice,
    /// A contact that it may be; a person decides.
    pub suggested: Option<String>,
    /// Another contact that it was said to be after the first. Recorded, never merged.
    pub conflict: Option<String>,
    /// The identity that took its place.
    pub same_as: Option<String>,
    /// Unix ms.
    pub created_ms: i64,
    /// Unix ms.
    pub updated_ms: i64,
}

/// What a channel tells of a visitor.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Where.
    pub channel: Channel,
    /// The community or workspace.
    pub account: String,
    /// The visitor's id there.
    pub external_id: String,
    /// The name.
    pub name: Option<String>,
    /// What else is told; laid over what is known.
    pub facts: Map<String, Value>,
    /// Whether somebody vouches for the id.
    pub verified: bool,
    /// The contact it surely is.
    pub contact: Option<String>,
    /// The contact it may be.
    pub suggested: Option<String>,
}

impl Seen {
    /// A visitor of whom nothing but the id is known.
    pub fn new(channel: Channel, account: impl Into<String>, external_id: impl Into<String>) -> Self {
        Self {
            channel,
            account: account.into(),
            external_id: external_id.into(),
            name: None,
            facts: Map::new(),
            verified: false,
            contact: None,
            suggested: None,
        }
    }
}

impl Identity {
    /// A visitor who was not known before.
    pub fn new(id: String, seen: &Seen, now_ms: i64) -> Self {
        let mut identity = Self {
            id,
            channel: seen.channel,
            account: seen.account.clone(),
            external_id: seen.external_id.clone(),
            name: None,
            facts: Map::new(),
            verified: false,
            choice: Choice::default(),
            suggested: None,
            conflict: None,
            same_as: None,
            created_ms: now_ms,
            updated_ms: now_ms,
        };
        identity.see(seen, now_ms);
        identity
    }

    /// Takes what is told of it now. Returns whether that was new.
    pub fn see(&mut self, seen: &Seen, now_ms: i64) -> bool {
        let before = self.clone();
        if seen.name.as_deref().is_some_and(|name| !name.trim().is_empty()) {
            self.name.clone_from(&seen.name);
        }
        self.facts.extend(seen.facts.clone());
        self.verified |= seen.verified;
        if let Some(contact) = &seen.contact {
            self.is_said_to_be(contact);
        }
        if self.choice.contact_id.is_none()
            && let Some(suggested) = &seen.suggested
        {
            self.suggested = Some(suggested.clone());
        }
        let changed = *self != before;
        if changed {
            self.updated_ms = now_ms;
        }
        changed
    }

    /// A machine says which contact it is: that fills what is open, and else is recorded.
    pub fn is_said_to_be(&mut self, contact: &str) {
        if self.choice.by_machine(Some(contact)) {
            self.suggested = None;
        } else if self.choice.contact_id.as_deref() != Some(contact) {
            self.conflict = Some(contact.to_owned());
        }
    }

    /// A person says which contact it is, or that it is nobody.
    pub fn is_decided(&mut self, contact: &NamedContact, now_ms: i64) {
        if self.choice.by_person(contact) {
            self.updated_ms = now_ms;
        }
        self.suggested = None;
        self.conflict = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::party::Decider;

    #[test]
    fn a_second_contact_is_a_conflict_and_no_merge() {
        let mut seen = Seen::new(Channel::Roxchat, "main", "v1");
        let mut identity = Identity::new("vi_1".into(), &seen, 1);
        assert!(!identity.see(&seen, 2) && identity.updated_ms == 1);
        seen.suggested = Some("crm:9".into());
        assert!(identity.see(&seen, 3));
        assert_eq!(identity.suggested.as_deref(), Some("crm:9"));
        seen.contact = Some("crm:1".into());
        assert!(identity.see(&seen, 4));
        assert_eq!((identity.choice.contact_id.as_deref(), identity.suggested.as_deref()), (Some("crm:1"), None));
        seen.contact = Some("crm:2".into());
        identity.see(&seen, 5);
        assert_eq!(identity.choice.contact_id.as_deref(), Some("crm:1"));
        assert_eq!(identity.conflict.as_deref(), Some("crm:2"));
        identity.is_decided(&NamedContact::Contact("crm:2".into()), 6);
        assert_eq!(identity.choice.decided_by, Decider::Person);
        assert_eq!((identity.choice.contact_id.as_deref(), identity.conflict), (Some("crm:2"), None));
    }
}
