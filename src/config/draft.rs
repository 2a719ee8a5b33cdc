//! The configuration while it is put together: values of the file, then of the environment, each
//! tried against the shape of its key alone, so that one wrong key does not hide another.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Error};

use super::Config;
use super::places::{File, Places};
use super::problem::{ConfigError, Place, Problem};
use super::words::{did_you_mean, friendly, is_about_type, unknown_field};

/// What starts the name of every variable that sets a key.
const PREFIX: &str = "TRUNKLINE__";
/// The section whose keys are named by whoever writes the configuration.
const NAMED: &str = "connectors";

type Value<'a> = Spanned<DeValue<'a>>;
type Tree<'a> = BTreeMap<String, BTreeMap<String, Value<'a>>>;

/// Values that fit their keys, where they come from, and what did not fit.
pub(super) struct Draft<'a> {
    /// Every section and key there is, from the defaults.
    schema: BTreeMap<String, Vec<String>>,
    tree: Tree<'a>,
    pub(super) places: Places,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Draft<'a> {
    /// Nothing set.
    pub(super) fn new() -> Self {
        let defaults = toml::Table::try_from(Config::default()).unwrap_or_default();
        let keys =
            |section: &toml::Value| section.as_table().into_iter().flatten().map(|(key, _)| key.clone()).collect();
        let schema = defaults.iter().map(|(name, section)| (name.clone(), keys(section))).collect();
        Self { schema, tree: Tree::new(), places: Places::default(), problems: Vec::new() }
    }

    /// Adds the keys of a file.
    pub(super) fn add_file(&mut self, file: &File<'a>) -> Result<(), ConfigError> {
        let document = DeTable::parse(file.text).map_err(|error| ConfigError::Syntax {
            place: file.place(error.span().map_or(0, |span| span.start)),
            words: error.message().to_owned(),
        })?;
        for (name, section) in document.get_ref() {
            let place = file.place(name.span().start);
            let name: &str = name.get_ref();
            if !self.schema.contains_key(name) {
                let words = self.right_section(name);
                self.unknown(name, place, words);
                continue;
            }
            let Some(table) = section.get_ref().as_table() else {
                self.wrong(name, place, format!("is a section: write [{name}] and its keys below"));
                continue;
            };
            for (key, value) in table {
                self.add_file_key(file, name, key, value);
            }
        }
        Ok(())
    }

    fn add_file_key(&mut self, file: &File<'a>, section: &str, key: &Spanned<Cow<'a, str>>, value: &Value<'a>) {
        let start = key.span().start;
        let path = format!("{section}.{}", key.get_ref());
        if !self.has(section, key.get_ref()) {
            let words = self.right_key(section, key.get_ref());
            self.unknown(&path, file.place(start), words);
            return;
        }
        self.places.note_file(file, &path, start, value);
        let errors = misfits(section, key.get_ref(), value);
        for error in &errors {
            let inner = error.span().and_then(|span| self.places.path_at(span.start)).unwrap_or(&path).to_owned();
            let inner = if inner.starts_with(&path) { inner } else { path.clone() };
            self.misfit(&inner, self.places.of(&inner), error.message());
        }
        if errors.is_empty() {
            self.tree.entry(section.to_owned()).or_default().insert(key.get_ref().to_string(), value.clone());
        }
    }

    /// Adds the variables whose names start with `TRUNKLINE__`, in the order of their names, so that
    /// a whole list comes before what is set inside it.
    pub(super) fn add_env(&mut self, variables: &'a BTreeMap<String, String>) {
        for (name, text) in variables.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
            self.add_variable(name, text);
        }
    }

    fn add_variable(&mut self, name: &str, text: &'a str) {
        let lower = name[PREFIX.len()..].to_lowercase();
        let parts: Vec<&str> = lower.split("__").collect();
        let place = Place::Env(name.to_owned());
        let (section, key, inside) = match parts.as_slice() {
            [section, key, inside @ ..] if self.schema.contains_key(*section) => (*section, *key, inside),
            [section, ..] => {
                let words = self.right_section(section);
                return self.unknown(&parts.join("."), place, format!("write {PREFIX}SECTION__KEY; {words}"));
            }
            [] => return,
        };
        let path = path_of(section, key, inside);
        if !self.has(section, key) {
            let words = self.right_key(section, key);
            return self.unknown(&path, place, words);
        }
        match self.read_variable(section, key, inside, text) {
            Ok(value) => {
                self.places.note_env(&path, name);
                self.tree.entry(section.to_owned()).or_default().insert(key.to_owned(), value);
            }
            Err(message) => self.misfit(&path, place, &message),
        }
    }

    /// The key's value with `text` in it: as a string where that fits, else as a TOML value.
    fn read_variable(&self, section: &str, key: &str, inside: &[&str], text: &'a str) -> Result<Value<'a>, String> {
        let whole = self.tree.get(section).and_then(|keys| keys.get(key));
        // A step that is no place in a list names a key of a table.
        let in_list = inside.first().is_none_or(|step| step.bytes().all(|byte| byte.is_ascii_digit()));
        let empty = || {
            if in_list { DeValue::Array(DeArray::new()) } else { DeValue::Table(DeTable::new()) }
        };
        let attempt = |new: Value<'a>| {
            let mut value = whole.cloned().unwrap_or_else(|| bare(empty()));
            put(&mut value, inside, new)?;
            match misfits(section, key, &value).first() {
                None => Ok(value),
                Some(error) => Err(error.message().to_owned()),
            }
        };
        let as_string = match attempt(bare(DeValue::String(Cow::Borrowed(text)))) {
            Ok(value) => return Ok(value),
            Err(message) => message,
        };
        if !is_about_type(&as_string) {
            return Err(as_string);
        }
        match DeValue::parse(text) {
            Ok(value) => attempt(value),
            Err(_) => Err(as_string),
        }
    }

    /// The configuration of all that fitted.
    pub(super) fn build(&self) -> Result<Config, Error> {
        let sections = self.tree.iter().map(|(name, keys)| {
            let keys = keys.iter().map(|(key, value)| (bare(Cow::Owned(key.clone())), value.clone())).collect();
            (bare(Cow::Owned(name.clone())), bare(DeValue::Table(keys)))
        });
        read(sections.collect())
    }

    fn has(&self, section: &str, key: &str) -> bool {
        section == NAMED || self.schema.get(section).is_some_and(|keys| keys.iter().any(|known| known == key))
    }

    fn right_section(&self, name: &str) -> String {
        match self.section_of(name) {
            Some(section) => format!("it belongs under [{section}]"),
            None => did_you_mean(name, self.schema.keys().map(String::as_str)),
        }
    }

    fn right_key(&self, section: &str, key: &str) -> String {
        match self.section_of(key) {
            Some(other) => format!("it belongs under [{other}]"),
            None => did_you_mean(key, self.schema.get(section).into_iter().flatten().map(String::as_str)),
        }
    }

    fn section_of(&self, key: &str) -> Option<&str> {
        self.schema.iter().find(|(_, keys)| keys.iter().any(|known| known == key)).map(|(name, _)| name.as_str())
    }

    fn misfit(&mut self, path: &str, place: Place, message: &str) {
        match unknown_field(message) {
            Some((name, known)) => {
                let path = if path.ends_with(&format!(".{name}")) { path.to_owned() } else { format!("{path}.{name}") };
                self.unknown(&path, place, did_you_mean(&name, known.iter().map(String::as_str)));
            }
            None => self.wrong(path, place, friendly(message)),
        }
    }

    fn wrong(&mut self, key: &str, place: Place, words: String) {
        self.problems.push(Problem { key: key.to_owned(), place, unknown: false, words });
    }

    fn unknown(&mut self, key: &str, place: Place, words: String) {
        self.problems.push(Problem { key: key.to_owned(), place, unknown: true, words });
    }
}

