//! The HTTP edge: what every request passes before a handler sees it (host, origin, media type,
//! size, who is asking), how errors leave, and the routes that belong to no widget.

pub mod access;
pub mod api;
pub mod assets;
pub mod body;
pub mod connect;
pub mod connectors;
pub mod conversations;
pub mod create;
pub mod credentials;
pub mod events;
pub mod extract;
pub mod forms;
pub mod guard;
pub mod health;
pub mod listeners;
pub mod logs;
pub mod media;
pub mod metrics;
pub mod outbox;
pub mod pages;
pub mod problem;
pub mod state;

pub use access::{ApiCaller, Caller, Listener};
pub use problem::ApiError;
pub use state::ServiceState;
