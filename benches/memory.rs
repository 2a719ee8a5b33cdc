//! `cargo bench --bench memory`: resident memory of the real program serving 1,000,000 contacts: when
//! it is ready, and after 10,000 matches of 30 numbers, 2,000 pages and 2,000 searches. Linux only.

mod support;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use support::load::{self, Until};
use support::numbers::Dice;
use support::people;
use support::report::{grouped, row};
use support::requests::Requests;
use support::server::{KEY_ID, ORIGIN, SECRET};
use support::{contacts, data, folder, quit, with_tokens};

fn main() {
    if load::serve_as_child() {
        return;
    }
    let total = contacts();
    let (child, address) = start(&data::database(total));
    // What runs after the start (looking for old tombstones) is part of it.
    std::thread::sleep(Duration::from_secs(5));
    let ready = show(&child, "ready");
    let mut dice = Dice::new(3);
    let matches = load_with(address, 10_000, "/contacts/match", &mut |place| {
        let number = |which| match which % 2 {
            0 => people::number(dice.below(total), 2),
            _ => people::number(place * 30 + which, 9),
        };
        json!({"phoneNumbers": (0..30).map(number).collect::<Vec<_>>()})
    });
    show(&child, &format!("after {matches} matches"));
    let pages = load_with(
        address,
        2_000,
        "/contacts",
        &mut |place| json!({"page": format!("full.{}.{total}", place * 1000 % total.max(1)), "syncTimestamp": null}),
    );
    show(&child, &format!("after {pages} pages"));
    let searches = load_with(address, 2_000, "/contacts/search", &mut |place| {
        let name = people::contact(place * 7919 % total)["name"].as_str().unwrap_or_default().to_owned();
        json!({"searchString": name.chars().take(usize::try_from(place % 4).unwrap_or(0) + 2).collect::<String>()})
    });
    let used = show(&child, &format!("after {searches} searches"));
    let peak = kilobytes(&child, "VmHWM") / 1024.0;
    drop(child);
    row(
        &format!("Resident memory, {} contacts", grouped(total)),
        "under 150 MB",
        &format!("{used:.0} MB"),
        &format!("{ready:.0} MB when ready, {peak:.0} MB at most"),
        "cargo bench --bench memory",
    );
}

/// The program, which ends with the bench however that ends.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn start(database: &Path) -> (Program, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trunkline"));
    command.arg("serve").current_dir(folder()).stdout(Stdio::piped());
    command.env("TRUNKLINE__STORAGE__URL", format!("sqlite:{}", database.display()));
    command.env("TRUNKLINE__SERVER__LISTEN", "127.0.0.1:0");
    command.env("TRUNKLINE__SERVER__ALLOWED_ORIGINS", json!([ORIGIN]).to_string());
    command.env("TRUNKLINE__NUMBERS__DEFAULT_REGION", "US");
    if with_tokens() {
        command.env("TRUNKLINE__OPERATORS__AUTH", "jwt");
        command.env("TRUNKLINE__OPERATORS__MAX_LIFETIME_SECONDS", "0");
        command.env("TRUNKLINE__OPERATORS__KEYS__0__KID", KEY_ID);
        command.env("TRUNKLINE__OPERATORS__KEYS__0__SECRET", SECRET);
    }
    let mut child = command.spawn().unwrap_or_else(|error| quit(&format!("the program: {error}")));
    let output = child.stdout.take().expect("its output");
    let address = BufReader::new(output)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("http://").and_then(|(_, address)| address.trim().parse().ok()));
    (Program(child), address.unwrap_or_else(|| quit("the program did not say where it listens")))
}

fn load_with(address: SocketAddr, count: u64, path: &str, body: &mut dyn FnMut(u64) -> Value) -> usize {
    let mut requests = Requests::default();
    for place in 0..count {
        requests.post(0, path, &body(place));
    }
    let file = requests.save("memory");
    let measured = load::run(address, &file, 32, Until::Sent);
    drop(std::fs::remove_file(file));
    measured.all.count
}

/// Prints and returns the resident megabytes.
fn show(child: &Program, when: &str) -> f64 {
    let [all, own, files] = ["VmRSS", "RssAnon", "RssFile"].map(|key| kilobytes(child, key) / 1024.0);
    println!("{when:<24} {all:>7.1} MB resident ({own:.1} MB its own, {files:.1} MB of files)");
    all
}

fn kilobytes(child: &Program, key: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.0.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(f64::NAN)
}
