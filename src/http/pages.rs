//! Finished pages of the contact list, kept in memory as bytes, bounded by their size.

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::domain::sync::{Cursor, Stamp};

/// Bytes kept at most: about a hundred pages of a thousand contacts.
const KEPT_BYTES: u64 = 32 * 1024 * 1024;
const EXPECTED_PAGES: usize = 512;

/// Where a page starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// Page 1, with the widget's token.
    First(Option<Stamp>),
    /// A later page.
    At(Cursor),
}

/// A page of one state of the address book: any change makes a new stamp, and so new keys; so does
/// forgetting tombstones (the second of the two), after which an older page may have no next one.
pub type PageKey = (Stamp, Stamp, Start);

/// The pages.
pub type PageCache = Cache<PageKey, Bytes, Size>;

/// A page weighs its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Size;

impl Weighter<PageKey, Bytes> for Size {
    fn weight(&self, _: &PageKey, page: &Bytes) -> u64 {
        page.len() as u64
    }
}

/// An empty cache.
pub fn cache() -> PageCache {
    Cache::with_weighter(EXPECTED_PAGES, KEPT_BYTES, Size)
}
