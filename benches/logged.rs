//! `cargo bench --bench logged`: "is it logged?" for 30 calls, half of them logged and delivered, by the
//! whole service with tokens and a CRM behind it; with 1,000,000 logs against 1,000. 32 connections; the
//! load generator is a process of its own.

mod support;

use std::path::{Path, PathBuf};

use serde_json::json;
use support::load::{self, Until};
use support::numbers::Dice;
use support::report::{Rounds, grouped, ratio, row};
use support::requests::Requests;
use support::server::{Server, config};
use support::{data, round_time, rounds, runtime};

const ASKED: u64 = 30;
const REQUESTS: u64 = 20_000;
const CONNECTIONS: usize = 32;
const LOGS: [u64; 2] = [1_000_000, 1_000];

const CALLS: &str = "insert into call_log (id, operator, session_id, telephony_session_id, phase, contact_id, \
       decided_by, note, earlier_notes, form, call, extra, remote_number, started_at, created_at, updated_at) \
     with recursive place (n) as (select 0 union all select n + 1 from place where n + 1 < $1) \
     select printf('cl_%09d', n), 'dana', 'session-' || n, 's-' || n, 'history', 'crm:' || n, \
       'machine', 'Wants a quote', '[]', '{}', '{\"result\":\"Accepted\",\"duration\":75}', '{}', '+16505550100', \
       n, n, n from place";
const ENTRIES: &str = "insert into outbox (id, log_id, kind, connector, operator, state, revision, \
       delivered_revision, due_ms, upstream_id, created_ms, updated_ms, delivered_ms) \
     select 'ob' || substr(id, 3), id, 'call', 'crm', operator, 'delivered', 1, 1, 0, id, 0, 0, 0 from call_log";

fn main() {
    if load::serve_as_child() {
        return;
    }
    let databases = LOGS.map(database);
    let files = LOGS.map(|logs| asked(logs).save(&format!("logged-{logs}")));
    // A CRM that nobody reaches: everything is delivered.
    let further =
        "[connectors.crm]\nkind = \"hubspot\"\napi_key = \"k\"\nurl = \"http://127.0.0.1:9\"\nsync_seconds = 86400\n";
    let services = databases.each_ref().map(|path| Server::configured(config(path, further)));
    let mut results = [Rounds::default(), Rounds::default()];
    for (service, file) in services.iter().zip(&files) {
        load::run(service.address, file, CONNECTIONS, Until::Elapsed(round_time() / 3));
    }
    for _ in 0..rounds() {
        for ((service, file), result) in services.iter().zip(&files).zip(&mut results) {
            result.0.push(load::run(service.address, file, CONNECTIONS, Until::Elapsed(round_time())));
        }
    }
    for (result, logs) in results.iter().zip(LOGS) {
        result.line(&format!("service, {logs} logs"));
    }
    let [many, few] = &results;
    row(
        &format!("\"Is it logged?\" for {ASKED} calls, {} logs", grouped(LOGS[0])),
        "as with 1,000",
        &format!("{:.2} of the speed with 1,000", ratio(many, few)),
        &format!("{:.0} of {:.0} requests/s", many.rate(), few.rate()),
        "cargo bench --bench logged",
    );
    services.into_iter().for_each(Server::stop);
    for path in &databases {
        data::remove(path);
    }
    for file in files {
        drop(std::fs::remove_file(file));
    }
}

fn database(logs: u64) -> PathBuf {
    let path = data::empty(&format!("logged-{logs}"));
    runtime().block_on(fill(&path, logs));
    path
}

async fn fill(path: &Path, logs: u64) {
    let mut connection = data::connect(path).await;
    let count = i64::try_from(logs).expect("a count");
    sqlx::query(CALLS).bind(count).execute(&mut connection).await.expect("logs");
    sqlx::query(ENTRIES).execute(&mut connection).await.expect("entries");
}

/// Requests of the operator whose logs these are.
fn asked(logs: u64) -> Requests {
    let mut requests = Requests::default();
    let mut dice = Dice::new(logs);
    for place in 0..REQUESTS {
        let sessions: Vec<String> = (0..ASKED)
            .map(|which| {
                let n = dice.below(logs);
                if which % 2 == 0 { format!("session-{n}") } else { format!("none-{place}-{which}") }
            })
            .collect();
        requests.post(0, "/callLogger/match", &json!({"sessionIds": sessions, "requestId": place}));
    }
    requests
}
