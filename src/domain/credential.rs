//! Credentials as connectors see them: a port that hands out what opens an upstream, and is told when
//! it does not open it any more. Where they are kept and how they are renewed is not known here.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;

use super::upstream::UpstreamError;

/// For whom a request upstream is made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Whose {
    /// For the company: syncs, and all else where operators do not sign in themselves.
    Company,
    /// For an operator, by id.
    Operator(String),
}

/// What opens an upstream.
#[derive(Debug, Clone)]
pub enum Opening {
    /// It is open to all.
    Nothing,
    /// A bearer token or an API key; where it is put, the connector knows.
    Token(SecretString),
    /// A name and a password.
    Password {
        /// The name.
        username: String,
        /// The password.
        password: SecretString,
    },
}

/// A credential at one moment.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Tells one renewal from the next, so that a late refusal does not undo a newer token.
    pub serial: u64,
    /// The secret.
    pub opening: Opening,
    /// The API's address, where the token answer names one (`instance_url`, `api_domain`).
    pub base_url: Option<String>,
}

/// Hands out credentials of one connector.
#[async_trait]
pub trait Credentials: fmt::Debug + Send + Sync {
    /// The credential to use now. [`Unauthorized`](super::upstream::Trouble::Unauthorized) where there
    /// is none, or the last one was revoked.
    async fn grant(&self, whose: &Whose) -> Result<Grant, UpstreamError>;

    /// `refused` was not taken: a newer one, if there can be one. However many ask at once, one
    /// renewal is made.
    async fn renew(&self, whose: &Whose, refused: &Grant) -> Result<Grant, UpstreamError>;
}

/// Credentials as connectors share them.
pub type SharedCredentials = Arc<dyn Credentials>;

/// How an upstream wants to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthKind {
    /// Not at all.
    Open,
    /// With a key or a static token.
    ApiKey,
    /// With a name and a password.
    Password,
    /// By an OAuth 2 authorization code with PKCE (RFC 6749, RFC 7636).
    OAuth(OAuthEndpoints),
}

/// What an OAuth 2 flow needs to know of an authorization server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OAuthEndpoints {
    /// Where the person is sent.
    pub authorize_url: String,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: String,
    /// Where a token is revoked (RFC 7009), if anywhere.
    pub revoke_url: Option<String>,
    /// Asked for, in this order.
    pub scopes: Vec<String>,
    /// Further query parameters of the authorization request (`access_type=offline`).
    pub authorize_params: Vec<(String, String)>,
    /// The client's secret goes into the body, not into a Basic header.
    pub secret_in_body: bool,
    /// The key of the token answer that holds the API's address (`instance_url`, `api_domain`).
    pub base_url_key: Option<String>,
}
