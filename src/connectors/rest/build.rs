//! Makes a request out of a manifest's templates and a scope.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Request, Url};
use serde_json::Value;

use super::address;
use super::expression::{Scope, words_of};
use super::manifest::{BodyFormat, Method};
use super::plan::{Plan, Put, RequestPlan, Way};
use super::tree::{Tree, TreeError};
use crate::domain::upstream::{Trouble, UpstreamError};
use crate::outbound::Outbound;

/// What a request is made of.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) plan: &'a Plan,
    pub(super) request: &'a RequestPlan,
    pub(super) base: &'a Url,
    pub(super) address: Option<&'a str>,
    pub(super) way: Option<&'a Way>,
}

/// Makes the request. Errors name the manifest's key, never a value.
pub(super) fn request(parts: &Parts<'_>, scope: &Scope, outbound: &Outbound) -> Result<Request, UpstreamError> {
    let plan = parts.request;
    let mut url = if let Some(address) = parts.address {
        address::named(parts.plan, parts.base, parts.base, address)?
    } else {
        let path = plan.path.render(scope).map_err(|error| wrong(&plan.at, "path", &words_of(&error)))?;
        let mut url = address::below(parts.plan, parts.base, &path)?;
        let pairs = query(plan, scope)?;
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        url
    };
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let body = plan.body.as_ref().map(|tree| body(plan, tree, scope)).transpose()?;
    if let Some((kind, _)) = &body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for (name, tree) in parts.plan.headers.iter().chain(&plan.headers) {
        let value = tree.render(scope).map_err(|error| in_tree(&plan.at, "headers", name, &error))?;
        if let Some(text) = value.as_ref().and_then(scalar).filter(|text| !text.is_empty()) {
            let words = "holds what no header may (a line break?)";
            let value = HeaderValue::from_str(&text).map_err(|_| wrong(&plan.at, &format!("headers.{name}"), words))?;
            headers.insert(header_name(name)?, value);
        }
    }
    open(parts.way, scope, &mut headers, &mut url)?;
    let method = match plan.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut builder = outbound.request(method, url).headers(headers);
    if let Some((_, bytes)) = body {
        builder = builder.body(bytes);
    }
    builder.build().map_err(|_| wrong(&plan.at, "path", "makes no request"))
}

fn wrong(at: &str, key: &str, words: &str) -> UpstreamError {
    UpstreamError::new(Trouble::Rejected, format!("the manifest's `{at}.{key}` cannot be made: {words}"))
}

fn in_tree(at: &str, key: &str, name: &str, error: &TreeError) -> UpstreamError {
    let inside = if error.at.is_empty() { String::new() } else { format!(".{}", error.at) };
    let name = if name.is_empty() { String::new() } else { format!(".{name}") };
    wrong(at, &format!("{key}{name}{inside}"), &words_of(&error.error))
}

fn header_name(name: &str) -> Result<HeaderName, UpstreamError> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| UpstreamError::new(Trouble::Rejected, format!("\"{name}\" is no name of a header")))
}

/// A value as text, where it has one.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn query(plan: &RequestPlan, scope: &Scope) -> Result<Vec<(String, String)>, UpstreamError> {
    let mut pairs = Vec::with_capacity(plan.query.len());
    for (name, tree) in &plan.query {
        let value = tree.render(scope).map_err(|error| in_tree(&plan.at, "query", name, &error))?;
        flat(name, value.unwrap_or_default(), &mut pairs)
            .map_err(|()| wrong(&plan.at, &format!("query.{name}"), "a table has no place in a query"))?;
    }
    Ok(pairs)
}

/// One pair for a value, one for each entry of a list, none for nothing.
fn flat(name: &str, value: Value, pairs: &mut Vec<(String, String)>) -> Result<(), ()> {
    match value {
        Value::Null => Ok(()),
        Value::Array(items) => items.into_iter().try_for_each(|item| flat(name, item, pairs)),
        value => {
            pairs.push((name.to_owned(), scalar(&value).ok_or(())?));
            Ok(())
        }
    }
}

fn body(plan: &RequestPlan, tree: &Tree, scope: &Scope) -> Result<(&'static str, Vec<u8>), UpstreamError> {
    let value = tree.render(scope).map_err(|error| in_tree(&plan.at, "body", "", &error))?.unwrap_or_default();
    match plan.body_format {
        BodyFormat::Json => Ok(("application/json", value.to_string().into_bytes())),
        BodyFormat::Form => {
            let mut pairs = Vec::new();
            let Value::Object(entries) = value else { return Err(wrong(&plan.at, "body", "a form is a table")) };
            for (name, value) in entries {
                flat(&name, value, &mut pairs)
                    .map_err(|()| wrong(&plan.at, &format!("body.{name}"), "a form has no tables inside"))?;
            }
            let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            Ok(("application/x-www-form-urlencoded", text.into_bytes()))
        }
    }
}

/// Puts the credential in.
fn open(way: Option<&Way>, scope: &Scope, headers: &mut HeaderMap, url: &mut Url) -> Result<(), UpstreamError> {
    let text = |tree: &Tree| -> Result<String, UpstreamError> {
        let value = tree.render(scope).map_err(|error| in_tree("auth", "value", "", &error))?;
        Ok(value.as_ref().and_then(scalar).unwrap_or_default())
    };
    let (put, value) = match way {
        None => return Ok(()),
        Some(Way::Basic(name, password)) => {
            let pair = format!("{}:{}", text(name)?, text(password)?);
            headers.insert(AUTHORIZATION, secret(&format!("Basic {}", STANDARD.encode(pair)))?);
            return Ok(());
        }
        Some(Way::Put(put, value)) => (put, text(value)?),
        Some(Way::Session(way)) => (&way.put, text(&way.value)?),
    };
    match put {
        Put::Header(name) => {
            headers.insert(header_name(name)?, secret(&value)?);
        }
        Put::Query(name) => {
            // The next page's address may carry it already.
            let others: Vec<(String, String)> = url
                .query_pairs()
                .filter(|(key, _)| key != name)
                .map(|(k, v)| (k.into_owned(), v.into_owned()))
                .collect();
            url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, &value);
        }
    }
    Ok(())
}

fn secret(text: &str) -> Result<HeaderValue, UpstreamError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        UpstreamError::new(Trouble::Unauthorized, "the credential holds what no header may: enter it again")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
