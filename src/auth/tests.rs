use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{ApiKeys, TokenProblem, Verified, Verifier, mint};
use crate::config::{Config, OperatorsConfig};

const NOW: i64 = 1_767_261_600_000;
const SECRET: &str = "CANARY-0123456789-0123456789-0123456789";
const OTHER: &str = "OTHER--0123456789-0123456789-0123456789";
const RSA: &[u8] = include_bytes!("../../tests/fixtures/keys/rsa.pem");
const RSA_PUBLIC: &[u8] = include_bytes!("../../tests/fixtures/keys/rsa.pub.pem");
const EC: &[u8] = include_bytes!("../../tests/fixtures/keys/ec.pem");
/// `{"alg":"none","typ":"JWT"}` and `{"alg":"none","kid":"hs"}`.
const NONE: [&str; 2] = ["eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", "eyJhbGciOiJub25lIiwia2lkIjoiaHMifQ"];

fn operators(text: &str) -> OperatorsConfig {
    let text = format!("[operators]\nauth = \"jwt\"\n{text}");
    Config::parse("t.toml", &text, []).unwrap_or_else(|error| panic!("{error}")).config.operators
}

fn three() -> OperatorsConfig {
    operators(&format!(
        "keys = [{{kid = 'hs', secret = '{SECRET}'}},\n\
         {{kid = 'rs', alg = 'RS256', public_key_file = 'tests/fixtures/keys/rsa.pub.pem'}},\n\
         {{kid = 'es', alg = 'ES256', public_key_file = 'tests/fixtures/keys/ec.pub.pem'}}]"
    ))
}

fn one(more: &str) -> OperatorsConfig {
    operators(&format!("{more}\nkeys = [{{kid = 'hs', secret = '{SECRET}'}}]"))
}

fn verifier(config: &OperatorsConfig) -> Verifier {
    Verifier::new(config).expect("usable keys")
}

fn hs() -> EncodingKey {
    EncodingKey::from_secret(SECRET.as_bytes())
}

fn sign(alg: Algorithm, kid: Option<&str>, key: &EncodingKey, claims: &Value) -> String {
    let header = Header { kid: kid.map(ToOwned::to_owned), ..Header::new(alg) };
    jsonwebtoken::encode(&header, claims, key).expect("signed")
}

/// Claims that hold at [`NOW`], with `changes` on top; `null` takes a claim away.
fn claims(changes: &Value) -> Value {
    let mut claims = json!({"sub": "dana", "name": "Dana", "iat": NOW / 1000, "exp": NOW / 1000 + 600});
    for (claim, value) in changes.as_object().into_iter().flatten() {
        claims[claim] = value.clone();
    }
    claims.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    claims
}

fn with(config: &OperatorsConfig, changes: &Value) -> Result<Verified, TokenProblem> {
    verifier(config).verify(&sign(Algorithm::HS256, Some("hs"), &hs(), &claims(changes)), NOW)
}

/// The refusal's words hold `words` and nothing that is secret or only the token's.
fn refused(result: Result<Verified, TokenProblem>, code: &str, words: &str) {
    let problem = result.expect_err(words);
    let told = problem.to_string();
    assert_eq!(problem.code(), code, "{told}");
    assert!(told.contains(words) && !told.contains("CANARY") && !told.contains("dana"), "{told} lacks {words}");
}

#[test]
fn a_good_token_of_every_algorithm_is_accepted() {
    let judge = verifier(&three());
    let keys = [
        (Algorithm::HS256, "hs", hs()),
        (Algorithm::RS256, "rs", EncodingKey::from_rsa_pem(RSA).expect("a key")),
        (Algorithm::ES256, "es", EncodingKey::from_ec_pem(EC).expect("a key")),
    ];
    for (alg, kid, key) in &keys {
        let token = sign(*alg, Some(kid), key, &claims(&json!({"email": "dana@acme.example"})));
        let verified = judge.verify(&token, NOW).unwrap_or_else(|problem| panic!("{alg:?}: {problem}"));
        assert_eq!(verified.operator.id, "dana");
        assert_eq!(verified.operator.account(), "dana@acme.example");
        assert_eq!(verified.expires_ms, NOW + 600_000);
        for other in keys.iter().filter(|other| other.0 != *alg) {
            let crossed = sign(other.0, Some(kid), &other.2, &claims(&json!({})));
            refused(judge.verify(&crossed, NOW), "token_invalid", &format!("key `{kid}` is for {alg:?} only"));
        }
    }
}

