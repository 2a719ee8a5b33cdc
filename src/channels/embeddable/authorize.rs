//! `/authorize`: the operator pressed Connect or Disconnect (protocol 3.9). `authorized` in the body
//! is the state as it is, so the press asks for the other one.
//!
//! Where connectors need a sign-in, Connect opens the page for it and Disconnect forgets it. Without,
//! the toggle is a stored state: it switches the contacts behind this operator's widget on and off.

use serde::Deserialize;

use super::commands;
use super::standing::{Standing, wanted};
use super::wire::{Answer, Call, Reply};

#[derive(Deserialize)]
struct Request {
    authorized: Option<bool>,
}

pub(super) async fn handle(call: Call) -> Answer {
    let request: Request = call.parse()?;
    let standing = Standing::of(&call.state, &call.operator).await?;
    let now = request.authorized.unwrap_or(standing.authorized);
    if standing.needs.is_empty() {
        call.state.storage.put_authorized(&call.operator, !now).await?;
        let command = commands::authorization_status(!now, call.operator.account());
        call.state.hub.tell(&call.operator, std::slice::from_ref(&command));
        return Ok(Reply::ok().then(command));
    }
    if now {
        // Other open pages are told as of every change of a credential.
        call.state.authority.sign_out(&call.operator).await?;
        return Ok(Reply::ok().then(commands::authorization_status(false, "")));
    }
    if standing.authorized {
        // Signed in meanwhile, in another tab or by a colleague.
        return Ok(Reply::ok().then(standing.command()));
    }
    let url = call.state.authority.ticket_url(&call.operator);
    Ok(Reply::ok().then(commands::open("authorize", Some(&url), &wanted(&standing.needs))))
}
