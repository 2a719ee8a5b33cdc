//! What the adapter is told to keep in the browser: every field it is given to look at is one the widget
//! really sends, and every trigger one the protocol has.

use serde_json::Value;

use crate::support::Daemon;
use crate::support::daemon::US;
use crate::support::vector::body;
use crate::vectors::acme;

fn field<'a>(body: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(body, |found, name| match name.parse::<usize>() {
        Ok(index) => &found[index],
        Err(_) => &found[name],
    })
}

async fn fallback(daemon: &Daemon, path: &str) -> Value {
    daemon.get("/embeddable/service").await.ok()["paths"][path]["fallback"].clone()
}

#[tokio::test]
async fn the_fields_named_for_kept_posts_are_in_the_widgets_bodies() {
    let daemon = acme().await;
    for (path, bodies) in [("/callLogger", ["16", "19", "23"]), ("/messageLogger", ["26", "28", "29"])] {
        let keep = fallback(&daemon, path).await;
        assert_eq!(keep["kind"], "keep");
        for number in bodies {
            let body = body(number);
            for key in keep["keys"].as_array().expect("keys") {
                assert!(field(&body, key.as_str().expect("a name")).is_string(), "{key} of vector {number}");
            }
            let mark = field(&body, keep["mark"].as_str().expect("a name")).clone();
            assert!(mark.is_string(), "vector {number}");
            let about = keep["about"].as_array().expect("fields");
            assert!(
                about.iter().any(|name| field(&body, name.as_str().expect("a name")).is_string()),
                "vector {number}"
            );
            let matcher = fallback(&daemon, &format!("{path}/match")).await;
            assert_eq!(matcher["waiting"]["path"], path);
            assert_eq!(matcher["waiting"]["entity"]["type"], "status", "no log: the widget must not count it as one");
            assert!(matcher["keys"].as_array().expect("keys").contains(&matcher["waiting"]["keys"]));
        }
    }
    let calls = fallback(&daemon, "/callLogger").await;
    let triggers = calls["machine"]["triggerType"].as_array().expect("triggers");
    for (number, machine) in [("16", true), ("19", true), ("20", true), ("22", false), ("23", false)] {
        assert_eq!(triggers.contains(&body(number)["triggerType"]), machine, "vector {number}");
    }
    assert_eq!(field(&body("23"), calls["words"][0].as_str().expect("a name")), "Wants quote");
}

#[tokio::test]
async fn a_swept_call_is_one_log_with_the_contact_it_was_matched_to() {
    let daemon = acme().await;
    let sweep = fallback(&daemon, "/callLogger").await["sweep"].clone();
    assert_eq!(sweep["autoLog"], Value::Null, "the widget's user decides");
    let mut post = sweep["with"].clone();
    let mut call = crate::support::vector::vector("39")["response"]["response"]["calls"][0].clone();
    for lifted in sweep["lift"].as_array().expect("fields") {
        let name = lifted.as_str().expect("a name");
        post[name] = call.as_object_mut().expect("a call").remove(name).expect("the widget lists it");
    }
    let mark = call[sweep["key"].as_str().expect("a name")].as_str().expect("an id").to_owned();
    post[sweep["item"].as_str().expect("a name")] = call;
    for _ in 0..2 {
        daemon.post("/callLogger", &post).await;
    }
    let logs = daemon.calls(&mark).await;
    assert_eq!(logs.len(), 1);
    assert_eq!((logs[0]["phase"].as_str(), logs[0]["contactId"].as_str()), (Some("history"), Some("ct_1001")));
}

#[tokio::test]
async fn auto_log_that_is_locked_on_is_told_to_the_sweep() {
    for (value, told) in [(true, Value::Bool(true)), (false, Value::Null)] {
        let toml = format!("{US}[service]\ncall_auto_log_read_only = true\ncall_auto_log_read_only_value = {value}\n");
        let daemon = Daemon::with(&toml).await;
        assert_eq!(fallback(&daemon, "/callLogger").await["sweep"]["autoLog"], told);
    }
}
