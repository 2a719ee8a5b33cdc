//! Mutated tokens, each with exactly its reasons and warnings.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::check::{Findings, Judge, MAX_TOKEN};
use super::findings::{Reason, Warning};
use super::sign::sign;
use crate::config::engage::{EngageKey, Mode, SiteConfig};
use crate::config::{Config, Secret};

/// 2026-01-01T10:00:00Z.
const NOW: i64 = 1_767_261_600;
const UUID: &str = "54579fed6d617868b3010000";
const SECRET: &str = "00112233445566778899aabb";

fn site() -> SiteConfig {
    let rsa = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/rsa.pem");
    let text = format!(
        "[engage.sites.shop]\ndomain = 'acme'\nsource_token = 'a1'\nkeys = [{{ id = 'shop_1', secret = '{SECRET}' }}, \
         {{ id = 'rsa', alg = 'RS256', private_key_file = '{rsa}' }}, {{ id = 'old', secret = '{SECRET}' }}]\n"
    );
    let loaded = Config::parse("t.toml", &text, []).unwrap_or_else(|error| panic!("{error}"));
    loaded.config.engage.sites["shop"].clone()
}

fn judged(site: &SiteConfig, token: &str) -> Findings {
    Judge { site, retired: &["old".to_owned()], now: NOW }.judge(token)
}

fn codes(found: &Findings) -> (Vec<&'static str>, Vec<&'static str>) {
    let reasons = found.reasons.iter().map(|found| found.code.code()).collect();
    (reasons, found.warnings.iter().map(|found| found.code.code()).collect())
}

fn header() -> Value {
    json!({"typ": "JWT", "alg": "HS256", "kid": "shop_1"})
}

fn payload() -> Value {
    json!({"exp": NOW + 7_200, "uuid": UUID})
}

fn with(mut base: Value, key: &str, value: Value) -> Value {
    match value {
        Value::Null => drop(base.as_object_mut().expect("an object").remove(key)),
        value => base[key] = value,
    }
    base
}

fn mac(message: &str, secret: &[u8]) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(secret);
    jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).expect("signed")
}

/// Any two parts, signed with the secret as text whatever they say.
fn raw(header: &str, payload: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = mac(&message, SECRET.as_bytes());
    format!("{message}.{signature}")
}

fn of(header: &Value, payload: &Value) -> String {
    raw(&header.to_string(), &payload.to_string())
}

fn headed(key: &str, value: Value) -> String {
    of(&with(header(), key, value), &payload())
}

fn saying(key: &str, value: Value) -> String {
    of(&header(), &with(payload(), key, value))
}

fn signed_with(message_of: &str, signature: &str) -> String {
    format!("{}.{signature}", message_of.rsplit_once('.').expect("three parts").0)
}

