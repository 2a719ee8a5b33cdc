//! Secrets are nowhere they should not be: whatever happens, no canary shows.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use trunkline::domain::credential::Whose;

use crate::events::Events;
use crate::support::browser::{Browser, form_token};
use crate::support::crm::{Crm, OAUTH};
use crate::support::vendor::Mood;

/// Everything that is logged, of every crate and level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

#[tokio::test]
async fn no_secret_is_in_the_database_the_log_an_error_or_a_page() {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    lines.try_init().expect("each test runs in a process of its own: use cargo nextest");

    let toml = format!("{OAUTH}[connectors.key]\nkind = 'hubspot'\n");
    let crm = Crm::with(&toml).await;
    crm.vendor.books().keys.insert("CANARYkey".into());
    let mut events = Events::open(&crm.daemon, None).await;
    let mut browser = Browser::default();
    let mut seen = String::new();
    let window = browser.open(&crm.press().await).await;
    let token = form_token(window.page(200)).to_owned();
    seen += &browser.submit(&crm.daemon.url("/connect/key"), &[("token", &token), ("key", "CANARYno")]).await.text;
    seen += &browser.submit(&crm.daemon.url("/connect/key"), &[("token", &token), ("key", "CANARYkey")]).await.text;
    crm.vendor.next(&[Mood::InvalidClient]);
    seen += &browser.open(&crm.daemon.url("/connect/crm/start")).await.answer.text;
    seen += &browser.open(&crm.daemon.url("/connect/crm/start")).await.answer.text;
    crm.daemon.clock.advance(61 * 60_000);
    crm.vendor.next(&[Mood::BreakOff]);
    seen += &crm.ask().await.expect_err("lost").to_string();
    crm.vendor.books().keys.clear();
    seen += &crm.ask_for("key", &Whose::Company).await.expect_err("refused").to_string();
    crm.vendor.next(&[Mood::Fail500]);
    let mut again = Browser::default();
    seen += &again.open(&crm.press().await).await.answer.text;
    seen += &again.open(&crm.daemon.url("/connect/crm/start")).await.answer.text;
    crm.sign_in_listed().await;
    seen += &crm.daemon.get("/v1/credentials").await.text;
    for _ in 0..4 {
        seen += &json!(events.commands().await).to_string();
    }
    let bytes = crm.daemon.database_bytes();
    seen += &format!("{:?}", crm.daemon.state);
    crm.daemon.stop().await;

    let log = log.0.lock().expect("a log").clone();
    assert!(holds(&log, "signed out by the upstream"), "the log is read");
    let line = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.lines().find(|line| line.contains("CANARY")).map(ToOwned::to_owned)
    };
    assert_eq!(line(&log), None);
    assert_eq!(line(seen.as_bytes()), None);
    assert!(holds(&bytes, "Ada Lovelace") && !holds(&bytes, "CANARY"), "in the database");
    for cookie in browser.cookies.values().flat_map(|jar| jar.values()) {
        assert!(!holds(&log, cookie) && !holds(&bytes, cookie), "a session's cookie");
    }
}
