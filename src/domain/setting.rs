//! The settings an operator finds on the widget's settings page: what the configuration may
//! declare, what the widget gets, what an operator may send back (protocol 2.2, 3.9). Stored values
//! come in as arguments; where they are kept is not known here.

mod change;
mod check;
mod declare;
mod raw;
mod wire;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use change::{Accepted, accept, changes};
pub use check::problems;
pub use raw::RawSetting;
pub use wire::list_to_widget;

/// One declared setting. Built from the configuration only ([`RawSetting`]), so that an existing
/// one keeps the rules of its kind; the rules of a list are told by [`problems`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawSetting", into = "RawSetting")]
pub struct Setting {
    /// Unique over all settings: 1 to 100 of `A-Z a-z 0-9 _ . -`.
    pub id: String,
    /// The label. Never empty.
    pub name: String,
    /// Text under the label.
    pub description: Option<String>,
    /// Grey text of an empty field.
    pub placeholder: Option<String>,
    /// Help text under a field.
    pub helper: Option<String>,
    /// An empty value is refused.
    pub required: bool,
    /// Shown, not to be changed; [`accept`] drops what is sent for it.
    pub read_only: bool,
    /// Why it is read-only.
    pub read_only_reason: Option<String>,
    /// A warning beside the setting.
    pub warning: Option<String>,
    /// Which of the widget's own groups shows it: one of [`GROUPS`].
    pub group_id: Option<String>,
    /// Place inside a group, smaller first.
    pub order: Option<i64>,
    /// What it is.
    pub kind: SettingKind,
}

/// The widget's own groups a root setting can be shown in (protocol 2.2).
pub const GROUPS: [&str; 4] = ["general", "appearance", "logging", "advancedFeatures"];

/// What a setting is, with its default value where it has one.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingKind {
    /// A switch.
    Boolean {
        /// The default.
        value: bool,
    },
    /// A choice of one, or of several.
    Option {
        /// Never empty.
        options: Vec<Choice>,
        /// Several may be chosen.
        multiple: bool,
        /// Shown as check boxes.
        checkbox: bool,
        /// The default: an option's id or `""`; with `multiple` an array of ids.
        value: Value,
    },
    /// One line of text, at most 1,000 characters. Inside a section only.
    String {
        /// The default.
        value: String,
    },
    /// Several lines, at most 10,000 characters. Inside a section only.
    Text {
        /// The default.
        value: String,
    },
    /// A page of settings that are saved together.
    Section {
        /// Never empty.
        items: Vec<Setting>,
    },
    /// A heading with settings and sections under it.
    Group {
        /// Never empty: the widget drops the whole registration over a group without items.
        items: Vec<Setting>,
    },
    /// A button.
    Button {
        /// The text on it; the widget's own where absent.
        label: Option<String>,
        /// What a click does.
        action: ButtonAction,
    },
    /// A link to a page.
    Link {
        /// An http or https URL.
        uri: String,
    },
    /// A paragraph. Inside a section only.
    Typography {
        /// The text.
        value: String,
    },
    /// A highlighted note. Inside a section only.
    Admonition {
        /// The text.
        value: String,
        /// `info`, `warning`, `error` or `success`.
        severity: String,
    },
}

/// What a click on a [`SettingKind::Button`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ButtonAction {
    /// Opens an http or https URL.
    Open(String),
    /// Makes the widget fetch the contacts again (`action = "sync-contacts"`).
    SyncContacts,
}

/// One option of a [`SettingKind::Option`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// A non-empty string or an integer other than 0 (the widget drops falsy ids).
    pub id: Value,
    /// The label. Never empty.
    pub name: String,
}

impl Setting {
    /// The settings inside a section or a group; empty for every other kind.
    pub fn items(&self) -> &[Setting] {
        match &self.kind {
            SettingKind::Section { items } | SettingKind::Group { items } => items,
            _ => &[],
        }
    }

    /// The default as JSON; `None` for kinds an operator has no value of (a section, a button ...).
    pub fn default_value(&self) -> Option<Value> {
        match &self.kind {
            SettingKind::Boolean { value } => Some(Value::Bool(*value)),
            SettingKind::Option { value, .. } => Some(value.clone()),
            SettingKind::String { value } | SettingKind::Text { value } => Some(Value::String(value.clone())),
            _ => None,
        }
    }
}

/// The setting with this id, at any depth.
pub fn find<'a>(settings: &'a [Setting], id: &str) -> Option<&'a Setting> {
    settings.iter().find_map(|setting| if setting.id == id { Some(setting) } else { find(setting.items(), id) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_setting_is_found_at_any_depth() {
        let settings: Vec<Setting> = serde_json::from_value(json!([
            {"id": "pop", "type": "boolean", "name": "Pop"},
            {"id": "g", "type": "group", "name": "G", "items": [
                {"id": "s", "type": "section", "name": "S", "items": [{"id": "deep", "type": "string", "name": "D"}]}]},
        ]))
        .expect("settings");
        assert_eq!(find(&settings, "deep").map(|s| s.name.as_str()), Some("D"));
        assert_eq!(find(&settings, "pop").and_then(Setting::default_value), Some(json!(false)));
        assert_eq!(find(&settings, "s").and_then(Setting::default_value), None);
        assert!(find(&settings, "Deep").is_none());
    }
}
