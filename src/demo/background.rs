//! What the demonstration serves on ports of its own choice, and the end of it.

use std::future::IntoFuture;
use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::listen;

/// The servers nobody opens in a browser.
#[derive(Debug, Default)]
pub(super) struct Background {
    tasks: TaskTracker,
    end: CancellationToken,
}

impl Background {
    /// Serves on a free port of the loopback; where.
    pub(super) async fn serve(&self, router: Router) -> Result<String, String> {
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.map_err(|error| error.to_string())?;
        let url = origin(&listener)?;
        let ended = self.end.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                served = axum::serve(listener, router).into_future() => drop(served),
                () = ended.cancelled() => {}
            }
        });
        Ok(url)
    }

    /// Ends them all.
    pub(super) async fn end(self) {
        self.end.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// The origin of what listens there.
pub(super) fn origin(listener: &TcpListener) -> Result<String, String> {
    listener.local_addr().map(|address| format!("http://{address}")).map_err(|error| error.to_string())
}
