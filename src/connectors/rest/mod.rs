//! REST APIs, by a declarative manifest (`docs/manifest.md`): reads it, asks as it says, keeps nothing
//! but the session of a log-in.
//!
//! A call comes in at [`Rest`], goes to what it is about (`run`, `fetch`, `write`), whose requests
//! `client` makes (`build`, `address`), sends and judges (`outcome`). What a manifest may say is
//! in [`manifest`]; what it compiles to in `plan`.

mod address;
mod build;
mod client;
mod cursor;
mod expression;
mod fetch;
mod filters;
mod lazy;
mod limiter;
mod listing;
mod load;
pub mod manifest;
mod map;
mod outcome;
mod path;
mod plan;
mod preview;
mod run;
mod schema;
mod session;
mod times;
mod tree;
mod webhook;
mod write;

use async_trait::async_trait;

use super::{Connector, KeepStep, Means, Webhook, WebhookProblem};
use crate::config::{ConnectorConfig, Secret, SignIn};
use crate::domain::credential::{AuthKind, OAuthEndpoints, Whose};
use crate::domain::upstream::{
    Account, Capabilities, ChangePage, IdPage, LogEntry, LogKind, NewContact, Record, Trouble, UpdateLog, UpstreamError,
};
use client::{Ask, Client};
use manifest::Strategy;
use write::Forgets;

pub use filters::FILTERS;
pub use load::{shipped, shipped_names};
pub use preview::{Preview, preview};
pub use schema::schema;

/// A connector by a manifest.
#[derive(Debug)]
pub struct Rest {
    client: Client,
    per_operator: bool,
    webhook_secret: Secret,
    fingerprint: String,
}

impl Rest {
    pub(super) fn new(config: &ConnectorConfig, means: Means) -> Result<Self, String> {
        let (loaded, fingerprint) = load::for_config(config)?;
        let mut plan = loaded.plan;
        for (log, at, own) in [
            (&mut plan.call, "call_fields", &config.logs.call_fields),
            (&mut plan.message, "message_fields", &config.logs.message_fields),
        ] {
            let Some(log) = log else { continue };
            if !log.sends_fields && own.values().any(|name| !name.is_empty()) {
                return Err(format!(
                    "`logs.{at}` cannot be obeyed: the manifest sends `log.fields` nowhere (docs/manifest.md)"
                ));
            }
            log.fields.extend(own.clone());
            log.fields.retain(|_, name| !name.is_empty());
        }
        let mut auth = std::mem::take(&mut plan.auth);
        let hosts = std::mem::take(&mut auth.base_url_hosts);
        let (way, kind) = if config.sign_in == SignIn::Nobody { (None, AuthKind::Open) } else { auth.choose(config) };
        let told_later = matches!(kind, AuthKind::OAuth(OAuthEndpoints { base_url_key: Some(_), .. }));
        if plan.base_url.is_empty() && config.url.is_empty() && !told_later {
            return Err("`url` is missing: the manifest does not know the API's address".into());
        }
        Ok(Self {
            client: Client::new(plan, way, hosts, &config.url, means),
            per_operator: config.sign_in == SignIn::Operator,
            webhook_secret: config.webhook_secret.clone(),
            fingerprint,
        })
    }
}

pub(super) fn auth_kind(config: &ConnectorConfig) -> Result<AuthKind, String> {
    Ok(load::for_config(config)?.0.plan.auth.choose(config).1)
}

#[async_trait]
impl Connector for Rest {
    fn address(&self) -> Option<url::Url> {
        self.client.address()
    }

