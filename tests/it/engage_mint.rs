//! Minting tokens for visitors: what is in them, who may ask, and what is refused.

use serde_json::{Value, json};

use crate::support::engage::{CHECK, KEYS, MINT, SECRET, SHOP, SIGN, WHOLE, grant, mint, part, shop, shop_with};
use crate::support::{Answer, Daemon, NOW};

const NOW_S: i64 = NOW / 1000;

#[tokio::test]
async fn a_contact_gets_a_token_with_its_own_uuid_that_never_changes() {
    let daemon = shop_with(KEYS, "extra_values = [{ key = 'customer_id', from = 'contact.id', required = true }, { key = 'job', from = 'contact.jobTitle' }]").await;
    let answer = mint(&daemon, &json!({"contactId": "crm17"})).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let minted = answer.ok();
    assert_eq!((&minted["exp"], &minted["renewAt"]), (&json!(NOW_S + 7_200), &json!(NOW_S + 7_200 - 3_900)));
    assert_eq!(minted["kid"], "site_main");
    assert_eq!(minted["omitted"], json!([{"key": "job", "reason": "is not set"}]));
    assert_eq!(part(&minted["token"], 0), json!({"typ": "JWT", "alg": "HS256", "kid": "site_main"}));
    let payload = part(&minted["token"], 1);
    assert_eq!(
        payload,
        json!({"exp": NOW_S + 7_200, "uuid": minted["uuid"], "screenname": "Ada Lovelace", "firstname": "Ada",
            "lastname": "Lovelace", "company": "Engines", "email": "ada@engines.example", "extra_values": {"customer_id": "crm17"}})
    );
    let again = mint(&daemon, &json!({"contactId": "crm17"})).await.ok();
    assert_eq!(again["uuid"], minted["uuid"]);
    assert_ne!(again["renewGrant"], minted["renewGrant"]);
    let daemon = daemon.restart().await;
    let mut daemon = daemon;
    daemon.bearer = Some(MINT.into());
    assert_eq!(mint(&daemon, &json!({"contactId": "crm17"})).await.ok()["uuid"], minted["uuid"]);
    // Another source of the same domain: the same visitor, the same history.
    let other =
        daemon.send("POST", "/v1/engage/sites/other/identities/mint", &json!({"contactId": "crm17"})).await.ok();
    assert_eq!(other["uuid"], minted["uuid"]);
}

#[tokio::test]
async fn explicit_claims_are_signed_as_they_are() {
    let daemon = shop().await;
    let body = json!({"uuid": "54579fed6d617868b3010000", "screenname": "John Doe", "ttl": 4_200,
        "avatar_url": "https://cdn.example/a.png", "extra_values": {"customer_id": "A123456", "n": 5, "none": null}});
    let minted = mint(&daemon, &body).await.ok();
    assert_eq!(
        part(&minted["token"], 1),
        json!({"exp": NOW_S + 4_200, "uuid": "54579fed6d617868b3010000", "screenname": "John Doe",
            "avatar_url": "https://cdn.example/a.png", "extra_values": {"customer_id": "A123456", "n": 5}})
    );
    assert_eq!(minted["renewAt"], json!(NOW_S + 300));
}

#[tokio::test]
async fn each_uuid_policy_is_stable() {
    let secret = "uuid = 'hmac'\nuuid_secret = '0123456789abcdef0123456789abcdef'";
    for (lines, shape) in [("", "tl_"), (secret, "tl_"), ("uuid = 'crm_id'", "crm17")] {
        let daemon = shop_with(KEYS, lines).await;
        let first = mint(&daemon, &json!({"contactId": "crm17"})).await.ok();
        let uuid = first["uuid"].as_str().expect("text");
        assert!(uuid.starts_with(shape), "{lines}: {uuid}");
        assert_eq!(mint(&daemon, &json!({"contactId": "crm17"})).await.ok()["uuid"], first["uuid"], "{lines}");
    }
}

