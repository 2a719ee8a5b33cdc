//! Posts overlap and have no order (protocol 1.2): an older state of a message may come last.

use serde_json::json;

use crate::message_logs::{CONVERSATION, MIDNIGHT, message, post};
use crate::support::Daemon;

#[tokio::test]
async fn a_day_sent_again_late_does_not_take_a_newer_status_back() {
    let daemon = Daemon::start().await;
    let mut old = message(1, MIDNIGHT - 10, "hi");
    let mut new = old.clone();
    new["messageStatus"] = json!("Delivered");
    new["lastModifiedTime"] = json!(MIDNIGHT + 50);
    old["messageStatus"] = json!("Queued");
    daemon.post("/messageLogger", &post("1/1/2026", "auto", &[new])).await;
    // Requests overlap and have no order (1.2): the older one may come last.
    daemon.post("/messageLogger", &post("1/1/2026", "auto", &[old])).await;
    let logs = daemon.message_logs(CONVERSATION).await;
    assert_eq!(logs[0]["messages"][0]["messageStatus"], "Delivered");
}
