//! The rotation of keys, and tokens judged over HTTP.

use serde_json::{Value, json};

use crate::support::engage::{CHECK, KEYS, MINT, WHOLE, grant, mint, renew, shop, shop_with};
use crate::support::{Daemon, NOW};

const NOW_S: i64 = NOW / 1000;

fn whole(daemon: &mut Daemon) -> &Daemon {
    daemon.bearer = Some(WHOLE.into());
    daemon
}

async fn step(daemon: &mut Daemon, what: &str, body: &Value) -> crate::support::Answer {
    whole(daemon).send("POST", &format!("/v1/engage/sites/shop/keys/{what}"), body).await
}

async fn keys(daemon: &mut Daemon) -> Vec<Value> {
    let answer = whole(daemon).get("/v1/engage/sites/shop/keys").await.ok();
    answer["items"].as_array().expect("items").clone()
}

async fn reasons(daemon: &mut Daemon, token: &Value) -> Value {
    daemon.bearer = Some(CHECK.into());
    let found = daemon.send("POST", "/v1/engage/sites/shop/tokens/check", &json!({"token": token})).await.ok();
    found["reasons"].as_array().expect("reasons").iter().map(|reason| reason["code"].clone()).collect()
}

async fn minted(daemon: &mut Daemon) -> Value {
    daemon.bearer = Some(MINT.into());
    mint(daemon, &json!({"contactId": "crm17"})).await.ok()
}

#[tokio::test]
async fn the_rotation_drill() {
    let mut daemon = shop().await;
    let old = minted(&mut daemon).await;
    let states = |keys: &[Value]| keys.iter().map(|key| key["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let before = keys(&mut daemon).await;
    assert_eq!(states(&before), ["active", "pending"]);
    assert!(before[1]["publicKey"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----\n"));
    assert_eq!(before[1]["publicKey"], include_str!("../fixtures/keys/rsa.pub.pem"));
    assert!(before[0].get("publicKey").is_none());
    step(&mut daemon, "site_main/retire", &json!({})).await.problem(409, "kid_active");

    daemon.clock.advance(60_000);
    step(&mut daemon, "site_next/activate", &Value::Null).await.ok();
    let new = minted(&mut daemon).await;
    assert_eq!(new["kid"], "site_next");
    // Both hold while both are in the community, and a page that renews goes over to the new one.
    assert_eq!(reasons(&mut daemon, &old["token"]).await, json!([]));
    assert_eq!(reasons(&mut daemon, &new["token"]).await, json!([]));
    assert_eq!(renew(&daemon, grant(&old)).await.ok()["kid"], "site_next");

    let during = keys(&mut daemon).await;
    assert_eq!(states(&during), ["retiring", "active"]);
    assert_eq!(during[0]["safeToRemoveAt"], json!(NOW_S + 7_200 + 10));
    assert_eq!(during[0]["removable"], false);
    step(&mut daemon, "site_main/retire", &json!({})).await.problem(409, "kid_in_use");
    daemon.clock.set((NOW_S + 7_200 + 10) * 1000);
    assert_eq!(keys(&mut daemon).await[0]["removable"], true);
    step(&mut daemon, "site_main/retire", &json!({})).await.ok();

    let daemon = daemon.restart().await;
    let mut daemon = daemon;
    assert_eq!(states(&keys(&mut daemon).await), ["retired", "active"]);
    step(&mut daemon, "site_main/activate", &json!({})).await.problem(409, "kid_retired");
    daemon.bearer = Some(MINT.into());
    mint(&daemon, &json!({"uuid": "u", "kid": "site_main"})).await.problem(422, "kid_retired");
    daemon.clock.set(NOW);
    assert_eq!(reasons(&mut daemon, &old["token"]).await, json!(["kid_unknown"]));
}

#[tokio::test]
async fn a_key_can_be_forced_out_and_unknown_ones_are_not_found() {
    let mut daemon = shop().await;
    minted(&mut daemon).await;
    step(&mut daemon, "site_next/activate", &json!({})).await.ok();
    daemon.bearer = Some(MINT.into());
    mint(&daemon, &json!({"uuid": "u", "kid": "site_main"})).await.problem(422, "kid_retiring");
    step(&mut daemon, "site_main/retire", &json!({"force": "yes"})).await.problem(422, "invalid_body");
    step(&mut daemon, "site_main/retire", &json!({"force": true})).await.ok();
    step(&mut daemon, "nobodys/activate", &json!({})).await.problem(404, "not_found");
    step(&mut daemon, "%ff/activate", &json!({})).await.problem(400, "invalid_request");
    daemon.bearer = Some(MINT.into());
    daemon
        .send("POST", "/v1/engage/sites/shop/keys/site_next/activate", &json!({}))
        .await
        .problem(403, "scope_missing");
}

#[tokio::test]
async fn a_token_is_judged_with_a_verdict_for_each_mode() {
    let mut daemon = shop_with(KEYS, "mode = 'reject'").await;
    let token = minted(&mut daemon).await["token"].clone();
    daemon.bearer = Some(CHECK.into());
    let check = async |daemon: &Daemon, token: &Value| {
        daemon.send("POST", "/v1/engage/sites/shop/tokens/check", &json!({"token": token})).await
    };
    let answer = check(&daemon, &token).await;
    assert!(!answer.text.contains(token.as_str().unwrap().rsplit('.').next().unwrap()), "{}", answer.text);
    let found = answer.ok();
    assert_eq!((&found["valid"], &found["kid"]), (&json!(true), &json!("site_main")));
    assert_eq!((&found["exp"], &found["secondsLeft"]), (&json!(NOW_S + 7_200), &json!(7_200)));
    let row = |found: &Value, place: &str| {
        let verdict = &found["verdicts"][place];
        (verdict["opens"].as_bool().unwrap(), verdict["identity"].as_str().unwrap().to_owned())
    };
    assert_eq!(row(&found, "accept"), (true, "verified".into()));
    assert_eq!(row(&found, "require"), (true, "verified".into()));
    // A perfect token, ignored in silence.
    assert_eq!((row(&found, "reject"), &found["verdict"]["inferred"]), ((true, "anonymous".into()), &json!(true)));
    assert_eq!(row(&found, "iframe"), (false, "nobody".into()));

    daemon.clock.advance(3_601_000);
    let found = check(&daemon, &token).await.ok();
    assert_eq!((&found["valid"], &found["reasons"][0]["code"]), (&json!(false), &json!("exp_borderline")));
    assert_eq!(row(&found, "accept"), (true, "anonymous".into()));
    assert_eq!(row(&found, "require"), (false, "nobody".into()));

    for (body, status, code) in [
        (json!({"token": 5}), 422, "invalid_body"),
        (json!({}), 422, "invalid_body"),
        (json!({"token": "x".repeat(300 * 1024)}), 413, "body_too_large"),
    ] {
        daemon.send("POST", "/v1/engage/sites/shop/tokens/check", &body).await.problem(status, code);
    }
}
