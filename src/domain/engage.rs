//! What is kept about visitors of Engage sites: mints, chains of renewals, states of keys. The rules of
//! renewal and of rotation are here; tokens themselves are not.

use std::collections::BTreeMap;

use serde::Serialize;

use super::passing::Digested;

/// How long a grant that was used gives another one, in ms: two tabs renew with the same.
pub const GRACE_MS: i64 = 30_000;
/// Further grants that a used one gives within that time.
pub const MOST_USES: i64 = 8;
/// Renewals of one chain: 20 tabs that renew every hour stay below.
pub const MOST_RENEWALS: i64 = 240;
/// Seconds after its end for which Engage takes a token.
pub const LEEWAY: i64 = 10;

/// A token that is about to be handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mint {
    /// The site's id.
    pub site: String,
    /// Whose it is.
    pub uuid: String,
    /// The contact behind the uuid, where there is one.
    pub contact_id: Option<String>,
    /// The key that signed.
    pub kid: String,
    /// Its end, Unix seconds.
    pub exp: i64,
}

/// Renewals of one visitor on one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Our id.
    pub id: String,
    /// The site's id.
    pub site: String,
    /// Whose it is.
    pub uuid: String,
    /// Whose claims are read again.
    pub contact_id: Option<String>,
    /// JSON of the claims where there is no contact.
    pub claims: Option<String>,
    /// Life of its tokens, in seconds.
    pub ttl: i64,
    /// Unix ms after which nothing is renewed.
    pub ends_ms: i64,
    /// Since when nothing is renewed, though its time is not over: a grant was replayed, or a server said so.
    pub revoked_ms: Option<i64>,
}

/// A grant as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The chain it belongs to.
    pub chain: Chain,
    /// Renewals of the chain so far.
    pub renewals: i64,
    /// When it was used first, Unix ms.
    pub used_ms: Option<i64>,
    /// How often it was used.
    pub uses: i64,
}

/// Why a grant gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantRefusal {
    /// It was never handed out for this site.
    Unknown,
    /// Its chain is over.
    Expired,
    /// It, or another of its chain, was used a second time: somebody has a copy.
    Replayed,
    /// The chain renews more often than pages do.
    TooOften,
}

impl Grant {
    /// Whether it may be used now for `site`.
    pub fn check(&self, site: &str, now_ms: i64) -> Result<(), GrantRefusal> {
        if self.chain.site != site {
            return Err(GrantRefusal::Unknown);
        }
        if self.chain.revoked_ms.is_some() {
            return Err(GrantRefusal::Replayed);
        }
        if now_ms >= self.chain.ends_ms {
            return Err(GrantRefusal::Expired);
        }
        match self.used_ms {
            _ if self.renewals >= MOST_RENEWALS => Err(GrantRefusal::TooOften),
            None => Ok(()),
            // A clock that went back makes the time no longer than it is.
            Some(used) if now_ms - used <= GRACE_MS && self.uses < MOST_USES => Ok(()),
            Some(_) => Err(GrantRefusal::Replayed),
        }
    }
}

/// A renewal: the grant that is used, the one that takes its place, and the token.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// Digest of the grant that is used.
    pub from: Digested,
    /// Digest of the next.
    pub to: Digested,
    /// What is handed out with it.
    pub mint: Mint,
}

/// How far the rotation of a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Configured, perhaps not in the community yet: nothing is signed with it.
    Pending,
    /// New tokens are signed with it.
    Active,
    /// Tokens of before are still good.
    Retiring,
    /// It may be gone from the community.
    Retired,
}

impl KeyState {
    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Retired => "retired",
        }
    }

    /// From a stored word; what is not known signs nothing.
    pub fn from_word(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "retiring" => Self::Retiring,
            "retired" => Self::Retired,
            _ => Self::Pending,
        }
    }
}

/// States of a site's keys, and the greatest end of a token of each (Unix seconds).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyRing {
    /// By kid.
    pub states: BTreeMap<String, KeyState>,
    /// By kid.
    pub last_exp: BTreeMap<String, i64>,
}

/// Why a key does not change its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRefusal {
    /// It was retired: the community may not have it any more.
    WasRetired,
    /// Tokens are signed with it: another must be activated first.
    IsActive,
    /// Tokens that it signed are still good, until then (Unix seconds).
    StillInUse(i64),
}

