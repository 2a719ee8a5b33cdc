//! Logs written by the connector.

use serde_json::Map;
use trunkline::domain::upstream::{LogEntry, LogKind, Trouble, UpdateLog};

use super::model::Model;
use super::world::World;

fn entry(kind: LogKind, key: &str, contact_id: Option<String>) -> LogEntry {
    LogEntry {
        key: key.to_owned(),
        kind,
        contact_id,
        moved: false,
        moved_from: None,
        subject: "Outbound call to \"Ada\"".to_owned(),
        body: "First text with \\ and\nanother line <b>&amp;</b>".to_owned(),
        direction: "Outbound".to_owned(),
        from: "+16505550199".to_owned(),
        to: "+16505550100".to_owned(),
        started_ms: 1_767_261_600_000,
        seconds: 61,
        result: "Call connected".to_owned(),
        recording_url: None,
        form: Map::new(),
        answers: Map::new(),
        captured: Map::new(),
    }
}

/// Each kind the connector writes.
pub async fn written(world: &mut dyn World, model: &Model) {
    let capabilities = world.connector().capabilities();
    let somebody = model.seen().into_iter().find(|(_, seen)| seen.name == "Ada Lovelace").map(|(id, _)| id);
    for (kind, writes) in
        [(LogKind::Call, capabilities.write_call_log), (LogKind::Message, capabilities.write_message_log)]
    {
        if writes {
            once(world, kind, somebody.clone()).await;
        } else {
            let refused = world.connector().create_log(&world.whose(), &entry(kind, "tl-none", None)).await;
            assert_eq!(refused.expect_err("it cannot").trouble, Trouble::Rejected);
        }
    }
}

async fn once(world: &mut dyn World, kind: LogKind, contact: Option<String>) {
    let (connector, whose) = (world.connector(), world.whose());
    let capabilities = connector.capabilities();
    let before = world.logs(kind).await.len();
    let first = entry(kind, &format!("tl-{kind:?}-1"), contact.clone());
    if capabilities.find_log {
        assert_eq!(connector.find_log(&whose, kind, &first.key).await, Ok(None), "nothing is logged yet");
    }
    let id = connector.create_log(&whose, &first).await.unwrap_or_else(|error| panic!("{error}"));
    world.settle().await;
    let stands = |logs: &[super::SeenLog]| logs.iter().find(|log| log.id == id).expect("the log").text.clone();
    let logs = world.logs(kind).await;
    assert_eq!(logs.len(), before + 1);
    assert!(stands(&logs).contains("First text"), "{}", stands(&logs));
    if capabilities.find_log {
        let found = connector.find_log(&whose, kind, &first.key).await;
        assert_eq!(found, Ok(Some(id.clone())), "a log is found by our key");
        let other = connector.find_log(&whose, kind, "tl-other").await;
        assert_eq!(other, Ok(None), "no log is found by another key");
    }
    if capabilities.read_log {
        let read = connector.read_log(&whose, kind, &id).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read, first.body, "the text is read as it was written");
    }
    let again = LogEntry { body: "Second text".to_owned(), ..first };
    let updated = connector.update_log(&whose, &id, &again).await;
    world.settle().await;
    let logs = world.logs(kind).await;
    match capabilities.update_log {
        UpdateLog::Replace => {
            updated.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(logs.len(), before + 1, "a log that is replaced stays one");
            assert!(stands(&logs).contains("Second text") && !stands(&logs).contains("First text"));
        }
        UpdateLog::Append => {
            updated.unwrap_or_else(|error| panic!("{error}"));
            let all: String = logs.iter().map(|log| log.text.as_str()).collect();
            assert!(all.contains("First text") && all.contains("Second text"), "{all}");
        }
        UpdateLog::None => {
            assert!(updated.is_err(), "a log that cannot change is refused");
            assert!(stands(&logs).contains("First text"));
        }
    }
}
