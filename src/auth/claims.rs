//! What the claims of a signed token must say.

use serde_json::{Map, Value};

use super::{TokenProblem, Verified};
use crate::config::OperatorsConfig;
use crate::domain::operator::Operator;

/// Longest `sub` and `name`, in characters.
const MAX_TEXT: usize = 200;
/// Longest `email`, in characters (RFC 3696, erratum 1690, with room for both parts).
const MAX_EMAIL: usize = 320;
/// The end of the year 9999: what is later is no time in seconds.
const MAX_SECONDS: i64 = 253_402_300_799;

/// The configured rules; times in seconds.
#[derive(Debug)]
pub(super) struct Rules {
    issuer: String,
    audience: String,
    leeway: i64,
    max_life: i64,
}

impl Rules {
    pub(super) fn new(config: &OperatorsConfig) -> Self {
        Self {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            leeway: config.leeway_seconds.into(),
            max_life: config.max_lifetime_seconds.into(),
        }
    }

    pub(super) fn read(&self, claims: &Map<String, Value>, now_ms: i64) -> Result<Verified, TokenProblem> {
        let now = now_ms.div_euclid(1000);
        let exp = time(claims, "exp")?.ok_or_else(|| wrong("exp", "is missing: a token must end"))?;
        self.check_times(exp, time(claims, "nbf")?, time(claims, "iat")?, now)?;
        self.check_parties(claims)?;
        let operator = Operator {
            id: text(claims, "sub", MAX_TEXT)?.ok_or_else(|| wrong("sub", "is missing: it names the operator"))?,
            name: text(claims, "name", MAX_TEXT)?,
            email: text(claims, "email", MAX_EMAIL)?,
        };
        Ok(Verified { operator, expires_ms: exp * 1000 })
    }

    fn check_times(&self, exp: i64, nbf: Option<i64>, iat: Option<i64>, now: i64) -> Result<(), TokenProblem> {
        if now >= exp + self.leeway {
            return Err(TokenProblem::Expired { ago_seconds: now - exp });
        }
        if let Some(start) = nbf.max(iat).filter(|start| *start > now + self.leeway) {
            return Err(TokenProblem::NotYet { wait_seconds: start - now });
        }
        // Without `iat` the life that is left is all there is to judge by.
        let (life, grace) = iat.map_or((exp - now, self.leeway), |iat| (exp - iat, 0));
        if self.max_life > 0 && life > self.max_life + grace {
            return Err(TokenProblem::LivesTooLong { life_seconds: life, max_seconds: self.max_life });
        }
        Ok(())
    }

    fn check_parties(&self, claims: &Map<String, Value>) -> Result<(), TokenProblem> {
        if !self.issuer.is_empty() && claims.get("iss").and_then(Value::as_str) != Some(&self.issuer) {
            return Err(wrong("iss", "is not the one of operators.issuer"));
        }
        let ours = |value: &Value| value.as_str() == Some(&self.audience);
        let addressed = match claims.get("aud") {
            Some(Value::Array(several)) => several.iter().any(ours),
            one => one.is_some_and(ours),
        };
        if !self.audience.is_empty() && !addressed {
            return Err(wrong("aud", "is not the one of operators.audience"));
        }
        Ok(())
    }
}

/// A `NumericDate` (RFC 7519 section 2) in whole seconds.
fn time(claims: &Map<String, Value>, claim: &'static str) -> Result<Option<i64>, TokenProblem> {
    let value = match claims.get(claim) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let seconds = value.as_i64().or_else(|| value.as_f64().and_then(whole));
    let seconds = seconds.filter(|seconds| (0..=MAX_SECONDS).contains(seconds));
    seconds.map(Some).ok_or_else(|| wrong(claim, "must be a time in seconds since 1970 (not milliseconds, not text)"))
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn whole(float: f64) -> Option<i64> {
    (0.0..1.0e15).contains(&float).then_some(float as i64)
}

fn text(claims: &Map<String, Value>, claim: &'static str, longest: usize) -> Result<Option<String>, TokenProblem> {
    match claims.get(claim) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => match check_text(text, longest) {
            Ok(()) if text.is_empty() => Ok(None),
            Ok(()) => Ok(Some(text.clone())),
            Err(words) => Err(wrong(claim, words)),
        },
        Some(_) => Err(wrong(claim, "must be text")),
    }
}

fn check_text(text: &str, longest: usize) -> Result<(), String> {
    if text.chars().count() > longest {
        return Err(format!("is longer than {longest} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err("holds control characters".into());
    }
    if !text.is_empty() && text.trim().is_empty() {
        return Err("is blank".into());
    }
    Ok(())
}

/// The rules of `sub`, `name` and `email` for tokens made here.
pub(super) fn check_operator(id: &str, name: Option<&str>, email: Option<&str>) -> Result<(), String> {
    if id.is_empty() {
        return Err("the operator's id is empty".into());
    }
    for (what, text, longest) in [("id", Some(id), MAX_TEXT), ("name", name, MAX_TEXT), ("email", email, MAX_EMAIL)] {
        check_text(text.unwrap_or_default(), longest).map_err(|words| format!("the operator's {what} {words}"))?;
    }
    Ok(())
}

fn wrong(claim: &'static str, words: impl Into<String>) -> TokenProblem {
    TokenProblem::Claim { claim, words: words.into() }
}
