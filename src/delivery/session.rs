//! Queue calls and transfers: one telephony session that several operators logged is one interaction
//! upstream. The member who answered (first) logs it, with the others' parts as legs.

use super::attempt::Failed;
use super::{Inner, compose};
use crate::domain::activity::spoken;
use crate::domain::call_log::CallLog;
use crate::domain::party::NamedContact;
use crate::domain::upstream::LogKind;

/// What a log is in its telephony session.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    /// It is the interaction, with these legs of others.
    Whole(Vec<String>),
    /// It is told with another operator's log.
    Leg {
        /// That log.
        of: String,
        /// Its operator.
        operator: String,
    },
}

impl Inner {
    /// The part of a call log among all operators' logs of its telephony session on the same contact.
    pub(super) async fn part_of(&self, log: &CallLog) -> Result<Part, Failed> {
        let Some(session) = &log.telephony_session_id else { return Ok(Part::Whole(Vec::new())) };
        let all = self.means.storage.call_logs_of_session(session).await?;
        Ok(part(log, &all))
    }

    /// The interaction of a leg is written again, with what the leg says now.
    pub(super) async fn tell_the_whole(&self, of: &str) -> Result<(), Failed> {
        self.means.storage.choose_contact(LogKind::Call, of, NamedContact::Silent, true).await?;
        Ok(())
    }
}

fn part(log: &CallLog, all: &[CallLog]) -> Part {
    let same = |other: &&CallLog| {
        other.telephony_session_id == log.telephony_session_id && other.choice.contact_id == log.choice.contact_id
    };
    let rank = |log: &CallLog| (!log.is_answered(), log.created_at, log.id.clone());
    let together: Vec<&CallLog> = all.iter().filter(same).collect();
    let Some(whole) = together.iter().min_by_key(|log| rank(log)) else { return Part::Whole(Vec::new()) };
    // An operator's further sessions of one call are calls of their own.
    if whole.id != log.id && whole.operator != log.operator {
        return Part::Leg { of: whole.id.clone(), operator: whole.operator.clone() };
    }
    let others = together.iter().filter(|other| other.operator != log.operator && other.is_answered());
    let mut legs: Vec<&&CallLog> = others.collect();
    legs.sort_by_key(|leg| rank(leg));
    Part::Whole(legs.into_iter().map(|leg| words(leg)).collect())
}

/// "emmy, 1 min 15 s: wants a quote".
fn words(leg: &CallLog) -> String {
    let mut words = leg.operator.clone();
    if let Some(seconds) = leg.duration().filter(|seconds| *seconds > 0) {
        words = format!("{words}, {}", spoken(seconds));
    }
    if let Some(note) = &leg.note.text {
        words = format!("{words}: {note}");
    }
    if let Some(recording) = compose::recording(leg) {
        words = format!("{words} ({recording})");
    }
    words
}
