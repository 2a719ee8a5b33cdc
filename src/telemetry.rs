//! Log lines, to standard error: for people, or one JSON object a line. A line carries its request's
//! id; it never carries numbers, names, bodies or tokens.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

const NUMBERS_OFF: &str = "rlibphonenumber=off";

/// Starts logging. Only the first call has an effect.
pub fn start(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.level).unwrap_or_else(|_| EnvFilter::new("info"));
    // The number library writes the numbers it parses.
    let filter = NUMBERS_OFF.parse().into_iter().fold(filter, EnvFilter::add_directive);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Human => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init(),
    };
    drop(started);
}
