//! `trunkline doctor`: what is wrong, in words, and what to do.

use std::path::Path;
use std::sync::Arc;

use reqwest::Method;
use serde_json::Value;

use super::alone::Alone;
use super::doctor_chats::chats;
use super::{Failure, load};
use crate::app::database_path;
use crate::config::Config;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::credential::Whose;
use crate::domain::media::MediaState;
use crate::domain::upstream::Trouble;
use crate::media::store::Store;
use crate::outbound::{Outbound, OutboundOptions};
use crate::storage::outbox::OutboxCount;
use crate::sync::Lane;

/// A clock this far off breaks signatures and watermarks, in seconds.
const CLOCK_OFF: i64 = 60;
/// Contacts read at once when numbers are looked at.
const PAGE: i64 = 1000;
/// Odd numbers named.
const EXAMPLES: usize = 5;
const MINUTE_MS: i64 = 60_000;

const HOUR_MS: i64 = 3_600_000;

/// What was found.
#[derive(Default)]
pub(super) struct Findings {
    failed: usize,
}

impl Findings {
    pub(super) fn good(&self, words: &str) {
        let _ = self;
        println!("  ok    {words}");
    }

    pub(super) fn odd(&self, words: &str, fix: &str) {
        let _ = self;
        println!("  look  {words}\n          fix: {fix}");
    }

    pub(super) fn bad(&mut self, words: &str, fix: &str) {
        self.failed += 1;
        println!("  FAIL  {words}\n          fix: {fix}");
    }
}

pub(super) async fn run(file: Option<&Path>) -> Result<(), Failure> {
    let mut findings = Findings::default();
    println!("configuration");
    let config = load(file)?;
    findings.good(&file.map_or_else(|| "defaults and environment".into(), |file| file.display().to_string()));
    println!("database");
    let alone = Alone::open(&config).await?;
    match alone.storage.check().await {
        Ok(()) => findings.good(&format!("{} is written and read", config.storage.url)),
        Err(error) => findings.bad(&error.to_string(), error.fix()),
    }
    for source in alone.storage.list_sources().await.unwrap_or_default() {
        if !config.connectors.contains_key(&source) {
            findings.odd(
                &format!("contacts of {source:?} are still here, but no such connector is configured"),
                &format!("configure it again, or: trunkline connector forget {source}"),
            );
        }
    }
    if config.media.fetch {
        println!("media");
        media(&config, &alone, &mut findings).await;
    }
    outbox(&alone, &config, &mut findings).await;
    for (id, words) in alone.sync.broken() {
        println!("connector {id}");
        findings.bad(words, "correct its section in the configuration");
    }
    let proxy = (!config.server.outbound_proxy.is_empty()).then(|| config.server.outbound_proxy.clone());
    let outbound = Outbound::new(&OutboundOptions { proxy, ..OutboundOptions::default() })?;
    for lane in alone.sync.lanes() {
        println!("connector {} ({})", lane.id(), lane.config().kind.name());
        look_at(lane, &alone, &outbound, &mut findings).await;
    }
    chats(&config, &alone, &outbound, &mut findings).await;
    alone.close().await;
    match findings.failed {
        0 => Ok(()),
        1 => Err("1 thing is wrong".into()),
        n => Err(format!("{n} things are wrong")),
    }
}

/// Logs on their way, and those that wait for a person.
async fn outbox(alone: &Alone, config: &Config, findings: &mut Findings) {
    println!("outbox");
    let counts = match alone.storage.count_outbox().await {
        Ok(counts) => counts,
        Err(error) => return findings.bad(&error.to_string(), error.fix()),
    };
    if counts.is_empty() {
        return findings.good("every log has reached its CRM");
    }
    for OutboxCount { connector, state, count, oldest_ms } in counts {
        let hours = (SystemClock.now_ms() - oldest_ms).max(0) / HOUR_MS;
        let of = if connector.is_empty() { "of no connector yet".to_owned() } else { format!("for {connector}") };
        let words = format!("{count} logs {of} are {state}, the oldest for {hours} hours");
        let list = format!("trunkline outbox list --state {state}");
        match state.as_str() {
            _ if !connector.is_empty() && !config.connectors.contains_key(&connector) => {
                findings
                    .odd(&words, &format!("configure {connector} again, or: trunkline connector forget {connector}"));
            }
            "waiting" if hours < 1 => findings.good(&words),
            "waiting" => findings.odd(&words, &format!("see below whether {connector} answers; {list}")),
            "paused" => findings.odd(&words, "sign in again; they go on by themselves"),
            _ => findings.odd(&words, &format!("they need a person: {list}")),
        }
    }
}

async fn look_at(lane: &Arc<Lane>, alone: &Alone, outbound: &Outbound, findings: &mut Findings) {
    clock_difference(lane, outbound, findings).await;
    sign_ins(lane, alone, findings);
    match lane.connector().who_am_i(&Whose::Company).await {
        Ok(account) => findings.good(&format!("reached, signed in as {}", account.name)),
        Err(error) => {
            findings.bad(&error.to_string(), error.trouble.fix());
            kept_state(lane, alone, findings).await;
            return;
        }
    }
    match lane.connector().list_ids(None).await {
        Ok(page) if page.ids.is_empty() => findings
            .odd("contacts may be read, but there are none", "check the url, and that this account sees the contacts"),
        Ok(_) => findings.good("contacts may be read"),
        Err(error) => findings.bad(&format!("contacts cannot be read: {error}"), error.trouble.fix()),
    }
    kept_state(lane, alone, findings).await;
    odd_numbers(lane, alone, findings).await;
}

