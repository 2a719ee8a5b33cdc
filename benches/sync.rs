//! `cargo bench --bench sync`: a first sync of 100,000 contacts from a REST server on loopback, against
//! reading the same pages and throwing them away; and a run with ten changes with 1,000,000 contacts
//! held, against the same with 1,000. The server renders each page when it is asked, as a CRM does.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use support::report::{grouped, row};
use support::{contacts, data, median, people, quit, rounds, runtime};
use tokio_util::sync::CancellationToken;
use trunkline::config::Config;
use trunkline::connectors::{self, Means, SharedConnector, credentials::StaticCredentials};
use trunkline::domain::clock::{SharedClock, SystemClock};
use trunkline::domain::upstream::Next;
use trunkline::outbound::{Outbound, OutboundOptions};
use trunkline::storage::{Options, Storage};
use trunkline::sync::{Configured, RunOptions, RunReport, Syncs};

const FIRST: u64 = 100_000;
const FEW: u64 = 1_000;
const PAGE: u64 = 500;
const CHANGES: u64 = 10;
/// Milliseconds a page of a CRM that gives 2,500 contacts a second: more than the shipped ones allow.
const PACE: u64 = 200;

const MANIFEST: &str = r#"
[api]
name = "Bench"
base_url = "http://127.0.0.1"

[sync]
strategy = "token"
token = "token"

[sync.changes]
records = "items"
paging = { kind = "cursor_body", next = "next", size = 500 }

[sync.changes.request]
path = "/contacts"

[sync.changes.request.query]
since = "{{ sync.token or omit }}"
cursor = "{{ page.cursor or omit }}"

[[sync.deletes]]
kind = "sweep"

[ids]
records = "items"
paging = { kind = "cursor_body", next = "next", size = 500 }
request = { path = "/contacts", query = { cursor = "{{ page.cursor or omit }}" } }

[fetch]
batch = 100
records = "items"
request = { path = "/contacts", query = { ids = "{{ ids | join(',') }}" } }

[contact]
id = "id"
name = "name"
company = "company"
job_title = "jobTitle"
phones = "phoneNumbers[].{number: phoneNumber, label: phoneType}"
emails = "emails"
"#;

#[derive(Clone)]
struct Server {
    total: Arc<AtomicU64>,
    /// How long it thinks about a page, in milliseconds.
    pause: Arc<AtomicU64>,
    edits: Arc<AtomicU64>,
}

#[derive(Deserialize)]
struct Asked {
    since: Option<u64>,
    cursor: Option<u64>,
}

async fn page(State(server): State<Server>, Query(asked): Query<Asked>) -> Json<Value> {
    let edits = server.edits.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(server.pause.load(Ordering::Relaxed))).await;
    if asked.since.is_some_and(|since| since > 0) {
        let items: Vec<Value> = (0..CHANGES)
            .map(|place| {
                let mut person = people::contact(place * 7);
                person["company"] = json!(format!("Edited {edits}"));
                person
            })
            .collect();
        return Json(json!({"items": items, "next": null, "token": edits}));
    }
    let start = asked.cursor.unwrap_or(0);
    let end = (start + PAGE).min(server.total.load(Ordering::Relaxed));
    let items: Vec<Value> = (start..end).map(people::contact).collect();
    let next = (end < server.total.load(Ordering::Relaxed)).then_some(end);
    Json(json!({"items": items, "next": next, "token": edits}))
}

struct Bench {
    server: Server,
    connector: SharedConnector,
    config: Config,
}

