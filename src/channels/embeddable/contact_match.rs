//! `/contacts/match`: who is behind these numbers (protocol 3.3).
//!
//! Every asked number is a key of the answer, spelled as asked; one that nobody has gets an empty
//! list. All contacts of a shared number are listed, always in the same order. A match by national
//! digits only is marked `"matchQuality": "weak"`: it is shown, and never logged by itself.

use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value;

use super::wire::{Answer, Call, Keys, Reply};
use crate::domain::phone::is_e164_key;
use crate::storage::contact_match::{Match, Quality};

/// Room for a number and, every other time, a contact.
const BYTES_A_NUMBER: usize = 192;

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
    let mut data = String::with_capacity(64 + asked.len() * BYTES_A_NUMBER);
    data.push_str("{\"data\":{");
    let prefix = &*call.state.contact_prefix;
    // Entities come number by number: each number's list is opened when its first one comes, or when
    // a later number's does.
    let mut opened = 0;
    let mut first = true;
    call.state.storage.match_numbers(&asked, call.state.region, |place, found| {
        if place >= opened {
            open_lists(&mut data, &asked, &mut opened, place + 1);
            first = true;
        }
        if !std::mem::take(&mut first) {
            data.push(',');
        }
        push_entity(&mut data, prefix, found);
    })?;
    open_lists(&mut data, &asked, &mut opened, asked.len());
    data.push_str(if asked.is_empty() { "}}" } else { "]}}" });
    Ok(Reply::ready(data))
}

/// Closes the list that is open, and opens those up to `end`; all but the last are empty.
fn open_lists(data: &mut String, asked: &[String], opened: &mut usize, end: usize) {
    for number in &asked[*opened..end] {
        if *opened > 0 {
            data.push_str("],");
        }
        *opened += 1;
        if is_e164_key(number) {
            let _ = write!(data, "\"{number}\":[");
        } else {
            let _ = write!(data, "{}:[", Value::String(number.clone()));
        }
    }
}

fn push_entity(data: &mut String, prefix: &str, found: Match<'_>) {
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
