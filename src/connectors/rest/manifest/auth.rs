//! `[auth]` and `[webhook]`: how the API is opened, and how its own requests are known.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Request;

/// `[auth]`: the ways in. Of several, the configuration chooses: `client_id` means `oauth`, `username`
/// means `session_login` or `basic`, anything else `api_key`. Templates of requests may use `token`,
/// `username`, `password` and `session` too, for APIs that want them in a body.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// A key or a static token.
    pub api_key: Option<ApiKey>,
    /// HTTP Basic.
    pub basic: Option<Basic>,
    /// OAuth 2 with an authorization code and PKCE.
    pub oauth: Option<OAuth>,
    /// A log-in request, whose answer holds a session.
    pub session_login: Option<SessionLogin>,
    /// Hosts, or their ends (`salesforce.com` takes `eu1.salesforce.com` too), to which the address in a
    /// token's answer may lead. One of another host is refused.
    pub base_url_hosts: Vec<String>,
}

/// `[auth.api_key]`: where the key goes; one of `header` and `query`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApiKey {
    /// The header's name.
    pub header: String,
    /// The query parameter's name.
    pub query: String,
    /// Template: what goes there; `{{ token }}` where it is empty.
    pub value: String,
}

/// `[auth.basic]`: HTTP Basic.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Basic {
    /// Template: the name; `{{ username }}` where it is empty. `{{ token }}` for APIs that take a key
    /// as the name.
    pub username: String,
    /// Template: the password; `{{ password }}` where both are empty.
    pub password: String,
}

/// `[auth.oauth]`: OAuth 2. The addresses are templates of `vars`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// Where the person is sent.
    pub authorize_url: String,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: String,
    /// Where a token is revoked.
    #[serde(default)]
    pub revoke_url: String,
    /// What is asked for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Further parameters of the authorization request.
    #[serde(default)]
    pub authorize_params: BTreeMap<String, String>,
    /// The client's secret goes into the body of a token request, not into a Basic header.
    #[serde(default)]
    pub secret_in_body: bool,
    /// The key of the token's answer that holds the API's address. Needs `auth.base_url_hosts`.
    #[serde(default)]
    pub base_url_key: String,
    /// The header for the token; `Authorization` where it is empty.
    #[serde(default)]
    pub header: String,
    /// Template: what goes there; `Bearer {{ token }}` where it is empty.
    #[serde(default)]
    pub value: String,
}

/// `[auth.session_login]`: a log-in request with `username` and `password`. Its session is held in
/// memory; it is asked for again when an answer says it is stale (`outcome.auth_when`).
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionLogin {
    /// The log-in. It carries no session itself.
    pub request: Request,
    /// Path: the session in its answer, of any type. Nothing, or `null`, means the password is wrong.
    pub session: String,
    /// The header for the session.
    #[serde(default)]
    pub header: String,
    /// The query parameter for the session.
    #[serde(default)]
    pub query: String,
    /// Template: what goes there; `{{ session }}` where it is empty.
    #[serde(default)]
    pub value: String,
    /// A session is not used for longer than this. 0: until it is refused.
    #[serde(default)]
    pub max_minutes: u32,
}

/// `[webhook]`: how the API's own requests are known to be its.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// How they are signed.
    pub kind: WebhookKind,
    /// `hmac_sha256`, `shared_secret`: the header that holds the signature or the secret.
    #[serde(default)]
    pub header: String,
    /// `hmac_sha256`: what stands before the signature, such as `sha256=`.
    #[serde(default)]
    pub prefix: String,
    /// `hmac_sha256`: how the signature is written.
    #[serde(default)]
    pub encoding: SignatureEncoding,
    /// `hmac_sha256`: the header with the moment of sending (Unix seconds or ms). It is signed in front
    /// of the body, with a full stop between; requests older than five minutes are refused.
    #[serde(default)]
    pub timestamp_header: String,
}

/// How webhook requests are signed, always with `webhook_secret`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookKind {
    /// HMAC-SHA-256 over the body.
    #[default]
    HmacSha256,
    /// HMAC-SHA-256 over method, address, body and time, as `X-HubSpot-Signature-v3`.
    HubspotV3,
    /// HTTP Basic; `webhook_secret` is `name:password`.
    Basic,
    /// The secret itself in a header.
    SharedSecret,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureEncoding {
    /// Hexadecimal, of either case.
    #[default]
    Hex,
    /// Base64.
    Base64,
}
