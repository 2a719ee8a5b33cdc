//! The operator's token and our requests go to the vendor's hosts and nowhere else, whatever an address
//! in a post looks like, whatever a name resolves to, and wherever an answer leads.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::Value;
use trunkline::media::World;
use trunkline::media::address::{Resolver, is_public};

use crate::support::Daemon;
use crate::support::media_host::{MediaHost, Reply, daemon, mp3, world};

const MEDIA: &str = "media.ringcentral.com";
const PLATFORM: &str = "platform.ringcentral.com";
/// Stands for the public internet in these tests; the rest of loopback is a private network.
const PUBLIC: [u8; 4] = [127, 0, 0, 2];

/// Answers names as it is told, one answer after the other, the last one for ever; other names lead
/// into the trap.
#[derive(Debug)]
struct Names {
    answers: Mutex<HashMap<&'static str, VecDeque<Vec<SocketAddr>>>>,
    trap: SocketAddr,
    asked: Mutex<Vec<String>>,
}

impl Names {
    fn new(trap: &MediaHost) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::default(), trap: trap.address, asked: Mutex::default() })
    }

    fn on(&self, name: &'static str, answers: &[&[SocketAddr]]) {
        let answers = answers.iter().map(|addresses| addresses.to_vec()).collect();
        self.answers.lock().expect("a map").insert(name, answers);
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("a list").clone()
    }
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        self.asked.lock().expect("a list").push(host.to_owned());
        let mut answers = self.answers.lock().expect("a map");
        Ok(match answers.get_mut(host) {
            Some(queue) if queue.len() > 1 => queue.pop_front().expect("one"),
            Some(queue) => queue[0].clone(),
            None => vec![self.trap],
        })
    }
}

fn as_if_public(ip: IpAddr) -> bool {
    ip == IpAddr::from(PUBLIC) || is_public(ip)
}

/// The vendor by https on the public internet of the tests, and a trap in the private network.
async fn vendor() -> (Daemon, MediaHost, MediaHost, Arc<Names>) {
    let (vendor, trap) = (MediaHost::secure(PUBLIC).await, MediaHost::plain().await);
    let names = Names::new(&trap);
    names.on(MEDIA, &[&[vendor.address]]);
    names.on(PLATFORM, &[&[vendor.address]]);
    let root = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/root.pem")).expect("readable");
    let roots = vec![reqwest::Certificate::from_pem(&root).expect("a certificate")];
    let world = World { resolver: names.clone(), judge: as_if_public, roots, ..world() };
    let daemon = daemon("[media]\nfetch = true\n", world).await;
    (daemon, vendor, trap, names)
}

fn words(file: &Value) -> &str {
    file["words"].as_str().expect("words")
}

#[tokio::test]
async fn the_vendor_itself_is_asked_by_https_under_its_name() {
    let (daemon, vendor, trap, names) = vendor().await;
    vendor.on("/r", &[Reply::File("audio/mpeg", mp3(5_000))]);
    let file = daemon.record("1", &format!("https://{MEDIA}/r?access_token=A")).await;
    assert_eq!(file["state"], "stored", "{file}");
    let seen = vendor.seen();
    assert_eq!((seen[0].header("host"), seen[0].header("authorization")), (Some(MEDIA), Some("Bearer A")));
    assert_eq!((names.asked(), trap.connections()), (vec![MEDIA.to_owned()], 0));
}