/// Why `value` does not fit its key: for a list of tables, one error a table.
fn misfits(section: &str, key: &str, value: &Value<'_>) -> Vec<Error> {
    let read_one = |value: Value<'_>| {
        let keys = DeTable::from_iter([(bare(Cow::Owned(key.to_owned())), value)]);
        read(DeTable::from_iter([(bare(Cow::Owned(section.to_owned())), bare(DeValue::Table(keys)))])).err()
    };
    let Some(error) = read_one(value.clone()) else { return Vec::new() };
    let items = value.get_ref().as_array().map(|items| items.iter()).into_iter().flatten();
    let each: Vec<_> = items
        .filter_map(|item| read_one(Spanned::new(item.span(), DeValue::Array(DeArray::from_iter([item.clone()])))))
        .collect();
    if each.is_empty() { vec![error] } else { each }
}

fn read(table: DeTable<'_>) -> Result<Config, Error> {
    Config::deserialize(toml::Deserializer::from(bare(table)))
}

/// Puts `new` at a path of list indices and keys. One past the end of a list appends a table.
fn put<'a>(value: &mut Value<'a>, path: &[&str], new: Value<'a>) -> Result<(), String> {
    let Some((step, rest)) = path.split_first() else {
        *value = new;
        return Ok(());
    };
    let inner = match value.get_mut() {
        DeValue::Array(items) => {
            let index = step.parse::<usize>().map_err(|_| "is a list: name a place in it, from 0".to_owned())?;
            if index == items.len() {
                items.push(bare(DeValue::Table(DeTable::new())));
            }
            items.get_mut(index).ok_or("leaves a gap in the list: places are counted from 0".to_owned())?
        }
        DeValue::Table(table) => {
            if !table.contains_key(*step) {
                table.insert(bare(Cow::Owned((*step).to_owned())), bare(DeValue::Table(DeTable::new())));
            }
            table.get_mut(*step).ok_or_else(String::new)?
        }
        _ => return Err("holds nothing inside".into()),
    };
    put(inner, rest, new)
}

fn path_of(section: &str, key: &str, inside: &[&str]) -> String {
    let mut path = format!("{section}.{key}");
    for step in inside {
        let index = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
        let (before, after) = if index { ("[", "]") } else { (".", "") };
        path.extend([before, step, after]);
    }
    path
}

fn bare<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}