async fn media(config: &Config, alone: &Alone, findings: &mut Findings) {
    let fix = "correct [media] in the configuration, or the rights of the folder or bucket";
    let proxy = Some(config.server.outbound_proxy.as_str()).filter(|proxy| !proxy.is_empty());
    match Store::open(&config.media, &database_path(&config.storage.url), proxy) {
        Ok(store) => match store.probe().await {
            Ok(()) => findings.good(&format!("{} is written and read", store.place())),
            Err(error) => findings.bad(&format!("{}: {error}", store.place()), fix),
        },
        Err(words) => return findings.bad(&words, fix),
    }
    let counts = alone.storage.count_media().await.unwrap_or_default();
    let count = |state: MediaState| counts.iter().find(|(word, _)| word == state.word()).map_or(0, |(_, count)| *count);
    findings.good(&format!("{} files are kept", count(MediaState::Stored)));
    let open = count(MediaState::Wanted) + count(MediaState::Failed);
    if open > 0 {
        findings.odd(
            &format!("{open} files were not fetched yet"),
            "each waits for the next log of its operator; why, says GET /v1/media",
        );
    }
}

/// Who is signed in, and who was.
fn sign_ins(lane: &Lane, alone: &Alone, findings: &Findings) {
    for (whose, state) in alone.authority.states(lane.id()) {
        let Whose::Operator(operator) = whose else { continue };
        let words = format!("operator {operator}: {state}");
        if state.is_usable() {
            findings.good(&words);
        } else {
            findings.odd(&words, "they press Connect in the settings of their widget");
        }
    }
}

/// Against the server's `Date` header; asked without credentials.
async fn clock_difference(lane: &Lane, outbound: &Outbound, findings: &Findings) {
    let Some(url) = lane.connector().address() else { return };
    let Ok(request) = outbound.request(Method::GET, url).build() else { return };
    let Ok(answer) = outbound.send(request).await else { return };
    let date = answer.header("date").and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok());
    let Some(date) = date else { return };
    let off = (SystemClock.now_ms() - date.timestamp_millis()) / 1000;
    if off.abs() > CLOCK_OFF {
        let direction = if off > 0 { "ahead of" } else { "behind" };
        findings.odd(
            &format!("this machine's clock is {} seconds {direction} the server's", off.abs()),
            "let a time service set both clocks (timedatectl set-ntp true)",
        );
    } else {
        findings.good("the clocks agree");
    }
}

async fn kept_state(lane: &Lane, alone: &Alone, findings: &mut Findings) {
    let state = match alone.storage.find_connector_state(lane.id()).await {
        Ok(Some(state)) => state,
        Ok(None) => return findings.odd("never synced", &format!("trunkline sync {}", lane.id())),
        Err(error) => return findings.bad(&error.to_string(), error.fix()),
    };
    let now_ms = SystemClock.now_ms();
    if state.succeeded_ms > 0 {
        findings.good(&format!("last synced {} ago", span(now_ms - state.succeeded_ms)));
    }
    if let Some(note) = &state.trouble {
        let (span, times) = (span(now_ms - note.since_ms), note.failures);
        let times = if times == 1 { "once".to_owned() } else { format!("{times} times") };
        let words = format!("the sync has failed for {span} ({times}): {}", note.words);
        match note.trouble {
            Trouble::Down | Trouble::Slow | Trouble::RateLimited => findings.odd(&words, note.trouble.fix()),
            _ => findings.bad(&words, note.trouble.fix()),
        }
    }
    if let Some(held) = state.held_deletions {
        findings.odd(
            &format!("{held} contacts are gone upstream and wait for your word"),
            &format!("if that is right: trunkline sync {} --accept-deletions", lane.id()),
        );
    }
    if state.refused.count > 0 {
        findings.odd(
            &format!("{} records were not taken: {}", state.refused.count, state.refused.examples.join("; ")),
            "correct them upstream",
        );
    }
}

/// A time that has passed, in words.
fn span(ms: i64) -> String {
    match ms / MINUTE_MS {
        ..1 => "less than a minute".to_owned(),
        1 => "1 minute".to_owned(),
        minutes @ 2..120 => format!("{minutes} minutes"),
        minutes => format!("{} hours", minutes / 60),
    }
}

async fn odd_numbers(lane: &Lane, alone: &Alone, findings: &Findings) {
    let (mut after, mut contacts, mut odd) = (String::new(), 0_u64, 0_u64);
    let mut examples: Vec<String> = Vec::new();
    while let Ok(rows) = alone.storage.list_contacts_of(lane.id(), &after, PAGE).await {
        let Some((last, _)) = rows.last() else { break };
        after.clone_from(last);
        for (id, json) in rows {
            contacts += 1;
            let contact: Value = serde_json::from_str(&json).unwrap_or_default();
            let numbers = contact["phoneNumbers"].as_array().into_iter().flatten();
            for number in numbers.filter_map(|phone| phone["phoneNumber"].as_str()).filter(|n| !n.starts_with('+')) {
                odd += 1;
                if examples.len() < EXAMPLES {
                    examples.push(format!("{number:?} of {id}"));
                }
            }
        }
    }
    match odd {
        0 => findings.good(&format!("{contacts} contacts, every number is a full number")),
        _ => findings.odd(
            &format!("{odd} numbers of {contacts} contacts are not full numbers, such as {}", examples.join(", ")),
            "set `region` for the connector where they are national numbers; extensions may stay",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_told_in_words() {
        for (ms, words) in [
            (-5, "less than a minute"),
            (59_999, "less than a minute"),
            (60_000, "1 minute"),
            (119 * 60_000, "119 minutes"),
            (120 * 60_000, "2 hours"),
        ] {
            assert_eq!(span(ms), words);
        }
    }
}
