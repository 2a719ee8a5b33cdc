//! Two other libraries on visitors' tokens: `PyJWT` and jose verify what is minted here, and what they make
//! is judged here. `make tools` installs them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::Daemon;
use crate::support::engage::{CHECK, MINT, SECRET, WHOLE, mint, shop};
use crate::support::servers::program;

/// Far enough ahead that a library which asks the machine's clock finds nothing expired.
const NOW_S: i64 = 4_000_000_000;

async fn run(mut command: Command, asked: Value) -> Value {
    let run = tokio::task::spawn_blocking(move || {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it runs: `make tools` installs it");
        child.stdin.take().expect("its input").write_all(asked.to_string().as_bytes()).expect("written");
        child.wait_with_output().expect("it ends")
    });
    let output = run.await.expect("no panic");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn scripts() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk")
}

/// Tokens of both algorithms, minted over HTTP, with the keys that verify them.
async fn minted(daemon: &mut Daemon) -> Vec<Value> {
    let mut tokens = Vec::new();
    for (kid, alg, key) in
        [("site_main", "HS256", SECRET), ("site_next", "RS256", include_str!("../fixtures/keys/rsa.pub.pem"))]
    {
        daemon.bearer = Some(WHOLE.into());
        daemon.send("POST", &format!("/v1/engage/sites/shop/keys/{kid}/activate"), &json!({})).await.ok();
        daemon.bearer = Some(MINT.into());
        for body in [json!({"contactId": "crm17"}), json!({"uuid": "ü-1234567890abcdef", "extra_values": {"a": 1}})] {
            let answer = mint(daemon, &body).await.ok();
            assert_eq!(answer["kid"], kid);
            tokens.push(json!({"token": answer["token"], "alg": alg, "key": key}));
        }
    }
    tokens
}

async fn agrees(command: Command) {
    let mut daemon = shop().await;
    daemon.clock.set(NOW_S * 1000 + 999);
    let tokens = minted(&mut daemon).await;
    let private = include_str!("../fixtures/keys/rsa.pem");
    let asked = json!({"tokens": tokens, "now": NOW_S, "secret": SECRET, "private": private});
    let said = run(command, asked).await;
    let verified = said["verified"].as_array().expect("a list");
    assert_eq!((verified.len(), &said["refused"]), (4, &json!(8)), "pinned algorithm, changed claims: {said}");
    for (token, one) in tokens.iter().zip(verified) {
        assert_eq!((&one["header"]["typ"], &one["header"]["alg"]), (&json!("JWT"), &token["alg"]));
        let left = one["payload"]["exp"].as_i64().expect("whole seconds") - NOW_S;
        assert!((7_190..=7_200).contains(&left), "{left}");
        assert!(one["payload"]["uuid"].is_string(), "{one}");
    }
    daemon.bearer = Some(CHECK.into());
    for made in said["made"].as_array().expect("a list") {
        let body = json!({"token": made["token"]});
        let found = daemon.send("POST", "/v1/engage/sites/shop/tokens/check", &body).await.ok();
        let reasons: Value =
            found["reasons"].as_array().expect("a list").iter().map(|one| one["code"].clone()).collect();
        assert_eq!(reasons, made["reasons"], "{made}");
    }
}

#[tokio::test]
async fn pyjwt_verifies_what_is_minted_and_is_judged() {
    let mut command = Command::new(program("python"));
    command.arg(scripts().join("engage.py"));
    agrees(command).await;
}

#[tokio::test]
async fn jose_verifies_what_is_minted_and_is_judged() {
    let mut command = Command::new("node");
    command.arg("engage.js").current_dir(scripts());
    agrees(command).await;
}
