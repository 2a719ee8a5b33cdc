//! A daemon with Engage sites, asked as servers and as browsers ask.

use serde_json::{Value, json};

use super::{Answer, Daemon};

/// The key that opens everything.
pub const WHOLE: &str = "whole-0123456789abcdef01234567";
/// The key of the shop's server.
pub const MINT: &str = "mint-0123456789abcdef012345678";
/// The key of whoever looks at tokens.
pub const CHECK: &str = "check-0123456789abcdef01234567";
/// Another channel's key.
pub const SIGN: &str = "sign-0123456789abcdef012345678";
pub const SHOP: &str = "https://shop.example";
/// The secret of the HS256 keys.
pub const SECRET: &str = "0123456789abcdef01234567";

/// `keys` of a site, in its TOML.
pub const KEYS: &str = "{ id = 'site_main', secret = '0123456789abcdef01234567' }, \
    { id = 'site_next', alg = 'RS256', private_key_file = 'tests/fixtures/keys/rsa.pem' }";

/// The configuration with `shop` and `other`; `lines` go into the shop's section.
pub fn toml(keys: &str, lines: &str) -> String {
    format!(
        "[operators]\nauth = 'jwt'\nkeys = [{{ kid = 'main', secret = '0123456789abcdef0123456789abcdef' }}]\n\
         [api]\nkeys = ['{WHOLE}']\nscoped_keys = [{{ key = '{MINT}', scopes = ['engage:mint'] }}, \
         {{ key = '{CHECK}', scopes = ['engage:check'] }}, {{ key = '{SIGN}', scopes = ['roxchat:sign'] }}]\n\
         [server]\nallowed_origins = ['https://crm.example']\n\
         [engage.sites.shop]\ndomain = 'acme'\nsource_token = '5f1e0c2b9a8d7c6b5a493827'\nkeys = [{keys}]\n\
         origins = ['{SHOP}', 'http://localhost:3000']\n{lines}\n\
         [engage.sites.other]\ndomain = 'acme'\nsource_token = '5f1e0c2b9a8d7c6b5a493828'\nkeys = [{keys}]\n\
         origins = ['https://other.example']\n"
    )
}

/// A daemon with these keys and an address book of one person.
pub async fn shop_with(keys: &str, lines: &str) -> Daemon {
    let mut daemon = Daemon::with(&toml(keys, lines)).await;
    daemon.bearer = Some(WHOLE.into());
    let ada = json!({"id": "crm17", "name": "Ada Lovelace", "firstName": "Ada", "lastName": "Lovelace",
        "company": "Engines", "emails": ["ada@engines.example"], "owner": {"id": 3}});
    daemon.contacts(&[ada]).await;
    daemon.bearer = Some(MINT.into());
    daemon
}

pub async fn shop() -> Daemon {
    shop_with(KEYS, "").await
}

/// A server's request to mint.
pub async fn mint(daemon: &Daemon, body: &Value) -> Answer {
    daemon.send("POST", "/v1/engage/sites/shop/identities/mint", body).await
}

/// A browser's request to renew, without a bearer.
pub async fn renew_at(daemon: &Daemon, site: &str, origins: &[&str], grant: &str) -> Answer {
    let url = daemon.url(&format!("/v1/engage/sites/{site}/identities/renew"));
    let mut request = daemon.client.post(url).json(&json!({"grant": grant}));
    for origin in origins {
        request = request.header("origin", *origin);
    }
    Answer::of(request.send().await.expect("an answer")).await
}

pub async fn renew(daemon: &Daemon, grant: &str) -> Answer {
    renew_at(daemon, "shop", &[SHOP], grant).await
}

/// The grant of an answer.
pub fn grant(answer: &Value) -> &str {
    answer["renewGrant"].as_str().expect("a grant")
}

/// A part of a token: 0 is the header, 1 the payload.
pub fn part(token: &Value, index: usize) -> Value {
    use base64::Engine as _;
    let text = token.as_str().expect("a token").split('.').nth(index).expect("a part");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}
