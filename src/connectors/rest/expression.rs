//! The expressions of manifests, compiled once and evaluated for each request: `MiniJinja` for what is
//! sent and for conditions.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use minijinja::value::{Object, Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Expression, UndefinedBehavior};

use super::filters;

/// The ending of names of templates whose values are encoded for a path.
const PATH: &str = ".path";

/// For what is sent: what is missing is an error.
static STRICT: LazyLock<Environment<'static>> = LazyLock::new(|| environment(UndefinedBehavior::Strict));
/// For answers: what is missing is simply not there.
static LENIENT: LazyLock<Environment<'static>> = LazyLock::new(|| environment(UndefinedBehavior::Chainable));

/// The value of `omit`: leaves a key, an entry or a header out.
#[derive(Debug)]
struct Omit;
impl Object for Omit {
    /// False where it is tested, like none.
    fn is_true(self: &Arc<Self>) -> bool {
        false
    }
}

/// True for `omit`.
pub(super) fn is_omit(value: &Value) -> bool {
    value.downcast_object_ref::<Omit>().is_some()
}

fn environment(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_debug(false);
    env.set_undefined_behavior(undefined);
    env.set_auto_escape_callback(|name| {
        if name.ends_with(PATH) { AutoEscape::Custom("path".into()) } else { AutoEscape::None }
    });
    env.set_formatter(|out, state, value| {
        if value.is_undefined() && state.env().undefined_behavior() == UndefinedBehavior::Strict {
            return Err(Error::new(ErrorKind::UndefinedError, "a value is missing"));
        }
        let in_path = !matches!(state.auto_escape(), AutoEscape::None) && !value.is_safe();
        let empty = value.is_none() || value.is_undefined() || is_omit(value);
        let text = if empty { String::new() } else { value.to_string() };
        let text = if in_path { path_value(&text)? } else { text };
        out.write_str(&text).map_err(Error::from)
    });
    env.add_global("omit", Value::from_object(Omit));
    filters::add(&mut env);
    env
}

/// A value as one segment of a path. One that is empty or made of dots would change which address is
/// asked.
fn path_value(text: &str) -> Result<String, Error> {
    if text.is_empty() || text == "." || text == ".." {
        let words = "a value in the path is empty or only dots";
        return Err(Error::new(ErrorKind::InvalidOperation, words));
    }
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Ok(out)
}

/// The variables of an evaluation; secrets may be among them.
#[derive(Clone, Default)]
pub(super) struct Scope(BTreeMap<String, Value>);

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Scope {
    /// Sets a variable.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// The same with a variable set from JSON or the like.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl serde::Serialize) -> Self {
        self.set(name, Value::from(Serde(value)));
        self
    }

    fn value(&self) -> Value {
        Value::from(self.0.clone())
    }
}

/// What went wrong in an evaluation, without any value.
pub(super) fn words_of(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::UndefinedError, _) => "a value it uses is missing".into(),
        (_, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
    }
}

/// A lone expression.
pub(super) struct Expr {
    source: String,
    compiled: Expression<'static, 'static>,
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.source).finish()
    }
}

impl Expr {
    /// Compiles one of what is sent.
    pub(super) fn strict(source: &str) -> Result<Self, Error> {
        Self::compile(&STRICT, source)
    }

    /// Compiles one of answers.
    pub(super) fn lenient(source: &str) -> Result<Self, Error> {
        Self::compile(&LENIENT, source)
    }

    fn compile(env: &'static Environment<'static>, source: &str) -> Result<Self, Error> {
        Ok(Self { source: source.to_owned(), compiled: env.compile_expression_owned(source.to_owned())? })
    }

    /// Its value; one that is missing is an error.
    pub(super) fn eval(&self, scope: &Scope) -> Result<Value, Error> {
        let value = self.compiled.eval(scope.value())?;
        if value.is_undefined() {
            return Err(Error::new(ErrorKind::UndefinedError, "a value is missing"));
        }
        Ok(value)
    }

