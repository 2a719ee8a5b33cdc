//! What this room asks of the connectors, which it does not know: how they want to be opened, and
//! whether a credential opens them.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::credential::{AuthKind, Credentials, Grant, SharedCredentials, Whose};
use crate::domain::upstream::{Account, Trouble, UpstreamError};

/// The connectors, as far as their credentials are concerned.
#[async_trait]
pub trait Upstreams: fmt::Debug + Send + Sync {
    /// How a configured connector wants to be opened. The error is for the administrator.
    fn auth_kind(&self, connector: &str) -> Result<AuthKind, String>;

    /// Whose account these credentials open: one question upstream.
    async fn who_am_i(
        &self,
        connector: &str,
        credentials: SharedCredentials,
        whose: &Whose,
    ) -> Result<Account, UpstreamError>;
}

/// One credential, to be tried: there is no newer one.
#[derive(Debug)]
pub(super) struct Trial(Grant);

impl Trial {
    pub(super) fn of(grant: Grant) -> SharedCredentials {
        Arc::new(Self(grant))
    }
}

#[async_trait]
impl Credentials for Trial {
    async fn grant(&self, _: &Whose) -> Result<Grant, UpstreamError> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _: &Whose, _: &Grant) -> Result<Grant, UpstreamError> {
        // There is no other; the words are those of the refusal.
        Err(UpstreamError::new(Trouble::Unauthorized, ""))
    }
}
