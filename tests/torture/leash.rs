//! Children end with the harness, however it ends: also when it is killed itself.
//!
//! The system sends a child a signal when the thread that started it ends. So all are started by one
//! thread, which lives as long as the harness; and each asks for that signal before it becomes the program
//! that is wanted, which knows nothing of it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

type Start = (Command, Sender<std::io::Result<Child>>);

/// The thread that starts all children.
static NURSERY: LazyLock<Mutex<Sender<Start>>> = LazyLock::new(|| {
    let (orders, taken): (Sender<Start>, Receiver<Start>) = channel();
    std::thread::spawn(move || {
        for (mut command, started) in taken {
            drop(started.send(command.spawn()));
        }
    });
    Mutex::new(orders)
});

/// A command for `program` on the leash, to be given to [`start`]. Its process id is the program's own.
pub fn command(program: impl Into<OsString>) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg("leash").arg(std::process::id().to_string()).arg(program.into());
    command
}

/// Starts it.
pub fn start(command: Command) -> std::io::Result<Child> {
    let (started, child) = channel();
    let orders = NURSERY.lock().unwrap_or_else(PoisonError::into_inner).clone();
    orders.send((command, started)).map_err(std::io::Error::other)?;
    child.recv().map_err(std::io::Error::other)?
}

/// `leash PARENT PROGRAM ARGUMENTS..`: becomes the program.
pub fn become_program(arguments: &[String]) -> ExitCode {
    let [parent, program, arguments @ ..] = arguments else { return ExitCode::FAILURE };
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)) {
        eprintln!("children would outlive the harness: {error}");
        return ExitCode::FAILURE;
    }
    // It may have been killed before the signal was asked for.
    if parent_id().to_string() != *parent {
        return ExitCode::FAILURE;
    }
    eprintln!("{program} does not start: {}", Command::new(program).args(arguments).exec());
    ExitCode::FAILURE
}

/// `harness`: a harness with a child that writes into its own output, for [`check`].
pub fn stand_in() -> ExitCode {
    // From a thread that ends at once, as those of a round do.
    let started = std::thread::spawn(|| {
        // Longer than anybody waits for its end; it does not end with its input.
        let mut sleep = command("sleep");
        sleep.arg("60").stdin(Stdio::null());
        start(sleep).expect("it starts")
    });
    let mut child = started.join().expect("a child");
    println!("ready");
    drop(child.wait());
    ExitCode::FAILURE
}

/// Whether a child lives as long as a harness, and no longer: one is killed, and what its child held open
/// must be closed.
pub fn check() -> Result<(), &'static str> {
    let mut harness = Command::new(std::env::current_exe().expect("this program"));
    let mut harness = harness.arg("harness").stdout(Stdio::piped()).spawn().expect("it starts");
    let mut output = BufReader::new(harness.stdout.take().expect("its output"));
    let mut said = String::new();
    drop(output.read_line(&mut said));
    let (ended, end) = channel();
    std::thread::spawn(move || {
        drop(output.read_to_end(&mut Vec::new()));
        let _ = ended.send(());
    });
    let early = end.recv_timeout(Duration::from_millis(200)).is_ok();
    drop(harness.kill());
    drop(harness.wait());
    if said != "ready\n" || early {
        return Err("a child does not live as long as the harness");
    }
    end.recv_timeout(Duration::from_secs(20)).map_err(|_| "a child outlives the harness")
}