#[tokio::test]
async fn what_cannot_be_minted_is_refused_by_code() {
    let daemon = shop_with(KEYS, "extra_values = [{ key = 'phone', from = 'contact.phone', required = true }]").await;
    for (body, status, code) in [
        (json!({}), 422, "uuid_missing"),
        (json!({"screenname": "x"}), 422, "uuid_missing"),
        (json!({"uuid": " "}), 422, "uuid_blank"),
        (json!({"uuid": 5}), 422, "uuid_not_string"),
        (json!({"uuid": "u", "ttl": 4_199}), 422, "ttl_out_of_range"),
        (json!({"uuid": "u", "ttl": 86_401}), 422, "ttl_out_of_range"),
        (json!({"uuid": "u", "ttl": "7200"}), 422, "ttl_out_of_range"),
        (json!({"uuid": "u", "ttl": 4_200.5}), 422, "ttl_out_of_range"),
        (json!({"uuid": "u", "kid": "site_next"}), 422, "kid_pending"),
        (json!({"uuid": "u", "kid": "nobodys"}), 422, "kid_unknown"),
        (json!({"uuid": "u", "kid": 5}), 422, "invalid_body"),
        (json!({"uuid": "u", "iss": "us"}), 422, "unknown_field"),
        (json!({"uuid": "u", "extra_values": {"a.b": 1}}), 422, "extra_key_forbidden"),
        (json!({"uuid": "u", "extra_values": {"a": []}}), 422, "extra_value_nested"),
        (
            json!({"uuid": "u", "extra_values": (0..9).map(|n| (format!("k{n}"), "x".repeat(1_000))).collect::<std::collections::BTreeMap<_, _>>()}),
            422,
            "identity_too_large",
        ),
        (json!({"contactId": "nobody"}), 404, "contact_unknown"),
        (json!({"contactId": 5}), 422, "invalid_body"),
        (json!({"contactId": "crm17", "screenname": "x"}), 422, "invalid_body"),
        (json!({"contactId": "crm17"}), 422, "extra_value_missing"),
        (json!([]), 422, "invalid_body"),
    ] {
        let answer = mint(&daemon, &body).await;
        answer.problem(status, code);
    }
    daemon.send("POST", "/v1/engage/sites/nowhere/identities/mint", &json!({})).await.problem(404, "not_found");
    let raw = |body: String| {
        let request = daemon.client.post(daemon.url("/v1/engage/sites/shop/identities/mint")).bearer_auth(MINT);
        request.header("content-type", "application/json").body(body).send()
    };
    Answer::of(raw("{\"uuid\":".into()).await.unwrap()).await.problem(400, "invalid_json");
    let big = format!("{{\"uuid\":\"{}\"}}", "x".repeat(256 * 1024));
    Answer::of(raw(big).await.unwrap()).await.problem(413, "body_too_large");
}

#[tokio::test]
async fn a_scoped_key_opens_what_it_is_for_and_nothing_else() {
    let mut daemon = shop().await;
    let body = json!({"uuid": "u"});
    let check = json!({"token": "x"});
    for (bearer, minting, checking, contacts) in [
        (None, 401, 401, 401),
        (Some("x".repeat(40)), 401, 401, 401),
        (Some(MINT.to_owned()), 200, 403, 403),
        (Some(CHECK.to_owned()), 403, 200, 403),
        (Some(SIGN.to_owned()), 403, 403, 403),
        (Some(WHOLE.to_owned()), 200, 200, 200),
    ] {
        daemon.bearer = bearer.clone();
        let answers = [
            (mint(&daemon, &body).await, minting),
            (daemon.send("POST", "/v1/engage/sites/shop/tokens/check", &check).await, checking),
            (daemon.get("/v1/contacts").await, contacts),
            (daemon.get("/v1/engage/sites/shop/keys").await, contacts),
        ];
        for (answer, status) in answers {
            assert_eq!(answer.status, status, "{bearer:?}: {}", answer.text);
            match status {
                401 => drop(answer.problem(401, "api_key_refused")),
                403 => {
                    let problem = answer.problem(403, "scope_missing");
                    assert!(problem["detail"].as_str().unwrap().contains("this key has"), "{problem}");
                }
                _ => {}
            }
        }
    }
    // A scoped key is nobody's operator token and opens no recordings.
    daemon.bearer = Some(MINT.into());
    daemon.try_post("/contacts", &json!({})).await.problem(401, "token_invalid");
    assert_eq!(daemon.get("/media/md_1").await.status, 401);
}

#[tokio::test]
async fn pages_cannot_mint() {
    let daemon = shop().await;
    for origin in [SHOP, "https://crm.example"] {
        let request = daemon.client.post(daemon.url("/v1/engage/sites/shop/identities/mint")).bearer_auth(MINT);
        let answer = request.header("origin", origin).json(&json!({"uuid": "u"})).send().await.unwrap();
        Answer::of(answer).await.problem(403, "origin_refused");
    }
}

#[tokio::test]
async fn a_site_without_a_key_says_so() {
    let daemon = shop_with("", "").await;
    mint(&daemon, &json!({"uuid": "u"})).await.problem(409, "no_active_key");
}

/// Nothing of tokens, grants and secrets is on the disk, but for digests.
#[tokio::test]
async fn tokens_grants_and_secrets_are_not_kept() {
    let daemon = shop().await;
    let minted = mint(&daemon, &json!({"uuid": "canary-uuid", "screenname": "x"})).await.ok();
    let token = minted["token"].as_str().unwrap().to_owned();
    let bytes = database(&daemon);
    for secret in [grant(&minted), &token, token.rsplit('.').next().unwrap(), SECRET] {
        assert!(!bytes.windows(secret.len()).any(|found| found == secret.as_bytes()), "{secret}");
    }
    assert!(bytes.windows(11).any(|found| found == b"canary-uuid"), "the ledger is there");
}

fn database(daemon: &Daemon) -> Vec<u8> {
    daemon.database_bytes()
}

#[tokio::test]
async fn without_tokens_of_operators_no_key_is_asked_for() {
    let daemon = Daemon::with("[engage.sites.shop]\ndomain = 'acme'\nsource_token = 'a1'\nkeys = [{ id = 'k', secret = '0123456789abcdef01234567' }]\n").await;
    let minted: Value = mint(&daemon, &json!({"uuid": "u"})).await.ok();
    assert_eq!(minted["kid"], "k");
}
