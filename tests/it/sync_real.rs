//! The whole path with real servers: a card is edited by another client, and the widget's list and the
//! match change.

use serde_json::json;

use crate::conformance::{Person, World};
use crate::events::Events;
use crate::support::Daemon;
use crate::support::dav::DavWorld;
use crate::support::widget::Widget;

async fn list(daemon: &Daemon) -> Vec<String> {
    let mut widget = Widget::default();
    widget.sync(daemon).await;
    widget.by_id().into_values().collect()
}

async fn whole_path(mut world: DavWorld) {
    let config = world.config();
    let sign_in = if config.username.is_empty() {
        "sign_in = 'nobody'\n".to_owned()
    } else {
        format!("username = 'alice'\npassword = '{}'\n", config.password.expose())
    };
    let toml = format!(
        "[numbers]\ndefault_region = 'US'\n[connectors.books]\nkind = 'carddav'\nurl = '{}'\n\
         sync_seconds = 86400\n{sign_in}",
        config.url
    );
    let ids = world
        .add(&[Person::new("Ada", "Lovelace", "+16505550100"), Person::new("Emmy", "Noether", "+16505550101")])
        .await;
    let daemon = Daemon::with(&toml).await;
    daemon.sync("books", &json!({})).await;
    assert_eq!(list(&daemon).await, ["\"Ada Lovelace\"", "\"Emmy Noether\""]);
    assert_eq!(daemon.matched("+16505550100").await, [format!("books:{}", ids[0])]);

    let mut events = Events::open(&daemon, None).await;
    world.edit(&ids[0], &Person::new("Ada", "King", "+16505550199")).await;
    world.delete(&ids[1]).await;
    let report = daemon.sync("books", &json!({})).await;
    assert_eq!((&report["full"], &report["upserted"], &report["deleted"]), (&json!(false), &json!(1), &json!(1)));
    // What the first run brought may be told before.
    let mut told = events.next().await.expect("an event").1["commands"][1]["phoneNumbers"].clone();
    if told == json!(["+16505550100", "+16505550101"]) {
        told = events.next().await.expect("an event").1["commands"][1]["phoneNumbers"].clone();
    }
    assert_eq!(told, json!(["+16505550100", "+16505550101", "+16505550199"]));
    assert_eq!(list(&daemon).await, ["\"Ada King\""]);
    assert_eq!(daemon.matched("+16505550199").await, [format!("books:{}", ids[0])]);
    assert!(daemon.matched("+16505550100").await.is_empty());

    let new = serde_json::from_value(json!({"firstName": "Sophie", "lastName": "Germain",
        "phoneNumbers": [{"phoneNumber": "+16505550177", "phoneType": "mobile"}]}));
    let whose = trunkline::domain::credential::Whose::Company;
    let made = daemon.state.sync.create_contact("books", &whose, new.expect("a contact")).await.expect("made");
    assert_eq!(daemon.matched("+16505550177").await, [made.id]);
    let report = daemon.sync("books", &json!({"sweep": true})).await;
    assert_eq!(
        (&report["upserted"], &report["deleted"]),
        (&json!(0), &json!(0)),
        "made once, here and there: {report}"
    );
    assert_eq!(list(&daemon).await.len(), 2);
}

#[tokio::test]
async fn with_radicale() {
    whole_path(DavWorld::radicale().await).await;
}

#[tokio::test]
async fn with_xandikos() {
    whole_path(DavWorld::xandikos().await).await;
}
