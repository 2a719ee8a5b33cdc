//! `RingCentral` Embeddable: what each request path of the widget means, one file a path.
//!
//! `PATHS` is the one table: it routes requests and tells the adapter deadlines and what to answer
//! when the daemon is out of reach. A new path is a file and a line here.

mod activities;
mod activity;
mod authorize;
mod button;
mod call_log_matcher;
mod call_log_page;
mod call_logger;
mod commands;
mod conference_invite;
mod contact_match;
mod contact_search;
mod contact_view;
mod contacts;
mod create_contact;
mod create_contact_page;
mod customized_page;
mod deliveries;
mod keep;
mod listen;
mod log_page;
mod manifest;
mod meeting_invite;
mod message_log_matcher;
mod message_log_page;
mod message_logger;
mod open;
mod refresh;
mod settings;
mod standing;
mod wire;

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use crate::http::extract::Part;
use crate::http::{ApiError, Caller, ServiceState, body, events};
pub use deliveries::{follow_deliveries, status_of};
use keep::Waiting;
use manifest::Fallback;
pub use standing::follow_credentials;
use wire::{Answer, Call};

type Handler = fn(Call) -> Pin<Box<dyn Future<Output = Answer> + Send>>;

/// One request path of the widget.
struct RequestPath {
    /// As the widget sends it.
    path: &'static str,
    /// The widget's patience in ms (protocol 1.3); for loggers that of the oldest widget.
    deadline: u32,
    /// What the adapter answers when the daemon does not.
    fallback: Fallback,
    handle: Handler,
}

macro_rules! path {
    ($path:literal, $deadline:literal, $fallback:expr, at_once $module:ident) => {
        RequestPath {
            path: $path,
            deadline: $deadline,
            fallback: $fallback,
            handle: |call| Box::pin(std::future::ready($module::handle(&call))),
        }
    };
    ($path:literal, $deadline:literal, $fallback:expr, $module:ident) => {
        RequestPath {
            path: $path,
            deadline: $deadline,
            fallback: $fallback,
            handle: |call| Box::pin($module::handle(call)),
        }
    };
}

const PATHS: [RequestPath; 16] = [
    path!("/contacts", 60_000, Fallback::Null, contacts),
    path!("/contacts/search", 30_000, Fallback::NoData, contact_search),
    path!("/contacts/match", 30_000, Fallback::LastKnown(&["phoneNumbers"]), at_once contact_match),
    path!("/contacts/view", 3_000, Fallback::Alert("The contact was not opened"), at_once contact_view),
    path!("/activities", 3_000, Fallback::NoData, activities),
    path!("/activity", 3_000, Fallback::Alert("The activity was not opened"), activity),
    path!("/callLogger", 6_000, Fallback::Keep(keep::CALLS), call_logger),
    path!(
        "/callLogger/match",
        30_000,
        Fallback::LastKnownOrWaiting(&["sessionIds"], Waiting { path: "/callLogger", keys: "sessionIds" }),
        call_log_matcher
    ),
    path!("/messageLogger", 6_000, Fallback::Keep(keep::MESSAGES), message_logger),
    path!(
        "/messageLogger/match",
        30_000,
        Fallback::LastKnownOrWaiting(
            &["conversationLogIds", "messageIds"],
            Waiting { path: "/messageLogger", keys: "conversationLogIds" }
        ),
        message_log_matcher
    ),
    path!("/authorize", 3_000, Fallback::Alert("The account was not switched"), authorize),
    path!("/settings", 3_000, Fallback::Alert("The setting was not saved"), settings),
    path!("/button", 3_000, Fallback::Alert("Nothing happened"), button),
    path!("/page/changed", 3_000, Fallback::NoData, at_once customized_page),
    path!("/conference/invite", 3_000, Fallback::Alert("The invitation was not saved"), conference_invite),
    path!("/meeting/invite", 3_000, Fallback::Alert("The invitation was not saved"), meeting_invite),
];

/// The routes of this channel.
pub fn router() -> Router<ServiceState> {
    Router::new()
        .route("/embeddable/service", get(manifest::service))
        .route("/embeddable/events", get(events::stream))
        .route("/embeddable/{*path}", post(dispatch))
}

/// `POST /embeddable<path>`: the widget's body in, `{"response", "commands"}` out.
async fn dispatch(
    State(state): State<ServiceState>,
    Caller { operator, .. }: Caller,
    Part(path): Part,
    body: Body,
) -> Result<Response, ApiError> {
    let Some(found) = PATHS.iter().find(|known| known.path[1..] == path) else {
        let known: Vec<&str> = PATHS.iter().map(|path| path.path).collect();
        let detail = "the widget's service has no such path";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_path", detail)
            .fix(format!("use one of {}", known.join(", "))));
    };
    let body = body::read(body, body::WIDGET_LIMIT).await?;
    let call = Call { state, operator, body };
    (found.handle)(call).await.map(wire::Reply::into_response)
}
