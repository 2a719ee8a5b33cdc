//! Pages that tell a daemon of a Rox.Chat workspace.

use std::cell::Cell;

use serde_json::{Value, json};

use super::{Answer, Daemon};

/// A workspace whose visitors are signed, on a CRM page of its own.
pub const DESK: &str = "[roxchat.workspaces.desk]\norigin = 'https://company.rox.chat'\ntrust_provided_id = true\n\
    contact_url = 'https://crm.example/contacts/{id}'\n";

pub const EVENTS: &str = "/v1/roxchat/desk/events";

/// A message in chat 7 of visitor `v1`, in session `s1`.
pub fn said(kind: &str, text: &str) -> Value {
    event(
        "newMessageAdded",
        &json!({"roxchatVisitorId": "v1", "providedVisitorId": null, "chatId": 7, "sessionId": "s1", "kind": kind,
            "messageText": text, "siebelId": null}),
    )
}

/// The agent closes chat 7.
pub fn closed() -> Value {
    event(
        "chatClosedByOperator",
        &json!({"roxchatVisitorId": "v1", "providedVisitorId": null, "chatId": 7, "siebelId": null, "channelId": null,
            "channelType": null, "channelUserId": null, "channelUserName": null}),
    )
}

/// The agent opens the chat with a visitor.
pub fn selected(visitor: &str, provided: Option<&str>, siebel: Option<&str>) -> Value {
    event(
        "visitorSelected",
        &json!({"roxchatVisitorId": visitor, "providedVisitorId": provided, "chatId": null, "sessionId": "s1",
            "taskId": null, "siebelId": siebel}),
    )
}

/// A visitor signs in.
pub fn authorized(old: &Value, new: &Value) -> Value {
    event("visitorAuthorized", &json!({"old": old, "new": new}))
}

pub fn event(name: &str, params: &Value) -> Value {
    json!({"source": "roxchat", "event": name, "params": params})
}

/// An event with something else in its params.
pub fn with(mut event: Value, key: &str, value: Value) -> Value {
    event["params"][key] = value;
    event
}

/// A page from its loading on, which counts what it tells.
pub struct Page<'a> {
    daemon: &'a Daemon,
    pub stream: &'static str,
    seq: Cell<i64>,
}

impl<'a> Page<'a> {
    pub fn open(daemon: &'a Daemon, stream: &'static str) -> Self {
        Self { daemon, stream, seq: Cell::new(0) }
    }

    /// What is posted for these events, seen now.
    pub fn batch(&self, events: &[Value]) -> Value {
        let at = self.daemon.clock_ms();
        let item = |event: &Value| {
            self.seq.set(self.seq.get() + 1);
            json!({"seq": self.seq.get(), "observedAt": at, "event": event})
        };
        let items: Vec<Value> = events.iter().map(item).collect();
        json!({"stream": self.stream, "events": items})
    }

    /// Tells all of it; what became of each.
    pub async fn try_tell(&self, events: &[Value]) -> Vec<Value> {
        results(&post(self.daemon, &self.batch(events)).await)
    }

    /// Tells what must be stored; the effects of the last.
    pub async fn tell(&self, events: &[Value]) -> Value {
        let results = self.try_tell(events).await;
        assert!(results.iter().all(|result| result["status"] == "stored"), "{results:?}");
        results.last().map(|result| result["effects"].clone()).unwrap_or_default()
    }
}

pub async fn post(daemon: &Daemon, batch: &Value) -> Answer {
    daemon.send("POST", EVENTS, batch).await
}

pub fn results(answer: &Answer) -> Vec<Value> {
    answer.ok()["results"].as_array().expect("results").clone()
}

/// The words of a list of results: `stored`, `duplicate`, `refused`.
pub fn statuses(results: &[Value]) -> Vec<&str> {
    results.iter().map(|result| result["status"].as_str().expect("a status")).collect()
}

/// All conversations, each with its messages.
pub async fn chats(daemon: &Daemon) -> Vec<Value> {
    let list = daemon.get("/v1/conversations?channel=roxchat").await.ok();
    let mut chats = Vec::new();
    for one in list["items"].as_array().expect("items") {
        chats.push(daemon.get(&format!("/v1/conversations/{}", one["id"].as_str().expect("an id"))).await.ok());
    }
    chats
}

/// The only conversation.
pub async fn chat(daemon: &Daemon) -> Value {
    let mut found = chats(daemon).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// What a conversation's transcript shows.
pub fn told(chat: &Value) -> Vec<String> {
    let messages = chat["messages"].as_array().expect("messages").iter();
    let shown = messages.filter(|message| message["shown"] == true && message["collapsedInto"].is_null());
    shown.map(|message| message["text"].as_str().expect("a text").to_owned()).collect()
}
