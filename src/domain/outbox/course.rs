//! What becomes of a log's outbox entries when the log changes, and of an entry after an attempt.

use super::{OutboxEntry, OutboxState, Routes, Target, Urgency};
use crate::domain::party::Choice;
use crate::domain::upstream::{LogKind, Trouble};

/// A log that is new or has changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The log.
    pub log_id: String,
    /// What it is.
    pub kind: LogKind,
    /// Whose log it is.
    pub operator: String,
    /// Which contact it belongs to.
    pub choice: Choice,
    /// How urgent the change is.
    pub urgency: Urgency,
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Settlement {
    /// A revision stands upstream.
    Delivered {
        /// Which.
        revision: i64,
        /// Under this id.
        upstream_id: String,
        /// On this contact.
        contact: Option<String>,
        /// With this text; none where that is not known.
        digest: Option<String>,
    },
    /// It is tried again.
    Retry {
        /// Not before, Unix ms.
        due_ms: i64,
        /// Why.
        why: Why,
    },
    /// The log was put on a contact, and its entry is its connector's now.
    Found,
    /// It goes to this connector without a contact.
    Route(String),
    /// It waits for a sign-in.
    Paused(Why),
    /// A person has to say which contact it is; in words.
    Decision(String),
    /// A person has to look whether it stands upstream.
    Unsure(Why),
    /// The upstream does not take it.
    Dead(Why),
    /// It is kept here only; why, in words.
    Kept(String),
}

/// How an entry was when it was claimed: what changed since is newer than what an attempt saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its connector.
    pub connector: String,
    /// Its revision.
    pub revision: i64,
}

/// Trouble, and whether it surely had no effect upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Its kind.
    pub trouble: Trouble,
    /// In words.
    pub words: String,
    /// Nothing was written.
    pub without_effect: bool,
}

/// The entries of a log that are new or changed by a fact.
pub fn advance(
    known: Vec<OutboxEntry>,
    fact: &Fact,
    routes: &Routes,
    now_ms: i64,
    new_id: impl FnOnce() -> String,
) -> Vec<OutboxEntry> {
    let target = routes.target(fact.kind, &fact.choice);
    let wanted = match &target {
        Target::Here => None,
        // One that was delivered without a contact stays where it is.
        Target::Open => {
            Some(known.iter().find(|entry| routes.takes_unassigned(entry)).map_or("", |entry| &entry.connector))
        }
        Target::Connector(id) => Some(id.as_str()),
    };
    let wanted = wanted.map(str::to_owned);
    let wanted = wanted.as_deref();
    let patient = wanted.and_then(|id| routes.connectors.get(id)).is_some_and(|route| route.patient);
    let urgency = if patient && fact.urgency == Urgency::Asked { Urgency::Settling } else { fact.urgency };
    let due_ms = routes.due(urgency, now_ms);
    let place = wanted.and_then(|wanted| known.iter().position(|entry| entry.connector == wanted));
    // An entry that waits to learn its connector becomes that connector's.
    let place = place.or_else(|| wanted.and_then(|_| known.iter().position(|entry| entry.connector.is_empty())));
    let mut changed = Vec::with_capacity(known.len() + 1);
    for (at, mut entry) in known.into_iter().enumerate() {
        let before = entry.clone();
        if Some(at) == place {
            let wanted = wanted.unwrap_or_default();
            if entry.connector != wanted {
                wanted.clone_into(&mut entry.connector);
                entry.tried_revision = 0;
                entry.begin_again(due_ms);
            }
            entry.revise(due_ms);
        } else {
            entry.lose(now_ms);
        }
        if entry != before {
            entry.updated_ms = now_ms;
            changed.push(entry);
        }
    }
    if let (None, Some(wanted)) = (place, wanted) {
        changed.push(OutboxEntry {
            id: new_id(),
            log_id: fact.log_id.clone(),
            kind: fact.kind,
            connector: wanted.to_owned(),
            operator: fact.operator.clone(),
            state: OutboxState::Waiting,
            revision: 1,
            delivered_revision: 0,
            tried_revision: 0,
            tried_contact: None,
            tried_ms: 0,
            delivered_contact: None,
            delivered_digest: None,
            upstream_id: None,
            captured: serde_json::Map::new(),
            attempts: 0,
            due_ms,
            trouble: None,
            words: None,
            created_ms: now_ms,
            updated_ms: now_ms,
            delivered_ms: None,
        });
    }
    changed
}

impl OutboxEntry {
    /// Whether anything of it stands upstream, or may.
    pub fn is_upstream(&self) -> bool {
        self.upstream_id.is_some() || self.tried_revision > 0 || !self.captured.is_empty()
    }

    /// A try from the start, at a time.
    fn begin_again(&mut self, due_ms: i64) {
        self.state = OutboxState::Waiting;
        self.attempts = 0;
        self.due_ms = due_ms;
        self.trouble = None;
        self.words = None;
    }

