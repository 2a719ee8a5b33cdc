//! One page of a listing, and where it goes on. Guards against servers that go round in circles.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use reqwest::header::{HeaderMap, LINK};
use sha2::{Digest, Sha256};
use url::Url;

use super::address;
use super::client::{Ask, Client, Reply};
use super::cursor::Page;
use super::expression::Scope;
use super::manifest::PagingKind;
use super::map;
use super::path::Found;
use super::plan::{ListingPlan, PagingPlan};
use crate::domain::credential::Whose;
use crate::domain::upstream::{Trouble, UpstreamError};

/// A page that was read.
#[derive(Debug)]
pub(super) struct PageRead {
    /// The records with their ids.
    pub(super) records: Vec<(String, Found)>,
    /// The whole answer.
    pub(super) found: Found,
    pub(super) headers: HeaderMap,
    /// How many there are in all, where the answer says so.
    pub(super) total: Option<u64>,
    /// The place after it; nothing at the end.
    pub(super) next: Option<Page>,
}

fn broken(words: impl std::fmt::Display) -> UpstreamError {
    UpstreamError::new(Trouble::Broken, words)
}

/// Reads the page at a place. `scope` has all but `page`.
pub(super) async fn read(
    client: &Client,
    whose: &Whose,
    listing: &ListingPlan,
    scope: Scope,
    page: &Page,
) -> Result<PageRead, UpstreamError> {
    let scope = page.scope(scope, &listing.paging);
    let ask = Ask { whose, request: &listing.request, scope, address: page.address.as_deref(), writes: false };
    let reply = client.ask(ask).await?;
    let found = reply.found();
    let entries = if reply.nothing { Vec::new() } else { records(listing, &found).map_err(broken)? };
    let mut records = Vec::with_capacity(entries.len());
    for entry in entries {
        records.push((map::id(&client.plan.contact, listing.id.as_ref(), &entry).map_err(broken)?, entry));
    }
    let total = listing.paging.total.as_ref().and_then(|path| path.find(&found)?.json().as_u64());
    let next = next(client, listing, &reply, &found, page, &records, total)?;
    Ok(PageRead { records, found, headers: reply.headers, total, next })
}

/// The records in an answer. Where an answer has content but not the place of records, something else
/// was answered: to take it for an empty list could delete everything.
pub(super) fn records(listing: &ListingPlan, found: &Found) -> Result<Vec<Found>, String> {
    if found.is_null() {
        return Err("an empty answer came where a list was asked for".into());
    }
    let Some(path) = &listing.records else { return Ok(found.entries()) };
    match path.look(found) {
        Ok(list) if !list.is_null() => Ok(list.entries()),
        Ok(_) => Err(format!("the answer has no records at `{}`", path.source())),
        Err(words) => Err(format!("the answer's records cannot be read at `{}`: {words}", path.source())),
    }
}

fn next(
    client: &Client,
    listing: &ListingPlan,
    reply: &Reply,
    found: &Found,
    page: &Page,
    records: &[(String, Found)],
    total: Option<u64>,
) -> Result<Option<Page>, UpstreamError> {
    let paging = &listing.paging;
    let mut after = page.clone();
    after.count += 1;
    after.records += records.len() as u64;
    (after.cursor, after.address) = (None, None);
    let more = paging.more.as_ref().map(|path| path.find(found).is_some_and(|value| value.is_true()));
    if paging.kind == PagingKind::Single || more == Some(false) {
        return Ok(None);
    }
    let step = match paging.kind {
        PagingKind::CursorBody => {
            after.cursor = text_at(paging, found);
            after.cursor.clone()
        }
        PagingKind::NextUrl => {
            after.address = text_at(paging, found).map(|text| address(client, reply, &text)).transpose()?;
            after.address.clone()
        }
        PagingKind::LinkHeader => {
            after.address = next_link(&reply.headers).map(|text| address(client, reply, &text)).transpose()?;
            after.address.clone()
        }
        _ => counted(paging, page, &mut after, records, total, more)?,
    };
    let Some(step) = step else { return Ok(None) };
    guard(paging, &mut after, &step, records)?;
    Ok(Some(after))
}

