//! `cargo bench --bench upstream`: matches while an upstream misbehaves and is asked without pause,
//! against matches while it is quiet; the same service, database and requests. Four connections, one
//! number a request, as at ring time.

mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use support::load::{self, Until};
use support::report::{Rounds, row};
use support::requests::Requests;
use support::server::{Server, config};
use support::{data, median, people, round_time, rounds, runtime};

const CONTACTS: u64 = 100_000;
const REQUESTS: u64 = 20_000;
const CONNECTIONS: usize = 4;
/// Between two syncs asked for, and between two drips.
const PAUSE: Duration = Duration::from_millis(20);
const KEY: &str = "only-for-benches-0123456789abcdef";
const TROUBLES: [&str; 6] = ["HTTP 500", "hangs", "drips", "broken JSON", "pages without end", "records of 5 MB"];

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
cursor = "{{ page.cursor or omit }}"

[[sync.deletes]]
kind = "sweep"

[ids]
records = "items"
request = { path = "/contacts" }

[contact]
id = "id"
name = "name"
phones = "phoneNumbers[].{number: phoneNumber, label: phoneType}"
"#;

/// What the upstream does: the place in [`TROUBLES`].
type Mood = Arc<AtomicUsize>;

/// Hanging and dripping end with the mood, so that the next trouble begins at once.
async fn answer(mood: Mood, turn: usize) -> Response {
    match mood.load(Ordering::Relaxed) {
        0 => (StatusCode::INTERNAL_SERVER_ERROR, "no").into_response(),
        1 => {
            while mood.load(Ordering::Relaxed) == 1 {
                tokio::time::sleep(PAUSE).await;
            }
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        2 => {
            let drips = futures_util::stream::unfold(mood, |mood| async {
                tokio::time::sleep(PAUSE).await;
                (mood.load(Ordering::Relaxed) == 2).then_some((Ok::<_, Infallible>("{"), mood))
            });
            ([("content-type", "application/json")], Body::from_stream(drips)).into_response()
        }
        3 => ([("content-type", "application/json")], "{\"items\": [").into_response(),
        4 => {
            let items: Vec<_> = (0..500).map(|n| people::contact((turn * 500 + n) as u64 % CONTACTS)).collect();
            axum::Json(json!({"items": items, "next": turn, "token": turn})).into_response()
        }
        _ => {
            let note = "x".repeat(5 << 20);
            let items = json!([{"id": format!("large{turn}"), "name": "Large", "note": note, "phoneNumbers": []}]);
            axum::Json(json!({"items": items, "next": null, "token": turn})).into_response()
        }
    }
}

fn upstream(mood: &Mood) -> String {
    let (mood, turn) = (mood.clone(), Arc::new(AtomicUsize::new(0)));
    let router = Router::new().fallback(move || answer(mood.clone(), turn.fetch_add(1, Ordering::Relaxed)));
    let runtime = runtime();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || runtime.block_on(async { axum::serve(listener, router).await.expect("a server") }));
    base
}

/// Asks for a sync again and again while `asking`.
fn nag(service: &Server, asking: &Arc<AtomicBool>) {
    let (url, asking) = (format!("http://{}/v1/connectors/bench/sync", service.address), asking.clone());
    std::thread::spawn(move || {
        runtime().block_on(async {
            let client = reqwest::Client::builder().build().expect("a client");
            loop {
                if asking.load(Ordering::Relaxed) {
                    // At the end the service is gone.
                    let Ok(answer) = client.post(&url).bearer_auth(KEY).send().await else { return };
                    assert!(answer.status().is_success(), "{}", answer.status());
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
    });
}

fn main() {
    if load::serve_as_child() {
        return;
    }
    let mood = Mood::default();
    let base = upstream(&mood);
    let manifest = support::folder().join("upstream-bench.toml");
    std::fs::write(&manifest, MANIFEST).expect("the manifest");
    let further = format!(
        "[api]\nkeys = [\"{KEY}\"]\n[connectors.bench]\nkind = \"rest\"\nmanifest = \"{}\"\nurl = \"{base}\"\n\
         sign_in = \"nobody\"\nsync_seconds = 86400\n",
        manifest.display()
    );
    let service = Server::configured(config(&data::database(CONTACTS), &further));
    let mut requests = Requests::default();
    (0..REQUESTS).for_each(|place| {
        requests.post(0, "/contacts/match", &json!({"phoneNumbers": [people::number(place, 9)], "requestId": place}));
    });
    let file = requests.save("match-one");
    let asking = Arc::new(AtomicBool::new(false));
    nag(&service, &asking);

    let run = |time| load::run(service.address, &file, CONNECTIONS, Until::Elapsed(time));
    run(round_time() / 3);
    let mut worst = (0.0, "");
    for (place, trouble) in TROUBLES.iter().enumerate() {
        mood.store(place, Ordering::Relaxed);
        let (mut quiet, mut busy) = (Rounds::default(), Rounds::default());
        for _ in 0..rounds() {
            asking.store(false, Ordering::Relaxed);
            quiet.0.push(run(round_time() / 2));
            asking.store(true, Ordering::Relaxed);
            busy.0.push(run(round_time() / 2));
        }
        quiet.line("quiet");
        busy.line(trouble);
        let ratio = median(busy.0.iter().zip(&quiet.0).map(|(busy, quiet)| busy.all.p99 / quiet.all.p99));
        if ratio > worst.0 {
            worst = (ratio, trouble);
        }
    }
    row(
        "Match p99 while an upstream misbehaves",
        "as while it is quiet",
        &format!("at most {:.2} of the quiet p99", worst.0),
        &format!("{} kinds of trouble; the worst: {}", TROUBLES.len(), worst.1),
        "cargo bench --bench upstream",
    );
    service.stop();
    drop(std::fs::remove_file(file));
}