    /// Its value in a scope of an answer; nothing where it is missing or cannot be had.
    pub(super) fn find(&self, scope: &Scope) -> Option<Value> {
        match self.compiled.eval(scope.value()) {
            Ok(value) if value.is_undefined() || value.is_none() => None,
            Ok(value) => Some(value),
            Err(error) => {
                tracing::debug!(expression = self.source, error = words_of(&error), "an expression has no value");
                None
            }
        }
    }

    /// True where it holds in a scope of an answer.
    pub(super) fn holds(&self, scope: &Scope) -> bool {
        self.find(scope).is_some_and(|value| value.is_true())
    }

    /// The variables it uses, with one member: `log.key`.
    pub(super) fn uses(&self) -> Vec<String> {
        self.compiled.undeclared_variables(true).into_iter().collect()
    }
}

/// A text with expressions in it.
#[derive(Debug)]
pub(super) struct Text {
    source: String,
    name: &'static str,
}

impl Text {
    /// One whose values are taken as they are.
    pub(super) fn plain(source: &str) -> Result<Self, Error> {
        Self::compile(source, "text")
    }

    /// One whose values are encoded as segments of a path.
    pub(super) fn path(source: &str) -> Result<Self, Error> {
        Self::compile(source, PATH)
    }

    fn compile(source: &str, name: &'static str) -> Result<Self, Error> {
        STRICT.template_from_named_str(name, source)?;
        Ok(Self { source: source.to_owned(), name })
    }

    /// Its value.
    pub(super) fn render(&self, scope: &Scope) -> Result<String, Error> {
        STRICT.render_named_str(self.name, &self.source, scope.value())
    }

    /// The variables it uses.
    pub(super) fn uses(&self) -> Vec<String> {
        STRICT
            .template_from_named_str(self.name, &self.source)
            .map(|template| template.undeclared_variables(true).into_iter().collect())
            .unwrap_or_default()
    }
}

/// The names that every expression knows: functions and `omit`.
pub(super) fn globals() -> Vec<String> {
    STRICT.globals().map(|(name, _)| name.to_owned()).collect()
}

/// What a source uses that there is not, in words: filters, tests, methods. They would only be missed
/// when the source is evaluated, and a condition that cannot be evaluated simply does not hold.
pub(super) fn unknown_names(source: &str) -> Vec<String> {
    let mut state = STRICT.empty_state();
    let mut words = Vec::new();
    for used in names_used(source) {
        match used {
            Used::Filter(name) => {
                let tried = state.apply_filter(&name, &[]);
                if tried.is_err_and(|error| error.kind() == ErrorKind::UnknownFilter) {
                    words.push(format!("there is no filter `{name}` (docs/manifest.md lists them)"));
                }
            }
            Used::Test(name) => {
                let tried = state.perform_test(&name, &[]);
                if tried.is_err_and(|error| error.kind() == ErrorKind::UnknownTest) {
                    words.push(format!("there is no test `is {name}`"));
                }
            }
            Used::Method(name) => {
                words.push(format!(
                    "values have no method `{name}()`: use a filter, or a test such as `is startingwith('x')`"
                ));
            }
        }
    }
    words
}

enum Used {
    Filter(String),
    Test(String),
    Method(String),
}

