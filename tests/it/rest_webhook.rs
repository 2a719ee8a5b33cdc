//! The declarative connector: whose webhook requests are the API's own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::json;
use sha2::Sha256;
use trunkline::config::Secret;
use trunkline::connectors::{Webhook, WebhookProblem};

use crate::support::rest::{Api, Keys, NOON, Rig, manifest, ok, rig_with};

const SECRET: &str = "a secret of webhooks";
const BODY: &[u8] = b"{\"objectId\":1}";
const URL: &str = "https://phone.example/v1/connectors/crm/webhook?x=1";

async fn taking(rules: &str, secret: &str) -> Rig {
    let api = Api::start(|_| ok(&json!({}))).await;
    let text = manifest("request = { path = '/people' }", rules);
    rig_with(&api, &text, Keys::tokens(), |config| config.webhook_secret = Secret::from(secret))
}

fn check(rig: &Rig, headers: &[(&str, String)], body: &[u8]) -> Result<(), WebhookProblem> {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).expect("a name"), value.parse().expect("a value")))
        .collect();
    rig.connector.check_webhook(&Webhook { method: "POST", url: URL, headers: &headers, body })
}

fn mac(parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn signatures_over_the_body() {
    for (encoding, right) in [("hex", hex(&mac(&[BODY]))), ("base64", STANDARD.encode(mac(&[BODY])))] {
        let rules =
            format!("[webhook]\nkind = 'hmac_sha256'\nheader = 'X-Sig'\nprefix = 'sha256='\nencoding = '{encoding}'\n");
        let rig = taking(&rules, SECRET).await;
        assert_eq!(check(&rig, &[("x-sig", format!("sha256={right}"))], BODY), Ok(()));
        for (headers, body) in [
            (vec![("x-sig", format!("sha256={right}"))], &b"{\"objectId\":2}"[..]),
            (vec![("x-sig", right.clone())], BODY),
            (vec![("x-sig", "sha256=".into())], BODY),
            (vec![("x-sig", "sha256=zz\u{e9}".into())], BODY),
            (vec![], BODY),
        ] {
            assert_eq!(check(&rig, &headers, body), Err(WebhookProblem::Signature), "{headers:?}");
        }
        assert_eq!(check(&taking(&rules, "").await, &[("x-sig", right)], BODY), Err(WebhookProblem::NotConfigured));
    }
    let none = taking("", SECRET).await;
    assert_eq!(check(&none, &[], BODY), Err(WebhookProblem::NotConfigured));
}

#[tokio::test]
async fn signed_times_go_stale() {
    let rules = "[webhook]\nkind = 'hmac_sha256'\nheader = 'X-Sig'\ntimestamp_header = 'X-Time'\n";
    let rig = taking(rules, SECRET).await;
    for (seconds, told) in
        [(0, Ok(())), (-299, Ok(())), (-301, Err(WebhookProblem::Stale)), (301, Err(WebhookProblem::Stale))]
    {
        let time = (NOON / 1000 + seconds).to_string();
        let signature = hex(&mac(&[time.as_bytes(), b".", BODY]));
        assert_eq!(check(&rig, &[("x-sig", signature), ("x-time", time)], BODY), told, "{seconds}");
    }
    let signature = hex(&mac(&[(NOON / 1000).to_string().as_bytes(), b".", BODY]));
    let later = (NOON / 1000 + 60).to_string();
    assert_eq!(check(&rig, &[("x-sig", signature), ("x-time", later)], BODY), Err(WebhookProblem::Signature));
}

#[tokio::test]
async fn hubspot_signs_method_address_body_and_time() {
    let rig = taking("[webhook]\nkind = 'hubspot_v3'\n", SECRET).await;
    let headers = |at: i64, url: &str| {
        let time = at.to_string();
        let signature = STANDARD.encode(mac(&[b"POST", url.as_bytes(), BODY, time.as_bytes()]));
        [("x-hubspot-signature-v3", signature), ("x-hubspot-request-timestamp", time)]
    };
    assert_eq!(check(&rig, &headers(NOON, URL), BODY), Ok(()));
    assert_eq!(check(&rig, &headers(NOON - 301_000, URL), BODY), Err(WebhookProblem::Stale));
    assert_eq!(check(&rig, &headers(NOON, "https://other.example/"), BODY), Err(WebhookProblem::Signature));
}

#[tokio::test]
async fn shared_secrets_and_basic() {
    let rig = taking("[webhook]\nkind = 'shared_secret'\nheader = 'X-Secret'\n", SECRET).await;
    assert_eq!(check(&rig, &[("x-secret", SECRET.into())], BODY), Ok(()));
    assert_eq!(check(&rig, &[("x-secret", "another".into())], BODY), Err(WebhookProblem::Signature));
    let rig = taking("[webhook]\nkind = 'basic'\n", "crm:pass").await;
    let basic = |text: &str| [("authorization", format!("Basic {}", STANDARD.encode(text)))];
    assert_eq!(check(&rig, &basic("crm:pass"), BODY), Ok(()));
    assert_eq!(check(&rig, &basic("crm:word"), BODY), Err(WebhookProblem::Signature));
    assert_eq!(check(&rig, &[("authorization", "Bearer x".into())], BODY), Err(WebhookProblem::Signature));
}
