//! The load generator: a process of its own with one thread, so that its cost is the same whatever
//! it loads. HTTP/1.1 with kept connections over plain sockets; requests are bytes made beforehand,
//! answers are read by their `content-length` and not parsed.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::requests::Requests;
use super::server::cpu_time;

/// What the process is called with.
const WORD: &str = "--load";
const BUFFER: usize = 256 * 1024;

/// How long a run takes.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// Requests are repeated for so long.
    Elapsed(Duration),
    /// Each request is sent once.
    Sent,
}

/// Latencies in microseconds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Latency {
    pub count: usize,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

/// One run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    pub seconds: f64,
    pub bytes: u64,
    pub all: Latency,
    /// By the requests' class.
    pub classes: Vec<Latency>,
    /// Processor seconds of the load generator, and of the process that serves.
    pub load_cpu: f64,
    pub server_cpu: f64,
}

impl Measured {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.requests() / self.seconds
    }

    /// Bytes of an answer's body.
    #[expect(clippy::cast_precision_loss, reason = "a mean for people")]
    pub fn mean_size(&self) -> f64 {
        self.bytes as f64 / self.requests()
    }

    /// Processor time of the server for one request.
    pub fn server_us(&self) -> f64 {
        self.server_cpu * 1e6 / self.requests()
    }

    /// Processor time of the load generator for one request.
    pub fn load_us(&self) -> f64 {
        self.load_cpu * 1e6 / self.requests()
    }

    #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
    fn requests(&self) -> f64 {
        self.all.count as f64
    }
}

/// Loads a server of this process from a process of its own.
pub fn run(address: SocketAddr, requests: &Path, connections: usize, until: Until) -> Measured {
    let until = match until {
        Until::Elapsed(time) => time.as_millis().to_string(),
        Until::Sent => "sent".to_owned(),
    };
    let before = cpu_time("self");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args([WORD, &address.to_string(), &connections.to_string(), &until])
        .arg(requests)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the load generator starts");
    let mut told = String::new();
    child.stdout.take().expect("its output").read_to_string(&mut told).expect("its words");
    let server_cpu = cpu_time("self") - before;
    assert!(child.wait().is_ok_and(|status| status.success()), "the load generator failed");
    let measured: Measured = serde_json::from_str(&told).expect("what it measured");
    Measured { server_cpu, ..measured }
}

/// Acts as the load generator if this process was started as one.
pub fn serve_as_child() -> bool {
    let args: Vec<String> = std::env::args().collect();
    let [_, word, address, connections, until, file] = args.as_slice() else { return false };
    if word != WORD {
        return false;
    }
    let until = until.parse().map_or(Until::Sent, |ms| Until::Elapsed(Duration::from_millis(ms)));
    let requests = Arc::new(Requests::read(Path::new(file)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let address = address.parse().expect("an address");
    let measured = runtime.block_on(load(address, requests, connections.parse().expect("a number"), until));
    println!("{}", serde_json::json!(measured));
    true
}

async fn load(address: SocketAddr, requests: Arc<Requests>, connections: usize, until: Until) -> Measured {
    let ready = Arc::new(Barrier::new(connections + 1));
    let mut all = JoinSet::new();
    for place in 0..connections {
        all.spawn(connection(address, requests.clone(), place, connections, until, ready.clone()));
    }
    let cpu = cpu_time("self");
    ready.wait().await;
    let started = Instant::now();
    let mut samples: Vec<(u8, u32)> = Vec::new();
    let mut bytes = 0;
    while let Some(done) = all.join_next().await {
        let (read, mut more) = done.expect("a connection");
        bytes += read;
        samples.append(&mut more);
    }
    let seconds = started.elapsed().as_secs_f64();
    let load_cpu = cpu_time("self") - cpu;
    let classes = (0..=samples.iter().map(|(class, _)| *class).max().unwrap_or(0))
        .map(|class| latency(samples.iter().filter(|sample| sample.0 == class).map(|sample| sample.1).collect()))
        .collect();
    let all = latency(samples.into_iter().map(|sample| sample.1).collect());
    Measured { seconds, bytes, all, classes, load_cpu, server_cpu: 0.0 }
}

fn latency(mut times: Vec<u32>) -> Latency {
    times.sort_unstable();
    let at = |hundredths: usize| times.get((times.len() * hundredths / 100).min(times.len().saturating_sub(1)));
    let value = |hundredths| at(hundredths).map_or(0.0, |time| f64::from(*time));
    Latency { count: times.len(), p50: value(50), p99: value(99), max: value(100) }
}

async fn connection(
    address: SocketAddr,
    requests: Arc<Requests>,
    first: usize,
    step: usize,
    until: Until,
    ready: Arc<Barrier>,
) -> (u64, Vec<(u8, u32)>) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let mut buffer = vec![0; BUFFER];
    let mut samples = Vec::with_capacity(1 << 14);
    let mut bytes = 0;
    let mut at = first;
    ready.wait().await;
    let started = Instant::now();
    loop {
        match until {
            Until::Elapsed(time) if started.elapsed() >= time => break,
            Until::Sent if at >= requests.len() => break,
            _ => {}
        }
        let (class, request) = requests.get(at % requests.len());
        let sent = Instant::now();
        stream.write_all(request).await.expect("a request is sent");
        bytes += answer(&mut stream, &mut buffer).await;
        samples.push((class, u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX)));
        at += step;
    }
    (bytes, samples)
}

/// Reads one answer; returns the length of its body.
async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> u64 {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await.expect("an answer");
        assert!(read > 0, "the server closed the connection");
        filled += read;
        let Some((head, length)) = head(&buffer[..filled]) else { continue };
        let mut left = (head + length).saturating_sub(filled);
        while left > 0 {
            let read = stream.read(buffer).await.expect("a body");
            assert!(read > 0 && read <= left, "the body ended early or late");
            left -= read;
        }
        return length as u64;
    }
}

/// Length of the head and, as it says, of the body, once the head is complete.
pub fn head(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..end]).expect("a head of ASCII");
    assert!(text.starts_with("HTTP/1.1 200"), "an answer that is no 200: {}", String::from_utf8_lossy(bytes));
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some((end + 4, length.expect("a content-length")))
}
