//! The way to a file: asks for it with the operator's token, follows redirects by hand with each hop
//! checked, and ends with an answer whose body is about to come. The token goes into a header, so that
//! no proxy writes it down, and to no host off the list.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::address::{Forbidden, Guarded, Judge, Resolver};
use super::allow::{AllowList, Way};
use crate::domain::redact::strip_access_token;

/// Redirects that are followed.
const HOPS: usize = 3;
/// Longest Retry-After that is obeyed: the token is dead by then.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// A wait the vendor asks for without saying how long: its own penalty.
const USUAL_WAIT: Duration = Duration::from_mins(1);

/// Why a file was not fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// It may work in a moment.
    Passing(String),
    /// The vendor asks to wait.
    Busy(Duration),
    /// The token does not open it (any more).
    Refused(String),
    /// Another attempt would end the same.
    Final(String),
}

/// The door.
#[derive(Debug, Clone)]
pub(super) struct Fetcher {
    /// Connects to public addresses only.
    guarded: Client,
    /// Connects to places named in the configuration.
    named: Client,
    allow: AllowList,
    largest: u64,
}

/// What a fetcher is made with.
pub(super) struct Doors<'a> {
    pub(super) resolver: Arc<dyn Resolver>,
    pub(super) judge: Judge,
    /// Certificates that are trusted beside the system's.
    pub(super) roots: &'a [reqwest::Certificate],
    /// Resolves names itself: addresses are out of our hands then.
    pub(super) proxy: Option<&'a str>,
    /// Longest silence of a server.
    pub(super) silence: Duration,
    pub(super) connect: Duration,
}

impl Fetcher {
    pub(super) fn new(allow: AllowList, largest: u64, doors: &Doors<'_>) -> Result<Self, String> {
        let builder = || {
            let builder = Client::builder()
                .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .connect_timeout(doors.connect)
                .read_timeout(doors.silence)
                .no_gzip()
                .no_proxy();
            doors.roots.iter().fold(builder, |builder, root| builder.add_root_certificate(root.clone()))
        };
        let guarded = if let Some(proxy) = doors.proxy {
            builder().proxy(reqwest::Proxy::all(proxy).map_err(|error| error.to_string())?)
        } else {
            let guard = Guarded { resolver: doors.resolver.clone(), judge: doors.judge };
            builder().dns_resolver(Arc::new(guard))
        };
        let built = |builder: reqwest::ClientBuilder| builder.build().map_err(|error| error.to_string());
        Ok(Self { guarded: built(guarded.https_only(true))?, named: built(builder())?, allow, largest })
    }

    /// Whether an address may be fetched from at all; in words why not.
    pub(super) fn check(&self, uri: &str) -> Result<(), String> {
        let url = Url::parse(uri).map_err(|_| "its address is no web address".to_owned())?;
        self.allow.check(&url).map(drop)
    }

    /// Greatest file, in bytes.
    pub(super) fn largest(&self) -> u64 {
        self.largest
    }

    /// Asks for a file; the answer is one of success.
    pub(super) async fn open(&self, uri: &str, token: &SecretString) -> Result<Response, Failure> {
        let mut url = Url::parse(uri).map_err(|_| Failure::Final("Its address is no web address.".into()))?;
        for _ in 0..=HOPS {
            let way =
                self.allow.check(&url).map_err(|words| Failure::Final(format!("It was not fetched: {words}.")))?;
            let client = if way == Way::Guarded { &self.guarded } else { &self.named };
            let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
                .map_err(|_| Failure::Refused("The token that came with it is none.".into()))?;
            bearer.set_sensitive(true);
            let request = client
                .get(url.clone())
                .header(reqwest::header::AUTHORIZATION, bearer)
                .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            let answer = request.send().await.map_err(|error| broken(&url, &error))?;
            if !answer.status().is_redirection() {
                return self.judge(&url, answer);
            }
            url = next(&url, answer.headers())?;
        }
        Err(Failure::Final(format!("It was not fetched: {} leads on more than {HOPS} times.", host(&url))))
    }

    fn judge(&self, url: &Url, answer: Response) -> Result<Response, Failure> {
        let (host, status) = (host(url), answer.status());
        match status {
            // Part of a file was not asked for.
            StatusCode::PARTIAL_CONTENT | StatusCode::NO_CONTENT => {
                Err(Failure::Passing(format!("{host} did not send the whole file.")))
            }
            _ if status.is_success() => self.judge_size(host, answer),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Failure::Refused(format!(
                "{host} did not take the operator's token ({}): it has ended, or the operator may not have this file.",
                status.as_u16()
            ))),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Err(Failure::Busy(wait(answer.headers())))
            }
            StatusCode::GONE => Err(Failure::Final(format!("{host} has deleted it."))),
            _ => Err(Failure::Passing(format!("{host} answered {}.", status.as_u16()))),
        }
    }

    fn judge_size(&self, host: &str, answer: Response) -> Result<Response, Failure> {
        let encoded = answer.headers().get(CONTENT_ENCODING).is_some_and(|value| value != "identity");
        if encoded {
            return Err(Failure::Final(format!("{host} sent it packed, which was not asked for.")));
        }
        let told = answer.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if told.is_some_and(|told| told > self.largest) {
            return Err(too_large(self.largest));
        }
        Ok(answer)
    }
}

/// A file above the limit.
pub(super) fn too_large(largest: u64) -> Failure {
    Failure::Final(format!("It is larger than {} MB, the limit in media.max_file_mb.", largest / 1_000_000))
}

/// A file that did not come within its time.
pub(super) fn too_slow() -> Failure {
    Failure::Passing("It did not come whole within media.timeout_seconds.".into())
}

/// A connection that failed, without the address, which may hold a secret.
pub(super) fn broken(url: &Url, error: &reqwest::Error) -> Failure {
    let host = host(url);
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut words = String::new();
    while let Some(found) = cause {
        if found.is::<Forbidden>() {
            return Failure::Final(format!("It was not fetched: the name {host} leads into a private network."));
        }
        words = found.to_string();
        cause = found.source();
    }
    if error.is_timeout() {
        return Failure::Passing(format!("{host} did not answer in time."));
    }
    if error.is_connect() {
        return Failure::Passing(format!("{host} could not be reached: {}.", strip_access_token(&words)));
    }
    Failure::Passing(format!("The connection to {host} broke before the file was whole."))
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// Where a redirect leads; it is checked before it is followed. A token in it is ours no more.
fn next(from: &Url, headers: &HeaderMap) -> Result<Url, Failure> {
    let to = headers.get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|to| from.join(to).ok());
    let to = to.ok_or_else(|| Failure::Passing(format!("{} leads nowhere.", host(from))))?;
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(Failure::Final(format!("It was not fetched: {} leads from https to {}.", host(from), to.scheme())));
    }
    Ok(to)
}

fn wait(headers: &HeaderMap) -> Duration {
    let told = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    told.map_or(USUAL_WAIT, Duration::from_secs).min(LONGEST_WAIT)
}
