//! `trunkline import`: files into the address book, by streaming, as often as one likes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use super::{Failure, load};
use crate::app::database_path;
use crate::domain::clock::SystemClock;
use crate::domain::phone::Region;
use crate::import::{Identities, Item, Mapping, Options, open};
use crate::storage::contacts::ContactBatch;
use crate::storage::private_file;
use crate::storage::{Options as StorageOptions, Storage};

/// Contacts of one transaction: large enough to be quick, small enough not to hold up a daemon that
/// writes to the same file.
const BATCH: usize = 2000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// CSV (Google Contacts, Outlook, `HubSpot`, or with columns by name) or vCard files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Columns by name: `name=Kunde,phone=Telefon 1,phone=Telefon 2`.
    #[arg(long, value_name = "FIELD=COLUMN,...")]
    map: Option<String>,
    /// Country of numbers written without one (ISO code), in place of `numbers.default_region`.
    #[arg(long, value_name = "CODE")]
    region: Option<String>,
    /// Starts the contacts' ids: the same label keeps the same people the same across files.
    #[arg(long, default_value = "import")]
    label: String,
    /// The files' encoding where it is not found out by itself (`windows-1251`).
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Where rows that could not be taken are written; beside each file when not given.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

pub(super) async fn run(file: Option<&Path>, args: Args) -> Result<(), Failure> {
    let config = load(file)?;
    let region = match &args.region {
        Some(code) => Some(
            Region::from_code(code)
                .ok_or_else(|| format!("--region {code}: not a country code; write two letters such as DE"))?,
        ),
        None => config.numbers.region(),
    };
    let mapping: Option<Mapping> =
        args.map.as_deref().map(str::parse).transpose().map_err(|error| format!("--map: {error}"))?;
    if args.rejects.is_some() && args.files.len() > 1 {
        return Err("--rejects is for one file: leave it out, and each file's rejects stand beside it".into());
    }
    for path in &args.files {
        File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let storage_options =
        StorageOptions { path: database_path(&config.storage.url), max_size_mb: config.storage.max_size_mb };
    let storage = Storage::open(&storage_options, Arc::new(SystemClock))
        .await
        .map_err(|error| format!("{error}\n  fix: {}", error.fix()))?;
    let mut result = Ok(());
    let mut known = Identities::default();
    for path in &args.files {
        let options =
            Options { region, mapping: mapping.clone(), label: args.label.clone(), encoding: args.encoding.clone() };
        let rejects = args.rejects.clone().unwrap_or_else(|| rejects_beside(path));
        match import_file(&storage, path, options, &rejects, known).await {
            Ok(seen) => known = seen,
            Err(words) => {
                result = Err(words);
                break;
            }
        }
    }
    storage.close().await;
    result
}

#[derive(Default)]
struct Counts {
    upserted: u64,
    unchanged: u64,
    rejected: u64,
    duplicates: u64,
}

/// Imports one file; `known` are the ids the run has given so far, for each file to add to.
async fn import_file(
    storage: &Storage,
    path: &Path,
    options: Options,
    rejects: &Path,
    known: Identities,
) -> Result<Identities, Failure> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let mut reader = open(file, &name, options).map_err(|error| error.to_string())?;
    reader.continue_with(known);
    let recognised = reader.recognised();
    let bar = progress_bar(size, &name);
    let read = reader.bytes_read();

    let (sender, mut batches) = mpsc::channel::<Result<Chunk, Failure>>(2);
    let reading = tokio::task::spawn_blocking(move || {
        loop {
            let chunk = Chunk::read(&mut reader);
            let last = !matches!(&chunk, Ok(chunk) if chunk.more);
            if sender.blocking_send(chunk).is_err() || last {
                return (reader.duplicates(), reader.into_identities());
            }
        }
    });
    let mut counts = Counts::default();
    let mut rejected = Rejects::new(rejects);
    while let Some(chunk) = batches.recv().await {
        let chunk = chunk?;
        rejected.write(&chunk.rejects)?;
        counts.rejected += chunk.rejects.len() as u64;
        if !chunk.batch.is_empty() {
            let outcome = storage.write_contacts(chunk.batch).await.map_err(|error| {
                format!(
                    "{name}: {error}\n  fix: {}\n  What was taken so far is safe: run the same import again.",
                    error.fix()
                )
            })?;
            counts.upserted += outcome.upserted;
            counts.unchanged += outcome.unchanged;
        }
        bar.set_position(read.load(Ordering::Relaxed).min(size));
        bar.set_message(format!("{} contacts", counts.upserted + counts.unchanged));
    }
    let (duplicates, known) =
        reading.await.map_err(|_| format!("{name}: a fault of Trunkline while reading the file"))?;
    counts.duplicates = duplicates;
    bar.finish_and_clear();
    report(&name, recognised, &counts, &rejected);
    Ok(known)
}

fn report(name: &str, recognised: &str, counts: &Counts, rejected: &Rejects) {
    println!(
        "{name} ({recognised}): {} new or changed, {} unchanged, {} repeated in the file, {} rejected",
        counts.upserted, counts.unchanged, counts.duplicates, counts.rejected
    );
    if counts.rejected > 0 {
        println!("  rejected rows with their reasons: {}", rejected.path.display());
    }
}

fn progress_bar(size: u64, name: &str) -> ProgressBar {
    let bar = ProgressBar::new(size);
    if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:30}] {percent:>3} %  {msg}  {eta} left") {
        bar.set_style(style);
    }
    bar.set_prefix(name.to_owned());
    bar
}

fn rejects_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".rejects.csv");
    PathBuf::from(name)
}

/// What is read between two transactions.
#[derive(Default)]
struct Chunk {
    batch: ContactBatch,
    rejects: Vec<(u64, String, String)>,
    more: bool,
}

impl Chunk {
    fn read(reader: &mut crate::import::Reader) -> Result<Self, Failure> {
        let mut chunk = Self::default();
        while chunk.batch.len() + chunk.rejects.len() < BATCH {
            match reader.next() {
                None => return Ok(chunk),
                Some(Ok(Item::Contact { contact, .. })) => chunk.batch.put(&contact),
                Some(Ok(Item::Reject { line, reason, raw })) => chunk.rejects.push((line, reason, raw)),
                Some(Err(error)) => return Err(error.to_string()),
            }
        }
        chunk.more = true;
        Ok(chunk)
    }
}

/// The rejects file: made with the first reject, columns line, reason, row.
struct Rejects {
    path: PathBuf,
    writer: Option<csv::Writer<File>>,
}

impl Rejects {
    fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), writer: None }
    }

    fn write(&mut self, rejects: &[(u64, String, String)]) -> Result<(), Failure> {
        if rejects.is_empty() {
            return Ok(());
        }
        let failed = |path: &Path, error: &dyn std::fmt::Display| format!("cannot write {}: {error}", path.display());
        let writer = if let Some(writer) = &mut self.writer {
            writer
        } else {
            let file = private_file(&self.path).map_err(|e| failed(&self.path, &e))?;
            let mut writer = csv::Writer::from_writer(file);
            writer.write_record(["line", "reason", "row"]).map_err(|e| failed(&self.path, &e))?;
            self.writer.insert(writer)
        };
        for (line, reason, raw) in rejects {
            let line = line.to_string();
            writer.write_record([line.as_str(), reason, raw]).map_err(|e| failed(&self.path, &e))?;
        }
        writer.flush().map_err(|e| failed(&self.path, &e))
    }
}