/// Goes on by counting or by the last id; nothing at the end.
fn counted(
    paging: &PagingPlan,
    page: &Page,
    after: &mut Page,
    records: &[(String, Found)],
    total: Option<u64>,
    more: Option<bool>,
) -> Result<Option<String>, UpstreamError> {
    let keyset = paging.kind == PagingKind::KeysetId;
    let Some((id, last)) = records.last() else {
        // An empty page in the middle may be one whose records were all filtered.
        let on = paging.kind == PagingKind::Page && more == Some(true);
        return Ok(on.then(|| after.count.to_string()));
    };
    let count = records.len() as u64;
    // A keyset's total is of what is still to come, this page included.
    let reached = total.is_some_and(|total| if keyset { count >= total } else { after.records >= total });
    let short = paging.short_page_ends && count < u64::from(paging.size);
    if more.is_none() && (reached || short) {
        return Ok(None);
    }
    if !keyset {
        return Ok(Some(after.count.to_string()));
    }
    let key = match &paging.key {
        Some(path) => path.find(last).ok_or_else(|| broken("a record has no key to go on from"))?.json(),
        None => serde_json::Value::String(id.clone()),
    };
    if page.last_id.as_ref() == Some(&key) {
        return Err(broken("a page ended with the same record as the one before: the listing does not go on"));
    }
    after.last_id = Some(key.clone());
    Ok(Some(key.to_string()))
}

fn guard(paging: &PagingPlan, after: &mut Page, step: &str, records: &[(String, Found)]) -> Result<(), UpstreamError> {
    if after.count >= paging.max_pages {
        return Err(broken(format!("the listing has more than {} pages", paging.max_pages)));
    }
    if after.cursors.comes_again(&fingerprint([step])) {
        return Err(broken("the listing's cursor came again: it goes round in a circle"));
    }
    if records.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<&str> = records.iter().map(|(id, _)| id.as_str()).collect();
    ids.sort_unstable();
    if after.pages.comes_again(&fingerprint(ids)) {
        return Err(broken("the listing sent a page of records again instead of the next: it goes round in a circle"));
    }
    Ok(())
}

fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    STANDARD_NO_PAD.encode(&digest.finalize()[..12])
}

fn text_at(paging: &PagingPlan, found: &Found) -> Option<String> {
    paging.next.as_ref()?.find(found)?.text()
}

fn address(client: &Client, reply: &Reply, text: &str) -> Result<String, UpstreamError> {
    let url = address::named(&client.plan, &reply.base, &reply.url, text)?;
    Ok(client.without_credential(url).into())
}

/// The address of `rel="next"` in `Link` headers (RFC 8288).
fn next_link(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    for value in all {
        let mut rest = value;
        while let Some((_, after)) = rest.split_once('<') {
            let (address, params) = after.split_once('>')?;
            // The parameters end where the next link begins.
            let end = params.find(",<").or_else(|| params.find(", <")).unwrap_or(params.len());
            let is_next = params[..end].split(';').any(|param| {
                let (name, value) = param.split_once('=').unwrap_or_default();
                let rels = value.trim().trim_end_matches(',').trim_matches('"').to_ascii_lowercase();
                name.trim().eq_ignore_ascii_case("rel") && rels.split_whitespace().any(|rel| rel == "next")
            });
            if is_next {
                return Some(address.to_owned());
            }
            rest = &params[end..];
        }
    }
    None
}

impl Client {
    /// An address to keep: without a key in its query.
    pub(super) fn without_credential(&self, mut url: Url) -> Url {
        let Some(name) = self.query_key() else { return url };
        let others: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(key, _)| key != name)
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        url.query_pairs_mut().clear().extend_pairs(others);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        let mut headers = HeaderMap::new();
        let value = "<https://a.example/?p=1&x=a,b>; rel=\"prev\", </c?p=3>; title=\"x\"; rel=\"last next\"";
        headers.append(LINK, value.parse().expect("a header"));
        assert_eq!(next_link(&headers).as_deref(), Some("/c?p=3"));
        headers.clear();
        headers.append(LINK, "</c?p=3>; rel=prev".parse().expect("a header"));
        assert_eq!(next_link(&headers), None);
    }
}
