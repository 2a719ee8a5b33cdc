//! `/contacts/match`: who is behind these numbers (protocol 3.3).
//!
//! Every asked number is a key of the answer, spelled as asked; one that nobody has gets an empty
//! list. All contacts of a shared number are listed, always in the same order. A match by national
//! digits only is marked `"matchQuality": "weak"`: it is shown, and never logged by itself.

use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value;

use super::wire::{Answer, Call, Keys, Reply};
use crate::storage::contact_match::{Match, Quality};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    phone_numbers: Keys,
}

pub(super) fn handle(call: &Call) -> Answer {
    let Request { phone_numbers: Keys(mut asked) } = call.parse()?;
    asked.sort_unstable();
    asked.dedup();
    let found = call.state.storage.match_numbers(&asked, call.state.region)?;
    let mut data = String::from("{\"data\":{");
    for (place, (number, matches)) in asked.into_iter().zip(&found).enumerate() {
        if place > 0 {
            data.push(',');
        }
        let _ = write!(data, "{}:[", Value::String(number));
        for (place, found) in matches.iter().enumerate() {
            if place > 0 {
                data.push(',');
            }
            push_entity(&mut data, &call.state.contact_prefix, found);
        }
        data.push(']');
    }
    data.push_str("}}");
    Ok(Reply::ready(data))
}

fn push_entity(data: &mut String, prefix: &str, found: &Match) {
    data.push_str(prefix);
    match found.quality {
        Quality::Exact => {}
        Quality::Number => data.push_str("\"matchQuality\":\"number\","),
        Quality::Weak => {
            data.push_str("\"matchQuality\":\"weak\",\"description\":\"Similar number: check before you log\",");
        }
    }
    data.push_str(&found.json[1..]);
}