    fn places(&self, kind: LogKind, field: &str) -> bool {
        let plan = match kind {
            LogKind::Call => &self.client.plan.call,
            LogKind::Message => &self.client.plan.message,
        };
        plan.as_ref().is_some_and(|plan| plan.fields.contains_key(field))
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn capabilities(&self) -> Capabilities {
        let plan = &self.client.plan;
        let logs = || [&plan.call, &plan.message].into_iter().flatten();
        let updates = logs().all(|log| !log.update.is_empty());
        Capabilities {
            incremental: plan.sync.strategy != Strategy::FullScan,
            deletions: !(plan.sync.deletes.is_empty() && plan.sync.gone_fields.is_empty()),
            create_contact: !plan.contact.create.is_empty(),
            update_contact: !plan.contact.update.is_empty(),
            write_call_log: plan.call.is_some(),
            write_message_log: plan.message.is_some(),
            find_log: logs().next().is_some() && logs().all(|log| log.find.is_some()),
            update_log: if updates { plan.update_log } else { UpdateLog::None },
            read_log: logs().next().is_some() && logs().all(|log| log.read.is_some()),
            log_format: plan.log_format,
            per_operator: self.per_operator,
        }
    }

    async fn list_changes(&self, cursor: Option<&str>) -> Result<ChangePage, UpstreamError> {
        run::changes(&self.client, cursor).await
    }

    async fn list_ids(&self, page: Option<&str>) -> Result<IdPage, UpstreamError> {
        fetch::ids(&self.client, page).await
    }

    async fn fetch(&self, external_ids: &[String]) -> Result<Vec<Record>, UpstreamError> {
        fetch::records(&self.client, &Whose::Company, external_ids).await
    }

    async fn create_contact(&self, whose: &Whose, contact: &NewContact) -> Result<Record, UpstreamError> {
        if self.client.plan.contact.create.is_empty() {
            return Err(super::unable("make contacts"));
        }
        write::create_contact(&self.client, whose, contact).await
    }

    async fn update_contact(&self, whose: &Whose, id: &str, contact: &NewContact) -> Result<Record, UpstreamError> {
        if self.client.plan.contact.update.is_empty() {
            return Err(super::unable("change contacts"));
        }
        write::update_contact(&self.client, whose, id, contact).await
    }

    async fn find_log(&self, whose: &Whose, kind: LogKind, key: &str) -> Result<Option<String>, UpstreamError> {
        write::find_log(&self.client, whose, kind, key).await
    }

    async fn create_log(&self, whose: &Whose, entry: &LogEntry) -> Result<String, UpstreamError> {
        write::create_log(&self.client, whose, entry, &Forgets).await
    }

    async fn create_log_in_steps(
        &self,
        whose: &Whose,
        entry: &LogEntry,
        kept: &dyn KeepStep,
    ) -> Result<String, UpstreamError> {
        write::create_log(&self.client, whose, entry, kept).await
    }

    async fn read_log(&self, whose: &Whose, kind: LogKind, id: &str) -> Result<String, UpstreamError> {
        write::read_log(&self.client, whose, kind, id).await
    }

    async fn update_log(&self, whose: &Whose, id: &str, entry: &LogEntry) -> Result<(), UpstreamError> {
        write::update_log(&self.client, whose, id, entry).await
    }

    async fn who_am_i(&self, whose: &Whose) -> Result<Account, UpstreamError> {
        let plan = &self.client.plan;
        let Some(who) = &plan.whoami else {
            // Nothing tells: that a page can be read shows at least that the credential is good.
            fetch::ids(&self.client, None).await?;
            return Ok(Account { id: String::new(), name: plan.name.clone() });
        };
        let ask = Ask { whose, request: &who.request, scope: self.client.scope(), address: None, writes: false };
        let found = self.client.ask(ask).await?.found();
        let text = |path: &path::Path| path.find(&found).and_then(|found| found.text());
        let name = text(&who.name).ok_or_else(|| {
            let words = format!("the answer to whoami has no name at `{}`", who.name.source());
            UpstreamError::new(Trouble::Broken, words)
        })?;
        Ok(Account { id: who.id.as_ref().and_then(text).unwrap_or_default(), name })
    }

    fn check_webhook(&self, request: &Webhook<'_>) -> Result<(), WebhookProblem> {
        let rules = self.client.plan.webhook.as_ref().ok_or(WebhookProblem::NotConfigured)?;
        webhook::check(rules, self.webhook_secret.expose(), request, self.client.means.clock.now_ms())
    }
}

#[cfg(test)]
mod tests {
    use super::load::{Vars, read};
    use super::{preview, shipped, shipped_names};

    #[test]
    fn every_shipped_manifest_is_usable() {
        for name in shipped_names() {
            let text = shipped(&name).expect("embedded");
            if let Err(problems) = read(&name, &text, Vars::Examples) {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                panic!("{}", lines.join("\n"));
            }
            let found = preview(&name, &text, None);
            assert!(found.problems.is_empty(), "{:#?}", found.problems);
        }
    }
}
