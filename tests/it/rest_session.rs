//! The declarative connector on JSON-RPC: a session by a log-in, errors in 200, typed moments; and who is
//! signed in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use trunkline::domain::clock::Clock as _;
use trunkline::domain::credential::{AuthKind, Whose};
use trunkline::domain::upstream::Trouble;
use wiremock::{Request, ResponseTemplate};

use crate::support::rest::{Api, Keys, NOON, body, manifest, ok, param, people, rig, rig_with, run};

const RPC: &str = r#"
[api]
name = "Rpc"
base_url = "URL"

[vars.database]
description = "The database's name"
default = "crm"

[auth.session_login]
header = "Authorization"
value = "Session {{ (username ~ ':' ~ session[0] ~ ':' ~ session[1]) | base64 }}"
session = "result"
request = { method = "POST", path = "/{{ vars.database }}/rpc/", body = { id = 1, method = "login", params = ["{{ username }}", { password = "{{ password }}" }] } }

[outcome]
auth_when = "status in [401, 403] or body.error[0] is startingwith('UserError.Session')"
ok_when = "status == 200 and not body.error"
error_text = "body.error[1]"

[sync]
strategy = "watermark"

[sync.changes]
records = "result"
paging = { kind = "keyset_id" }

[sync.changes.request]
method = "POST"
path = "/{{ vars.database }}/rpc/"

[sync.changes.request.body]
id = 2
method = "search"

[sync.changes.request.body.params]
after = "{{ page.last_id | int if page.last_id else 0 }}"
since = { "$if" = "sync.since", "$then" = ["write_date", ">=", { __class__ = "datetime", year = "{{ sync.since | date('%Y') | int }}", month = "{{ sync.since | date('%m') | int }}", day = "{{ sync.since | date('%d') | int }}" }], "$else" = "{{ omit }}" }

[contact]
id = "id"
name = "name"
modified = "write_date"

[whoami]
request = { method = "POST", path = "/{{ vars.database }}/rpc/", body = { method = "me" } }
id = "result.id"
name = "result.name"
"#;

/// An RPC server: sessions are `[7, "sN"]`; those below `stale` are refused.
fn server(stale: Arc<AtomicUsize>) -> impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static {
    let logins = AtomicUsize::new(0);
    move |request| {
        let call = body(request);
        let session = request.headers.get("authorization").map(|value| value.to_str().expect("text").to_owned());
        if call["method"] == "login" {
            assert_eq!(session, None, "a log-in carries no session");
            let right = call["params"] == json!(["ada", {"password": "pass word"}]);
            let number = logins.fetch_add(1, Ordering::SeqCst);
            return ok(&json!({"result": if right { json!([7, format!("s{number}"), null]) } else { Value::Null }}));
        }
        let fresh = (stale.load(Ordering::SeqCst)..100).any(|n| {
            let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("ada:7:s{n}"));
            session.as_deref() == Some(&format!("Session {text}"))
        });
        if !fresh {
            return ok(&json!({"error": ["UserError.SessionExpired", "the session is over"]}));
        }
        if call["method"] == "me" {
            return ok(&json!({"result": {"id": 7, "name": "ada"}}));
        }
        if call["params"]["since"].is_array() {
            return ok(&json!({"error": ["ValueError", format!("since {}", call["params"]["since"][2])]}));
        }
        let after = usize::try_from(call["params"]["after"].as_u64().expect("a number")).expect("small");
        let mut found = if after < 4 { people(after + 1, after + 2) } else { Vec::new() };
        for record in &mut found {
            record["write_date"] =
                json!({"__class__": "datetime", "year": 2026, "month": 10, "day": 1, "hour": 9, "minute": 0});
        }
        ok(&json!({"result": found}))
    }
}

fn keys() -> Keys {
    Keys::password("ada", "pass word")
}

async fn logins(api: &Api) -> usize {
    api.requests().await.iter().filter(|request| body(request)["method"] == "login").count()
}