    /// The log changed.
    fn revise(&mut self, due_ms: i64) {
        self.revision += 1;
        match self.state {
            // What the upstream did not take, it may take now.
            OutboxState::Delivered | OutboxState::Kept | OutboxState::Dead => self.begin_again(due_ms),
            OutboxState::Waiting if self.attempts == 0 => self.due_ms = due_ms,
            // It keeps its place in the back-off; what waits for a person goes on waiting.
            OutboxState::Waiting | OutboxState::Paused | OutboxState::Unsure | OutboxState::Decision => {}
        }
    }

    /// The log belongs elsewhere now.
    fn lose(&mut self, now_ms: i64) {
        if self.connector.is_empty() || !self.is_upstream() {
            self.state = OutboxState::Kept;
            self.words = None;
        } else if self.state != OutboxState::Kept {
            // What stands upstream has to say so.
            self.revise(now_ms);
        }
    }

    /// A person wants it tried again. What is unsure is written again: the person has looked. What may
    /// still be on its way is left alone until `unclear_ms` have passed.
    pub fn retry(&mut self, now_ms: i64, unclear_ms: i64) {
        if self.state == OutboxState::Unsure {
            self.tried_revision = 0;
            self.captured.clear();
        }
        // Somebody may have looked, and it does not say there what it said.
        self.delivered_digest = None;
        let arrived = self.updated_ms.saturating_add(unclear_ms).min(self.due_ms);
        self.begin_again(if self.tried_revision > 0 { arrived.max(now_ms) } else { now_ms });
        self.updated_ms = now_ms;
    }

    /// A person wants no more of it.
    pub fn drop_it(&mut self, now_ms: i64) {
        self.state = OutboxState::Kept;
        self.words = Some("dropped by a person".into());
        self.updated_ms = now_ms;
    }

    /// Takes what an attempt came to that began with `claimed`. What happened to the log or by a person's
    /// word since then is not overruled.
    pub fn settle(&mut self, settlement: Settlement, claimed: &Claimed, now_ms: i64) {
        if self.connector != claimed.connector {
            return;
        }
        self.updated_ms = now_ms;
        let dropped = self.state == OutboxState::Kept && !matches!(settlement, Settlement::Delivered { .. });
        let is_end = matches!(settlement, Settlement::Dead(_) | Settlement::Decision(_) | Settlement::Kept(_));
        let words = dropped.then(|| self.words.clone());
        self.take(settlement, now_ms);
        if let Some(words) = words {
            self.state = OutboxState::Kept;
            self.words = words;
        } else if is_end && self.revision > claimed.revision {
            self.begin_again(now_ms);
        }
    }

    fn take(&mut self, settlement: Settlement, now_ms: i64) {
        match settlement {
            Settlement::Delivered { revision, upstream_id, contact, digest } => {
                self.delivered_revision = revision;
                self.upstream_id = Some(upstream_id);
                self.delivered_contact = contact;
                self.delivered_digest = digest;
                self.delivered_ms = Some(now_ms);
                self.tried_revision = 0;
                self.captured.clear();
                self.attempts = 0;
                self.trouble = None;
                self.words = None;
                self.state = if self.revision > revision { OutboxState::Waiting } else { OutboxState::Delivered };
            }
            Settlement::Retry { due_ms, why } => {
                self.state = OutboxState::Waiting;
                self.due_ms = due_ms;
                self.note(why);
            }
            Settlement::Found => {}
            Settlement::Route(connector) => {
                self.connector = connector;
                self.tried_revision = 0;
                self.begin_again(now_ms);
            }
            Settlement::Paused(why) => {
                self.state = OutboxState::Paused;
                self.note(why);
            }
            Settlement::Unsure(why) => {
                self.state = OutboxState::Unsure;
                self.note(why);
            }
            Settlement::Dead(why) => {
                self.state = OutboxState::Dead;
                self.note(why);
            }
            Settlement::Decision(words) => {
                self.state = OutboxState::Decision;
                self.tried_revision = 0;
                self.words = Some(words);
            }
            Settlement::Kept(words) => {
                self.state = OutboxState::Kept;
                self.tried_revision = 0;
                self.delivered_digest = None;
                self.words = Some(words);
            }
        }
    }

