//! `POST /v1/engage/sites/{site}/identities/mint`: a token for a visitor, for the site's own server.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::claims::{Person, uuid_of};
use super::site::{self, BODY_LIMIT, refused};
use super::uuids;
use crate::config::Scope;
use crate::config::engage::{MAX_TTL, MIN_TTL, SiteConfig};
use crate::domain::engage::Chain;
use crate::domain::ids::new_id;
use crate::domain::passing::{digest, random_name};
use crate::http::extract::Part;
use crate::http::{ApiError, ServiceState, body};
use crate::storage::Storage;

const HOUR_MS: i64 = 3_600_000;

/// Whom a request is about.
struct Subject {
    uuid: String,
    contact_id: Option<String>,
    person: Person,
    /// What a renewal cannot read again.
    claims: Option<String>,
}

pub(super) async fn mint(
    State(state): State<ServiceState>,
    Part(id): Part,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let site = site::find(&state, &id)?;
    state.access.scoped(&headers, Scope::EngageMint)?;
    if headers.contains_key(header::ORIGIN) {
        let detail = "tokens are minted for servers, and this request comes from a page";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "origin_refused", detail)
            .fix("mint on your server, and give the page the token and its renewGrant"));
    }
    let bytes = body::read(body, BODY_LIMIT).await?;
    let mut asked = body::parse_object(&bytes)?;
    let ttl = ttl_of(site, asked.shift_remove("ttl"))?;
    let kid = match asked.shift_remove("kid") {
        None | Some(Value::Null) => None,
        Some(Value::String(kid)) => Some(kid),
        Some(_) => return Err(ApiError::invalid_body("`kid` must be text")),
    };
    let subject = subject(&state.storage, site, asked).await?;
    let ring = site::key_ring(&state.storage, &id, site).await?;
    let key = site::signing_key(site, &ring, kid.as_deref())?;
    let now_ms = state.clock.now_ms();
    let exp = now_ms.div_euclid(1_000) + ttl;
    let whose = (subject.uuid.clone(), subject.contact_id.clone());
    let minted = site::mint((&id, site), &ring, key, subject.person, whose, exp)?;
    let chain = Chain {
        id: new_id("ec", &*state.clock),
        site: id.clone(),
        uuid: subject.uuid,
        contact_id: subject.contact_id,
        claims: subject.claims,
        ttl,
        ends_ms: now_ms + i64::from(site.chain_hours) * HOUR_MS,
        revoked_ms: None,
    };
    let grant = random_name();
    state.storage.note_mint(minted.mint.clone(), chain, digest(&grant)).await?;
    Ok(unstored(Json(minted.answer(&grant)).into_response()))
}

/// No cache keeps a token.
pub(super) fn unstored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

fn ttl_of(site: &SiteConfig, asked: Option<Value>) -> Result<i64, ApiError> {
    let range = i64::from(MIN_TTL)..=i64::from(MAX_TTL);
    match asked {
        None | Some(Value::Null) => Ok(site.ttl_seconds.into()),
        Some(ttl) => ttl.as_i64().filter(|ttl| range.contains(ttl)).ok_or_else(|| {
            refused("ttl_out_of_range", format!("`ttl` must be whole seconds, from {MIN_TTL} to {MAX_TTL}"))
                .fix("Engage refuses a token that ends within the hour, and a page needs time to renew it")
        }),
    }
}

async fn subject(storage: &Storage, site: &SiteConfig, mut asked: Map<String, Value>) -> Result<Subject, ApiError> {
    let contact_id = match asked.shift_remove("contactId") {
        None | Some(Value::Null) => {
            let uuid = uuid_of(asked.shift_remove("uuid"))?;
            let person = Person::from_claims(site, asked)?;
            let claims = Some(Value::from(person.claims.clone()).to_string());
            return Ok(Subject { uuid, contact_id: None, person, claims });
        }
        Some(Value::String(id)) if !id.is_empty() => id,
        Some(_) => return Err(ApiError::invalid_body("`contactId` must be the id of a contact")),
    };
    if let Some(name) = asked.keys().next() {
        let words = format!("`{name}` stands beside `contactId`: a contact's claims are read from the contact");
        return Err(ApiError::invalid_body(words));
    }
    let contact = find_contact(storage, &contact_id)
        .await?
        .ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "contact_unknown", "there is no contact with this id"))?;
    let person = Person::from_contact(site, &contact)?;
    let uuid = match uuids::derived(site, &contact_id) {
        Some(uuid) => uuid,
        None => storage.engage_uuid(&site.host(), &contact_id, uuids::drawn()).await?,
    };
    Ok(Subject { uuid, contact_id: Some(contact_id), person, claims: None })
}

/// A living contact.
pub(super) async fn find_contact(storage: &Storage, id: &str) -> Result<Option<Value>, ApiError> {
    let found = storage.find_contact(id).await?;
    Ok(found.and_then(|json| serde_json::from_str(&json).ok()))
}
