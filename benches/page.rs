//! `cargo bench --bench page`: pages of 1,000 contacts by the whole service with tokens, at the start,
//! in the middle and at the end of the list, against a bare axum handler that answers the same bytes.
//!
//! Twice: pages that were sent before (each open page of an office asks for the same ones), and pages
//! asked for the first time since the last change. 32 connections; the load generator is a process
//! of its own.

mod support;

use serde_json::json;
use support::load::{self, Until};
use support::report::{Rounds, grouped, ratio, row};
use support::requests::{Requests, typical};
use support::server::Server;
use support::{contacts, data, round_time, rounds, with_tokens};

const PAGE: u64 = 1_000;
const CONNECTIONS: usize = 32;
/// Pages of a place in the list that are asked for again and again.
const AGAIN: u64 = 8;

fn main() {
    if load::serve_as_child() {
        return;
    }
    let total = contacts().max(2 * PAGE);
    let service = Server::service(&data::database(total));
    let depths = [("start", 0), ("middle", total / 2), ("end", total - PAGE * AGAIN.min(total / PAGE))];
    let again = depths.map(|(name, from)| (name, known_pages(from, total)));
    let first = depths.map(|(name, from)| (name, new_pages(from, total)));
    let answer = typical(again[1].1.record(service.address, 8));
    println!("{} bytes a page; tokens: {}", answer.len(), with_tokens());
    let bare = Server::bare(answer);

    let mut variants = vec![("bare handler, same bytes".to_owned(), &bare, again[0].1.save("page-bare"))];
    for (kind, pages) in [("again", &again), ("first", &first)] {
        for (name, requests) in pages {
            variants.push((format!("{kind}, {name}"), &service, requests.save(&format!("page-{kind}-{name}"))));
        }
    }
    let mut results: Vec<Rounds> = variants.iter().map(|_| Rounds::default()).collect();
    for round in 0..=rounds() {
        for ((_, server, file), result) in variants.iter().zip(&mut results) {
            let measured = load::run(server.address, file, CONNECTIONS, Until::Elapsed(round_time()));
            if round > 0 {
                result.0.push(measured);
            }
        }
    }
    for ((name, ..), result) in variants.iter().zip(&results) {
        result.line(name);
    }
    let ratios =
        |from: usize| [0, 1, 2].map(|at| format!("{:.2}", ratio(&results[from + at], &results[0]))).join(" / ");
    row(
        &format!("Page of 1,000 contacts: start / middle / end of {}", grouped(total)),
        "0.5 of a bare handler; flat",
        &format!("{}; asked for the first time {}", ratios(1), ratios(4)),
        &format!("{:.0}, {:.0} of {:.0} pages/s", results[2].rate(), results[5].rate(), results[0].rate()),
        "cargo bench --bench page",
    );
    for (_, _, file) in variants {
        drop(std::fs::remove_file(file));
    }
    service.stop();
    bare.stop();
}

fn page(requests: &mut Requests, after: u64, last: u64) {
    requests.post(0, "/contacts", &json!({"page": format!("full.{after}.{last}"), "syncTimestamp": null}));
}

fn known_pages(from: u64, total: u64) -> Requests {
    let mut requests = Requests::default();
    for place in 0..AGAIN.min(total / PAGE) {
        page(&mut requests, from + place * PAGE, total);
    }
    requests
}

/// Pages that differ by one contact in where they start: more than the service keeps.
fn new_pages(from: u64, total: u64) -> Requests {
    let mut requests = Requests::default();
    for place in 0..20_000 {
        let spread = (total / 10).min(total - PAGE);
        let after = (from + place * 7_919 % spread).min(total - PAGE);
        // At the end all start at one place: the bound tells them apart.
        page(&mut requests, after, total + place);
    }
    requests
}
