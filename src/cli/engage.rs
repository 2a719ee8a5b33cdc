//! `trunkline engage`: tokens looked at, snippets for the site's pages, the rotation of keys.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use serde_json::Value;

use super::{Failure, load};
use crate::app::database_path;
use crate::channels::engage::snippets::{Kind, Values, snippet};
use crate::channels::engage::{checked, checklist, key_ring, keys};
use crate::config::Config;
use crate::config::engage::SiteConfig;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::engage::KeyRing;
use crate::storage::{Options, Storage, StorageError};

/// Greatest input, in bytes.
const MOST_INPUT: u64 = 256 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say everything that is wrong with a visitor's token, and what Engage makes of it.
    Check {
        /// The token; `-` reads it from standard input, where other users of this machine do not see it.
        token: String,
        /// The site's id; needed where there are several.
        #[arg(long)]
        site: Option<String>,
    },
    /// Print code for the site's pages.
    Snippet {
        /// minimal, unsigned, signed, variables, fixed-buttons, embedded or iframe.
        kind: String,
        /// The site's id; needed where there are several.
        #[arg(long)]
        site: Option<String>,
        /// A JSON file with what stands in it: identity, token, variables, buttons, parentNodeId. `-` reads
        /// standard input. Without it, samples.
        #[arg(long)]
        values: Option<PathBuf>,
    },
    /// Print what the administrator of the community has to set.
    Checklist {
        /// The site's id; needed where there are several.
        #[arg(long)]
        site: Option<String>,
    },
    /// Look after the rotation of keys.
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// List the keys, their states, and when one may be removed.
    List {
        /// The site's id; needed where there are several.
        #[arg(long)]
        site: Option<String>,
    },
    /// Sign new tokens with a key; the one before is retiring.
    Activate {
        /// The key's id.
        kid: String,
        /// The site's id; needed where there are several.
        #[arg(long)]
        site: Option<String>,
    },
    /// Say that a key is gone from the community.
    Retire {
        /// The key's id.
        kid: String,
        /// The site's id; needed where there are several.
        #[arg(long)]
        site: Option<String>,
        /// Though tokens that it signed are still good.
        #[arg(long)]
        force: bool,
    },
}

pub(super) async fn run(file: Option<&Path>, command: &Command) -> Result<(), Failure> {
    let config = load(file)?;
    match command {
        Command::Check { token, site } => {
            let (id, site) = find(&config, site.as_deref())?;
            let token = if token == "-" { input(Path::new("-"))? } else { token.clone() };
            let ring = ring(&config, id, site).await?;
            told(&checked(site, &ring, token.trim_end_matches(['\r', '\n']), SystemClock.now_ms()))
        }
        Command::Snippet { kind, site, values } => {
            let (_, site) = find(&config, site.as_deref())?;
            let kind = Kind::from_word(kind).ok_or_else(|| {
                let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
                format!("there is no snippet {kind:?}\n  fix: ask for {}", kinds.join(", "))
            })?;
            let made = snippet(site, kind, &read_values(values.as_deref())?).map_err(|(_, words)| words)?;
            print!("{}", made.code);
            made.notes.iter().for_each(|note| eprintln!("{note}"));
            Ok(())
        }
        Command::Checklist { site } => {
            let (_, site) = find(&config, site.as_deref())?;
            print!("{}", checklist(site)["text"].as_str().unwrap_or_default());
            Ok(())
        }
        Command::Keys(command) => rotate(&config, command).await,
    }
}

fn find<'a>(config: &'a Config, asked: Option<&str>) -> Result<(&'a str, &'a SiteConfig), Failure> {
    let sites = &config.engage.sites;
    let known: Vec<&str> = sites.keys().map(String::as_str).collect();
    let found = match asked {
        Some(id) => sites.get_key_value(id),
        None if sites.len() > 1 => {
            return Err(format!("there are several sites\n  fix: add --site {}", known.join("|")));
        }
        None => sites.first_key_value(),
    };
    found.map(|(id, site)| (id.as_str(), site)).ok_or_else(|| match known.as_slice() {
        [] => "no site is configured: write an [engage.sites.ID] section (see config.example.toml)".to_owned(),
        known => format!("there is no such site\n  fix: name one of {}", known.join(", ")),
    })
}

