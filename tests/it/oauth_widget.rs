//! What the widget hears of sign-ins, and whose they are.

use serde_json::{Value, json};
use trunkline::auth::mint;
use trunkline::domain::credential::Whose;

use crate::events::Events;
use crate::settings_authorize::SECRET;
use crate::support::browser::Browser;
use crate::support::crm::{Crm, OAUTH};

const STATUS: &str = "rc-adapter-update-authorization-status";

/// A daemon that asks for tokens, with one for each of two operators.
async fn two(sign_in: &str) -> (Crm, [String; 2]) {
    let toml = format!(
        "[operators]\nauth = 'jwt'\nkeys = [{{ kid = 'main', secret = '{SECRET}' }}]\n[api]\nkeys = ['{SECRET}']\n\
         {OAUTH}sign_in = '{sign_in}'\n"
    );
    let crm = Crm::with(&toml).await;
    let now = crm.daemon.clock_ms();
    let token = |name| mint(&crm.daemon.state.config.operators, name, None, None, 36_000, now).expect("a token");
    let tokens = [token("ann"), token("bob")];
    (crm, tokens)
}

fn alert(commands: &[Value]) -> &str {
    let found = commands.iter().find(|command| command["path"] == "/custom-alert-message");
    found.and_then(|alert| alert["body"]["message"].as_str()).unwrap_or_else(|| panic!("no alert: {commands:?}"))
}

#[tokio::test]
async fn every_open_page_hears_of_the_companys_sign_in_and_its_loss() {
    let (mut crm, [ann, bob]) = two("company").await;
    let mut anns = Events::open(&crm.daemon, Some(&ann)).await;
    let mut bobs = Events::open(&crm.daemon, Some(&bob)).await;
    crm.daemon.bearer = Some(ann);
    crm.sign_in().await;
    for events in [&mut anns, &mut bobs] {
        let told = events.commands().await;
        let status = json!({"type": STATUS, "authorized": true, "authorizedAccount": "Ada Lovelace"});
        assert_eq!(told, [status]);
    }
    crm.vendor.withdraw();
    crm.daemon.clock.advance(5 * 60_000);
    crm.ask().await.expect_err("withdrawn");
    for events in [&mut anns, &mut bobs] {
        let told = events.commands().await;
        assert_eq!(told[0], json!({"type": STATUS, "authorized": false}));
        assert!(alert(&told).contains("You are signed out of Example CRM: the server does not renew it"), "{told:?}");
        assert!(!told[1].to_string().contains("CANARY"));
    }
    let service = crm.service().await;
    assert_eq!((&service["authorized"], &service["showAuthRedDot"]), (&json!(false), &json!(true)));
    crm.daemon.bearer = Some(bob);
    crm.sign_in().await;
    for events in [&mut anns, &mut bobs] {
        assert_eq!(events.commands().await[0]["authorizedAccount"], "Ada Lovelace");
    }
}

#[tokio::test]
async fn operators_sign_in_for_themselves_and_the_first_one_serves_the_syncs() {
    let (mut crm, [ann, bob]) = two("operator").await;
    let mut anns = Events::open(&crm.daemon, Some(&ann)).await;
    let mut bobs = Events::open(&crm.daemon, Some(&bob)).await;
    let whose = |name: &str| Whose::Operator(name.into());
    let error = crm.ask_for("crm", &Whose::Company).await.expect_err("nobody");
    assert!(error.to_string().contains("nobody has signed in yet"), "{error}");
    crm.daemon.bearer = Some(bob.clone());
    crm.sign_in().await;
    assert_eq!(bobs.commands().await[0]["authorized"], true);
    crm.ask_for("crm", &whose("bob")).await.expect("bob's own");
    crm.ask_for("crm", &whose("ann")).await.expect_err("ann has none");
    crm.ask_for("crm", &Whose::Company).await.expect("by bob's");
    crm.daemon.bearer = Some(ann.clone());
    assert_eq!(crm.service().await["authorized"], false);
    crm.daemon.clock.advance(1_000);
    crm.sign_in().await;
    assert_eq!(anns.commands().await[0]["authorized"], true, "ann's first is her own");
    let credentials = crm.daemon.state.authority.credentials("crm");
    let used = |whose: Whose| {
        let credentials = credentials.clone();
        async move { credentials.grant(&whose).await.expect("a grant").serial }
    };
    assert_eq!(used(Whose::Company).await, used(whose("bob")).await, "the one who was first");
    // Bob goes: ann's serves from now on, and bob alone is told.
    crm.daemon.bearer = Some(bob);
    let answer = crm.daemon.post("/authorize", &json!({"authorized": true})).await;
    assert_eq!(answer["commands"], json!([{"type": STATUS, "authorized": false}]));
    assert_eq!(bobs.commands().await[0]["authorized"], false);
    assert_eq!(used(Whose::Company).await, used(whose("ann")).await);
    let crm = crm.restart().await;
    crm.ask_for("crm", &whose("ann")).await.expect("kept");
    crm.ask_for("crm", &whose("bob")).await.expect_err("forgotten");
}

