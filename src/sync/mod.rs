//! Contacts between upstreams and the table: today the built-in address book only. Who is told of a
//! change is not known here; it is handed in.

use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::clock::SharedClock;
use crate::domain::contact::Contact;
use crate::domain::credential::Whose;
use crate::domain::ids::new_id;
use crate::domain::phone::Region;
use crate::domain::upstream::{NewContact, UpstreamError};
use crate::storage::contacts::ContactBatch;
use crate::storage::{Storage, StorageError};

/// Id of the built-in address book.
const LOCAL: &str = "local";
const LOCAL_NAME: &str = "Address book";

/// Why a contact was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// No connector has this id.
    #[error("there is no connector of this name")]
    UnknownConnector,
    /// The connector cannot make contacts.
    #[error("this connector cannot make contacts")]
    CannotCreate,
    /// The contact itself is not taken; why, for whoever gave it.
    #[error("{0}")]
    Refused(String),
    /// The upstream.
    #[error("{0}")]
    Upstream(#[from] UpstreamError),
    /// The database.
    #[error("{0}")]
    Storage(#[from] StorageError),
}

/// Told the numbers of contacts that changed.
pub type Changed = Arc<dyn Fn(Vec<String>) + Send + Sync>;

/// Makes contacts. Cheap to clone.
#[derive(Clone)]
pub struct ContactSync {
    storage: Storage,
    region: Option<Region>,
    clock: SharedClock,
    changed: Changed,
}

impl fmt::Debug for ContactSync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactSync").finish_non_exhaustive()
    }
}

impl ContactSync {
    /// `changed` is called after each write, with the keys of the numbers concerned.
    pub fn new(storage: Storage, region: Option<Region>, clock: SharedClock, changed: Changed) -> Self {
        Self { storage, region, clock, changed }
    }

    /// Connectors that can make contacts: id and the name people see.
    pub fn creators(&self) -> Vec<(String, String)> {
        vec![(LOCAL.to_owned(), LOCAL_NAME.to_owned())]
    }

    /// Makes a contact with a connector and in the table at once; returns it as it stands there.
    pub async fn create_contact(
        &self,
        connector_id: &str,
        _: &Whose,
        contact: NewContact,
    ) -> Result<Contact, CreateError> {
        if connector_id != LOCAL {
            return Err(CreateError::UnknownConnector);
        }
        let id = new_id("ct", &*self.clock);
        let contact = Contact::from_json(written(&contact), Some(&id), self.region)
            .map_err(|problem| CreateError::Refused(problem.to_string()))?;
        let mut batch = ContactBatch::default();
        batch.put(&contact);
        let outcome = self.storage.write_contacts(batch).await?;
        (self.changed)(outcome.numbers);
        Ok(contact)
    }
}

/// A contact as the widget writes it, with what was given only.
fn written(contact: &NewContact) -> Value {
    let mut value = json!(contact);
    if let Value::Object(map) = &mut value {
        map.retain(|_, field| field != "");
    }
    value
}
