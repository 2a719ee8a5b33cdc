//! The shop's own server: it asks the daemon for a customer's signed identity, as a company's site would, and
//! stands for the web chat's vendor with the community's settings. The mint's answer goes to the shop's page
//! alone.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::chats::{Customer, KEY_ID, SITE};
use super::digital::Digital;
use super::pages::Sites;
use crate::http::guard::{Guard, gate};
use crate::outbound::{Outbound, OutboundOptions};

/// The server's means.
#[derive(Debug, Clone)]
pub(super) struct Shop(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    outbound: Outbound,
    digital: Digital,
    daemon: String,
    mint: Url,
    customers: Vec<Customer>,
    /// The community's settings, which the stand-in chat judges tokens by.
    source: Value,
    origin: String,
}

impl Shop {
    /// A shop with the customers of `sites`, and `key` in its community at the vendor's.
    pub(super) fn new(sites: &Sites, key: &str, digital: Digital) -> Result<Self, String> {
        let mint = format!("{}/v1/engage/sites/{SITE}/identities/mint", sites.daemon);
        let keys = json!([{"kid": KEY_ID, "alg": "HS256", "secret": key}]);
        let source = json!({
            "domain": "sample", "mode": "require", "keys": keys, "messages": "engage/messages", "close": "engage/close",
        });
        Ok(Self(Arc::new(Inner {
            outbound: Outbound::new(&OutboundOptions::default())?,
            digital,
            daemon: sites.daemon.clone(),
            mint: Url::parse(&mint).map_err(|error| error.to_string())?,
            customers: sites.customers.clone(),
            source,
            origin: sites.shop.clone(),
        })))
    }

    /// `GET /identity.json`, `GET /engage/source.json`, and what the stand-in chat calls.
    pub(super) fn router(self) -> Router {
        let host = Url::parse(&self.0.origin).ok().and_then(|url| url.host_str().map(str::to_owned));
        let guard = Guard::new(host, [self.0.origin.clone()], []);
        Router::new()
            .route("/identity.json", get(identity))
            .route("/engage/source.json", get(source))
            .with_state(self.clone())
            .merge(self.0.digital.chat(&self.0.daemon))
            .layer(from_fn_with_state(guard, gate))
    }
}

#[derive(Debug, Deserialize)]
struct SignedIn {
    customer: String,
}

/// What the mint answers for a customer; elsewhere the shop's session says who that is.
async fn identity(State(Shop(shop)): State<Shop>, Query(signed_in): Query<SignedIn>) -> Response {
    let Some(customer) = shop.customers.iter().find(|customer| customer.id == signed_in.customer) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let body = json!({"contactId": customer.id});
    let Ok(request) = shop.outbound.request(Method::POST, shop.mint.clone()).json(&body).build() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match shop.outbound.send(request).await {
        Ok(answer) => (answer.status, unstored("application/json"), answer.body).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn source(State(Shop(shop)): State<Shop>) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(shop.source.clone())).into_response()
}

fn unstored(media_type: &'static str) -> [(header::HeaderName, HeaderValue); 2] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}
