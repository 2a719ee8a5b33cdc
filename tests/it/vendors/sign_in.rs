//! Signing in through the shipped manifests, from the button in the phone to the contacts and back.

use std::sync::Arc;

use serde_json::{Value, json};
use trunkline::domain::clock::ManualClock;

use crate::fakes::oauth::{CLIENT_ID, CLIENT_SECRET};
use crate::fakes::{Running, Vendor, hubspot, pipedrive, salesforce, zoho};
use crate::support::browser::{Browser, Window};
use crate::support::daemon::World;
use crate::support::{Daemon, NOW};

const MINUTE: i64 = 60_000;

/// A vendor's stand-in and a daemon that signs in to it.
struct Story<V: Vendor> {
    fake: Running<V>,
    daemon: Daemon,
}

/// A daemon with `[connectors.crm]`: the shipped manifest of a kind, at home in a stand-in.
async fn story<V: Vendor>(kind: &str, fake: Running<V>, clock: Arc<ManualClock>, toml: &str) -> Story<V> {
    let toml = format!(
        "[numbers]\ndefault_region = 'US'\n[connectors.crm]\nkind = '{kind}'\nname = 'The CRM'\n\
         client_id = '{CLIENT_ID}'\nclient_secret = '{CLIENT_SECRET}'\n{}",
        toml.replace("BASE", &fake.base)
    );
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let daemon = Daemon::open(toml, World::Configured([].into()), folder, clock).await;
    Story { fake, daemon }
}

impl<V: Vendor> Story<V> {
    async fn press(&self) -> Window {
        let pressed = self.daemon.post("/authorize", &json!({"authorized": false})).await;
        let url =
            pressed["commands"][0]["url"].as_str().unwrap_or_else(|| panic!("nothing to open: {pressed}")).to_owned();
        Browser::default().open(&url).await
    }

    async fn sign_in(&self, account: &str) {
        let window = self.press().await;
        let words = format!("You are signed in to The CRM as {account}.");
        assert!(window.page(200).contains(&words), "{}", window.answer.text);
        assert_eq!(self.service().await["authorizedAccount"], account);
    }

    async fn service(&self) -> Value {
        self.daemon.get("/embeddable/service").await.ok()["service"].clone()
    }

    async fn trouble(&self) -> Value {
        self.daemon.get("/v1/connectors/crm").await.ok()["trouble"].clone()
    }

    async fn sync(&self) {
        self.daemon.sync("crm", &json!({})).await;
        assert_eq!(self.trouble().await, Value::Null);
    }

    /// A sync that fails for want of a sign-in: why, in words.
    async fn locked_out(&self) -> String {
        let answer = self.daemon.send("POST", "/v1/connectors/crm/sync?wait=true", &json!({})).await;
        assert_eq!(answer.status, 502, "{}", answer.text);
        assert_eq!(answer.json()["code"], "upstream_unauthorized", "{}", answer.text);
        assert_eq!(self.service().await["authorized"], false);
        let trouble = self.trouble().await;
        assert_eq!(trouble["kind"], "unauthorized", "{trouble}");
        trouble["detail"].as_str().expect("words").to_owned()
    }

    async fn knows(&self, number: &str) -> bool {
        !self.daemon.matched(number).await.is_empty()
    }

    /// All of it: sign-in, sync, renewal, withdrawal, sign-in again, sign-out. `add` makes a contact with
    /// a number upstream; `token` and `revoke` are the vendor's addresses.
    async fn unfolds(self, account: &str, token: &str, revoke: &str, add: impl Fn(&V, &str)) {
        add(&self.fake, "+16505550101");
        let words = self.locked_out().await;
        assert!(words.contains("signed out because nobody has signed in yet"), "{words}");

        self.sign_in(account).await;
        let seen = self.fake.gate.take_seen();
        let asked =
            seen.iter().find(|asked| asked.query("code_challenge").is_some()).expect("an authorization with PKCE");
        assert_eq!(asked.query("code_challenge_method"), Some("S256"));
        assert!(asked.query("state").is_some_and(|state| state.len() >= 43), "{asked:?}");
        let redirect = format!("{}/oauth/callback", self.daemon.base);
        assert_eq!(asked.query("redirect_uri"), Some(redirect.as_str()));
        self.sync().await;
        assert!(self.knows("+16505550101").await);

        self.daemon.clock.advance(3 * 60 * MINUTE);
        self.fake.gate.expire();
        add(&self.fake, "+16505550102");
        self.fake.gate.take_seen();
        self.sync().await;
        assert!(self.knows("+16505550102").await);
        assert_eq!(self.fake.gate.count(&format!("POST {token}")), 1, "renewed once");

        self.daemon.clock.advance(5 * MINUTE);
        self.fake.gate.withdraw();
        add(&self.fake, "+16505550103");
        let words = self.locked_out().await;
        assert!(words.contains("The CRM is signed out because the server does not renew it any more"), "{words}");
        assert!(!words.contains("refresh-") && !words.contains(CLIENT_SECRET), "{words}");
        assert!(self.knows("+16505550102").await, "what is known stays");

        self.sign_in(account).await;
        self.sync().await;
        assert!(self.knows("+16505550103").await);

        assert_eq!(self.fake.gate.sign_ins(), 1);
        self.daemon.post("/authorize", &json!({"authorized": true})).await;
        assert_eq!(self.service().await["authorized"], false);
        // Whoever stops the daemon now does not leave a good token behind.
        let Self { fake, daemon } = self;
        daemon.stop().await;
        assert_eq!((fake.gate.count(&format!("POST {revoke}")), fake.gate.sign_ins()), (1, 0));
    }
}

