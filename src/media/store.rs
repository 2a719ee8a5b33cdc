//! Where the bytes are: a folder, or a bucket that speaks S3. Files are named by their SHA-256; what is
//! still coming in stands apart, and becomes a file in one step or not at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::buffered::BufWriter;
use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::io::AsyncWriteExt;

use crate::config::{MediaConfig, S3Config};

/// Bytes held in memory of a file on its way in; below it a file is written in one request.
const BUFFER: usize = 8 * 1024 * 1024;
/// Parts of one file under way at once.
const PARTS: usize = 2;
const INCOMING: &str = "incoming";
const FILES: &str = "sha256";
/// The folder beside the database.
const FOLDER: &str = "media";
/// Longest wait for a connection, and for a server that says nothing.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(30);

/// The store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    place: Arc<str>,
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("the file is not in the store any more")]
    Missing,
    /// It is full, cannot be reached, or refuses.
    #[error("the store of media failed: {0}")]
    Trouble(String),
}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing,
            other => Self::Trouble(innermost(&other)),
        }
    }
}

/// The words of the first cause: those around it repeat addresses and answers.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string().chars().take(300).collect()
}

/// A file that came in whole, and has no name yet.
#[derive(Debug)]
pub(super) struct Whole(Key);

/// A file on its way in.
pub(super) struct Incoming {
    key: Key,
    writer: BufWriter,
}

impl Incoming {
    /// Takes one more piece; waits while too much of it is under way.
    pub(super) async fn write(&mut self, piece: Bytes) -> Result<(), StoreError> {
        Ok(self.writer.put(piece).await?)
    }

    /// Ends it: all of it is in the store then.
    pub(super) async fn end(mut self) -> Result<Whole, StoreError> {
        self.writer.shutdown().await.map_err(|error| StoreError::Trouble(innermost(&error)))?;
        Ok(Whole(self.key))
    }

    /// Throws it away.
    pub(super) async fn abort(mut self) {
        if let Err(error) = self.writer.abort().await {
            tracing::debug!(error = %innermost(&error), "half a file is left to the sweep");
        }
    }
}

impl Store {
    /// The configured one; a folder is made, for its owner only. In words why not.
    pub fn open(config: &MediaConfig, database: &Path, proxy: Option<&str>) -> Result<Self, String> {
        if !config.s3.bucket.is_empty() {
            return Self::bucket(&config.s3, proxy);
        }
        let folder = folder(config, database);
        let place = folder.display().to_string();
        make_folder(&folder).map_err(|error| format!("the folder {place} cannot be made: {error}"))?;
        let objects = LocalFileSystem::new_with_prefix(&folder)
            .map_err(|error| format!("the folder {place} cannot be used: {}", innermost(&error)))?
            .with_fsync(true);
        Ok(Self { objects: Arc::new(objects), place: place.into() })
    }

    /// Whether there is anything to open: with nothing fetched ever, no folder is made.
    pub fn exists(config: &MediaConfig, database: &Path) -> bool {
        !config.s3.bucket.is_empty() || folder(config, database).is_dir()
    }

