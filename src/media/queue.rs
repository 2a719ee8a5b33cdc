//! Fetching: a few files at once, each attempt within its time, again after growing waits while the token
//! may live, and then the words for why not.

use std::collections::HashSet;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::fetch::{Failure, too_slow};
use super::landing::{Landed, land};
use super::{Asked, Media, WAITING};
use crate::domain::media::{Blob, MediaRow, MediaState, first_token};
use crate::storage::StorageError;
use crate::storage::media::Outcome;

/// Attempts with one token.
const ATTEMPTS: u32 = 5;
/// Files under way at most, waiting ones included; what is above waits for the next post.
const MOST: usize = 1_000;
/// Files of before that a new token of their operator opens.
const CATCH_UP: i64 = 50;
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// How one round of attempts ended.
enum End {
    Landed(Box<Landed>),
    Failed(Failure),
    Closing,
}

impl Media {
    /// Fetches what a post named, and with a new token what its operator still lacks. Returns at once;
    /// `logs` are those that took the post.
    pub fn fetch_soon(&self, operator: &str, logs: Vec<String>, asked: Asked) {
        if !self.0.config.fetch
            || asked.0.iter().all(|reference| reference.token.is_none()) && self.token(operator).is_none()
        {
            return;
        }
        let (media, operator) = (self.clone(), operator.to_owned());
        self.spawn(async move {
            if let Err(error) = media.begin(&operator, &logs, &asked).await {
                tracing::warn!(%error, "media could not be looked up: the next post tries again");
            }
        });
    }

    /// Takes the token out of a body that names no file of a log, and fetches what its operator lacks.
    pub fn bring(&self, operator: &str, body: &Value) {
        let Some(token) = first_token(body).filter(|_| self.0.config.fetch) else { return };
        let (media, operator) = (self.clone(), operator.to_owned());
        self.spawn(async move {
            media.0.tokens.keep(&operator, &token, media.0.clock.now_ms());
            if let Err(error) = media.catch_up(&operator, &[]).await {
                tracing::warn!(%error, "media could not be looked up: the next post tries again");
            }
        });
    }

    fn token(&self, operator: &str) -> Option<SecretString> {
        self.0.tokens.find(operator, self.0.clock.now_ms())
    }

    async fn begin(&self, operator: &str, logs: &[String], asked: &Asked) -> Result<(), StorageError> {
        let now = self.0.clock.now_ms();
        let mut fresh = false;
        for token in asked.0.iter().filter_map(|reference| reference.token.as_ref()) {
            fresh |= self.0.tokens.keep(operator, token, now);
        }
        let logs: Vec<&str> = logs.iter().map(String::as_str).collect();
        for row in self.0.storage.list_media_of_logs(&logs).await? {
            let reference = asked.0.iter().find(|reference| {
                reference.note.source_id == row.source_id && reference.note.message_id == row.message_id
            });
            let own = reference.and_then(|reference| reference.token.clone());
            if reference.is_some()
                && row.state == MediaState::Wanted
                && let Some(token) = own.or_else(|| self.token(operator))
            {
                self.start(row, token);
            }
        }
        if fresh { self.catch_up(operator, &logs).await } else { Ok(()) }
    }

    /// Fetches what an operator lacks, but for the files of `begun` logs, which have had their turn.
    async fn catch_up(&self, operator: &str, begun: &[&str]) -> Result<(), StorageError> {
        let due = self.0.storage.list_due_media(operator, self.0.clock.now_ms(), CATCH_UP).await?;
        for row in due.into_iter().filter(|row| !begun.contains(&row.log_id.as_str())) {
            // It may have been refused meanwhile.
            let Some(token) = self.token(operator) else { break };
            self.start(row, token);
        }
        Ok(())
    }

    fn start(&self, row: MediaRow, token: SecretString) {
        {
            let mut busy = self.busy();
            if busy.len() >= MOST || !busy.insert(row.id.clone()) {
                return;
            }
        }
        let media = self.clone();
        self.spawn(async move {
            if let Err(error) = media.run(&row, token).await {
                tracing::warn!(%error, media = row.id, "what became of a file could not be written");
            }
            media.busy().remove(&row.id);
        });
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.open.send_modify(|open| *open += 1);
        let media = self.clone();
        self.0.tasks.spawn(async move {
            work.await;
            media.0.open.send_modify(|open| *open -= 1);
        });
    }

    async fn run(&self, row: &MediaRow, token: SecretString) -> Result<(), StorageError> {
        let outcome = match self.attempts(row, token).await {
            End::Landed(landed) => return self.name(row, *landed).await,
            End::Closing => Outcome::Waits { words: WAITING.into() },
            End::Failed(failure) => {
                tracing::info!(media = row.id, "a file was not fetched");
                given_up(failure, row.attempts, self.0.clock.now_ms())
            }
        };
        self.0.storage.settle_media(&row.id, outcome).await.map(drop)
    }

