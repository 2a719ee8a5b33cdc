//! What was acknowledged is never lost: `kill -9` in the middle of posts, SIGTERM while they run.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::binary::Process;
use crate::support::daemon::client;

const POSTS: usize = 2_000;
const SENDERS: usize = 32;

/// Posts call logs from many senders; the sessions that were acknowledged.
async fn post_until_refused(base: &str, acknowledged: &Arc<AtomicUsize>) -> (BTreeSet<String>, usize) {
    let client = client();
    let next = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let (client, next, count, url) =
            (client.clone(), next.clone(), acknowledged.clone(), format!("{base}/embeddable/callLogger"));
        senders.spawn(async move {
            let (mut mine, mut refused) = (Vec::new(), 0);
            loop {
                let n = next.fetch_add(1, Ordering::SeqCst);
                if n >= POSTS {
                    return (mine, refused);
                }
                let session = format!("s{n}");
                let call =
                    json!({"sessionId": session, "direction": "Inbound", "from": {"phoneNumber": "+16505550123"}});
                let sent = client.post(&url).json(&json!({"call": call, "triggerType": "presenceUpdate"})).send().await;
                if sent.is_ok_and(|answer| answer.status() == 200) {
                    mine.push(session);
                    count.fetch_add(1, Ordering::SeqCst);
                } else {
                    refused += 1;
                }
            }
        });
    }
    let all = senders.join_all().await;
    let refused = all.iter().map(|(_, refused)| refused).sum();
    (all.into_iter().flat_map(|(mine, _)| mine).collect(), refused)
}

/// Every logged session of a daemon that is started again on the same file.
async fn sessions_after_restart(folder: &Path) -> BTreeSet<String> {
    let again = Process::serve(folder);
    let client = client();
    let (mut found, mut page) = (BTreeSet::new(), String::new());
    loop {
        let url = format!("{}/v1/call-logs?limit=1000&page={page}", again.base);
        let answer: Value = client.get(url).send().await.expect("an answer").json().await.expect("JSON");
        for log in answer["items"].as_array().expect("items") {
            let session = log["sessionId"].as_str().expect("a session").to_owned();
            assert!(found.insert(session), "a session twice");
        }
        match answer["nextPage"].as_str() {
            Some(next) => next.clone_into(&mut page),
            None => break,
        }
    }
    assert_eq!(client.get(format!("{}/readyz", again.base)).send().await.expect("an answer").status(), 200);
    again.terminate();
    assert_eq!(again.wait(), Some(0));
    found
}

/// Waits until so many posts were acknowledged.
async fn reached(count: &AtomicUsize, wanted: usize) {
    while count.load(Ordering::SeqCst) < wanted {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_in_the_middle_of_two_thousand_posts_loses_none_that_was_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::serve(folder.path());
    let (base, count) = (process.base.clone(), Arc::new(AtomicUsize::new(0)));
    let posting = count.clone();
    let mut posts = JoinSet::new();
    posts.spawn(async move { post_until_refused(&base, &posting).await });
    reached(&count, POSTS / 3).await;
    process.kill();
    let (acknowledged, refused) = posts.join_next().await.expect("posts").expect("no panic");
    assert!(acknowledged.len() >= POSTS / 3 && refused > 0, "{} acknowledged, {refused} not", acknowledged.len());
    let kept = sessions_after_restart(folder.path()).await;
    let lost: Vec<&String> = acknowledged.difference(&kept).take(5).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert!(kept.len() <= acknowledged.len() + SENDERS, "more than was under way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_finishes_what_was_accepted_and_ends_with_success() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::serve(folder.path());
    let (base, count) = (process.base.clone(), Arc::new(AtomicUsize::new(0)));
    let posting = count.clone();
    let mut posts = JoinSet::new();
    posts.spawn(async move { post_until_refused(&base, &posting).await });
    reached(&count, POSTS / 4).await;
    process.terminate();
    let (acknowledged, _) = posts.join_next().await.expect("posts").expect("no panic");
    assert_eq!(process.wait(), Some(0));
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).expect("the folder").map(|e| e.expect("it").file_name()).collect();
    assert_eq!(left, ["trunkline.db"], "the write-ahead log is folded in");
    let kept = sessions_after_restart(folder.path()).await;
    let lost: Vec<&String> = acknowledged.difference(&kept).take(5).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
}

#[tokio::test]
async fn a_torn_write_ahead_log_still_opens_with_what_was_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::serve(folder.path());
    let url = format!("{}/embeddable/callLogger", process.base);
    let client = client();
    for n in 0..20 {
        let body = json!({"call": {"sessionId": format!("s{n}")}, "triggerType": "presenceUpdate"});
        assert_eq!(client.post(&url).json(&body).send().await.expect("an answer").status(), 200);
    }
    process.kill();
    let wal = folder.path().join("trunkline.db-wal");
    let mut bytes = std::fs::read(&wal).expect("the log");
    bytes.extend_from_slice(&[0x5a; 3_000]);
    std::fs::write(&wal, bytes).expect("written");
    assert_eq!(sessions_after_restart(folder.path()).await.len(), 20);
}