impl Bench {
    async fn start() -> Self {
        let server = Server {
            total: Arc::new(AtomicU64::new(FIRST)),
            edits: Arc::new(AtomicU64::new(1)),
            pause: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().route("/contacts", get(page)).with_state(server.clone());
        // The server works beside the sync, as one on another machine would.
        std::thread::spawn(move || {
            runtime().block_on(async move { axum::serve(listener, router).await.expect("a server") });
        });
        let manifest = support::folder().join("sync-bench.toml");
        std::fs::write(&manifest, MANIFEST).expect("the manifest");
        let text = format!(
            "[numbers]\ndefault_region = 'US'\n[connectors.bench]\nkind = 'rest'\nmanifest = '{}'\nurl = '{base}'\n\
             sign_in = 'nobody'\n",
            manifest.display()
        );
        let config = Config::parse("bench.toml", &text, []).unwrap_or_else(|error| quit(&error.to_string())).config;
        let means = Means {
            outbound: Outbound::new(&OutboundOptions::default()).unwrap_or_else(|error| quit(&error)),
            clock: Arc::new(SystemClock),
            credentials: StaticCredentials::open(),
        };
        let connector =
            connectors::build("bench", &config.connectors["bench"], means).unwrap_or_else(|error| quit(&error));
        Self { server, connector, config }
    }

    /// Reads and maps nothing: only the pages' way through the connector's door.
    async fn serving(&self) -> Duration {
        let outbound = Outbound::new(&OutboundOptions::default()).unwrap_or_else(|error| quit(&error));
        let base = &self.config.connectors["bench"].url;
        let started = Instant::now();
        for start in (0..FIRST).step_by(usize::try_from(PAGE).expect("a page")) {
            let url = format!("{base}/contacts?cursor={start}").parse().expect("an address");
            let request = outbound.request(reqwest::Method::GET, url).build().expect("a request");
            outbound.send(request).await.unwrap_or_else(|error| quit(&error.to_string()));
        }
        started.elapsed()
    }

    /// The same through the connector, which maps each record.
    async fn reading(&self) -> Duration {
        let started = Instant::now();
        let mut cursor = None;
        loop {
            let page = self.connector.list_changes(cursor.as_deref()).await;
            match page.unwrap_or_else(|error| quit(&error.to_string())).next {
                Next::More(next) => cursor = Some(next),
                Next::Done(_) => return started.elapsed(),
            }
        }
    }

    fn syncs(&self, storage: &Storage) -> Syncs {
        let clock: SharedClock = Arc::new(SystemClock);
        let configured =
            Configured { config: self.config.connectors["bench"].clone(), connector: Ok(self.connector.clone()) };
        let means = trunkline::sync::Means {
            storage: storage.clone(),
            clock,
            audience: Arc::new(drop),
            region: self.config.numbers.region(),
            closing: CancellationToken::new(),
        };
        Syncs::new(BTreeMap::from([("bench".to_owned(), configured)]), means)
    }

    async fn run(&self, syncs: &Syncs) -> (Duration, RunReport) {
        let lane = syncs.find_lane("bench").expect("a lane");
        let started = Instant::now();
        let report =
            syncs.run_alone(lane, RunOptions::default()).await.unwrap_or_else(|error| quit(&error.to_string()));
        (started.elapsed(), report)
    }
}

fn main() {
    runtime().block_on(async {
        let bench = Bench::start().await;
        first(&bench, 0).await;
        first(&bench, PACE).await;
        bench.server.pause.store(0, Ordering::Relaxed);
        changes(&bench).await;
    });
}

async fn first(bench: &Bench, pause: u64) {
    bench.server.pause.store(pause, Ordering::Relaxed);
    let (mut serving, mut reading, mut syncing) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds() {
        let path = tokio::task::block_in_place(|| data::empty("sync"));
        let storage = Storage::open(&Options::file(&path), Arc::new(SystemClock)).await.expect("a database");
        serving.push(bench.serving().await.as_secs_f64());
        reading.push(bench.reading().await.as_secs_f64());
        let (taken, report) = bench.run(&bench.syncs(&storage)).await;
        assert_eq!((report.upserted, report.full), (FIRST, true));
        syncing.push(taken.as_secs_f64());
        println!(
            "round {round}: served in {:.1} s, read in {:.1} s, synced in {:.1} s",
            serving[round], reading[round], syncing[round]
        );
        storage.close().await;
        data::remove(&path);
    }
    let ratio = median(serving.iter().zip(&syncing).map(|(serving, syncing)| serving / syncing));
    row(
        &format!(
            "First sync of {} contacts from a REST server on loopback, {pause} ms a page of {PAGE}",
            grouped(FIRST)
        ),
        "bound by the server",
        &format!("{ratio:.2} of the server's own time"),
        &format!("{:.1} s; served {:.1} s, read and mapped {:.1} s", median(syncing), median(serving), median(reading)),
        "cargo bench --bench sync",
    );
}

async fn changes(bench: &Bench) {
    let mut ratios = Vec::new();
    let mut shown = String::new();
    for _ in 0..rounds() {
        let mut taken = Vec::new();
        for total in [FEW, contacts()] {
            bench.server.total.store(total, Ordering::Relaxed);
            let path = tokio::task::block_in_place(|| data::empty("sync-changes"));
            let storage = Storage::open(&Options::file(&path), Arc::new(SystemClock)).await.expect("a database");
            let syncs = bench.syncs(&storage);
            bench.run(&syncs).await;
            let mut runs = Vec::new();
            for _ in 0..21 {
                bench.server.edits.fetch_add(1, Ordering::Relaxed);
                let (run, report) = bench.run(&syncs).await;
                assert_eq!((report.upserted, report.full), (CHANGES, false));
                runs.push(run.as_secs_f64() * 1000.0);
            }
            taken.push(median(runs));
            storage.close().await;
            data::remove(&path);
        }
        ratios.push(taken[1] / taken[0]);
        shown = format!("{:.1} ms with {}, {:.1} ms with {}", taken[0], grouped(FEW), taken[1], grouped(contacts()));
    }
    row(
        &format!("A run with {CHANGES} changes among {} contacts", grouped(contacts())),
        "as among 1,000",
        &format!("{:.2} of the time", median(ratios)),
        &shown,
        "cargo bench --bench sync",
    );
}
