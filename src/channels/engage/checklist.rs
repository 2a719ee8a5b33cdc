//! What the administrator of the community has to set so that what tokens say is seen by agents.

use serde_json::{Value, json};

use super::uuids;
use crate::config::engage::{EngageAlg, Mode, SiteConfig};

/// `{"steps", "extraValues", "uuid", "text"}`: `text` is all of it for a person.
pub fn checklist(site: &SiteConfig) -> Value {
    let steps = steps(site);
    let extra: Vec<Value> = site
        .extra_values
        .iter()
        .map(|value| {
            json!({
                "key": value.key,
                "from": value.from,
                "type": value.kind.word(),
                "required": value.required,
                "maxLength": value.max_length,
            })
        })
        .collect();
    let pattern = uuids::pattern(site);
    let mut text = String::new();
    for (index, step) in steps.iter().enumerate() {
        text.push_str(&format!("{}. {step}\n", index + 1));
    }
    json!({"steps": steps, "extraValues": extra, "uuid": {"pattern": pattern}, "text": text})
}

fn steps(site: &SiteConfig) -> Vec<String> {
    let handling = match site.mode {
        Mode::Accept => "Accept JWT signed identities",
        Mode::Reject => "Reject JWT signed identities",
        Mode::Require => "Require JWT signed identities",
    };
    let mut steps = vec![format!("Community, Signed identities: \"{handling}\" (mode = \"{}\").", site.mode.word())];
    for key in &site.keys {
        let what = match key.alg {
            EngageAlg::HS256 => "the secret for HMAC",
            EngageAlg::RS256 => "the public key for RSA, which `trunkline engage keys list` prints",
        };
        steps.push(format!("Community, JWT keys: add the Key ID {} with {what}.", key.id));
    }
    for value in &site.extra_values {
        let need = if value.required { "always there" } else { "where the contact has it" };
        steps.push(format!(
            "Community, Extra values mapping: key {} ({}, at most {} characters, {need}) to a field of the identity \
             group or a custom field.",
            value.key,
            value.kind.word(),
            value.max_length
        ));
    }
    steps.push(match uuids::pattern(site) {
        Some(pattern) => format!(
            "To show the uuid: a custom field with the regular expression {pattern}, then Extra values mapping: key \
             uuid to it. The expression keeps out the uuids that Engage makes for strangers."
        ),
        None => "To show the uuid: a custom field with a regular expression that only your contacts' ids match, then \
                 Extra values mapping: key uuid to it. Without it the uuids that Engage makes for strangers get in."
            .to_owned(),
    });
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::engage::ExtraValue;

    #[test]
    fn every_key_has_its_step_and_strangers_stay_out() {
        let value = ExtraValue {
            key: "customer_id".into(),
            from: "contact.id".into(),
            required: true,
            ..ExtraValue::default()
        };
        let site = SiteConfig { extra_values: vec![value], ..SiteConfig::default() };
        let list = checklist(&site);
        let text = list["text"].as_str().expect("text");
        assert!(text.contains("key customer_id (string, at most 1000 characters, always there)"), "{text}");
        assert!(text.contains("\"Require JWT signed identities\"") && text.contains("^tl_[0-9a-f]{32}$"), "{text}");
        assert_eq!(list["extraValues"][0]["key"], "customer_id");
    }
}