    fn bucket(config: &S3Config, proxy: Option<&str>) -> Result<Self, String> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_access_key_id(&config.access_key_id)
            .with_secret_access_key(config.secret_access_key.expose())
            .with_virtual_hosted_style_request(!config.path_style)
            .with_allow_http(config.endpoint.starts_with("http:"))
            // Not every server that speaks S3 takes many deletions in one request.
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig {
                max_retries: 3,
                retry_timeout: Duration::from_secs(30),
                ..RetryConfig::default()
            })
            .with_http_connector(Door::new(proxy)?);
        if !config.endpoint.is_empty() {
            builder = builder.with_endpoint(config.endpoint.trim_end_matches('/'));
        }
        let bucket = builder.build().map_err(|error| format!("the bucket cannot be used: {}", innermost(&error)))?;
        let place = format!("bucket {} {}", config.bucket, config.endpoint).trim_end().to_owned();
        let prefix = config.prefix.trim_matches('/');
        let objects: Arc<dyn ObjectStore> =
            if prefix.is_empty() { Arc::new(bucket) } else { Arc::new(PrefixStore::new(bucket, prefix)) };
        Ok(Self { objects, place: place.into() })
    }

    /// Where it is, for people.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether files can be written, read and deleted.
    pub async fn probe(&self) -> Result<(), StoreError> {
        let key = incoming_key();
        self.objects.put(&key, Bytes::from_static(b"trunkline").into()).await?;
        let read = self.objects.get(&key).await?.bytes().await?;
        self.objects.delete(&key).await?;
        if read.as_ref() == b"trunkline" { Ok(()) } else { Err(StoreError::Trouble("it reads other bytes".into())) }
    }

    /// Starts a file under a name of its own.
    pub(super) fn begin(&self) -> Incoming {
        let key = incoming_key();
        let writer = BufWriter::with_capacity(self.objects.clone(), key.clone(), BUFFER).with_max_concurrency(PARTS);
        Incoming { key, writer }
    }

    /// Gives what came in the name of its bytes.
    pub(super) async fn keep(&self, whole: &Whole, sha256: &str) -> Result<(), StoreError> {
        Ok(self.objects.rename(&whole.0, &file_key(sha256)).await?)
    }

    /// Deletes what came in.
    pub(super) async fn drop_whole(&self, whole: &Whole) -> Result<(), StoreError> {
        Ok(self.objects.delete(&whole.0).await?)
    }

    /// Whether these bytes are there.
    pub(super) async fn has(&self, sha256: &str) -> Result<bool, StoreError> {
        match self.objects.head(&file_key(sha256)).await.map_err(StoreError::from) {
            Ok(_) => Ok(true),
            Err(StoreError::Missing) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The bytes from `start` up to, not with, `end`.
    pub async fn read(
        &self,
        sha256: &str,
        start: u64,
        end: u64,
    ) -> Result<BoxStream<'static, Result<Bytes, object_store::Error>>, StoreError> {
        if start == end {
            return Ok(futures_util::stream::empty().boxed());
        }
        let options = GetOptions { range: Some(GetRange::Bounded(start..end)), ..GetOptions::default() };
        Ok(self.objects.get_opts(&file_key(sha256), options).await?.into_stream())
    }

    /// Deletes bytes; those that are not there are no trouble.
    pub(super) async fn delete(&self, sha256: &str) -> Result<(), StoreError> {
        match self.objects.delete(&file_key(sha256)).await.map_err(StoreError::from) {
            Err(StoreError::Missing) | Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The names of files older than a time (Unix ms).
    pub(super) async fn older(&self, than_ms: i64) -> Result<Vec<String>, StoreError> {
        let objects: Vec<_> = self.objects.list(Some(&Key::from(FILES))).try_collect().await?;
        let old = objects.into_iter().filter(|object| object.last_modified.timestamp_millis() < than_ms);
        // Only names we give: a bucket may hold other things.
        Ok(old
            .filter_map(|object| object.location.filename().map(str::to_owned))
            .filter(|name| is_sha256(name))
            .collect())
    }

    /// Deletes what began to come in before a time (Unix ms) and never ended.
    pub(super) async fn drop_abandoned(&self, before_ms: i64) -> Result<usize, StoreError> {
        let objects: Vec<_> = self.objects.list(Some(&Key::from(INCOMING))).try_collect().await?;
        let mut dropped = 0;
        for object in objects.into_iter().filter(|object| object.last_modified.timestamp_millis() < before_ms) {
            self.objects.delete(&object.location).await?;
            dropped += 1;
        }
        Ok(dropped)
    }
}

/// The way to a bucket: no proxy but the configured one, no redirects.
#[derive(Debug)]
struct Door(reqwest::Client);

impl Door {
    fn new(proxy: Option<&str>) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .no_gzip()
            .no_proxy();
        if let Some(proxy) = proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(|error| error.to_string())?);
        }
        builder.build().map(Self).map_err(|error| error.to_string())
    }
}

impl HttpConnector for Door {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

fn incoming_key() -> Key {
    Key::from_iter([INCOMING, &uuid::Uuid::from_bytes(rand::random()).simple().to_string()])
}

fn file_key(sha256: &str) -> Key {
    Key::from_iter([FILES, sha256.get(..2).unwrap_or_default(), sha256])
}

fn is_sha256(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The configured folder, or the one beside the database.
fn folder(config: &MediaConfig, database: &Path) -> PathBuf {
    if config.folder.is_empty() { database.with_file_name(FOLDER) } else { PathBuf::from(&config.folder) }
}

/// Recordings are nobody's but the daemon's: a folder that is made here is closed to others.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
