//! Compiles bodies and queries: templates in the shape of what is sent, and the forms that make lists,
//! choices and merged tables of them.

use serde_json::{Map, Value};

use super::Compiler;
use crate::config::did_you_mean;
use crate::connectors::rest::expression::Expr;
use crate::connectors::rest::tree::Tree;

impl Compiler<'_> {
    /// A template: a lone expression keeps its type.
    pub(crate) fn leaf(&mut self, at: &str, source: &str, scope: &[&str]) -> Tree {
        if let Some(expr) = lone(source)
            && let Ok(compiled) = Expr::strict(expr)
        {
            self.check_names(at, expr, &compiled.uses(), scope);
            return Tree::Typed(compiled);
        }
        if !source.contains("{{") && !source.contains("{%") && !source.contains("{#") {
            return Tree::Fixed(Value::String(source.to_owned()));
        }
        self.text(at, source, scope).map_or(Tree::Fixed(Value::Null), Tree::Text)
    }

    /// A tree of templates.
    pub(crate) fn tree(&mut self, at: &str, value: &Value, scope: &[&str]) -> Tree {
        match value {
            Value::String(source) => self.leaf(at, source, scope),
            Value::Array(items) => {
                let tree = |(index, item)| self.tree(&format!("{at}[{index}]"), item, scope);
                Tree::List(items.iter().enumerate().map(tree).collect())
            }
            Value::Object(entries) if entries.contains_key("$merge") => self.merge(at, entries, scope),
            Value::Object(entries) if entries.keys().any(|key| key.starts_with('$')) => {
                self.special(at, entries, scope)
            }
            Value::Object(entries) => {
                let mut out = Vec::with_capacity(entries.len());
                for (key, item) in entries {
                    let at = format!("{at}.{key}");
                    if let Some(key) = self.text(&at, key, scope) {
                        out.push((key, self.tree(&at, item, scope)));
                    }
                }
                Tree::Table(out)
            }
            fixed => Tree::Fixed(fixed.clone()),
        }
    }

    fn merge(&mut self, at: &str, entries: &Map<String, Value>, scope: &[&str]) -> Tree {
        let mut own = entries.clone();
        let more = own.remove("$merge").unwrap_or_default();
        let table = Box::new(self.tree(at, &Value::Object(own), scope));
        match self.condition(&format!("{at}.$merge"), more.as_str().unwrap_or_default(), scope) {
            Some(more) => Tree::Merge { table, more },
            None => Tree::Fixed(Value::Null),
        }
    }

    fn special(&mut self, at: &str, entries: &Map<String, Value>, scope: &[&str]) -> Tree {
        let known: &[&str] =
            if entries.contains_key("$each") { &["$each", "$as", "$item"] } else { &["$if", "$then", "$else"] };
        for key in entries.keys().filter(|key| !known.contains(&key.as_str())) {
            self.wrong(
                &format!("{at}.{key}"),
                format!("must not stand here; {}", did_you_mean(key, known.iter().copied())),
            );
        }
        let text = |key: &str| entries.get(key).and_then(Value::as_str).unwrap_or_default();
        let inner = |key: &str| format!("{at}.{key}");
        if known[0] == "$each" {
            let name = Some(text("$as")).filter(|name| !name.is_empty()).unwrap_or("item");
            let within: Vec<&str> = scope.iter().copied().chain([name, "index"]).collect();
            let item = entries.get("$item").unwrap_or(&Value::Null);
            if item.is_null() {
                self.wrong(&inner("$each"), "needs `$item`: what is made for each entry");
            }
            let item = Box::new(self.tree(&inner("$item"), item, &within));
            return match self.condition(&inner("$each"), text("$each"), scope) {
                Some(list) => Tree::Each { list, name: name.to_owned(), item },
                None => Tree::Fixed(Value::Null),
            };
        }
        let Some(then) = entries.get("$then") else {
            self.wrong(at, "needs `$if` and `$then`");
            return Tree::Fixed(Value::Null);
        };
        let then = Box::new(self.tree(&inner("$then"), then, scope));
        let otherwise = entries.get("$else").map(|tree| Box::new(self.tree(&inner("$else"), tree, scope)));
        match self.condition(&inner("$if"), text("$if"), scope) {
            Some(when) => Tree::If { when, then, otherwise },
            None => Tree::Fixed(Value::Null),
        }
    }
}

/// The expression of a text that is one lone `{{ expression }}`.
fn lone(source: &str) -> Option<&str> {
    source.trim().strip_prefix("{{")?.strip_suffix("}}").map(str::trim)
}