#[tokio::test]
async fn nothing_that_only_looks_like_the_vendor_is_asked_or_even_resolved() {
    let (daemon, vendor, trap, names) = vendor().await;
    let port = trap.address.port();
    let open = vendor.address.port();
    let places = [
        format!("http://127.0.0.1:{port}/r"),
        format!("https://127.0.0.1:{port}/r"),
        format!("http://127.1:{port}/r"),
        format!("http://0177.0.0.1:{port}/r"),
        format!("http://0x7f.0.0.1:{port}/r"),
        format!("http://0x7f000001:{port}/r"),
        format!("http://2130706433:{port}/r"),
        format!("http://017700000001:{port}/r"),
        format!("http://①②⑦.0.0.1:{port}/r"),
        format!("http://0.0.0.0:{port}/r"),
        format!("http://localhost:{port}/r"),
        format!("http://[::1]:{port}/r"),
        format!("http://[::]:{port}/r"),
        format!("http://[::ffff:127.0.0.1]:{port}/r"),
        format!("http://[::ffff:7f00:1]:{port}/r"),
        format!("http://[::127.0.0.1]:{port}/r"),
        format!("http://[64:ff9b::7f00:1]:{port}/r"),
        format!("http://[2002:7f00:1::]:{port}/r"),
        format!("https://127.0.0.2:{open}/r"),
        "http://169.254.169.254/latest/meta-data".into(),
        "https://[fd00:ec2::254]/latest".into(),
        format!("http://{MEDIA}/r"),
        format!("http://{MEDIA}:{port}/r"),
        format!("https://{MEDIA}:{port}/r"),
        format!("https://{MEDIA}:{open}/r"),
        format!("https://{MEDIA}./r"),
        format!("https://{MEDIA}.evil.example/r"),
        format!("https://{MEDIA}%2eevil.example/r"),
        format!("https://{MEDIA}%00.evil.example/r"),
        format!("https://{MEDIA}@127.0.0.1:{port}/r"),
        format!("https://{MEDIA}:443@127.0.0.1:{port}/r"),
        format!("https://user:pass@{MEDIA}/r"),
        format!("https://evil.example\\@{MEDIA}/r"),
        format!("https://127.0.0.1:{port}\\@{MEDIA}/r"),
        format!("https://127.0.0.1:{port}#@{MEDIA}/r"),
        format!("https://127.0.0.1:{port}?@{MEDIA}/r"),
        format!("https://evil.example/https://{MEDIA}/r"),
        "https://evilringcentral.com/r".into(),
        "https://evil-media.ringcentral.com/r".into(),
        "https://x.media.ringcentral.com/r".into(),
        "https://ringcentral.com/r".into(),
        "https://media.ringcentral.co/r".into(),
        "https://media.ringcentral.com.br/r".into(),
        "https://media-ringcentral.com/r".into(),
        "https://xn--mdia-bpa.ringcentral.com/r".into(),
        "https://mеdia.ringcentral.com/r".into(),
        "https://media.rıngcentral.com/r".into(),
        format!("ftp://{MEDIA}/r"),
        format!("//{MEDIA}/r"),
        format!("gopher://127.0.0.1:{port}/r"),
        "file:///etc/passwd".into(),
        "data:audio/mpeg;base64,SUQz".into(),
        "javascript:fetch('/')".into(),
        String::from("https://"),
    ];
    for (n, place) in places.iter().enumerate() {
        let join = if place.contains('?') { '&' } else { '?' };
        let file = daemon.record(&n.to_string(), &format!("{place}{join}access_token=CANARY")).await;
        assert_eq!(file["state"], "link_only", "{place}: {file}");
        assert!(words(&file).starts_with("Only the vendor's link is kept: ") && !words(&file).contains("CANARY"));
    }
    assert_eq!((names.asked(), trap.connections(), vendor.connections()), (Vec::<String>::new(), 0, 0));
    println!("{} addresses that only look like the vendor's: 0 resolved, 0 connections", places.len());
}

#[tokio::test]
async fn spellings_of_the_vendors_own_name_are_the_vendor() {
    let (daemon, vendor, trap, names) = vendor().await;
    vendor.on("/r", &[Reply::File("audio/mpeg", mp3(5_000))]);
    for (n, place) in
        ["https://MEDIA.RingCentral.COM/r", "https://media.ringcentral.com:443/r", "https:\\\\media.ringcentral.com\\r"]
            .iter()
            .enumerate()
    {
        let file = daemon.record(&n.to_string(), &format!("{place}?access_token=A")).await;
        assert_eq!(file["state"], "stored", "{place}: {file}");
    }
    assert!(names.asked().iter().all(|name| name == MEDIA) && trap.connections() == 0);
}

