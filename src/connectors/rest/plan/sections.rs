//! Compiles the sections, with the rules between their keys.

use std::collections::BTreeMap;

use super::{
    AuthPlan, Compiler, ContactPlan, DeletesPlan, Fault, FetchPlan, FindPlan, ListingPlan, LogPlan, OutcomePlan,
    PagingPlan, Plan, ReadPlan, StepPlan, SyncPlan, WhoAmIPlan,
};
use crate::connectors::rest::expression::Expr;
use crate::connectors::rest::manifest::{
    Contact, Deletes, DeletesKind, Fetch, Listing, Log, Manifest, Outcome, Paging, PagingKind, Source, Step, Strategy,
    Sync, Webhook, WebhookKind,
};
use crate::connectors::rest::times;
use crate::domain::upstream::UpdateLog;

/// Pages of a listing, where the manifest does not say.
const MAX_PAGES: u32 = 100_000;
/// Records of a page, where the manifest does not say.
const PAGE_SIZE: u32 = 100;
/// What templates of listings know.
const LISTING: [&str; 2] = ["sync", "page"];

pub(super) fn compile(manifest: &Manifest, vars: &BTreeMap<String, String>) -> Result<Plan, Vec<Fault>> {
    let mut c = Compiler::new(vars);
    let base_url = c.filled("api.base_url", &manifest.api.base_url).unwrap_or_default();
    let is_web = |url: &url::Url| url.has_host() && matches!(url.scheme(), "https" | "http");
    if !base_url.is_empty() && !url::Url::parse(&base_url).is_ok_and(|url| is_web(&url)) {
        c.wrong("api.base_url", "is no web address: write https://host/...");
    }
    let allowed = manifest.api.allowed_paths.iter().filter_map(|path| c.filled("api.allowed_paths", path)).collect();
    c.allow(allowed);
    let auth = AuthPlan::compile(&manifest.auth, &mut c);
    let plan = Plan {
        name: manifest.api.name.clone(),
        base_url,
        allowed_paths: c.allowed().to_vec(),
        headers: c.headers("api.headers", &manifest.api.headers, &[]),
        vars: serde_json::to_value(vars).unwrap_or_default(),
        auth,
        limits: manifest.limits.clone(),
        outcome: outcome(&mut c, &manifest.outcome),
        sync: sync(&mut c, &manifest.sync, &manifest.contact),
        ids: listings(&mut c, "ids", &manifest.ids),
        fetch: fetches(&mut c, &manifest.fetch),
        contact: contact(&mut c, &manifest.contact),
        call: manifest.call.as_ref().map(|log| logs(&mut c, "call", log)),
        message: manifest.message.as_ref().map(|log| logs(&mut c, "message", log)),
        update_log: manifest.capabilities.update_log,
        log_format: manifest.capabilities.log_format,
        whoami: manifest.whoami.as_ref().map(|who| WhoAmIPlan {
            request: c.request("whoami.request", &who.request, &[]),
            id: c.path("whoami.id", &who.id),
            name: c.needed_path("whoami.name", &who.name),
        }),
        webhook: manifest.webhook.clone(),
    };
    between(&mut c, &plan);
    if c.faults.is_empty() { Ok(plan) } else { Err(c.faults) }
}

/// What must fit across sections.
fn between(c: &mut Compiler<'_>, plan: &Plan) {
    let hydrates = |listings: &[ListingPlan]| listings.iter().any(|listing| listing.hydrate);
    if plan.fetch.is_empty() && (hydrates(&plan.sync.changes) || hydrates(&plan.sync.full)) {
        c.wrong("sync.changes.hydrate", "needs [fetch]: how a record is read by its id");
    }
    let updates = [&plan.call, &plan.message].into_iter().flatten().any(|log| !log.update.is_empty());
    if updates && plan.update_log == UpdateLog::None {
        let words = "say what `update` does: update_log = \"replace\" or \"append\"";
        c.wrong("capabilities.update_log", words);
    }
    if !updates && plan.update_log != UpdateLog::None {
        c.wrong("capabilities.update_log", "there is no [call.update] or [message.update] that does it");
    }
    if let Some(webhook) = &plan.webhook {
        check_webhook(c, webhook);
    }
    if !plan.limits.per_second.is_finite() || plan.limits.per_second < 0.0 {
        c.wrong("limits.per_second", "must be 0 or more");
    }
}

