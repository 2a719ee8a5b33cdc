//! Renewing tokens from a page: grants that rotate, exact origins, chains that end.

use serde_json::{Value, json};

use crate::support::engage::{MINT, SHOP, WHOLE, grant, mint, part, renew, renew_at, shop};
use crate::support::{Answer, NOW};

const MINUTE: i64 = 60_000;
const RENEW: &str = "/v1/engage/sites/shop/identities/renew";

#[tokio::test]
async fn a_page_renews_with_what_the_contact_is_now() {
    let mut daemon = shop().await;
    let minted = mint(&daemon, &json!({"contactId": "crm17"})).await.ok();
    daemon.bearer = Some(WHOLE.into());
    daemon.contacts(&[json!({"id": "crm17", "name": "Ada King"})]).await;
    daemon.clock.advance(55 * MINUTE);
    let answer = renew(&daemon, grant(&minted)).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(SHOP));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let renewed = answer.ok();
    let exp = NOW / 1000 + 55 * 60 + 7_200;
    assert_eq!((&renewed["exp"], &renewed["renewAt"]), (&json!(exp), &json!(exp - 3_900)));
    assert_eq!((&renewed["uuid"], &renewed["kid"]), (&minted["uuid"], &json!("site_main")));
    assert_eq!(part(&renewed["token"], 1)["screenname"], "Ada King");
    assert_ne!(renewed["renewGrant"], minted["renewGrant"]);
    // And after a restart.
    let daemon = daemon.restart().await;
    daemon.clock.advance(55 * MINUTE);
    renew(&daemon, grant(&renewed)).await.ok();
}

#[tokio::test]
async fn explicit_claims_are_said_again_with_their_own_life() {
    let daemon = shop().await;
    let body = json!({"uuid": "u-1", "email": "a@example.com", "extra_values": {"a": 1}, "ttl": 4_300});
    let minted = mint(&daemon, &body).await.ok();
    daemon.clock.advance(5 * MINUTE);
    let renewed = renew(&daemon, grant(&minted)).await.ok();
    assert_eq!(
        part(&renewed["token"], 1),
        json!({"exp": NOW / 1000 + 300 + 4_300, "uuid": "u-1", "email": "a@example.com", "extra_values": {"a": 1}})
    );
}

#[tokio::test]
async fn a_replayed_grant_is_refused_and_revokes_its_chain() {
    let daemon = shop().await;
    let minted = mint(&daemon, &json!({"contactId": "crm17"})).await.ok();
    let second = renew(&daemon, grant(&minted)).await.ok();
    daemon.clock.advance(31_000);
    renew(&daemon, grant(&minted)).await.problem(401, "grant_replayed");
    // Whoever has the newer one may be the thief as well.
    renew(&daemon, grant(&second)).await.problem(401, "grant_replayed");
    // Another chain of the same visitor lives on.
    let fresh = mint(&daemon, &json!({"contactId": "crm17"})).await.ok();
    renew(&daemon, grant(&fresh)).await.ok();
}

#[tokio::test]
async fn two_tabs_within_the_grace_both_live() {
    let daemon = shop().await;
    let minted = mint(&daemon, &json!({"contactId": "crm17"})).await.ok();
    let (one, two) = tokio::join!(renew(&daemon, grant(&minted)), renew(&daemon, grant(&minted)));
    let (one, two) = (one.ok(), two.ok());
    assert_ne!(one["renewGrant"], two["renewGrant"]);
    daemon.clock.advance(30_000);
    let third = renew(&daemon, grant(&minted)).await.ok();
    daemon.clock.advance(55 * MINUTE);
    for tab in [one, two, third] {
        let later = renew(&daemon, grant(&tab)).await.ok();
        daemon.clock.advance(55 * MINUTE);
        renew(&daemon, grant(&later)).await.ok();
    }
}

#[tokio::test]
async fn only_pages_of_the_site_renew() {
    let daemon = shop().await;
    let minted = mint(&daemon, &json!({"contactId": "crm17"})).await.ok();
    for origins in [
        &[][..],
        &["null"],
        &[""],
        &["https://shop.example.evil.example"],
        &["https://evilshop.example"],
        &["http://shop.example"],
        &["https://shop.example:8443"],
        &["https://shop.example/"],
        &["HTTPS://SHOP.EXAMPLE"],
        &["https://other.example"],
        // May use the daemon otherwise, but is no page of the shop.
        &["https://crm.example"],
        &[SHOP, "https://evil.example"],
        &[SHOP, SHOP],
    ] {
        let answer = renew_at(&daemon, "shop", origins, grant(&minted)).await;
        answer.problem(403, "origin_refused");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origins:?}");
    }
    // The daemon's own address is none of the shop's either.
    renew_at(&daemon, "shop", &[&daemon.base], grant(&minted)).await.problem(403, "origin_refused");
    renew_at(&daemon, "shop", &["http://localhost:3000"], grant(&minted)).await.ok();
}

