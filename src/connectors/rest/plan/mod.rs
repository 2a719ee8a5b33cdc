//! A manifest made ready to run: every expression compiled, every variable set. What is wrong is told
//! all at once, each thing with its key.

mod auth;
mod compiler;
mod sections;

use std::collections::BTreeMap;

use serde_json::Value;

use super::expression::Expr;
use super::manifest::{BodyFormat, DeletesKind, Limits, Manifest, Method, PagingKind, Source, Strategy, Webhook};
use super::path::Path;
use super::tree::Tree;
use crate::domain::upstream::{LogFormat, UpdateLog};

pub(super) use super::expression::Text;
pub(super) use auth::{AuthPlan, Put, Session, Way};
pub(super) use compiler::{Compiler, Fault};

/// A whole manifest.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) base_url: String,
    pub(super) allowed_paths: Vec<String>,
    pub(super) headers: Vec<(String, Tree)>,
    pub(super) vars: Value,
    pub(super) auth: AuthPlan,
    pub(super) limits: Limits,
    pub(super) outcome: OutcomePlan,
    pub(super) sync: SyncPlan,
    pub(super) ids: Vec<ListingPlan>,
    pub(super) fetch: Vec<FetchPlan>,
    pub(super) contact: ContactPlan,
    pub(super) call: Option<LogPlan>,
    pub(super) message: Option<LogPlan>,
    pub(super) update_log: UpdateLog,
    pub(super) log_format: LogFormat,
    pub(super) whoami: Option<WhoAmIPlan>,
    pub(super) webhook: Option<Webhook>,
}

/// A request. `at` is its key in the manifest.
#[derive(Debug)]
pub(super) struct RequestPlan {
    pub(super) at: String,
    pub(super) method: Method,
    pub(super) path: Text,
    pub(super) query: Vec<(String, Tree)>,
    pub(super) headers: Vec<(String, Tree)>,
    pub(super) body: Option<Tree>,
    pub(super) body_format: BodyFormat,
    pub(super) ok_when: Option<Expr>,
    pub(super) gone_when: Option<Expr>,
}

/// `[outcome]`, with defaults for what is not given.
#[derive(Debug)]
pub(super) struct OutcomePlan {
    pub(super) auth: Expr,
    pub(super) retry: Expr,
    pub(super) retry_after: Option<Expr>,
    pub(super) gone: Expr,
    pub(super) forbidden: Expr,
    pub(super) down: Expr,
    pub(super) empty: Expr,
    pub(super) ok: Expr,
    pub(super) error_text: Option<Expr>,
}

/// `[sync]`.
#[derive(Debug)]
pub(super) struct SyncPlan {
    pub(super) strategy: Strategy,
    pub(super) overlap_ms: i64,
    pub(super) source: Source,
    pub(super) first_since: Option<i64>,
    pub(super) token: Option<Path>,
    pub(super) changes: Vec<ListingPlan>,
    pub(super) full: Vec<ListingPlan>,
    pub(super) deletes: Vec<DeletesPlan>,
    /// Of `deletes` of the kind `field`: where one is true the record is gone.
    pub(super) gone_fields: Vec<Path>,
}

/// A listing.
#[derive(Debug)]
pub(super) struct ListingPlan {
    pub(super) request: RequestPlan,
    pub(super) records: Option<Path>,
    pub(super) id: Option<Path>,
    pub(super) hydrate: bool,
    pub(super) paging: PagingPlan,
}

/// How a listing goes on.
#[derive(Debug)]
pub(super) struct PagingPlan {
    pub(super) kind: PagingKind,
    pub(super) next: Option<Path>,
    pub(super) more: Option<Path>,
    pub(super) total: Option<Path>,
    pub(super) key: Option<Path>,
    pub(super) size: u32,
    pub(super) first: u32,
    pub(super) short_page_ends: bool,
    pub(super) max_pages: u32,
}

/// A listing of deletions: `feed` or `archived_list`.
#[derive(Debug)]
pub(super) struct DeletesPlan {
    pub(super) kind: DeletesKind,
    pub(super) listing: ListingPlan,
    pub(super) at: Option<Path>,
    pub(super) covered: Option<Path>,
    pub(super) every_ms: i64,
}

/// `[fetch]`.
#[derive(Debug)]
pub(super) struct FetchPlan {
    pub(super) when: Option<Expr>,
    pub(super) request: RequestPlan,
    pub(super) batch: usize,
    pub(super) records: Option<Path>,
}

/// `[contact]`.
#[derive(Debug)]
pub(super) struct ContactPlan {
    pub(super) id: Path,
    pub(super) modified: Option<Path>,
    pub(super) version: Option<Path>,
    pub(super) only_when: Option<Path>,
    /// Texts of the contact, by the widget's names.
    pub(super) texts: Vec<(&'static str, Path)>,
    pub(super) phones: Option<Path>,
    pub(super) emails: Option<Path>,
    pub(super) owners: Option<Path>,
    pub(super) lists: Option<Path>,
    pub(super) tags: Option<Path>,
    pub(super) fields: Vec<(String, Path)>,
    pub(super) create: Vec<StepPlan>,
    pub(super) update: Vec<StepPlan>,
}

/// One step of writing.
#[derive(Debug)]
pub(super) struct StepPlan {
    pub(super) when: Option<Expr>,
    pub(super) request: RequestPlan,
    pub(super) capture: Vec<(String, Path)>,
    pub(super) record: Option<Path>,
}

/// `[call]` or `[message]`.
#[derive(Debug)]
pub(super) struct LogPlan {
    pub(super) create: Vec<StepPlan>,
    pub(super) update: Vec<StepPlan>,
    /// Fields of the log form, with the API's names for them; none where no body sends them.
    pub(super) fields: BTreeMap<String, String>,
    /// Whether what is made of a log has them.
    pub(super) sends_fields: bool,
    pub(super) find: Option<FindPlan>,
    pub(super) read: Option<ReadPlan>,
}

/// How a log's text is read.
#[derive(Debug)]
pub(super) struct ReadPlan {
    pub(super) request: RequestPlan,
    pub(super) body: Path,
}

/// How a log is found.
#[derive(Debug)]
pub(super) struct FindPlan {
    pub(super) request: RequestPlan,
    pub(super) records: Path,
    pub(super) id: Path,
    pub(super) key: Option<Path>,
}

/// `[whoami]`.
#[derive(Debug)]
pub(super) struct WhoAmIPlan {
    pub(super) request: RequestPlan,
    pub(super) id: Option<Path>,
    pub(super) name: Path,
}

impl Plan {
    /// Compiles a manifest with the values of its variables.
    pub(super) fn compile(
        manifest: &Manifest,
        vars: &std::collections::BTreeMap<String, String>,
    ) -> Result<Self, Vec<Fault>> {
        sections::compile(manifest, vars)
    }
}
