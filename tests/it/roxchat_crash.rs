//! `kill -9` in the middle of batches: the page sends again what was not answered, and in the end every
//! message stands in its transcript once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::binary::Process;
use crate::support::daemon::client;
use crate::support::roxchat::{DESK, EVENTS, said, with};

const PAGES: usize = 8;
const BATCHES: usize = 40;
const OF_EACH: usize = 5;

/// The `n`th batch of a page: every page has a chat of its own, and says "ok" in each message but for its
/// number's parity, so that what is doubled or lost shows in the count.
fn batch(page: usize, n: usize) -> Value {
    let item = |of: usize| {
        let seq = n * OF_EACH + of;
        let event = with(said("visitor", if seq.is_multiple_of(2) { "ok" } else { "yes" }), "chatId", json!(page));
        json!({"seq": seq, "observedAt": 1_767_261_600_000_i64, "event": event})
    };
    json!({"stream": format!("page{page}"), "events": (0..OF_EACH).map(item).collect::<Vec<_>>()})
}

/// Posts batches from the first that is not known to be taken until the daemon is gone; that one.
async fn tell(base: String, page: usize, from: usize, answered: Arc<AtomicUsize>) -> usize {
    let client = client();
    for n in from..BATCHES {
        let sent = client.post(format!("{base}{EVENTS}")).json(&batch(page, n)).send().await;
        if !sent.is_ok_and(|answer| answer.status() == 200) {
            return n;
        }
        answered.fetch_add(1, Ordering::SeqCst);
    }
    BATCHES
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acceptance_12_kill_nine_in_the_middle_of_batches_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("t.toml"), DESK).expect("written");
    let answered = Arc::new(AtomicUsize::new(0));
    let mut next = [0; PAGES];
    let mut kills = 0;
    while next.iter().any(|n| *n < BATCHES) {
        let process = Process::serve_with(folder.path(), "t.toml");
        let mut pages = JoinSet::new();
        for (page, from) in next.into_iter().enumerate() {
            let (base, answered) = (process.base.clone(), answered.clone());
            pages.spawn(async move { (page, tell(base, page, from, answered).await) });
        }
        // Three times it dies under the load; then the rest may come.
        let until = (kills + 1) * PAGES * BATCHES / 4;
        while kills < 3 && answered.load(Ordering::SeqCst) < until {
            tokio::task::yield_now().await;
        }
        if kills < 3 {
            process.kill();
            kills += 1;
            while let Some(ended) = pages.join_next().await {
                let (page, n) = ended.expect("no panic");
                next[page] = n;
            }
            continue;
        }
        while let Some(ended) = pages.join_next().await {
            let (page, n) = ended.expect("no panic");
            next[page] = n;
        }
        count(&process.base).await;
    }
    assert_eq!(kills, 3);
}

/// Each chat has each of its messages once.
async fn count(base: &str) {
    let client = client();
    let get = async |path: String| -> Value {
        client.get(format!("{base}{path}")).send().await.expect("an answer").json().await.expect("JSON")
    };
    let list = get("/v1/conversations?channel=roxchat".into()).await;
    let items = list["items"].as_array().expect("items");
    assert_eq!(items.len(), PAGES);
    for item in items {
        let chat = get(format!("/v1/conversations/{}", item["id"].as_str().expect("an id"))).await;
        let messages = chat["messages"].as_array().expect("messages");
        assert_eq!(messages.len(), BATCHES * OF_EACH, "chat {}", chat["externalId"]);
        assert!(messages.iter().all(|message| message["collapsedInto"].is_null()));
        let texts: Vec<&str> = messages.iter().map(|message| message["text"].as_str().expect("a text")).collect();
        assert!(
            texts.iter().enumerate().all(|(n, text)| *text == if n.is_multiple_of(2) { "ok" } else { "yes" }),
            "in order"
        );
        let ids: BTreeSet<&str> = messages.iter().map(|message| message["id"].as_str().expect("an id")).collect();
        assert_eq!(ids.len(), messages.len());
    }
}
