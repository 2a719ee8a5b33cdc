//! `cargo bench --bench logs`: durable posts of the call logger by 64 clients at once, one third new
//! calls and two thirds changes, by the whole service with tokens, against (a) a bare axum handler that
//! reads the same bodies and answers the same bytes, and (b) raw `SQLite` that writes the same rows
//! into the same tables, 64 in a transaction, `synchronous = full`, without HTTP and without reading
//! before writing. The load generator is a process of its own.

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};
use support::load::{self, Until};
use support::numbers::mix;
use support::report::{Rounds, ratio, row};
use support::requests::{Requests, typical};
use support::server::{Server, config};
use support::{calls, data, median, round_time, rounds, runtime};

const CLIENTS: u64 = 64;
const CRM: &str =
    "[connectors.crm]\nkind = \"hubspot\"\napi_key = \"k\"\nurl = \"http://127.0.0.1:9\"\nsync_seconds = 86400\n";
/// Calls of a client in each second of a round.
const CALLS: u64 = 40;

fn main() {
    if load::serve_as_child() {
        return;
    }
    let databases = [data::empty("logs"), data::empty("logs-raw"), data::empty("logs-crm")];
    let service = Server::service(&databases[0]);
    // A CRM that nobody reaches: what is logged has an outbox entry.
    let behind = Server::configured(config(&databases[2], CRM));
    let each = CALLS * round_time().as_secs();
    let warm = posts(&Moment { run: 0, calls: 20 });
    let bodies = warm.record(service.address, 30);
    let bare = Server::bare(typical(bodies));
    let run = |server: &Server, requests: &Requests| {
        let file = requests.save("logs");
        let measured = load::run(server.address, &file, usize::try_from(CLIENTS).unwrap_or(64), Until::Sent);
        drop(std::fs::remove_file(file));
        measured
    };
    run(&service, &warm);
    run(&behind, &warm);
    run(&bare, &warm);
    let (mut of_service, mut of_behind, mut of_bare, mut raw) =
        (Rounds::default(), Rounds::default(), Rounds::default(), Vec::new());
    for round in 0..rounds() {
        let moment = Moment { run: mix(u64::from(std::process::id()) << 8 | round as u64), calls: each };
        let requests = posts(&moment);
        of_bare.0.push(run(&bare, &requests));
        raw.push(raw_writes(&databases[1], &moment));
        of_service.0.push(run(&service, &requests));
        of_behind.0.push(run(&behind, &requests));
    }
    let rates: Vec<f64> = raw.iter().map(|time| count(each) / time.as_secs_f64()).collect();
    let to_raw = median(of_service.0.iter().zip(&rates).map(|(of, to)| of.rate() / to));
    of_bare.line("bare handler, same bytes");
    of_service.line("service, durable");
    of_behind.line("the same with a CRM behind");
    println!("{:<34} {:>9.0}/s", "raw SQLite, 64 rows a transaction", median(rates.iter().copied()));
    row(
        "Durable call logs, 64 clients",
        "0.5 of raw SQLite; 0.25 of a bare handler",
        &format!("{to_raw:.2}; {:.2}", ratio(&of_service, &of_bare)),
        &format!("{:.0} of {:.0} and {:.0} posts/s", of_service.rate(), median(rates), of_bare.rate()),
        "cargo bench --bench logs",
    );
    row(
        "Durable call logs with their outbox entries",
        "as without",
        &format!("{:.2} of the speed without a CRM", ratio(&of_behind, &of_service)),
        &format!("{:.0} of {:.0} posts/s", of_behind.rate(), of_service.rate()),
        "cargo bench --bench logs",
    );
    service.stop();
    behind.stop();
    bare.stop();
    for path in databases {
        data::remove(&path);
    }
}

/// Calls nobody has posted yet.
struct Moment {
    run: u64,
    calls: u64,
}

#[expect(clippy::cast_precision_loss, reason = "a count of posts")]
fn count(calls: u64) -> f64 {
    (calls * CLIENTS * calls::POSTS) as f64
}

/// In the order of sending: each client's calls one after another.
fn in_order(moment: &Moment) -> impl Iterator<Item = (u64, u64)> {
    let calls = moment.calls;
    (0..calls).flat_map(|call| {
        (0..calls::POSTS).flat_map(move |which| (0..CLIENTS).map(move |client| (call * CLIENTS + client, which)))
    })
}

fn posts(moment: &Moment) -> Requests {
    let mut requests = Requests::default();
    for (call, which) in in_order(moment) {
        requests.post(0, "/callLogger", &calls::post(moment.run, call, which));
    }
    requests
}

/// How long the rows of the posts take, made ready beforehand.
fn raw_writes(path: &Path, moment: &Moment) -> Duration {
    let rows: Vec<Vec<Value>> = (0..moment.calls * CLIENTS).map(|call| calls::rows(moment.run, call)).collect();
    let place = |number: u64| usize::try_from(number).unwrap_or(0);
    let ordered: Vec<&Value> = in_order(moment).map(|(call, which)| &rows[place(call)][place(which)]).collect();
    let batches: Vec<String> = ordered.chunks(place(CLIENTS)).map(|rows| json!(rows).to_string()).collect();
    runtime().block_on(async {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("cache_size", "-16384")
            .pragma("wal_autocheckpoint", "4000");
        let mut connection = SqliteConnection::connect_with(&options).await.expect("the database opens");
        let started = Instant::now();
        for batch in batches {
            let mut tx = connection.begin_with("begin immediate").await.expect("a transaction");
            sqlx::query(calls::UPSERT).bind(batch).execute(&mut *tx).await.expect("rows");
            tx.commit().await.expect("a commit");
        }
        let taken = started.elapsed();
        connection.close().await.expect("it closes");
        taken
    })
}
