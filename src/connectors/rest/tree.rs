//! Trees whose leaves are templates: bodies and queries. Values are set in as values, never as text that
//! is parsed again, so that no value can change the shape of what is sent.

use minijinja::Error;
use serde_json::{Map, Value};

use super::expression::{Expr, Scope, Text, is_omit};

/// A compiled tree.
#[derive(Debug)]
pub(super) enum Tree {
    /// As it stands.
    Fixed(Value),
    /// A lone expression, which keeps its type.
    Typed(Expr),
    /// Text with expressions.
    Text(Text),
    /// A list.
    List(Vec<Tree>),
    /// A table.
    Table(Vec<(Text, Tree)>),
    /// A table, and over it the entries of another.
    Merge { table: Box<Tree>, more: Expr },
    /// An item for each entry of a list.
    Each { list: Expr, name: String, item: Box<Tree> },
    /// One of two.
    If { when: Expr, then: Box<Tree>, otherwise: Option<Box<Tree>> },
}

/// Why a tree does not render: where, and what is wrong.
#[derive(Debug)]
pub(super) struct TreeError {
    /// The place in the tree: `properties.hs_timestamp`.
    pub(super) at: String,
    /// What is wrong there.
    pub(super) error: Error,
}

impl Tree {
    /// The value for a scope; nothing for `omit`.
    pub(super) fn render(&self, scope: &Scope) -> Result<Option<Value>, TreeError> {
        let here = |error| TreeError { at: String::new(), error };
        match self {
            Self::Fixed(value) => Ok(Some(value.clone())),
            Self::Typed(expr) => {
                let value = expr.eval(scope).map_err(here)?;
                if is_omit(&value) {
                    return Ok(None);
                }
                let json = serde_json::to_value(&value).map_err(|_| {
                    here(Error::new(minijinja::ErrorKind::BadSerialization, "this value cannot be sent"))
                })?;
                Ok(Some(json))
            }
            Self::Text(text) => Ok(Some(Value::String(text.render(scope).map_err(here)?))),
            Self::List(items) => {
                let mut out = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    out.extend(item.render(scope).map_err(|error| error.under(&index.to_string()))?);
                }
                Ok(Some(Value::Array(out)))
            }
            Self::Table(entries) => {
                let mut out = Map::with_capacity(entries.len());
                for (key, tree) in entries {
                    let key = key.render(scope).map_err(here)?;
                    if let Some(value) = tree.render(scope).map_err(|error| error.under(&key))? {
                        out.insert(key, value);
                    }
                }
                Ok(Some(Value::Object(out)))
            }
            Self::Merge { table, more } => {
                let more = more.eval(scope).map_err(here)?;
                let more = serde_json::to_value(&more).unwrap_or_default();
                let table = table.render(scope)?;
                let (Some(Value::Object(mut table)), Value::Object(more)) = (table, more) else {
                    let words = "only a table can be merged into a table";
                    return Err(here(Error::new(minijinja::ErrorKind::InvalidOperation, words)));
                };
                table.extend(more);
                Ok(Some(Value::Object(table)))
            }
            Self::Each { list, name, item } => {
                let list = list.eval(scope).map_err(here)?;
                let mut out = Vec::new();
                if !list.is_none() {
                    for (index, entry) in list.try_iter().map_err(here)?.enumerate() {
                        let mut inner = scope.clone().with("index", index);
                        inner.set(name, entry);
                        out.extend(item.render(&inner).map_err(|error| error.under(&index.to_string()))?);
                    }
                }
                Ok(Some(Value::Array(out)))
            }
            Self::If { when, then, otherwise } => {
                if when.eval(scope).map_err(here)?.is_true() {
                    then.render(scope)
                } else {
                    otherwise.as_ref().map_or(Ok(None), |tree| tree.render(scope))
                }
            }
        }
    }
}

impl TreeError {
    fn under(mut self, key: &str) -> Self {
        self.at = if self.at.is_empty() { key.to_owned() } else { format!("{key}.{}", self.at) };
        self
    }
}
