//! The log form, as the widget shows a page of ours: contact, note, and the administrator's own fields
//! (protocol 5).

use serde_json::{Map, Value, json};

use crate::domain::json;
use crate::domain::log_form::answers;
use crate::domain::setting::{Setting, SettingKind};

/// What a form shows.
pub(super) struct LogPage<'a> {
    /// Its heading.
    pub(super) title: &'a str,
    /// The log's contact.
    pub(super) contact: Option<&'a str>,
    /// The log's note.
    pub(super) note: Option<&'a str>,
    /// What was saved before.
    pub(super) form: &'a Map<String, Value>,
    /// The administrator's own fields.
    pub(super) fields: &'a [Setting],
}

/// (id, name) of match entities, each once.
pub(super) fn candidates<'a>(entities: impl Iterator<Item = &'a Value>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for entity in entities {
        if let (Some(id), Some(name)) = (json::id_of(Some(entity)), json::text(entity.get("name")))
            && found.iter().all(|(known, _)| *known != id)
        {
            found.push((id, name));
        }
    }
    found
}

impl LogPage<'_> {
    /// The page, with these contacts to choose from.
    pub(super) fn to_json(&self, matches: &[(String, String)]) -> Value {
        let contact = self.contact.unwrap_or("unknown");
        let mut options: Vec<Value> = matches.iter().map(|(id, name)| json!({"const": id, "title": name})).collect();
        if contact != "unknown" && matches.iter().all(|(id, _)| *id != contact) {
            options.push(json!({"const": contact, "title": contact}));
        }
        options.push(json!({"const": "unknown", "title": "Nobody of these"}));
        let mut page = json!({
            "title": self.title,
            "schema": {
                "type": "object",
                "required": ["contact"],
                "properties": {
                    "contact": {"type": "string", "title": "Contact", "oneOf": options},
                    "note": {"type": "string", "title": "Note"},
                },
            },
            "uiSchema": {"note": {"ui:widget": "textarea"}, "submitButtonOptions": {"submitText": "Save"}},
            "formData": {"contact": contact, "note": self.note.unwrap_or_default()},
        });
        for field in self.fields {
            add(&mut page, field);
        }
        for (id, value) in self.prefilled() {
            page["formData"][id] = value;
        }
        page
    }

    /// What was answered before, else the defaults. A field that is empty is left out: the widget would
    /// take an empty text for an answer to what is required.
    fn prefilled(&self) -> Vec<(String, Value)> {
        let defaults = self.fields.iter().filter_map(|field| Some((field.id.clone(), field.default_value()?)));
        let mut form: Map<String, Value> = defaults.collect();
        form.extend(answers(self.fields, self.form).into_iter().map(|answer| (answer.id, answer.value)));
        answers(self.fields, &form).into_iter().map(|answer| (answer.id, answer.value)).collect()
    }
}

fn add(page: &mut Value, field: &Setting) {
    let kind = if matches!(field.kind, SettingKind::Boolean { .. }) { "boolean" } else { "string" };
    let mut schema = json!({"type": kind, "title": field.name});
    if let Some(description) = &field.description {
        schema["description"] = description.as_str().into();
    }
    let mut shown = Map::new();
    match &field.kind {
        SettingKind::Option { options, checkbox, .. } => {
            let option = |option: &crate::domain::setting::Choice| json!({"const": json::text(Some(&option.id)), "title": option.name});
            schema["oneOf"] = options.iter().map(option).collect();
            if *checkbox {
                shown.insert("ui:widget".into(), "radio".into());
            }
        }
        SettingKind::Text { .. } => drop(shown.insert("ui:widget".into(), "textarea".into())),
        _ => {}
    }
    for (key, text) in [("ui:placeholder", &field.placeholder), ("ui:help", &field.helper)] {
        if let Some(text) = text {
            shown.insert(key.into(), text.as_str().into());
        }
    }
    page["schema"]["properties"][&field.id] = schema;
    if !shown.is_empty() {
        page["uiSchema"][&field.id] = shown.into();
    }
    if field.required
        && let Some(Value::Array(required)) = page["schema"].get_mut("required")
    {
        required.push(field.id.as_str().into());
    }
}
