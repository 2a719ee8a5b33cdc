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
mod contents;
mod digital;
pub mod findings;
mod hooks;
pub mod keys;
mod linking;
mod mint;
mod offered;
mod page;
mod reader;
mod renew;
mod revoke;
mod sign;
mod site;
pub mod snippets;
mod threads;
mod uuids;
pub mod verdict;

use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::http::ServiceState;

pub use checked::checked;
pub use checklist::checklist;
pub use digital::try_api;
pub use reader::Reader;
pub use renew::page_origins;
pub use site::key_ring;

/// The routes of this channel; `reader` is who reads what webhooks tell of.
pub fn router(reader: Reader) -> Router<ServiceState> {
    Router::new()
        .route("/engage/{site}", get(page::show))
        .route("/v1/engage/sites/{site}/identities/mint", post(mint::mint))
        .route("/v1/engage/sites/{site}/identities/renew", post(renew::renew))
        .route("/v1/engage/sites/{site}/identities/revoke", post(revoke::revoke))
        .route("/v1/engage/sites/{site}/tokens/check", post(checked::check))
        .route("/v1/engage/sites/{site}/snippets", get(offered::list))
        .route("/v1/engage/sites/{site}/snippets/{kind}", get(offered::sample).post(offered::with_values))
        .route("/v1/engage/sites/{site}/checklist", get(offered::tasks))
        .route("/v1/engage/sites/{site}/keys", get(keys::list))
        .route("/v1/engage/sites/{site}/keys/{kid}/activate", post(keys::activate))
        .route("/v1/engage/sites/{site}/keys/{kid}/retire", post(keys::retire))
        .route("/v1/engage/hooks/{id}", get(hooks::challenge).post(hooks::events))
        .route("/v1/engage/communities/{id}/sync", post(threads::sync))
        .layer(Extension(reader))
}