    async fn attempts(&self, row: &MediaRow, mut token: SecretString) -> End {
        let mut wait = self.0.world.retry;
        let mut last = Failure::Passing(String::new());
        for attempt in 0..ATTEMPTS {
            if attempt > 0 && self.pause(row, &last, wait).await {
                return End::Closing;
            }
            if !matches!(last, Failure::Busy(_)) && attempt > 0 {
                wait = wait.saturating_mul(4);
            }
            last = match self.attempt(row, &token).await {
                None => return End::Closing,
                Some(Ok(landed)) => return End::Landed(Box::new(landed)),
                Some(Err(failure)) => failure,
            };
            match &last {
                Failure::Refused(_) => {
                    self.0.tokens.drop_refused(&row.operator, &token);
                    // A newer one may have come with another post.
                    match self.token(&row.operator) {
                        Some(newer) if newer.expose_secret() != token.expose_secret() => token = newer,
                        _ => return End::Failed(last),
                    }
                }
                Failure::Final(_) => return End::Failed(last),
                Failure::Busy(wait) => self.spare(&row.operator, *wait),
                Failure::Passing(_) => {}
            }
        }
        End::Failed(last)
    }

    /// One attempt within its time; `None` when the service ends.
    async fn attempt(&self, row: &MediaRow, token: &SecretString) -> Option<Result<Landed, Failure>> {
        let whole = self.0.world.whole.unwrap_or(Duration::from_secs(u64::from(self.0.config.timeout_seconds)));
        let work = async {
            let spared_until = self.spared().get(&row.operator).copied();
            if let Some(until) = spared_until {
                sleep_until(until).await;
            }
            // Closed never: it lives as long as `self`.
            let _slot = self.0.slots.acquire().await.ok();
            self.fetch(row, token, Instant::now() + whole).await
        };
        tokio::select! {
            biased;
            () = self.0.closing.cancelled() => None,
            ended = work => Some(ended),
        }
    }

    async fn fetch(&self, row: &MediaRow, token: &SecretString, deadline: Instant) -> Result<Landed, Failure> {
        let Some(store) = &self.0.store else { return Err(Failure::Final("There is no store.".into())) };
        let answer = timeout_at(deadline, self.0.fetcher.open(&row.uri, token)).await.map_err(|_| too_slow())??;
        land(store, answer, self.0.fetcher.largest(), deadline).await
    }

    /// True when the service ends.
    async fn pause(&self, row: &MediaRow, last: &Failure, wait: Duration) -> bool {
        if matches!(last, Failure::Refused(_) | Failure::Busy(_)) {
            return false;
        }
        tracing::debug!(media = row.id, "a file is tried again in {} ms", wait.as_millis());
        tokio::select! {
            () = sleep(wait) => false,
            () = self.0.closing.cancelled() => true,
        }
    }

    /// Gives what landed the name of its bytes, unless they are here already, and writes that down.
    async fn name(&self, row: &MediaRow, landed: Landed) -> Result<(), StorageError> {
        let Some(store) = &self.0.store else { return Ok(()) };
        let _naming = self.0.naming.lock().await;
        let known = self.0.storage.has_blob(&landed.sha256).await? && store.has(&landed.sha256).await.unwrap_or(false);
        let named = if known {
            store.drop_whole(&landed.whole).await.or_else(|error| {
                tracing::debug!(%error, "a second copy is left to the sweep");
                Ok(())
            })
        } else {
            store.keep(&landed.whole, &landed.sha256).await
        };
        let now = self.0.clock.now_ms();
        let outcome = match named {
            Ok(()) => {
                let size = i64::try_from(landed.size).unwrap_or(i64::MAX);
                let Landed { sha256, content_type, .. } = landed;
                Outcome::Stored { blob: Blob { sha256, size, content_type, stored_at: now }, file_name: None }
            }
            Err(error) => given_up(error.into(), row.attempts, now),
        };
        self.0.storage.settle_media(&row.id, outcome).await.map(drop)
    }

    fn spare(&self, operator: &str, wait: Duration) {
        let (now, mut spared) = (Instant::now(), self.spared());
        spared.retain(|_, until| *until > now);
        spared.insert(operator.to_owned(), now + wait);
    }

    fn busy(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spared(&self) -> MutexGuard<'_, std::collections::HashMap<String, Instant>> {
        self.0.spared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The words, and when it may be tried again with another token.
fn given_up(failure: Failure, failed_before: i64, now_ms: i64) -> Outcome {
    let growing = MINUTE_MS.saturating_mul(1 << (2 * failed_before.clamp(0, 6))).min(DAY_MS);
    let (words, wait) = match failure {
        Failure::Refused(words) => (words, 0),
        Failure::Passing(words) => (words, growing),
        Failure::Busy(_) => ("RingCentral asks to wait longer than the operator's token lives.".into(), growing),
        Failure::Final(words) => (words, DAY_MS),
    };
    let words = format!("{} It is tried again with a later log that brings a token.", words.trim_end());
    Outcome::Failed { words, not_before: now_ms.saturating_add(wait) }
}
