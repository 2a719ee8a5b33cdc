//! `cargo bench --bench import`: importing a CSV file of 1,000,000 contacts with the real program into
//! a new database, against raw multi-row inserts (500 rows a statement, 10,000 contacts a transaction)
//! of the same rows into the same tables, every index and both search indexes live. The raw side gets
//! its rows ready made: reading, parsing and folding are not counted for it.

mod support;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use support::report::{grouped, row};
use support::{contacts, data, folder, median, people, quit, rounds, runtime, search_text};

const CHUNK: usize = 500;
const TRANSACTION: i64 = 10_000;

fn main() {
    let total = contacts();
    let csv = write_csv(total);
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for round in 0..rounds() {
        let imported = data::empty("import");
        let taken = import(&csv, &imported);
        let target = data::empty("import-raw");
        let direct = runtime().block_on(insert(&imported, &target));
        println!("round {round}: import {:.1} s, raw {:.1} s", taken.as_secs_f64(), direct.as_secs_f64());
        ours.push(taken.as_secs_f64());
        raw.push(direct.as_secs_f64());
        data::remove(&imported);
        data::remove(&target);
    }
    drop(std::fs::remove_file(&csv));
    let ratio = median(raw.iter().zip(&ours).map(|(raw, ours)| raw / ours));
    row(
        &format!("Import of {} CSV rows", grouped(total)),
        "a third of raw multi-row inserts",
        &format!("{ratio:.2}"),
        &format!("{:.0} s; raw {:.0} s", median(ours), median(raw)),
        "cargo bench --bench import",
    );
}

fn write_csv(total: u64) -> PathBuf {
    let path = folder().join(format!("import-{}.csv", std::process::id()));
    let mut writer = csv::Writer::from_path(&path).unwrap_or_else(|error| quit(&error.to_string()));
    writer.write_record(["id", "name", "company", "job title", "email", "phone", "mobile phone"]).expect("a header");
    for place in 0..total {
        let person = people::contact(place);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let phone = |which: usize| text(&person["phoneNumbers"][which]["phoneNumber"]);
        let [name, company, job] = ["name", "company", "jobTitle"].map(|key| text(&person[key]));
        let cells = [text(&person["id"]), name, company, job, text(&person["emails"][0]), phone(0), phone(1)];
        writer.write_record(cells).expect("a row");
    }
    writer.flush().expect("the file");
    path
}

fn import(csv: &Path, database: &Path) -> Duration {
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_trunkline"))
        .args(["import", "--region", "US"])
        .arg(csv)
        .env("TRUNKLINE__STORAGE__URL", format!("sqlite:{}", database.display()))
        .current_dir(folder())
        .stdout(Stdio::null())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        quit("the import failed");
    }
    started.elapsed()
}

/// Copies what the import stored; counts the time of the writing only.
async fn insert(from: &Path, into: &Path) -> Duration {
    let mut source = data::connect(from).await;
    let mut target = open(into).await;
    let mut taken = Duration::ZERO;
    let mut after = 0;
    loop {
        let rows = Rows::read(&mut source, after).await;
        let Some(last) = rows.contacts.last() else { break };
        after = last.get(0);
        let started = Instant::now();
        rows.write(&mut target).await;
        taken += started.elapsed();
    }
    let started = Instant::now();
    target.close().await.expect("it closes");
    taken + started.elapsed()
}

async fn open(path: &Path) -> SqliteConnection {
    assert!(File::open(path).is_ok(), "a database with tables");
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", "20000");
    SqliteConnection::connect_with(&options).await.expect("the database opens")
}

type Stored = sqlx::sqlite::SqliteRow;

struct Rows {
    contacts: Vec<Stored>,
    phones: Vec<Stored>,
    texts: Vec<(i64, String, String)>,
}

impl Rows {
    async fn read(source: &mut SqliteConnection, after: i64) -> Self {
        let contacts = "select key, id, stamp, deleted, changed_at, hash, json from contact \
                        where key > $1 and key <= $2 order by key";
        let phones = "select contact_key, number, extension, tail from contact_phone \
                      where contact_key > $1 and contact_key <= $2 order by contact_key";
        let until = after + TRANSACTION;
        let contacts = sqlx::query(contacts).bind(after).bind(until).fetch_all(&mut *source).await.expect("contacts");
        let phones = sqlx::query(phones).bind(after).bind(until).fetch_all(&mut *source).await.expect("numbers");
        let texts = contacts
            .iter()
            .map(|row| {
                let (words, grams) = search_text::of(row.get(6));
                (row.get(0), words, grams)
            })
            .collect();
        Self { contacts, phones, texts }
    }

    async fn write(&self, target: &mut SqliteConnection) {
        let mut tx = target.begin_with("begin immediate").await.expect("a transaction");
        for rows in self.contacts.chunks(CHUNK) {
            let mut query = many("contact (key, id, stamp, deleted, changed_at, hash, json)", 7, rows.len());
            for row in rows {
                query = query.bind(row.get::<i64, _>(0)).bind(row.get::<&str, _>(1));
                for column in 2..6 {
                    query = query.bind(row.get::<i64, _>(column));
                }
                query = query.bind(row.get::<&str, _>(6));
            }
            query.execute(&mut *tx).await.expect("contacts");
        }
        for rows in self.phones.chunks(CHUNK) {
            let mut query = many("contact_phone (contact_key, number, extension, tail)", 4, rows.len());
            for row in rows {
                query = query.bind(row.get::<i64, _>(0));
                for column in 1..4 {
                    query = query.bind(row.get::<&str, _>(column));
                }
            }
            query.execute(&mut *tx).await.expect("numbers");
        }
        for (table, words) in [("contact_words (rowid, text)", true), ("contact_grams (rowid, text)", false)] {
            for rows in self.texts.chunks(CHUNK) {
                let mut query = many(table, 2, rows.len());
                for row in rows {
                    query = query.bind(row.0).bind(if words { &row.1 } else { &row.2 });
                }
                query.execute(&mut *tx).await.expect("texts");
            }
        }
        tx.commit().await.expect("a commit");
    }
}

fn many<'q>(table: &str, columns: usize, rows: usize) -> sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments> {
    let one = format!("({})", vec!["?"; columns].join(","));
    let text = format!("insert into {table} values {}", vec![one; rows].join(","));
    sqlx::query(AssertSqlSafe(text))
}
