//! The administrator's own fields of the log form: which settings can stand there, and what an operator
//! answered. How a form is shown, and where an answer goes upstream, is not known here.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::json;
use super::setting::{Setting, SettingKind};

/// What every log form asks for by itself.
const TAKEN: [&str; 3] = ["contact", "contactId", "note"];

/// What an operator answered to one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The field's id.
    pub id: String,
    /// Its label.
    pub name: String,
    /// A boolean, a text, or the text of an option's id. Never empty.
    pub value: Value,
    /// The same for people: an option's label.
    pub words: String,
}

/// What a form says to these fields, in their order. What was left empty, and what a field cannot take
/// (the configuration may have changed since), is no answer.
pub fn answers(fields: &[Setting], form: &Map<String, Value>) -> Vec<Answer> {
    fields.iter().filter_map(|field| answer(field, form.get(&field.id)?)).collect()
}

fn answer(field: &Setting, given: &Value) -> Option<Answer> {
    let checked = field.check(given).ok()?;
    let (value, words) = match (&field.kind, checked) {
        (SettingKind::Boolean { .. }, Value::Bool(on)) => (Value::Bool(on), if on { "Yes" } else { "No" }.to_owned()),
        (SettingKind::Option { options, .. }, id) => {
            let name = options.iter().find(|option| option.id == id)?.name.clone();
            (json::text(Some(&id))?.into(), name)
        }
        (_, Value::String(text)) if !text.trim().is_empty() => (text.clone().into(), text),
        _ => return None,
    };
    Some(Answer { id: field.id.clone(), name: field.name.clone(), value, words })
}

/// Takes a saved form into what was saved before. An empty field never clears an earlier answer: a form
/// that was opened before the answer was known sends one. Returns whether anything is new.
pub fn save(form: &mut Map<String, Value>, saved: &Map<String, Value>) -> bool {
    let is_empty = |value: &Value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    let mut changed = false;
    for (key, value) in saved {
        let known = form.get(key);
        if known == Some(value) || (known.is_some() && is_empty(value)) {
            continue;
        }
        form.insert(key.clone(), value.clone());
        changed = true;
    }
    changed
}

/// What is wrong with the fields of a form: the path from the list (`[1].id`), and words with the fix.
pub fn problems(fields: &[Setting]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (index, field) in fields.iter().enumerate() {
        let mut wrong = |key: &str, words: String| found.push((format!("[{index}].{key}"), words));
        if TAKEN.contains(&field.id.as_str()) {
            wrong("id", format!("every log form has `{}` already: choose another id", field.id));
        } else if !seen.insert(&field.id) {
            wrong("id", format!("the id `{}` is taken by another field of this form", field.id));
        }
        match &field.kind {
            SettingKind::Option { multiple: true, .. } => {
                wrong("multiple", "a log form takes one option: declare several boolean fields instead".into());
            }
            SettingKind::Boolean { .. }
            | SettingKind::Option { .. }
            | SettingKind::String { .. }
            | SettingKind::Text { .. } => {}
            _ => wrong("type", "a log form takes boolean, option, string and text".into()),
        }
        for (key, set) in [
            ("group_id", field.group_id.is_some()),
            ("order", field.order.is_some()),
            ("warning", field.warning.is_some()),
            ("read_only", field.read_only),
        ] {
            if set {
                wrong(key, "does not belong to a field of a log form: leave it out".into());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(fields: Value) -> Vec<Setting> {
        serde_json::from_value(fields).expect("fields")
    }

    #[test]
    fn only_what_was_said_is_an_answer() {
        let fields = fields(json!([
            {"id": "disposition", "type": "option", "name": "Outcome",
             "options": [{"id": "won", "name": "Won"}, {"id": 7, "name": "Lost"}]},
            {"id": "reason", "type": "string", "name": "Reason", "required": true},
            {"id": "urgent", "type": "boolean", "name": "Urgent"},
        ]));
        let said = |form: Value| -> Vec<(String, Value, String)> {
            let found = answers(&fields, form.as_object().expect("an object"));
            found.into_iter().map(|answer| (answer.name, answer.value, answer.words)).collect()
        };
        let all = said(json!({"urgent": false, "reason": "Price", "disposition": "7", "note": "n", "other": 1}));
        let (outcome, reason) = (("Outcome".into(), json!("7"), "Lost".into()), ("Reason".into(), json!("Price")));
        assert_eq!(all, [outcome, (reason.0, reason.1, "Price".into()), ("Urgent".into(), json!(false), "No".into())]);
        for empty in [json!({}), json!({"disposition": "", "reason": " ", "urgent": null}), json!({"reason": null})] {
            assert_eq!(said(empty.clone()), [], "{empty}");
        }
        for odd in [json!({"disposition": "maybe"}), json!({"reason": {"a": 1}}), json!({"urgent": "yes"})] {
            assert_eq!(said(odd.clone()), [], "{odd}");
        }
    }

    #[test]
    fn an_empty_field_clears_nothing() {
        let map = |value: Value| value.as_object().cloned().expect("an object");
        let mut form = map(json!({"disposition": "won", "urgent": true}));
        assert!(!save(&mut form, &map(json!({"disposition": "", "urgent": null}))));
        assert!(!save(&mut form, &map(json!({"disposition": " "}))));
        assert!(save(&mut form, &map(json!({"urgent": false, "reason": ""}))), "off is an answer");
        assert_eq!(Value::Object(form), json!({"disposition": "won", "urgent": false, "reason": ""}));
    }

    #[test]
    fn a_field_that_cannot_be_in_a_form_is_told() {
        let wrong = problems(&fields(json!([
            {"id": "note", "type": "text", "name": "Note"},
            {"id": "a", "type": "option", "name": "A", "multiple": true, "options": [{"id": "x", "name": "X"}]},
            {"id": "a", "type": "link", "name": "L", "uri": "https://crm.example/"},
            {"id": "b", "type": "string", "name": "B", "group_id": "logging"},
        ])));
        let keys: Vec<&str> = wrong.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["[0].id", "[1].multiple", "[2].id", "[2].type", "[3].group_id"], "{wrong:?}");
        assert_eq!(problems(&fields(json!([{"id": "a", "type": "boolean", "name": "A"}]))), []);
    }
}
