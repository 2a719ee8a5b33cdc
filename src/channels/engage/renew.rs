//! `POST /v1/engage/sites/{site}/identities/renew`: the next token for a page that has a grant. The page's
//! origin is checked here as well as at the gate; there is no bearer.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::claims::Person;
use super::mint::{find_contact, unstored};
use super::site::{self, BODY_LIMIT};
use crate::config::Config;
use crate::config::engage::SiteConfig;
use crate::domain::engage::{Chain, GrantRefusal, Renewal};
use crate::domain::passing::{digest, random_name};
use crate::http::extract::Part;
use crate::http::{ApiError, ServiceState, body};

/// The addresses that pages of sites call, with the origins of each.
pub fn page_origins(config: &Config) -> impl Iterator<Item = (String, Vec<String>)> {
    let address = |id: &String| format!("/v1/engage/sites/{id}/identities/renew");
    config.engage.sites.iter().map(move |(id, site)| (address(id), site.origins.clone()))
}

#[derive(Deserialize)]
struct RenewBody {
    grant: String,
}

pub(super) async fn renew(
    State(state): State<ServiceState>,
    Part(id): Part,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let site = site::find(&state, &id)?;
    check_origin(site, &headers)?;
    let bytes = body::read(body, BODY_LIMIT).await?;
    let RenewBody { grant } = body::parse(&bytes)?;
    let from = digest(&grant);
    let storage = &state.storage;
    let kept = storage.find_grant(&from).await?.ok_or_else(|| refusal(GrantRefusal::Unknown))?;
    let now_ms = state.clock.now_ms();
    if let Err(why) = kept.check(&id, now_ms) {
        if why == GrantRefusal::Replayed && kept.chain.revoked_ms.is_none() {
            tracing::warn!(site = id, chain = kept.chain.id, "a grant came back after its time: its chain is revoked");
            storage.revoke_chain(&kept.chain.id).await?;
        }
        return Err(refusal(why));
    }
    let person = person(&state, site, &kept.chain).await?;
    let ring = site::key_ring(storage, &id, site).await?;
    let key = site::signing_key(site, &ring, None)?;
    let exp = now_ms.div_euclid(1_000) + kept.chain.ttl;
    let whose = (kept.chain.uuid, kept.chain.contact_id);
    let minted = site::mint((&id, site), &ring, key, person, whose, exp)?;
    let next = random_name();
    let renewal = Renewal { from, to: digest(&next), mint: minted.mint.clone() };
    storage.renew_engage(renewal).await?.map_err(refusal)?;
    Ok(unstored(Json(minted.answer(&next)).into_response()))
}

fn check_origin(site: &SiteConfig, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let only = origins.next().filter(|_| origins.next().is_none());
    if only.and_then(|origin| origin.to_str().ok()).is_some_and(|origin| site.has_origin(origin)) {
        return Ok(());
    }
    let detail = "tokens are renewed for pages of the site only, and this request does not come from one";
    Err(ApiError::new(StatusCode::FORBIDDEN, "origin_refused", detail)
        .fix("call it from a page whose exact origin stands in the site's origins"))
}

/// What the next token says: the contact as it is now.
async fn person(state: &ServiceState, site: &SiteConfig, chain: &Chain) -> Result<Person, ApiError> {
    let Some(contact_id) = &chain.contact_id else {
        let claims: Map<String, Value> =
            chain.claims.as_deref().and_then(|claims| serde_json::from_str(claims).ok()).unwrap_or_default();
        return Ok(Person::from_claims(site, claims)?);
    };
    let Some(contact) = find_contact(&state.storage, contact_id).await? else {
        state.storage.revoke_chain(&chain.id).await?;
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "contact_gone", "the contact is not there any more"));
    };
    Ok(Person::from_contact(site, &contact)?)
}

fn refusal(why: GrantRefusal) -> ApiError {
    let (status, code, detail) = match why {
        GrantRefusal::Unknown => (StatusCode::UNAUTHORIZED, "grant_unknown", "this grant is not one of this site's"),
        GrantRefusal::Expired => (StatusCode::UNAUTHORIZED, "grant_expired", "the chain of renewals is over"),
        GrantRefusal::Replayed => {
            let detail = "a grant was used a second time: nothing of its chain is renewed any more";
            (StatusCode::UNAUTHORIZED, "grant_replayed", detail)
        }
        GrantRefusal::TooOften => {
            (StatusCode::TOO_MANY_REQUESTS, "too_many_renewals", "this chain was renewed more often than pages need")
        }
    };
    ApiError::new(status, code, detail).fix("reload the page: its server mints a new token")
}
