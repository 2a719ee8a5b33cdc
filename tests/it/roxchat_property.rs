//! Whatever two tabs tell in whatever batches, and however often a batch is sent again: the transcript is
//! what was said.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::support::Daemon;
use crate::support::roxchat::{DESK, chats, post, said, told, with};

const CASES: i64 = 60;

/// What a page sends of a chat: its messages in batches, in their order, each seen when it was said.
fn batches(random: &mut StdRng, stream: &str, chat: i64, said_at: &[(i64, &str)]) -> Vec<Value> {
    let mut items: Vec<Value> = said_at
        .iter()
        .enumerate()
        .map(|(seq, (at, text))| {
            let event =
                with(with(said("visitor", text), "chatId", json!(chat)), "roxchatVisitorId", json!(format!("v{chat}")));
            json!({"seq": seq, "observedAt": at, "event": event})
        })
        .collect();
    let mut batches = Vec::new();
    while !items.is_empty() {
        let rest = items.split_off(random.random_range(1..=items.len()));
        batches.push(json!({"stream": stream, "events": items}));
        items = rest;
    }
    batches
}

#[tokio::test]
async fn two_tabs_and_any_retries_tell_what_was_said() {
    let daemon = Daemon::with(DESK).await;
    let mut random = StdRng::seed_from_u64(7);
    let mut wanted = Vec::new();
    for chat in 0..CASES {
        let mut at = daemon.clock_ms() - 100_000;
        let said_at: Vec<(i64, &str)> = (0..random.random_range(1..=12))
            .map(|_| {
                at += random.random_range(0..4_000);
                (at, *["ok", "yes", "no"].choose(&mut random).expect("one"))
            })
            .collect();
        let mut tabs: Vec<Vec<Value>> =
            ["a", "b"].iter().map(|tab| batches(&mut random, &format!("{tab}{chat}"), chat, &said_at)).collect();
        let mut sent: Vec<Value> = Vec::new();
        while tabs.iter().any(|tab| !tab.is_empty()) {
            let tab = random.random_range(0..2);
            if random.random_bool(0.3) && !sent.is_empty() {
                let again = sent.choose(&mut random).expect("one").clone();
                post(&daemon, &again).await.ok();
            } else if !tabs[tab].is_empty() {
                let batch = tabs[tab].remove(0);
                post(&daemon, &batch).await.ok();
                sent.push(batch);
            }
        }
        wanted.push((chat.to_string(), said_at.iter().map(|(_, text)| (*text).to_owned()).collect::<Vec<_>>()));
    }
    for chat in chats(&daemon).await {
        let (id, texts) = wanted.iter().find(|(id, _)| chat["externalId"] == **id).expect("a chat");
        assert_eq!(&told(&chat), texts, "chat {id}: {chat}");
    }
    assert_eq!(chats(&daemon).await.len(), wanted.len());
}
