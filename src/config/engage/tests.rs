//! What is refused in `[engage]`, with its key and the fix.

use super::{EngageAlg, Mode, SecretEncoding};
use crate::config::{Config, ConfigError, Loaded, Problem};

const SECRET: &str = "00112233445566778899aabb";
const RSA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/rsa.pem");
const RSA_PUBLIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/rsa.pub.pem");
const EC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/ec.pem");

fn site(lines: &str) -> String {
    format!("[engage.sites.shop]\ndomain = 'acme'\nsource_token = 'a1b2'\n{lines}")
}

fn load(text: &str) -> Result<Loaded, ConfigError> {
    Config::parse("t.toml", text, [])
}

#[test]
fn a_site_is_read_with_its_defaults_and_warned_about() {
    let keys = format!(
        "keys = [{{ id = 'a_1', secret = '{SECRET}', secret_encoding = 'hex' }}, {{ id = 'b', alg = 'RS256', private_key_file = '{RSA}' }}]"
    );
    let loaded = load(&site(&keys)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.warnings, Vec::<String>::new());
    let shop = &loaded.config.engage.sites["shop"];
    assert_eq!((shop.mode, shop.ttl_seconds, shop.chain_hours), (Mode::Require, 7_200, 12));
    assert_eq!(shop.host(), "acme.dimelochat.com");
    assert_eq!((shop.keys[0].secret_encoding, shop.keys[1].alg), (SecretEncoding::Hex, EngageAlg::RS256));
    let public = std::fs::read_to_string(RSA_PUBLIC).expect("readable");
    assert_eq!(shop.keys[1].public_key_pem().as_deref(), Some(&*public));
    assert!(!format!("{:?}", loaded.config).contains(SECRET));

    let loaded = load(&site("mode = 'accept'\nuuid = 'crm_id'")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.warnings.len(), 2, "{:?}", loaded.warnings);
    assert!(loaded.warnings[0].starts_with("`engage.sites.shop.mode` (t.toml line 4)"), "{:?}", loaded.warnings);
    assert!(loaded.warnings[1].contains("can be guessed"), "{:?}", loaded.warnings);
}

#[test]
fn every_wrong_key_is_told_with_its_place_and_the_fix() {
    let key = |rest: &str| format!("keys = [{{ id = 'a', {rest} }}]");
    for (lines, path, words) in [
        ("mode = 'maybe'".to_owned(), "engage.sites.shop.mode", "\"accept\", \"reject\" or \"require\""),
        ("mod = 'accept'".to_owned(), "engage.sites.shop.mod", "did you mean `mode`?"),
        ("ttl_seconds = 4199".to_owned(), "engage.sites.shop.ttl_seconds", "from 4200 to 86400"),
        ("ttl_seconds = 86401".to_owned(), "engage.sites.shop.ttl_seconds", "from 4200 to 86400"),
        ("chain_hours = 13".to_owned(), "engage.sites.shop.chain_hours", "from 1 to 12"),
        ("uuid = 'hmac'".to_owned(), "engage.sites.shop.uuid_secret", "openssl rand -hex 32"),
        ("uuid = 'hmac'\nuuid_secret = 'short'".to_owned(), "engage.sites.shop.uuid_secret", "openssl rand -hex 32"),
        ("origins = ['*']".to_owned(), "engage.sites.shop.origins[0]", "name each origin"),
        ("origins = ['https://a.example/x']".to_owned(), "engage.sites.shop.origins[0]", "write `https://a.example`"),
        ("further_fields = ['age']".to_owned(), "engage.sites.shop.further_fields", "mobile_phone"),
        (key("secret = 'CANARY'"), "engage.sites.shop.keys[0].secret", "openssl rand -hex 12"),
        (key("secret = '00112233445566778899AABB'"), "engage.sites.shop.keys[0].secret", "24 characters"),
        (key("alg = 'RS256'"), "engage.sites.shop.keys[0].private_key_file", "genpkey"),
        (key(&format!("alg = 'RS256', secret = '{SECRET}'")), "engage.sites.shop.keys[0].secret", "private_key_file"),
        (key(&format!("private_key_file = '{RSA}'")), "engage.sites.shop.keys[0].private_key_file", "HS256"),
        (key(&format!("alg = 'RS256', private_key_file = '{RSA_PUBLIC}'")), "engage.sites.shop.keys[0].private_key_file", "is a public key"),
        (key(&format!("alg = 'RS256', private_key_file = '{EC}'")), "engage.sites.shop.keys[0].private_key_file", "is no RSA private key"),
        (key("secret_file = '/nowhere'"), "engage.sites.shop.keys[0].secret_file", "cannot read /nowhere"),
        ("keys = [{ id = 'Main-1', secret = '00112233445566778899aabb' }]".to_owned(), "engage.sites.shop.keys[0].id", "a-z, 0-9 and _"),
        (
            "keys = [{ id = 'a', secret = '00112233445566778899aabb' }, { id = 'a', secret = '00112233445566778899aabb' }]".to_owned(),
            "engage.sites.shop.keys[1].id",
            "names two keys",
        ),
        ("extra_values = [{ key = 'a.b', from = 'contact.id' }]".to_owned(), "engage.sites.shop.extra_values[0].key", "without `$` and `.`"),
        ("extra_values = [{ key = ' ', from = 'contact.id' }]".to_owned(), "engage.sites.shop.extra_values[0].key", "is empty"),
        ("extra_values = [{ key = 'a', from = 'id' }]".to_owned(), "engage.sites.shop.extra_values[0].from", "contact.id"),
        ("extra_values = [{ key = 'a', from = 'contact.id', max_length = 0 }]".to_owned(), "engage.sites.shop.extra_values[0].max_length", "from 1"),
        ("extra_values = [{ key = 'a', from = 'contact.id' }, { key = 'a', from = 'contact.name' }]".to_owned(), "engage.sites.shop.extra_values[1].key", "twice"),
        ("[engage.sites.Shop-1]\ndomain = 'acme'\nsource_token = 'a1'".to_owned(), "engage.sites.Shop-1", "a-z and 0-9"),
        ("[engage.sites.b]\nsource_token = 'a1'".to_owned(), "engage.sites.b.domain", "acme.dimelochat.com"),
        ("[engage.sites.b]\ndomain = 'https://acme'\nsource_token = 'a1'".to_owned(), "engage.sites.b.domain", "is no domain"),
        ("[engage.sites.b]\ndomain = 'acme'\nsource_token = 'a/b'".to_owned(), "engage.sites.b.source_token", "Code to include"),
    ] {
        told(&site(&lines), path, words);
    }
}

