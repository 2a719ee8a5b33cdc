//! Deliveries in bad weather: a full disk, clocks that jump, a day without the CRM, everybody at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::FutureExt;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use trunkline::auth::mint;
use trunkline::domain::call_log::CallPost;
use trunkline::domain::clock::ManualClock;
use trunkline::domain::operator::Operator;
use trunkline::domain::outbox::{Route, Routes};
use trunkline::storage::{Options, Storage};

use crate::delivery::{ADA, CONFIG, MINUTE, daemon, drain, entries, log, record};
use crate::storage_faults::sql;
use crate::support::journal::{Fault, Journal, down};
use crate::support::{Daemon, NOW};

const DAY: i64 = 24 * 60 * MINUTE;
const SECRET: &str = "a-secret-of-these-tests-of-32-bytes-and-more";

/// Lets time pass until nothing is open.
async fn settle(daemon: &Daemon) {
    for _ in 0..300 {
        drain(daemon).await;
        if daemon.get("/v1/outbox").await.ok()["items"] == json!([]) {
            return;
        }
        daemon.clock.advance(5 * MINUTE);
    }
    panic!("still open: {}", daemon.get("/v1/outbox").await.text);
}

/// The keys of what stands upstream, each once.
fn keys(journal: &Journal) -> BTreeSet<String> {
    let logs = journal.logs();
    let keys: BTreeSet<String> = logs.iter().map(|log| log.key.clone()).collect();
    assert_eq!(keys.len(), logs.len(), "doubled: {logs:#?}");
    keys
}

/// Another program takes room from the database, or gives it back, while the daemon goes on.
async fn outside(daemon: &Daemon, text: &str) {
    let (file, text) = (daemon.folder.path().join("trunkline.db"), format!("pragma busy_timeout = 10000; {text}"));
    tokio::task::spawn_blocking(move || sql(&file, &text)).await.expect("done");
}

/// A record that needs much room, or little.
fn filled(session: &str, room: usize) -> Value {
    let mut post = record(session, ADA, Some("a note"));
    post["transcript"] = json!("t".repeat(room));
    post
}

#[tokio::test]
async fn a_full_disk_loses_no_log_and_doubles_none() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "[storage]\nmax_size_mb = 16\n").await;
    // What is written while there is no room for what becomes of it.
    let gate = Arc::new(Semaphore::new(0));
    journal.fail([Fault::Held(gate.clone()), Fault::Held(gate.clone())]);
    let mut taken = BTreeSet::new();
    for session in ["in-hand-1", "in-hand-2"] {
        log(&daemon, session, ADA, Some("a note")).await;
        taken.insert(session.to_owned());
    }
    daemon.state.delivery.nudge();
    while journal.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    outside(&daemon, "create table filler (room); insert into filler values (zeroblob(14680064));").await;
    let (mut refused, mut n) = (BTreeSet::new(), 0);
    for room in [40_000, 8_000, 1_000, 0] {
        loop {
            let session = format!("s{n}");
            n += 1;
            let answer = daemon.try_post("/callLogger", &filled(&session, room)).await;
            if answer.status == 200 {
                taken.insert(session);
                assert!(n < 2_000, "the cap is not kept");
                continue;
            }
            let problem = answer.problem(507, "database_full");
            assert!(problem["fix"].as_str().is_some_and(|fix| fix.contains("free disk space")), "{problem}");
            refused.insert(session);
            break;
        }
    }
    gate.add_permits(2);
    // Whatever can be delivered now and whatever cannot: nobody hears of it but the log.
    drop(daemon.state.delivery.drain().await);
    for session in &refused {
        assert_eq!(daemon.calls(session).await, [] as [Value; 0], "refused is not saved by half");
    }

    outside(&daemon, "drop table filler").await;
    for session in &refused {
        daemon.post("/callLogger", &filled(session, 0)).await;
    }
    settle(&daemon).await;
    let mut logs = BTreeSet::new();
    for session in taken.union(&refused) {
        let own = daemon.calls(session).await;
        assert_eq!(own.len(), 1, "{session}");
        logs.insert(own[0]["id"].as_str().expect("an id").to_owned());
    }
    assert_eq!(keys(&journal), logs);
    assert!(refused.len() == 4 && taken.len() > 4, "{} taken, {} refused", taken.len(), refused.len());
}

/// Leases are times: one that ends because the clock jumped must not begin a second attempt.
#[tokio::test]
async fn a_day_forward_in_the_middle_of_a_delivery_begins_no_second_one() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    let gate = Arc::new(Semaphore::new(0));
    journal.fail([Fault::Held(gate.clone()), Fault::Held(gate.clone())]);
    log(&daemon, "7", ADA, Some("a note")).await;
    while !journal.asked().iter().any(|word| word.starts_with("create")) {
        tokio::task::yield_now().await;
    }
    daemon.clock.advance(DAY);
    let opens = async {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        gate.add_permits(8);
    };
    tokio::join!(drain(&daemon), opens);
    settle(&daemon).await;
    assert_eq!(journal.logs().len(), 1, "{:?}", journal.logs());
    assert!(journal.asked().is_empty(), "nobody had to ask twice");
}

