//! REST APIs, by a declarative manifest.

mod expression;
mod filters;
mod load;
pub mod manifest;
mod path;
mod plan;
mod schema;
mod times;
mod tree;

pub use load::{shipped, shipped_names};
pub use schema::schema;

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
    use super::load::{Vars, read};
    use super::{shipped, shipped_names};

    #[test]
    fn every_shipped_manifest_is_usable() {
        for name in shipped_names() {
            let text = shipped(&name).expect("embedded");
            if let Err(problems) = read(&name, &text, Vars::Examples) {
                panic!("{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>());
            }
        }
    }
}
