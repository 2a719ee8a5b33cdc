//! `[auth]`, made ready, and the choice between its ways in.

use crate::config::ConnectorConfig;
use crate::connectors::rest::manifest::{Auth, OAuth};
use crate::connectors::rest::path::Path;
use crate::connectors::rest::tree::Tree;
use crate::domain::credential::{AuthKind, OAuthEndpoints};

use super::{Compiler, RequestPlan};

/// The ways in.
#[derive(Debug, Default)]
pub(crate) struct AuthPlan {
    api_key: Option<Way>,
    basic: Option<Way>,
    oauth: Option<(Way, OAuthEndpoints)>,
    session: Option<Way>,
    basic_takes_key: bool,
    /// See the manifest.
    pub(crate) base_url_hosts: Vec<String>,
}

/// Where a credential is put in a request.
#[derive(Debug)]
pub(crate) enum Put {
    Header(String),
    Query(String),
}

/// A way in.
#[derive(Debug)]
pub(crate) enum Way {
    /// Something in a header or the query.
    Put(Put, Tree),
    /// HTTP Basic: name and password.
    Basic(Tree, Tree),
    /// A session by a log-in.
    Session(Box<Session>),
}

/// `[auth.session_login]`.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) request: RequestPlan,
    /// Where the session stands in the answer.
    pub(crate) at: Path,
    pub(crate) put: Put,
    pub(crate) value: Tree,
    pub(crate) max_ms: Option<i64>,
}

impl AuthPlan {
    pub(crate) fn compile(auth: &Auth, compiler: &mut Compiler<'_>) -> Self {
        let mut plan = Self { base_url_hosts: auth.base_url_hosts.clone(), ..Self::default() };
        plan.api_key = auth.api_key.as_ref().map(|key| {
            let put = put(compiler, "auth.api_key", &key.header, &key.query);
            Way::Put(put, value(compiler, "auth.api_key.value", &key.value, "{{ token }}"))
        });
        plan.basic = auth.basic.as_ref().map(|basic| {
            let (name, password) = (&basic.username, &basic.password);
            plan.basic_takes_key = name.contains("token") || password.contains("token");
            let default = if name.is_empty() { "{{ password }}" } else { "" };
            Way::Basic(
                value(compiler, "auth.basic.username", name, "{{ username }}"),
                value(compiler, "auth.basic.password", password, default),
            )
        });
        plan.oauth = auth.oauth.as_ref().map(|oauth| {
            if !oauth.base_url_key.is_empty() && auth.base_url_hosts.is_empty() {
                let words = "needs auth.base_url_hosts: the hosts to which a token's answer may lead";
                compiler.wrong("auth.oauth.base_url_key", words);
            }
            let header = if oauth.header.is_empty() { "Authorization" } else { &oauth.header };
            compiler.header_name("auth.oauth.header", header);
            let value = value(compiler, "auth.oauth.value", &oauth.value, "Bearer {{ token }}");
            (Way::Put(Put::Header(header.to_owned()), value), endpoints(compiler, oauth))
        });
        plan.session = auth.session_login.as_ref().map(|login| {
            let at = "auth.session_login";
            Way::Session(Box::new(Session {
                request: compiler.request("auth.session_login.request", &login.request, &[]),
                at: compiler.needed_path("auth.session_login.session", &login.session),
                put: put(compiler, at, &login.header, &login.query),
                value: value(compiler, "auth.session_login.value", &login.value, "{{ session }}"),
                max_ms: (login.max_minutes > 0).then(|| i64::from(login.max_minutes) * 60_000),
            }))
        });
        plan
    }

    /// The way a configuration chooses; none for an API that is open to all.
    pub(crate) fn choose(self, config: &ConnectorConfig) -> (Option<Way>, AuthKind) {
        let basic_kind = if self.basic_takes_key { AuthKind::ApiKey } else { AuthKind::Password };
        let key = self.api_key.map(|way| (way, AuthKind::ApiKey));
        let basic = self.basic.map(|way| (way, basic_kind));
        let oauth = self.oauth.map(|(way, endpoints)| (way, AuthKind::OAuth(endpoints)));
        let session = self.session.map(|way| (way, AuthKind::Password));
        let order = if !config.client_id.is_empty() {
            [oauth, session, basic, key]
        } else if !config.username.is_empty() {
            [session, basic, key, oauth]
        } else {
            [key, basic, session, oauth]
        };
        match order.into_iter().flatten().next() {
            Some((way, kind)) => (Some(way), kind),
            None => (None, AuthKind::Open),
        }
    }
}

fn put(compiler: &mut Compiler<'_>, at: &str, header: &str, query: &str) -> Put {
    match (header.is_empty(), query.is_empty()) {
        (false, true) => {
            compiler.header_name(&format!("{at}.header"), header);
            Put::Header(header.to_owned())
        }
        (true, false) => Put::Query(query.to_owned()),
        _ => {
            compiler.wrong(at, "needs one of `header` and `query`: where it is put");
            Put::Header("Authorization".into())
        }
    }
}

fn value(compiler: &mut Compiler<'_>, at: &str, source: &str, default: &str) -> Tree {
    compiler.leaf(at, if source.is_empty() { default } else { source }, &[])
}

fn endpoints(compiler: &mut Compiler<'_>, oauth: &OAuth) -> OAuthEndpoints {
    let mut address = |key: &str, source: &str| {
        let at = format!("auth.oauth.{key}");
        let text = compiler.filled(&at, source).unwrap_or_default();
        if !text.is_empty() && !url::Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "https" | "http")) {
            compiler.wrong(&at, "is no web address: write https://host/...");
        }
        text
    };
    OAuthEndpoints {
        authorize_url: address("authorize_url", &oauth.authorize_url),
        token_url: address("token_url", &oauth.token_url),
        revoke_url: Some(address("revoke_url", &oauth.revoke_url)).filter(|url| !url.is_empty()),
        scopes: oauth.scopes.clone(),
        authorize_params: oauth.authorize_params.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        secret_in_body: oauth.secret_in_body,
        base_url_key: Some(oauth.base_url_key.clone()).filter(|key| !key.is_empty()),
    }
}
