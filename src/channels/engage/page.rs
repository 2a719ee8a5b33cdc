//! `/engage/{site}`: the snippets of a site with buttons that copy them, and the administrator's checklist.
//! For operators and programs; nothing of keys stands here.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::checklist::checklist;
use super::offered::samples;
use super::site;
use super::snippets::attribute as escaped;
use crate::config::engage::SiteConfig;
use crate::domain::passing::random_name;
use crate::http::connect::page::Page;
use crate::http::extract::Part;
use crate::http::{ServiceState, listeners};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8885;--soft:#8882;--act:#0b5fc0;--on:#fff}\
@media(prefers-color-scheme:dark){:root{--act:#8ab8ff;--on:#101418}}\
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:52rem;padding:1.5rem 1.25rem}\
h1{font-size:1.4rem;margin:0 0 1rem}h2{font-size:1.05rem;margin:0}\
section{border:1px solid var(--line);border-radius:.6rem;padding:1rem;margin:0 0 1rem}\
header{display:flex;justify-content:space-between;align-items:center;gap:1rem}\
pre{background:var(--soft);border-radius:.4rem;padding:.7rem .9rem;overflow-x:auto;font-size:.85rem}\
p{margin:.3rem 0;font-size:.95rem}\
button{font:inherit;font-weight:600;padding:.35rem .9rem;border:0;border-radius:.4rem;background:var(--act);\
color:var(--on);cursor:pointer}:focus-visible{outline:3px solid var(--act);outline-offset:2px}";
/// Without a clipboard (plain http) the text is selected, to be copied by hand.
const SCRIPT: &str = "\
for(const button of document.querySelectorAll('button')){button.addEventListener('click',async()=>{\
const code=document.getElementById(button.dataset.of);\
try{await navigator.clipboard.writeText(code.textContent);button.textContent='Copied'}\
catch{getSelection().selectAllChildren(code);button.textContent='Selected'}\
setTimeout(()=>{button.textContent='Copy'},2000)})}";

pub(super) async fn show(State(state): State<ServiceState>, headers: HeaderMap, Part(id): Part) -> Response {
    let found = listeners::listener(&state, &headers).and_then(|_| site::find(&state, &id));
    match found {
        Ok(site) => page(&id, site),
        Err(problem) => Page::refusal(problem, "These snippets cannot be shown", &headers),
    }
}

fn page(id: &str, site: &SiteConfig) -> Response {
    let nonce = random_name();
    let mut main = format!("<h1>Engage Messaging on {}</h1>", escaped(id));
    for one in samples(site) {
        section(&mut main, one.kind, one.title, &one.code, &one.notes);
    }
    let tasks = checklist(site);
    section(&mut main, "checklist", "For the administrator", tasks["text"].as_str().unwrap_or_default(), &[]);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Engage Messaging</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <style nonce=\"{nonce}\">{STYLE}</style></head><body><main>{main}</main>\
         <script nonce=\"{nonce}\">{SCRIPT}</script></body></html>"
    );
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; form-action 'none'; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let mut response = html.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn section(main: &mut String, id: &str, title: &str, code: &str, notes: &[String]) {
    // Writing to a String cannot fail.
    let _ = write!(
        main,
        "<section><header><h2>{}</h2><button type=\"button\" data-of=\"{id}\">Copy</button></header>\
         <pre id=\"{id}\">{}</pre>",
        escaped(title),
        escaped(code)
    );
    for note in notes {
        let _ = write!(main, "<p>{}</p>", escaped(note));
    }
    main.push_str("</section>");
}
