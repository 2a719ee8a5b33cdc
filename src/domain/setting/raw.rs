//! A setting as the configuration writes it: one flat table whose `type` decides which keys fit.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ButtonAction, Choice, GROUPS, Setting, SettingKind};

/// Longest id, in bytes.
const MAX_ID: usize = 100;
const SEVERITIES: [&str; 4] = ["info", "warning", "error", "success"];

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

impl TryFrom<RawSetting> for Setting {
    type Error = String;

    /// Tells all that is wrong with the one table, joined by `; `.
    fn try_from(mut raw: RawSetting) -> Result<Self, String> {
        let mut wrong = Vec::new();
        check_common(&raw, &mut wrong);
        let value = raw.value.take();
        let kind = take_kind(&mut raw, value.clone(), &mut wrong);
        for key in left_over(&raw) {
            wrong.push(format!("`{key}` does not belong to a setting of type `{}`", type_name(raw.kind)));
        }
        let mut setting = Self {
            id: raw.id,
            name: raw.name,
            description: raw.description,
            placeholder: raw.placeholder,
            helper: raw.helper,
            required: raw.required,
            read_only: raw.read_only,
            read_only_reason: raw.read_only_reason,
            warning: raw.warning,
            group_id: raw.group_id,
            order: raw.order,
            kind,
        };
        if let Some(value) = value.filter(|_| wrong.is_empty())
            && let Err(words) = setting.set_default(&value)
        {
            wrong.push(format!("`value`: {words}"));
        }
        if wrong.is_empty() { Ok(setting) } else { Err(format!("setting `{}`: {}", setting.id, wrong.join("; "))) }
    }
}

impl Setting {
    fn set_default(&mut self, value: &Value) -> Result<(), String> {
        if self.default_value().is_none() {
            return Ok(());
        }
        let fitting = self.check(value)?;
        match (&mut self.kind, fitting) {
            (SettingKind::Boolean { value }, Value::Bool(new)) => *value = new,
            (SettingKind::String { value } | SettingKind::Text { value }, Value::String(new)) => *value = new,
            (SettingKind::Option { value, .. }, new) => *value = new,
            _ => {}
        }
        Ok(())
    }
}

fn check_common(raw: &RawSetting, wrong: &mut Vec<String>) {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if raw.id.is_empty() || raw.id.len() > MAX_ID || !raw.id.chars().all(fits) {
        wrong.push(format!("`id` must be 1 to {MAX_ID} of A-Z a-z 0-9 _ . -"));
    }
    if raw.name.trim().is_empty() {
        wrong.push("`name` is empty: the widget drops a setting without a label".into());
    }
    if let Some(group) = &raw.group_id
        && !GROUPS.contains(&group.as_str())
    {
        wrong.push(format!("`group_id` must be one of {}", GROUPS.join(", ")));
    }
}

/// Takes the keys of the kind out of `raw`; what stays behind does not belong there. The default of
/// a kind with a value is set later, by the same check an operator's value goes through.
fn take_kind(raw: &mut RawSetting, value: Option<Value>, wrong: &mut Vec<String>) -> SettingKind {
    match raw.kind {
        Kind::Boolean => SettingKind::Boolean { value: false },
        Kind::String => SettingKind::String { value: String::new() },
        Kind::Text => SettingKind::Text { value: String::new() },
        Kind::Option => take_option(raw, wrong),
        Kind::Section => SettingKind::Section { items: take_items(raw, wrong) },
        Kind::Group => SettingKind::Group { items: take_items(raw, wrong) },
        Kind::Button => SettingKind::Button { label: raw.button_label.take(), action: take_action(raw, wrong) },
        Kind::Link => SettingKind::Link { uri: http_url("uri", raw.uri.take(), wrong) },
        Kind::Typography => SettingKind::Typography { value: shown_text(value, wrong) },
        Kind::Admonition => {
            let severity = raw.severity.take().unwrap_or_else(|| "info".into());
            if !SEVERITIES.contains(&severity.as_str()) {
                wrong.push(format!("`severity` must be one of {}", SEVERITIES.join(", ")));
            }
            SettingKind::Admonition { value: shown_text(value, wrong), severity }
        }
    }
}

