//! The two ends of a call or message, and who of them is "the other one".

use serde_json::{Map, Value};

use super::json;
use super::phone::{Number, Region};
use super::redact::strip_access_token;

/// Which way a call or message went, seen from the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the operator.
    Inbound,
    /// From the operator.
    Outbound,
}

impl Direction {
    /// From the widget's word; `None` for anything else.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "Inbound" => Some(Self::Inbound),
            "Outbound" => Some(Self::Outbound),
            _ => None,
        }
    }

    /// The widget's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inbound => "Inbound",
            Self::Outbound => "Outbound",
        }
    }
}

/// The key of a party's number (`phoneNumber`, or `extensionNumber` of a colleague), as contacts
/// are matched by it.
pub fn number_of(party: Option<&Value>, region: Option<Region>) -> Option<String> {
    let party = json::object(party)?;
    let raw = json::text(party.get("phoneNumber")).or_else(|| json::text(party.get("extensionNumber")))?;
    Number::parse(&raw, region).map(|number| number.number)
}

/// The contact that a post itself names for the other end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum NamedContact {
    /// The post says nothing about it.
    #[default]
    Silent,
    /// Nobody: the person chose "unknown".
    Nobody,
    /// This contact.
    Contact(String),
}

impl NamedContact {
    /// From a log form: `contactId` (the default form) or `contact` (ours); the value `unknown`
    /// means nobody (protocol 4.3).
    pub fn from_form(form: Option<&Map<String, Value>>) -> Self {
        let Some(form) = form else { return Self::Silent };
        // An empty field is no choice: a form opened before the contact was known sends one.
        match json::id_of(form.get("contactId")).or_else(|| json::id_of(form.get("contact"))).as_deref() {
            None => Self::Silent,
            Some("unknown") => Self::Nobody,
            Some(id) => Self::Contact(id.to_owned()),
        }
    }

    /// From an entity the widget hands over; a weakly matched one is not taken for a choice.
    pub fn from_entity(entity: Option<&Value>) -> Self {
        let Some(entity) = json::object(entity) else { return Self::Silent };
        match json::text(entity.get("id")) {
            Some(id) if !is_weak(entity) => Self::Contact(id),
            _ => Self::Silent,
        }
    }
}

/// Whether a match entity was marked as weak when numbers were matched.
pub fn is_weak(entity: &Map<String, Value>) -> bool {
    entity.get("matchQuality").and_then(Value::as_str) == Some("weak")
}

/// The only certain entity of a match list; `None` when there is none or several.
pub fn single_match(matches: Option<&Value>) -> Option<String> {
    match matches?.as_array()?.as_slice() {
        [only] => match NamedContact::from_entity(Some(only)) {
            NamedContact::Contact(id) => Some(id),
            _ => None,
        },
        _ => None,
    }
}

/// Who decided which contact a log belongs to. What a person decided is not changed by a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decider {
    /// Nobody yet: the log waits for the operator.
    Nobody,
    /// A single match.
    Machine,
    /// The operator.
    Person,
}

impl Decider {
    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Machine => "machine",
            Self::Person => "person",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Self {
        match word {
            "machine" => Self::Machine,
            "person" => Self::Person,
            _ => Self::Nobody,
        }
    }
}

/// Which contact a log belongs to, and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The contact's id.
    pub contact_id: Option<String>,
    /// Who decided.
    pub decided_by: Decider,
}

impl Default for Choice {
    fn default() -> Self {
        Self { contact_id: None, decided_by: Decider::Nobody }
    }
}

impl Choice {
    /// What a person says always holds. Returns whether it changed anything.
    pub fn by_person(&mut self, named: &NamedContact) -> bool {
        let contact_id = match named {
            NamedContact::Silent => return false,
            NamedContact::Nobody => None,
            NamedContact::Contact(id) => Some(id.clone()),
        };
        let said = Self { contact_id, decided_by: Decider::Person };
        let changed = *self != said;
        *self = said;
        changed
    }

    /// What somebody says. Returns whether it changed anything.
    pub fn take(&mut self, named: &NamedContact, by_person: bool) -> bool {
        match named {
            _ if by_person => self.by_person(named),
            NamedContact::Contact(id) => self.by_machine(Some(id)),
            NamedContact::Silent | NamedContact::Nobody => false,
        }
    }

    /// A machine only fills what is open. Returns whether it did.
    pub fn by_machine(&mut self, contact_id: Option<&str>) -> bool {
        let fills = self.decided_by == Decider::Nobody && contact_id.is_some();
        if fills {
            *self = Self { contact_id: contact_id.map(str::to_owned), decided_by: Decider::Machine };
        }
        fills
    }
}

/// The note of a post: its own, or the form's; a link pasted into it loses its token as any other.
pub fn note_of(note: Option<&Value>, form: Option<&Map<String, Value>>) -> Option<String> {
    let note = json::text(note).or_else(|| json::text(form?.get("note")))?;
    Some(strip_access_token(&note).into_owned())
}

/// A person's note, and the earlier texts of it. An empty text never erases one: a form opened
/// before the note was known sends an empty field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    /// The note as it stands.
    pub text: Option<String>,
    /// What it said before, oldest first, at most [`Note::KEPT`].
    pub earlier: Vec<String>,
}

impl Note {
    /// How many earlier texts are kept.
    pub const KEPT: usize = 50;

    /// Takes what a person wrote. Returns whether it is new.
    pub fn write(&mut self, text: Option<&str>) -> bool {
        let Some(text) = text.filter(|t| !t.trim().is_empty()) else { return false };
        if self.text.as_deref() == Some(text) {
            return false;
        }
        if let Some(before) = self.text.replace(text.to_owned()) {
            if self.earlier.len() >= Self::KEPT {
                self.earlier.remove(0);
            }
            self.earlier.push(before);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_person_is_not_overruled() {
        let mut choice = Choice::default();
        choice.by_machine(Some("a"));
        choice.by_machine(Some("b"));
        assert_eq!(choice.contact_id.as_deref(), Some("a"));
        choice.by_person(&NamedContact::from_form(json!({"contactId": "unknown"}).as_object()));
        choice.by_machine(Some("a"));
        assert_eq!(choice, Choice { contact_id: None, decided_by: Decider::Person });
    }

    #[test]
    fn notes_are_never_erased() {
        let mut note = Note::default();
        for text in [Some("one"), Some(""), None, Some("two"), Some("two")] {
            note.write(text);
        }
        assert_eq!(note, Note { text: Some("two".into()), earlier: vec!["one".into()] });
    }

    #[test]
    fn weak_and_several_matches_decide_nothing() {
        assert_eq!(single_match(Some(&json!([{"id": "a"}]))).as_deref(), Some("a"));
        assert_eq!(single_match(Some(&json!([{"id": "a", "matchQuality": "weak"}]))), None);
        assert_eq!(single_match(Some(&json!([{"id": "a"}, {"id": "b"}]))), None);
    }
}
