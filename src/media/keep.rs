//! How long files stay: by kind and age, until a program deletes one; and nothing in the store that no
//! row stands for.

use std::time::Duration;

use super::{DAY_MS, Media, MediaError, WAITING, days_of};
use crate::domain::media::MediaKind;
use crate::storage::media::{Expiry, Removed};

/// How often it is looked.
const SWEEP: Duration = Duration::from_hours(1);
/// What came in for longer never ends.
const ABANDONED_MS: i64 = DAY_MS;
/// Files that no row stands for are left this long: an older database may have been put back, and its
/// newer one still to come.
const UNKNOWN_MS: i64 = 7 * DAY_MS;

/// What a sweep did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Logs whose files went.
    pub log_ids: Vec<String>,
    /// Files deleted from the store.
    pub deleted: usize,
}

impl Media {
    /// Sweeps, again and again, until the service ends.
    pub async fn keep_sweeping(self) {
        // What a crash cut off was never told.
        if let Err(error) = self.0.storage.await_media(WAITING).await {
            tracing::warn!(%error, "media that wait could not be told so");
        }
        loop {
            match self.sweep().await {
                Ok(swept) if swept.deleted > 0 => {
                    tracing::info!(files = swept.deleted, "media whose time was over are deleted");
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "media whose time is over could not be deleted: tried again in an hour");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(SWEEP) => {}
                () = self.0.closing.cancelled() => return,
            }
        }
    }

    /// Deletes what is too old, and what was left behind.
    pub async fn sweep(&self) -> Result<Swept, MediaError> {
        let older = MediaKind::ALL.into_iter().filter_map(|kind| {
            let words = format!("It was deleted: older than {}.", days_of(&self.0.config, kind));
            Some((kind, self.oldest_kept(kind)?, words))
        });
        let awaited = (!self.0.config.fetch).then(|| "Only the vendor's link is kept: media.fetch is off.".to_owned());
        let expiry = Expiry { older: older.collect(), awaited };
        let naming = self.0.naming.lock().await;
        let Removed { log_ids, blobs } = self.0.storage.expire_media(expiry).await?;
        let mut deleted = self.delete(&blobs).await?;
        if let Some(store) = &self.0.store {
            let now = self.0.clock.now_ms();
            deleted += store.drop_abandoned(now - ABANDONED_MS).await?;
            let old = store.older(now - UNKNOWN_MS).await?;
            let unknown = self.0.storage.unknown_blobs(&old).await?;
            deleted += self.delete(&unknown).await?;
        }
        drop(naming);
        Ok(Swept { log_ids, deleted })
    }

    /// Deletes one file at a program's word. False where there was none.
    pub async fn forget(&self, id: &str) -> Result<bool, MediaError> {
        let naming = self.0.naming.lock().await;
        let removed = self.0.storage.forget_media(id, "It was deleted by a program.").await?;
        self.delete(&removed.blobs).await?;
        drop(naming);
        Ok(!removed.log_ids.is_empty())
    }

    async fn delete(&self, blobs: &[String]) -> Result<usize, MediaError> {
        let Some(store) = &self.0.store else { return Ok(0) };
        for sha256 in blobs {
            store.delete(sha256).await?;
        }
        Ok(blobs.len())
    }
}
