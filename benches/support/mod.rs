//! What the benches share: invented contacts, the two servers, the load generator, the table.
//!
//! `TRUNKLINE_BENCH_CONTACTS` (1000000), `TRUNKLINE_BENCH_ROUNDS` (3), `TRUNKLINE_BENCH_SECONDS` of
//! load a round (3), `TRUNKLINE_BENCH_AUTH` (`jwt` or `none`) and `TRUNKLINE_BENCH_DATA`, the folder
//! that keeps the databases between runs (`target/bench-data`).
#![allow(dead_code, reason = "each bench uses its part of this")]

pub mod calls;
pub mod data;
pub mod load;
pub mod numbers;
pub mod people;
pub mod report;
pub mod requests;
pub mod search_text;
pub mod server;

use std::path::PathBuf;
use std::time::Duration;

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| quit(&format!("{name}={text}: not a number"))),
        Err(_) => default,
    }
}

/// Contacts of the large database.
pub fn contacts() -> u64 {
    setting("TRUNKLINE_BENCH_CONTACTS", 1_000_000)
}

/// How often each variant is measured.
pub fn rounds() -> usize {
    usize::try_from(setting("TRUNKLINE_BENCH_ROUNDS", 3)).unwrap_or(3).max(1)
}

/// How long one variant is loaded in a round.
pub fn round_time() -> Duration {
    Duration::from_secs(setting("TRUNKLINE_BENCH_SECONDS", 3).max(1))
}

/// Whether requests carry a token that the service checks.
pub fn with_tokens() -> bool {
    std::env::var("TRUNKLINE_BENCH_AUTH").map_or(true, |auth| auth != "none")
}

/// The folder that keeps databases between runs.
pub fn folder() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-data");
    let folder = std::env::var_os("TRUNKLINE_BENCH_DATA").map_or_else(default, PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| quit(&format!("{}: {error}", folder.display())));
    folder
}

/// A runtime as `#[tokio::main]` makes it, which is how the daemon runs.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

/// The middle one.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Ends the bench: there is nothing to measure.
#[expect(clippy::exit, reason = "a bench that cannot go on")]
pub fn quit(words: &str) -> ! {
    eprintln!("{words}");
    std::process::exit(1)
}
