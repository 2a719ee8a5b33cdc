//! Compiles the texts of a manifest and collects what is wrong with them.

mod trees;

use std::collections::BTreeMap;

use super::RequestPlan;
use crate::config::did_you_mean;
use crate::connectors::rest::expression::{self, Expr, Scope, Text};
use crate::connectors::rest::manifest::{Method, Request};
use crate::connectors::rest::path::Path;
use crate::connectors::rest::tree::Tree;

/// One thing to correct: the key (`sync.changes.request.path`) and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: String,
    pub(crate) words: String,
}

/// What every template may use.
const ALWAYS: [&str; 5] = ["vars", "token", "username", "password", "session"];
/// Tables among the variables, with their members.
const MEMBERS: [(&str, &[&str]); 4] = [
    ("sync", &["since", "until", "token"]),
    ("page", &["cursor", "number", "offset", "size", "last_id"]),
    (
        "contact",
        &["id", "name", "first_name", "last_name", "company", "job_title", "phones", "emails", "phone", "email"],
    ),
    (
        "log",
        &[
            "id",
            "key",
            "contact_id",
            "moved",
            "moved_from",
            "subject",
            "body",
            "direction",
            "inbound",
            "from",
            "to",
            "started",
            "ended",
            "seconds",
            "result",
            "recording_url",
            "form",
            "fields",
        ],
    ),
];

