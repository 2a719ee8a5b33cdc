//! Whether an operator is authorized, and telling it to their open pages when that changes.
//!
//! With connectors that need a sign-in it is so when each of them has one that opens it. Without, the
//! widget's toggle is a stored state of its own.

use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::commands;
use crate::domain::credential::Whose;
use crate::domain::operator::Operator;
use crate::http::ServiceState;
use crate::oauth::{Cause, CredentialChange, Need};
use crate::storage::StorageError;

/// An operator at the gate.
pub(super) struct Standing {
    /// What has to be signed in to; empty where nothing has.
    pub(super) needs: Vec<Need>,
    pub(super) authorized: bool,
    /// What the widget shows as the connected account.
    pub(super) account: String,
}

impl Standing {
    pub(super) async fn of(state: &ServiceState, operator: &Operator) -> Result<Self, StorageError> {
        let needs = state.authority.needs(operator);
        if needs.is_empty() {
            let authorized = state.storage.is_authorized(operator).await?;
            return Ok(Self { needs, authorized, account: operator.account().to_owned() });
        }
        let mut accounts: Vec<&str> = needs.iter().filter_map(|need| need.state.account()).collect();
        accounts.dedup();
        let account = if accounts.is_empty() { operator.account().to_owned() } else { accounts.join(", ") };
        Ok(Self { authorized: needs.iter().all(|need| need.state.is_usable()), account, needs })
    }

    pub(super) fn command(&self) -> Value {
        commands::authorization_status(self.authorized, &self.account)
    }
}

/// Tells open pages what happens to the sign-ins they depend on, until `closing`.
pub async fn follow_credentials(
    state: ServiceState,
    mut changes: broadcast::Receiver<CredentialChange>,
    closing: CancellationToken,
) {
    loop {
        let change = tokio::select! {
            change = changes.recv() => change,
            () = closing.cancelled() => return,
        };
        match change {
            Ok(change) => tell(&state, Some(&change)).await,
            // Too far behind to know what happened: everybody is told how it is.
            Err(broadcast::error::RecvError::Lagged(_)) => tell(&state, None).await,
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

async fn tell(state: &ServiceState, change: Option<&CredentialChange>) {
    for operator in state.hub.operators() {
        if let Some(Whose::Operator(id)) = change.map(|change| &change.whose)
            && *id != operator.id
        {
            continue;
        }
        let standing = match Standing::of(state, &operator).await {
            Ok(standing) => standing,
            Err(error) => {
                tracing::warn!(%error, "an open page could not be told about a sign-in");
                continue;
            }
        };
        let mut commands = Vec::new();
        if !standing.needs.is_empty() {
            commands.push(standing.command());
        }
        commands.extend(change.and_then(|change| alert(state, &operator, change, &standing)));
        if !commands.is_empty() {
            state.hub.tell(&operator, &commands);
        }
    }
}

fn alert(state: &ServiceState, operator: &Operator, change: &CredentialChange, standing: &Standing) -> Option<Value> {
    let name = state.authority.name(&change.connector).unwrap_or(&change.connector);
    match &change.cause {
        Cause::Opened => None,
        Cause::Left(by) if by == operator.account() => None,
        Cause::Left(by) => Some(commands::alert("warning", &format!("{by} signed out of {name} for everybody"))),
        Cause::Refused => {
            let reason = change.state.reason().unwrap_or_default();
            let own = standing.needs.iter().any(|need| need.connector == change.connector);
            let advice = if own {
                format!("Press \"{}\" in the settings to sign in again", state.config.service.unauthorized_title)
            } else {
                "Tell your administrator".to_owned()
            };
            Some(commands::alert("danger", &format!("You are signed out of {name}: {reason}. {advice}.")))
        }
    }
}

/// What a page needs to know to open the sign-in.
pub(super) fn wanted(needs: &[Need]) -> Value {
    let open = needs.iter().filter(|need| !need.state.is_usable());
    let connectors: Vec<Value> = open.map(|need| json!({"id": need.connector, "name": need.name})).collect();
    json!({"connectors": connectors})
}
