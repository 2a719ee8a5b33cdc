//! Credentials that stand in the configuration. They never change while the daemon runs, so there is
//! nothing to renew.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::config::ConnectorConfig;
use crate::domain::credential::{Credentials, Grant, Opening, SharedCredentials, Whose};
use crate::domain::upstream::{Trouble, UpstreamError};

/// The password or the key of a `[connectors.ID]`.
pub struct StaticCredentials {
    opening: Option<Opening>,
}

impl StaticCredentials {
    /// What `config` holds: a password where there is a name, or else a key.
    pub fn of(config: &ConnectorConfig) -> SharedCredentials {
        let secret = |text: &str| SecretString::from(text.to_owned());
        let opening = if !config.password.is_empty() {
            let username = config.username.clone();
            Some(Opening::Password { username, password: secret(config.password.expose()) })
        } else if !config.api_key.is_empty() {
            Some(Opening::Token(secret(config.api_key.expose())))
        } else {
            None
        };
        Arc::new(Self { opening })
    }

    /// For an upstream that is open to all.
    pub fn open() -> SharedCredentials {
        Arc::new(Self { opening: Some(Opening::Nothing) })
    }
}

impl fmt::Debug for StaticCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticCredentials").field("set", &self.opening.is_some()).finish()
    }
}

#[async_trait]
impl Credentials for StaticCredentials {
    async fn grant(&self, _: &Whose) -> Result<Grant, UpstreamError> {
        let opening = self.opening.clone().ok_or_else(|| {
            UpstreamError::new(
                Trouble::Unauthorized,
                "the connector has neither a password nor a key: set `username` and `password`, or `api_key`",
            )
        })?;
        Ok(Grant { serial: 0, opening, base_url: None })
    }

    async fn renew(&self, _: &Whose, _: &Grant) -> Result<Grant, UpstreamError> {
        Err(UpstreamError::new(Trouble::Unauthorized, "the password or key in the configuration is not taken"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[tokio::test]
    async fn what_the_configuration_holds() {
        let mut config = ConnectorConfig { username: "ada".into(), ..ConnectorConfig::default() };
        let none = StaticCredentials::of(&config).grant(&Whose::Company).await.unwrap_err();
        assert_eq!(none.trouble, Trouble::Unauthorized);
        config.api_key = Secret::from("CANARY");
        let held = StaticCredentials::of(&config);
        let grant = held.grant(&Whose::Company).await.unwrap();
        assert!(matches!(grant.opening, Opening::Token(_)));
        assert_eq!(held.renew(&Whose::Company, &grant).await.unwrap_err().trouble, Trouble::Unauthorized);
        config.password = Secret::from("CANARY");
        let held = StaticCredentials::of(&config);
        let grant = held.grant(&Whose::Company).await.unwrap();
        assert!(matches!(&grant.opening, Opening::Password { username, .. } if username == "ada"));
        assert!(!format!("{held:?}{grant:?}").contains("CANARY"));
    }
}
