//! The declarative connector on bad days: each trouble told apart, in words, and over with the next good
//! answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::Trouble;
use wiremock::{Request, ResponseTemplate};

use crate::support::rest::{Api, Keys, call_log, manifest, ok, people, rig, rig_with, rig_within, run, try_rig};

const LOGS: &str =
    "[call.create]\ncapture = { id = 'id' }\nrequest = { method = 'POST', path = '/calls', body = { a = 1 } }\n";

fn text() -> String {
    manifest("request = { path = '/people' }", LOGS)
}

fn html(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw("<!DOCTYPE html><title>Log in</title>", "text/html; charset=utf-8")
}

fn status(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"message": message}))
}

#[tokio::test]
async fn each_trouble_has_its_kind_and_words_and_heals() {
    let raw = |text: &str| ResponseTemplate::new(200).set_body_raw(text, "application/json");
    let cases = [
        (status(500, "oops"), Trouble::Down, "oops", true),
        (html(502), Trouble::Down, "HTTP 502", true),
        (status(429, "slow down"), Trouble::RateLimited, "slow down", false),
        (status(403, "not yours"), Trouble::Forbidden, "not yours", false),
        (status(404, "no such"), Trouble::Gone, "no such", false),
        (
            status(400, "LastName is required"),
            Trouble::Rejected,
            "Fake does not take what was sent (HTTP 400): LastName is required",
            false,
        ),
        (status(409, "exists"), Trouble::Rejected, "exists", false),
        (html(200), Trouble::Broken, "sent a web page instead of JSON; is the url right?", true),
        (
            ResponseTemplate::new(200).set_body_raw("<a/>", "application/xml"),
            Trouble::Broken,
            "application/xml instead of JSON",
            true,
        ),
        (raw("{\"items\": [{\"id\": 1"), Trouble::Broken, "JSON that ends too soon", true),
        (raw("{items: 1}"), Trouble::Broken, "broken JSON (line 1", true),
        (
            ResponseTemplate::new(302).insert_header("location", "https://login.example/?next=secret"),
            Trouble::Broken,
            "redirect to login.example, which is not followed",
            false,
        ),
    ];
    for (answer, trouble, words, unclear) in cases {
        let turn = Arc::new(AtomicUsize::new(0));
        let bad = turn.clone();
        let api = Api::start(move |request| {
            if bad.fetch_add(1, Ordering::SeqCst) < 2 {
                return answer.clone();
            }
            if request.url.path() == "/calls" { ok(&json!({"id": 5})) } else { ok(&json!({"items": people(1, 1)})) }
        })
        .await;
        let rig = rig(&api, &text());
        let read = run(&rig, None).await.err().unwrap_or_else(|| panic!("{words}: no error"));
        assert_eq!(read.trouble, trouble, "{read}");
        assert!(read.words.contains(words), "{words:?} is not in {read}");
        assert!(!read.words.contains("secret"), "{read}");
        assert!(!read.unclear, "a read has no effect: {read}");
        let write = rig.connector.create_log(&Whose::Company, &call_log("k")).await.expect_err(words);
        assert_eq!((write.trouble, write.unclear), (trouble, unclear), "{write}");
        assert_eq!(run(&rig, None).await.expect("healed").changes, ["+1"]);
        assert_eq!(rig.connector.create_log(&Whose::Company, &call_log("k")).await.expect("healed"), "5");
    }
}

#[tokio::test]
async fn waits_are_those_the_api_asks_for() {
    for (answer, rules, wait) in [
        (ResponseTemplate::new(429), "", None),
        (ResponseTemplate::new(429).insert_header("retry-after", "7"), "", Some(7)),
        (ResponseTemplate::new(429).insert_header("retry-after", "Thu, 01 Oct 2026 09:30:30 GMT"), "", Some(30)),
        (ResponseTemplate::new(503).insert_header("retry-after", "9"), "", Some(9)),
        (
            ResponseTemplate::new(403).set_body_json(json!([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "in": 90}])),
            "[outcome]\nretry_when = \"status == 429 or body[0].errorCode == 'REQUEST_LIMIT_EXCEEDED'\"\nretry_after = \"body[0]['in']\"\n",
            Some(90),
        ),
    ] {
        let api = Api::start(move |_| answer.clone()).await;
        let rig = rig(&api, &(text() + rules));
        let error = run(&rig, None).await.err().expect("an error");
        assert!(matches!(error.trouble, Trouble::RateLimited | Trouble::Down), "{error}");
        assert_eq!(error.retry_after, wait.map(Duration::from_secs));
    }
}

