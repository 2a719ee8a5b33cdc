//! `JMESPath`, which picks things out of answers.

use std::fmt;
use std::sync::LazyLock;

use jmespath::functions::{ArgumentType, CustomFunction, Signature};
use jmespath::{Expression, Rcvar, Runtime, ToJmespath, Variable};
use serde_json::{Number, Value};

/// `JMESPath` and what it lacks: `split(text, separator)`, a list; of nothing, an empty one.
static LANGUAGE: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    let signature = Signature::new(vec![ArgumentType::Any, ArgumentType::String], None);
    let split = |given: &[Rcvar], _: &mut jmespath::Context<'_>| {
        let parts = match (given[0].as_string(), given[1].as_string()) {
            (Some(text), Some(separator)) if !text.is_empty() && !separator.is_empty() => {
                text.split(separator.as_str()).map(|part| Rcvar::new(Variable::String(part.to_owned()))).collect()
            }
            _ => Vec::new(),
        };
        Ok(Rcvar::new(Variable::Array(parts)))
    };
    runtime.register_function("split", Box::new(CustomFunction::new(signature, Box::new(split))));
    runtime
});

/// A compiled path.
pub(super) struct Path(Expression<'static>);

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Path").field(&self.0.as_str()).finish()
    }
}

/// An answer or a record, made ready once for many paths.
#[derive(Debug, Clone)]
pub(super) struct Found(Rcvar);

impl Found {
    /// Makes JSON ready.
    pub(super) fn of(value: &Value) -> Self {
        // Every JSON value has its counterpart; null stands for what cannot be.
        Self(value.to_jmespath().unwrap_or_else(|_| Rcvar::new(jmespath::Variable::Null)))
    }

    /// As JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::to_value(&*self.0).unwrap_or_default()
    }

    /// Its entries: of a list each, of nothing none, of anything else itself.
    pub(super) fn entries(&self) -> Vec<Self> {
        match self.0.as_array() {
            Some(items) => items.iter().cloned().map(Self).collect(),
            None if self.0.is_null() => Vec::new(),
            None => vec![self.clone()],
        }
    }

    /// As a text: a text, a number, true or false; nothing where it is empty.
    pub(super) fn text(&self) -> Option<String> {
        match &*self.0 {
            jmespath::Variable::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
            jmespath::Variable::Number(number) => Some(plain(number)),
            jmespath::Variable::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// True as `JMESPath` means it: neither false nor null nor empty.
    pub(super) fn is_true(&self) -> bool {
        self.0.is_truthy()
    }

    /// True for a table.
    pub(super) fn is_table(&self) -> bool {
        self.0.is_object()
    }

    /// A field of a table.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        let found = self.0.as_object()?.get(name)?;
        Some(Self(found.clone()))
    }

    /// True for nothing.
    pub(super) fn is_null(&self) -> bool {
        self.0.is_null()
    }
}

/// A whole number without a fraction, however the path's functions wrote it.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if !number.is_i64() && !number.is_u64() && float.fract() == 0.0 && float.abs() < 1e15 => {
            format!("{float:.0}")
        }
        _ => number.to_string(),
    }
}

impl Path {
    /// Compiles; the error says what the parser does not understand.
    pub(super) fn compile(source: &str) -> Result<Self, String> {
        LANGUAGE.compile(source).map(Self).map_err(|error| match error.reason {
            jmespath::ErrorReason::Parse(words) => {
                format!("{} at column {}", words.trim_start_matches("Parse error: "), error.column + 1)
            }
            jmespath::ErrorReason::Runtime(error) => error.to_string(),
        })
    }

    /// What it finds; the error names what it cannot do with this answer, without its values.
    pub(super) fn look(&self, found: &Found) -> Result<Found, String> {
        self.0.search(&found.0).map(Found).map_err(|error| match error.reason {
            jmespath::ErrorReason::Parse(words) => words,
            jmespath::ErrorReason::Runtime(error) => error.to_string(),
        })
    }

    /// What it finds, if anything.
    pub(super) fn find(&self, found: &Found) -> Option<Found> {
        self.look(found).ok().filter(|found| !found.is_null())
    }

    /// Its text.
    pub(super) fn source(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_stay_whole_numbers() {
        let found = Found::of(&json!({"id": 9_007_199_254_740_993_i64, "half": 0.5, "two": 2.0, "no": " "}));
        let text = |path: &str| Path::compile(path).expect("compiles").find(&found).and_then(|found| found.text());
        assert_eq!(text("id").as_deref(), Some("9007199254740993"));
        assert_eq!(text("two").as_deref(), Some("2"));
        assert_eq!(text("half").as_deref(), Some("0.5"));
        assert_eq!(text("no"), None);
        assert_eq!(text("id.x"), None);
    }

    #[test]
    fn texts_are_split() {
        let found = Found::of(&json!({"list": [{"ids": "7;8"}, {"ids": null}, {"ids": "9"}]}));
        let all = Path::compile("list[].split(ids, ';')[]").expect("compiles").look(&found).expect("works");
        assert_eq!(all.json(), json!(["7", "8", "9"]));
    }

    #[test]
    fn what_does_not_compile_names_the_column() {
        let words = Path::compile("phones[].{number value}").map(|_| ()).expect_err("wrong");
        assert!(words.contains("column"), "{words}");
    }
}
