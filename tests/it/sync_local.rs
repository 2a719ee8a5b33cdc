//! The built-in address book, held to what every connector must do.

use async_trait::async_trait;
use serde_json::{Value, json};
use trunkline::connectors::{Connector, SharedConnector};

use crate::conformance::{Person, World, conform};
use crate::support::Daemon;

struct Local {
    daemon: Daemon,
    added: usize,
}

impl Local {
    async fn put(&self, id: &str, person: &Person) {
        let phones: Vec<Value> =
            person.phones.iter().map(|(number, kind)| json!({"phoneNumber": number, "phoneType": kind})).collect();
        let body = json!({"id": id, "name": person.name(), "firstName": person.given, "lastName": person.family,
            "phoneNumbers": phones, "emails": person.email.iter().collect::<Vec<_>>()});
        self.daemon.contacts(&[body]).await;
    }
}

#[async_trait]
impl World for Local {
    fn connector(&self) -> SharedConnector {
        let local: &dyn Connector = self.daemon.state.sync.local();
        assert!(local.capabilities().incremental);
        std::sync::Arc::new(self.daemon.state.sync.local().clone())
    }

    fn unknown_cursor(&self) -> Option<String> {
        Some(i64::MAX.to_string())
    }

    fn crowd(&self) -> usize {
        1_100
    }

    async fn add(&mut self, people: &[Person]) -> Vec<String> {
        let mut ids = Vec::new();
        for person in people {
            self.added += 1;
            let id = format!("own:{}", self.added);
            self.put(&id, person).await;
            ids.push(id);
        }
        ids
    }

    async fn edit(&mut self, id: &str, person: &Person) {
        self.put(id, person).await;
    }

    async fn delete(&mut self, id: &str) {
        self.daemon.delete(&[id]).await;
    }
}

#[tokio::test]
async fn the_built_in_address_book_conforms() {
    conform(&mut Local { daemon: Daemon::start().await, added: 0 }).await;
}
