//! An operator signs in and out: to the vendor and back, or with what is entered here.

use std::sync::Arc;
use std::time::Duration;

use oauth2::RedirectUrl;
use secrecy::SecretString;
use url::Url;

use super::Authority;
use super::desk::Slot;
use super::flow::{Session, random};
use super::keep::SharedDesk;
use super::renewal::named;
use super::state::Cause;
use super::stored::{OAuthTokens, Stored};
use super::token::TokenError;
use crate::domain::credential::{AuthKind, Opening};
use crate::domain::operator::Operator;
use crate::domain::upstream::Trouble;
use crate::storage::StorageError;

/// Longest exchange of a code, with a person waiting.
const EXCHANGE: Duration = Duration::from_secs(30);
/// Longest revocation.
const REVOCATION: Duration = Duration::from_secs(15);
/// Longest key or password that is taken.
const LONGEST: usize = 16 * 1024;

/// Why a sign-in did not come about, in words for the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInProblem {
    /// There is no such connector, or nobody signs in to it this way.
    #[error("there is nothing to sign in to at this address")]
    Unknown,
    /// The state is not known: used, too old, or from before a restart.
    #[error("this sign-in was finished or took too long: close this window and press the button in the phone again")]
    Stale,
    /// It was begun in another browser, or by somebody else.
    #[error("this sign-in was begun in another browser: close this window and press the button in your own phone")]
    Foreign,
    /// The administrator must act first.
    #[error("{0}")]
    Setup(String),
    /// The vendor, or the upstream, does not take it.
    #[error("{0}")]
    Refused(String),
    /// It could not be tried; nothing changed.
    #[error("{0}; nothing was changed, try again")]
    Trouble(String),
}

/// What a person enters.
#[derive(Debug)]
pub enum Entered {
    /// A key or a static token.
    Key(SecretString),
    /// A name and a password.
    Password {
        /// The name.
        username: String,
        /// The password.
        password: SecretString,
    },
}

/// A finished sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The connector's name for people.
    pub name: String,
    /// Whose account it is, where the upstream tells.
    pub account: Option<String>,
    /// Why the upstream could not be asked; the sign-in itself is good.
    pub doubt: Option<String>,
}

impl Authority {
    /// Begins an OAuth sign-in: where to send the browser.
    pub fn begin(&self, session: &Session, connector: &str) -> Result<Url, SignInProblem> {
        let desk = self.wanted(connector)?;
        if !matches!(desk.kind, AuthKind::OAuth(_)) {
            return Err(SignInProblem::Unknown);
        }
        let client = desk.client.as_ref().map_err(|words| setup(&desk, words))?;
        let redirect = format!("{}/oauth/callback", self.base());
        let state = random();
        let address =
            RedirectUrl::new(redirect.clone()).map_err(|_| setup(&desk, "server.public_url is no address"))?;
        let (url, verifier) = client.authorize(&state, &address);
        self.0.flow.send(&state, session, connector, verifier, &redirect, self.0.clock.now_ms());
        Ok(url)
    }

    /// The vendor sent the browser back with a code.
    pub async fn finish(&self, session: Option<&Session>, state: &str, code: &str) -> Result<SignedIn, SignInProblem> {
        let (desk, session, pending) = self.arrived(session, state)?;
        let redirect = RedirectUrl::new(pending.redirect).map_err(|_| SignInProblem::Stale)?;
        let (authority, code) = (self.clone(), code.to_owned());
        // A task of its own: a window that is closed now must not lose the tokens.
        let task = self.0.tasks.spawn(async move {
            let client = desk.client.as_ref().map_err(|words| setup(&desk, words))?;
            let exchange = tokio::time::timeout(EXCHANGE, client.exchange(&code, pending.verifier, &redirect)).await;
            let tokens = match exchange {
                Err(_) => return Err(SignInProblem::Trouble(format!("{} did not answer in time", desk.name))),
                Ok(Err(error)) => return Err(told(&desk, error)),
                Ok(Ok(tokens)) => tokens,
            };
            authority.admit_tokens(&desk, &session.operator, tokens).await
        });
        task.await.unwrap_or(Err(SignInProblem::Trouble("the sign-in was broken off".into())))
    }

