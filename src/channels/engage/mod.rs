//! `RingCentral` Engage Messaging: visitors of a site identified by signed tokens, what the site's pages
//! need for that, and the conversations that Engage Digital reports.
//!
//! Tokens are minted for servers (`mint`), renewed for browsers (`renew`) and judged by the rules of the
//! vendor's guides (`check`, `verdict`). None of them is ever written to a log or the database.

pub mod check;
#[cfg(test)]
mod check_tests;
mod checked;
mod checklist;
mod claims;
#[cfg(test)]
mod claims_tests;
pub mod findings;
pub mod keys;
mod mint;
mod offered;
mod renew;
mod sign;
mod site;
pub mod snippets;
mod uuids;
pub mod verdict;

use axum::Router;
use axum::routing::{get, post};

use crate::http::ServiceState;

pub use checked::checked;
pub use checklist::checklist;
pub use renew::page_origins;
pub use site::key_ring;

/// The routes of this channel.
pub fn router() -> Router<ServiceState> {
    Router::new()
        .route("/v1/engage/sites/{site}/identities/mint", post(mint::mint))
        .route("/v1/engage/sites/{site}/identities/renew", post(renew::renew))
        .route("/v1/engage/sites/{site}/tokens/check", post(checked::check))
        .route("/v1/engage/sites/{site}/snippets", get(offered::list))
        .route("/v1/engage/sites/{site}/snippets/{kind}", get(offered::sample).post(offered::with_values))
        .route("/v1/engage/sites/{site}/checklist", get(offered::tasks))
        .route("/v1/engage/sites/{site}/keys", get(keys::list))
        .route("/v1/engage/sites/{site}/keys/{kid}/activate", post(keys::activate))
        .route("/v1/engage/sites/{site}/keys/{kid}/retire", post(keys::retire))
}
