//! Which browser windows may show the sign-in pages, and the cookie by which a window is known again.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::problem::ApiError;
use crate::http::state::ServiceState;
use crate::oauth::{Authority, Session};

const COOKIE: &str = "trunkline_connect";

/// Lets through what a person sees as a page, and forms of our own pages. Scripts and frames of other
/// pages are turned away, of those also that may use the daemon otherwise.
pub(super) async fn own(State(state): State<ServiceState>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let origin = text("origin");
    let own = origin.is_some_and(|origin| is_own(state.authority.base(), origin));
    let posts = request.method() == Method::POST;
    let refused = (!own && (posts || origin.is_some()))
        || (posts && text("sec-fetch-site").is_some_and(|site| site != "same-origin"))
        || text("sec-fetch-dest").is_some_and(|kind| kind != "document")
        || text("sec-fetch-mode").is_some_and(|mode| mode != "navigate");
    let mut response = if refused {
        ApiError::new(StatusCode::FORBIDDEN, "window_refused", "this page is shown in a window of its own only")
            .into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Not "no-referrer": with it browsers send forms without their origin.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

fn is_own(base: &str, origin: &str) -> bool {
    url::Url::parse(base).is_ok_and(|base| base.origin().ascii_serialization() == origin)
}

/// The session a window belongs to.
pub(super) fn session(state: &ServiceState, headers: &HeaderMap) -> Option<Session> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut ours = cookies.flat_map(|line| line.split(';')).filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    });
    ours.find_map(|cookie| state.authority.session(cookie))
}

/// Makes a window known. Lax, not strict: the vendor sends the browser back here.
pub(super) fn set_session(response: &mut Response, state: &ServiceState, cookie: &str) {
    let secure = if state.authority.base().starts_with("https:") { "; Secure" } else { "" };
    let seconds = Authority::session_seconds();
    let line = format!("{COOKIE}={cookie}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::from_str(&line) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Sends the window elsewhere.
pub(super) fn to(address: &str) -> Response {
    axum::response::Redirect::to(address).into_response()
}
