//! Faults of the fake CRM, by chance with a seed, and not without end.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::book::Book;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it is carried out and answered.
    None,
    /// 429, nothing is done; with `Retry-After` or without.
    Limited(bool),
    /// 500, nothing is done.
    FailsBefore,
    /// Done, then 500.
    FailsAfter,
    /// Nothing is done, and no answer comes.
    HangsBefore,
    /// Done, and no answer comes.
    HangsAfter,
    /// Done late, then answered.
    SlowBefore(Duration),
    /// Done, then answered late.
    SlowAfter(Duration),
    /// Done, and the connection ends without an answer.
    ResetAfter,
    /// Done, and the connection ends in the middle of the answer.
    TornAfter,
}

impl Fault {
    /// As it is counted.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Limited(true) => "fault 429 with Retry-After",
            Self::Limited(false) => "fault 429",
            Self::FailsBefore => "fault 500 before commit",
            Self::FailsAfter => "fault 500 after commit",
            Self::HangsBefore => "fault hangs before commit",
            Self::HangsAfter => "fault hangs after commit",
            Self::SlowBefore(_) | Self::SlowAfter(_) => "fault slow",
            Self::ResetAfter => "fault reset after commit",
            Self::TornAfter => "fault torn answer",
        }
    }

    /// How many of its kind a round has at most: a hanging request takes its time, and a limit without a
    /// time stops everything for a while.
    fn most(self) -> u64 {
        match self {
            Self::HangsBefore | Self::HangsAfter | Self::Limited(false) => 1,
            Self::Limited(true) => 2,
            _ => 8,
        }
    }
}

/// The dice of one life of the fake CRM.
#[derive(Debug)]
pub struct Dice(StdRng);

impl Dice {
    /// Dice with a seed.
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// The fault of the next request. Slow is never slower than a daemon that was killed is away: a CRM
    /// may finish what it began, and does within the time that `unclear_seconds` grants.
    pub fn throw(&mut self, book: &Book) -> Fault {
        if !self.0.random_bool(0.2) {
            return Fault::None;
        }
        let slow = Duration::from_millis(self.0.random_range(20..300));
        let fault = match self.0.random_range(0..12) {
            0 => Fault::Limited(true),
            1 => Fault::Limited(false),
            2 => Fault::FailsBefore,
            3 | 4 => Fault::FailsAfter,
            5 => Fault::HangsBefore,
            6 => Fault::HangsAfter,
            7 => Fault::SlowBefore(slow),
            8 => Fault::SlowAfter(slow),
            9 | 10 => Fault::ResetAfter,
            _ => Fault::TornAfter,
        };
        if book.count(fault.word()) < fault.most() { fault } else { Fault::None }
    }
}
