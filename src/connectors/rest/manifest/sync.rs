//! `[sync]`: how contacts, their changes and their deletions are listed.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Many, Request};

/// `[sync]`. Templates of its requests know `sync.since` and `sync.until` (Unix ms; `since` is none
/// in a first run without `first_since`), `sync.token`, and `page.cursor`, `page.number`,
/// `page.offset`, `page.size`, `page.last_id`. A run reads deletions first, then changes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// How a run finds what is new.
    pub strategy: Strategy,
    /// `watermark`: so many seconds before the newest change seen are read again, for changes that the
    /// API shows late.
    #[serde(default)]
    pub overlap_seconds: u32,
    /// `watermark`: where the next run's `sync.since` comes from.
    #[serde(default)]
    pub source: Source,
    /// `watermark`: `sync.since` of a first run, as RFC 3339, for APIs that insist on one.
    #[serde(default)]
    pub first_since: String,
    /// `token`: path of the next run's `sync.token` in the last page's answer.
    #[serde(default)]
    pub token: String,
    /// The listings of changes, read in their order.
    pub changes: Many<Listing>,
    /// The listings of a first run. Without any: those of `changes`.
    #[serde(default)]
    pub full: Many<Listing>,
    /// How deletions are found.
    #[serde(default)]
    pub deletes: Many<Deletes>,
}

/// How a run finds what is new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// What changed since a moment: bookmark = min(start of the run, newest change seen) - overlap.
    Watermark,
    /// What changed since a token that the API hands out.
    Token,
    /// Everything, every time.
    #[default]
    FullScan,
}

/// Where the bookmark comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The newest `contact.modified` among the records, but never after the run's start.
    #[default]
    Records,
    /// The `Date` header of the run's first answer.
    ServerDate,
    /// This machine's clock at the run's start.
    Clock,
}

/// A listing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// What is asked for each page.
    pub request: Request,
    /// Path: the records in an answer; a list, or one record. Empty: the answer itself.
    #[serde(default)]
    pub records: String,
    /// Path: the id of each record. Else: `contact.id`.
    #[serde(default)]
    pub id: String,
    /// The records are ids only: each is read by `[fetch]`.
    #[serde(default)]
    pub hydrate: bool,
    /// How it goes on after a page.
    #[serde(default)]
    pub paging: Paging,
}

/// `paging`: how a listing goes on after a page. Whatever its kind, a cursor that comes twice, a page
/// with nothing new and too many pages end the run with an error instead of going on for ever.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Paging {
    /// The kind.
    pub kind: PagingKind,
    /// `cursor_body`, `next_url`: path of the cursor or the address in the answer; nothing is the end.
    pub next: String,
    /// Path: true where there is more; false is the end, whatever else there is.
    pub more: String,
    /// Path: how many records there are in all; when so many were read it is the end.
    pub total: String,
    /// `{{ page.size }}`. Else: 100.
    #[schemars(range(max = 100_000))]
    pub size: u32,
    /// `page`: the number of the first page. Else: 1. (`page.number` counts for every kind.)
    pub first: Option<u32>,
    /// `keyset_id`: path of the ordered id in each record, which becomes `page.last_id`. Else: the id.
    pub key: String,
    /// `page`, `offset`, `keyset_id`: a page with fewer than `size` records is the last. Only for APIs
    /// that never send less than they were asked for. Else an empty page is the end.
    pub short_page_ends: bool,
    /// More pages than this are an error. Else: 100,000.
    pub max_pages: u32,
}

/// How a listing goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PagingKind {
    /// It does not: one answer holds everything.
    #[default]
    Single,
    /// A cursor in the body, sent as `{{ page.cursor }}`.
    CursorBody,
    /// The next page's address in the body, of the same origin.
    NextUrl,
    /// The next page's address in the `Link` header, of the same origin.
    LinkHeader,
    /// By page number: `{{ page.number }}`.
    Page,
    /// By offset: `{{ page.offset }}`.
    Offset,
    /// By the last id seen, over a fixed `sync.since`: ask for `id > {{ page.last_id }}`, ordered by
    /// id. The way for APIs whose times are coarse or equal for many records.
    KeysetId,
}

/// `[sync.deletes]`: how deletions are found.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deletes {
    /// The kind.
    pub kind: DeletesKind,
    /// `field`: path in a record of a listing of changes; where it is true the record is gone.
    #[serde(default)]
    pub when: String,
    /// `feed`, `archived_list`: what is asked for each page. `sync.since` is this listing's own.
    #[serde(default)]
    pub request: Option<Request>,
    /// `feed`, `archived_list`: path of the records in an answer.
    #[serde(default)]
    pub records: String,
    /// `feed`, `archived_list`: path of the id in each record. Else: `contact.id`.
    #[serde(default)]
    pub id: String,
    /// `feed`, `archived_list`: path of the moment of the deletion.
    #[serde(default)]
    pub at: String,
    /// `feed`: path in the answer of the moment up to which it is complete; the next run's `sync.since`.
    /// Else the start of the run is.
    #[serde(default)]
    pub covered: String,
    /// `feed`, `archived_list`: how it goes on after a page.
    #[serde(default)]
    pub paging: Paging,
    /// `feed`, `archived_list`: not read more often than this. 0: in every run.
    #[serde(default)]
    pub every_minutes: u32,
}

/// How deletions are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeletesKind {
    /// A listing of what was deleted since `sync.since`.
    Feed,
    /// Deleted records are listed among the changes, marked.
    Field,
    /// A listing of everything that was ever deleted or archived.
    ArchivedList,
    /// By comparing all ids (`[ids]`) now and then.
    #[default]
    Sweep,
    /// A webhook tells; a sweep finds what it misses.
    Webhook,
}
