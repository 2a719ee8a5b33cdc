//! Credentials as a connector is given them.

use std::sync::Arc;

use async_trait::async_trait;

use super::Inner;
use super::desk::{Desk, Slot};
use super::keep::SharedDesk;
use super::renewal::no_credential;
use crate::domain::credential::{Credentials, Grant, Whose};
use crate::domain::upstream::{Trouble, UpstreamError};

/// The credentials of one connector.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) inner: Arc<Inner>,
    /// None for a connector that is not configured.
    pub(super) desk: Option<SharedDesk>,
}

impl Port {
    fn desk(&self) -> Result<&SharedDesk, UpstreamError> {
        self.desk.as_ref().ok_or_else(|| {
            UpstreamError::new(Trouble::Unauthorized, "there is no credential for a connector that is not configured")
        })
    }
}

fn used(desk: &Desk, whose: &Whose) -> Result<Arc<Slot>, UpstreamError> {
    desk.used_by(whose).ok_or_else(|| no_credential(desk, desk.state(whose).reason().unwrap_or_default()))
}

#[async_trait]
impl Credentials for Port {
    async fn grant(&self, whose: &Whose) -> Result<Grant, UpstreamError> {
        let desk = self.desk()?;
        self.inner.grant(desk, &used(desk, whose)?).await
    }

    async fn renew(&self, whose: &Whose, refused: &Grant) -> Result<Grant, UpstreamError> {
        let desk = self.desk()?;
        // The company may use another operator's by now.
        match desk.all().into_iter().find(|slot| slot.held().serial == refused.serial) {
            Some(slot) => self.inner.renewed(desk, &slot, refused.serial).await,
            None => self.grant(whose).await,
        }
    }
}