#[tokio::test]
async fn disconnect_revokes_and_forgets() {
    let (mut crm, [ann, bob]) = two("company").await;
    crm.daemon.bearer = Some(ann);
    crm.sign_in().await;
    let mut bobs = Events::open(&crm.daemon, Some(&bob)).await;
    let refresh = crm.vendor.books().refresh.first().cloned().expect("a token");
    let answer = crm.daemon.post("/authorize", &json!({"authorized": true})).await;
    assert_eq!(answer["response"]["data"], "ok");
    assert_eq!(answer["commands"], json!([{"type": STATUS, "authorized": false}]));
    crm.vendor.until(|books| books.revoked == [refresh.clone()]).await;
    assert!(crm.daemon.state.storage.list_credentials().await.expect("rows").is_empty());
    let told = bobs.commands().await;
    assert_eq!(told[0]["authorized"], false);
    assert!(alert(&told).contains("ann signed out of Example CRM"), "{told:?}");
    crm.ask().await.expect_err("signed out");
    // Sent twice by the adapter, it ends where the person wanted.
    let again = crm.daemon.post("/authorize", &json!({"authorized": true})).await;
    assert_eq!(again["commands"][0]["authorized"], false);
    assert_eq!(crm.vendor.books().revoked.len(), 1);
}

#[tokio::test]
async fn a_pop_up_is_the_operators_who_pressed() {
    let (mut crm, [ann, bob]) = two("operator").await;
    crm.daemon.bearer = Some(ann);
    let mut browser = Browser::default();
    browser.open(&crm.press().await).await.page(200);
    assert_eq!(crm.service().await["authorized"], true);
    crm.daemon.bearer = Some(bob);
    assert_eq!(crm.service().await["authorized"], false, "bob did not sign in");
}

#[tokio::test]
async fn programs_see_who_is_signed_in_and_never_with_what() {
    let (mut crm, [ann, _]) = two("operator").await;
    assert_eq!(crm.daemon.get("/v1/credentials").await.status, 401);
    crm.daemon.bearer = Some(ann);
    crm.sign_in().await;
    crm.daemon.bearer = Some(SECRET.into());
    let answer = crm.daemon.get("/v1/credentials").await.ok();
    let item = &answer["items"][0];
    assert_eq!((&item["connector"], &item["company"]["usable"]), (&json!("crm"), &json!(true)));
    assert_eq!(item["operators"][0]["operator"], "ann");
    assert_eq!(item["operators"][0]["words"], "signed in as Ada Lovelace since 2026-01-01 10:00 UTC");
    assert!(!answer.to_string().contains("CANARY"), "{answer}");
}

#[tokio::test]
async fn a_key_of_the_configuration_that_is_refused_is_told_and_heals() {
    let crm = Crm::with("[connectors.key]\nkind = 'hubspot'\nname = 'Keyed'\napi_key = 'CANARYkey'\n").await;
    let mut events = Events::open(&crm.daemon, None).await;
    crm.ask_for("key", &Whose::Company).await.expect_err("not known");
    let told = events.commands().await;
    assert_eq!(told.len(), 1, "no sign-in would help: {told:?}");
    assert!(alert(&told).contains("signed out of Keyed") && alert(&told).contains("administrator"), "{told:?}");
    crm.vendor.books().keys.insert("CANARYkey".into());
    crm.daemon.state.authority.heal().await;
    crm.ask_for("key", &Whose::Company).await.expect("healed");
}