    /// The vendor sent the browser back without a code: what to call the connector.
    pub fn abandon(&self, session: Option<&Session>, state: &str) -> Result<String, SignInProblem> {
        self.arrived(session, state).map(|(desk, ..)| desk.name.clone())
    }

    /// Tries what was entered, and keeps it if it opens the upstream.
    pub async fn enter(&self, session: &Session, connector: &str, entered: Entered) -> Result<SignedIn, SignInProblem> {
        let desk = self.wanted(connector)?;
        let opening = match (&desk.kind, entered) {
            (AuthKind::ApiKey, Entered::Key(key)) => Opening::Token(trimmed(&key)),
            (AuthKind::Password, Entered::Password { username, password }) => {
                Opening::Password { username: username.trim().to_owned(), password }
            }
            _ => return Err(SignInProblem::Unknown),
        };
        check(&opening)?;
        let (authority, operator) = (self.clone(), session.operator.clone());
        let task = self.0.tasks.spawn(async move { authority.admit_fixed(&desk, &operator, opening).await });
        task.await.unwrap_or(Err(SignInProblem::Trouble("the sign-in was broken off".into())))
    }

    /// Forgets every sign-in this operator's widget depends on, and revokes what can be revoked.
    pub async fn sign_out(&self, operator: &Operator) -> Result<(), StorageError> {
        for desk in self.0.desks.values().filter(|desk| desk.needs_sign_in()) {
            let Some(slot) = desk.find(desk.owner(operator)) else { continue };
            if let Some(tokens) = self.0.forget(desk, &slot, operator.account()).await? {
                let desk = desk.clone();
                self.0.tasks.spawn(async move { revoke(&desk, &tokens).await });
            }
        }
        Ok(())
    }

    fn arrived(
        &self,
        session: Option<&Session>,
        state: &str,
    ) -> Result<(SharedDesk, Session, super::flow::Pending), SignInProblem> {
        let pending = self.0.flow.arrive(state, self.0.clock.now_ms()).ok_or(SignInProblem::Stale)?;
        let session = session.filter(|session| pending.is_of(session)).ok_or(SignInProblem::Foreign)?;
        Ok((self.wanted(&pending.connector)?, session.clone(), pending))
    }

    fn wanted(&self, connector: &str) -> Result<SharedDesk, SignInProblem> {
        let desk = self.0.desks.get(connector).filter(|desk| desk.needs_sign_in());
        desk.cloned().ok_or(SignInProblem::Unknown)
    }

    /// Tokens are stored before anything else is asked with them.
    async fn admit_tokens(
        &self,
        desk: &SharedDesk,
        operator: &Arc<Operator>,
        tokens: OAuthTokens,
    ) -> Result<SignedIn, SignInProblem> {
        let slot = desk.slot(desk.owner(operator));
        let stored = Stored::OAuth(tokens);
        let serial = self.keep(desk, &slot, stored.clone(), None).await?;
        match self.0.who_am_i(desk, &slot.whose(), &stored).await {
            Ok(account) => {
                let account = named(account);
                slot.alter(|held| held.account.clone_from(&account));
                let noted = self.0.change(desk, &slot, Some(serial), |held| held.account.clone_from(&account)).await;
                if let Err(error) = noted {
                    tracing::warn!(connector = %desk.id, %error, "the account's name could not be stored");
                }
                self.0.announce(desk, &slot, Cause::Opened);
                Ok(SignedIn { name: desk.name.clone(), account, doubt: None })
            }
            Err(error) if error.trouble == Trouble::Unauthorized => {
                let reason = format!("the server does not take the sign-in: {error}");
                self.0.refuse(desk, &slot, serial, reason.clone(), true).await;
                Err(SignInProblem::Refused(format!("{}: {reason}", desk.name)))
            }
            // The tokens are good; the upstream is not there to say whose they are.
            Err(error) => {
                tracing::warn!(connector = %desk.id, %error, "whose account it is could not be asked");
                self.0.announce(desk, &slot, Cause::Opened);
                Ok(SignedIn { name: desk.name.clone(), account: None, doubt: Some(error.to_string()) })
            }
        }
    }

