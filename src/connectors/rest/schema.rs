//! The JSON Schema of manifests, made from their types, and what a file has against it.

use std::fmt::Write as _;
use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::Value;

use super::manifest::Manifest;
use super::plan::Fault;
use crate::config::{did_you_mean, either};

/// The schema with its validator.
static SCHEMA: LazyLock<(Value, Option<Validator>)> = LazyLock::new(|| {
    let settings = SchemaSettings::draft2020_12().with_transform(NoNull);
    let schema = settings.into_generator().into_root_schema_for::<Manifest>().to_value();
    let validator = jsonschema::validator_for(&schema).ok();
    (schema, validator)
});

/// The JSON Schema (2020-12) of manifests: `docs/manifest.schema.json`.
pub fn schema() -> &'static Value {
    &SCHEMA.0
}

/// TOML has no null: what may be left out is simply left out.
#[derive(Debug, Clone)]
struct NoNull;

impl Transform for NoNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(map) = schema.as_object_mut() else { return };
        let null = serde_json::json!({"type": "null"});
        if let Some(Value::Array(options)) = map.get_mut("anyOf") {
            options.retain(|option| *option != null);
            if let [Value::Object(only)] = options.as_slice() {
                let only = only.clone();
                map.remove("anyOf");
                for (key, value) in only {
                    map.entry(key).or_insert(value);
                }
            }
        }
        if let Some(Value::Array(types)) = map.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                map.insert("type".into(), only);
            }
        }
        if map.get("default") == Some(&Value::Null) {
            map.remove("default");
        }
    }
}

/// A [`Fault`], or a key that there is not.
#[derive(Debug)]
pub(super) struct SchemaFault {
    pub(super) fault: Fault,
    pub(super) unknown: bool,
}

/// Everything a manifest has against the schema.
pub(super) fn faults(manifest: &Value) -> Vec<SchemaFault> {
    let (schema, Some(validator)) = &*SCHEMA else { return Vec::new() };
    validator.iter_errors(manifest).flat_map(|error| words(schema, &error)).collect()
}

fn words(schema: &Value, error: &ValidationError<'_>) -> Vec<SchemaFault> {
    let at = dotted(error.instance_path().as_str());
    let under = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    let one = |at: String, words: String| vec![SchemaFault { fault: Fault { at, words }, unknown: false }];
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = known_keys(schema, error.evaluation_path().as_str());
            let fault = |key: &String| SchemaFault {
                fault: Fault { at: under(key), words: did_you_mean(key, known.iter().map(String::as_str)) },
                unknown: true,
            };
            unexpected.iter().map(fault).collect()
        }
        ValidationErrorKind::Required { property } => {
            one(at.clone(), format!("needs the key `{}`", property.as_str().unwrap_or_default()))
        }
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::Enum { .. } => {
            let options = options(schema, error.evaluation_path().as_str());
            let near = error.instance().as_str().map(|given| did_you_mean(given, options.iter().map(String::as_str)));
            let near = near.filter(|words| words.starts_with("did")).map(|words| format!("; {words}"));
            let names: Vec<String> = options.iter().map(|name| format!("\"{name}\"")).collect();
            one(at, format!("must be {}{}", either(&names), near.unwrap_or_default()))
        }
        ValidationErrorKind::Type { kind } => one(at, format!("must be {}", kind_words(&format!("{kind:?}")))),
        ValidationErrorKind::Minimum { limit } => one(at, format!("must be {limit} or more")),
        ValidationErrorKind::Maximum { limit } => one(at, format!("must be {limit} or less")),
        _ => one(at, error.masked().to_string()),
    }
}

fn kind_words(kind: &str) -> &'static str {
    for (name, words) in [
        ("String", "text in quotes"),
        ("Integer", "a whole number"),
        ("Number", "a number"),
        ("Boolean", "true or false"),
        ("Array", "a list: [..]"),
        ("Object", "a table: { key = value, .. }"),
    ] {
        if kind.contains(name) {
            return words;
        }
    }
    "of another type"
}

/// `/sync/changes/0/request` as `sync.changes[0].request`.
fn dotted(pointer: &str) -> String {
    let mut out = String::new();
    for part in pointer.split('/').skip(1) {
        if part.parse::<usize>().is_ok() {
            let _ = write!(out, "[{part}]");
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(&part.replace("~1", "/").replace("~0", "~"));
        }
    }
    out
}

/// The schema around the keyword an error's evaluation ends with.
fn around<'a>(schema: &'a Value, evaluation: &str) -> Option<&'a Value> {
    let parts: Vec<&str> = evaluation.split('/').skip(1).collect();
    let (_, parts) = parts.split_last()?;
    let mut here = schema;
    for part in parts {
        here = match here {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
            _ => here.get(part.replace("~1", "/").replace("~0", "~"))?,
        };
        if *part == "$ref" {
            here = schema.pointer(here.as_str()?.trim_start_matches('#'))?;
        }
    }
    Some(here)
}

fn known_keys(schema: &Value, evaluation: &str) -> Vec<String> {
    let properties = around(schema, evaluation).and_then(|around| around.get("properties"));
    properties.and_then(Value::as_object).map(|map| map.keys().cloned().collect()).unwrap_or_default()
}

fn options(schema: &Value, evaluation: &str) -> Vec<String> {
    let Some(around) = around(schema, evaluation) else { return Vec::new() };
    let list = |key: &str| around.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let constants = list("oneOf").into_iter().flat_map(|option| match option.get("const") {
        Some(constant) => vec![constant.clone()],
        None => option.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
    });
    constants.chain(list("enum")).filter_map(|value| value.as_str().map(str::to_owned)).collect()
}