#[test]
fn the_public_key_is_no_secret() {
    let public_key = EncodingKey::from_secret(RSA_PUBLIC);
    let verifier = verifier(&three());
    let token = sign(Algorithm::HS256, Some("rs"), &public_key, &claims(&json!({})));
    refused(verifier.verify(&token, NOW), "token_invalid", "alg is `HS256`, but key `rs` is for RS256 only");
    let token = sign(Algorithm::HS256, Some("hs"), &public_key, &claims(&json!({})));
    refused(verifier.verify(&token, NOW), "token_invalid", "does not fit key `hs`");
    let only = operators("keys = [{kid = 'rs', alg = 'RS256', public_key_file = 'tests/fixtures/keys/rsa.pub.pem'}]");
    let token = sign(Algorithm::HS256, None, &public_key, &claims(&json!({})));
    refused(super::Verifier::new(&only).expect("a key").verify(&token, NOW), "token_invalid", "RS256 only");
}

#[test]
fn the_key_is_chosen_by_its_name() {
    let unnamed = sign(Algorithm::HS256, None, &hs(), &claims(&json!({})));
    assert!(verifier(&one("")).verify(&unnamed, NOW).is_ok(), "one key needs no name");
    refused(verifier(&three()).verify(&unnamed, NOW), "token_invalid", "needs a `kid`");
    let old = sign(Algorithm::HS256, Some("old"), &hs(), &claims(&json!({})));
    refused(verifier(&one("")).verify(&old, NOW), "token_invalid", "signed by an unknown key `old`:");
    let hostile =
        sign(Algorithm::HS256, Some(&format!("\u{1b}[31m`\n{}", "x".repeat(500))), &hs(), &claims(&json!({})));
    let words = verifier(&one("")).verify(&hostile, NOW).expect_err("unknown").to_string();
    assert!(words.len() < 150 && !words.contains(char::is_control), "{words}");
    let stranger = sign(Algorithm::HS256, Some("hs"), &EncodingKey::from_secret(OTHER.as_bytes()), &claims(&json!({})));
    refused(verifier(&three()).verify(&stranger, NOW), "token_invalid", "does not fit key `hs`");
}

#[test]
fn unsigned_tokens_are_refused() {
    let good = sign(Algorithm::HS256, Some("hs"), &hs(), &claims(&json!({})));
    let parts: Vec<_> = good.split('.').collect();
    for header in NONE {
        for signature in ["", parts[2]] {
            let token = format!("{header}.{}.{signature}", parts[1]);
            refused(verifier(&one("")).verify(&token, NOW), "token_invalid", "unsigned (alg `none`)");
        }
    }
    let stripped = format!("{}.{}.", parts[0], parts[1]);
    refused(verifier(&one("")).verify(&stripped, NOW), "token_invalid", "does not fit key `hs`");
}

