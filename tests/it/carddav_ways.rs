//! The ways to address books as providers lay them, and where credentials do not go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use secrecy::SecretString;
use trunkline::connectors::{Means, build};
use trunkline::domain::clock::ManualClock;
use trunkline::domain::credential::{Credentials, Grant, Opening, Whose};
use trunkline::domain::upstream::{Trouble, UpstreamError};
use trunkline::outbound::{Outbound, OutboundOptions};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::conformance::{Model, Person};
use crate::support::NOW;
use crate::support::dav::{card, connector};
use crate::support::fake_dav::{FakeDav, found, multistatus};

fn ada() -> String {
    card("ada", &Person::new("Ada", "Lovelace", "+16505550100"))
}

fn authorization(request: &Request) -> String {
    request.headers.get("authorization").map_or_else(String::new, |value| value.to_str().expect("text").to_owned())
}

fn moved(to: &str) -> ResponseTemplate {
    ResponseTemplate::new(301).insert_header("location", to)
}

/// A place that answers anything and remembers that it was asked.
async fn elsewhere() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(multistatus("")).mount(&server).await;
    server
}

/// Another host is never asked, unless the administrator allows it: by redirect or by an href.
#[tokio::test]
async fn credentials_stay_at_home() {
    let other = elsewhere().await;
    let to = other.uri();
    let redirect = FakeDav::start({
        let to = to.clone();
        move |_, _| Some(moved(&format!("{to}/steal")))
    })
    .await;
    let href = FakeDav::start(move |request, _| {
        let home = format!("<c:addressbook-home-set><d:href>{to}/steal/</d:href></c:addressbook-home-set>");
        (request.url.path() == "/alice/").then(|| multistatus(&found("/alice/", &home)))
    })
    .await;
    for fake in [&redirect, &href] {
        let error = connector(&fake.config()).list_changes(None).await.expect_err("refused");
        assert_eq!(error.trouble, Trouble::Broken);
        assert!(error.words.contains("allowed_hosts") && error.words.contains("127.0.0.1:"), "{error}");
    }
    assert_eq!(other.received_requests().await.expect("recorded").len(), 0, "a credential went elsewhere");
}

#[tokio::test]
async fn redirects_that_never_end() {
    let fake = FakeDav::start(|request, _| Some(moved(&format!("{}x", request.url.path())))).await;
    let error = connector(&fake.config()).list_changes(None).await.expect_err("a circle");
    assert_eq!(error.trouble, Trouble::Broken);
    assert!(error.words.contains("redirects more than 5 times"), "{error}");
}

/// iCloud: the account's partition is another host, which home and cards are on.
#[tokio::test]
async fn a_partition_host() {
    let partition = FakeDav::start(|request, _| {
        assert!(authorization(request).starts_with("Basic "), "the partition is signed in to");
        None
    })
    .await;
    partition.store().put("ada.vcf", &ada());
    let home = partition.server.uri();
    let front = FakeDav::start(move |request, _| match request.url.path() {
        "/alice/" => {
            let home = format!("<c:addressbook-home-set><d:href>{home}/alice/</d:href></c:addressbook-home-set>");
            Some(multistatus(&found("/alice/", &home)))
        }
        _ => None,
    })
    .await;
    let mut config = front.config();
    config.allowed_hosts = vec![partition.server.uri().trim_start_matches("http://").to_owned()];
    let mut model = Model::default();
    let connector = connector(&config);
    model.run(&*connector).await.expect("a run");
    assert_eq!(model.records.keys().collect::<Vec<_>>(), ["/alice/book/ada.vcf"]);
    model.sweep(&*connector).await;
    assert_eq!(model.records.len(), 1);
}

/// Nextcloud: `/.well-known/carddav` leads to `/remote.php/dav/`, and the root is a web page.
#[tokio::test]
async fn nextcloud() {
    let fake = FakeDav::start(|request, _| match (request.url.path(), request.method.as_str()) {
        ("/", _) => Some(ResponseTemplate::new(405).set_body_raw("<html></html>", "text/html")),
        ("/.well-known/carddav", _) => Some(moved("/remote.php/dav/")),
        ("/remote.php/dav/", _) => Some(multistatus(&found(
            "/remote.php/dav/",
            "<d:current-user-principal><d:href>/remote.php/dav/principals/users/alice/</d:href></d:current-user-principal>",
        ))),
        _ => None,
    })
    .await;
    fake.store().put("ada.vcf", &ada());
    let mut model = Model::default();
    model.run(&*connector(&fake.config())).await.expect("a run");
    assert_eq!(model.records.len(), 1);
    assert_eq!(
        fake.asked()[..4],
        [
            "PROPFIND /.well-known/carddav",
            "PROPFIND /remote.php/dav/",
            "PROPFIND /remote.php/dav/principals/users/alice/",
            "PROPFIND /alice/"
        ]
    );
}

