//! What the suite needs of an upstream.

use async_trait::async_trait;
use trunkline::connectors::SharedConnector;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::LogKind;

/// A contact as another client writes it upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Given name; no spaces.
    pub given: String,
    /// Family name; no spaces.
    pub family: String,
    /// Numbers in E.164 with kinds of the widget: `mobile` or `business`, each at most once.
    pub phones: Vec<(String, &'static str)>,
    /// At most one is written, since some upstreams hold no more.
    pub email: Option<String>,
}

impl Person {
    /// Somebody with one mobile number.
    pub fn new(given: &str, family: &str, phone: &str) -> Self {
        let phones = vec![(phone.to_owned(), "mobile")];
        Self { given: given.to_owned(), family: family.to_owned(), phones, email: None }
    }

    /// The whole name, as the widget shows it.
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// A log as it stands upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLog {
    /// The upstream's id.
    pub id: String,
    /// All of its text: subject and body, in whatever fields.
    pub text: String,
}

/// An upstream with another client at it.
#[async_trait]
pub trait World: Send {
    /// The connector to this upstream, built anew each time: nothing that one remembers may be
    /// needed by the next.
    fn connector(&self) -> SharedConnector;

    /// For whom is written.
    fn whose(&self) -> Whose {
        Whose::Company
    }

    /// The same with a credential the upstream does not take. None where it is open to all.
    fn locked_out(&self) -> Option<SharedConnector> {
        None
    }

    /// A cursor in the connector's own form that this upstream cannot know. None where there is no
    /// such thing (a watermark is always known).
    fn unknown_cursor(&self) -> Option<String> {
        None
    }

    /// So many contacts at once are surely more than a page of the connector.
    fn crowd(&self) -> usize;

    /// Adds contacts; their ids as the connector names them, in the same order.
    async fn add(&mut self, people: &[Person]) -> Vec<String>;

    /// Writes a contact anew.
    async fn edit(&mut self, id: &str, person: &Person);

    /// Deletes a contact.
    async fn delete(&mut self, id: &str);

    /// Called after each change, before the connector is asked: where time must pass for a change to
    /// show, it passes here.
    async fn settle(&mut self) {}

    /// Writes something into a contact that `NewContact` does not know, such as a birthday. False
    /// where the upstream has no such thing.
    async fn mark(&mut self, _id: &str) -> bool {
        false
    }

    /// Whether what [`World::mark`] wrote still stands.
    async fn is_marked(&mut self, _id: &str) -> bool {
        false
    }

    /// All logs of a kind; needed where the connector writes logs.
    async fn logs(&mut self, _kind: LogKind) -> Vec<SeenLog> {
        unimplemented!("a connector that writes logs needs a world that shows them")
    }
}
