//! `trunkline config check` and `trunkline config print`.

use std::path::Path;

use clap::Subcommand;

use super::{Failure, load};

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
        Command::Check => println!("The configuration is usable."),
        Command::Print => print!("{}", config.print()),
    }
    Ok(())
}
