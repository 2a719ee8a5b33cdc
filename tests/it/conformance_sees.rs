//! The conformance suite takes what is sound, and finds each of a list of flaws.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::conformance::conform;
use crate::support::memory::{Flaw, MemoryWorld};

#[tokio::test]
async fn a_sound_connector_conforms() {
    conform(&mut MemoryWorld::with(Flaw::None)).await;
}

#[tokio::test]
async fn flaws_are_found() {
    let mut missed = Vec::new();
    for flaw in [
        Flaw::HidesDeletions,
        Flaw::SweepsOnlyOnePage,
        Flaw::SweepForgetsNew,
        Flaw::CursorOfTheEnd,
        Flaw::CutsRunsShort,
        Flaw::NeverEnds,
        Flaw::FetchesTheDead,
        Flaw::MakesTwice,
        Flaw::AnswersOtherThanMade,
        Flaw::DropsWhatItDoesNotKnow,
        Flaw::ChangesTheDead,
        Flaw::SilentAboutCursors,
        Flaw::DownForWrongKeys,
        Flaw::FindsAnyLog,
        Flaw::FindsNoLog,
        Flaw::LogsAgain,
        Flaw::LosesLogs,
        Flaw::TakesEmptyContacts,
    ] {
        let mut world = MemoryWorld::with(flaw);
        if AssertUnwindSafe(conform(&mut world)).catch_unwind().await.is_ok() {
            missed.push(flaw);
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}