fn check_webhook(c: &mut Compiler<'_>, webhook: &Webhook) {
    let needs_header = matches!(webhook.kind, WebhookKind::HmacSha256 | WebhookKind::SharedSecret);
    if needs_header && webhook.header.is_empty() {
        c.wrong("webhook.header", "is missing: the header that holds the signature or the secret");
    }
    for (at, name) in [("webhook.header", &webhook.header), ("webhook.timestamp_header", &webhook.timestamp_header)] {
        if !name.is_empty() {
            c.header_name(at, name);
        }
    }
}

fn outcome(c: &mut Compiler<'_>, outcome: &Outcome) -> OutcomePlan {
    let mut rule = |key: &str, given: &str, default: &str| -> Expr {
        let given = c.answer(&format!("outcome.{key}"), given, &[]);
        given.unwrap_or_else(|| Expr::lenient(default).unwrap_or_else(|_| unreachable!("a constant: {default}")))
    };
    OutcomePlan {
        auth: rule("auth_when", &outcome.auth_when, "status == 401"),
        retry: rule("retry_when", &outcome.retry_when, "status == 429"),
        gone: rule("gone_when", &outcome.gone_when, "status in [404, 410]"),
        forbidden: rule("forbidden_when", &outcome.forbidden_when, "status == 403"),
        down: rule("down_when", &outcome.down_when, "status >= 500 or status == 408"),
        empty: rule("empty_when", &outcome.empty_when, "status in [204, 205, 304]"),
        ok: rule("ok_when", &outcome.ok_when, "status >= 200 and status < 300"),
        retry_after: c.answer("outcome.retry_after", &outcome.retry_after, &[]),
        error_text: c.answer("outcome.error_text", &outcome.error_text, &[]),
    }
}

/// `at` for an entry of what is written as one table or as several.
fn entry(at: &str, index: usize, count: usize) -> String {
    if count == 1 { at.to_owned() } else { format!("{at}[{index}]") }
}

fn sync(c: &mut Compiler<'_>, sync: &Sync, contact: &Contact) -> SyncPlan {
    let first_since = Some(sync.first_since.as_str()).filter(|text| !text.is_empty()).and_then(|text| {
        let at = times::read(&serde_json::Value::String(text.to_owned()));
        if at.is_none() {
            c.wrong("sync.first_since", "is no moment: write it as 1970-01-01T00:00:00Z");
        }
        at
    });
    let marks = sync.strategy == Strategy::Watermark && sync.source == Source::Records;
    if marks && contact.modified.is_empty() {
        let words = "needs contact.modified, the moment a record changed; or set sync.source = \"server_date\"";
        c.wrong("sync.strategy", words);
    }
    let token = c.path("sync.token", &sync.token);
    if sync.strategy == Strategy::Token {
        if sync.token.is_empty() {
            c.wrong("sync.strategy", "\"token\" needs `token`: the path of the next token in the last page");
        }
        if sync.changes.len() > 1 || sync.full.len() > 1 {
            c.wrong("sync.changes", "a token goes with one listing, not with several");
        }
    }
    if sync.changes.is_empty() {
        c.wrong("sync.changes", "is missing: how changes are listed");
    }
    let mut deletes = Vec::new();
    let mut gone_fields = Vec::new();
    for (index, delete) in sync.deletes.iter().enumerate() {
        let at = entry("sync.deletes", index, sync.deletes.len());
        match delete.kind {
            DeletesKind::Field => gone_fields.push(c.needed_path(&format!("{at}.when"), &delete.when)),
            DeletesKind::Feed if sync.strategy == Strategy::FullScan => {
                c.wrong(&at, "a feed needs a strategy that keeps its place: \"watermark\" or \"token\"");
            }
            DeletesKind::Feed | DeletesKind::ArchivedList => deletes.extend(delete_plan(c, &at, delete)),
            DeletesKind::Sweep | DeletesKind::Webhook => {}
        }
    }
    SyncPlan {
        strategy: sync.strategy,
        overlap_ms: i64::from(sync.overlap_seconds) * 1000,
        source: sync.source,
        first_since,
        token,
        changes: listings(c, "sync.changes", &sync.changes),
        full: listings(c, "sync.full", &sync.full),
        deletes,
        gone_fields,
    }
}

