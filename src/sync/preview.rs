//! A dry run: what a full listing would change, with examples before and after the mapping. Nothing
//! is written.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::engine::Guard;
use super::mapping::Mapped;
use super::outcome::{Phase, Progress, RunError};
use super::{Lane, Means};
use crate::domain::contact::content_hash;
use crate::domain::phone::Number;
use crate::domain::upstream::{Change, ChangePage, Next, Record};

/// Examples shown.
const EXAMPLES: usize = 20;

/// What a full listing would do.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Preview {
    /// Records upstream.
    pub received: u64,
    /// Would be new here.
    pub new: u64,
    /// Would change.
    pub changed: u64,
    /// Are the same already.
    pub unchanged: u64,
    /// Would be left out by the filter.
    pub filtered: u64,
    /// Could not be taken.
    pub refused: u64,
    /// Contacts here that the listing does not show.
    pub gone: u64,
    /// Numbers that no region makes into E.164.
    pub odd_numbers: u64,
    /// The first records: as they came, and what becomes of them.
    pub examples: Vec<Example>,
}

/// A record before and after.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Example {
    /// As the upstream sent it.
    pub before: Value,
    /// The contact, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

pub(super) async fn preview(lane: &Lane, means: &Means) -> Result<Preview, RunError> {
    let mut preview = Preview::default();
    let mut guard = Guard::default();
    let mut cursor: Option<String> = None;
    let mut living = 0;
    loop {
        let ChangePage { changes, next, total } = lane.connector().list_changes(cursor.as_deref()).await?;
        let (after, more) = match next {
            Next::More(after) => (Some(after), true),
            Next::Done(after) => (after, false),
        };
        let records: Vec<Record> = changes
            .into_iter()
            .filter_map(|change| match change {
                Change::Upsert(record) => Some(*record),
                Change::Delete { .. } => None,
            })
            .collect();
        if more {
            guard.page(records.iter().map(|r| r.external_id.as_str()), cursor.as_deref(), after.as_deref())?;
        }
        preview.received += records.len() as u64;
        living += preview.compare(lane, means, records).await?;
        lane.progress.send_replace(Progress { phase: Phase::Listing, done: preview.received, total });
        cursor = after;
        if !more || means.closing.is_cancelled() {
            break;
        }
    }
    lane.progress.send_replace(Progress::default());
    preview.gone = means.storage.count_contacts_of(lane.id()).await?.saturating_sub(living);
    Ok(preview)
}

impl Preview {
    /// Counts some records; returns how many of them are contacts here already.
    async fn compare(&mut self, lane: &Lane, means: &Means, records: Vec<Record>) -> Result<u64, RunError> {
        let ids: Vec<String> = records.iter().map(|r| lane.mapping.contact_id(&r.external_id)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let held: HashMap<String, String> = means.storage.contacts_by_id(&ids).await?.into_iter().collect();
        let mut living = 0;
        for record in records {
            let before = (self.examples.len() < EXAMPLES).then(|| record.raw.clone());
            let after = match lane.mapping.map(record) {
                Mapped::Contact(contact) => {
                    let json = contact.to_json();
                    self.odd_numbers += contact
                        .phone_numbers
                        .iter()
                        .filter(|p| !p.number.as_ref().is_some_and(Number::is_e164))
                        .count() as u64;
                    match held.get(&contact.id) {
                        None => self.new += 1,
                        Some(old) if content_hash(old) == content_hash(&json) => self.unchanged += 1,
                        Some(_) => self.changed += 1,
                    }
                    living += u64::from(held.contains_key(&contact.id));
                    Ok(serde_json::from_str(&json).unwrap_or_else(|_| json!(null)))
                }
                Mapped::Filtered => {
                    self.filtered += 1;
                    Err("left out by the filter".to_owned())
                }
                Mapped::Refused(reason) => {
                    self.refused += 1;
                    Err(reason)
                }
            };
            if let Some(before) = before {
                let (after, reason) = match after {
                    Ok(contact) => (Some(contact), None),
                    Err(reason) => (None, Some(reason)),
                };
                self.examples.push(Example { before, after, reason });
            }
        }
        Ok(living)
    }
}
