//! `/connect` and `/oauth/callback`: the pop-up in which an operator signs in to a connector. Owns
//! what the browser sends and sees; the sign-in itself is [`oauth`](crate::oauth)'s.

pub(crate) mod page;
mod window;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::body;
use super::extract::{Params, Part};
use super::problem::ApiError;
use super::state::ServiceState;
use crate::oauth::{Entered, Need, Session, SignInProblem, SignedIn};
use page::{Notice, Page};

/// Greatest form, in bytes.
const FORM_LIMIT: usize = 64 * 1024;
/// Longest words of a vendor that are shown.
const LONGEST_WORDS: usize = 200;

/// The pop-up's routes: for our own windows only.
pub fn router(state: &ServiceState) -> Router<ServiceState> {
    Router::new()
        .route("/connect", get(overview))
        .route("/connect/{connector}", get(overview_again).post(enter))
        .route("/connect/{connector}/start", get(start))
        .route("/oauth/callback", get(callback))
        .layer(axum::middleware::from_fn_with_state(state.clone(), window::own))
}

#[derive(Deserialize)]
struct OverviewQuery {
    ticket: Option<String>,
}

/// Redeems a ticket, or shows the session's connectors again. With one vendor to go to, goes there.
async fn overview(
    State(state): State<ServiceState>,
    headers: HeaderMap,
    Params(query): Params<OverviewQuery>,
) -> Response {
    let redeemed = query.ticket.and_then(|ticket| state.authority.redeem(&ticket));
    let Some((cookie, session)) = redeemed else {
        return match window::session(&state, &headers) {
            Some(session) => overview_page(&state, &session, None),
            None => Page::message(
                StatusCode::GONE,
                "This link was used already or is too old",
                "Close this window and press the button in the phone's settings again.",
            ),
        };
    };
    let wanted = open_needs(&state, &session);
    let mut response = match wanted.as_slice() {
        [only] if only.means == crate::oauth::Means::OAuth => begin(&state, &session, &only.connector),
        _ => window::to("/connect"),
    };
    window::set_session(&mut response, &state, &cookie);
    response
}

/// The address of a form that was reloaded.
async fn overview_again() -> Response {
    window::to("/connect")
}

async fn start(State(state): State<ServiceState>, headers: HeaderMap, Part(connector): Part) -> Response {
    match window::session(&state, &headers) {
        Some(session) => begin(&state, &session, &connector),
        None => problem_page(&SignInProblem::Stale),
    }
}

fn begin(state: &ServiceState, session: &Session, connector: &str) -> Response {
    match state.authority.begin(session, connector) {
        Ok(url) => window::to(url.as_str()),
        Err(problem) => problem_page(&problem),
    }
}

/// What vendors send back. Others of their parameters are not looked at.
#[derive(Deserialize)]
struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn callback(
    State(state): State<ServiceState>,
    headers: HeaderMap,
    Params(query): Params<CallbackQuery>,
) -> Response {
    let session = window::session(&state, &headers);
    let sent = query.state.unwrap_or_default();
    let code = match (query.error, query.code) {
        (None, Some(code)) => code,
        (error, _) => {
            let name = match state.authority.abandon(session.as_ref(), &sent) {
                Ok(name) => name,
                Err(problem) => return problem_page(&problem),
            };
            let words = denied(&name, error.as_deref(), query.error_description.as_deref());
            return Page::message(StatusCode::OK, "Nothing changed", &words);
        }
    };
    match state.authority.finish(session.as_ref(), &sent, &code).await {
        Ok(signed_in) => finished(&state, session.as_ref(), &signed_in),
        Err(problem) => problem_page(&problem),
    }
}

fn denied(name: &str, error: Option<&str>, description: Option<&str>) -> String {
    match error {
        Some("access_denied") => "You did not allow it; nothing changed.".to_owned(),
        Some(error) => {
            let words = description.map(|words| format!(": {words}")).unwrap_or_default();
            let said: String = format!("{error}{words}").chars().take(LONGEST_WORDS).collect();
            format!("{name} did not sign you in ({said}); nothing changed.")
        }
        None => format!("{name} sent no code; nothing changed. Press the button in the phone's settings again."),
    }
}

/// What a form brings.
struct Form {
    token: String,
    key: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

async fn enter(
    State(state): State<ServiceState>,
    headers: HeaderMap,
    Part(connector): Part,
    body: Body,
) -> Result<Response, ApiError> {
    let Some(session) = window::session(&state, &headers) else { return Ok(problem_page(&SignInProblem::Stale)) };
    let bytes = body::read(body, FORM_LIMIT).await?;
    let form: Form = read_form(&bytes)?;
    if !session.is_own_form(&form.token) {
        return Ok(problem_page(&SignInProblem::Foreign));
    }
    let entered = match (form.key, form.username, form.password) {
        (Some(key), None, None) => Entered::Key(key.into()),
        (None, Some(username), Some(password)) => Entered::Password { username, password: password.into() },
        _ => return Ok(problem_page(&SignInProblem::Unknown)),
    };
    Ok(match state.authority.enter(&session, &connector, entered).await {
        Ok(signed_in) => finished(&state, Some(&session), &signed_in),
        Err(problem @ (SignInProblem::Refused(_) | SignInProblem::Trouble(_))) => {
            overview_page(&state, &session, Some(Notice::wrong(&problem.to_string(), status(&problem))))
        }
        Err(problem) => problem_page(&problem),
    })
}

fn read_form(bytes: &[u8]) -> Result<Form, ApiError> {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(bytes).into_owned().collect();
    let find = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Ok(Form {
        token: find("token").ok_or_else(|| ApiError::invalid_body("the form is incomplete"))?,
        key: find("key"),
        username: find("username"),
        password: find("password"),
    })
}

fn open_needs(state: &ServiceState, session: &Session) -> Vec<Need> {
    state.authority.needs(&session.operator).into_iter().filter(|need| !need.state.is_usable()).collect()
}

/// One more to go, or the end.
fn finished(state: &ServiceState, session: Option<&Session>, signed_in: &SignedIn) -> Response {
    let SignedIn { name, account, doubt } = signed_in;
    let words = match (account, doubt) {
        (Some(account), _) => format!("You are signed in to {name} as {account}."),
        (None, None) => format!("You are signed in to {name}."),
        (None, Some(doubt)) => {
            format!("You are signed in to {name}, but nothing could be read from it yet: {doubt}.")
        }
    };
    match session.filter(|session| !open_needs(state, session).is_empty()) {
        Some(session) => overview_page(state, session, Some(Notice::good(&words))),
        // Words that somebody has to read stay.
        None if doubt.is_some() => Page::message(StatusCode::OK, "Signed in", &words),
        None => Page::finished(&words),
    }
}

fn overview_page(state: &ServiceState, session: &Session, notice: Option<Notice>) -> Response {
    Page::overview(&state.authority.needs(&session.operator), session, notice)
}

fn status(problem: &SignInProblem) -> StatusCode {
    match problem {
        SignInProblem::Unknown => StatusCode::NOT_FOUND,
        SignInProblem::Stale => StatusCode::GONE,
        SignInProblem::Foreign => StatusCode::FORBIDDEN,
        SignInProblem::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        SignInProblem::Setup(_) | SignInProblem::Trouble(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn problem_page(problem: &SignInProblem) -> Response {
    let mut words = problem.to_string();
    if let Some(first) = words.get(..1) {
        let first = first.to_uppercase();
        words.replace_range(..1, &first);
    }
    Page::message(status(problem), "You are not signed in", &format!("{words}.")).into_response()
}
