//! `trunkline sync`: looks for changes now, in the running daemon or, where none runs, by itself.

use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::{Value, json};

use super::Failure;
use super::alone::{self, Alone, Running};
use crate::config::Config;
use crate::sync::preview::Preview;
use crate::sync::{Phase, Progress, RunOptions, RunReport};

/// How often a daemon is asked how far it is.
const POLL: Duration = Duration::from_millis(500);

#[derive(Debug, clap::Args)]
struct Run {
    /// List everything anew.
    #[arg(long)]
    full: bool,
    /// Compare all ids, to find deletions that the server does not tell.
    #[arg(long)]
    sweep: bool,
    /// Delete what is gone upstream, however much it is.
    #[arg(long)]
    accept_deletions: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The connector's id; all of them when not given.
    connector: Option<String>,
    #[command(flatten)]
    run: Run,
    /// Write nothing: show twenty contacts before and after the mapping, and the counts.
    #[arg(long, conflicts_with_all = ["full", "sweep", "accept_deletions"])]
    dry_run: bool,
}

pub(super) async fn run(file: Option<&Path>, args: Args) -> Result<(), Failure> {
    let config = alone::load(file)?;
    let ids = chosen(&config, args.connector.as_deref())?;
    let options = {
        let Run { full, sweep, accept_deletions } = args.run;
        RunOptions { full, sweep, accept_deletions }
    };
    let running = Running::find(&config).await?;
    let alone = if running.is_none() { Some(Alone::open(&config).await?) } else { None };
    let mut failures = Vec::new();
    for id in ids {
        let result = match (&running, &alone, args.dry_run) {
            (Some(daemon), _, true) => preview_in(daemon, id).await.map(|preview| show_preview(id, &preview)),
            (Some(daemon), _, false) => sync_in(daemon, id, options).await.map(|report| show(id, &report)),
            (None, Some(alone), true) => preview_alone(alone, id).await.map(|preview| show_preview(id, &preview)),
            (None, Some(alone), false) => sync_alone(alone, id, options).await.map(|report| show(id, &report)),
            (None, None, _) => Ok(()),
        };
        if let Err(words) = result {
            failures.push(format!("{id}: {words}"));
        }
    }
    if let Some(alone) = alone {
        alone.close().await;
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\ntrunkline: ")) }
}

fn chosen<'a>(config: &'a Config, named: Option<&'a str>) -> Result<Vec<&'a str>, Failure> {
    let ids: Vec<&str> = config.connectors.keys().map(String::as_str).collect();
    match named {
        None => Ok(ids),
        Some(id) if ids.contains(&id) => Ok(vec![id]),
        Some(id) => Err(format!("there is no connector {id:?}; configured: {}", ids.join(", "))),
    }
}

async fn sync_in(daemon: &Running, id: &str, options: RunOptions) -> Result<RunReport, Failure> {
    let body = json!({"full": options.full, "sweep": options.sweep, "accept_deletions": options.accept_deletions});
    let path = format!("v1/connectors/{id}/sync?wait=true");
    let answer = with_progress(daemon, id, daemon.json(Method::POST, &path, Some(&body))).await?;
    serde_json::from_value(answer["report"].clone()).map_err(|error| error.to_string())
}

async fn preview_in(daemon: &Running, id: &str) -> Result<Preview, Failure> {
    let path = format!("v1/connectors/{id}/preview");
    let answer = with_progress(daemon, id, daemon.json(Method::POST, &path, None)).await?;
    serde_json::from_value(answer).map_err(|error| error.to_string())
}

/// Waits for an answer and shows how far the daemon is.
async fn with_progress(
    daemon: &Running,
    id: &str,
    answer: impl Future<Output = Result<Value, Failure>>,
) -> Result<Value, Failure> {
    let bar = spinner(id);
    let mut answer = std::pin::pin!(answer);
    loop {
        tokio::select! {
            result = &mut answer => {
                bar.finish_and_clear();
                return result;
            }
            () = tokio::time::sleep(POLL) => {
                let shown = daemon.json(Method::GET, &format!("v1/connectors/{id}"), None).await;
                if let Ok(progress) = shown.and_then(|s| serde_json::from_value(s["progress"].clone()).map_err(|e| e.to_string())) {
                    show_progress(&bar, progress);
                }
            }
        }
    }
}

async fn sync_alone(alone: &Alone, id: &str, options: RunOptions) -> Result<RunReport, Failure> {
    let lane = lane(alone, id)?;
    let running = alone.sync.run_alone(lane, options);
    watched(id, lane, running).await.map_err(|error| format!("{error}\n  fix: {}", error.fix()))
}

async fn preview_alone(alone: &Alone, id: &str) -> Result<Preview, Failure> {
    let lane = lane(alone, id)?;
    watched(id, lane, alone.sync.preview(lane)).await.map_err(|error| format!("{error}\n  fix: {}", error.fix()))
}

fn lane<'a>(alone: &'a Alone, id: &str) -> Result<&'a crate::sync::Lane, Failure> {
    match alone.sync.find_lane(id) {
        Some(lane) => Ok(lane),
        None => Err(alone.sync.broken().get(id).cloned().unwrap_or_default()),
    }
}

async fn watched<T>(id: &str, lane: &crate::sync::Lane, work: impl Future<Output = T>) -> T {
    let bar = spinner(id);
    let mut progress = lane.progress();
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                bar.finish_and_clear();
                return done;
            }
            Ok(()) = progress.changed() => show_progress(&bar, *progress.borrow_and_update()),
        }
    }
}

fn spinner(id: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{prefix} {spinner} {msg}  {elapsed}") {
        bar.set_style(style);
    }
    bar.set_prefix(id.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn show_progress(bar: &ProgressBar, progress: Progress) {
    let what = match progress.phase {
        Phase::Idle => return,
        Phase::Listing => "listing everything",
        Phase::Changes => "reading changes",
        Phase::Sweeping => "comparing ids",
    };
    let of = progress.total.map_or_else(String::new, |total| format!(" of {total}"));
    bar.set_message(format!("{what}: {}{of} records", progress.done));
}

fn show(id: &str, report: &RunReport) {
    let how = match (report.full, report.swept) {
        (true, _) => ", everything listed",
        (false, true) => ", ids compared",
        (false, false) => "",
    };
    println!(
        "{id}: {} received{how}; {} new or changed, {} unchanged, {} deleted, {} left out by the filter, {} not taken",
        report.received, report.upserted, report.unchanged, report.deleted, report.filtered, report.refused
    );
    if let Some(held) = report.held_deletions {
        println!(
            "{id}: {held} contacts are gone upstream, more than max_delete_percent allows at once: nothing was deleted.\n  \
             If that is right: trunkline sync {id} --accept-deletions"
        );
    }
}

fn show_preview(id: &str, preview: &Preview) {
    for (place, example) in preview.examples.iter().enumerate() {
        println!("{:>3}. {}", place + 1, shortened(&example.before.to_string()));
        match &example.after {
            Some(contact) => println!("  -> {}", shortened(&contact.to_string())),
            None => println!("  -> not taken: {}", example.reason.as_deref().unwrap_or_default()),
        }
    }
    println!(
        "{id}: {} records upstream: {} would be new, {} changed, {} unchanged, {} left out by the filter, {} not taken; \
         {} contacts here are not upstream; {} numbers are not full numbers (set `region`?). Nothing was written.",
        preview.received,
        preview.new,
        preview.changed,
        preview.unchanged,
        preview.filtered,
        preview.refused,
        preview.gone,
        preview.odd_numbers
    );
}

/// A record may hold megabytes.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 2000;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ... ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}
