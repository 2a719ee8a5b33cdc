//! Extra values of an identity: which are made of a contact's fields, and what their keys may be.

use serde::{Deserialize, Serialize};

use crate::config::report::Report;

/// Longest value where nothing shorter is asked for, in characters.
const LONGEST: u32 = 1_000;
/// What a mapping starts with.
const CONTACT: &str = "contact.";

/// What a value is sent as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExtraType {
    /// Text; numbers and booleans are written out.
    #[default]
    String,
    /// A number; text that spells one is read.
    Number,
    /// True or false.
    Boolean,
}

impl ExtraType {
    /// As written in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }
}

/// One of `extra_values`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExtraValue {
    /// Its key in `extra_values`, to be mapped in the community.
    pub key: String,
    /// `contact.` and a field of the contact; dots lead into objects, numbers into lists.
    pub from: String,
    /// What it is sent as.
    #[serde(rename = "type")]
    pub kind: ExtraType,
    /// No token is made without it.
    pub required: bool,
    /// Longest text, in characters.
    pub max_length: u32,
}

impl Default for ExtraValue {
    fn default() -> Self {
        Self {
            key: String::new(),
            from: String::new(),
            kind: ExtraType::default(),
            required: false,
            max_length: LONGEST,
        }
    }
}

impl ExtraValue {
    /// The steps from the contact to the field.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.from.strip_prefix(CONTACT).unwrap_or_default().split('.')
    }
}

/// What is wrong with the key of an extra value.
pub fn extra_key_problem(key: &str) -> Option<&'static str> {
    if key.trim().is_empty() {
        Some("is empty")
    } else if key.contains(['$', '.']) {
        Some("holds `$` or `.`")
    } else {
        None
    }
}

pub(super) fn check_extra_values(path: &str, values: &[ExtraValue], report: &mut Report<'_>) {
    for (index, value) in values.iter().enumerate() {
        let at = |key: &str| format!("{path}[{index}].{key}");
        if let Some(words) = extra_key_problem(&value.key) {
            report.wrong(&at("key"), format!("{words}: Engage takes a name without `$` and `.`"));
        } else if values[..index].iter().any(|other| other.key == value.key) {
            report.wrong(&at("key"), format!("`{}` is mapped twice: keep one", value.key));
        }
        if !value.from.starts_with(CONTACT) || value.steps().any(str::is_empty) {
            report
                .wrong(&at("from"), "must name a field of the contact, such as \"contact.id\" or \"contact.emails.0\"");
        }
        report.range(&at("max_length"), value.max_length, 1..=LONGEST);
    }
}
