//! What the demonstration's CRM knows: people and what was done with them. Pure; it knows of no requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// Somebody.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// Grows with each new person.
    pub id: u64,
    /// The whole name.
    pub full_name: String,
    /// Where they work.
    pub company: Option<String>,
    /// What they do there.
    pub title: Option<String>,
    /// Their numbers.
    pub phones: Vec<Phone>,
    /// Their addresses.
    pub emails: Vec<String>,
    /// Unix ms.
    pub changed_at: i64,
    /// They stay, marked, so that whoever lists changes hears of it.
    pub deleted: bool,
}

/// A number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Phone {
    /// As it was given.
    pub number: String,
    /// `mobile`, `business` and the like.
    #[serde(default)]
    pub kind: String,
}

/// What is written of a person; what is not given stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Card {
    /// Needed for somebody new.
    pub full_name: Option<String>,
    /// Where they work.
    pub company: Option<String>,
    /// What they do there.
    pub title: Option<String>,
    /// All of their numbers.
    pub phones: Option<Vec<Phone>>,
    /// All of their addresses.
    pub emails: Option<Vec<String>>,
}

/// What an activity was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A call.
    #[default]
    Call,
    /// A conversation's day.
    Message,
}

/// Something that was done with somebody.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Activity {
    /// Grows with each new activity.
    pub id: u64,
    /// A key of whoever wrote it; the CRM does not look whether it is there already.
    #[serde(rename = "ref")]
    pub key: String,
    /// What it was.
    pub kind: Kind,
    /// Whose; nobody's where it is none.
    pub person: Option<String>,
    /// In a few words.
    pub subject: String,
    /// In all words.
    pub text: String,
    /// When it was, Unix ms.
    pub at: i64,
    /// How long it took.
    pub seconds: i64,
    /// Unix ms.
    pub changed_at: i64,
    /// How often it was written again.
    pub changes: u32,
}

/// What is written of an activity; what is not given stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Note {
    /// Of a new activity.
    #[serde(rename = "ref")]
    pub key: Option<String>,
    /// Of a new activity.
    pub kind: Option<Kind>,
    /// Whose.
    pub person: Whose,
    /// In a few words.
    pub subject: Option<String>,
    /// In all words.
    pub text: Option<String>,
    /// When it was, Unix ms.
    pub at: Option<i64>,
    /// How long it took.
    pub seconds: Option<i64>,
}

/// Whose an activity is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Whose {
    /// It was not given.
    #[default]
    AsBefore,
    /// This person's; null is nobody's.
    Of(Option<String>),
}

impl<'de> Deserialize<'de> for Whose {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(Self::Of)
    }
}

/// All of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Books {
    serial: u64,
    people: BTreeMap<u64, Person>,
    activities: BTreeMap<u64, Activity>,
}

impl Books {
    fn next_id(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Everybody who is not deleted, by id; with `since` everybody who changed then or later.
    pub(super) fn people(&self, since: Option<i64>, after: u64) -> impl Iterator<Item = &Person> {
        let wanted = move |person: &&Person| since.map_or(!person.deleted, |since| person.changed_at >= since);
        self.people.range(after.saturating_add(1)..).map(|(_, person)| person).filter(wanted)
    }

    pub(super) fn person(&self, id: u64) -> Option<&Person> {
        self.people.get(&id).filter(|person| !person.deleted)
    }

    /// Adds somebody. The error says what is missing.
    pub(super) fn add(&mut self, card: Card, now: i64) -> Result<&Person, String> {
        let full_name = card.full_name.clone().filter(|name| !name.trim().is_empty());
        let id = self.next_id();
        let person = Person {
            id,
            full_name: full_name.ok_or("full_name is needed")?,
            company: None,
            title: None,
            phones: Vec::new(),
            emails: Vec::new(),
            changed_at: now,
            deleted: false,
        };
        let person = self.people.entry(id).or_insert(person);
        person.write(card, now);
        Ok(person)
    }

    pub(super) fn change(&mut self, id: u64, card: Card, now: i64) -> Option<&Person> {
        let person = self.people.get_mut(&id).filter(|person| !person.deleted)?;
        person.write(card, now);
        Some(person)
    }

    pub(super) fn delete(&mut self, id: u64, now: i64) -> bool {
        let Some(person) = self.people.get_mut(&id).filter(|person| !person.deleted) else { return false };
        (person.deleted, person.changed_at) = (true, now);
        true
    }

    pub(super) fn activities(&self) -> impl Iterator<Item = &Activity> {
        self.activities.values()
    }

    pub(super) fn activity(&self, id: u64) -> Option<&Activity> {
        self.activities.get(&id)
    }

    /// Writes an activity down, also one that is there already. The error says what is wrong.
    pub(super) fn note(&mut self, note: Note, now: i64) -> Result<&Activity, String> {
        self.check(&note)?;
        let id = self.next_id();
        let activity = self.activities.entry(id).or_default();
        activity.id = id;
        activity.key = note.key.clone().unwrap_or_default();
        activity.kind = note.kind.unwrap_or_default();
        activity.write(note, now);
        Ok(activity)
    }

    /// Writes an activity again; none where it is not there.
    pub(super) fn renote(&mut self, id: u64, note: Note, now: i64) -> Result<Option<&Activity>, String> {
        self.check(&note)?;
        let Some(activity) = self.activities.get_mut(&id) else { return Ok(None) };
        activity.changes += 1;
        activity.write(note, now);
        Ok(Some(activity))
    }

    /// The name of the person an activity is on.
    pub(super) fn name_of(&self, activity: &Activity) -> Option<&str> {
        let id = activity.person.as_ref()?.parse().ok()?;
        self.people.get(&id).map(|person| person.full_name.as_str())
    }

    fn check(&self, note: &Note) -> Result<(), String> {
        let Whose::Of(Some(person)) = &note.person else { return Ok(()) };
        let known = person.parse().is_ok_and(|id| self.person(id).is_some());
        if known { Ok(()) } else { Err(format!("there is no person {person:?}")) }
    }
}

impl Person {
    fn write(&mut self, card: Card, now: i64) {
        let Card { full_name, company, title, phones, emails } = card;
        self.full_name = full_name.unwrap_or_else(|| std::mem::take(&mut self.full_name));
        self.company = company.or_else(|| self.company.take());
        self.title = title.or_else(|| self.title.take());
        self.phones = phones.unwrap_or_else(|| std::mem::take(&mut self.phones));
        self.emails = emails.unwrap_or_else(|| std::mem::take(&mut self.emails));
        self.changed_at = now;
    }
}

impl Activity {
    fn write(&mut self, note: Note, now: i64) {
        let Note { key: _, kind: _, person, subject, text, at, seconds } = note;
        if let Whose::Of(person) = person {
            self.person = person;
        }
        self.subject = subject.unwrap_or_else(|| std::mem::take(&mut self.subject));
        self.text = text.unwrap_or_else(|| std::mem::take(&mut self.text));
        self.at = at.unwrap_or(self.at);
        self.seconds = seconds.unwrap_or(self.seconds);
        self.changed_at = now;
    }
}
