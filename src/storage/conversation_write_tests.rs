//! Conversations in a real database file, written as channels write them.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::{Connection, SqliteConnection};

use super::conversation_write::{
    append, open_conversation, put_conversation, put_identity, see_identity, spread_choice,
};
use super::conversations::ConversationFilter;
use super::{Options, Storage};
use crate::domain::activity::ActivityKind;
use crate::domain::clock::{Clock, ManualClock};
use crate::domain::conversation::{Author, ChatMessage, Conversation, Opening};
use crate::domain::engage_thread::{ThreadEvent, ThreadNews, ThreadRead};
use crate::domain::identity::{Channel, Identity, Seen};
use crate::domain::outbox::{OutboxState, Route, Routes, Urgency};
use crate::domain::party::{Decider, NamedContact};
use crate::storage::activities::ActivityPlace;
use crate::storage::outbox::OutboxFilter;

const START: i64 = 1_790_000_000_000;

struct Bench {
    storage: Storage,
    tx: SqliteConnection,
    routes: Routes,
    clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

async fn bench() -> Bench {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.db");
    let clock = ManualClock::at(START);
    let storage = Storage::open(&Options::file(&path), clock.clone()).await.expect("a database");
    let crm = Route { messages: true, ..Route::default() };
    let routes = Routes { connectors: BTreeMap::from([("crm".into(), crm)]), ..Routes::default() };
    storage.route(routes.clone());
    let tx = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.expect("a connection");
    Bench { storage, tx, routes, clock, _folder: folder }
}

fn said(id: &str, at_ms: i64, text: &str) -> ChatMessage {
    ChatMessage {
        id: id.into(),
        at_ms,
        place: 0,
        author: Author::Visitor,
        author_name: None,
        kind: "visitor".into(),
        text: text.into(),
        truncated: false,
        attachments: vec!["https://files.example/a".into()],
        shown: true,
        collapsed_into: None,
    }
}

impl Bench {
    async fn visitor(&mut self, contact: Option<&str>) -> Identity {
        let seen = Seen { contact: contact.map(str::to_owned), ..Seen::new(Channel::Roxchat, "main", "v1") };
        see_identity(&mut self.tx, &seen, &*self.clock).await.expect("an identity")
    }

    async fn chat(&mut self, identity: &Identity) -> Conversation {
        let opening = Opening {
            channel: Channel::Roxchat,
            account: "main".into(),
            external_id: "7".into(),
            identity_id: Some(identity.id.clone()),
            operator: "dana".into(),
            started_ms: self.clock.now_ms(),
        };
        let mut chat = open_conversation(&mut self.tx, opening, &*self.clock).await.expect("a conversation");
        put_conversation(&mut self.tx, &chat, None, &self.routes, &*self.clock).await.expect("written");
        for (place, text) in ["Hello", "ok", "ok"].into_iter().enumerate() {
            let at = START + i64::try_from(place).expect("few");
            assert!(append(&mut self.tx, &chat.id, &said(&place.to_string(), at, text)).await.expect("written"));
            chat.heard(at, START);
        }
        assert!(!append(&mut self.tx, &chat.id, &said("0", START, "Hello")).await.expect("known"), "told again");
        chat
    }