    fn note(&mut self, why: Why) {
        // What has begun is not without effect, whatever became of its last step.
        if why.without_effect && self.captured.is_empty() {
            self.tried_revision = 0;
        }
        self.trouble = Some(why.trouble);
        self.words = Some(why.words);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::outbox::Route;
    use crate::domain::party::Decider;

    fn routes() -> Routes {
        let takes = Route { calls: true, messages: true, unassigned: false, patient: false };
        let connectors = BTreeMap::from([("crm".to_owned(), takes), ("desk".to_owned(), takes)]);
        Routes { connectors, settle_ms: 60_000, finalise_ms: 3_600_000 }
    }

    fn fact(contact: Option<&str>, urgency: Urgency) -> Fact {
        Fact {
            log_id: "cl_1".into(),
            kind: LogKind::Call,
            operator: "dana".into(),
            choice: Choice {
                contact_id: contact.map(str::to_owned),
                decided_by: match contact {
                    Some(_) => Decider::Machine,
                    None => Decider::Nobody,
                },
            },
            urgency,
        }
    }

    fn step(known: &mut Vec<OutboxEntry>, fact: &Fact, now: i64) {
        let id = format!("ob_{}", known.len());
        for entry in advance(known.clone(), fact, &routes(), now, || id) {
            match known.iter().position(|known| known.id == entry.id) {
                Some(at) => known[at] = entry,
                None => known.push(entry),
            }
        }
    }

    fn at(revision: i64) -> Claimed {
        Claimed { connector: "crm".into(), revision }
    }

    #[test]
    fn what_happens_during_an_attempt_is_not_overruled_by_its_end() {
        let why = || Why { trouble: Trouble::Rejected, words: "no".into(), without_effect: true };
        let mut known = Vec::new();
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 0);
        let claimed = at(known[0].revision);
        // A refusal of what was, and an edit on its way: the edit is tried.
        known[0].attempts = 1;
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 1);
        known[0].settle(Settlement::Dead(why()), &claimed, 2);
        assert_eq!((known[0].state, known[0].due_ms), (OutboxState::Waiting, 2));
        // A person drops it meanwhile.
        let claimed = at(known[0].revision);
        known[0].drop_it(3);
        known[0].settle(Settlement::Retry { due_ms: 9, why: why() }, &claimed, 4);
        assert_eq!(known[0].state, OutboxState::Kept);
        // Somebody says whose it is while the rules find that it needs a decision.
        let mut known = Vec::new();
        step(&mut known, &fact(None, Urgency::Complete), 0);
        let claimed = Claimed { connector: String::new(), revision: 1 };
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 1);
        known[0].settle(Settlement::Decision("whose?".into()), &claimed, 2);
        assert_eq!((known[0].state, known[0].connector.as_str()), (OutboxState::Waiting, "crm"));
    }

    #[test]
    fn a_person_cannot_hurry_what_may_still_be_on_its_way() {
        let why = Why { trouble: Trouble::Slow, words: "slow".into(), without_effect: false };
        let mut known = Vec::new();
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 0);
        known[0].tried_revision = 1;
        known[0].settle(Settlement::Retry { due_ms: 300_000, why }, &at(1), 1_000);
        known[0].retry(2_000, 60_000);
        assert_eq!((known[0].due_ms, known[0].tried_revision), (61_000, 1));
        known[0].retry(30_000, 60_000);
        assert_eq!(known[0].due_ms, 61_000, "nor put it off");
    }

    #[test]
    fn one_entry_for_many_posts_and_its_time() {
        let mut known = Vec::new();
        step(&mut known, &fact(None, Urgency::Live), 0);
        assert_eq!((known[0].connector.as_str(), known[0].due_ms), ("", 3_600_000));
        step(&mut known, &fact(Some("crm:17"), Urgency::Settling), 10);
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 20);
        assert_eq!(known.len(), 1);
        assert_eq!((known[0].connector.as_str(), known[0].due_ms, known[0].revision), ("crm", 20, 3));
    }

    #[test]
    fn what_changed_during_an_attempt_is_delivered_next() {
        let mut known = Vec::new();
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 0);
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 1);
        let done = |revision| Settlement::Delivered { revision, upstream_id: "9".into(), contact: None, digest: None };
        known[0].settle(done(1), &at(1), 2);
        assert_eq!(known[0].state, OutboxState::Waiting);
        known[0].settle(done(2), &at(2), 3);
        assert_eq!((known[0].state, known[0].upstream_id.as_deref()), (OutboxState::Delivered, Some("9")));
    }

    #[test]
    fn a_log_that_moves_is_taken_back_where_it_was() {
        let mut known = Vec::new();
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 0);
        known[0].settle(
            Settlement::Delivered { revision: 1, upstream_id: "9".into(), contact: None, digest: None },
            &at(1),
            1,
        );
        step(&mut known, &fact(Some("desk:3"), Urgency::Complete), 2);
        assert_eq!(known.len(), 2);
        assert_eq!((known[0].state, known[1].state), (OutboxState::Waiting, OutboxState::Waiting));
        // One that never left is just not sent.
        let mut known = Vec::new();
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 0);
        step(&mut known, &fact(Some("desk:3"), Urgency::Complete), 2);
        assert_eq!((known[0].state, known[1].connector.as_str()), (OutboxState::Kept, "desk"));
    }

    #[test]
    fn back_off_is_not_cut_short_by_posts_and_a_refusal_is_cured_by_one() {
        let why = |without_effect| Why { trouble: Trouble::Down, words: "down".into(), without_effect };
        let mut known = Vec::new();
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 0);
        known[0].attempts = 1;
        known[0].tried_revision = 1;
        known[0].settle(Settlement::Retry { due_ms: 5_000, why: why(false) }, &at(1), 1);
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 2);
        assert_eq!((known[0].due_ms, known[0].tried_revision), (5_000, 1), "it is looked up first");
        known[0].settle(Settlement::Dead(why(true)), &at(2), 3);
        step(&mut known, &fact(Some("crm:17"), Urgency::Complete), 4);
        assert_eq!((known[0].state, known[0].due_ms, known[0].tried_revision), (OutboxState::Waiting, 4, 0));
    }
}