/// A database that is not there yet holds no states: it is not made for that.
async fn ring(config: &Config, id: &str, site: &SiteConfig) -> Result<KeyRing, Failure> {
    if !database_path(&config.storage.url).exists() {
        return Ok(KeyRing::default().of(site.keys.iter().map(|key| key.id.as_str())));
    }
    let storage = open(config).await?;
    let ring = key_ring(&storage, id, site).await;
    storage.close().await;
    ring.map_err(|error| words(&error))
}

async fn rotate(config: &Config, command: &KeysCommand) -> Result<(), Failure> {
    let (KeysCommand::List { site } | KeysCommand::Activate { site, .. } | KeysCommand::Retire { site, .. }) = command;
    let (id, site) = find(config, site.as_deref())?;
    let now_ms = SystemClock.now_ms();
    let mut states = ring(config, id, site).await?;
    let step = match command {
        KeysCommand::List { .. } => None,
        KeysCommand::Activate { kid, .. } => Some((kid, states.activate(kid))),
        KeysCommand::Retire { kid, force, .. } => Some((kid, states.retire(kid, now_ms.div_euclid(1_000), *force))),
    };
    if let Some((kid, done)) = step {
        if site.find_key(kid).is_none() {
            return Err(format!("there is no key {kid}\n  fix: see the site's keys in the configuration"));
        }
        done.map_err(|refusal| keys::told(refusal).1)?;
        let storage = open(config).await?;
        let kept = storage.put_engage_keys(id, &states).await;
        storage.close().await;
        kept.map_err(|error| words(&error))?;
    }
    for item in keys::listing(site, &states, now_ms)["items"].as_array().into_iter().flatten() {
        let text = |key: &str| item[key].as_str().unwrap_or_default();
        println!("{:<20} {:<6} {:<9} {}", text("kid"), text("alg"), text("state"), text("words"));
        print!("{}", text("publicKey"));
    }
    Ok(())
}

async fn open(config: &Config) -> Result<Storage, Failure> {
    let options = Options { path: database_path(&config.storage.url), max_size_mb: config.storage.max_size_mb };
    Storage::open(&options, Arc::new(SystemClock)).await.map_err(|error| words(&error))
}

fn words(error: &StorageError) -> Failure {
    format!("{error}\n  fix: {}", error.fix())
}

/// The findings for the terminal; a failure where Engage would refuse.
fn told(found: &Value) -> Result<(), Failure> {
    let list = |key: &str| found[key].as_array().cloned().unwrap_or_default();
    for (lead, finding) in
        list("reasons").iter().map(|one| ("refused", one)).chain(list("warnings").iter().map(|one| ("warning", one)))
    {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        println!("{lead}: {}: {}", text("code"), text("words"));
    }
    if let Some(left) = found["secondsLeft"].as_i64() {
        println!("exp: {left} seconds from now");
    }
    for (place, verdict) in found["verdicts"].as_object().into_iter().flatten() {
        let own = if found["mode"] == **place { " (this site's mode)" } else { "" };
        let inferred = if verdict["inferred"] == true { " (inferred)" } else { "" };
        println!("{place}{own}: {}{inferred}", verdict["words"].as_str().unwrap_or_default());
    }
    match list("reasons").len() {
        0 => Ok(()),
        1 => Err("Engage refuses this token, for the reason above".into()),
        many => Err(format!("Engage refuses this token, for {many} reasons")),
    }
}

fn read_values(file: Option<&Path>) -> Result<Values, Failure> {
    let Some(file) = file else { return Ok(Values::default()) };
    // The parser's words could repeat a token.
    serde_json::from_str(&input(file)?).map_err(|_| {
        "the values are not usable\n  fix: give a JSON object with identity, token, variables, buttons or parentNodeId"
            .to_owned()
    })
}

/// A file's text, or standard input's for `-`.
fn input(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(MOST_INPUT).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MOST_INPUT).read_to_string(&mut text))
    };
    read.map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    Ok(text)
}