#[tokio::test]
async fn a_name_of_the_vendor_that_leads_into_a_private_network_is_not_followed() {
    let (trap, six) = (MediaHost::plain().await, MediaHost::start(Ipv6Addr::LOCALHOST.into(), false).await);
    let names = Names::new(&trap);
    // As it is outside of tests: loopback is not public.
    let daemon = daemon("[media]\nfetch = true\n", World { resolver: names.clone(), ..world() }).await;
    let at = |ip: &str| SocketAddr::new(ip.parse().expect(ip), trap.address.port());
    let mapped = SocketAddr::new(Ipv4Addr::LOCALHOST.to_ipv6_mapped().into(), trap.address.port());
    let answers: [&[SocketAddr]; 10] = [
        &[trap.address],
        &[six.address],
        &[mapped],
        &[at("127.0.0.2")],
        &[at("0.0.0.0")],
        &[at("::")],
        &[at("10.0.0.1"), at("192.168.0.1")],
        &[at("169.254.169.254")],
        &[at("8.8.8.8"), trap.address],
        &[],
    ];
    for (n, answer) in answers.iter().enumerate() {
        names.on(MEDIA, &[answer]);
        let file = daemon.record(&n.to_string(), &format!("https://{MEDIA}/r?access_token=A")).await;
        assert!(file["state"] == "failed" && words(&file).contains("private network"), "{answer:?}: {file}");
    }
    assert_eq!((names.asked().len(), trap.connections(), six.connections()), (answers.len(), 0, 0));
}

#[tokio::test]
async fn a_name_that_answers_differently_the_second_time_gains_nothing() {
    let (daemon, vendor, trap, names) = vendor().await;
    names.on(MEDIA, &[&[vendor.address], &[trap.address]]);
    vendor.on("/r", &[Reply::Status(500, &[])]);
    let file = daemon.record("1", &format!("https://{MEDIA}/r?access_token=A")).await;
    assert!(file["state"] == "failed" && words(&file).contains("private network"), "{file}");
    // Asked once for each connection: what was checked is what was connected to.
    assert_eq!((names.asked().len(), vendor.connections(), trap.connections()), (2, 1, 0));
}

#[tokio::test]
async fn redirects_are_followed_along_the_list_only() {
    let (daemon, vendor, trap, names) = vendor().await;
    let port = trap.address.port();
    vendor.on("/file", &[Reply::File("audio/mpeg", mp3(5_000))]);
    vendor.on("/on", &[Reply::To(format!("https://{PLATFORM}/relative"))]);
    vendor.on("/relative", &[Reply::To("/file".into())]);
    let file = daemon.record("on", &format!("https://{MEDIA}/on?access_token=A")).await;
    assert_eq!(file["state"], "stored", "{file}");
    assert!(vendor.seen().iter().all(|seen| seen.header("authorization") == Some("Bearer A")));
    assert_eq!(names.asked().last().map(String::as_str), Some(PLATFORM));

    let asked = names.asked().len();
    for (n, to) in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("//127.0.0.1:{port}/"),
        format!("https://{MEDIA}.evil.example/?access_token=CANARY"),
        "https://evil.example/".into(),
        format!("https://{MEDIA}:{port}/"),
        format!("http://{MEDIA}/file"),
        format!("https://x@{MEDIA}/file"),
        "file:///etc/passwd".into(),
        format!("\\\\127.0.0.1:{port}\\"),
    ]
    .into_iter()
    .enumerate()
    {
        vendor.on("/off", &[Reply::To(to.clone())]);
        let file = daemon.record(&n.to_string(), &format!("https://{MEDIA}/off?access_token=A")).await;
        assert!(file["state"] == "failed" && words(&file).contains("It was not fetched"), "{to}: {file}");
        assert!(!words(&file).contains("CANARY"), "{file}");
    }
    assert!(names.asked()[asked..].iter().all(|name| name == MEDIA), "{:?}", names.asked());
    vendor.on("/circle", &[Reply::To("/circle".into())]);
    let file = daemon.record("circle", &format!("https://{MEDIA}/circle?access_token=A")).await;
    assert!(file["state"] == "failed" && words(&file).contains("more than 3 times"), "{file}");
    assert_eq!((vendor.asked("/circle"), trap.connections()), (4, 0));
}

#[tokio::test]
async fn a_place_of_ones_own_that_leads_elsewhere_is_not_followed() {
    let (own, trap) = (MediaHost::plain().await, MediaHost::plain().await);
    own.on("/r", &[Reply::To(trap.url("/r"))]);
    let daemon = daemon(&own.toml(""), world()).await;
    let file = daemon.record("1", &own.url("/r?access_token=A")).await;
    assert_eq!((&file["state"], trap.connections()), (&"failed".into(), 0), "{file}");
    // Another port of the same machine is another place.
    assert_eq!(daemon.record("2", &trap.url("/r?access_token=A")).await["state"], "link_only");
    assert_eq!(trap.connections(), 0);
}
