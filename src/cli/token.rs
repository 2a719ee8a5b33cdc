//! `trunkline token`: what the host page's own server does in production, for trying things out.

use std::path::Path;

use super::{Failure, load};
use crate::auth::mint;
use crate::domain::clock::{Clock, SystemClock};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The operator the token speaks for (its `sub`).
    #[arg(long)]
    operator: String,
    /// The operator's name.
    #[arg(long)]
    name: Option<String>,
    /// The operator's e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// Seconds the token is good for.
    #[arg(long, default_value_t = 3600)]
    seconds: u32,
}

pub(super) fn run(file: Option<&Path>, args: &Args) -> Result<(), Failure> {
    let config = load(file)?;
    let now = SystemClock.now_ms();
    let token = mint(&config.operators, &args.operator, args.name.as_deref(), args.email.as_deref(), args.seconds, now)
        .map_err(|error| error.to_string())?;
    println!("{token}");
    Ok(())
}