#[test]
fn every_mutated_token_has_exactly_its_reasons() {
    let good = of(&header(), &payload());
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let (first, second) = message.split_once('.').expect("two parts");
    let hex: Vec<u8> = (0..12).map(|n| u8::from_str_radix(&SECRET[n * 2..n * 2 + 2], 16).expect("hex")).collect();
    let keyless = json!({"typ": "JWT", "alg": "HS256"});
    let rsa_public = site().find_key("rsa").and_then(EngageKey::public_key_pem).expect("a key");
    let mut table: Vec<(&str, String, &[&str])> = vec![
        ("as it should be", good.clone(), &[]),
        ("empty", String::new(), &["token_malformed"]),
        ("no dots", "x".into(), &["token_malformed"]),
        ("two parts", message.into(), &["token_malformed"]),
        ("four parts", format!("{good}.x"), &["token_malformed"]),
        ("a space before", format!(" {good}"), &["token_malformed", "header_not_json"]),
        ("too long", format!("{message}{}.{signature}", "A".repeat(MAX_TOKEN)), &["token_malformed"]),
        ("padded", format!("{message}.{signature}="), &["token_malformed"]),
        ("a payload of text", raw(&header().to_string(), "hello"), &["token_malformed"]),
        ("a payload that is a list", raw(&header().to_string(), "[1]"), &["token_malformed"]),
        ("a header of text", raw("hello", &payload().to_string()), &["header_not_json"]),
        ("a header that is a list", raw("[]", &payload().to_string()), &["header_not_json"]),
        ("no header", format!(".{second}.{signature}"), &["header_not_json"]),
        ("no payload", format!("{first}..{signature}"), &["token_malformed", "signature_invalid"]),
        ("no signature", format!("{message}."), &["signature_invalid"]),
        ("half a signature", format!("{message}.{}", &signature[..20]), &["signature_invalid"]),
        ("another secret", signed_with(&good, &mac(message, b"ffffffffffffffffffffffff")), &["signature_invalid"]),
        ("the secret's bytes", signed_with(&good, &mac(message, &hex)), &["signature_ok_with_other_encoding"]),
        (
            "changed claims",
            format!(
                "{first}.{}.{signature}",
                URL_SAFE_NO_PAD.encode(with(payload(), "uuid", json!("54579fed6d617868b3010001")).to_string())
            ),
            &["signature_invalid"],
        ),
        ("no typ", headed("typ", Value::Null), &["typ_missing"]),
        ("another typ", headed("typ", json!("JWS")), &["typ_missing"]),
        ("no alg", headed("alg", Value::Null), &["alg_missing"]),
        ("alg none", headed("alg", json!("none")), &["alg_unsupported"]),
        ("alg HS512", headed("alg", json!("HS512")), &["alg_unsupported"]),
        ("alg in small letters", headed("alg", json!("hs256")), &["alg_unsupported"]),
        ("alg a number", headed("alg", json!(256)), &["alg_unsupported"]),
        ("no kid", headed("kid", Value::Null), &["kid_missing"]),
        ("an empty kid", headed("kid", json!("")), &["kid_missing"]),
        ("a kid with capitals", headed("kid", json!("Shop_1")), &["kid_charset"]),
        ("a kid with a dash", headed("kid", json!("shop-1")), &["kid_charset"]),
        ("a kid that is a number", headed("kid", json!(1)), &["kid_charset"]),
        ("a foreign kid", headed("kid", json!("other")), &["kid_unknown"]),
        ("a retired kid", headed("kid", json!("old")), &["kid_unknown"]),
        ("RS256 with a secret", headed("alg", json!("RS256")), &["alg_key_mismatch"]),
        (
            "HS256 with the public key as secret",
            {
                let token = headed("kid", json!("rsa"));
                let signature = mac(token.rsplit_once('.').expect("parts").0, rsa_public.as_bytes());
                signed_with(&token, &signature)
            },
            &["alg_key_mismatch"],
        ),
        ("no exp", saying("exp", Value::Null), &["exp_missing"]),
        ("exp null", raw(&header().to_string(), &format!("{{\"exp\":null,\"uuid\":\"{UUID}\"}}")), &["exp_missing"]),
        ("exp as text", saying("exp", json!((NOW + 7_200).to_string())), &["exp_not_integer"]),
        ("exp a fraction", saying("exp", json!(1_767_268_800.5)), &["exp_not_integer"]),
        (
            "exp a fraction of nothing",
            raw(&header().to_string(), &format!("{{\"exp\":1767268800.0,\"uuid\":\"{UUID}\"}}")),
            &["exp_not_integer"],
        ),
        ("exp true", saying("exp", json!(true)), &["exp_not_integer"]),
        ("exp in milliseconds", saying("exp", json!((NOW + 7_200) * 1000)), &["exp_in_milliseconds"]),
        ("exp beyond numbers", saying("exp", json!(u64::MAX)), &["exp_in_milliseconds"]),
        ("the guide's own exp of 1986", saying("exp", json!(507_749_400)), &["exp_past"]),
        ("exp before 1970", saying("exp", json!(-5)), &["exp_past"]),
        ("no uuid", saying("uuid", Value::Null), &["uuid_missing"]),
        ("an empty uuid", saying("uuid", json!("")), &["uuid_blank"]),
        ("a blank uuid", saying("uuid", json!(" \t\u{a0}")), &["uuid_blank"]),
        ("a uuid that is a number", saying("uuid", json!(17)), &["uuid_not_string"]),
        ("a uuid that is an object", saying("uuid", json!({})), &["uuid_not_string"]),
        (
            "nothing in it",
            of(&json!({}), &json!({})),
            &["typ_missing", "alg_missing", "kid_missing", "exp_missing", "uuid_missing"],
        ),
        (
            "several at once",
            of(&keyless, &json!({"exp": 1, "uuid": 1})),
            &["kid_missing", "exp_past", "uuid_not_string"],
        ),
    ];
    // Times around the hour that Engage asks for, and around the end.
    for (left, reasons) in [
        (86_400, &[][..]),
        (3_601, &[]),
        (3_600, &[]),
        (3_599, &["exp_borderline"]),
        (3_590, &["exp_borderline"]),
        (3_589, &["exp_too_soon"]),
        (1, &["exp_too_soon"]),
        (0, &["exp_too_soon"]),
        (-9, &["exp_too_soon"]),
        (-10, &["exp_past"]),
        (-11, &["exp_past"]),
    ] {
        table.push(("a time", saying("exp", json!(NOW + left)), reasons));
    }
    assert!(table.len() >= 40, "{}", table.len());
    let site = site();
    for (what, token, reasons) in &table {
        assert_eq!(codes(&judged(&site, token)).0, *reasons, "{what}: {token}");
    }
    let seen: std::collections::BTreeSet<&str> = table.iter().flat_map(|row| row.2.iter().copied()).collect();
    assert_eq!(seen, Reason::ALL.iter().map(|reason| reason.code()).collect(), "every reason stands in the table");
}

