//! Requests to a DAV server: signed in, redirected by hand, and refused in words.

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use url::Url;

use crate::connectors::Means;
use crate::connectors::trust::{Trust, place};
use crate::domain::clock::Clock;
use crate::domain::credential::{Grant, Opening, Whose};
use crate::domain::upstream::{Trouble, UpstreamError};
use crate::outbound::Answer;

use super::multistatus::{Response, SyncToken, read};
use super::queries::WHO;
use super::trouble;

/// More redirects than this run in a circle.
const MAX_HOPS: usize = 5;

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) url: Url,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    /// Whoever is signed in may ask this, so that even a 403 means that nobody is.
    pub(super) open_to_all: bool,
}

impl Ask {
    fn new(method: &'static str, url: &Url) -> Self {
        Self { method, url: url.clone(), headers: Vec::new(), body: String::new(), open_to_all: false }
    }

    /// Properties of a resource, and with depth `1` of what is in it.
    pub(super) fn propfind(url: &Url, depth: &str, body: impl Into<String>) -> Self {
        Self::new("PROPFIND", url).header("depth", depth).xml(body)
    }

    /// A report on a collection; what it says about depth stands in its body (RFC 6578, 3.2).
    pub(super) fn report(url: &Url, depth: &str, body: impl Into<String>) -> Self {
        Self::new("REPORT", url).header("depth", depth).xml(body)
    }

    pub(super) fn get(url: &Url) -> Self {
        Self::new("GET", url).header("accept", "text/vcard")
    }

    /// Writes a card under a condition on what stands there.
    pub(super) fn put(url: &Url, card: String, condition: (&'static str, String)) -> Self {
        let mut ask = Self::new("PUT", url).header("content-type", "text/vcard; charset=utf-8");
        ask.headers.push(condition);
        ask.body = card;
        ask
    }

    pub(super) fn open_to_all(mut self) -> Self {
        self.open_to_all = true;
        self
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn xml(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self.header("content-type", "application/xml; charset=utf-8")
    }
}

/// An answer and where it came from in the end.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    pub(super) url: Url,
}

/// The server behind a connector.
#[derive(Debug)]
pub(super) struct Dav {
    means: Means,
    trust: Trust,
    url: Url,
}

impl Dav {
    pub(super) fn new(means: Means, url: Url, allowed_hosts: &[String]) -> Self {
        Self { means, trust: Trust::new(&url, allowed_hosts), url }
    }

    /// The configured address.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.means.clock
    }

    /// Asks, and renews a refused credential once. The answer may have any status but 401.
    pub(super) async fn send(&self, whose: &Whose, ask: &Ask) -> Result<Reply, UpstreamError> {
        let mut grant = self.means.credentials.grant(whose).await?;
        let mut renewed = false;
        loop {
            let reply = self.follow(&grant, ask).await?;
            if !self.is_signed_out(&grant, ask, &reply).await? {
                return Ok(reply);
            }
            let (status, host) = (reply.answer.status.as_u16(), place(&reply.url));
            if renewed {
                let words = format!("{host} does not take the credential ({status}), though it is new");
                return Err(UpstreamError::new(Trouble::Unauthorized, words));
            }
            grant = self
                .means
                .credentials
                .renew(whose, &grant)
                .await
                .map_err(|error| error.after(&format!("{host} does not take the credential ({status})")))?;
            renewed = true;
        }
    }

    /// Whether an answer says that the credential is not taken. Some servers say 403 for that, which
    /// also means that a good credential may not do this: then a question anybody may ask decides.
    async fn is_signed_out(&self, grant: &Grant, ask: &Ask, reply: &Reply) -> Result<bool, UpstreamError> {
        let answer = &reply.answer;
        match answer.status.as_u16() {
            401 => return Ok(true),
            403 if ask.open_to_all || answer.header("www-authenticate").is_some() => return Ok(true),
            403 if trouble::condition(answer).is_none() => {}
            _ => return Ok(false),
        }
        let probe = self.follow(grant, &Ask::propfind(&self.url, "0", WHO)).await?;
        Ok(matches!(probe.answer.status.as_u16(), 401 | 403))
    }

    /// Follows redirects as far as credentials may go.
    async fn follow(&self, grant: &Grant, ask: &Ask) -> Result<Reply, UpstreamError> {
        let mut url = ask.url.clone();
        for _ in 0..=MAX_HOPS {
            self.trust.check(&url).map_err(|words| UpstreamError::new(Trouble::Broken, words))?;
            let answer = self.means.outbound.send(self.request(grant, ask, &url)?).await?;
            let to = match answer.status.as_u16() {
                301 | 302 | 303 | 307 | 308 => answer.header("location").and_then(|to| url.join(to).ok()),
                _ => None,
            };
            match to {
                Some(to) => url = to,
                None => return Ok(Reply { answer, url }),
            }
        }
        let words = format!("{} redirects more than {MAX_HOPS} times", place(&ask.url));
        Err(UpstreamError::new(Trouble::Broken, words))
    }

    fn request(&self, grant: &Grant, ask: &Ask, url: &Url) -> Result<reqwest::Request, UpstreamError> {
        let cannot = |what: &str| {
            UpstreamError::new(Trouble::Broken, format!("the request to {} cannot be made: {what}", place(url)))
        };
        let method = Method::from_bytes(ask.method.as_bytes()).map_err(|_| cannot("its method"))?;
        let mut request = self.means.outbound.request(method, url.clone()).body(ask.body.clone());
        for (name, value) in &ask.headers {
            let value = HeaderValue::from_str(value).map_err(|_| cannot("a version holds characters no header may"))?;
            request = request.header(HeaderName::from_static(name), value);
        }
        request = match &grant.opening {
            Opening::Nothing => request,
            Opening::Token(token) => request.bearer_auth(token.expose_secret()),
            Opening::Password { username, password } => request.basic_auth(username, Some(password.expose_secret())),
        };
        request.build().map_err(|_| cannot("a header or the address"))
    }

    /// Asks for a multistatus (RFC 4918, 13) and maps each of its responses.
    pub(super) async fn multistatus<T>(
        &self,
        whose: &Whose,
        ask: &Ask,
        map: impl FnMut(&Url, Response) -> Option<T>,
    ) -> Result<Multi<T>, UpstreamError> {
        let reply = self.send(whose, ask).await?;
        self.multi(reply, map)
    }

    /// Maps each response of a multistatus.
    pub(super) fn multi<T>(
        &self,
        reply: Reply,
        mut map: impl FnMut(&Url, Response) -> Option<T>,
    ) -> Result<Multi<T>, UpstreamError> {
        let Reply { answer, url } = reply;
        if !answer.status.is_success() {
            return Err(trouble::refused(&answer, &url, self.means.clock.now_ms()));
        }
        let mut found = Vec::new();
        let token = read(&answer.body, |response| found.extend(map(&url, response)))
            .map_err(|words| trouble::not_dav(&answer, &url, &words))?;
        Ok(Multi { found, token, url })
    }
}

/// What became of a multistatus.
#[derive(Debug)]
pub(super) struct Multi<T> {
    pub(super) found: Vec<T>,
    pub(super) token: SyncToken,
    /// Where it came from in the end.
    pub(super) url: Url,
}
