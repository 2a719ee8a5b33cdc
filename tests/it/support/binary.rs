//! The real binary as another process.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_trunkline");

/// A command of the binary in `folder` that ends within half a minute: what should refuse and does
/// not must not hang the tests.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.args(["30", BINARY]);
    prepared(command, folder, arguments)
}

/// In `folder`, with nothing of our own environment that could configure it.
fn prepared(mut command: Command, folder: &Path, arguments: &[&str]) -> Command {
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TRUNKLINE__")) {
        command.env_remove(name);
    }
    command.env("TRUNKLINE__SERVER__LISTEN", "127.0.0.1:0");
    command
}

/// Runs a command to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the binary runs")
}

/// Standard output and error.
pub fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A failure in words: exit code 1, text on standard error, no panic.
#[track_caller]
pub fn refused(output: &Output, part: &str) {
    let words = words(output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(!words.contains("panicked"), "{words}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.to_lowercase().contains(&part.to_lowercase()), "{part:?} is not in {error:?}");
}

/// A daemon as a process of its own; killed when dropped.
pub struct Process {
    pub child: Child,
    pub base: String,
}

impl Process {
    /// Starts `serve` in `folder` and waits until it says its address.
    pub fn serve(folder: &Path) -> Self {
        Self::start(folder, &["serve"])
    }

    /// The same with a configuration file.
    pub fn serve_with(folder: &Path, file: &str) -> Self {
        Self::start(folder, &["--config", file, "serve"])
    }

    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = prepared(Command::new(BINARY), folder, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line = lines.next().expect("a line").expect("readable");
        let base = line.strip_prefix("Trunkline listens on ").unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { child, base }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
    }

    /// Asks it to stop, as a service manager does.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
    }

    /// Its exit code.
    pub fn wait(mut self) -> Option<i32> {
        if let Some(mut out) = self.child.stdout.take() {
            drop(out.read_to_end(&mut Vec::new()));
        }
        self.child.wait().expect("reaped").code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
