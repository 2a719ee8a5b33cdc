//! The servers that are compared: the whole service, and a bare axum handler that reads the same body
//! and answers fixed bytes. Each on a runtime of its own, of the kind the daemon runs on.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use trunkline::app::App;
use trunkline::config::Config;
use trunkline::domain::clock::SystemClock;
use trunkline::telemetry;

use super::{quit, runtime, with_tokens};

pub const ORIGIN: &str = "https://crm.example";
pub const KEY_ID: &str = "bench";
pub const SECRET: &str = "only-for-benches-0123456789abcdef0123456789abcdef";

/// A server that runs until it is dropped or stopped.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: std::sync::mpsc::Receiver<()>,
    runtime: Runtime,
}

impl Server {
    /// The service on a database: all layers on, logging as by default.
    pub fn service(database: &Path) -> Self {
        Self::configured(config(database, ""))
    }

    /// The service with a configuration of its own.
    pub fn configured(config: Config) -> Self {
        telemetry::start(&config.log);
        let runtime = runtime();
        let app = runtime.block_on(App::build(config, Arc::new(SystemClock)));
        let app = app.unwrap_or_else(|error| quit(&error.to_string()));
        Self::start(runtime, |listener, stop| async move {
            app.serve(listener, async { drop(stop.await) }).await.expect("the service runs");
        })
    }

    /// One handler for every path of the widget.
    pub fn bare(answer: Vec<u8>) -> Self {
        let answer = Bytes::from(answer);
        let handler = |body: Bytes| async move {
            drop(body);
            ([(CONTENT_TYPE, "application/json")], answer)
        };
        let router: Router = Router::new().route("/embeddable/{*path}", post(handler));
        Self::start(runtime(), |listener, stop| async move {
            axum::serve(listener, router).with_graceful_shutdown(async { drop(stop.await) }).await.expect("it runs");
        })
    }

    fn start<F: Future<Output = ()> + Send + 'static>(
        runtime: Runtime,
        serve: impl FnOnce(TcpListener, oneshot::Receiver<()>) -> F,
    ) -> Self {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = std::sync::mpsc::channel();
        let serving = serve(listener, stopped);
        runtime.spawn(async move {
            serving.await;
            let _ = end.send(());
        });
        Self { address, stop, ended, runtime }
    }

    /// Stops it and waits for its end.
    pub fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.ended.recv();
        self.runtime.shutdown_background();
    }
}

/// The service's configuration, and what it has further.
pub fn config(database: &Path, further: &str) -> Config {
    let mut text = format!(
        "{further}[server]\nallowed_origins = [\"{ORIGIN}\"]\n[storage]\nurl = \"sqlite:{}\"\n[numbers]\ndefault_region = \"US\"\n",
        database.display()
    );
    if with_tokens() {
        let _ = write!(
            text,
            "[operators]\nauth = \"jwt\"\nmax_lifetime_seconds = 0\n\
             [[operators.keys]]\nkid = \"{KEY_ID}\"\nalg = \"HS256\"\nsecret = \"{SECRET}\"\n"
        );
    }
    match Config::parse("bench", &text, []) {
        Ok(loaded) => loaded.config,
        Err(error) => quit(&error.to_string()),
    }
}

/// Processor seconds a process has used: `self` or a process id. Linux counts in hundredths.
pub fn cpu_time(process: &str) -> f64 {
    let Ok(text) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { return f64::NAN };
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
    ticks / 100.0
}