fn delete_plan(c: &mut Compiler<'_>, at: &str, delete: &Deletes) -> Option<DeletesPlan> {
    let Some(request) = &delete.request else {
        c.wrong(at, "needs `request`: what is asked for deletions");
        return None;
    };
    Some(DeletesPlan {
        kind: delete.kind,
        listing: ListingPlan {
            request: c.request(&format!("{at}.request"), request, &LISTING),
            records: c.path(&format!("{at}.records"), &delete.records),
            id: c.path(&format!("{at}.id"), &delete.id),
            hydrate: false,
            paging: paging(c, &format!("{at}.paging"), &delete.paging),
        },
        at: c.path(&format!("{at}.at"), &delete.at),
        covered: c.path(&format!("{at}.covered"), &delete.covered),
        every_ms: i64::from(delete.every_minutes) * 60_000,
    })
}

fn listings(c: &mut Compiler<'_>, at: &str, all: &[Listing]) -> Vec<ListingPlan> {
    let one = |(index, listing): (usize, &Listing)| {
        let at = entry(at, index, all.len());
        ListingPlan {
            request: c.request(&format!("{at}.request"), &listing.request, &LISTING),
            records: c.path(&format!("{at}.records"), &listing.records),
            id: c.path(&format!("{at}.id"), &listing.id),
            hydrate: listing.hydrate,
            paging: paging(c, &format!("{at}.paging"), &listing.paging),
        }
    };
    all.iter().enumerate().map(one).collect()
}

fn paging(c: &mut Compiler<'_>, at: &str, paging: &Paging) -> PagingPlan {
    if matches!(paging.kind, PagingKind::CursorBody | PagingKind::NextUrl) && paging.next.is_empty() {
        c.wrong(at, "this kind needs `next`: the path of the cursor or the address in the answer");
    }
    PagingPlan {
        kind: paging.kind,
        next: c.path(&format!("{at}.next"), &paging.next),
        more: c.path(&format!("{at}.more"), &paging.more),
        total: c.path(&format!("{at}.total"), &paging.total),
        key: c.path(&format!("{at}.key"), &paging.key),
        size: if paging.size == 0 { PAGE_SIZE } else { paging.size },
        first: paging.first.unwrap_or(1),
        short_page_ends: paging.short_page_ends,
        max_pages: if paging.max_pages == 0 { MAX_PAGES } else { paging.max_pages },
    }
}

fn fetches(c: &mut Compiler<'_>, all: &[Fetch]) -> Vec<FetchPlan> {
    let one = |(index, fetch): (usize, &Fetch)| {
        let at = entry("fetch", index, all.len());
        FetchPlan {
            when: c.condition(&format!("{at}.when"), &fetch.when, &["id"]),
            request: c.request(&format!("{at}.request"), &fetch.request, &["id", "ids"]),
            batch: usize::try_from(fetch.batch.max(1)).unwrap_or(1),
            records: c.path(&format!("{at}.records"), &fetch.records),
        }
    };
    all.iter().enumerate().map(one).collect()
}

