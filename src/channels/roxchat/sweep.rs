//! What time does to chats: those that went silent are closed, commands without an answer are unknown,
//! and what was told long ago is forgotten.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::http::ServiceState;
use crate::storage::StorageError;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(30);
/// Chats that are closed at once.
const AT_ONCE: i64 = 500;
/// A command that got no answer for so long will get none.
const SILENCE_MS: i64 = 60_000;
/// Events, but those of chats that are kept, are forgotten after thirty days.
const KEPT_MS: i64 = 30 * 24 * 3600 * 1000;

/// Looks once, by the clock. Returns how many chats were closed.
pub async fn sweep(state: &ServiceState) -> Result<i64, StorageError> {
    let now = state.clock.now_ms();
    let mut closed = 0;
    for (id, workspace) in &state.config.roxchat.workspaces {
        let before = now - i64::from(workspace.idle_minutes) * 60_000;
        loop {
            let some = state.storage.close_idle_chats(id, before).await?;
            closed += some;
            if some < AT_ONCE {
                break;
            }
        }
    }
    state.storage.silence_roxchat(now - SILENCE_MS).await?;
    state.storage.purge_roxchat(now - KEPT_MS).await?;
    Ok(closed)
}

/// Looks from time to time until the service stops.
pub async fn keep_sweeping(state: ServiceState, closing: CancellationToken) {
    while !state.config.roxchat.workspaces.is_empty() {
        if let Err(error) = sweep(&state).await {
            tracing::warn!(%error, "silent chats could not be closed");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = closing.cancelled() => return,
        }
    }
}