fn names_used(source: &str) -> Vec<Used> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut before = ' ';
    let mut rest = source.char_indices();
    while let Some((at, c)) = rest.next() {
        let word = |from: usize| -> String {
            let after = source[from..].trim_start();
            after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        match quote {
            Some(_) if c == '\\' => drop(rest.next()),
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '|' => found.push(Used::Filter(word(at + 1))),
            None if c == '.' => {
                let name = word(at + 1);
                if source[at + 1..].trim_start().strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('(')) {
                    found.push(Used::Method(name));
                }
            }
            None if before.is_whitespace() && source[at..].starts_with("is ") => {
                let name = word(at + 3);
                let name =
                    if name == "not" { word(at + source[at..].find("not").unwrap_or_default() + 3) } else { name };
                found.push(Used::Test(name));
            }
            _ => {}
        }
        before = c;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scope() -> Scope {
        Scope::default().with("log", json!({"note": "O'Neil \"x\"\n{{ 1 }} & <b>", "seconds": 61, "no": null}))
    }

    #[test]
    fn a_scope_shows_names_only() {
        let shown = format!("{:?}", Scope::default().with("token", "CANARY"));
        assert!(shown.contains("token") && !shown.contains("CANARY"), "{shown}");
    }

    #[test]
    fn values_are_never_read_as_templates() {
        let text = Text::plain("<{{ log.note }}>").expect("compiles");
        assert_eq!(text.render(&scope()).expect("renders"), "<O'Neil \"x\"\n{{ 1 }} & <b>>");
    }

    #[test]
    fn values_in_paths_are_one_segment() {
        let path = Text::path("/a/{{ id }}/b").expect("compiles");
        let render = |id: &str| path.render(&Scope::default().with("id", id));
        assert_eq!(render("x/../y?z=1#&").expect("renders"), "/a/x%2F..%2Fy%3Fz%3D1%23%26/b");
        for hostile in ["", ".", ".."] {
            assert!(render(hostile).is_err(), "{hostile:?}");
        }
        assert!(path.render(&Scope::default().with("id", ())).is_err());
    }

    #[test]
    fn what_is_missing_is_an_error_where_it_is_sent_and_nothing_where_it_is_read() {
        for source in ["log.nothing", "nothing", "nothing.x"] {
            assert!(Expr::strict(source).expect("compiles").eval(&scope()).is_err(), "{source}");
            assert!(!Expr::lenient(source).expect("compiles").holds(&scope()), "{source}");
        }
        assert!(Text::plain("{{ log.nothing }}").expect("compiles").render(&scope()).is_err());
        assert!(!Expr::lenient("'x' in body.a.b or body[0].c").expect("compiles").holds(&scope()));
    }

    #[test]
    fn filters_keep_what_is_none_and_name_what_is_wrong() {
        let eval = |source: &str| Expr::strict(source).expect("compiles").eval(&scope());
        assert!(eval("log.no | rfc3339").expect("none").is_none());
        assert_eq!(eval("1790847000000 | rfc3339").expect("text").to_string(), "2026-10-01T09:30:00Z");
        assert_eq!(eval("log.seconds | hh_mm").expect("text").to_string(), "00:02");
        assert_eq!(eval("log.note | soql").expect("text").to_string(), "O\\'Neil \\\"x\\\"\\n{{ 1 }} & <b>");
        assert!(eval("log.note | html").expect("text").to_string().contains("<br>\n{{ 1 }} &amp; &lt;b&gt;"));
        assert_eq!(
            eval("{'a': true, 'b': 'x', 'c': 7} | texts | tojson").expect("a table").to_string(),
            r#"{"a": "true", "b": "x", "c": "7"}"#
        );
        assert!(eval("1 | date('%Q')").is_err());
        assert!(eval("log.note | rfc3339").is_err());
    }

    #[test]
    fn unknown_names_are_seen_before_they_are_needed() {
        let unknown = |source: &str| unknown_names(source).join("; ");
        let source = "a | rfc3339 | shout('x | y') and b|int";
        assert_eq!(unknown(source), "there is no filter `shout` (docs/manifest.md lists them)");
        assert!(unknown("a is not odd2 or b is startingwith('x')").contains("`is odd2`"));
        assert!(unknown("a.startswith('x') or 'is z' in b and 1.5 > 2").starts_with("values have no method"));
        assert_eq!(unknown("status is not none and a is defined and range(3)"), "");
        for (name, _) in filters::FILTERS {
            assert_eq!(unknown(&format!("a | {name}")), "");
        }
    }
}