impl KeyRing {
    /// With the state of every configured key, in their order. Where nothing was decided yet the first is
    /// active; once one has signed it goes on, also when a new key is put before it.
    #[must_use]
    pub fn of<'a>(mut self, kids: impl Iterator<Item = &'a str>) -> Self {
        let kids: Vec<&str> = kids.collect();
        let signed = kids.iter().filter_map(|kid| Some((*self.last_exp.get(*kid)?, *kid))).max();
        let active = signed.map(|(_, kid)| kid).or(kids.first().copied()).filter(|_| self.states.is_empty());
        for kid in kids {
            let state = if active == Some(kid) { KeyState::Active } else { KeyState::Pending };
            self.states.entry(kid.to_owned()).or_insert(state);
        }
        self
    }

    /// The state of a key; unknown ones are pending.
    pub fn state(&self, kid: &str) -> KeyState {
        self.states.get(kid).copied().unwrap_or(KeyState::Pending)
    }

    /// Unix seconds from which nothing signed by a key is good any more; `None` where nothing was signed.
    pub fn safe_to_remove_at(&self, kid: &str) -> Option<i64> {
        self.last_exp.get(kid).map(|exp| exp + LEEWAY)
    }

    /// Signs with `kid` from now on; what signed before is retiring.
    pub fn activate(&mut self, kid: &str) -> Result<(), KeyRefusal> {
        if self.state(kid) == KeyState::Retired {
            return Err(KeyRefusal::WasRetired);
        }
        for state in self.states.values_mut().filter(|state| **state == KeyState::Active) {
            *state = KeyState::Retiring;
        }
        self.states.insert(kid.to_owned(), KeyState::Active);
        Ok(())
    }

    /// Takes a key for gone from the community. With `force`, though tokens of it are still good.
    pub fn retire(&mut self, kid: &str, now: i64, force: bool) -> Result<(), KeyRefusal> {
        match (self.state(kid), self.safe_to_remove_at(kid)) {
            (KeyState::Active, _) => return Err(KeyRefusal::IsActive),
            (KeyState::Retiring, Some(safe)) if now < safe && !force => return Err(KeyRefusal::StillInUse(safe)),
            _ => {}
        }
        self.states.insert(kid.to_owned(), KeyState::Retired);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> KeyRing {
        KeyRing::default().of(["a", "b"].into_iter())
    }

    #[test]
    fn the_first_key_of_a_new_site_is_active_and_later_ones_wait() {
        let ring = ring();
        assert_eq!((ring.state("a"), ring.state("b")), (KeyState::Active, KeyState::Pending));
        // The configured keys changed after states were kept: nothing becomes active by itself.
        let kept = KeyRing { states: BTreeMap::from([("a".into(), KeyState::Retired)]), ..KeyRing::default() };
        assert_eq!(kept.of(["c"].into_iter()).state("c"), KeyState::Pending);
    }

    #[test]
    fn a_new_key_before_the_one_that_signs_waits_as_well() {
        let signed = KeyRing { last_exp: BTreeMap::from([("a".into(), 1_000)]), ..KeyRing::default() };
        let ring = signed.of(["new", "a"].into_iter());
        assert_eq!((ring.state("new"), ring.state("a")), (KeyState::Pending, KeyState::Active));
    }

    #[test]
    fn a_rotation_goes_one_way_but_for_a_step_back_while_both_hold() {
        let mut ring = ring();
        ring.last_exp.insert("a".into(), 1_000);
        assert_eq!(ring.retire("a", 5_000, true), Err(KeyRefusal::IsActive));
        assert_eq!(ring.activate("b"), Ok(()));
        assert_eq!((ring.state("a"), ring.state("b")), (KeyState::Retiring, KeyState::Active));
        assert_eq!(ring.activate("a"), Ok(()));
        assert_eq!(ring.state("b"), KeyState::Retiring);
        assert_eq!(ring.activate("b"), Ok(()));
        assert_eq!(ring.retire("a", 1_009, false), Err(KeyRefusal::StillInUse(1_010)));
        assert_eq!(ring.retire("a", 1_010, false), Ok(()));
        assert_eq!(ring.activate("a"), Err(KeyRefusal::WasRetired));
    }

    #[test]
    fn a_grant_is_good_once_and_for_a_second_tab() {
        let chain = Chain {
            id: "c".into(),
            site: "shop".into(),
            uuid: "u".into(),
            contact_id: None,
            claims: None,
            ttl: 7_200,
            ends_ms: 1_000_000,
            revoked_ms: None,
        };
        let mut grant = Grant { chain, renewals: 0, used_ms: None, uses: 0 };
        assert_eq!(grant.check("shop", 999_999), Ok(()));
        assert_eq!(grant.check("shop", 1_000_000), Err(GrantRefusal::Expired));
        assert_eq!(grant.check("other", 0), Err(GrantRefusal::Unknown));
        (grant.used_ms, grant.uses) = (Some(5_000), 1);
        assert_eq!(grant.check("shop", 5_000 + GRACE_MS), Ok(()));
        assert_eq!(grant.check("shop", 4_000), Ok(()));
        assert_eq!(grant.check("shop", 5_001 + GRACE_MS), Err(GrantRefusal::Replayed));
        grant.uses = MOST_USES;
        assert_eq!(grant.check("shop", 5_000), Err(GrantRefusal::Replayed));
        (grant.used_ms, grant.renewals) = (None, MOST_RENEWALS);
        assert_eq!(grant.check("shop", 5_000), Err(GrantRefusal::TooOften));
        grant.chain.revoked_ms = Some(1);
        assert_eq!(grant.check("shop", 5_000), Err(GrantRefusal::Replayed));
    }
}
