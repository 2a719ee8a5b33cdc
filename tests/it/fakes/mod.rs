//! Stand-ins for vendors' APIs: stateful servers on a loopback port that hold to the vendors' rules.
//!
//! A fake knows nothing of connectors. It refuses what the vendor refuses, forgets what the vendor
//! forgets, and keeps count of what it was asked. "Another client" is a call of a method on it.

pub mod asked;
pub mod gate;
pub mod hubspot;
pub mod oauth;
pub mod pipedrive;
pub mod salesforce;
pub mod soql;
pub mod zoho;

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::Value;
use tokio::task::JoinSet;
use trunkline::domain::clock::ManualClock;

pub use asked::Asked;
pub use gate::{Fault, Gate, Refusal};

/// An answer of a fake.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Option<Box<Value>>,
    pub text: Option<String>,
}

impl Reply {
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, body: Some(Box::new(body)), ..Self::default() }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn with(mut self, name: &str, value: &impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        let body = match (self.body, self.text) {
            (Some(json), _) => {
                response = response.header("content-type", "application/json;charset=utf-8");
                Body::from(json.to_string())
            }
            (None, Some(text)) => {
                response = response.header("content-type", "text/html");
                Body::from(text)
            }
            (None, None) => Body::empty(),
        };
        response.body(body).expect("a response")
    }
}

/// What a vendor's fake must say for itself.
pub trait Vendor: Send + Sync + 'static {
    /// Answers one request that may come in.
    fn answer(&self, asked: &Asked) -> Reply;
    /// The vendor's own way to refuse.
    fn refuse(&self, why: Refusal) -> Reply;
    /// The credential of a request, wherever the vendor wants it.
    fn credential(&self, asked: &Asked) -> Option<String>;
    /// Headers on every answer, such as what is left of a budget.
    fn decorate(&self, _asked: &Asked, reply: Reply) -> Reply {
        reply
    }
    /// Where tokens are made.
    fn oauth(&self) -> oauth::Paths;
}

/// A fake that listens.
pub struct Running<V> {
    vendor: Arc<V>,
    pub gate: Arc<Gate>,
    pub base: String,
    _served: JoinSet<()>,
}

impl<V> Deref for Running<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.vendor
    }
}

impl<V: Vendor> Running<V> {
    /// Listens on a free port. `make` is told the address.
    pub async fn start(clock: Arc<ManualClock>, make: impl FnOnce(&str, Arc<ManualClock>) -> V) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let vendor = Arc::new(make(&base, clock.clone()));
        let gate = Arc::new(Gate::new(clock));
        let router = Router::new().fallback(serve::<V>).with_state((vendor.clone(), gate.clone()));
        let mut served = JoinSet::new();
        served.spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { vendor, gate, base, _served: served }
    }
}

async fn serve<V: Vendor>(State((vendor, gate)): State<(Arc<V>, Arc<Gate>)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let asked = Asked::new(&parts, &body);
    gate.note(&asked);
    let fault = gate.fault(&asked);
    if matches!(fault, Some(Fault::Hang)) {
        std::future::pending::<()>().await;
    }
    let mut reply = pass(&*vendor, &gate, &asked, fault.as_ref());
    reply = vendor.decorate(&asked, reply);
    match fault {
        Some(Fault::Html) => {
            Reply { status: 200, text: Some("<html><body>Sign in</body></html>".into()), ..Reply::default() }
                .into_response()
        }
        Some(Fault::Truncated) => {
            let whole = reply.body.take().unwrap_or_default().to_string();
            let half: String = whole.chars().take(whole.chars().count() / 2).collect();
            reply.text = Some(half);
            reply.into_response()
        }
        _ => reply.into_response(),
    }
}

fn pass<V: Vendor>(vendor: &V, gate: &Gate, asked: &Asked, fault: Option<&Fault>) -> Reply {
    if let Some(reply) = oauth::answer(&vendor.oauth(), gate, asked) {
        return reply;
    }
    match fault {
        Some(Fault::Unauthorized) => return vendor.refuse(Refusal::Unauthorized),
        Some(Fault::RateLimited(wait)) => return vendor.refuse(Refusal::RateLimited(*wait)),
        Some(Fault::Forbidden) => return vendor.refuse(Refusal::Forbidden),
        Some(Fault::ServerError) => return vendor.refuse(Refusal::Failed),
        Some(Fault::AfterCommit) => {
            vendor.answer(asked);
            return vendor.refuse(Refusal::Failed);
        }
        _ => {}
    }
    match vendor.credential(asked) {
        Some(token) if gate.admits(&token) => vendor.answer(asked),
        _ => vendor.refuse(Refusal::Unauthorized),
    }
}

/// A lock that a failed assertion elsewhere does not spoil.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A time in a vendor's own format.
pub fn stamp(ms: i64, format: &str) -> String {
    chrono::DateTime::from_timestamp_millis(ms).expect("a time").format(format).to_string()
}

/// Reads a time with any offset.
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.replace(' ', "+");
    chrono::DateTime::parse_from_rfc3339(&text)
        .or_else(|_| chrono::DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .map(|time| time.timestamp_millis())
}
