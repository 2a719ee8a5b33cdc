//! Who is asking: the operator behind a widget call (signed bearer token), or a program with an API
//! key.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use quick_cache::sync::Cache;

use super::problem::ApiError;
use super::state::ServiceState;
use crate::auth::{ApiKeys, TokenProblem, Verified, Verifier};
use crate::domain::clock::SharedClock;
use crate::domain::operator::Operator;

/// Tokens whose signature was checked lately: an RS256 check costs more than the rest of a request.
const REMEMBERED_TOKENS: usize = 4096;

/// The rules of access, from the configuration.
#[derive(Debug)]
pub struct Access {
    /// `None` with `auth = "none"`.
    verifier: Option<Verifier>,
    api_keys: ApiKeys,
    verified: Cache<String, Caller>,
    clock: SharedClock,
    local: Arc<Operator>,
}

impl Access {
    /// With a verifier every widget call needs a token and every API call a key; without, none does.
    pub fn new(verifier: Option<Verifier>, api_keys: ApiKeys, clock: SharedClock) -> Self {
        Self { verifier, api_keys, verified: Cache::new(REMEMBERED_TOKENS), clock, local: Arc::new(Operator::local()) }
    }

    /// The operator a request speaks for, and until when (Unix ms).
    fn caller(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let Some(verifier) = &self.verifier else {
            return Ok(Caller { operator: self.local.clone(), expires_ms: i64::MAX });
        };
        let token = bearer(headers)?.ok_or(TokenProblem::Missing)?;
        let now = self.clock.now_ms();
        if let Some(known) = self.verified.get(token)
            && now < known.expires_ms
        {
            return Ok(known.clone());
        }
        let Verified { operator, expires_ms } = verifier.verify(token, now)?;
        let caller = Caller { operator: Arc::new(operator), expires_ms };
        self.verified.insert(token.to_owned(), caller.clone());
        Ok(caller)
    }

    /// Who wants to hear or see media: a program, which may have everything, or an operator. `None`
    /// where the request does not say, as a browser that follows a link.
    pub fn listener(&self, headers: &HeaderMap) -> Result<Option<Listener>, ApiError> {
        if self.verifier.is_none() {
            return Ok(Some(Listener::Program));
        }
        match bearer(headers)? {
            None => Ok(None),
            Some(key) if self.api_keys.accepts(key) => Ok(Some(Listener::Program)),
            Some(_) => self.caller(headers).map(|caller| Some(Listener::Operator(caller.operator))),
        }
    }

    /// Whether a program may use the API.
    pub fn program(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if self.verifier.is_none() {
            return Ok(());
        }
        let refused = |detail: &str| {
            ApiError::new(StatusCode::UNAUTHORIZED, "api_key_refused", detail)
                .fix("send `Authorization: Bearer <key>` with one of api.keys")
        };
        let key = bearer(headers)?.ok_or_else(|| refused("this address needs an API key"))?;
        if self.api_keys.accepts(key) { Ok(()) } else { Err(refused("the API key is not one of this daemon's")) }
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let malformed =
        || ApiError::new(StatusCode::UNAUTHORIZED, "token_invalid", "the Authorization header is not `Bearer <token>`");
    let text = value.to_str().map_err(|_| malformed())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(malformed)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(Some(token.trim())) } else { Err(malformed()) }
}

/// Who may hear or see media.
#[derive(Debug, Clone)]
pub enum Listener {
    /// Everything.
    Program,
    /// What belongs to their own logs.
    Operator(Arc<Operator>),
}

impl Listener {
    /// Whether they may have what belongs to an operator.
    pub fn may_have(&self, operator: &str) -> bool {
        match self {
            Self::Program => true,
            Self::Operator(own) => own.id == operator,
        }
    }
}

/// The operator of a widget call.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who it is.
    pub operator: Arc<Operator>,
    /// Until when the token speaks for them (Unix ms).
    pub expires_ms: i64,
}

impl FromRequestParts<ServiceState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ServiceState) -> Result<Self, ApiError> {
        state.access.caller(&parts.headers)
    }
}

/// A program that may use `/v1`.
#[derive(Debug, Clone, Copy)]
pub struct ApiCaller;

impl FromRequestParts<ServiceState> for ApiCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ServiceState) -> Result<Self, ApiError> {
        state.access.program(&parts.headers).map(|()| Self)
    }
}
