//! Whether Engage takes a token: everything that is wrong with it, not just the first thing. Pure; the
//! token goes no further than here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::claims;
use super::findings::{Finding, Reason, Warning};
use super::uuids::is_guessable;
use super::verdict::Presented;
use crate::config::engage::{EngageAlg, EngageKey, Mode, SiteConfig, UuidPolicy, extra_key_problem, is_key_id};

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN: usize = 8 * 1024;
/// What Engage asks for, in seconds.
const HOUR: i64 = 3_600;
/// Engage's leeway, in seconds; documented for the end of a token, not for the hour before it.
const LEEWAY: i64 = 10;
/// More than any time in seconds for thousands of years, and less than any since 1973 in milliseconds.
const LEAST_MILLISECONDS: i64 = 100_000_000_000;

/// What a token is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    /// The site it is for.
    pub site: &'a SiteConfig,
    /// Ids of keys that are no longer in the community.
    pub retired: &'a [String],
    /// Unix seconds.
    pub now: i64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Why Engage refuses it; empty where it does not. In the order of [`Reason::ALL`].
    pub reasons: Vec<Finding<Reason>>,
    /// What deserves a look.
    pub warnings: Vec<Finding<Warning>>,
    /// `kid` and `exp`, where they can be read.
    pub kid: Option<String>,
    /// Unix seconds.
    pub exp: Option<i64>,
}

impl Findings {
    /// As a column of the table of modes.
    pub fn presented(&self) -> Presented {
        if self.reasons.is_empty() { Presented::Valid } else { Presented::Invalid }
    }

    fn wrong(&mut self, reason: Reason) {
        if !self.reasons.iter().any(|found| found.code == reason) {
            self.reasons.push(reason.found());
        }
    }
}

/// A token in its parts.
struct Parts<'a> {
    /// What was signed.
    message: &'a str,
    header: Option<Vec<u8>>,
    payload: Option<Vec<u8>>,
    signature: Option<Vec<u8>>,
    /// Written as RFC 7515 asks.
    strict: bool,
}

impl Judge<'_> {
    /// Looks at a token.
    pub fn judge(&self, token: &str) -> Findings {
        let mut found = Findings::default();
        if self.site.mode == Mode::Accept {
            found.warnings.push(Warning::ModeAccept.found());
        }
        match split(token) {
            None => found.wrong(Reason::TokenMalformed),
            Some(parts) => {
                if !parts.strict {
                    found.wrong(Reason::TokenMalformed);
                }
                self.header(&parts, &mut found);
                match parts.payload.as_deref().map(object) {
                    Some(Some(payload)) => self.payload(&payload, &mut found),
                    _ => found.wrong(Reason::TokenMalformed),
                }
            }
        }
        found.reasons.sort_by_key(|reason| reason.code);
        found.warnings.sort_by_key(|warning| warning.code);
        found
    }

    fn header(&self, parts: &Parts<'_>, found: &mut Findings) {
        let Some(Some(header)) = parts.header.as_deref().map(object) else { return found.wrong(Reason::HeaderNotJson) };
        if header.get("typ").and_then(Value::as_str) != Some("JWT") {
            found.wrong(Reason::TypMissing);
        }
        let alg = match header.get("alg") {
            None | Some(Value::Null) => Err(Reason::AlgMissing),
            Some(Value::String(name)) if name == "HS256" => Ok(EngageAlg::HS256),
            Some(Value::String(name)) if name == "RS256" => Ok(EngageAlg::RS256),
            Some(_) => Err(Reason::AlgUnsupported),
        };
        let key = match header.get("kid") {
            None | Some(Value::Null) => Err(Reason::KidMissing),
            Some(Value::String(kid)) if kid.is_empty() => Err(Reason::KidMissing),
            Some(Value::String(kid)) if is_key_id(kid) => {
                found.kid = Some(kid.clone());
                let known = self.site.find_key(kid).filter(|_| !self.retired.contains(kid));
                known.ok_or(Reason::KidUnknown)
            }
            Some(_) => Err(Reason::KidCharset),
        };
        if let Ok(key) = key
            && key.alg == EngageAlg::HS256
        {
            found.warnings.push(Warning::WeakSecret.found());
        }
        match (alg, key) {
            (Ok(alg), Ok(key)) if key.alg != alg => found.wrong(Reason::AlgKeyMismatch),
            (Ok(_), Ok(key)) => {
                if let Some(reason) = signature_problem(parts, key) {
                    found.wrong(reason);
                }
            }
            // Without both there is nothing the signature could be held against.
            (alg, key) => [alg.err(), key.err()].into_iter().flatten().for_each(|reason| found.wrong(reason)),
        }
    }

    fn payload(&self, payload: &Map<String, Value>, found: &mut Findings) {
        match expiry(payload.get("exp"), self.now) {
            Ok(exp) => found.exp = Some(exp),
            Err((reason, exp)) => {
                found.exp = exp;
                found.wrong(reason);
            }
        }
        match payload.get("uuid") {
            None | Some(Value::Null) => found.wrong(Reason::UuidMissing),
            Some(Value::String(uuid)) if uuid.trim().is_empty() => found.wrong(Reason::UuidBlank),
            Some(Value::String(uuid)) => {
                let guessable = self.site.uuid == UuidPolicy::CrmId || is_guessable(uuid);
                if self.site.mode != Mode::Require && guessable {
                    found.warnings.push(Warning::UuidGuessable.found());
                }
            }
            Some(_) => found.wrong(Reason::UuidNotString),
        }
        let foreign: Vec<String> = payload.keys().filter(|name| !claims::is_known(self.site, name)).cloned().collect();
        if !foreign.is_empty() {
            found.warnings.push(Warning::UnknownField.about(&foreign));
        }
        let avatar = payload.get("avatar_url").filter(|value| !value.is_null());
        if avatar.is_some_and(|url| !url.as_str().is_some_and(|url| url.starts_with("https://"))) {
            found.warnings.push(Warning::AvatarNotHttps.found());
        }
        found.warnings.extend(extra_warnings(payload.get("extra_values")));
    }
}