fn contact(c: &mut Compiler<'_>, contact: &Contact) -> ContactPlan {
    let mut texts = Vec::new();
    for (widget, key, source) in [
        ("name", "name", &contact.name),
        ("firstName", "first_name", &contact.first_name),
        ("lastName", "last_name", &contact.last_name),
        ("company", "company", &contact.company),
        ("department", "department", &contact.department),
        ("jobTitle", "job_title", &contact.job_title),
        ("profileImageUrl", "image", &contact.image),
    ] {
        texts.extend(c.path(&format!("contact.{key}"), source).map(|path| (widget, path)));
    }
    let mut at = |key: &str, source: &str| c.path(&format!("contact.{key}"), source);
    let (phones, emails) = (at("phones", &contact.phones), at("emails", &contact.emails));
    let (owners, lists, tags) = (at("owners", &contact.owners), at("lists", &contact.lists), at("tags", &contact.tags));
    let (modified, version) = (at("modified", &contact.modified), at("version", &contact.version));
    let only_when = at("only_when", &contact.only_when);
    let fields = contact.fields.iter();
    let fields =
        fields.filter_map(|(name, source)| Some((name.clone(), at(&format!("fields.{name}"), source)?))).collect();
    ContactPlan {
        id: c.needed_path("contact.id", &contact.id),
        modified,
        version,
        only_when,
        texts,
        phones,
        emails,
        owners,
        lists,
        tags,
        fields,
        create: steps(c, "contact.create", &contact.create, "contact"),
        update: steps(c, "contact.update", &contact.update, "contact"),
    }
}

fn steps(c: &mut Compiler<'_>, at: &str, all: &[Step], subject: &str) -> Vec<StepPlan> {
    let scope = [subject, "captured"];
    let mut out = Vec::with_capacity(all.len());
    for (index, step) in all.iter().enumerate() {
        let at = entry(at, index, all.len());
        if subject == "log" && !step.record.is_empty() {
            c.wrong(&format!("{at}.record"), "is for contacts only: a log needs `capture`");
        }
        let capture = step.capture.iter();
        let capture = capture
            .filter_map(|(name, source)| Some((name.clone(), c.path(&format!("{at}.capture.{name}"), source)?)))
            .collect();
        out.push(StepPlan {
            when: c.condition(&format!("{at}.when"), &step.when, &scope),
            request: c.request(&format!("{at}.request"), &step.request, &scope),
            capture,
            record: c.path(&format!("{at}.record"), &step.record),
        });
    }
    out
}

fn logs(c: &mut Compiler<'_>, at: &str, log: &Log) -> LogPlan {
    if !log.create.iter().any(|step| step.capture.contains_key("id")) {
        c.wrong(&format!("{at}.create"), "needs `capture = { id = \"...\" }`: the path of the new log's id");
    }
    // Sent when a log is made, or never: what is answered later goes with `update`.
    let sends_fields = log.create.iter().any(|step| {
        let body = step.request.body.as_ref().map(serde_json::Value::to_string);
        body.is_some_and(|body| body.contains("log.fields"))
    });
    if !log.fields.is_empty() && !sends_fields {
        let words = "is sent nowhere: put `\"$merge\" = \"log.fields\"` into the body of `create`";
        c.wrong(&format!("{at}.fields"), words);
    }
    LogPlan {
        fields: log.fields.clone(),
        sends_fields,
        create: steps(c, &format!("{at}.create"), &log.create, "log"),
        update: steps(c, &format!("{at}.update"), &log.update, "log"),
        find: log.find.as_ref().map(|find| FindPlan {
            request: c.request(&format!("{at}.find.request"), &find.request, &["log"]),
            records: c.needed_path(&format!("{at}.find.records"), &find.records),
            id: c.needed_path(&format!("{at}.find.id"), &find.id),
            key: c.path(&format!("{at}.find.key"), &find.key),
        }),
        read: log.read.as_ref().map(|read| ReadPlan {
            request: c.request(&format!("{at}.read.request"), &read.request, &["log"]),
            body: c.needed_path(&format!("{at}.read.body"), &read.body),
        }),
    }
}
