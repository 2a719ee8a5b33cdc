//! Tokens of visitors, grants, and the secrets of sites and communities: in no log line, error or database.

use serde_json::json;
use wiremock::ResponseTemplate;

use crate::support::digital::{Digital, HOOK_SECRET, TOKEN, VERIFY, event};
use crate::support::engage::{CHECK, KEYS, MINT, SECRET, WHOLE, grant, mint, renew, toml};
use crate::support::trace::Trace;
use crate::support::{Answer, Daemon};

fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

#[tokio::test]
async fn no_token_or_secret_is_in_a_log_line_an_error_or_the_database() {
    let log = Trace::begin();
    let digital = Digital::start().await;
    let mut daemon = Daemon::with(&format!("{}{}", toml(KEYS, ""), digital.toml("['shop']"))).await;
    let mut errors = String::new();
    daemon.bearer = Some(MINT.into());
    let minted = mint(&daemon, &json!({"uuid": "canary-uuid", "screenname": "x"})).await.ok();
    let renewed = renew(&daemon, grant(&minted)).await.ok();
    daemon.clock.advance(60_000);
    errors += &renew(&daemon, grant(&minted)).await.text;
    errors += &renew(&daemon, grant(&renewed)).await.text;
    errors += &mint(&daemon, &json!({"uuid": "canary-uuid", "token": minted["token"]})).await.text;
    let token = minted["token"].as_str().expect("a token").to_owned();
    daemon.bearer = Some(CHECK.into());
    let changed = format!("{token}x");
    let checked = daemon.send("POST", "/v1/engage/sites/shop/tokens/check", &json!({"token": changed})).await;
    errors += &checked.text;
    errors += &daemon.send("POST", "/v1/engage/sites/shop/tokens/check", &json!({"tokn": token})).await.text;
    errors += &mint(&daemon, &json!({"uuid": "u"})).await.text;

    // Before there is anything to read: the daemon reads as soon as it hears of it.
    digital.fail([ResponseTemplate::new(401), ResponseTemplate::new(500).set_body_string(TOKEN)]);
    let hook = daemon.url("/v1/engage/hooks/support");
    for secret in [HOOK_SECRET, "wrong"] {
        let events = json!({"events": [event("e1", "content.imported", "t1", 1)]});
        let request = daemon.client.post(&hook).header("x-dimelo-secret", secret).json(&events);
        errors += &Answer::of(request.send().await.expect("sent")).await.text;
    }
    errors += &daemon.get(&format!("/v1/engage/hooks/support?hub.mode=x&hub.verify_token={VERIFY}")).await.text;
    daemon.bearer = Some(WHOLE.into());
    for _ in 0..3 {
        errors += &daemon.send("POST", "/v1/engage/communities/support/sync", &json!({})).await.text;
        daemon.clock.advance(900_000);
    }

    let log = log.bytes();
    let database = daemon.database_bytes();
    for line in ["its chain is revoked", "could not be read"] {
        assert!(holds(&log, line), "the log is the right one: {line}");
    }
    assert!(errors.contains("grant_replayed") && holds(&database, "canary-uuid"), "{errors}");
    let signature = token.rsplit('.').next().expect("a signature");
    for secret in [&token, signature, grant(&minted), grant(&renewed), SECRET, TOKEN, HOOK_SECRET, VERIFY, MINT, CHECK]
    {
        assert!(!holds(&log, secret), "{secret} is in the log");
        assert!(!errors.contains(secret), "{secret} is in an error");
        assert!(!holds(&database, secret), "{secret} is in the database");
    }
}