#[tokio::test]
async fn a_day_back_in_the_middle_of_deliveries_delays_nothing_by_a_day() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    // One in hand, one in the back-off, one unclear, one that is still going on.
    journal.fail([Fault::After(down()), Fault::Before(down())]);
    log(&daemon, "unclear", ADA, None).await;
    drain(&daemon).await;
    log(&daemon, "backed off", ADA, None).await;
    drain(&daemon).await;
    let gate = Arc::new(Semaphore::new(0));
    journal.fail([Fault::Held(gate.clone())]);
    log(&daemon, "in hand", ADA, Some("one")).await;
    let mut live = record("live", ADA, None);
    live["triggerType"] = json!("presenceUpdate");
    live["call"]["telephonyStatus"] = json!("CallConnected");
    live["call"].as_object_mut().expect("a call").retain(|key, _| key != "action" && key != "result");
    daemon.post("/callLogger", &live).await;
    daemon.clock.advance(-DAY);
    log(&daemon, "in hand", ADA, Some("two")).await;
    gate.add_permits(1);
    drain(&daemon).await;
    daemon.clock.advance(10 * MINUTE);
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 3, "{}", daemon.get("/v1/outbox").await.text);
    daemon.clock.advance(51 * MINUTE);
    drain(&daemon).await;
    assert_eq!(keys(&journal).len(), 4, "{}", daemon.get("/v1/outbox").await.text);
    assert!(journal.logs().iter().any(|log| log.text.contains("two")), "{:?}", journal.logs());

    // And forward again, as when a wrong clock is set right.
    daemon.clock.advance(DAY);
    log(&daemon, "in hand", ADA, Some("three")).await;
    settle(&daemon).await;
    assert_eq!(keys(&journal).len(), 4);
    assert!(journal.logs().iter().any(|log| log.text.contains("three")));
}

/// The next daemon sees that the clock stands before what the last one wrote.
#[tokio::test]
async fn a_clock_that_was_turned_back_while_the_daemon_was_away_delays_nothing() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    journal.fail([Fault::Before(down())]);
    log(&daemon, "7", ADA, None).await;
    drain(&daemon).await;
    daemon.clock.advance(-DAY);
    let daemon = daemon.restart().await;
    daemon.clock.advance(MINUTE);
    settle(&daemon).await;
    assert_eq!(journal.logs().len(), 1);
    assert!(daemon.clock_ms() < NOW - DAY + 30 * MINUTE, "and not a day later");
}

#[tokio::test]
async fn a_day_without_the_crm_and_five_hundred_logs() {
    const LOGS: usize = 520;
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    // Some are there before, and are edited meanwhile.
    for n in 0..20 {
        log(&daemon, &format!("{n}"), ADA, Some(&format!("first of {n};"))).await;
    }
    settle(&daemon).await;
    journal.asked();
    journal.down(Some(down()));
    for n in 0..LOGS {
        log(&daemon, &format!("{n}"), ADA, Some(&format!("second of {n};"))).await;
        daemon.clock.advance(DAY / i64::try_from(LOGS).expect("a number"));
        if n >= 5 {
            let late = n - 5;
            log(&daemon, &format!("{late}"), ADA, Some(&format!("last of {late};"))).await;
        }
        if n % 8 == 0 {
            drain(&daemon).await;
        }
    }
    let asked = journal.asked().len();
    assert!(asked < 2 * LOGS, "it was asked {asked} times");
    let open = daemon.get("/readyz").await.ok()["outbox"]["open"].clone();
    assert_eq!(open, json!(LOGS));
    assert_eq!(journal.logs().len(), 20);
    journal.down(None);
    settle(&daemon).await;
    assert_eq!(keys(&journal).len(), LOGS);
    for n in 0..LOGS - 5 {
        let note = format!("last of {n};");
        assert_eq!(journal.logs().iter().filter(|log| log.text.contains(&note)).count(), 1, "{note}");
    }
    assert_eq!(journal.logs().len(), LOGS, "none is doubled");
    let looked_up = journal.asked().iter().any(|word| word.starts_with("find"));
    assert!(!looked_up, "what is down has surely written nothing");
    println!("a day without the CRM: {LOGS} logs, {asked} requests meanwhile; all there once, with their last notes");
}

