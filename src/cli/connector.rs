//! `trunkline connector check`, `show` and `schema`: manifests, without asking anything of an API;
//! `forget`: what is left of a connector.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Failure, forget};
use crate::connectors::rest;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say whether a manifest is usable, and show what becomes of an answer of the API.
    Check {
        /// The manifest: a file, or the name of a shipped one (hubspot, pipedrive, salesforce, tryton, zoho).
        manifest: PathBuf,
        /// An answer of the API to the listing of changes, as JSON, in place of the manifest's own samples.
        #[arg(long, value_name = "FILE")]
        sample: Option<PathBuf>,
    },
    /// Print a shipped manifest, to start from; without a name, the names there are.
    Show {
        /// Its name.
        name: Option<String>,
    },
    /// Print the JSON Schema of manifests (docs/manifest.schema.json), for editors.
    Schema,
    /// Delete the contacts and sign-ins of a connector that is no longer configured; upstream nothing changes.
    Forget {
        /// Its id.
        id: String,
    },
}

pub(super) async fn run(file: Option<&Path>, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Check { manifest, sample } => check(manifest, sample.as_ref()),
        Command::Forget { id } => forget::run(file, id).await,
        Command::Show { name: None } => {
            println!("{}", rest::shipped_names().join("\n"));
            Ok(())
        }
        Command::Show { name: Some(name) } => {
            print!("{}", rest::shipped(name).ok_or_else(|| unknown(name))?);
            Ok(())
        }
        Command::Schema => {
            println!("{}", serde_json::to_string_pretty(rest::schema()).map_err(|error| error.to_string())?);
            Ok(())
        }
    }
}

fn unknown(name: &str) -> Failure {
    format!("there is no shipped manifest \"{name}\"; there are {}", rest::shipped_names().join(", "))
}

fn check(manifest: &PathBuf, sample: Option<&PathBuf>) -> Result<(), Failure> {
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
    };
    let name = manifest.to_string_lossy();
    let text = match rest::shipped(&name) {
        Some(text) if !manifest.exists() => text,
        _ => read(manifest)?,
    };
    let answer = sample.map(read).transpose()?;
    let found = rest::preview(&name, &text, answer.as_deref());
    print!("{}", found.told);
    if found.problems.is_empty() {
        println!("The manifest is usable.");
        return Ok(());
    }
    Err(format!("{} to correct:\n  {}", found.problems.len(), found.problems.join("\n  ")))
}
