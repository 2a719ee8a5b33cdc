//! A host of media on loopback, by http or by https under the real names, that does what it is told and
//! remembers who asked. And the world in which a daemon takes it for the vendor.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use trunkline::app::authority::Outside;
use trunkline::config::Config;
use trunkline::domain::clock::ManualClock;
use trunkline::media::World;

use super::vector::body;
use super::{Daemon, NOW};

/// What the host does when it is asked.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A whole file of a type.
    File(&'static str, Vec<u8>),
    /// A status with headers and no body.
    Status(u16, &'static [(&'static str, &'static str)]),
    /// Leads elsewhere.
    To(String),
    /// Says more bytes than it sends, and closes.
    Broken(&'static str, Vec<u8>),
    /// Sends so much, and then nothing, without closing.
    Stalled(&'static str, Vec<u8>),
    /// Does not say how long it is, and never ends.
    Endless(&'static str, Vec<u8>),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub head: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

#[derive(Debug, Default)]
struct Told {
    replies: Mutex<HashMap<String, VecDeque<Reply>>>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
}

pub struct MediaHost {
    pub address: SocketAddr,
    told: Arc<Told>,
    _served: JoinSet<()>,
}

impl MediaHost {
    /// By http on 127.0.0.1.
    pub async fn plain() -> Self {
        Self::start(Ipv4Addr::LOCALHOST.into(), false).await
    }

    /// By https, on an address of loopback of its own.
    pub async fn secure(ip: [u8; 4]) -> Self {
        Self::start(IpAddr::V4(ip.into()), true).await
    }

    /// On an address of loopback; with `secure` under the certificate of the real names.
    pub async fn start(ip: IpAddr, secure: bool) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let told = Arc::new(Told::default());
        let (shared, tls) = (told.clone(), secure.then(acceptor));
        let mut served = JoinSet::new();
        served.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (told, tls) = (shared.clone(), tls.clone());
                open.spawn(async move {
                    match tls {
                        None => answer(stream, &told).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                answer(stream, &told).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, told, _served: served }
    }

    /// `http://127.0.0.1:port<path>`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it does at a path, one after the other; the last holds on.
    pub fn on(&self, path: &str, replies: &[Reply]) {
        self.told.replies.lock().expect("a map").insert(path.to_owned(), replies.iter().cloned().collect());
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.told.seen.lock().expect("a list").clone()
    }

    pub fn asked(&self, path: &str) -> usize {
        self.seen().iter().filter(|seen| seen.path == path).count()
    }

    pub fn connections(&self) -> usize {
        self.told.connections.load(Ordering::SeqCst)
    }

    /// `[media]` that takes it for a place of one's own.
    pub fn toml(&self, more: &str) -> String {
        format!("[media]\nfetch = true\nallowed_hosts = ['{}']\n{more}\n", self.address)
    }
}

fn acceptor() -> TlsAcceptor {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    let chain = vec![CertificateDer::from_pem_file(folder.join("server.pem")).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key.pem")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocols")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a pair");
    TlsAcceptor::from(Arc::new(config))
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, told: &Told) {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    told.seen.lock().expect("a list").push(Seen { path: path.clone(), head });
    let reply = {
        let mut replies = told.replies.lock().expect("a map");
        match replies.get_mut(path.split('?').next().unwrap_or_default()) {
            Some(queue) if queue.len() > 1 => queue.pop_front(),
            Some(queue) => queue.front().cloned(),
            None => None,
        }
    };
    // The daemon may hang up before all is written.
    drop(write(&mut stream, reply.unwrap_or(Reply::Status(404, &[]))).await);
    drop(stream.shutdown().await);
}

async fn write(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), reply: Reply) -> std::io::Result<()> {
    let head = |status: u16, headers: &str| format!("HTTP/1.1 {status} x\r\nconnection: close\r\n{headers}\r\n");
    let typed = |kind: &str, length: usize| head(200, &format!("content-type: {kind}\r\ncontent-length: {length}\r\n"));
    match reply {
        Reply::File(kind, bytes) => {
            stream.write_all(typed(kind, bytes.len()).as_bytes()).await?;
            stream.write_all(&bytes).await
        }
        Reply::Status(status, headers) => {
            let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            stream.write_all(head(status, &format!("{}content-length: 0\r\n", lines.concat())).as_bytes()).await
        }
        Reply::To(to) => {
            stream.write_all(head(302, &format!("location: {to}\r\ncontent-length: 0\r\n")).as_bytes()).await
        }
        Reply::Broken(kind, bytes) => {
            stream.write_all(typed(kind, bytes.len() + 100).as_bytes()).await?;
            stream.write_all(&bytes).await
        }
        Reply::Stalled(kind, bytes) => {
            stream.write_all(typed(kind, bytes.len() + 100).as_bytes()).await?;
            stream.write_all(&bytes).await?;
            stream.flush().await?;
            // Until the daemon hangs up.
            stream.read_u8().await.map(drop)
        }
        Reply::Endless(kind, bytes) => {
            stream.write_all(head(200, &format!("content-type: {kind}\r\n")).as_bytes()).await?;
            loop {
                stream.write_all(&bytes).await?;
            }
        }
    }
}

/// The usual world, in a hurry.
pub fn world() -> World {
    let second = Duration::from_secs(1);
    World { retry: Duration::from_millis(1), connect: 5 * second, silence: 20 * second, ..World::real(None) }
}

/// A daemon in a world where media come from elsewhere.
pub async fn daemon(toml: &str, world: World) -> Daemon {
    let config = Config::parse("test.toml", toml, []).unwrap_or_else(|error| panic!("{error}")).config;
    let outside = Outside::configured(&config, ManualClock::at(NOW)).unwrap_or_else(|error| panic!("{error}"));
    Daemon::outside(toml, Outside { media: world, ..outside }).await
}

/// The post of a late recording (vector 20) of a session, with this address.
pub fn recorded(session: &str, uri: &str) -> Value {
    let mut post = body("20");
    post["call"]["sessionId"] = json!(session);
    post["call"]["recording"] = json!({"id": format!("r{session}"), "type": "Automatic", "contentUri": uri});
    post
}

/// A short MP3, as far as anybody looks.
pub fn mp3(length: usize) -> Vec<u8> {
    let mut bytes = b"ID3\x04\0\0\0\0\0\0".to_vec();
    bytes.extend((0..length.saturating_sub(bytes.len())).map(|n| u8::try_from(n % 251).expect("small")));
    bytes
}

impl Daemon {
    /// Posts a call with a recording, and waits until its file is dealt with: the row.
    pub async fn record(&self, session: &str, uri: &str) -> Value {
        self.post("/callLogger", &recorded(session, uri)).await;
        self.media_of(session).await
    }

    /// The first file of a call, once nothing is under way.
    pub async fn media_of(&self, session: &str) -> Value {
        self.state.media.idle().await;
        self.calls(session).await[0]["media"][0].clone()
    }

    /// The files in the store's folder, by the part of it they are in.
    pub fn stored(&self, part: &str) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        let mut open = vec![self.folder.path().join("media").join(part)];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.expect("an entry").path();
                if path.is_dir() { open.push(path) } else { found.push(path) }
            }
        }
        found
    }
}
