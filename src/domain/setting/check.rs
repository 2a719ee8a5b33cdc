//! Whether a value fits a setting, and whether settings fit each other.

use std::collections::HashSet;

use serde_json::Value;

use super::raw::text_of;
use super::{Choice, Setting, SettingKind};

/// Longest value of a `string`, in characters.
const MAX_STRING: usize = 1_000;
/// Longest value of a `text`, in characters.
const MAX_TEXT: usize = 10_000;

impl Setting {
    /// Checks a value an operator sends and returns it as it is to be stored: a boolean; the id of
    /// an option as it was declared, or `""`; the chosen ids without repetition; a string. `null`
    /// (a field that was cleared) is an empty value. `read_only` is not looked at: see
    /// [`super::accept`].
    ///
    /// # Errors
    /// What is wrong, in words for the operator.
    pub fn check(&self, value: &Value) -> Result<Value, String> {
        match &self.kind {
            SettingKind::Boolean { .. } => {
                value.as_bool().map(Value::Bool).ok_or_else(|| format!("{} is either on or off", self.name))
            }
            SettingKind::String { .. } => self.check_text(value, MAX_STRING, false),
            SettingKind::Text { .. } => self.check_text(value, MAX_TEXT, true),
            SettingKind::Option { options, multiple: false, .. } => self.check_one(value, options),
            SettingKind::Option { options, multiple: true, .. } => self.check_several(value, options),
            _ => Err(format!("{} holds no value", self.name)),
        }
    }

    fn check_text(&self, value: &Value, longest: usize, lines: bool) -> Result<Value, String> {
        let text = match value {
            Value::Null => "",
            Value::String(text) => text,
            _ => return Err(format!("{} must be text", self.name)),
        };
        if text.trim().is_empty() {
            self.check_required()?;
        }
        if text.chars().count() > longest {
            return Err(format!("{} is longer than {longest} characters", self.name));
        }
        if text.chars().any(|c| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'))) {
            return Err(format!("{} holds control characters", self.name));
        }
        Ok(Value::String(text.to_owned()))
    }

    fn check_one(&self, value: &Value, options: &[Choice]) -> Result<Value, String> {
        if value.is_null() || value.as_str() == Some("") {
            self.check_required()?;
            return Ok(Value::String(String::new()));
        }
        self.declared(value, options)
    }

    fn check_several(&self, value: &Value, options: &[Choice]) -> Result<Value, String> {
        let ids = match value {
            Value::Null => &[],
            Value::Array(ids) => ids.as_slice(),
            _ => return Err(format!("{} must be a list of options", self.name)),
        };
        if ids.is_empty() {
            self.check_required()?;
        }
        let mut chosen = Vec::new();
        // Not more than there are options, so that a long list of repetitions costs nothing.
        if ids.len() > options.len().saturating_mul(2) {
            return Err(format!("{} has only {} options", self.name, options.len()));
        }
        for id in ids {
            let id = self.declared(id, options)?;
            if !chosen.contains(&id) {
                chosen.push(id);
            }
        }
        Ok(Value::Array(chosen))
    }

    /// The option's id as it was declared: a page may send `"5"` for `5`.
    fn declared(&self, id: &Value, options: &[Choice]) -> Result<Value, String> {
        let scalar = id.is_string() || id.is_number();
        let found = options.iter().find(|option| scalar && text_of(&option.id) == text_of(id));
        found.map(|option| option.id.clone()).ok_or_else(|| {
            let names: Vec<_> = options.iter().take(10).map(|option| text_of(&option.id)).collect();
            format!("{} must be one of {}", self.name, names.join(", "))
        })
    }

    fn check_required(&self) -> Result<(), String> {
        if self.required { Err(format!("{} must not be empty", self.name)) } else { Ok(()) }
    }
}

/// What is wrong with the settings as a whole: repeated ids, a kind in the wrong place. Each problem
/// is the path from the list (`[1].items[0].id`) and words with the fix.
pub fn problems(settings: &[Setting]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(settings, Place::Root, "", &mut HashSet::new(), &mut found);
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Group,
    Section,
}

