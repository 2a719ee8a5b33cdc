//! What can be said of a token: reasons for which Engage refuses it, and warnings. Codes are stable;
//! words hold nothing of the token but names of its keys.

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($variant:ident $code:literal $words:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is described by its words")]
        pub enum $name { $($variant,)* }

        impl $name {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Stable, for programs.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What is wrong and what to do, for a person.
            pub fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }
    };
}

codes! {
    /// Why Engage refuses a token.
    Reason {
        TokenMalformed "token_malformed"
            "it is not three parts of base64url without padding, joined by dots, the middle one a JSON object",
        HeaderNotJson "header_not_json" "its first part is no JSON object",
        TypMissing "typ_missing" "the header has no `typ`: it must be \"JWT\"",
        AlgMissing "alg_missing" "the header has no `alg`: it must be \"HS256\" or \"RS256\"",
        AlgUnsupported "alg_unsupported" "the header's `alg` is another than \"HS256\" and \"RS256\"",
        KidMissing "kid_missing" "the header has no `kid`: it must be the Key ID of the key in the community",
        KidCharset "kid_charset" "the header's `kid` can be no Key ID: those are of a-z, 0-9 and _",
        KidUnknown "kid_unknown" "the header's `kid` names no key of this site, or one that was retired",
        AlgKeyMismatch "alg_key_mismatch" "the header's `alg` is not the algorithm of the key that `kid` names",
        SignatureInvalid "signature_invalid"
            "the signature does not fit: another key has signed, or the token was changed afterwards",
        SignatureOkWithOtherEncoding "signature_ok_with_other_encoding"
            "the signature fits when the secret is read the other way: sign with its 24 characters where the site's \
             secret_encoding is \"text\", with the 12 bytes they spell where it is \"hex\"",
        ExpMissing "exp_missing" "there is no `exp`: the time at which it expires, in whole Unix seconds",
        ExpNotInteger "exp_not_integer" "`exp` is no whole number: it must be Unix seconds, not text, not a fraction",
        ExpInMilliseconds "exp_in_milliseconds" "`exp` is too great for seconds: divide milliseconds by 1000",
        ExpPast "exp_past" "it has expired: mint another one",
        ExpTooSoon "exp_too_soon" "it expires in less than an hour, the least that Engage takes: mint it for 2 hours",
        ExpBorderline "exp_borderline"
            "it expires some seconds before the hour that Engage asks for is over; no leeway is documented for that",
        UuidMissing "uuid_missing" "there is no `uuid`",
        UuidBlank "uuid_blank" "`uuid` is blank",
        UuidNotString "uuid_not_string" "`uuid` is no text",
    }
}

codes! {
    /// What works, or may, but deserves a look.
    Warning {
        ExtraKeyForbidden "extra_key_forbidden" "a key of `extra_values` is empty, or holds `$` or `.`",
        ExtraValueNested "extra_value_nested"
            "`extra_values` must be an object of texts, numbers and booleans, without lists and objects inside",
        UnknownField "unknown_field" "there are claims that Engage does not document",
        UuidGuessable "uuid_guessable"
            "the uuid can be guessed, and without mode \"require\" whoever guesses it is that visitor",
        AvatarNotHttps "avatar_not_https" "`avatar_url` does not start with https://: pages with TLS do not show it",
        WeakSecret "weak_secret"
            "secrets of HS256 keys have 96 bits, fewer than the 256 of RFC 7518 (3.2): prefer an RS256 key",
        ModeAccept "mode_accept"
            "the site's mode is \"accept\": unsigned identities are taken as well, with any uuid",
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding<C> {
    /// Stable, for programs.
    pub code: C,
    /// For a person.
    pub words: String,
}

impl Reason {
    /// With its words.
    pub fn found(self) -> Finding<Self> {
        Finding { code: self, words: self.words().to_owned() }
    }
}

impl Warning {
    /// With its words.
    pub fn found(self) -> Finding<Self> {
        Finding { code: self, words: self.words().to_owned() }
    }

    /// With its words and the names it is about.
    pub fn about(self, names: &[String]) -> Finding<Self> {
        let shown: Vec<String> = names.iter().take(MOST_NAMES).map(|name| shown(name)).collect();
        Finding { code: self, words: format!("{}: {}", self.words(), shown.join(", ")) }
    }
}

/// Names that are repeated at most.
const MOST_NAMES: usize = 10;
/// Longest part of a name that is repeated, in characters.
const LONGEST_NAME: usize = 40;

fn shown(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_control() || c == '`' { '?' } else { c });
    format!("`{}`", plain.take(LONGEST_NAME).collect::<String>())
}
