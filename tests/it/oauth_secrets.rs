//! Secrets are nowhere they should not be: whatever happens, no canary shows.

use serde_json::json;
use trunkline::domain::credential::Whose;

use crate::events::Events;
use crate::support::browser::{Browser, form_token};
use crate::support::crm::{Crm, OAUTH};
use crate::support::trace::{Trace, line_with};
use crate::support::vendor::Mood;

fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

#[tokio::test]
async fn no_secret_is_in_the_database_the_log_an_error_or_a_page() {
    let log = Trace::begin();
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
    for path in ["/v1/credentials", "/v1/connectors", "/v1/outbox?all=true", "/metrics", "/readyz"] {
        seen += &crm.daemon.get(path).await.ok_text();
    }
    for _ in 0..4 {
        seen += &json!(events.commands().await).to_string();
    }
    let bytes = crm.daemon.database_bytes();
    let shown = format!("{:?}", crm.daemon.state);
    seen.push_str(&shown);
    crm.daemon.stop().await;

    let log = log.bytes();
    assert!(holds(&log, "signed out by the upstream"), "the log is read");
    assert_eq!(line_with(&log, "CANARY"), None);
    assert_eq!(line_with(seen.as_bytes(), "CANARY"), None);
    assert!(holds(&bytes, "Ada Lovelace") && !holds(&bytes, "CANARY"), "in the database");
    for cookie in browser.cookies.values().flat_map(|jar| jar.values()) {
        assert!(!holds(&log, cookie) && !holds(&bytes, cookie), "a session's cookie");
    }
}
