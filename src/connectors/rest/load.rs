//! Reads a manifest: TOML with the places of its keys, the schema, the types, the variables, and every
//! expression compiled. All that is wrong is told at once, with its line.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use toml::de::DeTable;

use super::manifest::Manifest;
use super::plan::{Fault, Plan};
use super::schema;
use crate::config::{ConnectorConfig, ConnectorKind, File, Place, Places, Problem, did_you_mean};

/// The shipped manifests.
#[derive(rust_embed::Embed)]
#[folder = "src/connectors/rest/manifests"]
#[include = "*.toml"]
struct Shipped;

/// A manifest with what it compiles to.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) manifest: Manifest,
    pub(super) plan: Plan,
}

/// Where the values of variables come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Vars<'a> {
    /// From the configuration; what has no default must be there.
    Given(&'a BTreeMap<String, String>),
    /// From the manifest's own defaults and examples, to look at it.
    Examples,
}

/// The text of the shipped manifest of a name such as `pipedrive`.
pub fn shipped(name: &str) -> Option<String> {
    let file = Shipped::get(&format!("{name}.toml"))?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// The names of the shipped manifests.
pub fn shipped_names() -> Vec<String> {
    let mut names: Vec<String> =
        Shipped::iter().filter_map(|file| Some(file.strip_suffix(".toml")?.to_owned())).collect();
    names.sort();
    names
}

/// Reads the manifest a configuration names, with what tells it and its variables from others. The
/// error is for the administrator.
pub(super) fn for_config(config: &ConnectorConfig) -> Result<(Loaded, String), String> {
    let (name, text) = if config.manifest.is_empty() {
        if config.kind == ConnectorKind::Rest {
            return Err("`manifest` is missing: the file that describes the API (docs/manifest.md)".into());
        }
        let kind = config.kind.name();
        let text = shipped(kind).ok_or_else(|| format!("there is no shipped manifest for kind \"{kind}\""))?;
        (format!("{kind}.toml"), text)
    } else {
        let text = std::fs::read_to_string(&config.manifest)
            .map_err(|error| format!("cannot read the manifest {}: {error}", config.manifest))?;
        (config.manifest.clone(), text)
    };
    let loaded = read(&name, &text, Vars::Given(&config.vars)).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        format!("the manifest {name} is not usable:\n  {}", lines.join("\n  "))
    })?;
    let mut digest = Sha256::new();
    for part in std::iter::once(&text).chain(config.vars.iter().flat_map(|(name, value)| [name, value])) {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    Ok((loaded, STANDARD_NO_PAD.encode(&digest.finalize()[..12])))
}

/// Reads a manifest.
pub(super) fn read(name: &str, text: &str, vars: Vars<'_>) -> Result<Loaded, Vec<Problem>> {
    let file = File { name, text };
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => return Err(vec![unreadable(&file, &error, "is not TOML: ")]),
    };
    let mut places = Places::default();
    for (key, value) in table.get_ref() {
        places.note_file(&file, key.get_ref(), key.span().start, value);
    }
    let json: Value = toml::from_str(text).map_err(|error| vec![unreadable(&file, &error, "")])?;
    let found = schema::faults(&json);
    if !found.is_empty() {
        let mut problems: Vec<Problem> =
            found.into_iter().map(|found| placed(&file, &places, found.fault, found.unknown)).collect();
        problems.sort_by_key(line);
        return Err(problems);
    }
    let manifest: Manifest = toml::from_str(text).map_err(|error| vec![unreadable(&file, &error, "")])?;
    let (values, faults) = values(&manifest, vars);
    let mut problems: Vec<Problem> = faults.into_iter().map(|fault| placed(&file, &places, fault, false)).collect();
    match Plan::compile(&manifest, &values) {
        Ok(plan) if problems.is_empty() => Ok(Loaded { manifest, plan }),
        Ok(_) => Err(problems),
        Err(faults) => {
            problems.extend(faults.into_iter().map(|fault| placed(&file, &places, fault, false)));
            problems.sort_by_key(line);
            problems.dedup();
            Err(problems)
        }
    }
}

fn line(problem: &Problem) -> usize {
    if let Place::File { line, .. } = problem.place { line } else { 0 }
}

fn placed(file: &File<'_>, places: &Places, fault: Fault, unknown: bool) -> Problem {
    if fault.at.is_empty() {
        return Problem { key: "manifest".into(), place: file.place(0), unknown, words: fault.words };
    }
    let place = places.of(&fault.at);
    let key = fault.at;
    Problem { key, place, unknown, words: fault.words }
}

fn unreadable(file: &File<'_>, error: &toml::de::Error, lead: &str) -> Problem {
    let place = file.place(error.span().map_or(0, |span| span.start));
    Problem { key: "manifest".into(), place, unknown: false, words: format!("{lead}{}", error.message()) }
}

fn values(manifest: &Manifest, vars: Vars<'_>) -> (BTreeMap<String, String>, Vec<Fault>) {
    let mut values = BTreeMap::new();
    let mut faults = Vec::new();
    for (name, var) in &manifest.vars {
        let given = if let Vars::Given(given) = vars { given.get(name) } else { None };
        let value = match (given.or(var.default.as_ref()), vars) {
            (Some(value), _) => value.clone(),
            (None, Vars::Examples) => var.example.clone(),
            (None, Vars::Given(_)) => {
                let words = format!("must be set in the connector's `vars`: {}", var.description);
                faults.push(Fault { at: format!("vars.{name}"), words });
                String::new()
            }
        };
        values.insert(name.clone(), value);
    }
    if let Vars::Given(given) = vars {
        for name in given.keys().filter(|name| !manifest.vars.contains_key(*name)) {
            let fix = match manifest.vars.len() {
                0 => "the manifest has no variables".to_owned(),
                _ => did_you_mean(name, manifest.vars.keys().map(String::as_str)),
            };
            let words = format!("is set in the configuration, but the manifest has no such variable: {fix}");
            faults.push(Fault { at: format!("vars.{name}"), words });
        }
    }
    (values, faults)
}
