//! Who a row is: ids that stay the same from one import to the next.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};

use sha2::{Digest, Sha256};

use crate::domain::contact::Contact;
use crate::domain::fold::fold;
use crate::domain::hex::hex;
use crate::domain::phone::Number;
use crate::vcard::draft::Draft;

/// Longest id of a source that is kept as it is; a longer one is hashed.
const MAX_OWN: usize = 160;

/// What came before under the same key.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Part of a fingerprint of the first one's content.
    content: u32,
    count: u32,
}

/// What an id may be given for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// The contact's id.
    Id(String),
    /// The same content under the same key came before.
    Duplicate,
    /// Another content under the same id of the source came before.
    Taken,
}

/// Gives ids and remembers them: 16 bytes a row, and as much again for each further content of a key.
#[derive(Debug, Default)]
pub struct Identities {
    seen: HashMap<u64, Seen>,
}

impl Identities {
    /// The id of `draft`, which reads as `contact`.
    pub(super) fn identify(&mut self, label: &str, draft: &Draft, contact: &Contact) -> Identity {
        let content = fingerprint(draft);
        if !draft.own_id.is_empty() {
            let key = digest(&["id", &draft.own_id]);
            return match self.seen.entry(short(&key)) {
                Entry::Occupied(known) if known.get().content == content => Identity::Duplicate,
                Entry::Occupied(_) => Identity::Taken,
                Entry::Vacant(place) => {
                    place.insert(Seen { content, count: 1 });
                    Identity::Id(format!("{label}:{}", own_id(&draft.own_id, &key)))
                }
            };
        }
        let email = draft.emails.first().map(|email| email.to_lowercase()).unwrap_or_default();
        let phone = contact.phone_numbers.first();
        let number = phone.map(|p| p.number.as_ref().map_or_else(|| p.phone_number.clone(), Number::dialable));
        let key = digest(&["person", &fold(&contact.name), &email, &number.unwrap_or_default()]);
        let base = format!("{label}:{}", hex(&key[..10]));
        match self.count(short(&key), content) {
            None => Identity::Duplicate,
            Some(1) => Identity::Id(base),
            Some(count) => Identity::Id(format!("{base}-{count}")),
        }
    }

    /// How many contents `key` has with this one; `None` when this one is known.
    fn count(&mut self, key: u64, content: u32) -> Option<u32> {
        let count = match self.seen.entry(key) {
            Entry::Vacant(place) => {
                place.insert(Seen { content, count: 1 });
                return Some(1);
            }
            Entry::Occupied(known) if known.get().content == content => return None,
            Entry::Occupied(mut known) => {
                known.get_mut().count += 1;
                known.get().count
            }
        };
        // Further contents of a key are rare; each is remembered under a key of its own.
        let further = digest(&["further", &key.to_string(), &content.to_string()]);
        if self.seen.insert(short(&further), Seen { content, count: 1 }).is_none() {
            return Some(count);
        }
        if let Some(known) = self.seen.get_mut(&key) {
            known.count -= 1;
        }
        None
    }
}

fn fingerprint(draft: &Draft) -> u32 {
    let mut hasher = DefaultHasher::new();
    draft.hash(&mut hasher);
    let hash = hasher.finish();
    (hash >> 32) as u32
}

/// A digest of `parts` that no other split of the same text has.
fn digest(parts: &[&str]) -> [u8; 32] {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update(part.as_bytes());
        sha.update([0]);
    }
    sha.finalize().into()
}

fn short(digest: &[u8; 32]) -> u64 {
    digest.iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte))
}

fn own_id(id: &str, key: &[u8; 32]) -> String {
    if id.len() <= MAX_OWN && !id.chars().any(char::is_control) { id.to_owned() } else { hex(&key[..16]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(ids: &mut Identities, own_id: &str, name: &str, title: &str) -> Identity {
        let draft = Draft { own_id: own_id.into(), name: name.into(), job_title: title.into(), ..Draft::default() };
        let contact = draft.to_contact("x", None).unwrap();
        ids.identify("import", &draft, &contact)
    }

    #[test]
    fn a_person_keeps_the_id_and_twins_are_counted() {
        let id = |identity| match identity {
            Identity::Id(id) => id,
            other => panic!("{other:?}"),
        };
        let ids = &mut Identities::default();
        let first = id(ask(ids, "", "Ann Lee", "Buyer"));
        assert_eq!(first.len(), "import:".len() + 20);
        assert_eq!(ask(ids, "", "Ann Lee", "Buyer"), Identity::Duplicate);
        assert_eq!(id(ask(ids, "", "ANN  LEE", "Seller")), format!("{first}-2"));
        assert_eq!(ask(ids, "", "ANN  LEE", "Seller"), Identity::Duplicate);
        assert_eq!(id(ask(ids, "", "Ann Lee", "Clerk")), format!("{first}-3"));
        assert_eq!(id(ask(&mut Identities::default(), "", "Ann Lee", "edited")), first);
    }

    #[test]
    fn ids_of_the_source_are_kept_once() {
        let ids = &mut Identities::default();
        assert_eq!(ask(ids, "17", "Ann", ""), Identity::Id("import:17".into()));
        assert_eq!(ask(ids, "17", "Ann", ""), Identity::Duplicate);
        assert_eq!(ask(ids, "17", "Bob", ""), Identity::Taken);
        let Identity::Id(long) = ask(ids, &"x".repeat(500), "Ann", "") else { panic!("an id") };
        assert_eq!(long.len(), "import:".len() + 32);
    }
}
