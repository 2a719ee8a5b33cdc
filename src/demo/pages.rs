//! The demo's web sites: the CRM page, the simulated phone and chat workspace, and the shop, under strict
//! content security policies, as careful companies would serve them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rust_embed::RustEmbed;
use serde_json::{Value, json};

use super::chats::{Customer, SITE};
use super::panel::{self, Panel};
use super::shop::Shop;
use crate::http::assets::file_response;

#[derive(RustEmbed)]
#[folder = "adapter-js/simulator"]
#[include = "*.js"]
#[include = "*.css"]
#[include = "*.html"]
#[include = "*.svg"]
#[exclude = "screenshot.js"]
struct Files;

/// The origins, and who visits.
#[derive(Debug, Clone)]
pub(super) struct Sites {
    pub(super) daemon: String,
    pub(super) page: String,
    pub(super) widget: String,
    pub(super) workspace: String,
    pub(super) shop: String,
    pub(super) customers: Vec<Customer>,
}

#[derive(Debug)]
struct Site {
    index: &'static str,
    policy: HeaderValue,
    addresses: Value,
}

/// The CRM page, with what its panel asks.
pub(super) fn host(sites: &Sites, panel: Panel) -> Router {
    let Sites { daemon, widget, workspace, shop, .. } = sites;
    let policy = format!(
        "default-src 'none'; script-src 'self' {daemon}; style-src 'self'; img-src 'self' data:; \
         connect-src 'self' {daemon}; frame-src {widget} {workspace} {shop}; base-uri 'none'; form-action 'none'"
    );
    site("host.html", &policy, sites).merge(panel::router(panel, &sites.page))
}

/// The simulated phone.
pub(super) fn phone(sites: &Sites) -> Router {
    site("widget.html", &framed(sites), sites)
}

/// The simulated chat workspace.
pub(super) fn workspace(sites: &Sites) -> Router {
    site("workspace/workspace.html", &framed(sites), sites)
}

/// What loads nothing from elsewhere, in a frame of the CRM page.
fn framed(sites: &Sites) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; \
         connect-src 'self'; frame-ancestors {}; base-uri 'none'; form-action 'none'",
        sites.page
    )
}

/// The shop, by itself or in a frame of the CRM page, with what its own server answers.
pub(super) fn shop(sites: &Sites, shop: Shop) -> Router {
    let Sites { daemon, page, .. } = sites;
    let policy = format!(
        "default-src 'none'; script-src 'self' {daemon}; style-src 'self'; img-src 'self' data:; \
         connect-src 'self' {daemon}; frame-ancestors {page}; base-uri 'none'; form-action 'none'"
    );
    site("shop/shop.html", &policy, sites).merge(shop.router())
}

fn site(index: &'static str, policy: &str, sites: &Sites) -> Router {
    let policy = HeaderValue::from_str(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let renew = format!("{}/v1/engage/sites/{SITE}/identities/renew", sites.daemon);
    let addresses = json!({
        "daemon": sites.daemon, "page": sites.page, "widget": sites.widget, "workspace": sites.workspace,
        "shop": sites.shop, "crm": "crm.json", "timeline": "timeline.json", "owners": "owners.json", "renewUrl": renew,
        "customers": sites.customers,
    });
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
