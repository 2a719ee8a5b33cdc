//! Where each key of the merged configuration was set.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::problem::Place;

/// Paths (`server.listen`, `operators.keys[0].kid`) with where they were set and, for those of the
/// file, which bytes of it they span.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<String, (Range<usize>, Place)>);

impl Places {
    /// Notes a value of the file and everything inside it. `start` is where its key starts.
    pub(crate) fn note_file(&mut self, file: &File<'_>, path: &str, start: usize, value: &Spanned<DeValue<'_>>) {
        let span = start..value.span().end.max(start);
        self.0.insert(path.to_owned(), (span, file.place(start)));
        match value.get_ref() {
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.note_file(file, &format!("{path}[{index}]"), item.span().start, item);
                }
            }
            DeValue::Table(table) => {
                for (key, item) in table {
                    self.note_file(file, &format!("{path}.{}", key.get_ref()), key.span().start, item);
                }
            }
            _ => {}
        }
    }

    /// Notes that a variable set `path`, and forgets what was inside it before.
    pub(super) fn note_env(&mut self, path: &str, variable: &str) {
        self.0.retain(|known, _| !is_inside(known, path));
        self.0.insert(path.to_owned(), (0..0, Place::Env(variable.to_owned())));
    }

    /// Where `path` was set, or the nearest thing around it.
    pub(crate) fn of(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some((_, place)) = self.0.get(path) {
                return place.clone();
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return Place::Unset,
            }
        }
    }

    /// The innermost path of the file around a byte.
    pub(super) fn path_at(&self, byte: usize) -> Option<&str> {
        let around = self.0.iter().filter(|(_, (span, _))| span.contains(&byte) || span.start == byte);
        around
            .min_by_key(|(path, (span, _))| (span.len(), std::cmp::Reverse(path.len())))
            .map(|(path, _)| path.as_str())
    }
}

fn is_inside(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// A file's name and text: turns bytes into lines.
pub(crate) struct File<'a> {
    /// As it was named.
    pub(crate) name: &'a str,
    /// All of it.
    pub(crate) text: &'a str,
}

impl File<'_> {
    /// The line of a byte, counted from 1.
    pub(crate) fn place(&self, byte: usize) -> Place {
        let before = self.text.as_bytes().iter().take(byte);
        Place::File { name: self.name.to_owned(), line: 1 + before.filter(|byte| **byte == b'\n').count() }
    }
}
