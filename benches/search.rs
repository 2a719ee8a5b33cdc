//! `cargo bench --bench search`: search while typing with 1,000,000 contacts by the whole service with
//! tokens, from the outside: one client alone, then eight at once. The load generator is a process of
//! its own.

mod support;

use serde_json::json;
use support::load::{self, Measured, Until};
use support::numbers::Dice;
use support::people;
use support::report::{grouped, row};
use support::requests::Requests;
use support::server::Server;
use support::{contacts, data, median, round_time, rounds};

const KINDS: [&str; 11] = [
    "2 letters",
    "3 letters",
    "5 letters",
    "two words",
    "full name",
    "CJK 1",
    "CJK 2",
    "6 digits",
    "infix 4",
    "company",
    "no hit",
];
const EACH: u64 = 400;

fn main() {
    if load::serve_as_child() {
        return;
    }
    let service = Server::service(&data::database(contacts()));
    let file = queries(contacts()).save("search");
    load::run(service.address, &file, 1, Until::Sent);
    for clients in [1, 8] {
        let runs: Vec<Measured> =
            (0..rounds()).map(|_| load::run(service.address, &file, clients, Until::Elapsed(round_time()))).collect();
        let of = |get: &dyn Fn(&Measured) -> f64| median(runs.iter().map(get)) / 1000.0;
        println!("{clients} at once: {:.0} searches/s", median(runs.iter().map(Measured::rate)));
        for (class, kind) in KINDS.iter().enumerate() {
            println!(
                "  {kind:<12} p50 {:>7.2} ms  p99 {:>7.2} ms  max {:>7.2} ms",
                of(&|m| m.classes[class].p50),
                of(&|m| m.classes[class].p99),
                of(&|m| m.classes[class].max)
            );
        }
        let (p50, p99) = (of(&|m| m.all.p50), of(&|m| m.all.p99));
        println!("  {:<12} p50 {p50:>7.2} ms  p99 {p99:>7.2} ms  max {:>7.2} ms", "all", of(&|m| m.all.max));
        if clients == 1 {
            row(
                &format!("Search while typing, {} contacts", grouped(contacts())),
                "p99 under 5 ms",
                &format!("p99 {p99:.1} ms"),
                &format!("p50 {p50:.2} ms over {} kinds of query", KINDS.len()),
                "cargo bench --bench search",
            );
        }
    }
    drop(std::fs::remove_file(file));
    service.stop();
}

/// The kinds in turn.
fn queries(contacts: u64) -> Requests {
    let mut requests = Requests::default();
    let mut dice = Dice::new(11);
    for _ in 0..EACH {
        for (class, kind) in (0..).zip(KINDS) {
            let typed = query(kind, &mut dice, contacts);
            requests.post(class, "/contacts/search", &json!({"searchString": typed}));
        }
    }
    requests
}

fn query(kind: &str, dice: &mut Dice, contacts: u64) -> String {
    let start = |text: &str, letters: usize| text.chars().take(letters).collect::<String>();
    loop {
        let person = people::contact(dice.below(contacts));
        let text = |key: &str| person[key].as_str().unwrap_or_default().to_lowercase();
        let name = text("name");
        let words: Vec<&str> = name.split(' ').collect();
        let asian = words.len() < 2;
        let last = words[words.len() - 1];
        let typed = match kind {
            "CJK 1" if asian => start(&name, 1),
            "CJK 2" if asian => start(&name, 2),
            "6 digits" => {
                let number = person["phoneNumbers"][0]["phoneNumber"].as_str().unwrap_or_default();
                number.chars().skip(number.len() - 6).collect()
            }
            "company" => start(&text("company"), 7),
            "no hit" => format!("xq{:04}", dice.below(10_000)),
            _ if asian => continue,
            "2 letters" => start(last, 2),
            "3 letters" => start(last, 3),
            "5 letters" => start(last, 5),
            "two words" => format!("{} {}", start(words[0], 3), start(last, 3)),
            "full name" => name.clone(),
            "infix 4" => last.chars().skip(2).take(4).collect(),
            _ => continue,
        };
        if !typed.trim().is_empty() {
            return typed;
        }
    }
}
