//! `/settings` and `/authorize`: stored for each operator, refused values put back, over restarts.

use serde_json::{Value, json};
use trunkline::auth::mint;
use trunkline::domain::clock::Clock;

use crate::support::{Daemon, NOW};

const SETTINGS: &str = "[[service.settings]]\nid = 'pop'\ntype = 'boolean'\nname = 'Pop'\nvalue = true\n\
    [[service.settings]]\nid = 'locked'\ntype = 'boolean'\nname = 'Locked'\nvalue = true\nread_only = true\n\
    [[service.settings]]\nid = 'crm'\ntype = 'section'\nname = 'CRM'\nitems = [{ id = 'sign', type = 'string', name = 'Sign', value = 'hi' }, { id = 'rec', type = 'option', name = 'R', \
    value = 'Lead', options = [{ id = 'Lead', name = 'Lead' }, { id = 'Deal', name = 'Deal' }] }]\n";
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A daemon that asks for tokens, with one for each of two operators.
pub async fn two(settings: &str) -> (Daemon, [String; 2]) {
    let toml = format!(
        "[operators]\nauth = 'jwt'\nkeys = [{{ kid = 'main', secret = '{SECRET}' }}]\n[api]\nkeys = ['{SECRET}']\n{settings}"
    );
    let daemon = Daemon::with(&toml).await;
    let token =
        |name| mint(&daemon.state.config.operators, name, None, None, 3_600, daemon.clock.now_ms()).expect("a token");
    let tokens = [token("ann"), token("bob")];
    (daemon, tokens)
}

async fn value(daemon: &Daemon, id: &str) -> Value {
    let service = daemon.get("/embeddable/service").await.ok()["service"].clone();
    find(&service["settings"], id).unwrap_or_else(|| panic!("{id} in {service}"))["value"].clone()
}

fn find(settings: &Value, id: &str) -> Option<Value> {
    settings.as_array()?.iter().find_map(
        |item| {
            if item["id"] == id { Some(item.clone()) } else { find(&item["items"], id) }
        },
    )
}

fn changed(id: &str, value: &Value) -> Value {
    json!({"settings": [], "setting": {"id": id, "value": value}})
}

#[tokio::test]
async fn a_setting_is_stored_for_its_operator_and_survives_a_restart() {
    let (mut daemon, [ann, bob]) = two(SETTINGS).await;
    daemon.bearer = Some(ann.clone());
    daemon.post("/settings", &changed("pop", &json!(false))).await;
    let section = json!({"id": "crm", "type": "section", "items": [{"id": "rec", "value": "Deal"}]});
    daemon.post("/settings", &json!({"settings": [section], "setting": section})).await;
    assert_eq!((value(&daemon, "pop").await, value(&daemon, "rec").await), (json!(false), json!("Deal")));
    daemon.bearer = Some(bob);
    assert_eq!(
        (value(&daemon, "pop").await, value(&daemon, "rec").await),
        (json!(true), json!("Lead")),
        "another operator"
    );
    let mut daemon = daemon.restart().await;
    daemon.bearer = Some(ann);
    assert_eq!((value(&daemon, "pop").await, value(&daemon, "rec").await), (json!(false), json!("Deal")));
}

#[tokio::test]
async fn a_refused_value_is_put_back_by_command_and_said() {
    let daemon = Daemon::with(&format!("[service]\n{SETTINGS}")).await;
    for (id, wrong, kept) in [
        ("pop", json!("yes"), json!(true)),
        ("pop", json!(null), json!(true)),
        ("sign", json!(["x"]), json!("hi")),
        ("sign", json!("x".repeat(1_000_000)), json!("hi")),
        ("rec", json!("Nonsense"), json!("Lead")),
        ("rec", json!(["Deal"]), json!("Lead")),
    ] {
        let answer = daemon.post("/settings", &changed(id, &wrong)).await;
        let commands = answer["commands"].as_array().expect("commands");
        let back = commands.iter().find(|c| c["type"] == "rc-adapter-update-third-party-settings");
        let back = back.unwrap_or_else(|| panic!("{id} = {:.60} is not put back: {answer}", wrong.to_string()));
        assert_eq!(find(&back["settings"], id).expect("it")["value"], kept, "{id}");
        let alert = commands.iter().find(|c| c["path"] == "/custom-alert-message").expect("an alert");
        assert!(alert["body"]["message"].as_str().is_some_and(|m| m.contains(id)), "{alert}");
        assert_eq!(value(&daemon, id).await, kept);
    }
}

#[tokio::test]
async fn settings_nobody_declared_are_not_stored() {
    let daemon = Daemon::with(&format!("[service]\n{SETTINGS}")).await;
    daemon.post("/settings", &changed("unknown", &json!("CANARYset"))).await;
    let bytes = daemon.database_bytes();
    assert!(!bytes.windows(9).any(|window| window == b"CANARYset"));
    for odd in [json!({}), json!({"setting": null}), json!({"setting": []}), json!({"settings": {}})] {
        assert_eq!(daemon.try_post("/settings", &odd).await.status, 200, "{odd}");
    }
}

#[tokio::test]
async fn the_toggle_is_stored_for_its_operator_and_survives_a_restart() {
    let (mut daemon, [ann, bob]) = two("").await;
    daemon.bearer = Some(ann.clone());
    let off = daemon.post("/authorize", &json!({"authorized": true})).await;
    assert_eq!(off["commands"][0], json!({"type": "rc-adapter-update-authorization-status", "authorized": false}));
    let mut daemon = daemon.restart().await;
    daemon.bearer = Some(ann);
    assert_eq!(daemon.get("/embeddable/service").await.ok()["service"]["authorized"], false);
    // Without the state in the body the stored one is switched.
    let on = daemon.post("/authorize", &json!({})).await;
    assert_eq!(
        (&on["commands"][0]["authorized"], &on["commands"][0]["authorizedAccount"]),
        (&json!(true), &json!("ann"))
    );
    daemon.post("/authorize", &json!({"authorized": true})).await;
    daemon.bearer = Some(bob);
    assert_eq!(daemon.get("/embeddable/service").await.ok()["service"]["authorized"], true, "another operator");
    assert_eq!(daemon.clock.now_ms(), NOW);
}

#[tokio::test]
async fn a_press_that_is_sent_twice_ends_where_the_person_wanted() {
    let daemon = Daemon::start().await;
    for _ in 0..2 {
        daemon.post("/authorize", &json!({"authorized": true})).await;
        assert_eq!(daemon.get("/embeddable/service").await.ok()["service"]["authorized"], false);
    }
}
