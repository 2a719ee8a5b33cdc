//! Sends a manifest's requests: opens them with the credential, keeps to the rate, judges the answers,
//! and renews what is refused once.

use std::sync::Arc;

use reqwest::Url;
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;

use super::address;
use super::build::{self, Parts};
use super::expression::Scope;
use super::limiter::Limiter;
use super::outcome::{Judge, Verdict};
use super::path::Found;
use super::plan::{Plan, Put, RequestPlan, Way};
use super::session::{Held, Sessions};
use crate::connectors::Means;
use crate::domain::credential::{Grant, Opening, Whose};
use crate::domain::upstream::{Trouble, UpstreamError};
use crate::outbound::Answer;

/// Shorter secrets are not looked for in an API's words: they would be found in any text.
const MIN_SECRET: usize = 6;

/// A connector's requests.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) plan: Plan,
    pub(super) means: Means,
    way: Option<Way>,
    base_url_hosts: Vec<String>,
    url: String,
    limiter: Limiter,
    sessions: Sessions,
}

/// A good answer.
#[derive(Debug)]
pub(super) struct Reply {
    /// Its JSON; null where there is none.
    pub(super) json: Arc<serde_json::Value>,
    /// The API says that there is nothing in it (304 and the like).
    pub(super) nothing: bool,
    pub(super) headers: HeaderMap,
    /// The address that was asked.
    pub(super) url: Url,
    /// The address all paths are below.
    pub(super) base: Url,
}

impl Reply {
    /// The JSON, ready for paths.
    pub(super) fn found(&self) -> Found {
        Found::of(&self.json)
    }
}

/// What is asked.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) whose: &'a Whose,
    pub(super) request: &'a RequestPlan,
    pub(super) scope: Scope,
    /// An address in place of the request's path and query: the next page's.
    pub(super) address: Option<&'a str>,
    /// It changes something, so that a failure may be unclear.
    pub(super) writes: bool,
}

impl Client {
    pub(super) fn new(plan: Plan, way: Option<Way>, base_url_hosts: Vec<String>, url: &str, means: Means) -> Self {
        let limiter = Limiter::new(plan.limits.clone(), means.clock.clone());
        Self { plan, means, way, base_url_hosts, url: url.to_owned(), limiter, sessions: Sessions::default() }
    }

    /// Where the API is, as far as it is known without a sign-in.
    pub(super) fn address(&self) -> Option<Url> {
        let text = if self.url.is_empty() { &self.plan.base_url } else { &self.url };
        Url::parse(text).ok()
    }

    /// The query parameter of the credential, where it has one.
    pub(super) fn query_key(&self) -> Option<&str> {
        match &self.way {
            Some(Way::Put(Put::Query(name), _)) => Some(name),
            Some(Way::Session(session)) => match &session.put {
                Put::Query(name) => Some(name),
                Put::Header(_) => None,
            },
            _ => None,
        }
    }

    /// The variables every request knows.
    pub(super) fn scope(&self) -> Scope {
        Scope::default().with("vars", &self.plan.vars)
    }

    /// Asks; a refused credential is renewed once.
    pub(super) async fn ask(&self, ask: Ask<'_>) -> Result<Reply, UpstreamError> {
        let mut grant = self.means.credentials.grant(ask.whose).await?;
        let mut renewed = false;
        loop {
            let mut scope = opened(ask.scope.clone(), &grant);
            let session = match &self.way {
                Some(Way::Session(way)) => {
                    let held = self.session(ask.whose, &grant, way).await.map_err(|error| hide(error, &grant))?;
                    scope = scope.with("session", &held.session);
                    Some(held)
                }
                _ => None,
            };
            let (verdict, url, base, headers) = self.exchange(&ask, scope, &grant, self.way.as_ref()).await?;
            match verdict {
                Verdict::Good(json) => return Ok(Reply { json, nothing: false, headers, url, base }),
                Verdict::Nothing => return Ok(Reply { json: Arc::default(), nothing: true, headers, url, base }),
                Verdict::Bad(error) => return Err(told(error, &ask, &grant)),
                Verdict::Refused(error) if renewed => return Err(hide(error, &grant)),
                Verdict::Refused(error) => {
                    renewed = true;
                    match session {
                        Some(held) => self.sessions.forget(ask.whose, held.number).await,
                        None => {
                            grant = self.means.credentials.renew(ask.whose, &grant).await.map_err(|failed| {
                                if failed.trouble == Trouble::Unauthorized {
                                    hide(failed.after(&error.words), &grant)
                                } else {
                                    failed
                                }
                            })?;
                        }
                    }
                }
            }
        }
    }