#[test]
fn broken_tokens_are_refused() {
    let verifier = verifier(&one(""));
    let good = sign(Algorithm::HS256, Some("hs"), &hs(), &claims(&json!({})));
    assert!(verifier.verify(&good, NOW).is_ok());
    refused(verifier.verify("", NOW), "token_missing", "Authorization: Bearer");
    for length in 1..good.len() {
        assert!(verifier.verify(&good[..length], NOW).is_err(), "cut after {length}");
    }
    // Every character changed: none may be taken for the same token.
    for (at, character) in good.char_indices() {
        let other = if character == 'A' { 'B' } else { 'A' };
        let changed = format!("{}{other}{}", &good[..at], &good[at + 1..]);
        assert!(verifier.verify(&changed, NOW).is_err(), "changed at {at}");
    }
    for garbage in ["x", "...", "a.b.c", "a.b.c.d", "Bearer x.y.z", "\u{0}", "ü.ü.ü", "eyJ9.eyJ9.eyJ9", " "] {
        refused(verifier.verify(garbage, NOW), "token_invalid", "no token that can be read");
    }
    let more = format!("{good}.{good}");
    refused(verifier.verify(&more, NOW), "token_invalid", "no token that can be read");
    refused(verifier.verify(&"x".repeat(1 << 20), NOW), "token_invalid", "longer than 8192 bytes");
    let mut critical = Header { kid: Some("hs".into()), ..Header::new(Algorithm::HS256) };
    critical.crit = Some(vec!["exp".into()]);
    let token = jsonwebtoken::encode(&critical, &claims(&json!({})), &hs()).expect("signed");
    refused(verifier.verify(&token, NOW), "token_invalid", "`crit`");
    let list = sign(Algorithm::HS256, Some("hs"), &hs(), &json!(["dana"]));
    refused(verifier.verify(&list, NOW), "token_invalid", "claims");
}

#[test]
fn times_are_kept_with_leeway() {
    let config = one("leeway_seconds = 30");
    let now = NOW / 1000;
    refused(
        with(&config, &json!({"exp": now - 180, "iat": now - 200})),
        "token_expired",
        "expired 3 minutes ago: sign",
    );
    refused(with(&config, &json!({"exp": now - 30})), "token_expired", "30 seconds");
    assert!(with(&config, &json!({"exp": now - 29})).is_ok());
    refused(with(&config, &json!({"nbf": now + 31})), "token_invalid", "not valid yet, for another 31 seconds");
    refused(with(&config, &json!({"iat": now + 7_200, "exp": now + 7_300})), "token_invalid", "another 2 hours");
    assert!(with(&config, &json!({"nbf": now + 30, "iat": now + 30})).is_ok());
    refused(with(&config, &json!({"exp": null})), "token_invalid", "`exp` is missing");
    for wrong in [json!("soon"), json!(NOW), json!(-1), json!(1e300), json!(u64::MAX), json!(true)] {
        assert!(with(&config, &json!({"exp": wrong})).is_err(), "{wrong}");
    }
    refused(with(&config, &json!({"exp": NOW})), "token_invalid", "not milliseconds");
    assert!(with(&config, &json!({"exp": 1_767_261_660.5})).is_ok());
}

#[test]
fn a_long_life_is_refused() {
    let now = NOW / 1000;
    let config = one("max_lifetime_seconds = 3600");
    assert!(with(&config, &json!({"exp": now + 3_600})).is_ok());
    refused(with(&config, &json!({"exp": now + 3_601})), "token_invalid", "longer than 60 minutes: sign a short token");
    refused(with(&config, &json!({"iat": null, "exp": now + 3_631})), "token_invalid", "short token");
    refused(with(&config, &json!({"iat": now - 3_600, "exp": now + 60})), "token_invalid", "short token");
    assert!(with(&one("max_lifetime_seconds = 0"), &json!({"exp": now + 999_999_999})).is_ok());
    refused(with(&one(""), &json!({"exp": now + 864_000})), "token_invalid", "lives 10 days, longer than 24 hours");
}

#[test]
fn issuer_and_audience_are_kept_where_configured() {
    let config = one("issuer = \"https://crm.example\"\naudience = \"trunkline\"");
    let right = json!({"iss": "https://crm.example", "aud": "trunkline"});
    assert!(with(&config, &right).is_ok());
    assert!(with(&config, &json!({"iss": "https://crm.example", "aud": ["x", "trunkline"]})).is_ok());
    for (claim, wrong) in [
        ("iss", json!("https://evil.example")),
        ("iss", Value::Null),
        ("iss", json!(["https://crm.example"])),
        ("aud", json!("other")),
        ("aud", Value::Null),
        ("aud", json!([])),
        ("aud", json!(["other"])),
    ] {
        let mut changes = right.clone();
        changes[claim] = wrong;
        refused(with(&config, &changes), "token_invalid", &format!("claim `{claim}`"));
    }
    assert!(with(&one(""), &right).is_ok(), "not asked for");
}