/// Compiles, and remembers what is wrong.
pub(crate) struct Compiler<'a> {
    pub(crate) faults: Vec<Fault>,
    vars: &'a BTreeMap<String, String>,
    globals: Vec<String>,
    allowed: Vec<String>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(vars: &'a BTreeMap<String, String>) -> Self {
        Self { faults: Vec::new(), vars, globals: expression::globals(), allowed: Vec::new() }
    }

    pub(crate) fn wrong(&mut self, at: &str, words: impl Into<String>) {
        self.faults.push(Fault { at: at.to_owned(), words: words.into() });
    }

    /// How paths of requests may begin.
    pub(crate) fn allow(&mut self, paths: Vec<String>) {
        self.allowed = paths;
    }

    pub(crate) fn allowed(&self) -> &[String] {
        &self.allowed
    }

    /// A path, where one is given. `{{ vars.NAME }}` in it is filled in now.
    pub(crate) fn path(&mut self, at: &str, source: &str) -> Option<Path> {
        if source.is_empty() {
            return None;
        }
        let source = if source.contains("{{") { self.filled(at, source)? } else { source.to_owned() };
        match Path::compile(&source) {
            Ok(path) => Some(path),
            Err(words) => {
                self.wrong(at, format!("is no path: {words}"));
                None
            }
        }
    }

    /// A path that must be there; stands for it where it is wrong.
    pub(crate) fn needed_path(&mut self, at: &str, source: &str) -> Path {
        if source.is_empty() {
            self.wrong(at, "is missing: a path such as \"id\"");
        }
        self.path(at, source).unwrap_or_else(everything)
    }

    /// A text of variables only, filled in now.
    pub(crate) fn filled(&mut self, at: &str, source: &str) -> Option<String> {
        let before = self.faults.len();
        let text = self.text(at, source, &["vars only"]).filter(|_| self.faults.len() == before)?;
        match text.render(&Scope::default().with("vars", self.vars)) {
            Ok(text) => Some(text),
            Err(error) => {
                self.wrong(at, expression::words_of(&error));
                None
            }
        }
    }

    /// A condition or expression on an answer, where one is given.
    pub(crate) fn answer(&mut self, at: &str, source: &str, scope: &[&str]) -> Option<Expr> {
        let all: Vec<&str> = scope.iter().copied().chain(["status", "headers", "body"]).collect();
        self.expr(at, source, &all, Expr::lenient)
    }

    /// A condition before anything is sent, where one is given.
    pub(crate) fn condition(&mut self, at: &str, source: &str, scope: &[&str]) -> Option<Expr> {
        self.expr(at, source, scope, Expr::strict)
    }

    fn expr(
        &mut self,
        at: &str,
        source: &str,
        scope: &[&str],
        compile: fn(&str) -> Result<Expr, minijinja::Error>,
    ) -> Option<Expr> {
        if source.is_empty() {
            return None;
        }
        if source.trim_start().starts_with("{{") {
            self.wrong(at, "is an expression: write it without {{ }}");
            return None;
        }
        match compile(source) {
            Ok(expr) => {
                self.check_names(at, source, &expr.uses(), scope);
                Some(expr)
            }
            Err(error) => {
                self.wrong(at, format!("is no expression: {}", expression::words_of(&error)));
                None
            }
        }
    }

    fn text(&mut self, at: &str, source: &str, scope: &[&str]) -> Option<Text> {
        self.made(at, source, scope, Text::plain(source))
    }

    fn made(&mut self, at: &str, source: &str, scope: &[&str], text: Result<Text, minijinja::Error>) -> Option<Text> {
        match text {
            Ok(text) => {
                let code: String = source.split("{{").skip(1).filter_map(|part| part.split("}}").next()).collect();
                self.check_names(at, &code, &text.uses(), scope);
                Some(text)
            }
            Err(error) => {
                self.wrong(at, format!("is no template: {}", expression::words_of(&error)));
                None
            }
        }
    }

    /// Every variable, member and filter must be known: a slip of the pen is found here and not in the
    /// middle of a night.
    fn check_names(&mut self, at: &str, code: &str, uses: &[String], scope: &[&str]) {
        for words in expression::unknown_names(code) {
            self.wrong(at, words);
        }
        let open: Vec<&str> =
            if scope == ["vars only"] { vec!["vars"] } else { ALWAYS.iter().chain(scope).copied().collect() };
        let mut uses: Vec<&String> = uses.iter().collect();
        uses.sort();
        for used in uses {
            let mut parts = used.split('.');
            let (root, member) = (parts.next().unwrap_or_default(), parts.next());
            if self.globals.iter().any(|name| name == root) {
                continue;
            }
            if !open.contains(&root) {
                let fix = did_you_mean(root, open.iter().copied());
                self.wrong(at, format!("there is no `{root}` here; {fix}"));
                continue;
            }
            let Some(member) = member else { continue };
            if root == "vars" {
                if !self.vars.contains_key(member) {
                    let words = format!("`vars.{member}` is not declared: add [vars.{member}] with a description");
                    self.wrong(at, words);
                }
            } else if let Some((_, members)) = MEMBERS.iter().find(|(name, _)| *name == root)
                && !members.contains(&member)
            {
                let fix = did_you_mean(member, members.iter().copied());
                self.wrong(at, format!("`{root}` has no `{member}`; {fix}"));
            }
        }
    }

    /// A request.
    pub(crate) fn request(&mut self, at: &str, request: &Request, scope: &[&str]) -> RequestPlan {
        let inner = |key: &str| format!("{at}.{key}");
        if !request.path.starts_with('/') && !request.path.starts_with("{{") {
            self.wrong(&inner("path"), "must begin with /: it is the path below api.base_url");
        }
        let fixed = request.path.split("{{").next().unwrap_or_default();
        let may = |allowed: &String| fixed.starts_with(allowed.as_str()) || allowed.starts_with(fixed);
        if !self.allowed.is_empty() && !self.allowed.iter().any(may) {
            self.wrong(&inner("path"), "is outside of api.allowed_paths, so it would be refused: add how it begins");
        }
        let path = self.made(&inner("path"), &request.path, scope, Text::path(&request.path));
        if request.body.is_some() && matches!(request.method, Method::Get | Method::Delete) {
            self.wrong(&inner("body"), "a GET or DELETE has no body: use query, or another method");
        }
        let query = request.query.iter();
        let query =
            query.map(|(key, value)| (key.clone(), self.tree(&inner(&format!("query.{key}")), value, scope))).collect();
        RequestPlan {
            at: at.to_owned(),
            method: request.method,
            path: path.unwrap_or_else(nowhere),
            query,
            headers: self.headers(&inner("headers"), &request.headers, scope),
            body: request.body.as_ref().map(|body| self.tree(&inner("body"), body, scope)),
            body_format: request.body_format,
            ok_when: self.answer(&inner("ok_when"), &request.ok_when, scope),
            gone_when: self.answer(&inner("gone_when"), &request.gone_when, scope),
        }
    }

    pub(crate) fn headers(
        &mut self,
        at: &str,
        headers: &BTreeMap<String, String>,
        scope: &[&str],
    ) -> Vec<(String, Tree)> {
        let mut out = Vec::with_capacity(headers.len());
        for (name, value) in headers {
            let at = format!("{at}.{name}");
            self.header_name(&at, name);
            out.push((name.clone(), self.leaf(&at, value, scope)));
        }
        out
    }

    pub(crate) fn header_name(&mut self, at: &str, name: &str) {
        if reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_err() {
            self.wrong(at, format!("\"{name}\" is no name of a header"));
        }
    }
}

/// Stands for a path that was wrong; never run.
fn everything() -> Path {
    Path::compile("@").unwrap_or_else(|_| unreachable!("a constant"))
}

/// Stands for a template that was wrong; never run.
fn nowhere() -> Text {
    Text::path("/").unwrap_or_else(|_| unreachable!("a constant"))
}
