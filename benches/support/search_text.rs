//! The two texts of the search index, made outside the service for writing raw rows: the same amount
//! of text by the same rule as `storage::contact_rows`.

use std::collections::HashSet;
use std::fmt::Write;

use serde_json::Value;
use trunkline::domain::fold::{fold, is_cjk};

/// Words, and the distinct runs of up to three characters, of a stored contact.
pub fn of(json: &str) -> (String, String) {
    let contact: Value = serde_json::from_str(json).expect("a stored contact");
    let field = |key: &str| fold(contact[key].as_str().unwrap_or_default());
    let mut text = format!("{} {}", field("name"), field("company"));
    for email in contact["emails"].as_array().into_iter().flatten() {
        let _ = write!(text, " {}", fold(email.as_str().unwrap_or_default()));
    }
    for phone in contact["phoneNumbers"].as_array().into_iter().flatten() {
        let _ = write!(text, " {}", fold(phone["phoneNumber"].as_str().unwrap_or_default()));
    }
    let mut words = String::with_capacity(text.len() + 8);
    let mut seen = HashSet::new();
    let mut grams = String::with_capacity(text.len() * 4);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        for c in word.chars() {
            if is_cjk(c) {
                let _ = write!(words, " {c} ");
            } else {
                words.push(c);
            }
        }
        words.push(' ');
        for (start, _) in word.char_indices() {
            let end = word[start..].char_indices().nth(3).map_or(word.len(), |(offset, _)| start + offset);
            if seen.insert(&word[start..end]) {
                grams.push_str(&word[start..end]);
                grams.push(' ');
            }
        }
    }
    (words, grams)
}
