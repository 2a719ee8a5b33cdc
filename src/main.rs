//! The `trunkline` command.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    trunkline::cli::run().await
}