#[tokio::test]
async fn one_session_serves_many_and_is_replaced_when_it_is_stale() {
    let stale = Arc::new(AtomicUsize::new(0));
    let api = Api::start(server(stale.clone())).await;
    let rig = rig_with(&api, RPC, keys(), |config| config.username = "ada".into());
    let company = Whose::Company;
    let (one, two, three) =
        tokio::join!(rig.connector.who_am_i(&company), rig.connector.who_am_i(&company), run(&rig, None));
    assert_eq!(one.expect("an account").name, "ada");
    assert_eq!(two.expect("an account").id, "7");
    let ran = three.expect("a run");
    assert_eq!(ran.changes, ["+1", "+2", "+3", "+4"]);
    assert_eq!(logins(&api).await, 1, "one log-in for all who ask at once");
    stale.store(1, Ordering::SeqCst);
    rig.connector.who_am_i(&company).await.expect("with a new session");
    assert_eq!(logins(&api).await, 2);
    // Numbers and tables reach the server as what they are.
    let error = run(&rig, ran.cursor.as_deref()).await.err().expect("the server objects");
    assert_eq!(error.trouble, Trouble::Rejected);
    assert!(error.words.contains(r#""year":2026"#) && error.words.contains(r#""month":10"#), "{error}");
    stale.store(50, Ordering::SeqCst);
    let error = rig.connector.who_am_i(&company).await.expect_err("stale for good");
    assert_eq!(error.trouble, Trouble::Unauthorized);
    assert!(error.words.contains("the session is over"), "{error}");
    assert_eq!(logins(&api).await, 3, "one more try, not more");
}

#[tokio::test]
async fn a_wrong_password_is_told_as_such() {
    let api = Api::start(server(Arc::default())).await;
    let rig = rig_with(&api, RPC, Keys::password("ada", "wrong one"), |config| config.username = "ada".into());
    let error = rig.connector.who_am_i(&Whose::Company).await.expect_err("refused");
    assert_eq!(error.trouble, Trouble::Unauthorized);
    assert!(error.words.contains("does not take the name or the password"), "{error}");
    assert_eq!(api.asked().await, ["POST /crm/rpc/"]);
}

#[tokio::test]
async fn a_session_can_have_an_age() {
    let api = Api::start(server(Arc::default())).await;
    let text = RPC.replace("session = \"result\"", "session = \"result\"\nmax_minutes = 10");
    let rig = rig_with(&api, &text, keys(), |config| config.username = "ada".into());
    for (minutes, count) in [(0, 1), (9, 1), (2, 2)] {
        rig.clock.advance(minutes * 60_000);
        rig.connector.who_am_i(&Whose::Company).await.expect("an account");
        assert_eq!(logins(&api).await, count);
    }
    assert_eq!(rig.clock.now_ms(), NOON + 11 * 60_000);
}

#[tokio::test]
async fn the_configuration_chooses_the_way_in() {
    let text = manifest("request = { path = '/people' }", "").replace(
        "[auth.api_key]\nheader = \"x-key\"",
        "[auth.api_key]\nquery = 'key'\n[auth.basic]\n[auth.oauth]\nauthorize_url = 'https://a.example/{{ vars.dc }}/authorize'\n\
         token_url = 'https://a.example/token'\nscopes = ['read']\n[vars.dc]\ndescription = 'where'\ndefault = 'eu'",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("m.toml");
    std::fs::write(&file, text.replace("URL", "https://crm.example")).expect("written");
    let kind = |client: &str, username: &str| {
        let config = trunkline::config::ConnectorConfig {
            manifest: file.to_string_lossy().into_owned(),
            client_id: client.into(),
            username: username.into(),
            ..Default::default()
        };
        trunkline::connectors::auth_kind(&config).expect("a kind")
    };
    assert_eq!((kind("", ""), kind("", "ada")), (AuthKind::ApiKey, AuthKind::Password));
    let AuthKind::OAuth(endpoints) = kind("client", "") else { panic!("OAuth") };
    assert_eq!(endpoints.authorize_url, "https://a.example/eu/authorize");

    let api = Api::start(|_| ok(&json!({"items": people(1, 1)}))).await;
    run(&rig(&api, &text), None).await.expect("a run");
    run(&rig_with(&api, &text, keys(), |config| config.username = "ada".into()), None).await.expect("a run");
    run(&rig_with(&api, &text, Keys::tokens(), |config| config.client_id = "c".into()), None).await.expect("a run");
    let requests = api.requests().await;
    assert_eq!(param(&requests[0], "key").as_deref(), Some("token-0"));
    assert_eq!(requests[1].headers["authorization"], "Basic YWRhOnBhc3Mgd29yZA==");
    assert_eq!(requests[2].headers["authorization"], "Bearer token-0");
}
