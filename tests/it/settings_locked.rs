//! A locked setting that is changed all the same is put back (protocol 1.3: a new value stays shown).

use serde_json::json;

use crate::support::Daemon;

#[tokio::test]
async fn a_locked_value_is_put_back_by_command() {
    let toml = "[[service.settings]]\nid = 'locked'\ntype = 'boolean'\nname = 'L'\nvalue = true\nread_only = true\n";
    let daemon = Daemon::with(toml).await;
    let answer = daemon.post("/settings", &json!({"settings": [], "setting": {"id": "locked", "value": false}})).await;
    assert_eq!(answer["commands"][0]["type"], "rc-adapter-update-third-party-settings", "{answer}");
    assert_eq!(answer["commands"][0]["settings"][0]["value"], true);
}
