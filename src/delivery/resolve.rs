//! Whose a log is that nobody was named for: by its numbers and the configured rules, or by a person.

use std::collections::BTreeSet;

use serde_json::Value;

use super::attempt::Failed;
use super::log::Log;
use super::{Inner, Lane};
use crate::config::delivery::{Nobody, Several};
use crate::domain::outbox::{OutboxEntry, Settlement, Why, connector_of};
use crate::domain::party::NamedContact;
use crate::domain::upstream::{NewContact, NewPhone, Trouble, UpstreamError};
use crate::storage::StorageError;
use crate::storage::contact_match::Quality;

/// People behind one number that are offered for a decision.
const OFFERED: usize = 20;

/// Finds out whose an entry's log is. Where it becomes clear, the log is put on that contact, which
/// gives the entry its connector.
pub(super) async fn resolve(inner: &Inner, entry: &OutboxEntry) -> Settlement {
    match find(inner, entry).await {
        Ok(settlement) => settlement,
        Err(Failed::Storage(error)) => {
            let why = Why { trouble: Trouble::Down, words: error.to_string(), without_effect: true };
            Settlement::Retry { due_ms: inner.means.clock.now_ms() + 5_000, why }
        }
        Err(Failed::Upstream(error)) => failed(inner, entry, &error),
    }
}

fn failed(inner: &Inner, entry: &OutboxEntry, error: &UpstreamError) -> Settlement {
    if error.unclear {
        return Settlement::Decision(format!("a contact may have been made for it: choose it in the widget ({error})"));
    }
    let mut own = super::budget::Budget::new(1, inner.rest, inner.rest);
    let now = inner.means.clock.now_ms();
    super::fate::of(error, entry.attempts + 1, &mut own, now, 1.0, inner.unclear)
}

async fn find(inner: &Inner, entry: &OutboxEntry) -> Result<Settlement, Failed> {
    let Some(log) = Log::find(&inner.means, entry).await? else {
        return Ok(Settlement::Kept("the log is not here any more".into()));
    };
    let wishes = inner.wishes(&entry.operator).await?;
    let people = inner.people_of(&log.remote_numbers())?;
    let ours: Vec<&str> = people
        .iter()
        .map(String::as_str)
        .filter(|id| connector_of(id).is_some_and(|(connector, _)| inner.routes.takes(connector, entry.kind)))
        .collect();
    let chosen = match ours.as_slice() {
        [only] => Some((*only).to_owned()),
        [] if !people.is_empty() => return Ok(Settlement::Kept("its contact is in the address book here only".into())),
        [] => return nobody(inner, entry, &log, wishes.nobody).await,
        several => match wishes.several.unwrap_or_else(|| inner.rule(several)) {
            Several::Ask => {
                let words = format!("{} contacts have this number: choose one in the widget", several.len());
                return Ok(Settlement::Decision(words));
            }
            Several::First => several.first().map(|id| (*id).to_owned()),
            Several::Recent => {
                let newest = inner.means.storage.newest_of(several).await?;
                newest.or_else(|| several.first().map(|id| (*id).to_owned()))
            }
        },
    };
    put_on(inner, entry, chosen).await
}

/// Nobody has the number.
async fn nobody(inner: &Inner, entry: &OutboxEntry, log: &Log, wish: Option<Nobody>) -> Result<Settlement, Failed> {
    let lanes = inner.lanes.values().filter(|lane| inner.routes.takes(&lane.id, entry.kind));
    let rule = |lane: &Lane| wish.unwrap_or(lane.nobody);
    let Some(lane) = lanes.into_iter().find(|lane| rule(lane) != Nobody::Keep) else {
        return Ok(Settlement::Kept(log.belongs_to_nobody().into()));
    };
    match rule(lane) {
        Nobody::Keep => Ok(Settlement::Kept(log.belongs_to_nobody().into())),
        Nobody::Ask => {
            let words = log.belongs_to_nobody();
            Ok(Settlement::Decision(format!("{words}: choose or make one in the widget")))
        }
        Nobody::Log => Ok(Settlement::Route(lane.id.clone())),
        Nobody::Create if entry.tried_revision > 0 => {
            Ok(Settlement::Decision("a contact may have been made for it: choose it in the widget".into()))
        }
        Nobody::Create => {
            let Some(number) = log.remote_numbers().into_iter().next() else {
                return Ok(Settlement::Kept("it has no number to make a contact of".into()));
            };
            let id = create(inner, lane, entry, log, number).await?;
            put_on(inner, entry, Some(id)).await
        }
    }
}

async fn create(inner: &Inner, lane: &Lane, entry: &OutboxEntry, log: &Log, number: String) -> Result<String, Failed> {
    let whose = lane.whose(&entry.operator);
    let phone = NewPhone { phone_number: number.clone(), ..NewPhone::default() };
    let contact =
        NewContact { name: log.remote_name().unwrap_or(number), phone_numbers: vec![phone], ..NewContact::default() };
    (inner.means.create)(lane.id.clone(), whose, contact).await.map_err(Failed::Upstream)
}

async fn put_on(inner: &Inner, entry: &OutboxEntry, contact: Option<String>) -> Result<Settlement, Failed> {
    let Some(id) = contact else { return Ok(Settlement::Kept("no contact has this number".into())) };
    inner.means.storage.choose_contact(entry.kind, &entry.log_id, NamedContact::Contact(id), false).await?;
    Ok(Settlement::Found)
}

impl Inner {
    /// Everybody who surely has one of these numbers, in the order the widget shows them.
    fn people_of(&self, numbers: &[String]) -> Result<Vec<String>, StorageError> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        self.means.storage.match_numbers(numbers, self.means.region, |_, person| {
            if person.quality != Quality::Weak && found.len() < OFFERED {
                let id = serde_json::from_str::<Value>(person.json).ok();
                let id = id.and_then(|json| json.get("id").and_then(Value::as_str).map(str::to_owned));
                found.extend(id.filter(|id| seen.insert(id.clone())));
            }
        })?;
        Ok(found)
    }

    /// The rule for several people: their connector's, or where they are in several the general one.
    fn rule(&self, people: &[&str]) -> Several {
        let connectors: BTreeSet<&str> = people.iter().filter_map(|id| connector_of(id)).map(|(id, _)| id).collect();
        match connectors.iter().next() {
            Some(only) if connectors.len() == 1 => self.lanes.get(*only).map_or(self.several, |lane| lane.several),
            _ => self.several,
        }
    }
}
