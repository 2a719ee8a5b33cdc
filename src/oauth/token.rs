//! What is asked of an authorization server: where to send a person, and codes and refresh tokens
//! exchanged for tokens (RFC 6749, RFC 7636), tokens revoked (RFC 7009). Keeps nothing.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardRevocableToken, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::stored::OAuthTokens;
use super::token_answer::{TokenAnswer, error_of, is_web_address};
use crate::domain::clock::SharedClock;
use crate::domain::credential::OAuthEndpoints;
use crate::domain::upstream::{Trouble, UpstreamError};
use crate::outbound::Outbound;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest words of a server that are passed on.
const LONGEST_WORDS: usize = 200;
/// What servers call a code or a refresh token they do not take: RFC 6749, and what some say instead.
const REFUSED: [&str; 5] = ["invalid_grant", "invalid_code", "invalid_token", "bad_refresh_token", "bad_auth_code"];

/// Why there is no token.
#[derive(Debug)]
pub(super) enum TokenError {
    /// The code or the refresh token is not taken (any more).
    Refused(String),
    /// The client itself is not: an administrator's matter.
    Client(String),
    /// Anything else; what there was may still be good.
    Upstream(UpstreamError),
}

type Client<Authorize, Token> = oauth2::Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    Authorize,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    Token,
>;
type Failure = RequestTokenError<UpstreamError, BasicErrorResponse>;

/// One connector's client at its authorization server.
#[derive(Debug)]
pub(super) struct TokenClient {
    client: Client<EndpointSet, EndpointSet>,
    id: String,
    secret: Option<SecretString>,
    endpoints: OAuthEndpoints,
    door: Door,
}

impl TokenClient {
    /// The error is for the administrator.
    pub(super) fn new(
        id: &str,
        secret: Option<SecretString>,
        endpoints: &OAuthEndpoints,
        outbound: Outbound,
        clock: SharedClock,
    ) -> Result<Self, String> {
        if id.is_empty() {
            return Err("its `client_id` is missing: register Trunkline with the vendor and set it".into());
        }
        let wrong = |what: &str| format!("its {what} is not a web address");
        let authorize = AuthUrl::new(endpoints.authorize_url.clone()).map_err(|_| wrong("authorize_url"))?;
        let token = TokenUrl::new(endpoints.token_url.clone()).map_err(|_| wrong("token_url"))?;
        let auth_type = if endpoints.secret_in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        let mut client = Client::<EndpointNotSet, EndpointNotSet>::new(ClientId::new(id.to_owned()))
            .set_auth_uri(authorize)
            .set_token_uri(token)
            .set_auth_type(auth_type);
        if let Some(secret) = &secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
        }
        Ok(Self { client, id: id.to_owned(), secret, endpoints: endpoints.clone(), door: Door { outbound, clock } })
    }

    /// Where the person is sent, and the verifier that must come with the code.
    pub(super) fn authorize(&self, state: &str, redirect: &RedirectUrl) -> (Url, PkceCodeVerifier) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = self
            .client
            .authorize_url(|| CsrfToken::new(state.to_owned()))
            .set_redirect_uri(std::borrow::Cow::Borrowed(redirect))
            .set_pkce_challenge(challenge);
        for scope in &self.endpoints.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        for (name, value) in &self.endpoints.authorize_params {
            request = request.add_extra_param(name.as_str(), value.as_str());
        }
        (request.url().0, verifier)
    }

    /// A code for tokens.
    pub(super) async fn exchange(
        &self,
        code: &str,
        verifier: PkceCodeVerifier,
        redirect: &RedirectUrl,
    ) -> Result<OAuthTokens, TokenError> {
        let asked_ms = self.door.clock.now_ms();
        let answer = self
            .client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(verifier)
            .set_redirect_uri(std::borrow::Cow::Borrowed(redirect))
            .request_async(&self.door)
            .await
            .map_err(|failure| self.told(failure, code))?;
        Ok(self.read(&answer, asked_ms))
    }

    /// A refresh token for newer ones. What the answer leaves out stays as it is.
    pub(super) async fn refresh(
        &self,
        tokens: &OAuthTokens,
        refresh: &SecretString,
    ) -> Result<OAuthTokens, TokenError> {
        let asked_ms = self.door.clock.now_ms();
        let answer = self
            .client
            .exchange_refresh_token(&RefreshToken::new(refresh.expose_secret().to_owned()))
            .request_async(&self.door)
            .await
            .map_err(|failure| self.told(failure, refresh.expose_secret()))?;
        let newer = self.read(&answer, asked_ms);
        Ok(OAuthTokens {
            refresh: newer.refresh.or_else(|| tokens.refresh.clone()),
            base_url: newer.base_url.or_else(|| tokens.base_url.clone()),
            ..newer
        })
    }

    /// Revokes what can still be used; nothing where the server offers no address for it.
    pub(super) async fn revoke(&self, tokens: &OAuthTokens) -> Result<(), UpstreamError> {
        let Some(address) = &self.endpoints.revoke_url else { return Ok(()) };
        let address = Url::parse(address)
            .map_err(|_| UpstreamError::new(Trouble::Broken, "the revoke_url is not a web address"))?;
        let (token, hint) = match &tokens.refresh {
            Some(refresh) => (refresh, "refresh_token"),
            None => (&tokens.access, "access_token"),
        };
        let mut form = vec![("token", token.expose_secret()), ("token_type_hint", hint)];
        let mut request = self.door.outbound.request(reqwest::Method::POST, address);
        match &self.secret {
            Some(secret) if !self.endpoints.secret_in_body => {
                let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                request = request.basic_auth(encoded(&self.id), Some(encoded(secret.expose_secret())));
            }
            secret => {
                form.push(("client_id", &self.id));
                form.extend(secret.iter().map(|secret| ("client_secret", secret.expose_secret())));
            }
        }
        let request = request
            .form(&form)
            .build()
            .map_err(|_| UpstreamError::new(Trouble::Broken, "the request to revoke cannot be made"))?;
        let answer = self.door.outbound.send(request).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        let words = format!("the address that revokes answered with {}", answer.status.as_u16());
        let trouble = if answer.status.is_server_error() { Trouble::Down } else { Trouble::Rejected };
        Err(UpstreamError::new(trouble, words))
    }

    fn read(&self, answer: &TokenAnswer, asked_ms: i64) -> OAuthTokens {
        let base_url = self.endpoints.base_url_key.as_ref().and_then(|key| answer.more.get(key)?.as_str());
        let life_ms = answer.expires_in.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX / 1000) * 1000);
        OAuthTokens {
            access: answer.access_token.secret().as_str().into(),
            refresh: answer.refresh_token.as_ref().map(|token| token.secret().as_str().into()),
            expires_ms: None,
            due_ms: None,
            base_url: base_url.filter(|address| is_web_address(address)).map(ToOwned::to_owned),
        }
        .lasting(asked_ms, life_ms)
    }

    /// A failure in words that repeat nothing of what was sent.
    fn told(&self, failure: Failure, sent: &str) -> TokenError {
        let (code, words) = match failure {
            RequestTokenError::Request(error) => return TokenError::Upstream(error),
            RequestTokenError::ServerResponse(response) => {
                let code = match response.error() {
                    BasicErrorResponseType::Extension(other) => other.clone(),
                    known => known.as_ref().to_owned(),
                };
                (code, response.error_description().cloned().unwrap_or_default())
            }
            RequestTokenError::Parse(_, body) => match error_of(&body) {
                Some(found) => found,
                None => return broken("the token_url did not answer with JSON as RFC 6749 wants it"),
            },
            RequestTokenError::Other(_) => return broken("the token_url answered with nothing"),
        };
        let told =
            self.without_secrets(&if words.is_empty() { code.clone() } else { format!("{code}: {words}") }, sent);
        let code = code.to_ascii_lowercase();
        if REFUSED.contains(&code.as_str()) {
            return TokenError::Refused(told);
        }
        match code.as_str() {
            "invalid_client" | "unauthorized_client" | "invalid_client_secret" => TokenError::Client(told),
            "temporarily_unavailable" | "server_error" => {
                TokenError::Upstream(UpstreamError::new(Trouble::Down, told).unclear())
            }
            _ => TokenError::Upstream(UpstreamError::new(Trouble::Rejected, told)),
        }
    }

    fn without_secrets(&self, words: &str, sent: &str) -> String {
        let mut words = words.replace(sent, "...");
        if let Some(secret) = &self.secret {
            words = words.replace(secret.expose_secret(), "...");
        }
        words.chars().filter(|c| !c.is_control()).take(LONGEST_WORDS).collect()
    }
}

