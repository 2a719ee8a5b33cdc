//! Uuids of visitors: how those of contacts are made, and which can be guessed.

use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::config::engage::{SiteConfig, UuidPolicy};

/// What ours start with, so that a custom field's regular expression tells them from Engage's own.
const OURS: &str = "tl_";
/// Random or keyed bytes of ours.
const BYTES: usize = 16;
/// What is shorter can be tried out.
const SHORTEST: usize = 16;

/// A new uuid: 128 random bits.
pub fn drawn() -> String {
    named(&rand::random::<[u8; BYTES]>())
}

/// The uuid of a contact, where the policy makes it without a draw.
pub fn derived(site: &SiteConfig, contact_id: &str) -> Option<String> {
    match site.uuid {
        UuidPolicy::Random => None,
        UuidPolicy::CrmId => Some(contact_id.to_owned()),
        UuidPolicy::Hmac => {
            let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(site.uuid_secret.expose().as_bytes()).ok()?;
            mac.update(contact_id.as_bytes());
            Some(named(&mac.finalize().into_bytes()[..BYTES]))
        }
    }
}

/// What a custom field for the uuid matches, so that uuids Engage makes for strangers stay out.
pub fn pattern(site: &SiteConfig) -> Option<String> {
    match site.uuid {
        UuidPolicy::Random | UuidPolicy::Hmac => Some(format!("^{OURS}[0-9a-f]{{{}}}$", BYTES * 2)),
        UuidPolicy::CrmId => None,
    }
}

/// Whether somebody could find a uuid by trying, or knows it: short ones, numbers, addresses.
pub fn is_guessable(uuid: &str) -> bool {
    uuid.len() < SHORTEST
        || uuid.contains('@')
        || !uuid.bytes().any(|byte| byte.is_ascii_digit())
        || uuid.bytes().all(|byte| byte.is_ascii_digit() || b"+-.() ".contains(&byte))
}

fn named(bytes: &[u8]) -> String {
    bytes.iter().fold(OURS.to_owned(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn what_can_be_guessed_is_told() {
        for uuid in
            ["17", "crm:17", "ada@example.com", "+4989123456789012", "1234567890123456", "adalovelaceadalovelace"]
        {
            assert!(is_guessable(uuid), "{uuid}");
        }
        for uuid in ["54579fed6d617868b3010000", "0b0bfa6e-35d8-4b0f-9f2e-0d9a5a5f4c1e", &drawn()] {
            assert!(!is_guessable(uuid), "{uuid}");
        }
    }

    #[test]
    fn policies_make_stable_and_different_uuids() {
        let mut site =
            SiteConfig { uuid: UuidPolicy::Hmac, uuid_secret: Secret::from("a secret"), ..SiteConfig::default() };
        let first = derived(&site, "crm:17");
        assert_eq!(first, derived(&site, "crm:17"));
        assert_ne!(first, derived(&site, "crm:18"));
        site.uuid_secret = Secret::from("another secret");
        assert_ne!(first, derived(&site, "crm:17"));
        assert!(first.is_some_and(|uuid| uuid.len() == OURS.len() + 32 && uuid.starts_with(OURS)));
        site.uuid = UuidPolicy::CrmId;
        assert_eq!(derived(&site, "crm:17").as_deref(), Some("crm:17"));
        site.uuid = UuidPolicy::Random;
        assert_eq!(derived(&site, "crm:17"), None);
        assert_ne!(drawn(), drawn());
    }
}
