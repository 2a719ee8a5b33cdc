//! A CardDAV server that does what real ones do only on bad days. It keeps cards, counts its sync
//! token up, and answers as the hook of a test says before it answers by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use trunkline::config::ConnectorConfig;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::dav::config;

/// An answer in place of the server's own.
type Hook = Box<dyn Fn(&Request, &mut Store) -> Option<ResponseTemplate> + Send + Sync>;

/// What the server keeps, and how it presents itself.
#[derive(Debug, Clone)]
pub struct Store {
    /// Text and version by path.
    pub cards: BTreeMap<String, (String, u64)>,
    /// Paths by the token their last change made.
    changes: Vec<(u64, String)>,
    token: u64,
    /// It knows RFC 6578.
    pub syncs: bool,
    /// The book's path.
    pub book: String,
    /// Method and path of each request.
    pub asked: Vec<String>,
}

impl Store {
    pub fn put(&mut self, name: &str, text: &str) {
        self.token += 1;
        let path = format!("{}{name}", self.book);
        self.cards.insert(path.clone(), (text.to_owned(), self.token));
        self.changes.push((self.token, path));
    }

    pub fn delete(&mut self, name: &str) {
        self.token += 1;
        let path = format!("{}{name}", self.book);
        self.cards.remove(&path);
        self.changes.push((self.token, path));
    }

    fn since(&self, token: u64) -> BTreeSet<&String> {
        self.changes.iter().filter(|(at, _)| *at > token).map(|(_, path)| path).collect()
    }

    fn own(&mut self, request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let depth = request.headers.get("depth").map_or("", |depth| depth.to_str().expect("text"));
        match request.method.as_str() {
            "PROPFIND" if path == self.book && depth == "1" => self.versions(),
            "PROPFIND" if path == self.book => multistatus(&self.book_properties()),
            "PROPFIND" if depth == "1" => multistatus(&format!(
                "{}{}",
                found(path, "<d:resourcetype><d:collection/></d:resourcetype>"),
                self.book_properties()
            )),
            "PROPFIND" => multistatus(&found(
                path,
                "<d:resourcetype><d:collection/></d:resourcetype><d:displayname>Alice</d:displayname>\
                 <d:current-user-principal><d:href>/alice/</d:href></d:current-user-principal>\
                 <c:addressbook-home-set><d:href>/alice/</d:href></c:addressbook-home-set>",
            )),
            "REPORT" if body.contains("sync-collection") => self.sync(&body),
            "REPORT" => self.multiget(&body),
            "GET" => match self.cards.get(path) {
                Some((text, version)) => ResponseTemplate::new(200)
                    .insert_header("etag", etag(*version))
                    .set_body_raw(text.clone(), "text/vcard"),
                None => ResponseTemplate::new(404),
            },
            "PUT" => self.write(request, path, &body),
            other => panic!("{other} {path}"),
        }
    }

    fn book_properties(&self) -> String {
        let sync = if self.syncs {
            format!(
                "<d:sync-token>t{}</d:sync-token><d:supported-report-set><d:supported-report><d:report>\
                 <d:sync-collection/></d:report></d:supported-report></d:supported-report-set>",
                self.token
            )
        } else {
            "<d:supported-report-set/>".to_owned()
        };
        let kind =
            "<d:resourcetype><d:collection/><c:addressbook/></d:resourcetype><d:displayname>Book</d:displayname>";
        found(&self.book, &format!("{kind}<s:getctag>c{}</s:getctag>{sync}", self.token))
    }

    fn versions(&self) -> ResponseTemplate {
        let cards = self
            .cards
            .iter()
            .map(|(path, (_, version))| found(path, &format!("<d:getetag>{}</d:getetag>", etag(*version))));
        multistatus(&format!("{}{}", self.book_properties(), cards.collect::<String>()))
    }

