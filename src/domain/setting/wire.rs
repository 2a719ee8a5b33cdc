//! A setting in the widget's own form (protocol 2.2).

use serde_json::{Map, Value, json};

use super::{Setting, SettingKind};

impl Setting {
    /// The widget's object. `value` is what the operator chose, if anything: for a section or a
    /// group an object of item id to value. A value that does not fit (any more: the configuration
    /// may have changed since it was stored) gives way to the default.
    pub fn to_widget(&self, value: Option<&Value>) -> Value {
        let mut out = Map::new();
        out.insert("id".into(), json!(self.id));
        out.insert("type".into(), json!(self.type_name()));
        out.insert("name".into(), json!(self.name));
        for (key, text) in [
            ("description", &self.description),
            ("placeholder", &self.placeholder),
            ("helper", &self.helper),
            ("readOnlyReason", &self.read_only_reason),
            ("warning", &self.warning),
            ("groupId", &self.group_id),
        ] {
            if let Some(text) = text {
                out.insert(key.into(), json!(text));
            }
        }
        for (key, on) in [("required", self.required), ("readOnly", self.read_only)] {
            if on {
                out.insert(key.into(), Value::Bool(true));
            }
        }
        if let Some(order) = self.order {
            out.insert("order".into(), json!(order));
        }
        if let Some(default) = self.default_value() {
            let chosen = value.and_then(|value| self.check(value).ok());
            out.insert("value".into(), chosen.unwrap_or(default));
        }
        self.add_kind(value, &mut out);
        Value::Object(out)
    }

    fn type_name(&self) -> &'static str {
        match self.kind {
            SettingKind::Boolean { .. } => "boolean",
            SettingKind::Option { .. } => "option",
            SettingKind::String { .. } => "string",
            SettingKind::Text { .. } => "text",
            SettingKind::Section { .. } => "section",
            SettingKind::Group { .. } => "group",
            SettingKind::Button { .. } => "button",
            SettingKind::Link { .. } => "externalLink",
            SettingKind::Typography { .. } => "typography",
            SettingKind::Admonition { .. } => "admonition",
        }
    }

    fn add_kind(&self, value: Option<&Value>, out: &mut Map<String, Value>) {
        match &self.kind {
            SettingKind::Option { options, multiple, checkbox, .. } => {
                out.insert("options".into(), json!(options));
                for (key, on) in [("multiple", *multiple), ("checkbox", *checkbox)] {
                    if on {
                        out.insert(key.into(), Value::Bool(true));
                    }
                }
            }
            SettingKind::Section { items } | SettingKind::Group { items } => {
                let none = Map::new();
                let values = value.and_then(Value::as_object).unwrap_or(&none);
                out.insert("items".into(), list_to_widget(items, values));
            }
            SettingKind::Button { label: Some(label), .. } => {
                out.insert("buttonLabel".into(), json!(label));
            }
            SettingKind::Link { uri } => {
                out.insert("uri".into(), json!(uri));
            }
            SettingKind::Typography { value } => {
                out.insert("value".into(), json!(value));
            }
            SettingKind::Admonition { value, severity } => {
                out.insert("value".into(), json!(value));
                out.insert("severity".into(), json!(severity));
            }
            _ => {}
        }
    }
}

/// The widget's array of settings. `values` holds what the operator chose, by id, at any depth.
pub fn list_to_widget(settings: &[Setting], values: &Map<String, Value>) -> Value {
    let all = Value::Object(values.clone());
    settings
        .iter()
        .map(|setting| match setting.kind {
            SettingKind::Section { .. } | SettingKind::Group { .. } => setting.to_widget(Some(&all)),
            _ => setting.to_widget(values.get(&setting.id)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Vec<Setting> {
        serde_json::from_value(json!([
            {"id": "popOnRing", "type": "boolean", "name": "Open record on ring", "value": true, "group_id": "logging"},
            {"id": "crm", "type": "section", "name": "CRM", "items": [
                {"id": "recType", "type": "option", "name": "Default record", "value": "Lead", "read_only": true,
                 "read_only_reason": "By the admin",
                 "options": [{"id": "Lead", "name": "Lead"}, {"id": "Contact", "name": "Contact"}]},
                {"id": "hint", "type": "admonition", "name": "Hint", "value": "Mind the gap", "severity": "warning"}]},
            {"id": "help", "type": "group", "name": "Help", "items": [
                {"id": "docs", "type": "link", "name": "Docs", "uri": "https://desk.example/docs", "order": 2}]},
            {"id": "resync", "type": "button", "name": "Resync contacts", "button_label": "Run", "action": "sync-contacts"},
        ]))
        .expect("settings")
    }

    #[test]
    fn the_widget_gets_its_own_form_with_the_operators_values() {
        let values = json!({"popOnRing": false, "recType": "Contact"});
        let wire = list_to_widget(&settings(), values.as_object().expect("an object"));
        let expected = json!([
            {"id": "popOnRing", "type": "boolean", "name": "Open record on ring", "value": false, "groupId": "logging"},
            {"id": "crm", "type": "section", "name": "CRM", "items": [
                {"id": "recType", "type": "option", "name": "Default record", "value": "Contact", "readOnly": true,
                 "readOnlyReason": "By the admin",
                 "options": [{"id": "Lead", "name": "Lead"}, {"id": "Contact", "name": "Contact"}]},
                {"id": "hint", "type": "admonition", "name": "Hint", "value": "Mind the gap", "severity": "warning"}]},
            {"id": "help", "type": "group", "name": "Help", "items": [
                {"id": "docs", "type": "externalLink", "name": "Docs", "uri": "https://desk.example/docs", "order": 2}]},
            {"id": "resync", "type": "button", "name": "Resync contacts", "buttonLabel": "Run"},
        ]);
        assert_eq!(wire, expected);
    }

    #[test]
    fn a_value_that_no_longer_fits_gives_way_to_the_default() {
        let one = &settings()[1];
        let wire = one.to_widget(Some(&json!({"recType": "Deal"})));
        assert_eq!(wire["items"][0]["value"], "Lead");
        assert_eq!(settings()[0].to_widget(Some(&json!("on")))["value"], true);
    }

    #[test]
    fn the_configurations_form_survives_a_round_trip() {
        let mut all = settings();
        let must = json!({"id": "m", "type": "section", "name": "M", "items": [
            {"id": "line", "type": "string", "name": "L", "required": true, "placeholder": "P", "helper": "H"},
            {"id": "pick", "type": "option", "name": "P", "required": true, "multiple": true,
             "options": [{"id": 1, "name": "One"}]}]});
        all.push(serde_json::from_value(must).expect("a setting"));
        let raw = serde_json::to_value(&all).expect("serialises");
        assert_eq!(serde_json::from_value::<Vec<Setting>>(raw).expect("reads"), all);
    }
}
