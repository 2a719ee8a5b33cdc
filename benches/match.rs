//! `cargo bench --bench match`: a match of 30 numbers, half of them known, by the whole service with
//! tokens, against a bare axum handler that answers the same bytes; with 1,000 contacts and with
//! 1,000,000. 32 connections; the load generator is a process of its own.

mod support;

use std::path::Path;

use serde_json::json;
use support::load::{self, Until};
use support::numbers::Dice;
use support::report::{Rounds, grouped, ratio, row};
use support::requests::{Requests, typical};
use support::server::Server;
use support::{contacts, data, people, round_time, rounds, runtime, with_tokens};

const ASKED: u64 = 30;
const REQUESTS: u64 = 20_000;
const CONNECTIONS: usize = 32;
const FEW: u64 = 1_000;

fn main() {
    if load::serve_as_child() {
        return;
    }
    let many = contacts();
    let databases = [data::database(many), data::database(FEW)];
    let known = databases.each_ref().map(|path| numbers_of(path));
    let requests = known.each_ref().map(|known| matches(known));
    let files = [requests[0].save("match-many"), requests[1].save("match-few")];
    let services = databases.each_ref().map(|path| Server::service(path));
    let answers = requests[0].record(services[0].address, 300);
    let hits = answers.iter().map(|answer| occurrences(answer, b"\"type\":")).sum::<usize>() / answers.len();
    let answer = typical(answers);
    println!("{ASKED} numbers, {hits} contacts and {} bytes an answer; tokens: {}", answer.len(), with_tokens());
    let bare = Server::bare(answer);

    let variants = [(&bare, 0), (&services[0], 0), (&services[1], 1)];
    let mut results = [Rounds::default(), Rounds::default(), Rounds::default()];
    for (server, file) in variants {
        load::run(server.address, &files[file], CONNECTIONS, Until::Elapsed(round_time() / 3));
    }
    for _ in 0..rounds() {
        for ((server, file), result) in variants.iter().zip(&mut results) {
            result.0.push(load::run(server.address, &files[*file], CONNECTIONS, Until::Elapsed(round_time())));
        }
    }
    let [of_bare, of_many, of_few] = &results;
    of_bare.line("bare handler, same bytes");
    of_many.line(&format!("service, {many} contacts"));
    of_few.line(&format!("service, {FEW} contacts"));
    row(
        &format!("Match of 30 numbers, {} contacts", grouped(many)),
        "0.5 of a bare handler; flat",
        &format!("{:.2}; {:.2} of the speed with 1,000", ratio(of_many, of_bare), ratio(of_many, of_few)),
        &format!("{:.0} of {:.0} requests/s", of_many.rate(), of_bare.rate()),
        "cargo bench --bench match",
    );
    services.into_iter().chain([bare]).for_each(Server::stop);
    for file in files {
        drop(std::fs::remove_file(file));
    }
}

/// Numbers of contacts all over a database.
fn numbers_of(path: &Path) -> Vec<String> {
    let text = "select number from contact_phone where contact_key in \
                (select abs(random() % (select max(key) from contact)) + 1 from contact limit 200000)";
    runtime().block_on(async {
        let mut connection = data::connect(path).await;
        sqlx::query_scalar(text).fetch_all(&mut connection).await.expect("numbers")
    })
}

fn matches(known: &[String]) -> Requests {
    let mut requests = Requests::default();
    let mut dice = Dice::new(known.len() as u64);
    for place in 0..REQUESTS {
        let asked: Vec<String> = (0..ASKED)
            .map(|which| match which % 2 {
                0 => known[usize::try_from(dice.below(known.len() as u64)).unwrap_or(0)].clone(),
                _ => people::number(place * ASKED + which, 9),
            })
            .collect();
        requests.post(0, "/contacts/match", &json!({"phoneNumbers": asked, "requestId": place}));
    }
    requests
}

fn occurrences(text: &[u8], part: &[u8]) -> usize {
    text.windows(part.len()).filter(|window| *window == part).count()
}
