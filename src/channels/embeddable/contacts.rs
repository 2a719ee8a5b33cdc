//! `/contacts`: the contact list, page by page (protocol 3.1).
//!
//! Without a token the living contacts are listed by key and the token is the stamp of page 1. With a
//! token, the changes since then. A token that is too old, or not one of ours, gets the full list and
//! no token: the widget then replaces its list and starts afresh.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, json};

use super::refresh::refresh;
use super::wire::{Answer, Call, Reply};
use crate::domain::json;
use crate::domain::sync::{Cursor, Stamp};
use crate::http::ApiError;
use crate::http::pages::Start;
use crate::storage::contact_list::Page;

/// Contacts of a page: beyond this a row costs more, and a slow link needs its 60 s.
const PAGE: i64 = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    page: Value,
    #[serde(default)]
    sync_timestamp: Value,
    /// `manual` is the refresh button.
    #[serde(default, rename = "type")]
    kind: Value,
}

pub(super) async fn handle(call: Call) -> Answer {
    let request: Request = call.parse()?;
    let start = position(&request)?;
    if request.kind == "manual" && matches!(start, Start::First(_)) {
        refresh(&call.state, &call.operator).await;
    }
    let cache = &call.state.pages;
    let storage = &call.state.storage;
    // Every open page asks for the same list after a change: what one was told is kept as bytes until
    // the next change of a contact.
    let floor = storage.known_floor();
    if let Some(bytes) = cache.get(&(storage.known_stamp(), floor, start)) {
        return Ok(Reply::Finished(bytes));
    }
    let (page, token) = read(&call, start).await?;
    let bytes = reply(&page, token).finish();
    cache.insert((page.snapshot, floor, start), bytes.clone());
    Ok(Reply::Finished(bytes))
}

async fn read(call: &Call, start: Start) -> Result<(Page, Option<Stamp>), ApiError> {
    let prefix = &call.state.contact_prefix;
    let storage = &call.state.storage;
    Ok(match start {
        Start::First(None) => {
            let page = storage.full_page(prefix, 0, None, PAGE).await?;
            let token = page.stamp;
            (page, Some(token))
        }
        Start::First(Some(token)) => match storage.changes_page(prefix, token, None, PAGE).await? {
            Some(page) => {
                let token = page.stamp;
                (page, Some(token))
            }
            None => (storage.full_page(prefix, 0, None, PAGE).await?, None),
        },
        Start::At(Cursor::Full { after, last }) => (storage.full_page(prefix, after, Some(last), PAGE).await?, None),
        Start::At(Cursor::Changes { after, bound }) => {
            let page = storage.changes_page(prefix, after, Some(bound), PAGE).await?;
            (page.ok_or_else(stale)?, Some(bound))
        }
    })
}

fn position(request: &Request) -> Result<Start, ApiError> {
    let page = json::text(Some(&request.page)).unwrap_or_default();
    if !matches!(page.as_str(), "" | "1") {
        return Cursor::from_str(&page).map(Start::At).map_err(|()| stale());
    }
    Ok(Start::First(match &request.sync_timestamp {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        // What is no stamp of ours is taken for one that is too old.
        token => Some(json::integer(Some(token)).unwrap_or(-1)),
    }))
}

fn stale() -> ApiError {
    ApiError::invalid_body("`page` is not a `nextPage` this daemon handed out, or too old")
        .fix("sync again from page 1")
}

fn reply(page: &Page, token: Option<Stamp>) -> Reply {
    let next = json!(page.next.map(|cursor| cursor.to_string()));
    let token = token.map_or_else(String::new, |token| format!(",\"syncTimestamp\":{token}"));
    Reply::ready(format!("{{\"data\":{},\"nextPage\":{next}{token}}}", page.data))
}
