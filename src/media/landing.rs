//! From an answer's body into the store: counted, looked at, hashed and written piece by piece; never all
//! in memory, and no half of it ever visible.

use bytes::Bytes;
use futures_util::StreamExt;
use reqwest::Response;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, timeout_at};

use super::content::{LOOKED_AT, kind_of, start_of};
use super::fetch::{Failure, broken, too_large, too_slow};
use super::store::{Incoming, Store, StoreError, Whole};

/// A file that came in whole, and has no name yet.
#[derive(Debug)]
pub(super) struct Landed {
    pub(super) whole: Whole,
    pub(super) sha256: String,
    pub(super) size: u64,
    pub(super) content_type: String,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Passing(format!("It could not be stored: {error}."))
    }
}

/// Takes a body in. What began to come in is thrown away where it does not end well.
pub(super) async fn land(store: &Store, answer: Response, largest: u64, deadline: Instant) -> Result<Landed, Failure> {
    let mut incoming = store.begin();
    match take(&mut incoming, answer, largest, deadline).await {
        Ok((sha256, size, content_type)) => Ok(Landed { whole: incoming.end().await?, sha256, size, content_type }),
        Err(failure) => {
            incoming.abort().await;
            Err(failure)
        }
    }
}

async fn take(
    incoming: &mut Incoming,
    answer: Response,
    largest: u64,
    deadline: Instant,
) -> Result<(String, u64, String), Failure> {
    let url = answer.url().clone();
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let told_type = header(CONTENT_TYPE).to_owned();
    let told_size: Option<u64> = header(CONTENT_LENGTH).parse().ok();
    let mut pieces = answer.bytes_stream();
    let (mut hash, mut size) = (Sha256::new(), 0_u64);
    let mut first: Vec<Bytes> = Vec::new();
    let mut kind: Option<String> = None;
    loop {
        let piece = match timeout_at(deadline, pieces.next()).await.map_err(|_| too_slow())? {
            Some(Ok(piece)) => piece,
            Some(Err(error)) => return Err(broken(&url, &error)),
            None => break,
        };
        size = size.saturating_add(piece.len() as u64);
        if size > largest {
            return Err(too_large(largest));
        }
        if kind.is_some() {
            hash.update(&piece);
            incoming.write(piece).await?;
            continue;
        }
        first.push(piece);
        if size >= LOOKED_AT as u64 {
            kind = Some(settle(incoming, &mut hash, &mut first, &told_type).await?);
        }
    }
    if told_size.is_some_and(|told| told != size) {
        return Err(Failure::Passing("The connection broke before the file was whole.".into()));
    }
    let kind = match kind {
        Some(kind) => kind,
        None => settle(incoming, &mut hash, &mut first, &told_type).await?,
    };
    let sha256 = hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        text
    });
    Ok((sha256, size, kind))
}

/// Decides by the first pieces what it is, and only then writes them.
async fn settle(
    incoming: &mut Incoming,
    hash: &mut Sha256,
    first: &mut Vec<Bytes>,
    told: &str,
) -> Result<String, Failure> {
    let kind = kind_of(&start_of(first), told).map_err(|words| Failure::Final(format!("It was not kept: {words}.")))?;
    for piece in first.drain(..) {
        hash.update(&piece);
        incoming.write(piece).await?;
    }
    Ok(kind)
}