#[tokio::test]
async fn hubspot_is_signed_in_to() {
    let clock = ManualClock::at(NOW);
    let fake = hubspot::start(clock.clone()).await;
    let toml = "url = 'BASE'\n[connectors.crm.vars]\nauthorize_url = 'BASE/oauth/authorize'\n\
                token_url = 'BASE/oauth/2026-03/token'\nrevoke_url = 'BASE/oauth/2026-03/token/revoke'\n";
    let story = story("hubspot", fake, clock, toml).await;
    let (token, revoke) = ("/oauth/2026-03/token", "/oauth/2026-03/token/revoke");
    story
        .unfolds("HubSpot account 4242", token, revoke, |portal, phone| {
            portal.add(&[("lastname", "Lovelace"), ("phone", phone)]);
        })
        .await;
}

/// The API is where the sign-in says: at the configured address there is none.
#[tokio::test]
async fn pipedrive_is_signed_in_to() {
    let clock = ManualClock::at(NOW);
    let fake = pipedrive::start(clock.clone()).await;
    let toml = "url = 'BASE/nothing/here'\n[connectors.crm.vars]\nauthorize_url = 'BASE/oauth/authorize'\n\
                token_url = 'BASE/oauth/token'\nrevoke_url = 'BASE/oauth/revoke'\n";
    let story = story("pipedrive", fake, clock, toml).await;
    story
        .unfolds("Ada Lovelace", "/oauth/token", "/oauth/revoke", |company, phone| {
            company.add("Ada Lovelace", &[phone]);
        })
        .await;
}

#[tokio::test]
async fn salesforce_is_signed_in_to() {
    let clock = ManualClock::at(NOW);
    let fake = salesforce::start(clock.clone()).await;
    let toml = "url = 'BASE/nothing/here'\nvars = { login_url = 'BASE' }\n";
    let story = story("salesforce", fake, clock, toml).await;
    let (token, revoke) = ("/services/oauth2/token", "/services/oauth2/revoke");
    story
        .unfolds("ada@example.com", token, revoke, |org, phone| {
            org.add(&json!({"LastName": "Lovelace", "Phone": phone}));
        })
        .await;
}

#[tokio::test]
async fn zoho_is_signed_in_to() {
    let clock = ManualClock::at(NOW);
    let fake = zoho::start(clock.clone()).await;
    let toml = "url = 'BASE/nothing/here'\nvars = { accounts_url = 'BASE' }\n";
    let story = story("zoho", fake, clock, toml).await;
    story
        .unfolds("Ada Lovelace", "/oauth/v2/token", "/oauth/v2/token/revoke", |org, phone| {
            org.add(&json!({"Last_Name": "Lovelace", "Phone": phone}));
        })
        .await;
}

/// A token's answer may not send the token to whatever host it likes.
#[tokio::test]
async fn an_api_at_a_host_that_is_not_the_vendors_is_not_asked() {
    let clock = ManualClock::at(NOW);
    let fake = salesforce::start(clock.clone()).await;
    let story = story("salesforce", fake, clock, "vars = { login_url = 'BASE' }\n").await;
    let window = story.press().await;
    let answer = story.daemon.send("POST", "/v1/connectors/crm/sync?wait=true", &json!({})).await;
    let refused = "the sign-in named 127.0.0.1 as the API's host, which the manifest does not allow";
    assert!(answer.text.contains(refused), "{}", answer.text);
    // The person who signed in reads it at once: the window stays.
    let page = window.page(200);
    assert!(page.contains("nothing could be read from it yet: the sign-in named 127.0.0.1"), "{page}");
    assert!(!page.contains("window.close()"), "{page}");
    assert_eq!(story.fake.gate.count("/services/data"), 0);
    assert_eq!(story.fake.gate.count("userinfo"), 0);
}
