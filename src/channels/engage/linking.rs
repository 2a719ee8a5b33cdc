//! Which contact a visitor with a uuid is: for certain, perhaps, or nobody. Web and mobile share a uuid, and
//! where unsigned identities are taken anybody can claim one: there only a uuid that cannot be guessed and
//! for which we minted counts.

use super::uuids::is_guessable;
use crate::config::engage::{LinkPolicy, Mode, SiteConfig, UuidPolicy};
use crate::storage::{Storage, StorageError};

/// What is known of a uuid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// Only a signed token can have brought it.
    pub(super) verified: bool,
    /// The contact it is.
    pub(super) contact: Option<String>,
    /// The contact it may be.
    pub(super) suggested: Option<String>,
}

/// Looks a uuid up for the sites of a community.
pub(super) async fn link(storage: &Storage, sites: &[(&str, &SiteConfig)], uuid: &str) -> Result<Link, StorageError> {
    // A community has one mode; of sites that say otherwise the least strict counts.
    let signed_only = !sites.is_empty() && sites.iter().all(|(_, site)| site.mode == Mode::Require);
    let mut link = Link { verified: signed_only, ..Link::default() };
    for (id, site) in sites {
        let (contact, minted) = match storage.minted_for(id, uuid).await? {
            Some(contact) => (Some(contact), true),
            None => (known_otherwise(storage, site, uuid).await?, false),
        };
        let Some(contact) = contact else { continue };
        if storage.find_contact(&contact).await?.is_none() {
            continue;
        }
        // A contact's own id is no secret, however long it is.
        let ours_alone = minted && *uuid != contact && !is_guessable(uuid);
        match decide(site.link, signed_only, ours_alone) {
            Decision::Link => link.contact = Some(contact),
            Decision::Suggest => link.suggested = Some(contact),
            Decision::Nothing => {}
        }
        break;
    }
    Ok(link)
}

/// The contact of a uuid that we drew, or that is a contact's id, though nothing was minted for it here.
async fn known_otherwise(storage: &Storage, site: &SiteConfig, uuid: &str) -> Result<Option<String>, StorageError> {
    match site.uuid {
        UuidPolicy::CrmId => Ok(Some(uuid.to_owned())),
        UuidPolicy::Random => storage.contact_of_uuid(&site.host(), uuid).await,
        // The ledger is all there is: an HMAC has no way back.
        UuidPolicy::Hmac => Ok(None),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Link,
    Suggest,
    Nothing,
}

fn decide(policy: LinkPolicy, signed_only: bool, ours_alone: bool) -> Decision {
    match policy {
        LinkPolicy::Off => Decision::Nothing,
        LinkPolicy::Auto if signed_only || ours_alone => Decision::Link,
        LinkPolicy::Auto | LinkPolicy::Suggest => Decision::Suggest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_links_by_itself_only_where_nobody_else_can_have_it() {
        for (policy, signed_only, ours_alone, decision) in [
            (LinkPolicy::Auto, true, false, Decision::Link),
            (LinkPolicy::Auto, false, true, Decision::Link),
            (LinkPolicy::Auto, false, false, Decision::Suggest),
            (LinkPolicy::Suggest, true, true, Decision::Suggest),
            (LinkPolicy::Off, true, true, Decision::Nothing),
        ] {
            assert_eq!(decide(policy, signed_only, ours_alone), decision, "{policy:?} {signed_only} {ours_alone}");
        }
    }
}
