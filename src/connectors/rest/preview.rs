//! A look at a manifest without its API: is it usable, and what becomes of an answer.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::load::{Loaded, Vars, read};
use super::path::Found;
use super::plan::Plan;
use super::{listing, map, run};

/// What `trunkline connector check` tells.
#[derive(Debug, Default)]
pub struct Preview {
    /// What it found, for a person.
    pub told: String,
    /// What must be corrected.
    pub problems: Vec<String>,
}

/// Checks a manifest; maps its samples, or the given answer.
pub fn preview(name: &str, text: &str, answer: Option<&str>) -> Preview {
    let mut preview = Preview::default();
    let Loaded { manifest, plan } = match read(name, text, Vars::Examples) {
        Ok(loaded) => loaded,
        Err(problems) => {
            preview.problems = problems.iter().map(ToString::to_string).collect();
            return preview;
        }
    };
    preview.tell(&format!("{name}: a manifest for {}.", plan.name));
    for (var, about) in &manifest.vars {
        let need = if about.default.is_some() { "may be set" } else { "must be set" };
        preview.tell(&format!("  vars.{var} {need}: {}", about.description));
    }
    match answer {
        Some(answer) => preview.map(&plan, "the given answer", answer, 0, None),
        None => {
            for (index, sample) in manifest.samples.iter().enumerate() {
                let what = format!("samples[{index}]");
                preview.map(&plan, &what, &sample.answer, sample.listing, sample.contacts);
            }
        }
    }
    preview
}

impl Preview {
    fn tell(&mut self, line: &str) {
        let _ = writeln!(self.told, "{line}");
    }

    fn map(&mut self, plan: &Plan, what: &str, answer: &str, listing: usize, wanted: Option<usize>) {
        let mut wrong = |words: String| self.problems.push(format!("{what}: {words}"));
        let json: Value = match serde_json::from_str(answer) {
            Ok(json) => json,
            Err(error) => return wrong(format!("is not JSON: {error}")),
        };
        let Some(listing) = plan.sync.changes.get(listing) else {
            return wrong(format!("there is no listing {listing} under sync.changes"));
        };
        let records = match listing::records(listing, &Found::of(&json)) {
            Ok(records) => records,
            Err(words) => return wrong(words),
        };
        let mut contacts = 0;
        for (index, found) in records.iter().enumerate() {
            for words in map::complaints(&plan.contact, found) {
                self.problems.push(format!("{what}: record {index}: {words}"));
            }
            match map::record(&plan.contact, listing.id.as_ref(), found) {
                Err(words) => self.problems.push(format!("{what}: record {index}: {words}")),
                Ok(record) if run::is_gone(&plan.sync, found) => {
                    self.tell(&format!("{what}: {} is deleted", record.external_id));
                }
                Ok(record) if !map::is_contact(&plan.contact, found) => {
                    self.tell(&format!("{what}: {} is no contact (contact.only_when)", record.external_id));
                }
                Ok(record) => {
                    contacts += 1;
                    let facets = &record.facets;
                    let shown = json!({
                        "id": record.external_id,
                        "modified": record.modified_ms.and_then(chrono::DateTime::from_timestamp_millis),
                        "contact": record.contact,
                        "filters": {"owner": facets.owners, "list": facets.lists, "tag": facets.tags, "field": facets.fields},
                    });
                    let text = serde_json::to_string_pretty(&shown).unwrap_or_default();
                    self.tell(&format!("{what}: {text}"));
                }
            }
        }
        if let Some(wanted) = wanted.filter(|wanted| *wanted != contacts) {
            self.problems.push(format!("{what}: {contacts} contacts came out of it, not {wanted}"));
        }
    }
}
