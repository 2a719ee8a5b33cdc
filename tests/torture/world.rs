//! The processes of a round: the daemon and the fake CRM, in a folder of their own, each at an address
//! that outlives it.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use super::kind::Kind;
use super::leash;

/// Signs operators' tokens, and opens the API.
pub const SECRET: &str = "a-secret-of-the-crash-harness-alone";
/// Ports that the system gives to nobody by itself.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A round's processes. They are killed when this is dropped.
pub struct World {
    pub folder: TempDir,
    pub port: u16,
    crm_port: u16,
    verge: u16,
    seed: u64,
    lives: AtomicU64,
    daemon: Mutex<Option<Child>>,
    crm: Mutex<Option<Child>>,
}

/// A port that nobody has: rounds look in places of their own.
fn port(seed: u64, which: u64) -> u16 {
    let width = u64::from(PORTS.end - PORTS.start);
    let first = (u64::from(std::process::id()) * 97 + seed * 6 + which * 3) % width;
    let ports = (0..width).map(|step| PORTS.start + u16::try_from((first + step) % width).expect("a port"));
    let mut free = ports.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port")
}

impl World {
    /// Both, running. With `verge` the CRM says there when it is about to answer.
    pub fn start(seed: u64, kind: Kind, verge: u16) -> Self {
        let world = Self {
            folder: tempfile::tempdir().expect("a folder"),
            port: port(seed, 0),
            crm_port: port(seed, 1),
            verge,
            seed,
            lives: AtomicU64::new(0),
            daemon: Mutex::new(None),
            crm: Mutex::new(None),
        };
        std::fs::write(world.folder.path().join("crm.toml"), kind.manifest()).expect("written");
        std::fs::write(world.folder.path().join("trunkline.toml"), world.configuration()).expect("written");
        *world.held(&world.crm) = Some(world.spawn_crm());
        *world.held(&world.daemon) = Some(world.spawn_daemon());
        world
    }

    /// The daemon's configuration: waits as short as they can be.
    pub fn configuration(&self) -> String {
        format!(
            "[server]\nlisten = '127.0.0.1:{}'\n[storage]\nurl = 'sqlite:trunkline.db'\n[api]\nkeys = ['{SECRET}']\n\
             [operators]\nauth = 'jwt'\nkeys = [{{ kid = 'main', secret = '{SECRET}' }}]\n\
             [numbers]\ndefault_region = 'US'\n\
             [delivery]\nsettle_seconds = 0\nanswer_seconds = 1\nunclear_seconds = 1\nrest_seconds = 1\nparallel = 8\n\
             [connectors.crm]\nkind = 'rest'\nname = 'The CRM'\nmanifest = 'crm.toml'\nurl = 'http://127.0.0.1:{}'\n\
             api_key = 'k'\nsync_seconds = 86400\n",
            self.port, self.crm_port
        )
    }

    /// What the CRM holds.
    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("crm.journal")
    }

    /// `kill -9` of the daemon, then `meanwhile`, and a new one.
    pub fn kill_daemon(&self, meanwhile: impl FnOnce()) {
        let mut daemon = self.held(&self.daemon);
        kill(daemon.take());
        meanwhile();
        *daemon = Some(self.spawn_daemon());
    }

    /// `kill -9` of the CRM, then `meanwhile`, and a new one on its journal.
    pub fn kill_crm(&self, meanwhile: impl FnOnce()) {
        let mut crm = self.held(&self.crm);
        kill(crm.take());
        meanwhile();
        *crm = Some(self.spawn_crm());
    }

    #[expect(clippy::unused_self, reason = "what is held is the world's")]
    fn held<'a>(&self, child: &'a Mutex<Option<Child>>) -> MutexGuard<'a, Option<Child>> {
        child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn_daemon(&self) -> Child {
        let mut command = leash::command(env!("CARGO_BIN_EXE_trunkline"));
        command.args(["--config", "trunkline.toml", "serve"]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TRUNKLINE__")) {
            command.env_remove(name);
        }
        self.spawn(command, "daemon.log", "Trunkline listens on")
    }

    fn spawn_crm(&self) -> Child {
        let life = self.lives.fetch_add(1, Ordering::Relaxed);
        let mut command = leash::command(std::env::current_exe().expect("this program"));
        let seed = self.seed.wrapping_mul(1_000).wrapping_add(life);
        command.args(["crm", &self.crm_port.to_string()]).arg(self.journal());
        command.args([seed.to_string(), self.verge.to_string()]);
        self.spawn(command, "crm.log", "ready")
    }

    /// Starts a process and waits until it says that it is there.
    fn spawn(&self, mut command: Command, log: &str, ready: &str) -> Child {
        let log = self.folder.path().join(log);
        let errors = OpenOptions::new().create(true).append(true).open(&log).expect("a log");
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let mut child = leash::start(command).expect("it starts");
        let mut said = String::new();
        let stdout = child.stdout.take().expect("its output");
        drop(BufReader::new(stdout).read_line(&mut said));
        let errors = || std::fs::read_to_string(&log).unwrap_or_default();
        assert!(said.starts_with(ready), "seed {}: it does not start: {said} {}", self.seed, errors());
        child
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in [&self.daemon, &self.crm] {
            kill(self.held(child).take());
        }
    }
}

fn kill(child: Option<Child>) {
    let Some(mut child) = child else { return };
    drop(child.kill());
    drop(child.wait());
}
