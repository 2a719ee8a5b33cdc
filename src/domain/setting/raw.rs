//! A setting as the configuration writes it: one flat table whose `type` decides which keys fit.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ButtonAction, Choice, Setting, SettingKind};

/// The table of one setting. Every key is described at [`Setting`] and [`SettingKind`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "one table holds the switches of every kind")]
#[expect(missing_docs, reason = "the keys are documented where they end up: Setting and SettingKind")]
pub struct RawSetting {
    pub id: String,
    /// `boolean`, `option`, `string`, `text`, `section`, `group`, `button`, `link`, `typography` or
    /// `admonition`.
    #[serde(rename = "type")]
    pub kind: Kind,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub multiple: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub checkbox: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helper: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only_reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button_label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<Choice>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<Setting>>,
}

/// The `type` of a setting in the configuration: each is a variant of [`SettingKind`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Boolean,
    Option,
    String,
    Text,
    Section,
    Group,
    Button,
    Link,
    Typography,
    Admonition,
}

/// An option's id as text: `5` and `"5"` are one id to an operator's page.
pub(super) fn text_of(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), ToOwned::to_owned)
}

impl From<Setting> for RawSetting {
    fn from(setting: Setting) -> Self {
        let value = setting.default_value();
        let mut raw = Self {
            id: setting.id,
            name: setting.name,
            description: setting.description,
            value,
            placeholder: setting.placeholder,
            helper: setting.helper,
            required: setting.required,
            read_only: setting.read_only,
            read_only_reason: setting.read_only_reason,
            warning: setting.warning,
            group_id: setting.group_id,
            order: setting.order,
            ..Self::default()
        };
        raw.give_kind(setting.kind);
        raw
    }
}

impl RawSetting {
    fn give_kind(&mut self, kind: SettingKind) {
        self.kind = match kind {
            SettingKind::Boolean { .. } => Kind::Boolean,
            SettingKind::String { .. } => Kind::String,
            SettingKind::Text { .. } => Kind::Text,
            SettingKind::Option { options, multiple, checkbox, .. } => {
                (self.options, self.multiple, self.checkbox) = (Some(options), multiple, checkbox);
                Kind::Option
            }
            SettingKind::Section { items } => {
                self.items = Some(items);
                Kind::Section
            }
            SettingKind::Group { items } => {
                self.items = Some(items);
                Kind::Group
            }
            SettingKind::Button { label, action } => {
                self.button_label = label;
                match action {
                    ButtonAction::Open(url) => self.url = Some(url),
                    ButtonAction::SyncContacts => self.action = Some("sync-contacts".into()),
                }
                Kind::Button
            }
            SettingKind::Link { uri } => {
                self.uri = Some(uri);
                Kind::Link
            }
            SettingKind::Typography { value } => {
                self.value = Some(Value::String(value));
                Kind::Typography
            }
            SettingKind::Admonition { value, severity } => {
                (self.value, self.severity) = (Some(Value::String(value)), Some(severity));
                Kind::Admonition
            }
        };
    }
}