    async fn exchange(
        &self,
        ask: &Ask<'_>,
        scope: Scope,
        grant: &Grant,
        way: Option<&Way>,
    ) -> Result<(Verdict, Url, Url, HeaderMap), UpstreamError> {
        let base = address::base(&self.plan, &self.base_url_hosts, &self.url, grant)?;
        let parts = Parts { plan: &self.plan, request: ask.request, base: &base, address: ask.address, way };
        let request = build::request(&parts, &scope, &self.means.outbound).map_err(|error| hide(error, grant))?;
        let url = request.url().clone();
        self.limiter.turn().await?;
        let sent = self.means.outbound.send(request).await;
        let answer: Answer = sent.map_err(|error| told(error, ask, grant))?;
        self.limiter.learn(&answer);
        tracing::debug!(request = ask.request.at, status = answer.status.as_u16(), "asked upstream");
        let judge = Judge {
            name: &self.plan.name,
            host: url.host_str().unwrap_or_default(),
            rules: &self.plan.outcome,
            request: ask.request,
            answer: &answer,
            now_ms: self.means.clock.now_ms(),
        };
        let verdict = judge.verdict(scope);
        Ok((verdict, url, base, answer.headers))
    }

    /// The session for a credential, by a log-in where there is none: one at a time.
    async fn session(
        &self,
        whose: &Whose,
        grant: &Grant,
        way: &super::plan::Session,
    ) -> Result<Arc<Held>, UpstreamError> {
        let now = self.means.clock.now_ms();
        let log_in = async {
            let ask = Ask { whose, request: &way.request, scope: self.scope(), address: None, writes: false };
            let scope = opened(self.scope(), grant);
            let (verdict, ..) = self.exchange(&ask, scope, grant, None).await?;
            let refused = || {
                let words = format!("{} does not take the name or the password", self.plan.name);
                UpstreamError::new(Trouble::Unauthorized, words)
            };
            match verdict {
                Verdict::Good(json) => {
                    let session = way.at.find(&Found::of(&json)).ok_or_else(refused)?;
                    if session.is_true() { Ok(session.json()) } else { Err(refused()) }
                }
                Verdict::Nothing => Err(refused()),
                Verdict::Refused(error) => Err(error),
                Verdict::Bad(error) => Err(clear(error)),
            }
        };
        self.sessions.get(whose, grant.serial, way.max_ms, now, log_in).await
    }
}

/// An error as the caller hears it.
fn told(error: UpstreamError, ask: &Ask<'_>, grant: &Grant) -> UpstreamError {
    let error = hide(error, grant);
    if ask.writes { error } else { clear(error) }
}

/// A read has no effect that could be unclear.
fn clear(mut error: UpstreamError) -> UpstreamError {
    error.unclear = false;
    error
}

/// Takes the secret out of words that an API may have echoed.
fn hide(mut error: UpstreamError, grant: &Grant) -> UpstreamError {
    let (Opening::Token(secret) | Opening::Password { password: secret, .. }) = &grant.opening else { return error };
    let secret = secret.expose_secret();
    if secret.len() >= MIN_SECRET && error.words.contains(secret) {
        error.words = error.words.replace(secret, "[redacted]");
    }
    error
}

/// The scope with what opens the API.
fn opened(mut scope: Scope, grant: &Grant) -> Scope {
    let (mut token, mut username, mut password) = ("", "", "");
    match &grant.opening {
        Opening::Nothing => {}
        Opening::Token(secret) => token = secret.expose_secret(),
        Opening::Password { username: name, password: secret } => {
            (username, password) = (name, secret.expose_secret());
        }
    }
    for (name, value) in [("token", token), ("username", username), ("password", password)] {
        scope.set(name, value.into());
    }
    scope.set("session", ().into());
    scope
}
