//! Snippets and the checklist: over the API, and as a page.

use serde_json::{Value, json};

use crate::support::Answer;
use crate::support::engage::{MINT, WHOLE, shop};

const SNIPPETS: &str = "/v1/engage/sites/shop/snippets";

#[tokio::test]
async fn every_snippet_is_there_with_samples_and_takes_values() {
    let mut daemon = shop().await;
    daemon.bearer = Some(WHOLE.into());
    let all = daemon.get(SNIPPETS).await.ok();
    let kinds: Vec<&str> = all["items"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["minimal", "unsigned", "signed", "variables", "fixed-buttons", "embedded", "iframe"]);
    for kind in kinds {
        let one = daemon.get(&format!("{SNIPPETS}/{kind}")).await.ok();
        assert!(one["code"].as_str().is_some_and(|code| code.starts_with('<')), "{one}");
    }
    let name = "</script><script>alert(1)";
    let values = json!({"identity": {"screenname": name, "uuid": "u"}});
    let made = daemon.send("POST", &format!("{SNIPPETS}/unsigned"), &values).await.ok();
    let code = made["code"].as_str().unwrap();
    assert!(code.matches("</script>").count() == 1 && !code.contains("<script>alert"), "{code}");
    let pushed = code.lines().find_map(|line| line.trim().strip_prefix("_chatq.push(")?.strip_suffix(");")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(pushed).unwrap(), json!(["_setIdentity", values["identity"]]));
    // With mode "require" it says that this opens no chat.
    assert!(made["notes"][0].as_str().unwrap().contains("does not open"), "{made}");

    for (kind, body, status, code) in [
        ("moving", json!({}), 404, "not_found"),
        ("variables", json!({"variables": {"cart": 1}}), 422, "variable_name"),
        ("unsigned", json!({"identity": "x"}), 422, "invalid_body"),
        ("unsigned", json!({"idenity": {}}), 422, "invalid_body"),
        ("fixed-buttons", json!({"buttons": ["\"><script>"]}), 422, "button_id"),
    ] {
        daemon.send("POST", &format!("{SNIPPETS}/{kind}"), &body).await.problem(status, code);
    }
    let list = daemon.get("/v1/engage/sites/shop/checklist").await.ok();
    assert!(list["text"].as_str().unwrap().contains("Require JWT signed identities"), "{list}");
    daemon.bearer = Some(MINT.into());
    daemon.get(SNIPPETS).await.problem(403, "scope_missing");
}

#[tokio::test]
async fn the_page_of_snippets_is_for_operators() {
    let mut daemon = shop().await;
    daemon.bearer = None;
    let refused = daemon.get("/engage/shop").await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("content-type"), Some("text/html; charset=utf-8"), "words for a person");
    assert!(refused.text.contains("this browser was not let in yet"), "{}", refused.text);
    daemon.bearer = Some("not-a-key-of-this-daemon".into());
    daemon.get("/engage/shop").await.problem(401, "token_invalid");
    daemon.bearer = Some(WHOLE.into());
    let answer: Answer = daemon.get("/engage/shop").await;
    assert_eq!(answer.status, 200);
    let policy = answer.header("content-security-policy").unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("script-src 'nonce-"), "{policy}");
    assert_eq!(answer.text.matches("<pre id=").count(), 8);
    assert_eq!(answer.text.matches("<script").count(), 1, "code is text here");
    assert!(answer.text.contains("&lt;script&gt;") && !answer.text.contains("0123456789abcdef01234567"));
    daemon.get("/engage/nowhere").await.problem(404, "not_found");
}