    fn sync(&self, body: &str) -> ResponseTemplate {
        assert!(!body.contains("limit"), "a limit loses changes: {body}");
        let token = between(body, "<D:sync-token>", "</D:sync-token>").trim_start_matches('t').parse().unwrap_or(0);
        let changes = self.since(token).into_iter().map(|path| match self.cards.get(path) {
            Some((_, version)) => found(path, &format!("<d:getetag>{}</d:getetag>", etag(*version))),
            None => gone(path),
        });
        multistatus(&format!("{}<d:sync-token>t{}</d:sync-token>", changes.collect::<String>(), self.token))
    }

    fn multiget(&self, body: &str) -> ResponseTemplate {
        let hrefs = body.split("<D:href>").skip(1).map(|part| part.split("</D:href>").next().expect("an end"));
        let cards = hrefs.map(|path| match self.cards.get(path) {
            Some((text, version)) => {
                let text = quick_xml::escape::escape(text.as_str());
                found(
                    path,
                    &format!("<d:getetag>{}</d:getetag><c:address-data>{text}</c:address-data>", etag(*version)),
                )
            }
            None => gone(path),
        });
        multistatus(&cards.collect::<String>())
    }

    fn write(&mut self, request: &Request, path: &str, body: &str) -> ResponseTemplate {
        let stands = self.cards.get(path).map(|(_, version)| etag(*version));
        let header = |name: &str| request.headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        let met = match (header("if-match"), header("if-none-match")) {
            (Some(version), None) => stands.as_ref() == Some(&version),
            (None, Some(_)) => stands.is_none(),
            _ => panic!("a write without a condition"),
        };
        if !met {
            return ResponseTemplate::new(412);
        }
        let name = path.strip_prefix(self.book.as_str()).expect("in the book").to_owned();
        self.put(&name, body);
        ResponseTemplate::new(if stands.is_some() { 204 } else { 201 })
    }
}

/// The versions of cards.
fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split(start).nth(1).and_then(|rest| rest.split(end).next()).unwrap_or_default()
}

/// A response with properties.
pub fn found(path: &str, properties: &str) -> String {
    format!(
        "<d:response><d:href>{path}</d:href><d:propstat><d:prop>{properties}</d:prop>\
         <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}

/// A response with a status only.
pub fn with_status(path: &str, status: &str) -> String {
    format!("<d:response><d:href>{path}</d:href><d:status>HTTP/1.1 {status}</d:status></d:response>")
}

fn gone(path: &str) -> String {
    with_status(path, "404 Not Found")
}

/// An answer of these responses.
pub fn multistatus(responses: &str) -> ResponseTemplate {
    let text = format!(
        "<?xml version='1.0'?><d:multistatus xmlns:d='DAV:' xmlns:c='urn:ietf:params:xml:ns:carddav' \
         xmlns:s='http://calendarserver.org/ns/'>{responses}</d:multistatus>"
    );
    ResponseTemplate::new(207).set_body_raw(text, "application/xml; charset=utf-8")
}

struct Responder(Arc<Mutex<Store>>, Hook);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut store = self.0.lock().expect("the store");
        let path = request.url.path();
        store.asked.push(format!("{} {path}", request.method));
        (self.1)(request, &mut store).unwrap_or_else(|| store.own(request))
    }
}

/// The server.
pub struct FakeDav {
    pub server: MockServer,
    store: Arc<Mutex<Store>>,
}

impl FakeDav {
    /// A server with the book `/alice/book/`, which `hook` may speak for.
    pub async fn start(
        hook: impl Fn(&Request, &mut Store) -> Option<ResponseTemplate> + Send + Sync + 'static,
    ) -> Self {
        let store = Store {
            cards: BTreeMap::new(),
            changes: Vec::new(),
            token: 0,
            syncs: true,
            book: "/alice/book/".to_owned(),
            asked: Vec::new(),
        };
        let store = Arc::new(Mutex::new(store));
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(Responder(Arc::clone(&store), Box::new(hook))).mount(&server).await;
        Self { server, store }
    }

    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().expect("the store")
    }

    /// A connector's configuration for it.
    pub fn config(&self) -> ConnectorConfig {
        config(&format!("{}/", self.server.uri()), "pw")
    }

    /// What was asked since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.store().asked)
    }
}
