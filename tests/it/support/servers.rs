//! Real servers on loopback, each in a folder of its own, ended with the test. They come from
//! `.tools/venv`, which `make tools` fills.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

/// Looks at a server that starts, 5 ms apart: half a minute on a busy machine.
const LOOKS: u32 = 6_000;

/// A process that answers on a port, until it is dropped.
#[derive(Debug)]
pub struct Server {
    /// `http://127.0.0.1:port`.
    pub base: String,
    /// What it keeps; its words are in `log`.
    pub folder: TempDir,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A program of the environment.
pub fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/venv/bin").join(name);
    assert!(path.exists(), "{} is missing: run `make tools` first", path.display());
    path
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

impl Server {
    /// Starts what `command` makes of a folder and a port, and waits until it answers. The port may be
    /// taken by another test between the choice and the start: then another one is tried.
    pub async fn start(command: impl Fn(&Path, u16) -> Command) -> Self {
        for _ in 0..5 {
            let folder = tempfile::tempdir().expect("a folder");
            let port = free_port();
            let log = File::create(folder.path().join("log")).expect("a log");
            let mut command = command(folder.path(), port);
            command.current_dir(folder.path()).stdin(Stdio::null());
            command.stdout(log.try_clone().expect("the log")).stderr(log);
            let child = command.spawn().expect("the server starts");
            let mut server = Self { base: format!("http://127.0.0.1:{port}"), folder, child };
            if server.answers(port).await {
                return server;
            }
        }
        panic!("the server does not start");
    }

    /// False where it ended.
    async fn answers(&mut self, port: u16) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        for _ in 0..LOOKS {
            if let Some(status) = self.child.try_wait().expect("a status") {
                eprintln!("{status}: {}", self.words());
                return false;
            }
            if TcpStream::connect(address).await.is_ok() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the server does not answer: {}", self.words());
    }

    /// What it said.
    pub fn words(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Radicale with one person, `alice`, whose password is `pw`, and no address book yet.
    pub async fn radicale() -> Self {
        Self::start(|folder, port| {
            let config = format!(
                "[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = people\n\
                 htpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = store\n"
            );
            std::fs::write(folder.join("config"), config).expect("a configuration");
            std::fs::write(folder.join("people"), "alice:pw\n").expect("a file of people");
            let mut command = Command::new(program("python"));
            command.args(["-m", "radicale", "--config", "config"]);
            command
        })
        .await
    }

    /// Tryton with a user `admin`, whose password is `admin`; its database is `/tryton`.
    pub async fn tryton() -> Self {
        Self::start(|folder, port| {
            let made = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/tryton/tryton.sqlite");
            assert!(made.exists(), "{} is missing: run `make tools` first", made.display());
            std::fs::copy(made, folder.join("tryton.sqlite")).expect("a database");
            let config =
                format!("[database]\nuri = sqlite://\npath = {}\n[web]\nlisten = 127.0.0.1:{port}\n", folder.display());
            std::fs::write(folder.join("config"), config).expect("a configuration");
            let mut command = Command::new(program("trytond"));
            command.args(["-c", "config", "-d", "tryton"]);
            command
        })
        .await
    }

    /// Xandikos, open to all, with the book `/alice/contacts/addressbook/`.
    pub async fn xandikos() -> Self {
        Self::start(|_, port| {
            let mut command = Command::new(program("xandikos"));
            command.args(["serve", "-d", "store", "--defaults", "--current-user-principal", "/alice/"]);
            command.args(["-l", "127.0.0.1", "-p", &port.to_string()]);
            command
        })
        .await
    }
}
