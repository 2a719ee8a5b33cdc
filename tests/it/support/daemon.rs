//! A running daemon in this process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use trunkline::app::App;
use trunkline::app::authority::Outside;
use trunkline::config::Config;
use trunkline::connectors::SharedConnector;
use trunkline::domain::clock::{ManualClock, SharedClock};
use trunkline::http::ServiceState;

use super::Answer;

/// 2026-01-01T10:00:00Z, when the vectors' call comes in.
pub const NOW: i64 = 1_767_261_600_000;
/// What most tests want: numbers of the vectors are American.
pub const US: &str = "[numbers]\ndefault_region = 'US'\n";

pub struct Daemon {
    pub base: String,
    pub clock: Arc<ManualClock>,
    pub state: ServiceState,
    pub client: reqwest::Client,
    pub bearer: Option<String>,
    toml: String,
    world: World,
    pub folder: Arc<TempDir>,
    stop: oneshot::Sender<()>,
    served: JoinSet<std::io::Result<()>>,
}

/// What is outside of a daemon.
#[derive(Clone)]
pub enum World {
    /// What the configuration names, but for these connectors.
    Configured(BTreeMap<String, SharedConnector>),
    /// Something else.
    Other(Outside),
}

/// A client that no proxy of the environment gets between.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(2)).build().expect("a client")
}

impl Daemon {
    /// A new daemon that reads national numbers as American.
    pub async fn start() -> Self {
        Self::with(US).await
    }

    /// A new daemon with this configuration; its database is in a folder of its own.
    pub async fn with(toml: &str) -> Self {
        Self::with_upstreams(toml, BTreeMap::new()).await
    }

    /// The same with connectors in place of what the configuration would build, by id.
    pub async fn with_upstreams(toml: &str, upstreams: BTreeMap<String, SharedConnector>) -> Self {
        Self::in_world(toml, World::Configured(upstreams)).await
    }

    /// The same, with another world outside.
    pub async fn outside(toml: &str, outside: Outside) -> Self {
        Self::in_world(toml, World::Other(outside)).await
    }