#[tokio::test]
async fn the_preflight_of_a_page_is_answered_at_this_address_only() {
    let daemon = shop().await;
    let ask = async |path: &str, origin: &str| {
        let request = daemon.client.request(reqwest::Method::OPTIONS, daemon.url(path)).header("origin", origin);
        Answer::of(request.header("access-control-request-method", "POST").send().await.unwrap()).await
    };
    let answer = ask(RENEW, SHOP).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some(SHOP)));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("content-type"));
    for (path, origin) in [
        (RENEW, "https://crm.example"),
        ("/v1/engage/sites/other/identities/renew", SHOP),
        ("/v1/engage/sites/shop/identities/mint", SHOP),
        ("/v1/engage/sites/sh%6fp/identities/renew", SHOP),
        ("/v1/contacts", SHOP),
        ("/embeddable/contacts", SHOP),
    ] {
        ask(path, origin).await.problem(403, "origin_refused");
    }
    // The address in other letters is the same address, and the same pages may use it.
    let request = daemon.client.post(daemon.url("/v1/engage/sites/sh%6fp/identities/renew"));
    let answer = request.header("origin", "https://crm.example").json(&json!({"grant": "x"})).send().await.unwrap();
    Answer::of(answer).await.problem(403, "origin_refused");
}

#[tokio::test]
async fn foreign_and_wrong_grants_are_unknown() {
    let daemon = shop().await;
    let minted = mint(&daemon, &json!({"contactId": "crm17"})).await.ok();
    renew_at(&daemon, "other", &["https://other.example"], grant(&minted)).await.problem(401, "grant_unknown");
    for wrong in ["", "x", "\u{0}", &"x".repeat(5_000), minted["token"].as_str().unwrap()] {
        renew(&daemon, wrong).await.problem(401, "grant_unknown");
    }
    let post = async |body: &'static str| {
        let request = daemon.client.post(daemon.url(RENEW)).header("origin", SHOP);
        let request = request.header("content-type", "application/json").body(body);
        Answer::of(request.send().await.unwrap()).await
    };
    post("{\"grant\": 5}").await.problem(422, "invalid_body");
    post("{}").await.problem(422, "invalid_body");
    post("nonsense").await.problem(400, "invalid_json");
    // It was not used up by any of them.
    renew(&daemon, grant(&minted)).await.ok();
}

#[tokio::test]
async fn a_chain_ends() {
    let daemon = shop().await;
    let mut last = mint(&daemon, &json!({"contactId": "crm17"})).await.ok();
    for _ in 0..13 {
        daemon.clock.advance(55 * MINUTE);
        last = renew(&daemon, grant(&last)).await.ok();
    }
    daemon.clock.advance(5 * MINUTE);
    renew(&daemon, grant(&last)).await.problem(401, "grant_expired");
}

#[tokio::test]
async fn a_chain_that_renews_all_the_time_is_slowed_down() {
    let daemon = shop().await;
    let mut last = mint(&daemon, &json!({"uuid": "u"})).await.ok();
    for _ in 0..trunkline::domain::engage::MOST_RENEWALS {
        last = renew(&daemon, grant(&last)).await.ok();
    }
    renew(&daemon, grant(&last)).await.problem(429, "too_many_renewals");
}

#[tokio::test]
async fn a_contact_that_is_gone_is_not_renewed() {
    let mut daemon = shop().await;
    let minted = mint(&daemon, &json!({"contactId": "crm17"})).await.ok();
    daemon.bearer = Some(WHOLE.into());
    daemon.delete(&["crm17"]).await;
    renew(&daemon, grant(&minted)).await.problem(401, "contact_gone");
    daemon.bearer = Some(MINT.into());
    let problem: Value = mint(&daemon, &json!({"contactId": "crm17"})).await.problem(404, "contact_unknown");
    assert!(!problem.to_string().contains("crm17"), "{problem}");
}
