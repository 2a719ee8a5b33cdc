//! The crash harness: a real daemon with a real database and a fake CRM in a process of its own, under
//! load, with faults, killed with `kill -9` at any moment. Afterwards every acknowledged log must stand
//! in the CRM exactly once, on its last contact, with its last note.
//!
//! `cargo test --test torture` runs 40 rounds; `ROUNDS` says how many, `SEED` where to begin (a round
//! that fails names its own: `SEED=.. ROUNDS=1` repeats it), `AT_ONCE` how many rounds share the machine.

#![allow(clippy::panic, missing_docs)]

mod book;
mod crm;
mod dice;
mod figures;
mod kills;
mod kind;
mod leash;
mod load;
mod round;
mod verdict;
mod wire;
mod world;

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use figures::Figures;

/// Rounds without `ROUNDS`.
const ROUNDS: u64 = 40;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("crm") => crm::serve(&arguments[1..]),
        Some("leash") => leash::become_program(&arguments[1..]),
        Some("harness") => leash::stand_in(),
        // Test runners ask what there is: nothing that they should run by themselves.
        Some("--list") => ExitCode::SUCCESS,
        _ => rounds(),
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn rounds() -> ExitCode {
    if let Err(words) = leash::check() {
        println!("{words}");
        return ExitCode::FAILURE;
    }
    let (count, first) = (number("ROUNDS", ROUNDS), number("SEED", 1));
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get) as u64;
    let at_once = number("AT_ONCE", 4 * cores).clamp(1, count.max(1));
    let began = Instant::now();
    let open: Mutex<VecDeque<u64>> = Mutex::new((first..first + count).collect());
    let all = Mutex::new((Figures::default(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let next = open.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(seed) = next else { return };
                    let done = std::panic::catch_unwind(|| round::run(seed));
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    match done {
                        Ok(figures) => all.0.add(&figures),
                        Err(_) => all.1.push(seed),
                    }
                }
            });
        }
    });
    let (figures, failed) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{count} rounds from seed {first} in {:.0} s, {at_once} at once", began.elapsed().as_secs_f64());
    println!("{figures}");
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("{} of {count} rounds failed; repeat one with SEED=.. ROUNDS=1: {failed:?}", failed.len());
    ExitCode::FAILURE
}
