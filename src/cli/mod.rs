//! The command line: one file a command.

mod alone;
mod config;
mod connector;
mod demo;
mod doctor;
mod doctor_chats;
mod engage;
mod forget;
mod import;
mod outbox;
mod serve;
mod sync;
mod token;
mod vault;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Loaded};

/// A self-hosted service behind `RingCentral` Embeddable: contacts, matching and call logs from one
/// file database.
#[derive(Debug, Parser)]
#[command(name = "trunkline", version)]
struct Cli {
    /// The configuration file; without one the defaults and the environment count.
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show everything: a seeded address book, a small CRM page, a simulated phone.
    Demo(demo::Args),
    /// Run the service.
    Serve,
    /// Take contacts from CSV or vCard files into the address book.
    Import(import::Args),
    /// Look for changes in address books and CRMs now.
    Sync(sync::Args),
    /// Find out what is wrong, and what to do.
    Doctor,
    /// Look at the configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// Look after the keys that seal sign-ins.
    #[command(subcommand)]
    Vault(vault::Command),
    /// Look after logs on their way to CRMs.
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Check visitors' tokens of Engage Messaging, print snippets, rotate keys.
    #[command(subcommand)]
    Engage(engage::Command),
    /// Look at connector manifests; forget a connector.
    #[command(subcommand)]
    Connector(connector::Command),
    /// Sign a token for an operator, to try things out.
    Token(token::Args),
}

/// What went wrong, in words for the terminal.
type Failure = String;

/// Runs the command of this process.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    let file = cli.config.as_deref();
    let result = match cli.command {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve => serve::run(file).await,
        Command::Import(args) => import::run(file, args).await,
        Command::Sync(args) => sync::run(file, args).await,
        Command::Doctor => doctor::run(file).await,
        Command::Config(command) => config::run(file, &command),
        Command::Vault(command) => vault::run(file, &command).await,
        Command::Outbox(command) => outbox::run(file, &command).await,
        Command::Engage(command) => engage::run(file, &command).await,
        Command::Connector(command) => connector::run(file, &command).await,
        Command::Token(args) => token::run(file, &args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("trunkline: {words}");
            ExitCode::FAILURE
        }
    }
}

fn load(file: Option<&Path>) -> Result<Config, Failure> {
    let environment =
        std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    let Loaded { config, warnings } = Config::load(file, environment).map_err(|error| error.to_string())?;
    for warning in warnings {
        eprintln!("trunkline: warning: {warning}");
    }
    Ok(config)
}
