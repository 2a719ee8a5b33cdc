//! The transcript as a page: to read, and to print. No script runs in it, and nothing comes from elsewhere.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeZone;
use chrono_tz::Tz;

use super::transcript::{self, Line, Transcript};
use crate::domain::conversation::Author;
use crate::domain::html::escaped;
use crate::http::connect::page::Page;
use crate::http::extract::Part;
use crate::http::listeners;
use crate::http::problem::ApiError;
use crate::http::state::ServiceState;

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8885;--soft:#8882;--ours:#0b5fc022;--act:#0b5fc0;--quiet:#666}\
@media(prefers-color-scheme:dark){:root{--ours:#8ab8ff2e;--act:#8ab8ff;--quiet:#aaa}}\
*{box-sizing:border-box}\
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:44rem;padding:1.5rem 1.25rem}\
h1{font-size:1.4rem;margin:0}header{border-bottom:1px solid var(--line);padding-bottom:.75rem;margin-bottom:1rem}\
header p{margin:.25rem 0 0;color:var(--quiet)}h2{font-size:.85rem;font-weight:600;color:var(--quiet);\
text-align:center;margin:1.25rem 0 .5rem}ol{list-style:none;margin:0;padding:0}\
li{max-width:85%;margin:.4rem 0;padding:.5rem .8rem;border-radius:.8rem;background:var(--soft);\
break-inside:avoid;overflow-wrap:anywhere}\
li.agent{background:var(--ours);margin-left:auto}\
li.system{background:none;max-width:100%;text-align:center;color:var(--quiet);font-size:.9rem;padding:.1rem}\
li b{font-size:.85rem}li time{font-size:.8rem;color:var(--quiet);margin-left:.5rem}\
li p{margin:0;white-space:pre-wrap}a{color:var(--act)}.note{background:var(--soft);border-radius:.4rem;\
padding:.5rem .8rem}\
@media print{:root{color-scheme:light;--ours:#0b5fc022;--act:#0b5fc0;--quiet:#666}\
body{max-width:none;padding:0}li{border:1px solid #bbb;background:none}li.system{border:0}}";

/// `GET /conversations/{id}`: for operators, by token or by a browser that was let in, and for programs.
pub(super) async fn show(State(state): State<ServiceState>, headers: HeaderMap, Part(id): Part) -> Response {
    let mut response = match find(&state, &headers, &id).await {
        Ok(transcript) => page(&transcript, state.zone),
        Err(problem) => Page::refusal(problem, "This conversation cannot be shown", &headers),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

async fn find(state: &ServiceState, headers: &HeaderMap, id: &str) -> Result<Transcript, ApiError> {
    let listener = listeners::listener(state, headers)?;
    let none = || ApiError::not_found("there is no conversation under this address");
    let transcript = transcript::find(state, id).await?.ok_or_else(none)?;
    match &transcript.operator {
        Some(operator) if !listener.may_have(operator) => {
            let detail = "this conversation belongs to another operator's log";
            Err(ApiError::new(StatusCode::FORBIDDEN, "not_yours", detail))
        }
        _ => Ok(transcript),
    }
}

fn page(transcript: &Transcript, zone: Tz) -> Response {
    let nonce = STANDARD.encode(rand::random::<[u8; 16]>());
    let visitor = transcript.visitor.as_deref();
    let title = transcript.contact.as_deref().or(visitor).unwrap_or("Visitor");
    let mut about = transcript.what.clone();
    if let Some(visitor) = visitor.filter(|visitor| *visitor != title) {
        push(&mut about, format_args!(", {visitor}"));
    }
    if transcript.verified {
        about.push_str(", verified");
    }
    push(&mut about, format_args!(", {}", transcript.state));
    let mut main = format!("<header><h1>{}</h1><p>{}</p></header>", escaped(title), escaped(&about));
    if transcript.partial {
        main.push_str("<p class=\"note\">Parts of this conversation were not seen: no workspace was open then.</p>");
    }
    if transcript.lines.is_empty() {
        main.push_str("<p>Nothing was written.</p>");
    }
    let mut day = String::new();
    for line in &transcript.lines {
        let (date, time) = moment(line.at_ms, zone);
        if date != day {
            let end = if day.is_empty() { "" } else { "</ol>" };
            push(&mut main, format_args!("{end}<h2>{date}</h2><ol>"));
            day = date;
        }
        item(&mut main, line, &time, title);
    }
    if !day.is_empty() {
        main.push_str("</ol>");
    }
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <style nonce=\"{nonce}\">{STYLE}</style></head><body><main>{main}</main></body></html>",
        escaped(title)
    );
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    );
    let mut response = html.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn item(main: &mut String, line: &Line, time: &str, title: &str) {
    let name = line.name.as_deref().unwrap_or(match line.author {
        Author::Visitor => title,
        Author::Agent => "Agent",
        Author::System | Author::Internal => "",
    });
    let class = line.author.word();
    let more = if line.truncated { "… (cut)" } else { "" };
    push(
        main,
        format_args!(
            "<li class=\"{class}\"><b>{}</b><time>{time}</time><p>{}{more}</p>",
            escaped(name),
            escaped(&line.text)
        ),
    );
    for link in &line.attachments {
        // Only what a browser fetches: a link must not run.
        if link.starts_with("https://") || link.starts_with("http://") {
            push(main, format_args!("<p><a rel=\"noreferrer\" href=\"{0}\">{0}</a></p>", escaped(link)));
        } else {
            push(main, format_args!("<p>{}</p>", escaped(link)));
        }
    }
    main.push_str("</li>");
}

fn moment(ms: i64, zone: Tz) -> (String, String) {
    match zone.timestamp_millis_opt(ms) {
        chrono::LocalResult::Single(time) | chrono::LocalResult::Ambiguous(time, _) => {
            (time.format("%A, %e %B %Y").to_string(), time.format("%H:%M:%S").to_string())
        }
        chrono::LocalResult::None => Default::default(),
    }
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(part);
}