#[tokio::test]
async fn the_apis_own_count_is_kept_to() {
    let api =
        Api::start(|_| ok(&json!({"items": people(1, 1)})).insert_header("x-left", "0").insert_header("x-reset", "20"))
            .await;
    let rig = rig(&api, &(text() + "[limits]\nremaining_header = 'X-Left'\nreset_header = 'X-Reset'\n"));
    run(&rig, None).await.expect("the first");
    let error = run(&rig, None).await.err().expect("closed");
    assert_eq!((error.trouble, error.retry_after), (Trouble::RateLimited, Some(Duration::from_secs(20))));
    assert_eq!(api.asked().await.len(), 1, "nothing was asked");
    rig.clock.advance(20_000);
    run(&rig, None).await.expect("open again");
}

#[tokio::test]
async fn a_wait_that_is_long_is_told_and_not_waited() {
    let api = Api::start(|_| ok(&json!({"items": people(1, 1)}))).await;
    let rig = rig(&api, &(text() + "[limits]\nper_second = 0.01\n"));
    run(&rig, None).await.expect("the first comes at once");
    let error = run(&rig, None).await.err().expect("a hundred seconds are too long to wait inside of a call");
    assert_eq!(error.trouble, Trouble::RateLimited);
    assert!(error.retry_after.is_some_and(|wait| wait > Duration::from_secs(30)), "{error:?}");
    assert_eq!(api.asked().await.len(), 1);
}

#[tokio::test]
async fn what_hangs_is_left() {
    let hang = ResponseTemplate::new(200).set_body_json(json!({"items": []})).set_delay(Duration::from_secs(60));
    let api = Api::start(move |_| hang.clone()).await;
    let rig = rig_within(&api, &text(), Duration::from_millis(200));
    let error = run(&rig, None).await.err().expect("too slow");
    assert_eq!((error.trouble, error.unclear), (Trouble::Slow, false));
    let error = rig.connector.create_log(&Whose::Company, &call_log("k")).await.expect_err("too slow");
    assert_eq!((error.trouble, error.unclear), (Trouble::Slow, true));
}

#[tokio::test]
async fn a_refused_credential_is_renewed_once() {
    let allowed = Arc::new(AtomicU64::new(1));
    let wanted = allowed.clone();
    let api = Api::start(move |request: &Request| {
        let right = format!("token-{}", wanted.load(Ordering::SeqCst));
        if request.headers["x-key"].to_str().expect("text") == right {
            ok(&json!({"items": people(1, 1)}))
        } else {
            status(401, &format!("{} is not taken", request.headers["x-key"].to_str().expect("text")))
        }
    })
    .await;
    let rig = rig(&api, &text());
    assert_eq!(run(&rig, None).await.expect("renewed").changes, ["+1"]);
    assert_eq!(rig.keys.renewals.load(Ordering::SeqCst), 1);
    allowed.store(u64::MAX, Ordering::SeqCst);
    let error = run(&rig, None).await.err().expect("refused for good");
    assert_eq!(error.trouble, Trouble::Unauthorized);
    assert!(error.words.contains("[redacted] is not taken") && !error.words.contains("token-"), "{error}");
    assert_eq!(api.asked().await.len(), 4, "one more try each time, never more");
    let fixed = rig_with(&api, &text(), Keys { renewable: false, ..Keys::tokens() }, |_| {});
    let error = run(&fixed, None).await.err().expect("refused");
    assert_eq!(error.trouble, Trouble::Unauthorized);
    assert!(error.words.contains("correct the key"), "{error}");
}

