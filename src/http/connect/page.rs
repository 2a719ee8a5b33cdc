//! What the pop-up shows: one small page without anything from elsewhere.

use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::domain::html::escaped;
use crate::http::problem::ApiError;
use crate::oauth::{Means, Need, Session};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8885;--soft:#8882;--act:#0b5fc0;--on:#fff;--bad:#b3261e;--good:#1b6e3c}\
@media(prefers-color-scheme:dark){:root{--act:#8ab8ff;--on:#101418;--bad:#ffb4ab;--good:#8fd6a8}}\
*{box-sizing:border-box}\
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:30rem;padding:1.25rem}\
h1{font-size:1.3rem;margin:0 0 .75rem}h2{font-size:1.05rem;margin:0}p{margin:.25rem 0 .75rem}\
section{border:1px solid var(--line);border-radius:.6rem;padding:1rem;margin:0 0 1rem}\
label{display:block;margin:.5rem 0;font-size:.9rem}\
input{display:block;width:100%;font:inherit;padding:.5rem;border:1px solid var(--line);border-radius:.4rem}\
button,a.act{display:inline-block;font:inherit;font-weight:600;padding:.5rem 1rem;margin-top:.25rem;border:0;\
border-radius:.4rem;background:var(--act);color:var(--on);text-decoration:none;cursor:pointer}\
:focus-visible{outline:3px solid var(--act);outline-offset:2px}\
.note{background:var(--soft);border-radius:.4rem;padding:.6rem .8rem}.bad{color:var(--bad)}.good{color:var(--good)}";
/// Long enough to read a line.
const CLOSE: &str = "setTimeout(function(){window.close()},1500)";

/// A line above the connectors.
pub(super) struct Notice {
    words: String,
    status: StatusCode,
}

impl Notice {
    pub(super) fn good(words: &str) -> Self {
        Self { words: words.to_owned(), status: StatusCode::OK }
    }

    pub(super) fn wrong(words: &str, status: StatusCode) -> Self {
        Self { words: words.to_owned(), status }
    }
}

/// The pages.
pub(crate) struct Page;

impl Page {
    /// A heading and words.
    pub(in crate::http) fn message(status: StatusCode, heading: &str, words: &str) -> Response {
        let main = format!("<h1>{}</h1><p role=\"status\">{}</p>", escaped(heading), escaped(words));
        answer(status, &main, false)
    }

    /// Why an address cannot be shown: problem details for programs, a page for people.
    pub(crate) fn refusal(problem: ApiError, heading: &str, asked: &HeaderMap) -> Response {
        if asked.contains_key(header::AUTHORIZATION) {
            return problem.into_response();
        }
        let words = [Some(problem.detail), problem.fix].into_iter().flatten().collect::<Vec<_>>().join(". ");
        Self::message(problem.status, heading, &words)
    }

    /// The end: the window closes itself.
    pub(super) fn finished(words: &str) -> Response {
        let main = format!(
            "<h1 class=\"good\">Signed in</h1><p role=\"status\">{}</p>\
             <p>This window closes by itself; if it does not, close it.</p>",
            escaped(words)
        );
        answer(StatusCode::OK, &main, true)
    }

    /// The connectors with their state and what to do.
    pub(super) fn overview(needs: &[Need], session: &Session, notice: Option<Notice>) -> Response {
        let mut main = "<h1>Sign in</h1>".to_owned();
        // Without tokens there is one operator, who has no name.
        let operator = &session.operator;
        if operator.name.is_some() || operator.email.is_some() {
            push(&mut main, format_args!("<p>For {}.</p>", escaped(operator.account())));
        }
        let mut status = StatusCode::OK;
        if let Some(notice) = notice {
            status = notice.status;
            let kind = if status.is_success() { "good" } else { "bad" };
            push(&mut main, format_args!("<p class=\"note {kind}\" role=\"alert\">{}</p>", escaped(&notice.words)));
        }
        if needs.is_empty() {
            main.push_str("<p>There is nothing to sign in to.</p>");
        }
        for need in needs {
            section(&mut main, need, session);
        }
        answer(status, &main, false)
    }
}

fn section(main: &mut String, need: &Need, session: &Session) {
    let name = escaped(&need.name);
    let connector = escaped(&need.connector);
    let kind = if need.state.is_usable() { "good" } else { "bad" };
    push(main, format_args!("<section><h2>{name}</h2><p class=\"{kind}\">{}</p>", escaped(&sentence(need))));
    if need.company {
        main.push_str("<p>One sign-in for everybody in the company.</p>");
    }
    let again = if need.state.is_usable() { "Sign in again" } else { "Sign in" };
    let form = format!(
        "<form method=\"post\" action=\"/connect/{connector}\" autocomplete=\"off\">\
         <input type=\"hidden\" name=\"token\" value=\"{}\">",
        escaped(&session.form_token)
    );
    match &need.means {
        Means::OAuth => push(main, format_args!("<a class=\"act\" href=\"/connect/{connector}/start\">{again}</a>")),
        Means::Key => push(
            main,
            format_args!(
                "{form}<label>Key<input type=\"password\" name=\"key\" autocomplete=\"off\" required></label><button>{again}</button></form>"
            ),
        ),
        Means::Password(username) => push(
            main,
            format_args!(
                "{form}<label>Name<input name=\"username\" value=\"{}\" autocomplete=\"username\" required></label>\
                 <label>Password<input type=\"password\" name=\"password\" autocomplete=\"current-password\" required></label>\
                 <button>{again}</button></form>",
                escaped(username)
            ),
        ),
    }
    main.push_str("</section>");
}

fn sentence(need: &Need) -> String {
    let text = need.state.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(part);
}

fn answer(status: StatusCode, main: &str, close: bool) -> Response {
    let nonce = STANDARD.encode(rand::random::<[u8; 16]>());
    let script = if close { format!("<script nonce=\"{nonce}\">{CLOSE}</script>") } else { String::new() };
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Trunkline</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <style nonce=\"{nonce}\">{STYLE}</style></head><body><main>{main}</main>{script}</body></html>"
    );
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
