//! `trunkline serve`.

use std::path::Path;
use std::sync::Arc;

use super::{Failure, load};
use crate::app::{App, listen};
use crate::domain::clock::SystemClock;
use crate::telemetry;

pub(super) async fn run(file: Option<&Path>) -> Result<(), Failure> {
    let config = load(file)?;
    telemetry::start(&config.log);
    let listener = listen(config.server.listen).await.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let mut app = App::build(config, Arc::new(SystemClock)).await.map_err(|error| error.to_string())?;
    app.allow_origin(format!("http://{address}"));
    tracing::info!(%address, "Trunkline is ready");
    println!("Trunkline listens on http://{address}");
    app.serve(listener, stop_signal()).await.map_err(|error| error.to_string())
}

/// Ctrl-C, or the service manager's SIGTERM.
pub(super) async fn stop_signal() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
