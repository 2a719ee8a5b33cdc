//! One round: processes; calls and kills together until nothing is open; then edits of what is in the CRM,
//! and kills again; then the verdict.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use trunkline::config::Config;
use trunkline::domain::clock::{Clock, SystemClock};

use super::book::Book;
use super::figures::Figures;
use super::kind::Kind;
use super::load::{self, Page};
use super::world::{SECRET, World};
use super::{kills, verdict};

/// Operators.
const OPERATORS: usize = 3;
/// Calls of a round: a second of load.
const CALLS: usize = 50;
/// Calls of a round in which each one costs the daemon its life.
const CALLS_ON_THE_VERGE: usize = 8;
/// Before the CRM must hold everything.
const PATIENCE: Duration = Duration::from_secs(100);
/// Between looks at the outbox.
const LOOK: Duration = Duration::from_millis(100);

/// Runs a round; what it counted. Panics with what is wrong.
pub fn run(seed: u64) -> Figures {
    let kinds = [Kind::Whole, Kind::Steps, Kind::Append, Kind::Steps, Kind::Whole, Kind::Blind];
    let kind = kinds[usize::try_from(seed).unwrap_or(0) % kinds.len()];
    // Every third round kills at the worst moment.
    let verge = seed.is_multiple_of(3).then(|| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let verge_port = verge.as_ref().map_or(0, |listener| listener.local_addr().expect("an address").port());
    let began = Instant::now();
    let mut world = World::start(seed, kind, verge_port);
    // Whatever fails, its folder stays to be looked at.
    world.folder.disable_cleanup(true);
    let problems = match played(&world, seed, kind, verge.as_ref()) {
        Ok((mut figures, problems)) if problems.is_empty() => {
            world.folder.disable_cleanup(false);
            figures.count("rounds", 1);
            figures.count("milliseconds of all rounds", u64::try_from(began.elapsed().as_millis()).unwrap_or(0));
            return figures;
        }
        Ok((_, problems)) | Err(problems) => problems,
    };
    let verge = if verge.is_some() { ", on the verge" } else { "" };
    panic!("SEED={seed} ({kind:?}{verge}), see {}:\n  {}", world.folder.path().display(), problems.join("\n  "));
}

type Played = Result<(Figures, Vec<String>), Vec<String>>;

fn played(world: &World, seed: u64, kind: Kind, verge: Option<&TcpListener>) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let page = page(world);
    let count = if verge.is_some() { CALLS_ON_THE_VERGE } else { CALLS };
    let calls = load::calls(count, OPERATORS, seed);
    let mut figures = Figures::default();
    runtime.block_on(api(&page, Method::POST, "/connectors/crm/sync?wait=true"));
    for (late, verge) in [(false, verge), (true, None)] {
        let over = AtomicBool::new(false);
        let settled = std::thread::scope(|scope| {
            let killer = scope.spawn(|| {
                let mut figures = Figures::default();
                match verge {
                    Some(listener) => kills::on_the_verge(world, listener, &over, seed, &mut figures),
                    None => kills::by_chance(world, seed ^ u64::from(late), &mut figures),
                }
                figures
            });
            let end = End { over: &over, verge };
            figures.add(&runtime.block_on(load::run(&page, &calls, late, seed)));
            let quiet = || verge.is_some() || killer.is_finished();
            let settled = runtime.block_on(settle(world, &page, kind, &mut figures, quiet));
            drop(end);
            figures.add(&killer.join().expect("the killer lives"));
            settled
        });
        settled?;
    }
    let book = Book::read(&world.journal());
    for (what, count) in &book.counts {
        if let Some(fault) = what.strip_prefix("fault ") {
            figures.count(&format!("CRM: {fault}"), *count);
        }
    }
    figures.count("CRM: look-ups", book.count("find"));
    figures.count("CRM: creates", book.count("log"));
    figures.count("CRM: updates", book.count("text") + book.count("more"));
    figures.count("logs acknowledged", calls.len() as u64);
    let problems = runtime.block_on(verdict::of(&page, &book, &calls, kind, &mut figures));
    Ok((figures, problems))
}

/// Ends the killer that waits for calls, also where the round fails.
struct End<'a> {
    over: &'a AtomicBool,
    verge: Option<&'a TcpListener>,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if let Some(listener) = self.verge {
            drop(listener.local_addr().map(std::net::TcpStream::connect));
        }
    }
}

fn page(world: &World) -> Page {
    let config = Config::parse("trunkline.toml", &world.configuration(), []).expect("a configuration").config;
    let now = SystemClock.now_ms();
    let token =
        |n| trunkline::auth::mint(&config.operators, &format!("op{n}"), None, None, 3_600, now).expect("a token");
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("a client");
    Page { client, base: format!("http://127.0.0.1:{}", world.port), tokens: (0..OPERATORS).map(token).collect() }
}

/// Asks the API until it answers.
pub async fn api(page: &Page, method: Method, path: &str) -> Value {
    let began = Instant::now();
    loop {
        let request = page.client.request(method.clone(), format!("{}/v1{path}", page.base));
        let answer = request.bearer_auth(SECRET).json(&json!({})).send().await;
        let words = match answer {
            Ok(answer) if answer.status().is_success() => match answer.json().await {
                Ok(json) => return json,
                Err(error) => error.to_string(),
            },
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(error) => format!("{error:?}"),
        };
        assert!(began.elapsed() < PATIENCE, "{} does not answer {path}: {words}", page.base);
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until nothing is open and nobody is killed any more; where a person has to look, looks.
async fn settle(
    world: &World,
    page: &Page,
    kind: Kind,
    figures: &mut Figures,
    quiet: impl Fn() -> bool,
) -> Result<(), Vec<String>> {
    let began = Instant::now();
    loop {
        let was_quiet = quiet();
        let open = api(page, Method::GET, "/outbox?limit=1000").await;
        let open = open["items"].as_array().cloned().unwrap_or_default();
        if open.is_empty() && was_quiet {
            return Ok(());
        }
        for entry in open.iter().filter(|entry| entry["state"] != "waiting") {
            if kind != Kind::Blind || entry["state"] != "unsure" {
                return Err(vec![format!("it waits for a person: {entry}")]);
            }
            let advice = looked_for(world, entry);
            api(page, Method::POST, &format!("/outbox/{}/{advice}", entry["id"].as_str().unwrap_or_default())).await;
            figures.count(&format!("unsure, and a person looked: {advice}"), 1);
        }
        if began.elapsed() > PATIENCE {
            return Err(open.iter().map(|entry| format!("still open: {entry}")).collect());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What a person says who looked into the CRM.
fn looked_for(world: &World, entry: &Value) -> &'static str {
    let key = entry["logId"].as_str().unwrap_or_default();
    if Book::read(&world.journal()).with_key(key).is_empty() { "retry" } else { "drop" }
}
