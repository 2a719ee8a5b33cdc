//! A recording that is kept here is in the CRM under our address, whenever it comes.

use std::collections::BTreeMap;

use serde_json::json;
use trunkline::app::authority::Outside;
use trunkline::config::Config;
use trunkline::domain::clock::ManualClock;

use crate::delivery::{ADA, CONFIG, drain, record};
use crate::support::journal::Journal;
use crate::support::media_host::{MediaHost, Reply, mp3, world};
use crate::support::{Daemon, NOW};

async fn daemon(journal: &Journal, host: &MediaHost, further: &str) -> Daemon {
    journal.people.put("1", "Ada Lovelace", ADA);
    let toml = format!("{CONFIG}{}", host.toml(further));
    let config = Config::parse("test.toml", &toml, []).unwrap_or_else(|error| panic!("{error}")).config;
    let outside = Outside::configured(&config, ManualClock::at(NOW)).unwrap_or_else(|error| panic!("{error}"));
    let stand_ins = BTreeMap::from([("crm".to_owned(), journal.connector())]);
    let daemon = Daemon::outside(&toml, Outside { media: world(), stand_ins, ..outside }).await;
    daemon.sync("crm", &json!({})).await;
    daemon
}

#[tokio::test]
async fn a_late_recording_reaches_the_log_in_the_crm() {
    let (journal, host) = (Journal::new(), MediaHost::plain().await);
    host.on("/r/7", &[Reply::File("audio/mpeg", mp3(3_000))]);
    let daemon = daemon(&journal, &host, "").await;
    daemon.post("/callLogger", &record("7", ADA, Some("a note"))).await;
    drain(&daemon).await;
    assert!(!journal.logs()[0].text.contains("Recording"));

    let mut late = record("7", ADA, None);
    late["call"]["recording"] = json!({"id": "r7", "contentUri": host.url("/r/7?access_token=CANARY")});
    daemon.post("/callLogger", &late).await;
    let file = daemon.media_of("7").await;
    assert_eq!(file["state"], "stored");
    drain(&daemon).await;
    let logs = journal.logs();
    assert_eq!(logs.len(), 1);
    let ours = format!("Recording: {}/media/{}", daemon.base, file["id"].as_str().expect("an id"));
    assert!(logs[0].text.contains(&ours) && logs[0].text.contains("a note"), "{ours}: {}", logs[0].text);
    assert!(!logs[0].text.contains("CANARY"));

    // Deleted here, the CRM has the vendor's own link again.
    daemon.send("DELETE", &format!("/v1/media/{}", file["id"].as_str().expect("an id")), &json!(null)).await;
    drain(&daemon).await;
    assert!(!journal.logs()[0].text.contains("/media/md_"), "{}", journal.logs()[0].text);
}

#[tokio::test]
async fn the_vendors_link_where_the_configuration_says_so() {
    let (journal, host) = (Journal::new(), MediaHost::plain().await);
    host.on("/r/7", &[Reply::File("audio/mpeg", mp3(3_000))]);
    let daemon = daemon(&journal, &host, "link = 'vendor'\n").await;
    let mut post = record("7", ADA, None);
    post["call"]["recording"] = json!({"id": "r7", "contentUri": host.url("/r/7?access_token=CANARY")});
    daemon.post("/callLogger", &post).await;
    daemon.media_of("7").await;
    drain(&daemon).await;
    let text = journal.logs()[0].text.clone();
    assert!(text.contains(&host.url("/r/7")) && !text.contains("CANARY"), "{text}");
}
