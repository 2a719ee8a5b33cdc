//! `trunkline config check` and `trunkline config print`.

use std::path::Path;
use std::sync::Arc;

use clap::Subcommand;

use super::{Failure, load};
use crate::config::Config;
use crate::connectors::credentials::StaticCredentials;
use crate::connectors::{self, Means};
use crate::domain::clock::SystemClock;
use crate::outbound::{Outbound, OutboundOptions};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say whether the configuration is usable, and if not, what to change.
    Check,
    /// Print the effective configuration; secrets are left out.
    Print,
}

pub(super) fn run(file: Option<&Path>, command: &Command) -> Result<(), Failure> {
    let config = load(file)?;
    match command {
        Command::Check => {
            connectors(&config)?;
            println!("The configuration is usable.");
        }
        Command::Print => print!("{}", config.print()),
    }
    Ok(())
}

/// The connectors, each built as the service would: manifests are read, and nothing is asked.
fn connectors(config: &Config) -> Result<(), Failure> {
    let outbound = Outbound::new(&OutboundOptions::default())?;
    let mut wrong = Vec::new();
    for (id, section) in &config.connectors {
        let credentials = StaticCredentials::of(section);
        let means = Means { outbound: outbound.clone(), clock: Arc::new(SystemClock), credentials };
        if let Err(words) = connectors::build(id, section, means) {
            wrong.push(format!("connector {id}: {words}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\ntrunkline: ")) }
}
