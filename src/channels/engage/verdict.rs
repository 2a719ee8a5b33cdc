//! What Engage makes of a visitor, by the community's mode and by what the page presents: the table of
//! the vendor's guides, with what is inferred marked as such.

use serde::Serialize;

use crate::config::engage::Mode;

/// What a page presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// No identity.
    Nothing,
    /// `_setIdentity`.
    Unsigned,
    /// A token that holds.
    Valid,
    /// A token that does not.
    Invalid,
}

/// Where the chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the page, by its loader.
    Page(Mode),
    /// In a frame, by its address, which can hold a token only.
    Frame(Mode),
}

/// Whom Engage takes the visitor for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Taken {
    /// Who the token says.
    Verified,
    /// Who the page says; anybody could have.
    Unverified,
    /// Somebody under a uuid of Engage's own.
    Anonymous,
    /// Nobody: there is no chat.
    Nobody,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether the chat opens.
    pub opens: bool,
    /// Whom the visitor is taken for.
    pub identity: Taken,
    /// Not stated by the vendor, but to be expected.
    pub inferred: bool,
}

impl Verdict {
    /// For a person.
    pub fn words(self) -> &'static str {
        match self.identity {
            Taken::Verified => "the chat opens, and the visitor is who the token says",
            Taken::Unverified => "the chat opens, and the visitor is who the page says, unverified",
            Taken::Anonymous => "the chat opens, but the visitor is anonymous: what was presented is not taken",
            Taken::Nobody => "the chat does not open",
        }
    }
}

/// The table.
pub fn verdict(place: Place, presented: Presented) -> Verdict {
    use {Mode::*, Presented::*, Taken::*};
    let (identity, inferred) = match (place, presented) {
        (Place::Page(Accept), Nothing | Invalid) | (Place::Page(Reject), Nothing) => (Anonymous, false),
        (Place::Page(Accept | Reject), Unsigned) => (Unverified, false),
        (Place::Page(Accept | Require), Valid) | (Place::Frame(Accept | Require), Valid) => (Verified, false),
        (Place::Page(Reject), Valid | Invalid) => (Anonymous, true),
        (Place::Page(Require), Nothing | Unsigned) => (Nobody, true),
        (Place::Page(Require), Invalid) | (Place::Frame(_), Nothing | Unsigned) => (Nobody, false),
        (Place::Frame(Reject), Valid) | (Place::Frame(_), Invalid) => (Nobody, true),
    };
    Verdict { opens: identity != Nobody, identity, inferred }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRESENTED: [Presented; 4] = [Presented::Nothing, Presented::Unsigned, Presented::Valid, Presented::Invalid];

    /// A letter for each cell: verified, unverified, anonymous, nobody; `*` where it is inferred.
    fn row(place: Place) -> String {
        let cell = |presented| {
            let found = verdict(place, presented);
            assert_eq!(found.opens, found.identity != Taken::Nobody);
            let letter = match found.identity {
                Taken::Verified => "v",
                Taken::Unverified => "u",
                Taken::Anonymous => "a",
                Taken::Nobody => "-",
            };
            format!("{letter}{}", if found.inferred { "*" } else { "" })
        };
        PRESENTED.map(cell).join(" ")
    }

    #[test]
    fn the_matrix_of_modes_and_identities() {
        assert_eq!(row(Place::Page(Mode::Accept)), "a u v a");
        assert_eq!(row(Place::Page(Mode::Reject)), "a u a* a*");
        assert_eq!(row(Place::Page(Mode::Require)), "-* -* v -");
        assert_eq!(row(Place::Frame(Mode::Accept)), "- - v -*");
        assert_eq!(row(Place::Frame(Mode::Require)), "- - v -*");
        assert_eq!(row(Place::Frame(Mode::Reject)), "- - -* -*");
    }
}
