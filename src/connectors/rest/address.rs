//! Where requests go: the base address, paths below it, and addresses that answers name. None leads to
//! another host than the administrator or the manifest allows.

use url::Url;

use super::plan::Plan;
use crate::domain::credential::Grant;
use crate::domain::upstream::{Trouble, UpstreamError};

/// The base address for a credential, without a slash at its end.
pub(super) fn base(plan: &Plan, hosts: &[String], configured: &str, grant: &Grant) -> Result<Url, UpstreamError> {
    let broken = |words: String| UpstreamError::new(Trouble::Broken, words);
    let configured = if configured.is_empty() { &plan.base_url } else { configured };
    let own = if configured.is_empty() {
        None
    } else {
        Some(Url::parse(configured).map_err(|_| broken("the connector's url is no web address".into()))?)
    };
    let Some(told) = grant.base_url.as_deref().filter(|url| !url.is_empty()) else {
        return own.ok_or_else(|| {
            UpstreamError::new(
                Trouble::Unauthorized,
                "where the API is, only the sign-in tells: sign in, or set the connector's url",
            )
        });
    };
    let told = Url::parse(told).map_err(|_| broken("the sign-in named an address of the API that is none".into()))?;
    let host = told.host_str().unwrap_or_default();
    let same = own.as_ref().is_some_and(|own| own.origin() == told.origin());
    let listed = hosts.iter().any(|end| {
        host == end || host.strip_suffix(end.as_str()).is_some_and(|rest| end.starts_with('.') || rest.ends_with('.'))
    });
    if same || (told.scheme() == "https" && listed) {
        return Ok(told);
    }
    Err(broken(format!(
        "the sign-in named {host} as the API's host, which the manifest does not allow: add it to auth.base_url_hosts if it is right"
    )))
}

/// The address of a path below the base.
pub(super) fn below(plan: &Plan, base: &Url, path: &str) -> Result<Url, UpstreamError> {
    let text = format!("{}/{}", base.as_str().trim_end_matches('/'), path.trim_start_matches('/'));
    let url = Url::parse(&text).map_err(|_| UpstreamError::new(Trouble::Rejected, "the path makes no web address"))?;
    check(plan, base, url)
}

/// An address that an answer to `asked` named.
pub(super) fn named(plan: &Plan, base: &Url, asked: &Url, address: &str) -> Result<Url, UpstreamError> {
    let broken = |words: String| UpstreamError::new(Trouble::Broken, words);
    let url = asked.join(address).map_err(|_| broken("the next page's address is no web address".into()))?;
    if url.origin() != base.origin() {
        let host = url.host_str().unwrap_or_default().to_owned();
        return Err(broken(format!("the next page's address leads to another host ({host}), which is refused")));
    }
    check(plan, base, url)
}

fn check(plan: &Plan, base: &Url, url: Url) -> Result<Url, UpstreamError> {
    let prefix = base.path().trim_end_matches('/');
    let below = url.path().strip_prefix(prefix).unwrap_or(url.path());
    if plan.allowed_paths.is_empty() || plan.allowed_paths.iter().any(|allowed| below.starts_with(allowed.as_str())) {
        return Ok(url);
    }
    let words = "an address outside of the manifest's allowed_paths was to be asked, which is refused";
    Err(UpstreamError::new(Trouble::Broken, words))
}
