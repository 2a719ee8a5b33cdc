//! From the configuration's flat table to a [`Setting`]: which keys fit which `type`.

use serde_json::Value;

use super::raw::{Kind, RawSetting, text_of};
use super::{ButtonAction, GROUPS, Setting, SettingKind};

/// Longest id, in bytes.
const MAX_ID: usize = 100;
const SEVERITIES: [&str; 4] = ["info", "warning", "error", "success"];

impl TryFrom<RawSetting> for Setting {
    type Error = String;

    /// Tells all that is wrong with the one table, joined by `; `.
    fn try_from(mut raw: RawSetting) -> Result<Self, String> {
        let mut wrong = Vec::new();
        check_common(&raw, &mut wrong);
        let value = raw.value.take();
        let kind = take_kind(&mut raw, value.clone(), &mut wrong);
        for key in left_over(&raw, value.is_some()) {
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
        // No value, or the empty default, which stands even where an operator must fill the field.
        if self.default_value().is_none_or(|empty| empty == *value) {
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
fn left_over(raw: &RawSetting, value: bool) -> Vec<&'static str> {
    let field = matches!(raw.kind, Kind::String | Kind::Text | Kind::Option);
    let valued = field || raw.kind == Kind::Boolean;
    let shown = matches!(raw.kind, Kind::Typography | Kind::Admonition);
    [
        ("value", value && !valued && !shown),
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