    async fn in_world(toml: &str, world: World) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::open(toml.to_owned(), world, folder, ManualClock::at(NOW)).await
    }

    /// On a folder that may hold a database of before.
    pub async fn open(toml: String, world: World, folder: Arc<TempDir>, clock: Arc<ManualClock>) -> Self {
        let mut config = Config::parse("test.toml", &toml, []).unwrap_or_else(|error| panic!("{error}")).config;
        config.storage.url = format!("sqlite:{}", folder.path().join("trunkline.db").display());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let shared: SharedClock = clock.clone();
        let outside = match world.clone() {
            World::Other(outside) => outside,
            World::Configured(stand_ins) => {
                let outside = Outside::configured(&config, shared.clone()).unwrap_or_else(|error| panic!("{error}"));
                Outside { stand_ins, ..outside }
            }
        };
        let built = App::build_with(config, shared, outside).await;
        let mut app = built.unwrap_or_else(|error| panic!("{error}"));
        app.allow_origin(base.clone());
        let state = app.state().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let mut served = JoinSet::new();
        served.spawn(app.serve(listener, async move { drop(stopped.await) }));
        Self { base, clock, state, client: client(), bearer: None, toml, world, folder, stop, served }
    }

    /// Everything the database holds on disk, the write-ahead log included.
    pub fn database_bytes(&self) -> Vec<u8> {
        std::fs::read_dir(self.folder.path())
            .expect("the folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.is_file())
            .flat_map(|path| std::fs::read(path).expect("readable"))
            .collect()
    }

    /// Stops it as a service manager would, and waits until it has ended.
    pub async fn stop(self) -> Arc<TempDir> {
        drop(self.stop);
        let mut served = self.served;
        served.join_next().await.expect("a server").expect("no panic").expect("a clean end");
        self.folder
    }

    /// Stops it and starts it again on the same database.
    pub async fn restart(self) -> Self {
        let toml = self.toml.clone();
        self.restart_with(&toml).await
    }

    /// The same with another configuration.
    pub async fn restart_with(self, toml: &str) -> Self {
        let (clock, world) = (self.clock.clone(), self.world.clone());
        let folder = self.stop().await;
        Self::open(toml.to_owned(), world, folder, clock).await
    }

    /// Another daemon on a copy of this one's database, as it is on the disk at this moment: what a crash
    /// leaves behind. Its clock is its own.
    pub async fn after_a_crash(&self) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        for entry in std::fs::read_dir(self.folder.path()).expect("the folder") {
            let path = entry.expect("an entry").path();
            std::fs::copy(&path, folder.path().join(path.file_name().expect("a name"))).expect("copied");
        }
        Self::open(self.toml.clone(), self.world(), folder, ManualClock::at(self.clock_ms())).await
    }

    pub fn world(&self) -> World {
        self.world.clone()
    }

    pub fn clock_ms(&self) -> i64 {
        trunkline::domain::clock::Clock::now_ms(&*self.clock)
    }

    /// Looks for changes now, and waits until that is done: the report.
    pub async fn sync(&self, connector: &str, options: &Value) -> Value {
        let path = format!("/v1/connectors/{connector}/sync?wait=true");
        self.send("POST", &path, options).await.ok()["report"].clone()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method.parse().expect("a method"), self.url(path));
        match &self.bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path).send().await.expect("an answer")).await
    }

    pub async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(method, path).json(body).send().await.expect("an answer")).await
    }

    /// A widget's request, whatever the answer.
    pub async fn try_post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", &format!("/embeddable{path}"), body).await
    }

    /// A widget's request that must succeed: `{"response", "commands"}`.
    #[track_caller]
    pub fn post<'a>(&'a self, path: &'a str, body: &'a Value) -> impl Future<Output = Value> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.try_post(path, body).await;
            assert_eq!(answer.status, 200, "{caller}: {path}: {}", answer.text);
            let answer = answer.json();
            assert!(answer["commands"].is_array() && answer.get("response").is_some(), "{caller}: {answer}");
            answer
        }
    }

    /// The `data` of a widget's response.
    #[track_caller]
    pub fn data<'a>(&'a self, path: &'a str, body: &'a Value) -> impl Future<Output = Value> + 'a {
        let post = self.post(path, body);
        async move { post.await["response"]["data"].clone() }
    }

    /// Writes contacts; every one must be taken.
    pub async fn contacts(&self, contacts: &[Value]) -> Value {
        let counts = self.send("POST", "/v1/contacts/batch", &json!({"contacts": contacts})).await.ok();
        assert_eq!(counts["rejected"], json!([]), "{counts}");
        counts
    }

    pub async fn delete(&self, ids: &[&str]) -> Value {
        self.send("POST", "/v1/contacts/batch", &json!({"deleted": ids})).await.ok()
    }

    /// Who is behind one number: the ids.
    pub async fn matched(&self, number: &str) -> Vec<String> {
        let data = self.data("/contacts/match", &json!({"phoneNumbers": [number]})).await;
        let found = data[number].as_array().unwrap_or_else(|| panic!("{number} is not answered: {data}"));
        found.iter().map(|entity| entity["id"].as_str().expect("an id").to_owned()).collect()
    }

    pub async fn calls(&self, session_id: &str) -> Vec<Value> {
        let answer = self.get(&format!("/v1/call-logs?sessionId={session_id}")).await.ok();
        answer["items"].as_array().expect("items").clone()
    }

    pub async fn message_logs(&self, conversation_id: &str) -> Vec<Value> {
        let answer = self.get(&format!("/v1/message-logs?conversationId={conversation_id}")).await.ok();
        answer["items"].as_array().expect("items").clone()
    }
}

/// A contact with one number.
pub fn person(id: &str, name: &str, number: &str) -> Value {
    json!({"id": id, "name": name, "phoneNumbers": [{"phoneNumber": number, "phoneType": "mobile"}]})
}

/// The ids of a list of contacts.
pub fn ids(data: &Value) -> Vec<&str> {
    let items = data.as_array().unwrap_or_else(|| panic!("no list: {data}"));
    items.iter().map(|item| item["id"].as_str().expect("an id")).collect()
}
