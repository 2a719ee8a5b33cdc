//! What a token says of a visitor: read from a request of the site's server, or made of a contact.

use serde_json::{Map, Number, Value};

use crate::config::engage::{ExtraType, ExtraValue, SiteConfig, extra_key_problem};

/// Claims about the person that the integration guide names.
const FIELDS: [&str; 6] = ["screenname", "firstname", "lastname", "company", "email", "avatar_url"];
/// Longest text of a claim, in characters.
const LONGEST: usize = 1_000;
/// Extra values at most.
const MOST_EXTRA: usize = 100;

/// Why no token is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct ClaimProblem {
    /// Stable, for programs.
    pub code: &'static str,
    /// What is wrong, without values.
    pub words: String,
}

/// A visitor, as a token tells: claims in the order they are written, `uuid` and `exp` not among them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// `screenname` and so on, and `extra_values`.
    pub claims: Map<String, Value>,
    /// Extra values that were left out: their keys and why.
    pub omitted: Vec<(String, &'static str)>,
}

/// Whether a claim is one that Engage documents, or the site's configuration allows.
pub fn is_known(site: &SiteConfig, name: &str) -> bool {
    ["exp", "uuid", "extra_values"].contains(&name) || fields(site).any(|field| field == name)
}

fn fields(site: &SiteConfig) -> impl Iterator<Item = &'static str> + use<'_> {
    FIELDS.into_iter().chain(site.further_fields.iter().map(|field| field.word()))
}

impl Person {
    /// Of claims as a server sends them; `uuid` is taken out before.
    pub fn from_claims(site: &SiteConfig, mut given: Map<String, Value>) -> Result<Self, ClaimProblem> {
        let mut claims = Map::new();
        for field in fields(site) {
            match given.shift_remove(field) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) => put_text(&mut claims, field, &text)?,
                Some(_) => return Err(problem("invalid_body", format!("`{field}` must be text"))),
            }
        }
        let extra = match given.shift_remove("extra_values") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(values)) => checked_extra(values)?,
            Some(_) => return Err(problem("extra_value_nested", "`extra_values` must be an object")),
        };
        if let Some(name) = given.keys().next() {
            let known: Vec<&str> = fields(site).collect();
            let words = format!("`{name}` is no claim that Engage documents: give {}, extra_values", known.join(", "));
            return Err(problem("unknown_field", words));
        }
        if !extra.is_empty() {
            claims.insert("extra_values".into(), extra.into());
        }
        Ok(Self { claims, omitted: Vec::new() })
    }

    /// Of a contact as it is stored.
    pub fn from_contact(site: &SiteConfig, contact: &Value) -> Result<Self, ClaimProblem> {
        let mut person = Self::default();
        for (field, from) in [
            ("screenname", &contact["name"]),
            ("firstname", &contact["firstName"]),
            ("lastname", &contact["lastName"]),
            ("company", &contact["company"]),
            ("email", &contact["emails"][0]),
            ("avatar_url", &contact["profileImageUrl"]),
        ] {
            let text = from.as_str().unwrap_or_default();
            if field != "avatar_url" || text.starts_with("https://") {
                put_text(&mut person.claims, field, text)?;
            }
        }
        let mut extra = Map::new();
        for mapping in &site.extra_values {
            match extra_value(mapping, contact) {
                Ok(value) => {
                    extra.insert(mapping.key.clone(), value);
                }
                Err(why) if mapping.required => {
                    let words = format!("`{}` is required, and {} of the contact {why}", mapping.key, mapping.from);
                    return Err(problem("extra_value_missing", words));
                }
                Err(why) => person.omitted.push((mapping.key.clone(), why)),
            }
        }
        if !extra.is_empty() {
            person.claims.insert("extra_values".into(), extra.into());
        }
        Ok(person)
    }

    /// The whole payload.
    pub fn payload(&self, exp: i64, uuid: &str) -> Value {
        let mut payload = Map::new();
        payload.insert("exp".into(), exp.into());
        payload.insert("uuid".into(), uuid.into());
        payload.extend(self.claims.iter().map(|(name, value)| (name.clone(), value.clone())));
        payload.into()
    }
}

