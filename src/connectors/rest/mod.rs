//! REST APIs, by a declarative manifest.

pub mod manifest;

use async_trait::async_trait;

use super::{Connector, Means};
use crate::config::ConnectorConfig;
use crate::domain::credential::{AuthKind, Whose};
use crate::domain::upstream::{Account, Capabilities, ChangePage, IdPage, Record, UpstreamError};

/// A connector of this kind.
#[derive(Debug)]
pub struct Rest {
    means: Means,
}

impl Rest {
    pub(super) fn new(_: &str, _: &ConnectorConfig, means: Means) -> Result<Self, String> {
        Ok(Self { means })
    }
}

pub(super) fn auth_kind(_: &ConnectorConfig) -> Result<AuthKind, String> {
    Ok(AuthKind::ApiKey)
}

#[async_trait]
impl Connector for Rest {
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

#[cfg(test)]
mod tests {
    use super::manifest::Manifest;

    #[test]
    fn the_shipped_manifests_are_read() {
        let manifest: Manifest = toml::from_str(include_str!("manifests/pipedrive.toml")).expect("a manifest");
        assert_eq!(manifest.sync.deletes.len(), 2);
    }
}
