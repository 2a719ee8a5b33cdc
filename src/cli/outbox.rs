//! `trunkline outbox`: how the delivery of logs stands, and a person's word about it. In a running daemon
//! where there is one.

use std::path::Path;

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::Failure;
use super::alone::{self, Alone, Running};
use crate::domain::outbox::OutboxState;
use crate::storage::outbox::OutboxFilter;

/// Entries that are listed.
const MOST: i64 = 1000;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List what has not reached its CRM.
    List {
        /// In this state only: waiting, paused, decision, unsure, dead, delivered, kept.
        #[arg(long)]
        state: Option<String>,
        /// Of this connector only.
        #[arg(long)]
        connector: Option<String>,
    },
    /// Show everything about one entry.
    Show {
        /// Its id.
        id: String,
    },
    /// Deliver an entry again. One that is unsure is written anew: look in the CRM first.
    Retry {
        /// Its id.
        id: String,
    },
    /// Keep a log here only.
    Drop {
        /// Its id.
        id: String,
    },
    /// Say whose the log of an entry is.
    Decide {
        /// The entry's id.
        id: String,
        /// The contact's id, such as crm:17; without it, nobody's.
        contact: Option<String>,
    },
}

pub(super) async fn run(file: Option<&Path>, command: &Command) -> Result<(), Failure> {
    let config = alone::load(file)?;
    if let Some(daemon) = Running::find(&config).await? {
        return in_daemon(&daemon, command).await;
    }
    let alone = Alone::open(&config).await?;
    let done = in_database(&alone, command, i64::from(config.delivery.unclear_seconds) * 1000).await;
    alone.close().await;
    done
}

async fn in_daemon(daemon: &Running, command: &Command) -> Result<(), Failure> {
    match command {
        Command::List { state, connector } => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("limit", &MOST.to_string());
            for (key, value) in [("state", state), ("connector", connector)] {
                if let Some(value) = value {
                    query.append_pair(key, value);
                }
            }
            let answer = daemon.json(Method::GET, &format!("v1/outbox?{}", query.finish()), None).await?;
            list(answer["items"].as_array().map(Vec::as_slice).unwrap_or_default());
        }
        Command::Show { id } => show(&daemon.json(Method::GET, &address(id, ""), None).await?),
        Command::Retry { id } => {
            daemon.json(Method::POST, &address(id, "/retry"), Some(&Value::Null)).await?;
            println!("{id} is delivered again");
        }
        Command::Drop { id } => {
            daemon.json(Method::POST, &address(id, "/drop"), Some(&Value::Null)).await?;
            println!("{id} is kept here only");
        }
        Command::Decide { id, contact } => {
            daemon.json(Method::POST, &address(id, "/decide"), Some(&json!({"contactId": contact}))).await?;
            println!("{id} is {}'s", contact.as_deref().unwrap_or("nobody"));
        }
    }
    Ok(())
}

fn address(id: &str, what: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("v1/outbox/{id}{what}")
}

async fn in_database(alone: &Alone, command: &Command, unclear_ms: i64) -> Result<(), Failure> {
    let storage = &alone.storage;
    let words = |error: crate::storage::StorageError| format!("{error}\n  fix: {}", error.fix());
    let missing = |id: &str| format!("there is no outbox entry {id}");
    match command {
        Command::List { state, connector } => {
            let state = match state {
                None => None,
                Some(word) => Some(OutboxState::from_word(word).ok_or_else(|| format!("there is no state {word:?}"))?),
            };
            let filter = OutboxFilter { state, connector: connector.clone(), open: state.is_none() };
            let entries = storage.list_outbox(&filter, "", MOST).await.map_err(words)?;
            list(&entries.iter().map(|entry| json!(entry)).collect::<Vec<_>>());
        }
        Command::Show { id } => {
            let entry = storage.find_outbox_entry(id).await.map_err(words)?.ok_or_else(|| missing(id))?;
            show(&json!(entry));
        }
        Command::Retry { id } => {
            storage.retry_outbox(id, unclear_ms).await.map_err(words)?.ok_or_else(|| missing(id))?;
            println!("{id} is delivered when the daemon runs");
        }
        Command::Drop { id } => {
            storage.drop_outbox(id).await.map_err(words)?.ok_or_else(|| missing(id))?;
            println!("{id} is kept here only");
        }
        Command::Decide { .. } => return Err("start the daemon first: it puts the log on its contact".into()),
    }
    Ok(())
}

fn list(entries: &[Value]) {
    if entries.is_empty() {
        println!("nothing: every log has reached its CRM");
    }
    for entry in entries {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let connector = match text("connector") {
            none if none.is_empty() => "(none yet)".to_owned(),
            connector => connector,
        };
        println!("{}  {:<9} {:<10} {}  {}", text("id"), text("state"), connector, text("logId"), text("words"));
    }
}

fn show(entry: &Value) {
    println!("{}", serde_json::to_string_pretty(entry).unwrap_or_default());
}