/// A uuid as a server sends it.
pub fn uuid_of(given: Option<Value>) -> Result<String, ClaimProblem> {
    match given {
        None | Some(Value::Null) => Err(problem("uuid_missing", "give `contactId`, or `uuid` and what else is known")),
        Some(Value::String(uuid)) if uuid.trim().is_empty() => Err(problem("uuid_blank", "`uuid` is blank")),
        Some(Value::String(uuid)) if uuid.chars().count() > LONGEST || uuid.chars().any(char::is_control) => {
            Err(problem("invalid_body", format!("`uuid` is at most {LONGEST} characters, none a control character")))
        }
        Some(Value::String(uuid)) => Ok(uuid),
        Some(_) => Err(problem("uuid_not_string", "`uuid` must be text")),
    }
}

fn put_text(claims: &mut Map<String, Value>, field: &str, text: &str) -> Result<(), ClaimProblem> {
    let text = text.trim();
    if text.chars().count() > LONGEST {
        return Err(problem("invalid_body", format!("`{field}` is longer than {LONGEST} characters")));
    }
    if field == "avatar_url" && !text.is_empty() && !text.starts_with("https://") {
        return Err(problem("avatar_not_https", "`avatar_url` must start with https://"));
    }
    if !text.is_empty() {
        claims.insert(field.into(), text.into());
    }
    Ok(())
}

fn checked_extra(values: Map<String, Value>) -> Result<Map<String, Value>, ClaimProblem> {
    if values.len() > MOST_EXTRA {
        return Err(problem("invalid_body", format!("`extra_values` has more than {MOST_EXTRA} keys")));
    }
    let mut kept = Map::new();
    for (key, value) in values {
        if let Some(words) = extra_key_problem(&key) {
            return Err(problem("extra_key_forbidden", format!("a key of `extra_values` {words}")));
        }
        match &value {
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => {
                let words = format!("`extra_values.{key}` must be text, a number or a boolean");
                return Err(problem("extra_value_nested", words));
            }
            Value::String(text) if text.chars().count() > LONGEST => {
                let words = format!("`extra_values.{key}` is longer than {LONGEST} characters");
                return Err(problem("invalid_body", words));
            }
            _ => {}
        }
        kept.insert(key, value);
    }
    Ok(kept)
}

/// The value of a mapping, or why there is none.
fn extra_value(mapping: &ExtraValue, contact: &Value) -> Result<Value, &'static str> {
    let found = mapping.steps().try_fold(contact, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    });
    let written = match found {
        None | Some(Value::Null) => return Err("is not set"),
        Some(Value::Array(_) | Value::Object(_)) => return Err("is no text, number or boolean"),
        Some(Value::String(text)) if text.trim().is_empty() => return Err("is not set"),
        Some(value) => value,
    };
    match mapping.kind {
        ExtraType::String => {
            let text = written.as_str().map_or_else(|| written.to_string(), |text| text.trim().to_owned());
            let longest = usize::try_from(mapping.max_length).unwrap_or(LONGEST);
            if text.chars().count() > longest { Err("is too long") } else { Ok(text.into()) }
        }
        ExtraType::Number => match written {
            Value::Number(number) => Ok(number.clone().into()),
            Value::String(text) => text.trim().parse::<Number>().map(Value::from).map_err(|_| "is no number"),
            _ => Err("is no number"),
        },
        ExtraType::Boolean => match written {
            Value::Bool(yes) => Ok((*yes).into()),
            Value::String(text) if text == "true" || text == "false" => Ok((text == "true").into()),
            _ => Err("is no boolean"),
        },
    }
}

fn problem(code: &'static str, words: impl Into<String>) -> ClaimProblem {
    ClaimProblem { code, words: words.into() }
}
