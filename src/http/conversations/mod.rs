//! Conversations of all channels: their transcripts for people (`/conversations/{id}`, a page to read and
//! print) and for programs (`/v1/conversations`), and the one timeline of a contact
//! (`/v1/contacts/{id}/activities`).

mod api;
mod page;
mod transcript;

use axum::Router;
use axum::routing::{delete, get, post};

use super::state::ServiceState;

/// The routes.
pub fn router() -> Router<ServiceState> {
    Router::new()
        .route("/conversations/{id}", get(page::show))
        .route("/v1/contacts/{id}/activities", get(api::activities))
        .route("/v1/conversations", get(api::list))
        .route("/v1/conversations/{id}", get(api::get).delete(api::delete))
        .route("/v1/conversations/{id}/link", post(api::link))
        .route("/v1/identities/{id}", delete(api::erase))
}
