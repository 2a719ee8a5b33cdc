//! Which properties there are, and which values they take.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Portal, error, invalid};
use crate::fakes::{Reply, parse_time};

const CONTACT: &[&str] = &[
    "firstname",
    "lastname",
    "email",
    "phone",
    "mobilephone",
    "hs_whatsapp_phone_number",
    "company",
    "jobtitle",
    "hubspot_owner_id",
    "lifecyclestage",
    "hs_lead_status",
    "hs_merged_object_ids",
    "hs_searchable_calculated_phone_number",
    "createdate",
    "lastmodifieddate",
    "hs_lastmodifieddate",
    "hs_object_id",
];
const ENGAGEMENT: &[&str] =
    &["hs_timestamp", "hubspot_owner_id", "hs_createdate", "hs_lastmodifieddate", "hs_object_id"];
const CALL: &[&str] = &[
    "hs_call_title",
    "hs_call_body",
    "hs_call_direction",
    "hs_call_duration",
    "hs_call_from_number",
    "hs_call_to_number",
    "hs_call_status",
    "hs_call_disposition",
    "hs_call_recording_url",
];
const COMMUNICATION: &[&str] =
    &["hs_communication_channel_type", "hs_communication_logged_from", "hs_communication_body"];
const STATUSES: [&str; 11] = [
    "BUSY",
    "CALLING_CRM_USER",
    "CANCELED",
    "COMPLETED",
    "CONNECTING",
    "FAILED",
    "IN_PROGRESS",
    "MISSED",
    "NO_ANSWER",
    "QUEUED",
    "RINGING",
];
/// What only HubSpot writes.
const READ_ONLY: [&str; 5] =
    ["createdate", "lastmodifieddate", "hs_object_id", "hs_merged_object_ids", "hs_lastmodifieddate"];

impl Portal {
    pub(super) fn knows(&self, kind: &str, property: &str) -> bool {
        let of_kind: &[&[&str]] = match kind {
            "contacts" => &[CONTACT],
            "calls" => &[ENGAGEMENT, CALL],
            "communications" => &[ENGAGEMENT, COMMUNICATION],
            "notes" => &[ENGAGEMENT, &["hs_note_body"]],
            _ => &[],
        };
        of_kind.iter().any(|names| names.contains(&property))
            || self.defined.iter().any(|(found, name, _)| found == kind && name == property)
    }

    /// Why properties are not taken, if they are not.
    pub(super) fn check(
        &self,
        kind: &str,
        id: Option<u64>,
        properties: &Value,
        create: bool,
    ) -> Result<BTreeMap<String, String>, Reply> {
        let Some(given) = properties.as_object() else { return Err(invalid("properties is required")) };
        let mut taken = BTreeMap::new();
        for (name, value) in given {
            if !self.knows(kind, name) {
                return Err(invalid(format!(
                    "Property values were not valid: [{{\"message\":\"Property \\\"{name}\\\" does not exist\",\"code\":\"PROPERTY_DOESNT_EXIST\"}}]"
                )));
            }
            if READ_ONLY.contains(&name.as_str()) {
                return Err(invalid(format!(
                    "Property values were not valid: \"{name}\" is read only (READ_ONLY_VALUE)"
                )));
            }
            let Some(text) = value.as_str() else {
                return Err(invalid(format!("Invalid input JSON: {name}: a string was expected, not {value}")));
            };
            taken.insert(name.clone(), text.to_owned());
        }
        let one_of = |name: &str, allowed: &[&str]| match taken.get(name) {
            Some(value) if !allowed.contains(&value.as_str()) => {
                Err(invalid(format!("{value} was not one of the allowed options of {name}")))
            }
            _ => Ok(()),
        };
        one_of("hs_call_direction", &["INBOUND", "OUTBOUND"])?;
        one_of("hs_call_status", &STATUSES)?;
        one_of(
            "hs_communication_channel_type",
            &["SMS", "WHATS_APP", "LINKEDIN_MESSAGE", "CUSTOM_CHANNEL_CONVERSATION"],
        )?;
        one_of("hs_communication_logged_from", &["CRM"])?;
        for name in ["hs_call_duration", "hs_timestamp"] {
            if taken.get(name).is_some_and(|value| value.parse::<i64>().is_err() && parse_time(value).is_none()) {
                return Err(invalid(format!("{name} is not a number")));
            }
        }
        let required: &[&str] = match kind {
            "calls" | "notes" => &["hs_timestamp"],
            "communications" => &["hs_timestamp", "hs_communication_channel_type", "hs_communication_logged_from"],
            _ => &[],
        };
        if create && let Some(missing) = required.iter().find(|name| !taken.contains_key(**name)) {
            return Err(invalid(format!("Error creating {kind}. Some required properties were not set: {missing}")));
        }
        self.check_unique(kind, id, &taken)?;
        Ok(taken)
    }

    fn check_unique(&self, kind: &str, id: Option<u64>, taken: &BTreeMap<String, String>) -> Result<(), Reply> {
        let others = || self.things.get(kind).into_iter().flatten().filter(|(found, _)| Some(**found) != id);
        if kind == "contacts"
            && let Some(email) = taken.get("email").filter(|email| !email.is_empty())
            && let Some((other, _)) =
                others().find(|(_, t)| t.archived.is_none() && t.properties.get("email") == Some(email))
        {
            return Err(error(409, "CONFLICT", format!("Contact already exists. Existing ID: {other}")));
        }
        for (_, name, _) in self.defined.iter().filter(|(found, _, unique)| found == kind && *unique) {
            if let Some(value) = taken.get(name)
                && others().any(|(_, thing)| thing.properties.get(name) == Some(value))
            {
                return Err(invalid(format!("Cannot set {name}: another object already has the value {value}")));
            }
        }
        Ok(())
    }
}
