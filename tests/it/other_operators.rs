//! What one operator may see of another's work. A contact's activities are everybody's; a log is
//! opened (protocol 3.6, 3.8) by ids the matcher gave to this operator.

use serde_json::json;

use crate::settings_authorize::two;
use crate::support::vector::body;

#[tokio::test]
async fn an_operator_cannot_open_another_ones_logs() {
    let (mut daemon, [ann, bob]) = two("").await;
    daemon.bearer = Some(ann);
    let mut form = body("23");
    form["note"] = json!("CANARY of ann");
    daemon.post("/callLogger", &form).await;
    let data = daemon.data("/callLogger/match", &json!({"sessionIds": ["318220457011"]})).await;
    let id = data["318220457011"][0]["id"].clone();
    daemon.bearer = Some(bob);
    for (path, asked) in [
        ("/messageLogger", json!({"triggerType": "openLog", "logId": id})),
        ("/callLogger", json!({"triggerType": "viewLog", "call": {"sessionId": "318220457011"}})),
    ] {
        let answer = daemon.post(path, &asked).await;
        assert!(!answer.to_string().contains("CANARY"), "{path}: {answer}");
    }
}
