//! `/conference/invite`: sent by widgets before 1.9 only (protocol 8), kept as meetings are.

use super::meeting_invite::invite;
use super::wire::{Answer, Call};

pub(super) async fn handle(call: Call) -> Answer {
    invite(call, "conference", "conference-invite").await
}