fn extra_warnings(extra: Option<&Value>) -> Vec<Finding<Warning>> {
    let values = match extra {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Object(values)) => values,
        Some(_) => return vec![Warning::ExtraValueNested.found()],
    };
    let named = |wrong: &dyn Fn(&String, &Value) -> bool| -> Vec<String> {
        values.iter().filter(|(key, value)| wrong(key, value)).map(|(key, _)| key.clone()).collect()
    };
    let forbidden = named(&|key, _| extra_key_problem(key).is_some());
    let nested = named(&|_, value| value.is_array() || value.is_object());
    let told = |warning: Warning, names: &[String]| (!names.is_empty()).then(|| warning.about(names));
    [told(Warning::ExtraKeyForbidden, &forbidden), told(Warning::ExtraValueNested, &nested)]
        .into_iter()
        .flatten()
        .collect()
}

/// `exp`, or what is wrong with it.
fn expiry(exp: Option<&Value>, now: i64) -> Result<i64, (Reason, Option<i64>)> {
    let number = match exp {
        None | Some(Value::Null) => return Err((Reason::ExpMissing, None)),
        Some(Value::Number(number)) => number,
        Some(_) => return Err((Reason::ExpNotInteger, None)),
    };
    let exp = match number.as_i64() {
        Some(exp) if exp < LEAST_MILLISECONDS => exp,
        None if !number.is_u64() => return Err((Reason::ExpNotInteger, None)),
        _ => return Err((Reason::ExpInMilliseconds, None)),
    };
    // RFC 7519, 4.1.4: it must not have ended, give or take the leeway.
    let left = exp.saturating_sub(now);
    let reason = match left {
        ..=-10 => Reason::ExpPast,
        HOUR.. => return Ok(exp),
        _ if left >= HOUR - LEEWAY => Reason::ExpBorderline,
        _ => Reason::ExpTooSoon,
    };
    Err((reason, Some(exp)))
}

fn signature_problem(parts: &Parts<'_>, key: &EngageKey) -> Option<Reason> {
    let Some(signature) = parts.signature.as_deref() else { return Some(Reason::SignatureInvalid) };
    let signature = URL_SAFE_NO_PAD.encode(signature);
    let fits = |key: &jsonwebtoken::DecodingKey, alg: EngageAlg| {
        jsonwebtoken::crypto::verify(&signature, parts.message.as_bytes(), key, alg.algorithm()).unwrap_or(false)
    };
    if key.verifying_key().is_ok_and(|verifying| fits(&verifying, key.alg)) {
        return None;
    }
    let other = key.other_verifying_key().is_some_and(|verifying| fits(&verifying, key.alg));
    Some(if other { Reason::SignatureOkWithOtherEncoding } else { Reason::SignatureInvalid })
}

fn split(token: &str) -> Option<Parts<'_>> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let (message, signature) = token.rsplit_once('.')?;
    let (header, payload) = message.split_once('.')?;
    if payload.contains('.') {
        return None;
    }
    let [(header, first), (payload, second), (signature, third)] = [header, payload, signature].map(decoded);
    Some(Parts { message, header, payload, signature, strict: first && second && third })
}

/// The bytes of a part, and whether it is written in base64url without padding. Other base64 is read all
/// the same, so that what is wrong behind it is told as well.
fn decoded(text: &str) -> (Option<Vec<u8>>, bool) {
    if let Ok(bytes) = URL_SAFE_NO_PAD.decode(text) {
        return (Some(bytes), true);
    }
    let plain: String = text
        .trim_end_matches('=')
        .chars()
        .map(|c| match c {
            '+' => '-',
            '/' => '_',
            c => c,
        })
        .collect();
    (URL_SAFE_NO_PAD.decode(plain).ok(), false)
}

fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(bytes).ok()
}