/// 20 operators with 50 tabs each, of which each posts each stage of a call up to three times.
#[tokio::test]
async fn many_operators_with_many_tabs_make_one_log_per_call_and_operator() {
    const OPERATORS: usize = 20;
    let journal = Journal::new();
    journal.people.put("1", "Ada Lovelace", ADA);
    let toml = format!(
        "[operators]\nauth = 'jwt'\nkeys = [{{ kid = 'main', secret = '{SECRET}' }}]\n[api]\nkeys = ['{SECRET}']\n{CONFIG}"
    );
    let upstreams = BTreeMap::from([("crm".to_owned(), journal.connector())]);
    let mut daemon = Daemon::with_upstreams(&toml, upstreams).await;
    daemon.bearer = Some(SECRET.to_owned());
    daemon.sync("crm", &json!({})).await;
    let token = |n: usize| {
        mint(&daemon.state.config.operators, &format!("op{n}"), None, None, 3_600, daemon.clock_ms()).expect("a token")
    };
    let tokens: Vec<String> = (0..OPERATORS).map(token).collect();
    let stages = |session: &str| {
        let mut live = record(session, ADA, None);
        live["triggerType"] = json!("presenceUpdate");
        live["call"].as_object_mut().expect("a call").retain(|key, _| key != "action" && key != "result");
        let stage = |status: &str| {
            let mut post = live.clone();
            post["call"]["telephonyStatus"] = json!(status);
            post
        };
        [stage("Ringing"), stage("CallConnected"), record(session, ADA, Some("the note"))]
    };
    // A tab posts one of the stages three times; fifty tabs post all of them.
    let mut posts: Vec<(usize, Value)> = Vec::new();
    for operator in 0..OPERATORS {
        for tab in 0..50 {
            let post = &stages(["7", "8"][tab % 2])[tab % 3];
            posts.extend((0..3).map(|_| (operator, post.clone())));
        }
    }
    let count = posts.len();
    posts.shuffle(&mut StdRng::seed_from_u64(50));
    let mut pages = JoinSet::new();
    for some in posts.chunks(posts.len().div_ceil(32)) {
        let (some, client, url, tokens) =
            (some.to_vec(), daemon.client.clone(), daemon.url("/embeddable/callLogger"), tokens.clone());
        pages.spawn(async move {
            for (operator, post) in some {
                let answer =
                    client.post(&url).bearer_auth(&tokens[operator]).json(&post).send().await.expect("an answer");
                assert_eq!(answer.status(), 200);
            }
        });
    }
    while let Some(page) = pages.join_next().await {
        page.expect("no page fails");
    }
    settle(&daemon).await;
    for session in ["7", "8"] {
        let logs = daemon.calls(session).await;
        let operators: BTreeSet<&str> = logs.iter().filter_map(|log| log["operator"].as_str()).collect();
        assert_eq!((logs.len(), operators.len()), (OPERATORS, OPERATORS));
        assert!(logs.iter().all(|log| log["note"] == "the note"), "{logs:?}");
    }
    assert_eq!(keys(&journal).len(), 2 * OPERATORS);
    assert!(journal.logs().iter().all(|log| log.text.contains("the note")));
    assert_eq!(entries(&daemon).await.len(), 2 * OPERATORS);
    println!(
        "{OPERATORS} operators, 50 tabs, 3 repeats: {count} posts of 2 calls; {} logs here and upstream",
        2 * OPERATORS
    );
}

/// A worker that takes its own claims for news never rests.
#[tokio::test]
async fn looking_for_something_to_deliver_is_no_news() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(&Options::file(folder.path().join("trunkline.db")), ManualClock::at(NOW)).await;
    let storage = storage.expect("a database");
    let takes = Route { calls: true, ..Route::default() };
    storage.route(Routes { connectors: BTreeMap::from([("crm".to_owned(), takes)]), ..Routes::default() });
    for connector in ["", "crm"] {
        storage.claim_outbox(connector, NOW + MINUTE, 8, Vec::new()).await.expect("nothing");
    }
    assert!(storage.outbox_news().now_or_never().is_none());
    let Value::Object(body) = record("7", ADA, None) else { panic!("an object") };
    let post = CallPost::from_body(body, None).expect("a post");
    storage.take_call_post(&Operator::local(), post).await.expect("taken");
    assert!(storage.outbox_news().now_or_never().is_some());
}

#[tokio::test]
async fn what_is_not_due_yet_is_not_late() {
    let journal = Journal::new();
    let daemon = daemon(&journal, "").await;
    let post = async |why: &str, id: u32| {
        let message = json!({"id": id, "creationTime": NOW, "direction": "Inbound", "subject": "Hello",
            "from": {"phoneNumber": ADA}, "to": [{"phoneNumber": "+16505550199"}]});
        let conversation = json!({"conversationId": "9", "type": "SMS", "correspondents": [{"phoneNumber": ADA}],
            "messages": [message]});
        daemon.post("/messageLogger", &json!({"triggerType": why, "conversation": conversation})).await;
    };
    post("manual", 1).await;
    drain(&daemon).await;
    assert_eq!(journal.logs().len(), 1);
    daemon.clock.advance(10 * MINUTE);
    // Written to again: more may come shortly.
    post("auto", 2).await;
    let counts = daemon.get("/v1/outbox").await.ok()["counts"].clone();
    let age = daemon.get("/readyz").await.ok()["outbox"]["oldestSeconds"].clone();
    assert_eq!((&counts[0]["count"], &age), (&json!(1), &json!(0)), "{counts}");
}
