//! CardDAV address books (RFC 6352, RFC 6578).

use async_trait::async_trait;

use super::{Connector, Means};
use crate::config::ConnectorConfig;
use crate::domain::credential::{AuthKind, Whose};
use crate::domain::upstream::{Account, Capabilities, ChangePage, IdPage, Record, UpstreamError};

/// A connector of this kind.
#[derive(Debug)]
pub struct Carddav {
    means: Means,
}

impl Carddav {
    pub(super) fn new(_: &str, _: &ConnectorConfig, means: Means) -> Result<Self, String> {
        Ok(Self { means })
    }
}

pub(super) fn auth_kind(_: &ConnectorConfig) -> AuthKind {
    AuthKind::Password
}

#[async_trait]
impl Connector for Carddav {
    fn capabilities(&self) -> Capabilities {
        unimplemented!()
    }
    async fn list_changes(&self, _: Option<&str>) -> Result<ChangePage, UpstreamError> {
        unimplemented!("{:?}", self.means)
    }
    async fn list_ids(&self, _: Option<&str>) -> Result<IdPage, UpstreamError> {
        unimplemented!()
    }
    async fn fetch(&self, _: &[String]) -> Result<Vec<Record>, UpstreamError> {
        unimplemented!()
    }
    async fn who_am_i(&self, _: &Whose) -> Result<Account, UpstreamError> {
        unimplemented!()
    }
}