/// The one door out, as the protocol's crate wants it.
#[derive(Debug)]
struct Door {
    outbound: Outbound,
    clock: SharedClock,
}

impl<'c> AsyncHttpClient<'c> for Door {
    type Error = UpstreamError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, UpstreamError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Door {
    /// Answers that say nothing of the grant become errors here: what comes after sees no status.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, UpstreamError> {
        let request = reqwest::Request::try_from(request)
            .map_err(|_| UpstreamError::new(Trouble::Broken, "the token_url is not a web address"))?;
        let host = "the sign-in server";
        let Ok(answer) = tokio::time::timeout(PATIENCE, self.outbound.send(request)).await else {
            return Err(UpstreamError::new(Trouble::Slow, format!("{host} did not answer in time")).unclear());
        };
        let answer = answer?;
        let status = answer.status;
        if status.as_u16() == 429 {
            let error = UpstreamError::new(Trouble::RateLimited, format!("{host} has had too many requests"));
            return Err(error.retry_after(answer.retry_after(self.clock.now_ms())));
        }
        if status.is_server_error() || status.as_u16() == 408 {
            let error = UpstreamError::new(Trouble::Down, format!("{host} answered with {}", status.as_u16()));
            return Err(error.unclear());
        }
        if status.is_redirection() {
            let words = format!("{host} sends tokens elsewhere ({}): correct the token_url", status.as_u16());
            return Err(UpstreamError::new(Trouble::Broken, words));
        }
        // Without its media type: some servers call JSON text.
        let mut response = HttpResponse::new(answer.body.to_vec());
        *response.status_mut() = status;
        Ok(response)
    }
}

fn broken(words: &str) -> TokenError {
    TokenError::Upstream(UpstreamError::new(Trouble::Broken, words))
}
