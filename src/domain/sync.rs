//! Stamps and the cursors of the contact list (protocol 3.1, and the rules of its section 9.3).
//!
//! Each change of a contact takes a stamp, so a stamp is also a token: "everything up to here is
//! known". A full list runs by key and shows only the living; an incremental list runs by stamp up to
//! the bound it started with, and carries tombstones.

use std::fmt;
use std::str::FromStr;

/// Milliseconds since 1970 of the clock, or the last stamp + 1: only ever grows.
pub type Stamp = i64;

/// How stamps are taken: `count` of them, after `last`, at `now_ms`. Returns the first; the last
/// one taken is `first + count - 1`.
pub fn first_stamp(last: Stamp, now_ms: i64) -> Stamp {
    now_ms.max(last + 1)
}

/// Where a running list stands. The widget echoes it verbatim as `page`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cursor {
    /// A full list: contacts with a key greater than `after` and not greater than `last`.
    Full {
        /// The key of the last contact already sent.
        after: i64,
        /// The greatest key at the start: what comes later arrives with the next sync.
        last: i64,
    },
    /// Changes with a stamp greater than `after` and not greater than `bound`.
    Changes {
        /// The stamp of the last change already sent.
        after: Stamp,
        /// The stamp at the start, which is also the token handed out.
        bound: Stamp,
    },
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { after, last } => write!(f, "full.{after}.{last}"),
            Self::Changes { after, bound } => write!(f, "changes.{after}.{bound}"),
        }
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let (kind, a, b) = (parts.next(), parts.next(), parts.next());
        if parts.next().is_some() {
            return Err(());
        }
        let number = |part: Option<&str>| part.and_then(|p| p.parse::<i64>().ok()).filter(|n| *n >= 0).ok_or(());
        match kind {
            Some("full") => Ok(Self::Full { after: number(a)?, last: number(b)? }),
            Some("changes") => Ok(Self::Changes { after: number(a)?, bound: number(b)? }),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_only_grow() {
        assert_eq!(first_stamp(10, 5), 11, "a clock that stepped back");
        assert_eq!(first_stamp(10, 10), 11);
        assert_eq!(first_stamp(10, 50), 50);
    }

    #[test]
    fn cursors_come_back_as_sent() {
        for cursor in [Cursor::Full { after: 7, last: 90 }, Cursor::Changes { after: 1, bound: 2 }] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for bad in ["", "full", "full.1", "full.1.2.3", "changes.a.b", "2", "full.-1.5"] {
            assert_eq!(bad.parse::<Cursor>(), Err(()), "{bad}");
        }
    }
}
