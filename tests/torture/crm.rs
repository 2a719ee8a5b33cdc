//! The fake CRM: a process of its own. What it commits is on the disk before it answers; how it answers
//! is up to the dice.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::book::Journal;
use super::dice::{Dice, Fault};
use super::wire::{self, Request};

/// People in its address book.
pub const PEOPLE: u64 = 12;
/// Longer than anybody waits for an answer.
const FOREVER: Duration = Duration::from_secs(20);

struct Crm {
    journal: Mutex<Journal>,
    dice: Mutex<Dice>,
    /// Where it says that it committed a log and is about to answer; 0 for nowhere.
    verge: u16,
}

/// The number of a person.
pub fn number(person: u64) -> String {
    format!("+165055501{person:02}")
}

/// `crm PORT JOURNAL SEED VERGE`: answers until it is killed. Says "ready" when it does.
pub fn serve(arguments: &[String]) -> ExitCode {
    let [port, journal, seed, verge] = arguments else { return ExitCode::FAILURE };
    let (port, verge): (u16, u16) = (port.parse().expect("a port"), verge.parse().expect("a port"));
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    let crm = Crm {
        journal: Mutex::new(Journal::open(Path::new(journal))),
        dice: Mutex::new(Dice::new(seed.parse().expect("a seed"))),
        verge,
    };
    println!("ready");
    std::thread::scope(|scope| {
        for connection in listener.incoming().flatten() {
            scope.spawn(|| crm.converse(connection));
        }
    });
    ExitCode::SUCCESS
}

/// What a request asks for.
enum Asked {
    /// Something to read: the answer.
    Read(Value),
    /// Entries for the journal, and the answer.
    Write(Vec<Value>, Value),
    /// What is not there.
    Missing,
}

impl Crm {
    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn converse(&self, stream: TcpStream) {
        stream.set_nodelay(true).expect("a socket");
        let mut connection = BufReader::new(stream);
        while let Some(request) = wire::read(&mut connection) {
            if !self.serve_one(&mut connection, &request) {
                return;
            }
        }
    }

    /// Whether the connection goes on.
    fn serve_one(&self, connection: &mut BufReader<TcpStream>, request: &Request) -> bool {
        let quiet = request.path.first().is_some_and(|first| first == "people");
        let fault = if quiet { Fault::None } else { self.throw() };
        match fault {
            Fault::Limited(true) => {
                return wire::send(connection, &wire::answer(429, "retry-after: 1\r\n", &json!({})));
            }
            Fault::Limited(false) => return wire::send(connection, &wire::answer(429, "", &json!({}))),
            Fault::FailsBefore => return wire::send(connection, &wire::answer(500, "", &json!({}))),
            Fault::HangsBefore => return hang(connection),
            Fault::SlowBefore(wait) => std::thread::sleep(wait),
            _ => {}
        }
        let (answer, made) = self.carry_out(request);
        if let Some(key) = made {
            self.tell(&key);
        }
        match fault {
            Fault::FailsAfter => wire::send(connection, &wire::answer(500, "", &json!({}))),
            Fault::HangsAfter => hang(connection),
            Fault::SlowAfter(wait) => {
                std::thread::sleep(wait);
                wire::send(connection, &answer)
            }
            Fault::ResetAfter => false,
            Fault::TornAfter => {
                wire::send(connection, &answer[..answer.len() - 1]);
                false
            }
            _ => wire::send(connection, &answer),
        }
    }

    fn throw(&self) -> Fault {
        let mut journal = self.journal();
        let fault = self.dice.lock().unwrap_or_else(PoisonError::into_inner).throw(&journal.book);
        if fault != Fault::None {
            journal.happened(fault.word());
        }
        fault
    }

    /// The answer, and the key of the log that was made.
    fn carry_out(&self, request: &Request) -> (Vec<u8>, Option<String>) {
        let mut journal = self.journal();
        match asked(&mut journal, request) {
            Asked::Read(answer) => (wire::answer(200, "", &answer), None),
            Asked::Write(entries, answer) => {
                for entry in &entries {
                    journal.commit(entry);
                }
                let made = entries.iter().find(|entry| entry["op"] == "log");
                let made = made.and_then(|entry| entry["ref"].as_str()).map(str::to_owned);
                (wire::answer(200, "", &answer), made)
            }
            Asked::Missing => {
                journal.happened("missing");
                (wire::answer(404, "", &json!({"message": "not here"})), None)
            }
        }
    }

    /// Says that a log is committed and about to be answered, and waits for leave to answer.
    fn tell(&self, key: &str) {
        if self.verge == 0 {
            return;
        }
        let Ok(mut line) = TcpStream::connect(("127.0.0.1", self.verge)) else { return };
        if line.write_all(format!("{key}\n").as_bytes()).is_ok() {
            drop(line.read(&mut [0]));
        }
    }
}

/// Holds a connection until the other end gives up.
fn hang(connection: &mut BufReader<TcpStream>) -> bool {
    connection.get_mut().set_read_timeout(Some(FOREVER)).expect("a socket");
    drop(connection.read(&mut [0]));
    false
}

fn asked(journal: &mut Journal, request: &Request) -> Asked {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    let body = &request.body;
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["people"]) => {
            let person = |n: u64| json!({"id": n.to_string(), "name": format!("Person {n}"), "phones": [number(n)]});
            Asked::Read(json!({"people": (1..=PEOPLE).map(person).collect::<Vec<_>>()}))
        }
        ("GET", ["logs"]) => {
            journal.happened("find");
            let found = journal.book.with_key(&request.key);
            let found: Vec<Value> = found.iter().map(|id| json!({"id": id, "ref": request.key})).collect();
            Asked::Read(json!({"logs": found}))
        }
        ("POST", ["logs"]) => {
            let id = format!("L{}", journal.book.rows.len() + 1);
            let mut entry = json!({"op": "log", "id": id, "ref": body["ref"], "text": body["text"]});
            if let Some(person) = body.get("person") {
                entry["person"] = person.clone();
            }
            Asked::Write(vec![entry], json!({"id": id}))
        }
        (_, ["logs", id, ..]) if !journal.book.rows.contains_key(*id) => Asked::Missing,
        ("PATCH", ["logs", id]) => {
            let mut entry = json!({"op": "text", "id": id, "text": body["text"]});
            if let Some(person) = body.get("person") {
                entry["person"] = person.clone();
            }
            Asked::Write(vec![entry], json!({"id": id}))
        }
        ("POST", ["logs", id, "more"]) => {
            let entry =
                json!({"op": "more", "id": id, "ref": body["ref"], "text": body["text"], "person": body["person"]});
            Asked::Write(vec![entry], json!({"id": id}))
        }
        ("PUT", ["logs", id, "people", person]) => {
            Asked::Write(vec![json!({"op": "link", "id": id, "person": person})], json!({}))
        }
        ("DELETE", ["logs", id, "people", person]) => {
            Asked::Write(vec![json!({"op": "unlink", "id": id, "person": person})], json!({}))
        }
        _ => Asked::Missing,
    }
}
