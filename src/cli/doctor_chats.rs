//! The chats' part of `trunkline doctor`: keys of sites, the API of communities, workspaces.

use std::sync::Arc;

use serde_json::Value;

use super::alone::Alone;
use super::doctor::Findings;
use crate::channels::engage;
use crate::config::Config;
use crate::config::engage::Mode;
use crate::domain::clock::{Clock, SharedClock, SystemClock};
use crate::outbound::Outbound;

pub(super) async fn chats(config: &Config, alone: &Alone, outbound: &Outbound, findings: &mut Findings) {
    for (id, site) in &config.engage.sites {
        println!("site {id} of Engage Messaging");
        if site.mode == Mode::Accept {
            findings.odd(
                "the community accepts unsigned identities: anybody can take anybody's uuid",
                "choose \"Require JWT signed identities\" in the community, and mode = \"require\" here",
            );
        }
        match engage::key_ring(&alone.storage, id, site).await {
            Ok(ring) => keys(&engage::keys::listing(site, &ring, SystemClock.now_ms()), findings),
            Err(error) => findings.bad(&error.to_string(), error.fix()),
        }
    }
    let clock: SharedClock = Arc::new(SystemClock);
    for (id, community) in &config.engage.communities {
        println!("community {id} of Engage Digital");
        match engage::try_api(community, outbound, &clock).await {
            Ok(()) => findings.good("its API lists conversations"),
            Err(words) => findings.bad(&words, "correct `domain`, `url` or `api_token` of the community"),
        }
        waiting(id, alone, findings).await;
    }
    for (id, workspace) in &config.roxchat.workspaces {
        println!("workspace {id} of Rox.Chat");
        findings.good(&format!("frames of {} are heard", workspace.origin));
        if config.server.allowed_origins.is_empty() {
            findings.odd("no page may use the daemon", "add the CRM page's origin to server.allowed_origins");
        }
    }
}

/// One line for each key.
fn keys(listing: &Value, findings: &Findings) {
    for key in listing["items"].as_array().into_iter().flatten() {
        let text = |name: &str| key[name].as_str().unwrap_or_default();
        let words = format!("key {} is {}", text("kid"), text("state"));
        let rests = text("state") == "retiring" && key["removable"] == false;
        if text("state") == "active" || rests {
            findings.good(&words);
        } else {
            findings.odd(&words, text("words"));
        }
    }
}

/// Threads that were told of and could not be read yet.
async fn waiting(community: &str, alone: &Alone, findings: &mut Findings) {
    let waiting = match alone.storage.waiting_engage_threads(community).await {
        Ok(waiting) => waiting,
        Err(error) => return findings.bad(&error.to_string(), error.fix()),
    };
    let words = format!("{} threads are to be read", waiting.len());
    match waiting.iter().find_map(|(_, words)| words.as_deref()) {
        None if waiting.is_empty() => findings.good("every thread that was told of was read"),
        None => findings.good(&words),
        Some(why) => findings.odd(&format!("{words}: {why}"), "they are tried again by themselves"),
    }
}
