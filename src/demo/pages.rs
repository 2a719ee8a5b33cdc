//! The demo's two web sites: the CRM page and the simulated phone, under strict content security
//! policies, as a careful company would serve them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rust_embed::RustEmbed;
use serde_json::{Value, json};

use super::panel::{self, Panel};
use crate::http::assets::file_response;

#[derive(RustEmbed)]
#[folder = "adapter-js/simulator"]
#[include = "*.js"]
#[include = "*.css"]
#[include = "*.html"]
#[include = "*.svg"]
#[exclude = "screenshot.js"]
struct Files;

/// The three origins.
#[derive(Debug, Clone)]
pub(super) struct Sites {
    pub(super) daemon: String,
    pub(super) page: String,
    pub(super) widget: String,
}

#[derive(Debug)]
struct Site {
    index: &'static str,
    policy: HeaderValue,
    addresses: Value,
}

/// The CRM page, with what its panel asks.
pub(super) fn host(sites: &Sites, panel: Panel) -> Router {
    let Sites { daemon, widget, .. } = sites;
    let policy = format!(
        "default-src 'none'; script-src 'self' {daemon}; style-src 'self'; img-src 'self' data:; \
         connect-src 'self' {daemon}; frame-src {widget}; base-uri 'none'; form-action 'none'"
    );
    site("host.html", &policy, sites).merge(panel::router(panel, &sites.page))
}

/// The simulated phone.
pub(super) fn phone(sites: &Sites) -> Router {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; \
         connect-src 'self'; frame-ancestors {}; base-uri 'none'; form-action 'none'",
        sites.page
    );
    site("widget.html", &policy, sites)
}

fn site(index: &'static str, policy: &str, sites: &Sites) -> Router {
    let policy = HeaderValue::from_str(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let addresses = json!({"daemon": sites.daemon, "page": sites.page, "widget": sites.widget, "crm": "crm.json"});
    let site = Arc::new(Site { index, policy, addresses });
    Router::new()
        .route("/", get(front))
        .route("/demo.json", get(addresses_of))
        .route("/{*file}", get(file))
        .with_state(site)
}

async fn addresses_of(State(site): State<Arc<Site>>) -> Json<Value> {
    Json(site.addresses.clone())
}

async fn front(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    serve(&site, site.index, &headers)
}

async fn file(State(site): State<Arc<Site>>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    serve(&site, &file, &headers)
}

fn serve(site: &Site, name: &str, headers: &HeaderMap) -> Response {
    let Some(file) = Files::get(name) else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = file_response(name, &file, headers);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, site.policy.clone());
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
