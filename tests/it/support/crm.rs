//! A daemon with connectors of a [`Vendor`], and a stand-in for the connectors themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use trunkline::app::authority::Outside;
use trunkline::connectors::{Connector, SharedConnector};
use trunkline::domain::credential::{AuthKind, Grant, OAuthEndpoints, Opening, SharedCredentials, Whose};
use trunkline::domain::upstream::{
    Account, Capabilities, ChangePage, IdPage, LogFormat, Next, Record, Trouble, UpdateLog, UpstreamError,
};
use trunkline::oauth::Upstreams;
use trunkline::outbound::{Outbound, OutboundOptions};

use super::Daemon;
use super::vendor::{SECRET, Vendor};

/// Connectors that ask the vendor's API who they are, and nothing else.
#[derive(Debug, Clone)]
pub struct StandIn {
    outbound: Outbound,
    me: String,
    kinds: BTreeMap<String, AuthKind>,
}

impl StandIn {
    /// One request upstream, with one renewal where it is refused: what a connector does.
    pub async fn ask(&self, credentials: &SharedCredentials, whose: &Whose) -> Result<Account, UpstreamError> {
        let grant = credentials.grant(whose).await?;
        match self.ask_with(&grant).await {
            Err(error) if error.trouble == Trouble::Unauthorized => {
                self.ask_with(&credentials.renew(whose, &grant).await?).await
            }
            other => other,
        }
    }

    async fn ask_with(&self, grant: &Grant) -> Result<Account, UpstreamError> {
        let request = self.outbound.request(reqwest::Method::GET, self.me.parse().expect("an address"));
        let request = match &grant.opening {
            Opening::Nothing => request,
            Opening::Token(token) => request.bearer_auth(token.expose_secret()),
            Opening::Password { username, password } => {
                request.header("authorization", format!("Plain {username}:{}", password.expose_secret()))
            }
        };
        let answer = self.outbound.send(request.build().expect("a request")).await?;
        if answer.status == 401 {
            return Err(UpstreamError::new(Trouble::Unauthorized, "401 Unauthorized"));
        }
        assert_eq!(answer.status, 200);
        let account: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        let text = |key: &str| account[key].as_str().expect("text").to_owned();
        Ok(Account { id: text("id"), name: text("name") })
    }
}

#[async_trait]
impl Upstreams for StandIn {
    fn auth_kind(&self, connector: &str) -> Result<AuthKind, String> {
        self.kinds.get(connector).cloned().ok_or_else(|| format!("no {connector}"))
    }

    async fn who_am_i(&self, _: &str, credentials: SharedCredentials, whose: &Whose) -> Result<Account, UpstreamError> {
        self.ask(&credentials, whose).await
    }
}

/// Nothing upstream: syncs come and go without a request.
#[derive(Debug)]
struct Idle;

#[async_trait]
impl Connector for Idle {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            incremental: true,
            deletions: true,
            create_contact: false,
            update_contact: false,
            write_call_log: false,
            write_message_log: false,
            find_log: false,
            update_log: UpdateLog::None,
            read_log: false,
            log_format: LogFormat::Text,
            per_operator: false,
        }
    }

    async fn list_changes(&self, _: Option<&str>) -> Result<ChangePage, UpstreamError> {
        Ok(ChangePage { changes: Vec::new(), next: Next::Done(Some("1".into())), total: None })
    }

    async fn list_ids(&self, _: Option<&str>) -> Result<IdPage, UpstreamError> {
        Ok(IdPage::default())
    }

    async fn fetch(&self, _: &[String]) -> Result<Vec<Record>, UpstreamError> {
        Ok(Vec::new())
    }

    async fn who_am_i(&self, _: &Whose) -> Result<Account, UpstreamError> {
        Ok(Account::default())
    }
}

/// A vendor, a daemon connected to it, and what stands for the connectors.
pub struct Crm {
    pub vendor: Vendor,
    pub daemon: Daemon,
    pub connectors: StandIn,
}