#[test]
fn communities_are_checked() {
    let community = |lines: &str| {
        site(&format!(
            "[engage.communities.sup]\ndomain = 'acme'\nsites = ['shop']\napi_token = 't'\nhook_secret = '0123456789abcdef'\nverify_token = '0123456789abcdef'\n{lines}"
        ))
    };
    let config = load(&community("")).unwrap_or_else(|error| panic!("{error}")).config;
    assert_eq!(config.engage.communities["sup"].base(), "https://acme.api.digital.ringcentral.com/1.0/");
    let config = load(&community("url = 'http://127.0.0.1:1/1.0'")).unwrap_or_else(|error| panic!("{error}")).config;
    assert_eq!(config.engage.communities["sup"].base(), "http://127.0.0.1:1/1.0/");
    for (from, to, path, words) in [
        ("sites = ['shop']", "sites = ['other']", "engage.communities.sup.sites", "no [engage.sites.other]"),
        ("api_token = 't'\n", "", "engage.communities.sup.api_token", "is missing"),
        ("hook_secret = '0123456789abcdef'\n", "", "engage.communities.sup.hook_secret", "is missing"),
        (
            "verify_token = '0123456789abcdef'",
            "verify_token = 'CANARY'",
            "engage.communities.sup.verify_token",
            "shorter than 16",
        ),
        (
            "domain = 'acme'\nsites",
            "url = 'ftp://x'\ndomain = 'acme'\nsites",
            "engage.communities.sup.url",
            "is not a web address",
        ),
    ] {
        told(&community("").replace(from, to), path, words);
    }
}

#[test]
fn scoped_keys_are_checked() {
    let key = "0123456789abcdef01234567";
    for (line, path, words) in [
        (format!("{{ key = '{key}' }}"), "api.scoped_keys[0].scopes", "is empty"),
        (format!("{{ key = '{key}', scopes = ['engage'] }}"), "api.scoped_keys", "\"engage:mint\""),
        ("{ key = 'CANARY', scopes = ['engage:mint'] }".to_owned(), "api.scoped_keys[0].key", "at least 24"),
        (
            format!("{{ key = '{key}', scopes = ['engage:mint'] }}, {{ key = '{key}', scopes = ['engage:check'] }}"),
            "api.scoped_keys[1].key",
            "twice",
        ),
    ] {
        let text = format!(
            "[operators]\nauth = 'jwt'\nkeys = [{{ kid = 'm', secret = '{key}{key}' }}]\n[api]\nscoped_keys = [{line}]"
        );
        told(&text, path, words);
    }
}

fn told(text: &str, path: &str, words: &str) {
    let Err(ConfigError::Invalid(problems)) = load(text) else { panic!("{text} is taken") };
    let all: Vec<String> = problems.iter().map(Problem::to_string).collect();
    let found = problems.iter().zip(&all).any(|(problem, line)| problem.key.starts_with(path) && line.contains(words));
    assert!(found, "{path} {words}: {all:?}");
    assert!(all.iter().all(|line| line.contains("t.toml line") && !line.contains("CANARY")), "{all:?}");
}