/// A token that is renewed once when it is refused.
#[derive(Debug, Default)]
struct Renewed(AtomicU64);

fn token(serial: u64) -> Grant {
    let opening = Opening::Token(SecretString::from(format!("CANARY-{serial}")));
    Grant { serial, opening, base_url: None }
}

#[async_trait]
impl Credentials for Renewed {
    async fn grant(&self, _: &Whose) -> Result<Grant, UpstreamError> {
        Ok(token(self.0.load(Ordering::SeqCst)))
    }

    async fn renew(&self, _: &Whose, refused: &Grant) -> Result<Grant, UpstreamError> {
        self.0.store(refused.serial + 1, Ordering::SeqCst);
        Ok(token(refused.serial + 1))
    }
}

/// Google: OAuth tokens, which run out between two questions; at signs encoded or not.
#[tokio::test]
async fn google() {
    let fake = FakeDav::start(|request, store| {
        let age = store.asked.len();
        let good = if age < 5 { "Bearer CANARY-0" } else { "Bearer CANARY-1" };
        if authorization(request) != good {
            return Some(ResponseTemplate::new(401).insert_header("www-authenticate", "Bearer realm=\"x\""));
        }
        (request.url.path() == "/.well-known/carddav").then(|| moved("/carddav/v1/principals/a%40b.example/"))
    })
    .await;
    fake.store().book = "/carddav/v1/principals/a%40b.example/lists/default/".to_owned();
    fake.store().put("17c%3Aa", &ada());
    let credentials = Arc::new(Renewed::default());
    let means = |credentials: Arc<Renewed>| Means {
        outbound: Outbound::new(&OutboundOptions::default()).expect("a door"),
        clock: ManualClock::at(NOW),
        credentials,
    };
    let google = build("google", &fake.config(), means(Arc::clone(&credentials))).expect("a connector");
    let mut model = Model::default();
    model.run(&*google).await.expect("a run");
    assert_eq!(
        model.records.keys().collect::<Vec<_>>(),
        ["/carddav/v1/principals/a%40b.example/lists/default/17c%3Aa"]
    );
    assert_eq!(credentials.0.load(Ordering::SeqCst), 1, "one renewal");

    // A new token that is not taken either is for a person to mend, and is in no words.
    let never = FakeDav::start(|_, _| Some(ResponseTemplate::new(401))).await;
    let google = build("google", &never.config(), means(Arc::default())).expect("a connector");
    let error = google.list_changes(None).await.expect_err("unauthorized");
    assert_eq!((error.trouble, never.asked().len()), (Trouble::Unauthorized, 2));
    assert!(!format!("{error:?}{google:?}").contains("CANARY"), "{error:?}");
}

/// What is not an address book's, or not there, is said with what to do.
#[tokio::test]
async fn nothing_where_the_url_leads() {
    let fake = FakeDav::start(|_, _| Some(ResponseTemplate::new(404))).await;
    let mut config = fake.config();
    config.url.push_str("wrong/path/");
    let error = connector(&config).list_changes(None).await.expect_err("nothing");
    assert_eq!(error.trouble, Trouble::Gone, "{error}");
    assert_eq!(fake.asked(), ["PROPFIND /wrong/path/", "PROPFIND /.well-known/carddav"]);

    let empty = FakeDav::start(|request, _| {
        let depth = request.headers.get("depth").is_some_and(|depth| depth == "1");
        depth.then(|| multistatus(&found("/alice/", "<d:resourcetype><d:collection/></d:resourcetype>")))
    })
    .await;
    let error = connector(&empty.config()).list_changes(None).await.expect_err("no book");
    assert!(error.trouble == Trouble::Gone && error.words.contains("no address book"), "{error}");
}
