//! Who is asking: the operator behind a widget call (signed bearer token), or a program with an API
//! key.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use quick_cache::sync::Cache;

use super::problem::ApiError;
use super::state::ServiceState;
use crate::auth::{ApiKeys, KeyReach, TokenProblem, Verified, Verifier};
use crate::config::Scope;
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
        self.opened(headers, None)
    }

    /// Whether a program may use what needs a scope: keys without scopes may use everything.
    pub fn scoped(&self, headers: &HeaderMap, scope: Scope) -> Result<(), ApiError> {
        self.opened(headers, Some(scope))
    }

    fn opened(&self, headers: &HeaderMap, needs: Option<Scope>) -> Result<(), ApiError> {
        if self.verifier.is_none() {
            return Ok(());
        }
        let refused = |detail: &str| {
            ApiError::new(StatusCode::UNAUTHORIZED, "api_key_refused", detail)
                .fix("send `Authorization: Bearer <key>` with one of api.keys")
        };
        let key = bearer(headers)?.ok_or_else(|| refused("this address needs an API key"))?;
        match (self.api_keys.reach(key), needs) {
            (KeyReach::Nothing, _) => Err(refused("the API key is not one of this daemon's")),
            (KeyReach::Whole, _) => Ok(()),
            (reach, Some(scope)) if reach.has(scope) => Ok(()),
            (KeyReach::Scopes(scopes), needs) => Err(out_of_scope(scopes, needs)),
        }
    }
}

fn out_of_scope(scopes: &[Scope], needs: Option<Scope>) -> ApiError {
    let has: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
    let (what, fix) = match needs {
        Some(scope) => (
            format!("this address needs the scope {}", scope.word()),
            "add the scope to the key in api.scoped_keys, or use another key",
        ),
        None => ("this address needs a key without scopes".to_owned(), "use one of api.keys"),
    };
    let detail = format!("{what}; this key has {}", has.join(", "));
    ApiError::new(StatusCode::FORBIDDEN, "scope_missing", detail).fix(fix)
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
