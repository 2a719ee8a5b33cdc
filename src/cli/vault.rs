//! `trunkline vault`: the keys that seal what is signed in with.

use std::path::Path;
use std::sync::Arc;

use clap::Subcommand;

use super::{Failure, load};
use crate::app::database_path;
use crate::domain::clock::SystemClock;
use crate::oauth::{new_key, open_vault, rotate};
use crate::storage::{Options, Storage};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print a new key.
    Key,
    /// Seal everything again with the configured key. The key of before must stand in
    /// `vault.previous_keys`; afterwards it can be taken out.
    Rotate,
}

pub(super) async fn run(file: Option<&Path>, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Key => {
            println!("{}", new_key());
            Ok(())
        }
        Command::Rotate => rotate_all(file).await,
    }
}

async fn rotate_all(file: Option<&Path>) -> Result<(), Failure> {
    let config = load(file)?;
    let path = database_path(&config.storage.url);
    if !path.exists() {
        return Err(format!("there is no database at {}\n  fix: correct storage.url", path.display()));
    }
    let vault = open_vault(&config.vault, &path)?;
    let options = Options { path, max_size_mb: config.storage.max_size_mb };
    let opened = Storage::open(&options, Arc::new(SystemClock)).await;
    let storage = opened.map_err(|error| format!("{error}\n  fix: {}", error.fix()))?;
    let done = rotate(&storage, &vault).await;
    storage.close().await;
    let done = done.map_err(|error| format!("{error}\n  fix: {}", error.fix()))?;
    println!("{} sealed again with key {}, {} were already.", done.resealed, vault.key_id(), done.current);
    if done.lost.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} cannot be opened and must be signed in again:\n  {}\n  fix: put the key of before into vault.previous_keys, or sign in again",
        done.lost.len(),
        done.lost.join("\n  ")
    ))
}