fn walk<'a>(
    settings: &'a [Setting],
    place: Place,
    path: &str,
    seen: &mut HashSet<&'a str>,
    found: &mut Vec<(String, String)>,
) {
    use SettingKind as K;
    for (index, setting) in settings.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let mut tell = |key: &str, words: &str| found.push((format!("{path}{key}"), words.to_owned()));
        if !seen.insert(&setting.id) {
            tell(".id", &format!("the id `{}` is taken by another setting: ids are unique over all", setting.id));
        }
        let only_in_section = matches!(setting.kind, K::String { .. } | K::Text { .. } | K::Typography { .. })
            || matches!(setting.kind, K::Admonition { .. });
        match (place, &setting.kind) {
            (Place::Root | Place::Group, _) if only_in_section => {
                tell(".type", "the widget shows this type inside a section only: put it into the `items` of one");
            }
            (Place::Section, K::Section { .. } | K::Group { .. } | K::Button { .. } | K::Link { .. }) => {
                tell(".type", "a section cannot hold this type: put it beside the section, or into a group");
            }
            (Place::Group, K::Group { .. }) => {
                tell(".type", "a group cannot hold a group: put it at the root");
            }
            _ => {}
        }
        if place != Place::Root && setting.group_id.is_some() {
            tell(".group_id", "works at the root only: what holds this setting decides where it is shown");
        }
        if place != Place::Group && setting.order.is_some() {
            tell(".order", "works inside a group only: elsewhere the order of the file counts");
        }
        let inner = if matches!(setting.kind, K::Group { .. }) { Place::Group } else { Place::Section };
        walk(setting.items(), inner, &format!("{path}.items"), seen, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn setting(json: Value) -> Setting {
        serde_json::from_value(json).expect("a setting")
    }

    #[test]
    fn values_are_checked_by_kind() {
        let switch = setting(json!({"id": "a", "type": "boolean", "name": "A"}));
        assert_eq!(switch.check(&json!(true)), Ok(json!(true)));
        for wrong in [json!("true"), json!(1), json!(null)] {
            assert!(switch.check(&wrong).is_err(), "{wrong}");
        }
        let one = setting(json!({"id": "a", "type": "option", "name": "A", "required": true,
            "options": [{"id": 5, "name": "Five"}, {"id": "x", "name": "X"}]}));
        assert_eq!(one.check(&json!("5")), Ok(json!(5)));
        assert_eq!(one.check(&json!("y")), Err("A must be one of 5, x".into()));
        assert_eq!(one.check(&json!("")), Err("A must not be empty".into()));
        let several = setting(json!({"id": "a", "type": "option", "name": "A", "multiple": true,
            "options": [{"id": 5, "name": "Five"}, {"id": "x", "name": "X"}], "value": ["x"]}));
        assert_eq!(several.check(&json!(["x", "5", "x"])), Ok(json!(["x", 5])));
        assert_eq!(several.check(&Value::Null), Ok(json!([])));
        for wrong in [json!("x"), json!(["y"]), json!([["x"]]), json!(vec!["x"; 99])] {
            assert!(several.check(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn text_is_bounded() {
        let line = setting(json!({"id": "a", "type": "string", "name": "A"}));
        assert_eq!(line.check(&Value::Null), Ok(json!("")));
        assert!(line.check(&json!("ü".repeat(1_000))).is_ok());
        for wrong in [json!("x".repeat(1_001)), json!("a\nb"), json!("a\u{0}"), json!(7), json!({})] {
            assert!(line.check(&wrong).is_err());
        }
        let text = setting(json!({"id": "a", "type": "text", "name": "A", "required": true}));
        assert_eq!(text.check(&json!("a\nb")), Ok(json!("a\nb")));
        assert!(text.check(&json!("x".repeat(10_001))).is_err() && text.check(&json!(" ")).is_err());
        let page = setting(json!({"id": "a", "type": "link", "name": "A", "uri": "https://a.example"}));
        assert!(page.check(&json!("x")).is_err());
    }

    #[test]
    fn a_table_tells_all_that_is_wrong_with_it() {
        for (json, words) in [
            (json!({"id": "a b", "type": "boolean", "name": ""}), vec!["`id`", "`name`"]),
            (json!({"id": "a", "type": "group", "name": "A", "items": []}), vec!["`items`"]),
            (json!({"id": "a", "type": "section", "name": "A"}), vec!["`items`"]),
            (json!({"id": "a", "type": "option", "name": "A"}), vec!["`options`"]),
            (
                json!({"id": "a", "type": "option", "name": "A", "options": [{"id": "", "name": "x"}, {"id": 0, "name": "y"}]}),
                vec!["options[0]", "options[1]"],
            ),
            (
                json!({"id": "a", "type": "option", "name": "A", "options": [{"id": 1, "name": "x"}, {"id": "1", "name": "y"}]}),
                vec!["repeats"],
            ),
            (json!({"id": "a", "type": "boolean", "name": "A", "value": "yes"}), vec!["`value`", "on or off"]),
            (json!({"id": "a", "type": "boolean", "name": "A", "uri": "x", "options": []}), vec!["`uri`", "`options`"]),
            (json!({"id": "a", "type": "button", "name": "A"}), vec!["`url`"]),
            (
                json!({"id": "a", "type": "button", "name": "A", "url": "https://x", "action": "sync-contacts"}),
                vec!["either"],
            ),
            (json!({"id": "a", "type": "link", "name": "A", "uri": "javascript:alert(1)"}), vec!["https://"]),
            (json!({"id": "a", "type": "typography", "name": "A"}), vec!["`value`"]),
            (json!({"id": "a", "type": "link", "name": "A", "uri": "https://x.example", "value": 1}), vec!["`value`"]),
            (json!({"id": "a", "type": "boolean", "name": "A", "group_id": "other"}), vec!["`group_id`", "logging"]),
        ] {
            let told = serde_json::from_value::<Setting>(json).expect_err("refused").to_string();
            assert!(words.iter().all(|word| told.contains(word)), "{told}: {words:?}");
        }
    }

    #[test]
    fn places_and_ids_are_checked_over_all() {
        let all: Vec<Setting> = serde_json::from_value(json!([
            {"id": "a", "type": "string", "name": "A"},
            {"id": "b", "type": "boolean", "name": "B", "order": 1},
            {"id": "c", "type": "group", "name": "C", "items": [
                {"id": "b", "type": "boolean", "name": "B", "order": 1, "group_id": "logging"},
                {"id": "d", "type": "group", "name": "D", "items": [{"id": "e", "type": "boolean", "name": "E"}]}]},
            {"id": "f", "type": "section", "name": "F", "items": [
                {"id": "g", "type": "link", "name": "G", "uri": "https://g.example"}, {"id": "h", "type": "text", "name": "H"}]},
        ]))
        .expect("settings");
        let paths: Vec<_> = problems(&all).into_iter().map(|(path, _)| path).collect();
        assert_eq!(
            paths,
            [
                "[0].type",
                "[1].order",
                "[2].items[0].id",
                "[2].items[0].group_id",
                "[2].items[1].type",
                "[3].items[0].type"
            ]
        );
    }
}