/// The connector most tests use: OAuth, for the company.
pub const OAUTH: &str = "[connectors.crm]\nkind = 'hubspot'\nname = 'Example CRM'\nclient_id = 'client-1'\nclient_secret = 'CANARYclientsecret'\n";

fn endpoints(vendor: &Vendor) -> OAuthEndpoints {
    OAuthEndpoints {
        authorize_url: format!("{}/authorize?brand=1", vendor.base),
        token_url: format!("{}/token", vendor.base),
        revoke_url: Some(format!("{}/revoke", vendor.base)),
        scopes: vec!["contacts.read".into(), "offline".into()],
        authorize_params: vec![("access_type".into(), "offline".into())],
        secret_in_body: vendor.books().secret_in_body,
        base_url_key: None,
    }
}

/// `[connectors.crm]` signs in by OAuth, `key` with a key, `dav` with a name and a password, `open`
/// not at all.
pub fn stand_in(vendor: &Vendor, answer: Duration) -> StandIn {
    let outbound = Outbound::new(&OutboundOptions { answer, ..OutboundOptions::default() }).expect("a door");
    let oauth = AuthKind::OAuth(endpoints(vendor));
    let kinds = [
        ("crm", oauth.clone()),
        ("other", oauth),
        ("key", AuthKind::ApiKey),
        ("dav", AuthKind::Password),
        ("open", AuthKind::Open),
    ];
    let kinds = kinds.map(|(id, kind)| (id.to_owned(), kind)).into();
    StandIn { outbound, me: format!("{}/me", vendor.base), kinds }
}

impl Crm {
    pub async fn with(toml: &str) -> Self {
        Self::of(Vendor::start().await, toml, Duration::from_secs(20)).await
    }

    /// With requests outward that end after `answer`.
    pub async fn of(vendor: Vendor, toml: &str, answer: Duration) -> Self {
        assert!(OAUTH.contains(SECRET));
        let connectors = stand_in(&vendor, answer);
        let idle = |id: &String| (id.clone(), Arc::new(Idle) as SharedConnector);
        let outside = Outside {
            outbound: connectors.outbound.clone(),
            upstreams: Arc::new(connectors.clone()),
            media: trunkline::media::World::real(None),
            stand_ins: connectors.kinds.keys().map(idle).collect(),
        };
        let daemon = Daemon::outside(toml, outside).await;
        Self { vendor, daemon, connectors }
    }

    pub async fn restart(self) -> Self {
        let Self { vendor, daemon, connectors } = self;
        Self { vendor, daemon: daemon.restart().await, connectors }
    }

    /// A request upstream for the company.
    pub async fn ask(&self) -> Result<Account, UpstreamError> {
        self.ask_for("crm", &Whose::Company).await
    }

    pub async fn ask_for(&self, connector: &str, whose: &Whose) -> Result<Account, UpstreamError> {
        self.connectors.ask(&self.daemon.state.authority.credentials(connector), whose).await
    }

    /// The operator presses Connect: the address of the pop-up.
    pub async fn press(&self) -> String {
        let answer = self.daemon.post("/authorize", &serde_json::json!({"authorized": false})).await;
        let command = answer["commands"][0].clone();
        assert_eq!((&command["type"], &command["kind"]), (&"trunkline-open".into(), &"authorize".into()), "{answer}");
        command["url"].as_str().expect("an address").to_owned()
    }

    /// The operator presses Connect and signs in at the vendor.
    pub async fn sign_in(&self) {
        let mut browser = super::browser::Browser::default();
        let window = browser.open(&self.press().await).await;
        assert!(window.page(200).contains("signed in to Example CRM as Ada Lovelace"), "{}", window.answer.text);
    }

    /// The same where several connectors are listed first.
    pub async fn sign_in_listed(&self) {
        let mut browser = super::browser::Browser::default();
        browser.open(&self.press().await).await;
        browser.open(&self.daemon.url("/connect/crm/start")).await.page(200);
    }

    pub async fn service(&self) -> serde_json::Value {
        self.daemon.get("/embeddable/service").await.ok()["service"].clone()
    }
}
