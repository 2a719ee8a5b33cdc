//! What operators choose for themselves in the widget's settings, in place of the configuration's rules.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Inner;
use crate::config::delivery::{DeliveryConfig, Line, Nobody, Several};
use crate::domain::setting::Setting;
use crate::storage::StorageError;

const SEVERAL: &str = "trunkline.several";
const NOBODY: &str = "trunkline.nobody";
const LINES: &str = "trunkline.lines";

/// One operator's.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub(super) several: Option<Several>,
    pub(super) nobody: Option<Nobody>,
    pub(super) lines: Option<Vec<Line>>,
}

fn read<T: DeserializeOwned>(text: Option<&String>) -> Option<T> {
    serde_json::from_str(text?).ok()
}

impl Inner {
    /// What an operator chose; nothing where they never did.
    pub(super) async fn wishes(&self, operator: &str) -> Result<Wishes, StorageError> {
        let chosen = self.means.storage.list_settings_of(operator).await?;
        Ok(Wishes {
            several: read(chosen.get(SEVERAL)),
            nobody: read(chosen.get(NOBODY)),
            lines: read(chosen.get(LINES)),
        })
    }
}

/// The settings as the widget shows them, with the configuration's rules as their defaults.
pub(super) fn settings(config: &DeliveryConfig) -> Vec<Setting> {
    let choice = |id: Value, name: &str| json!({"id": id, "name": name});
    let lines: Vec<Value> = Line::ALL.into_iter().map(|line| choice(json!(line), line.label())).collect();
    let all = [
        json!({
            "id": SEVERAL, "type": "option", "group_id": "logging", "name": "When several contacts have a number",
            "value": config.several, "options": [
                choice(json!(Several::Ask), "Ask me"),
                choice(json!(Several::First), "Take the first"),
                choice(json!(Several::Recent), "Take the one I spoke to last"),
            ],
        }),
        json!({
            "id": NOBODY, "type": "option", "group_id": "logging", "name": "When no contact has a number",
            "value": config.nobody, "options": [
                choice(json!(Nobody::Keep), "Keep the log here"),
                choice(json!(Nobody::Ask), "Ask me"),
                choice(json!(Nobody::Create), "Make a contact"),
                choice(json!(Nobody::Log), "Log it without a contact"),
            ],
        }),
        json!({
            "id": LINES, "type": "option", "group_id": "logging", "name": "What logs say in the CRM",
            "multiple": true, "checkbox": true, "value": config.lines, "options": lines,
        }),
    ];
    all.into_iter().filter_map(|setting| serde_json::from_value(setting).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_is_one_the_widget_takes() {
        let settings = settings(&DeliveryConfig::default());
        assert_eq!(settings.len(), 3);
        assert_eq!(crate::domain::setting::problems(&settings), Vec::new());
    }
}