    async fn close(&mut self, chat: &mut Conversation) {
        chat.close("operator", START + 10, START + 10);
        let urgency = Some(Urgency::Complete);
        put_conversation(&mut self.tx, chat, urgency, &self.routes, &*self.clock).await.expect("written");
    }
}

#[tokio::test]
async fn a_visitor_who_becomes_known_takes_the_chats_along() {
    let mut bench = bench().await;
    let visitor = bench.visitor(None).await;
    let mut chat = bench.chat(&visitor).await;
    bench.close(&mut chat).await;
    let filter = OutboxFilter::default();
    let entries = bench.storage.list_outbox(&filter, "", 9).await.expect("entries");
    assert_eq!((entries.len(), entries[0].connector.as_str()), (1, ""), "nobody knows whose it is");

    let visitor = bench.visitor(Some("crm:17")).await;
    assert_eq!(visitor.choice.decided_by, Decider::Machine);
    spread_choice(&mut bench.tx, &visitor, &bench.routes, &*bench.clock).await.expect("spread");
    let entries = bench.storage.list_outbox(&filter, "", 9).await.expect("entries");
    assert_eq!((entries.len(), entries[0].connector.as_str()), (1, "crm"), "the same entry has its connector");

    let timeline = bench.storage.list_activities("crm:17", &ActivityPlace::first(), 9).await.expect("activities");
    assert_eq!((timeline.len(), timeline[0].kind), (1, ActivityKind::Chat));
    assert_eq!(timeline[0].subject, "Rox.Chat, 3 messages: ok");
    let next = ActivityPlace::from_word(&ActivityPlace::after(&timeline[0]).word()).expect("a place");
    assert!(bench.storage.list_activities("crm:17", &next, 9).await.expect("activities").is_empty());
    let messages = bench.storage.list_chat_messages(&chat.id).await.expect("messages");
    assert_eq!(messages.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(), ["Hello", "ok", "ok"]);
    assert_eq!(messages[0], said("0", START, "Hello"));
}

#[tokio::test]
async fn a_persons_word_moves_chat_and_visitor() {
    let mut bench = bench().await;
    let visitor = bench.visitor(Some("crm:17")).await;
    let mut chat = bench.chat(&visitor).await;
    bench.close(&mut chat).await;
    spread_choice(&mut bench.tx, &visitor, &bench.routes, &*bench.clock).await.expect("spread");
    let storage = bench.storage.clone();
    assert!(storage.link_conversation(&chat.id, NamedContact::Contact("crm:18".into())).await.expect("linked"));
    assert!(!storage.link_conversation("cv_none", NamedContact::Nobody).await.expect("no such"));
    let visitor = storage.find_identity(&visitor.id).await.expect("read").expect("there");
    let chat = storage.find_conversation(&chat.id).await.expect("read").expect("there");
    for choice in [&visitor.choice, &chat.choice] {
        assert_eq!((choice.contact_id.as_deref(), choice.decided_by), (Some("crm:18"), Decider::Person));
    }
    let revision = storage.list_outbox(&OutboxFilter::default(), "", 9).await.expect("entries")[0].revision;
    assert!(revision > 1, "the CRM hears of it");
    let filter = ConversationFilter { contact_id: Some("crm:18".into()), channel: Some(Channel::Roxchat) };
    assert_eq!(storage.list_conversations(&filter, "", 9).await.expect("list").len(), 1);
}

#[tokio::test]
async fn what_is_old_goes_and_what_is_on_its_way_stays() {
    let mut bench = bench().await;
    let visitor = bench.visitor(None).await;
    let mut chat = bench.chat(&visitor).await;
    bench.close(&mut chat).await;
    let storage = bench.storage.clone();
    let late = START + 1_000_000;
    assert_eq!(storage.purge_conversations(late).await.expect("purged"), 0, "it waits for its delivery");
    let entry = storage.list_outbox(&OutboxFilter::default(), "", 9).await.expect("entries").remove(0);
    let dropped = storage.drop_outbox(&entry.id).await.expect("dropped").expect("there");
    assert_eq!(dropped.state, OutboxState::Kept);
    let mut linked = Identity::new("vi_linked".into(), &Seen::new(Channel::Engage, "shop", "u1"), START);
    linked.is_said_to_be("crm:1");
    put_identity(&mut bench.tx, &linked).await.expect("written");
    assert_eq!(storage.purge_conversations(START).await.expect("purged"), 0, "not that old");
    assert_eq!(storage.purge_conversations(late).await.expect("purged"), 1);
    assert!(storage.find_conversation(&chat.id).await.expect("read").is_none());
    assert!(storage.list_chat_messages(&chat.id).await.expect("read").is_empty());
    assert!(storage.find_identity(&visitor.id).await.expect("read").is_none(), "nothing is left of a stranger");
    assert!(storage.find_identity("vi_linked").await.expect("read").is_some());
    assert!(storage.find_outbox_entry(&entry.id).await.expect("read").is_none());
}

#[tokio::test]
async fn an_erased_visitor_takes_everything_along() {
    let mut bench = bench().await;
    let visitor = bench.visitor(None).await;
    let mut chat = bench.chat(&visitor).await;
    bench.close(&mut chat).await;
    let signed_in = see_identity(&mut bench.tx, &Seen::new(Channel::Roxchat, "main", "v2"), &*bench.clock).await;
    let signed_in = signed_in.expect("an identity");
    let before = Identity { same_as: Some(signed_in.id.clone()), ..visitor };
    put_identity(&mut bench.tx, &before).await.expect("written");
    let storage = bench.storage.clone();
    assert!(storage.erase_identity(&signed_in.id).await.expect("erased"));
    assert!(!storage.erase_identity(&signed_in.id).await.expect("gone"));
    for id in [&signed_in.id, &before.id] {
        assert!(storage.find_identity(id).await.expect("read").is_none());
    }
    assert!(storage.find_conversation(&chat.id).await.expect("read").is_none());
    assert!(storage.list_outbox(&OutboxFilter::default(), "", 9).await.expect("read").is_empty());
}

#[tokio::test]
async fn an_erased_thread_leaves_nothing_of_its_events_and_takes_only_what_is_newer() {
    let mut bench = bench().await;
    let event = |id: &str, thread: &str| ThreadEvent {
        id: id.into(),
        kind: "content.imported".into(),
        issued_ms: START,
        about: Some((thread.into(), ThreadNews::Content)),
        body: format!("said in {thread}"),
    };
    bench.storage.take_engage_events("main", vec![event("e1", "t1"), event("e2", "t2")]).await.expect("taken");
    let due = bench.storage.due_engage_threads(START, 9).await.expect("threads").remove(0);
    let read = |messages| ThreadRead { due: due.clone(), visitor: None, messages };
    bench.storage.put_engage_thread(read(vec![said("c1", START, "private")])).await.expect("written");
    let filter = ConversationFilter::default();
    let chat = bench.storage.list_conversations(&filter, "", 9).await.expect("a list").remove(0);
    assert!(bench.storage.delete_conversation(&chat.id).await.expect("deleted"));
    let bodies: Vec<String> =
        sqlx::query_scalar("select body from engage_event order by id").fetch_all(&mut bench.tx).await.expect("bodies");
    assert_eq!(bodies, ["", "said in t2"]);

    let both = || vec![said("c1", START, "private"), said("c2", START + 1, "again")];
    bench.storage.put_engage_thread(read(vec![said("c1", START, "private")])).await.expect("written");
    assert_eq!(bench.storage.list_conversations(&filter, "", 9).await.expect("a list").len(), 0);
    bench.storage.put_engage_thread(read(both())).await.expect("written");
    let chat = bench.storage.list_conversations(&filter, "", 9).await.expect("a list").remove(0);
    let messages = bench.storage.list_chat_messages(&chat.id).await.expect("messages");
    assert_eq!((messages.len(), messages[0].id.as_str(), chat.started_ms), (1, "c2", START + 1));
}
