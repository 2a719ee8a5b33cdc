//! Everything that is logged while a test runs, of every crate and level.

use std::io::Write;
use std::sync::{Arc, Mutex};

/// What was logged so far; clones share it.
#[derive(Clone, Default)]
pub struct Trace(Arc<Mutex<Vec<u8>>>);

impl Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Trace {
    /// From now on.
    pub fn begin() -> Self {
        let trace = Self::default();
        let writer = trace.clone();
        let lines = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        lines.try_init().expect("each test runs in a process of its own: use cargo nextest");
        trace
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("a log").clone()
    }
}

/// The first line with `part` in it.
pub fn line_with(bytes: &[u8], part: &str) -> Option<String> {
    String::from_utf8_lossy(bytes).lines().find(|line| line.contains(part)).map(ToOwned::to_owned)
}
