//! A connector that takes logs: its rules, its texts and its budget.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::budget::Budget;
use super::compose::Composer;
use crate::config::delivery::{Nobody, Several};
use crate::config::{Config, ConnectorConfig};
use crate::connectors::SharedConnector;
use crate::domain::credential::Whose;
use crate::domain::outbox::Route;
use crate::domain::upstream::UpdateLog;

/// One connector that takes logs.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) connector: SharedConnector,
    pub(super) composer: Composer,
    pub(super) route: Route,
    pub(super) several: Several,
    pub(super) nobody: Nobody,
    budget: Mutex<Budget>,
}

impl Lane {
    /// Whose credential writes an operator's logs. A chat that no operator held is the company's.
    pub(super) fn whose(&self, operator: &str) -> Whose {
        if self.connector.capabilities().per_operator && !operator.is_empty() {
            Whose::Operator(operator.to_owned())
        } else {
            Whose::Company
        }
    }

    pub(super) fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lane of a connector; none where it takes no logs.
pub(super) fn lane(
    config: &Config,
    id: &str,
    section: &ConnectorConfig,
    connector: SharedConnector,
) -> Result<Option<Lane>, String> {
    let (logs, all, capabilities) = (&section.logs, &config.delivery, connector.capabilities());
    let (calls, messages) =
        (logs.calls && capabilities.write_call_log, logs.messages && capabilities.write_message_log);
    if !calls && !messages {
        return Ok(None);
    }
    let nobody = logs.nobody.unwrap_or(all.nobody);
    let read = |file: &str| match file {
        "" => Ok(None),
        file => std::fs::read_to_string(file).map(Some).map_err(|error| format!("cannot read {file}: {error}")),
    };
    let composer = Composer::new(
        logs.format.unwrap_or(capabilities.log_format),
        logs.lines.as_ref().unwrap_or(&all.lines),
        read(&logs.call_template)?,
        read(&logs.message_template)?,
    )?;
    let route = Route {
        calls,
        messages,
        unassigned: nobody == Nobody::Log,
        patient: capabilities.update_log != UpdateLog::Replace,
    };
    let rest = Duration::from_secs(all.rest_seconds.into());
    Ok(Some(Lane {
        id: id.to_owned(),
        name: section.display_name(id).to_owned(),
        connector,
        composer,
        route,
        several: logs.several.unwrap_or(all.several),
        nobody,
        budget: Mutex::new(Budget::new(
            usize::try_from(all.parallel).unwrap_or(4),
            rest,
            Duration::from_secs(all.longest_rest_seconds.into()),
        )),
    }))
}
