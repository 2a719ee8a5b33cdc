//! Keys and passwords, entered on the daemon's page or standing in the configuration.

use serde_json::json;
use trunkline::domain::credential::Whose;

use crate::support::browser::{Browser, form_token, page};
use crate::support::crm::Crm;

const KEY: &str = "[connectors.key]\nkind = 'hubspot'\nname = 'Keyed'\n";
const PASSWORD: &str =
    "[connectors.dav]\nkind = 'carddav'\nname = 'Books'\nurl = 'https://dav.example/'\nusername = 'team'\n";

#[tokio::test]
async fn a_key_is_tried_before_it_is_kept() {
    let crm = Crm::with(KEY).await;
    crm.vendor.books().keys.insert("CANARYright".into());
    let mut browser = Browser::default();
    let window = browser.open(&crm.press().await).await;
    assert!(window.url.ends_with("/connect"), "{}", window.url);
    let token = form_token(window.page(200)).to_owned();
    let form = crm.daemon.url("/connect/key");
    for (wrong, status, words) in [
        ("CANARYwrong", 422, "Keyed does not take this"),
        ("", 422, "The key is empty"),
        ("CANARY\nx: y", 422, "cannot be sent"),
    ] {
        let answer = browser.submit(&form, &[("token", &token), ("key", wrong)]).await;
        let text = page(&answer, status);
        assert!(text.contains(words) && !text.contains("CANARY"), "{text}");
        form_token(text);
        assert_eq!(crm.service().await["authorized"], false);
    }
    assert!(crm.daemon.state.storage.list_credentials().await.expect("rows").is_empty());
    let answer = browser.submit(&form, &[("token", &token), ("key", " CANARYright ")]).await;
    assert!(page(&answer, 200).contains("signed in to Keyed as Ada Lovelace"), "{}", answer.text);
    assert_eq!(crm.service().await["authorized"], true);
    crm.ask_for("key", &Whose::Company).await.expect("signed in");
    let crm = crm.restart().await;
    crm.ask_for("key", &Whose::Company).await.expect("still signed in");
    assert_eq!(crm.service().await["authorizedAccount"], "Ada Lovelace");
}

#[tokio::test]
async fn a_password_is_asked_for_with_the_name_that_is_known() {
    let crm = Crm::with(PASSWORD).await;
    crm.vendor.books().keys.insert("ada:CANARYpass".into());
    let mut browser = Browser::default();
    let window = browser.open(&crm.press().await).await;
    let text = window.page(200).to_owned();
    assert!(text.contains("value=\"team\""), "{text}");
    let form = crm.daemon.url("/connect/dav");
    let token = form_token(&text);
    let wrong = browser.submit(&form, &[("token", token), ("username", "ada"), ("password", "no")]).await;
    page(&wrong, 422);
    let right = browser.submit(&form, &[("token", token), ("username", "ada"), ("password", "CANARYpass")]).await;
    page(&right, 200);
    crm.ask_for("dav", &Whose::Operator("anybody".into())).await.expect("for everybody");
}

#[tokio::test]
async fn a_form_of_another_session_is_refused() {
    let crm = Crm::with(KEY).await;
    crm.vendor.books().keys.insert("evil".into());
    let (mut victim, mut attacker) = (Browser::default(), Browser::default());
    victim.open(&crm.press().await).await.page(200);
    let foreign = form_token(attacker.open(&crm.press().await).await.page(200)).to_owned();
    let form = crm.daemon.url("/connect/key");
    for token in [foreign.as_str(), "", "x"] {
        let answer = victim.submit(&form, &[("token", token), ("key", "evil")]).await;
        page(&answer, 403);
    }
    assert_eq!(victim.submit(&form, &[("key", "evil")]).await.status, 422);
    page(&Browser::default().submit(&form, &[("token", &foreign), ("key", "evil")]).await, 410);
    // Not the form this connector has, or one that has none.
    let odd = [("token", foreign.as_str()), ("username", "a"), ("password", "b")];
    page(&attacker.submit(&form, &odd).await, 404);
    page(&attacker.submit(&crm.daemon.url("/connect/none"), &[("token", &foreign), ("key", "evil")]).await, 404);
    assert_eq!(crm.service().await["authorized"], false);
    let long = "x".repeat(70_000);
    assert_eq!(attacker.submit(&form, &[("token", &foreign), ("key", &long)]).await.status, 413);
    crm.daemon.clock.advance(15 * 60_000);
    page(&attacker.submit(&form, &[("token", &foreign), ("key", "evil")]).await, 410);
}

#[tokio::test]
async fn what_stands_in_the_configuration_needs_no_sign_in() {
    let crm = Crm::with(&format!("{KEY}api_key = 'CANARYkey'\n{PASSWORD}password = 'CANARYpass'\n")).await;
    crm.vendor.books().keys.extend(["CANARYkey".into(), "team:CANARYpass".into()]);
    for connector in ["key", "dav"] {
        crm.ask_for(connector, &Whose::Company).await.expect("configured");
    }
    let service = crm.service().await;
    assert_eq!((&service["authorized"], service.get("showAuthRedDot")), (&json!(true), None));
    // The widget's toggle is a stored state, as without connectors.
    let answer = crm.daemon.post("/authorize", &json!({"authorized": true})).await;
    assert_eq!(answer["commands"][0]["authorized"], false);
    crm.ask_for("key", &Whose::Company).await.expect("still configured");
    let folder = std::fs::read_dir(crm.daemon.folder.path()).expect("a folder");
    let keys = folder.filter(|entry| entry.as_ref().expect("an entry").path().to_string_lossy().contains("vault"));
    assert_eq!(keys.count(), 0, "no key is made that nobody needs");
}