    /// What was entered is tried before it takes the place of what there is.
    async fn admit_fixed(
        &self,
        desk: &SharedDesk,
        operator: &Arc<Operator>,
        opening: Opening,
    ) -> Result<SignedIn, SignInProblem> {
        let slot = desk.slot(desk.owner(operator));
        let stored = Stored::Fixed(opening);
        let account = match self.0.who_am_i(desk, &slot.whose(), &stored).await {
            Ok(account) => named(account),
            Err(error) if matches!(error.trouble, Trouble::Down | Trouble::Slow | Trouble::RateLimited) => {
                return Err(SignInProblem::Trouble(format!("{} could not be asked: {error}", desk.name)));
            }
            Err(error) => {
                return Err(SignInProblem::Refused(format!("{} does not take this: {error}", desk.name)));
            }
        };
        self.keep(desk, &slot, stored, account.clone()).await?;
        self.0.announce(desk, &slot, Cause::Opened);
        Ok(SignedIn { name: desk.name.clone(), account, doubt: None })
    }

    async fn keep(
        &self,
        desk: &SharedDesk,
        slot: &Slot,
        stored: Stored,
        account: Option<String>,
    ) -> Result<u64, SignInProblem> {
        let now_ms = self.0.clock.now_ms();
        let kept = self.0.change(desk, slot, None, |held| {
            held.stored = Some(stored);
            held.refusal = None;
            held.account = account;
            held.since_ms = Some(now_ms);
            held.given_ms = Some(now_ms);
            held.signed_in_ms = now_ms;
        });
        match kept.await {
            Ok(held) => Ok(held.map_or(0, |held| held.serial)),
            Err(error) => Err(SignInProblem::Trouble(error.to_string())),
        }
    }
}

fn setup(desk: &SharedDesk, words: &str) -> SignInProblem {
    SignInProblem::Setup(format!("{} is not set up yet: {words} (tell your administrator)", desk.name))
}

fn told(desk: &SharedDesk, error: TokenError) -> SignInProblem {
    match error {
        TokenError::Refused(words) => {
            SignInProblem::Refused(format!("{} does not take the sign-in ({words}): try again", desk.name))
        }
        TokenError::Client(words) => {
            setup(desk, &format!("its server does not know the client ({words}); correct client_id and client_secret"))
        }
        TokenError::Upstream(error) => SignInProblem::Trouble(format!("{}: {error}", desk.name)),
    }
}

/// What could not stand in a header, or is nothing, is not sent anywhere.
fn check(opening: &Opening) -> Result<(), SignInProblem> {
    use secrecy::ExposeSecret as _;
    let refused = |words: &str| Err(SignInProblem::Refused(words.to_owned()));
    let texts = match opening {
        Opening::Nothing => return Err(SignInProblem::Unknown),
        Opening::Token(key) if key.expose_secret().is_empty() => return refused("The key is empty"),
        Opening::Token(key) => vec![key.expose_secret()],
        Opening::Password { username, .. } if username.is_empty() => return refused("The name is empty"),
        Opening::Password { username, password } => vec![username.as_str(), password.expose_secret()],
    };
    if texts.iter().any(|text| text.len() > LONGEST || text.chars().any(char::is_control)) {
        return refused("This is too long, or holds characters that cannot be sent");
    }
    Ok(())
}

fn trimmed(key: &SecretString) -> SecretString {
    use secrecy::ExposeSecret as _;
    key.expose_secret().trim().into()
}

async fn revoke(desk: &SharedDesk, tokens: &OAuthTokens) {
    let Ok(client) = &desk.client else { return };
    match tokio::time::timeout(REVOCATION, client.revoke(tokens)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(connector = %desk.id, %error, "a token was forgotten here but not revoked"),
        Err(_) => tracing::warn!(connector = %desk.id, "a token was forgotten here but not revoked: no answer in time"),
    }
}