fn take_option(raw: &mut RawSetting, wrong: &mut Vec<String>) -> SettingKind {
    let options = raw.options.take().unwrap_or_default();
    if options.is_empty() {
        wrong.push("`options` is empty: give at least one { id = \"..\", name = \"..\" }".into());
    }
    for (index, option) in options.iter().enumerate() {
        let usable = match &option.id {
            Value::String(id) => !id.is_empty(),
            Value::Number(id) => id.as_i64().is_some_and(|id| id != 0),
            _ => false,
        };
        if !usable || option.name.trim().is_empty() {
            wrong.push(format!(
                "`options[{index}]` needs an `id` (a non-empty string, or an integer but 0) and a `name`"
            ));
        }
        if options[..index].iter().any(|earlier| text_of(&earlier.id) == text_of(&option.id)) {
            wrong.push(format!("`options[{index}]` repeats the id {}", option.id));
        }
    }
    let multiple = std::mem::take(&mut raw.multiple);
    let checkbox = std::mem::take(&mut raw.checkbox);
    let value = if multiple { Value::Array(Vec::new()) } else { Value::String(String::new()) };
    SettingKind::Option { options, multiple, checkbox, value }
}

fn take_items(raw: &mut RawSetting, wrong: &mut Vec<String>) -> Vec<Setting> {
    let items = raw.items.take().unwrap_or_default();
    if items.is_empty() {
        wrong.push("`items` is empty: the widget cannot show it (a group without items ends its registration)".into());
    }
    items
}

fn take_action(raw: &mut RawSetting, wrong: &mut Vec<String>) -> ButtonAction {
    match (raw.url.take(), raw.action.take().as_deref()) {
        (Some(url), None) => ButtonAction::Open(http_url("url", Some(url), wrong)),
        (None, Some("sync-contacts")) => ButtonAction::SyncContacts,
        _ => {
            wrong.push("a button needs either `url` or `action = \"sync-contacts\"`".into());
            ButtonAction::SyncContacts
        }
    }
}

fn http_url(key: &str, url: Option<String>, wrong: &mut Vec<String>) -> String {
    let url = url.unwrap_or_default();
    // The widget looks at the first characters only, and takes them in lower case.
    let http = url.starts_with("https://") || url.starts_with("http://");
    if !http || url::Url::parse(&url).is_err() {
        wrong.push(format!("`{key}` must be a URL that starts with https:// or http://"));
    }
    url
}

fn shown_text(value: Option<Value>, wrong: &mut Vec<String>) -> String {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => text,
        _ => {
            wrong.push("`value` must be the text to show".into());
            String::new()
        }
    }
}

/// Keys that are set though nothing has taken them.
fn left_over(raw: &RawSetting) -> Vec<&'static str> {
    let field = matches!(raw.kind, Kind::String | Kind::Text | Kind::Option);
    let valued = field || raw.kind == Kind::Boolean;
    [
        ("multiple", raw.multiple),
        ("checkbox", raw.checkbox),
        ("placeholder", raw.placeholder.is_some() && !field),
        ("required", raw.required && !field),
        ("read_only", raw.read_only && !valued),
        ("read_only_reason", raw.read_only_reason.is_some() && !valued),
        ("button_label", raw.button_label.is_some()),
        ("url", raw.url.is_some()),
        ("action", raw.action.is_some()),
        ("uri", raw.uri.is_some()),
        ("severity", raw.severity.is_some()),
        ("options", raw.options.is_some()),
        ("items", raw.items.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, set)| set.then_some(key))
    .collect()
}

fn type_name(kind: Kind) -> String {
    format!("{kind:?}").to_lowercase()
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