#[test]
fn the_operator_is_bounded_text() {
    let config = one("");
    let long = "x".repeat(201);
    for (changes, words) in [
        (json!({"sub": null}), "`sub` is missing"),
        (json!({"sub": ""}), "`sub` is missing"),
        (json!({"sub": " "}), "`sub` is blank"),
        (json!({"sub": 7}), "`sub` must be text"),
        (json!({"sub": long}), "`sub` is longer than 200"),
        (json!({"sub": "a\nb"}), "`sub` holds control"),
        (json!({"name": long}), "`name` is longer"),
        (json!({"name": ["Dana"]}), "`name` must be text"),
        (json!({"email": {"a": 1}}), "`email` must be text"),
        (json!({"email": "e".repeat(321)}), "`email` is longer"),
        (json!({"email": "a\u{7f}"}), "`email` holds control"),
    ] {
        refused(with(&config, &changes), "token_invalid", words);
    }
    for strange in
        [json!({"sub": ["dana"]}), json!({"sub": {"a": 1}}), json!({"exp": {"a": 1}}), json!({"aud": {"a": 1}})]
    {
        // Whatever the types: a refusal or a good operator, never a panic.
        if let Ok(verified) = with(&config, &strange) {
            assert_eq!(verified.operator.id, "dana");
        }
    }
    assert_eq!(with(&config, &json!({"sub": "ü".repeat(200), "name": ""})).expect("good").operator.name, None);
}

#[test]
fn without_tokens_none_is_taken() {
    let verifier = verifier(&OperatorsConfig::default());
    refused(verifier.verify("x.y.z", NOW), "token_invalid", "operators.auth is \"none\"");
}

#[test]
fn a_minted_token_holds() {
    let config = one("issuer = \"crm\"\naudience = \"trunkline\"\nmax_lifetime_seconds = 600");
    let token = mint(&config, "dana", Some("Dana"), Some("dana@acme.example"), 600, NOW).expect("a token");
    let verified = verifier(&config).verify(&token, NOW + 599_999).expect("holds");
    assert_eq!((verified.operator.name.as_deref(), verified.expires_ms), (Some("Dana"), NOW + 600_000));
    refused(verifier(&config).verify(&token, NOW + 630_000), "token_expired", "sign a new one");
    let rs = operators("keys = [{kid = 'rs', alg = 'RS256', public_key_file = 'tests/fixtures/keys/rsa.pub.pem'}]");
    for (config, id, ttl, words) in [
        (&config, "dana", 601, "1 to 600"),
        (&config, "dana", 0, "1 to 600"),
        (&config, "", 60, "id is empty"),
        (&config, "a\tb", 60, "control"),
        (&rs, "dana", 60, "no HS256 key"),
        (&OperatorsConfig::default(), "dana", 60, "needs none"),
    ] {
        let problem = mint(config, id, None, None, ttl, NOW).expect_err(words).to_string();
        assert!(problem.contains(words), "{problem}");
    }
}

#[test]
fn api_keys_are_compared_whole() {
    let text = format!(
        "[operators]\nauth = 'jwt'\nkeys = [{{kid = 'a', secret = '{SECRET}'}}]\n[api]\nkeys = ['{SECRET}', '{OTHER}']"
    );
    let keys = ApiKeys::new(&Config::parse("t.toml", &text, []).expect("right").config.api);
    assert!(keys.accepts(SECRET) && keys.accepts(OTHER));
    for wrong in ["", &SECRET[1..], &SECRET[..38], &format!("{SECRET} "), &"x".repeat(1 << 20)] {
        assert!(!keys.accepts(wrong));
    }
    assert!(!ApiKeys::new(&Config::default().api).accepts(""));
    assert_eq!(format!("{keys:?}"), "ApiKeys(2)");
}
