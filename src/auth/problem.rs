//! Why a token does not hold, in words for the developer whose page brought it.

/// Longest part of a `kid` that is repeated, in characters: it comes from whoever asks.
const MAX_KID_SHOWN: usize = 40;

/// Why a token is refused. The words hold nothing of it but `kid` and `alg`, so that they may be
/// sent back and logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each is described by its words")]
pub enum TokenProblem {
    #[error("no token: send `Authorization: Bearer` with one your page's server has signed")]
    Missing,
    #[error("the token expired {} ago: sign a new one", span(*ago_seconds))]
    Expired { ago_seconds: i64 },
    #[error("this daemon takes no tokens: operators.auth is \"none\"")]
    Disabled,
    #[error("the token is longer than {longest} bytes: put less into it")]
    TooLong { longest: usize },
    #[error("this is no token that can be read: {0}")]
    Malformed(&'static str),
    #[error("the token is unsigned (alg `none`): sign it with one of operators.keys")]
    Unsigned,
    #[error("signed by an unknown key `{kid}`: operators.keys has no such `kid`")]
    UnknownKey { kid: String },
    #[error("the token's header names no key: with several operators.keys it needs a `kid`")]
    NoKid,
    #[error("the token's alg is `{alg}`, but key `{kid}` is for {wanted} only")]
    WrongAlgorithm { kid: String, alg: String, wanted: String },
    #[error("the signature does not fit key `{kid}`: another key has signed, or the token was changed afterwards")]
    BadSignature { kid: String },
    #[error("the token is not valid yet, for another {}: compare the clocks of the two machines", span(*wait_seconds))]
    NotYet { wait_seconds: i64 },
    #[error("the claim `{claim}` {words}")]
    Claim { claim: &'static str, words: String },
    #[error("the token lives {}, longer than {}: sign a short token, or raise operators.max_lifetime_seconds",
        span(*life_seconds), span(*max_seconds))]
    LivesTooLong { life_seconds: i64, max_seconds: i64 },
}

impl TokenProblem {
    /// What a program may tell apart: `token_missing`, `token_expired` (a new token helps) or
    /// `token_invalid` (it does not).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Expired { .. } => "token_expired",
            _ => "token_invalid",
        }
    }

    pub(super) fn unknown_key(kid: &str) -> Self {
        let shown = kid.chars().map(|c| if c.is_ascii_graphic() && c != '`' { c } else { '?' });
        Self::UnknownKey { kid: shown.take(MAX_KID_SHOWN).collect() }
    }
}

/// Seconds as people say it.
fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
