//! `/authorize`: the operator pressed Connect or Disconnect (protocol 3.9). `authorized` in the body
//! is the state as it is, so the press asks for the other one.
//!
//! Without a CRM to sign in to, the toggle is a stored state: it switches the contacts behind this
//! operator's widget on and off.

use serde::Deserialize;

use super::commands;
use super::wire::{Answer, Call, Reply};

#[derive(Deserialize)]
struct Request {
    authorized: Option<bool>,
}

pub(super) async fn handle(call: Call) -> Answer {
    let request: Request = call.parse()?;
    let storage = &call.state.storage;
    let now = match request.authorized {
        Some(authorized) => authorized,
        None => storage.is_authorized(&call.operator).await?,
    };
    storage.put_authorized(&call.operator, !now).await?;
    let command = commands::authorization_status(&call.operator, !now);
    call.state.hub.tell(&call.operator, std::slice::from_ref(&command));
    Ok(Reply::ok().then(command))
}
