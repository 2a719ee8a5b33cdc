//! What a post of the widget's settings page carries (protocol 3.9): the one changed setting, or the
//! whole section that was saved.

use serde_json::Value;

use super::{Setting, find};
use crate::domain::json;

/// A body nests group, section, item: deeper is none of the widget's.
const MAX_DEPTH: usize = 3;

/// A post's values, sorted out by [`accept`].
#[derive(Debug, Default, PartialEq)]
pub struct Accepted {
    /// To be stored: id and checked value.
    pub values: Vec<(String, Value)>,
    /// Refused: id and why, in words for the operator. The widget shows the refused value until it
    /// is sent its settings again.
    pub refused: Vec<(String, String)>,
}

/// The ids and values a body `{"settings": [..], "setting": {..}}` carries, unchecked: those of
/// `setting`, or of all `settings` where an old widget names no changed one. A field that was
/// cleared comes as `null`. The old form `{name, value}` counts as `id = name`.
pub fn changes(body: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    match (json::object(body.get("setting")), body.get("settings").and_then(Value::as_array)) {
        (Some(_), _) => collect(&body["setting"], MAX_DEPTH, &mut found),
        (None, Some(all)) => all.iter().for_each(|item| collect(item, MAX_DEPTH, &mut found)),
        (None, None) => {}
    }
    found
}

fn collect(item: &Value, depth: usize, found: &mut Vec<(String, Value)>) {
    let kind = item.get("type").and_then(Value::as_str);
    if let Some("section" | "group") = kind {
        let items = item.get("items").and_then(Value::as_array).filter(|_| depth > 1);
        items.into_iter().flatten().for_each(|item| collect(item, depth - 1, found));
        return;
    }
    let Some(id) = json::text(item.get("id")).or_else(|| json::text(item.get("name"))) else { return };
    match (kind, item.get("value")) {
        (Some("typography" | "admonition" | "button" | "externalLink"), _) => {}
        (_, Some(value)) => found.push((id, value.clone())),
        // A cleared field is `undefined` in the page, and so vanishes from the JSON.
        (Some("string" | "text" | "option"), None) => found.push((id, Value::Null)),
        _ => {}
    }
}

/// Sorts [`changes`] into what is to be stored and what is refused. Read-only settings and those
/// without a value are left out: a saved section carries them too, unchanged.
pub fn accept(settings: &[Setting], changes: Vec<(String, Value)>) -> Accepted {
    let mut accepted = Accepted::default();
    for (id, value) in changes {
        let Some(setting) = find(settings, &id) else {
            accepted.refused.push((id, "there is no such setting (any more): reload the page".into()));
            continue;
        };
        if setting.read_only || setting.default_value().is_none() {
            continue;
        }
        match setting.check(&value) {
            Ok(value) => accepted.values.push((id, value)),
            Err(words) => accepted.refused.push((id, words)),
        }
    }
    accepted
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_changed_setting_or_a_whole_section() {
        let one = json!({"settings": [{"id": "b", "type": "boolean", "value": true}],
            "setting": {"id": "popOnRing", "type": "boolean", "name": "Open record on ring", "value": false}});
        assert_eq!(changes(&one), [("popOnRing".to_owned(), json!(false))]);
        let section = json!({"setting": {"id": "crm", "type": "section", "name": "CRM", "items": [
            {"id": "recType", "type": "option", "name": "R", "value": "Lead"},
            {"id": "tags", "type": "array", "name": "T", "value": ["phone"]},
            {"id": "cleared", "type": "string", "name": "C"},
            {"id": "hint", "type": "typography", "name": "H", "value": "read me"}]}});
        let found = changes(&section);
        assert_eq!(
            found,
            [
                ("recType".to_owned(), json!("Lead")),
                ("tags".to_owned(), json!(["phone"])),
                ("cleared".to_owned(), Value::Null)
            ]
        );
    }

    #[test]
    fn the_old_form_and_the_list_alone() {
        let old = json!({"settings": [{"name": "Pop", "value": true}, {"name": "Log", "value": false}]});
        assert_eq!(changes(&old), [("Pop".to_owned(), json!(true)), ("Log".to_owned(), json!(false))]);
        for nothing in [json!({}), json!(null), json!({"setting": 1}), json!({"setting": {"value": 1}}), json!([1])] {
            assert_eq!(changes(&nothing), [], "{nothing}");
        }
        let mut deep = json!({"id": "x", "value": 1});
        for _ in 0..100 {
            deep = json!({"id": "s", "type": "section", "items": [deep]});
        }
        assert_eq!(changes(&json!({"setting": deep})), []);
    }

    #[test]
    fn fitting_values_are_kept_and_others_told() {
        let settings: Vec<Setting> = serde_json::from_value(json!([
            {"id": "s", "type": "section", "name": "S", "items": [
                {"id": "a", "type": "string", "name": "A", "required": true},
                {"id": "b", "type": "boolean", "name": "B", "read_only": true},
                {"id": "c", "type": "boolean", "name": "C"}]}]))
        .expect("settings");
        let sent = [("a", Value::Null), ("b", json!(true)), ("c", json!(true)), ("d", json!(1)), ("s", json!(1))];
        let accepted = accept(&settings, sent.into_iter().map(|(id, value)| (id.to_owned(), value)).collect());
        assert_eq!(accepted.values, [("c".to_owned(), json!(true))]);
        let refused: Vec<_> = accepted.refused.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(refused, ["a", "d"]);
    }
}