#[tokio::test]
async fn a_403_can_mean_a_bad_token() {
    let api = Api::start(|request: &Request| {
        if request.headers["x-key"] == "token-0" {
            status(403, "INVALID_TOKEN")
        } else {
            ok(&json!({"items": people(1, 1)}))
        }
    })
    .await;
    let rules = "[outcome]\nauth_when = \"status == 401 or (status == 403 and body.message == 'INVALID_TOKEN')\"\n";
    assert_eq!(run(&rig(&api, &(text() + rules)), None).await.expect("renewed").changes, ["+1"]);
    assert_eq!(run(&rig(&api, &text()), None).await.err().expect("not allowed").trouble, Trouble::Forbidden);
}

#[tokio::test]
async fn errors_in_good_answers_are_errors() {
    let api =
        Api::start(|_| ok(&json!({"data": [{"code": "DUPLICATE", "status": "error", "message": "is there"}]}))).await;
    let rules = "[outcome]\nok_when = \"status < 300 and body.data[0].status != 'error'\"\nerror_text = \"body.data[0].code ~ ': ' ~ body.data[0].message\"\n";
    let rig = rig(&api, &(text() + rules));
    let error = rig.connector.create_log(&Whose::Company, &call_log("k")).await.expect_err("an error");
    assert_eq!((error.trouble, error.unclear), (Trouble::Rejected, false));
    assert!(error.words.ends_with("DUPLICATE: is there"), "{error}");
}

#[tokio::test]
async fn nothing_new_has_no_body() {
    for answer in [ResponseTemplate::new(204), ResponseTemplate::new(304)] {
        let api = Api::start(move |_| answer.clone()).await;
        assert!(run(&rig(&api, &text()), None).await.expect("nothing").changes.is_empty());
    }
    let api = Api::start(|_| ResponseTemplate::new(200)).await;
    let ran = run(&rig(&api, &text()), None).await;
    assert_eq!(ran.err().expect("an empty 200 is no list").trouble, Trouble::Broken);
}

#[tokio::test]
async fn a_sign_in_cannot_lead_elsewhere() {
    let api = Api::start(|_| ok(&json!({"items": people(1, 1)}))).await;
    let at = |base: &str| Keys { base_url: Some(base.to_owned()), ..Keys::tokens() };
    let text = text().replace("[auth.api_key]", "[auth]\nbase_url_hosts = ['crm.example']\n[auth.api_key]");
    for hostile in [
        "https://evil.example",
        "https://evilcrm.example",
        "http://eu.crm.example",
        "https://crm.example.evil.example",
        "nonsense",
    ] {
        let rig = rig_with(&api, &text, at(hostile), |_| {});
        let error = run(&rig, None).await.err().unwrap_or_else(|| panic!("{hostile}"));
        assert_eq!(error.trouble, Trouble::Broken, "{error}");
    }
    assert!(api.asked().await.is_empty());
    let rig = rig_with(&api, &text, at(&format!("{}/eu", api.server.uri())), |_| {});
    run(&rig, None).await.expect("the same origin");
    assert_eq!(api.asked().await, ["GET /eu/people"]);
}

#[tokio::test]
async fn what_is_missing_is_told_before_anything_is_asked() {
    let vars = "[vars.domain]\ndescription = 'The company'\n";
    let text = text().replace("[auth.api_key]", &format!("{vars}[auth.api_key]"));
    let refused = |vars: &[(&str, &str)]| {
        let vars = vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        try_rig("https://crm.example", &text, Keys::tokens(), |config| config.vars = vars).err()
    };
    let words = refused(&[]).expect("missing");
    assert!(words.contains("line 4") && words.contains("must be set") && words.contains("The company"), "{words}");
    let words = refused(&[("domian", "x"), ("domain", "y")]).expect("unknown");
    assert!(words.contains("did you mean `domain`?"), "{words}");
    assert!(refused(&[("domain", "y")]).is_none());
    let words = try_rig("", &manifest("request = { path = '/p' }", ""), Keys::tokens(), |_| {}).err().expect("no url");
    assert!(words.contains("`url` is missing"), "{words}");
}