#[test]
fn standard_base64_is_malformed_and_read_all_the_same() {
    // Bytes whose base64 holds a sign that base64url writes otherwise.
    let header = header().to_string();
    let payload = with(with(payload(), "exp", Value::Null), "screenname", json!("\u{3fe}\u{3ff}>>>???")).to_string();
    let message = format!("{}.{}", STANDARD.encode(header), STANDARD.encode(payload));
    assert!(message.contains(['+', '/', '=']), "{message}");
    let token = format!("{message}.{}", mac(&message, SECRET.as_bytes()));
    assert_eq!(codes(&judged(&site(), &token)).0, ["token_malformed", "exp_missing"]);
}

#[test]
fn every_warning_is_given_where_it_belongs() {
    let rsa = |site: &SiteConfig, payload: &Value| sign(site.find_key("rsa").expect("a key"), payload).expect("signed");
    let table: [(&str, Mode, Value, &[&str]); 13] = [
        ("nothing", Mode::Require, payload(), &[]),
        (
            "all that is documented",
            Mode::Require,
            json!({"exp": NOW + 7_200, "uuid": UUID, "screenname": "a", "firstname": "b",
            "lastname": "c", "company": "d", "email": "e@example.com", "avatar_url": "https://x.example/a.png",
            "extra_values": {"a": "b", "c": 1, "d": true, "e": null}}),
            &[],
        ),
        (
            "a key with a dot",
            Mode::Require,
            with(payload(), "extra_values", json!({"a.b": 1})),
            &["extra_key_forbidden"],
        ),
        ("a key with $", Mode::Require, with(payload(), "extra_values", json!({"$a": 1})), &["extra_key_forbidden"]),
        ("a blank key", Mode::Require, with(payload(), "extra_values", json!({" ": 1})), &["extra_key_forbidden"]),
        ("a list", Mode::Require, with(payload(), "extra_values", json!({"a": [1]})), &["extra_value_nested"]),
        ("no object", Mode::Require, with(payload(), "extra_values", json!("a")), &["extra_value_nested"]),
        (
            "both",
            Mode::Require,
            with(payload(), "extra_values", json!({"a.b": {"c": 1}})),
            &["extra_key_forbidden", "extra_value_nested"],
        ),
        ("iat and jti", Mode::Require, with(with(payload(), "iat", json!(NOW)), "jti", json!("x")), &["unknown_field"]),
        ("the mobile SDK's", Mode::Require, with(payload(), "installationId", json!("x")), &["unknown_field"]),
        ("a uuid that can be guessed, signed", Mode::Require, with(payload(), "uuid", json!("17")), &[]),
        (
            "an avatar by http",
            Mode::Require,
            with(payload(), "avatar_url", json!("http://x.example/a.png")),
            &["avatar_not_https"],
        ),
        ("mode accept", Mode::Accept, with(payload(), "uuid", json!("17")), &["uuid_guessable", "mode_accept"]),
    ];
    let mut seen = std::collections::BTreeSet::from(["weak_secret"]);
    for (what, mode, payload, warnings) in &table {
        let site = SiteConfig { mode: *mode, ..site() };
        let found = codes(&judged(&site, &rsa(&site, payload)));
        assert_eq!(found, (vec![], warnings.to_vec()), "{what}");
        seen.extend(warnings.iter().copied());
    }
    assert_eq!(codes(&judged(&site(), &of(&header(), &payload()))).1, ["weak_secret"]);
    assert_eq!(seen, Warning::ALL.iter().map(|warning| warning.code()).collect());
}

#[test]
fn a_key_is_read_as_its_encoding_says() {
    let mut site = site();
    site.keys[0].secret_encoding = crate::config::engage::SecretEncoding::Hex;
    let token = of(&header(), &payload());
    assert_eq!(codes(&judged(&site, &token)).0, ["signature_ok_with_other_encoding"]);
    let token = sign(&site.keys[0], &payload()).expect("signed");
    assert_eq!(codes(&judged(&site, &token)).0, Vec::<&str>::new());
    site.keys[0].secret = Secret::from("ffffffffffffffffffffffff");
    assert_eq!(codes(&judged(&site, &token)).0, ["signature_invalid"]);
}

#[test]
fn words_hold_nothing_of_the_token_but_names() {
    let token =
        of(&header(), &json!({"exp": 1, "uuid": "CANARY", "extra_values": {"a.b": "CANARY"}, "x`\n": "CANARY"}));
    let words = format!("{:?}", judged(&site(), &token));
    assert!(!words.contains("CANARY") && words.contains("a.b") && words.contains("x??"), "{words}");
}
