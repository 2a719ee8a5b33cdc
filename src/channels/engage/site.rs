//! What the routes of a site share: finding it, the key that signs now, and a token in the making.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::check::MAX_TOKEN;
use super::claims::{ClaimProblem, Person};
use super::sign::sign;
use crate::config::engage::{EngageKey, SiteConfig};
use crate::domain::engage::{KeyRing, KeyState, Mint};
use crate::http::{ApiError, ServiceState};
use crate::storage::{Storage, StorageError};

/// Greatest body, in bytes.
pub(super) const BODY_LIMIT: usize = 256 * 1024;
/// What Engage asks a token to be good for, and some minutes for the page to come, in seconds.
const RENEW_BEFORE: i64 = 3_600 + 300;

/// The site of an address.
pub(super) fn find<'a>(state: &'a ServiceState, id: &str) -> Result<&'a SiteConfig, ApiError> {
    state.config.engage.sites.get(id).ok_or_else(|| {
        ApiError::not_found("there is no site with this id").fix("see [engage.sites] in the configuration")
    })
}

/// Refuses what a request asks for, by a code.
pub(super) fn refused(code: &'static str, words: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, words)
}

impl From<ClaimProblem> for ApiError {
    fn from(problem: ClaimProblem) -> Self {
        refused(problem.code, problem.words)
    }
}

/// States of all of a site's keys.
pub async fn key_ring(storage: &Storage, id: &str, site: &SiteConfig) -> Result<KeyRing, StorageError> {
    let kept = storage.engage_keys(id).await?;
    Ok(kept.of(site.keys.iter().map(|key| key.id.as_str())))
}

/// The key that signs: the active one, or `asked` where that is the active one.
pub(super) fn signing_key<'a>(
    site: &'a SiteConfig,
    ring: &KeyRing,
    asked: Option<&str>,
) -> Result<&'a EngageKey, ApiError> {
    let Some(kid) = asked else {
        let active = site.keys.iter().find(|key| ring.state(&key.id) == KeyState::Active);
        return active.ok_or_else(|| {
            let detail = "no key of this site is active";
            ApiError::new(StatusCode::CONFLICT, "no_active_key", detail)
                .fix("add a key to the site's keys, and activate it: `trunkline engage keys activate KID --site SITE`")
        });
    };
    let key = site.find_key(kid).ok_or_else(|| refused("kid_unknown", "`kid` names no key of this site"))?;
    match ring.state(kid) {
        KeyState::Active => Ok(key),
        KeyState::Pending => Err(refused("kid_pending", "this key is not active yet").fix("activate it first")),
        KeyState::Retiring => Err(refused("kid_retiring", "this key is retiring: new tokens are signed with another")),
        KeyState::Retired => Err(refused("kid_retired", "this key was retired").fix("leave `kid` out")),
    }
}

/// A token with what is said beside it.
pub(super) struct Minted {
    /// For the ledger.
    pub(super) mint: Mint,
    token: String,
    omitted: Vec<(String, &'static str)>,
}

/// Signs for a person.
pub(super) fn mint(
    (id, site): (&str, &SiteConfig),
    ring: &KeyRing,
    key: &EngageKey,
    person: Person,
    (uuid, contact_id): (String, Option<String>),
    exp: i64,
) -> Result<Minted, ApiError> {
    debug_assert!(site.find_key(&key.id).is_some() && ring.state(&key.id) == KeyState::Active);
    let token = sign(key, &person.payload(exp, &uuid)).map_err(|words| {
        tracing::error!(site = id, kid = key.id, "a key {words}");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the site's key cannot sign")
    })?;
    if token.len() > MAX_TOKEN {
        let words = format!("the token would be longer than {} KiB", MAX_TOKEN / 1024);
        return Err(refused("identity_too_large", words).fix("send fewer or shorter extra values"));
    }
    let mint = Mint { site: id.to_owned(), uuid, contact_id, kid: key.id.clone(), exp };
    Ok(Minted { mint, token, omitted: person.omitted })
}

impl Minted {
    /// The answer, with the grant that renews it.
    pub(super) fn answer(self, grant: &str) -> Value {
        let omitted: Vec<Value> =
            self.omitted.into_iter().map(|(key, why)| json!({"key": key, "reason": why})).collect();
        let mut answer = json!({
            "token": self.token,
            "exp": self.mint.exp,
            "renewAt": self.mint.exp - RENEW_BEFORE,
            "kid": self.mint.kid,
            "uuid": self.mint.uuid,
            "renewGrant": grant,
        });
        if !omitted.is_empty() {
            answer["omitted"] = omitted.into();
        }
        answer
    }
}
