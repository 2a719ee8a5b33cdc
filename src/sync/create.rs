//! Making a contact: upstream first, then here at once, so that whoever made it finds it.

use serde_json::Value;

use super::mapping::Mapped;
use super::{Lane, Syncs};
use crate::connectors::Connector;
use crate::domain::contact::Contact;
use crate::domain::credential::Whose;
use crate::domain::upstream::{NewContact, Trouble, UpstreamError};
use crate::storage::StorageError;
use crate::storage::connectors::SyncWrite;
use crate::storage::contacts::{ContactBatch, LOCAL};

/// The built-in address book's name for people.
const LOCAL_NAME: &str = "Address book";

/// Why a contact was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is no such connector.
    #[error("there is no connector with this id")]
    UnknownConnector,
    /// The connector takes no new contacts.
    #[error("this connector takes no new contacts")]
    CannotCreate,
    /// What was given is no contact; nothing was made.
    #[error("{0}")]
    Refused(String),
    /// The upstream did not take it.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// It may stand upstream, but could not be kept here: the next sync brings it.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Syncs {
    /// Address books that take new contacts, as (id, name): the built-in one first.
    pub fn creators(&self) -> Vec<(String, String)> {
        let upstream = self.lanes().filter(|lane| lane.connector().capabilities().create_contact);
        std::iter::once((LOCAL.to_owned(), LOCAL_NAME.to_owned()))
            .chain(upstream.map(|lane| (lane.id().to_owned(), lane.name().to_owned())))
            .collect()
    }

    /// Makes a contact in an address book, `local` being the built-in one. It is in the table, and
    /// open pages are told, before this returns.
    pub async fn create_contact(
        &self,
        connector: &str,
        whose: &Whose,
        contact: NewContact,
    ) -> Result<Contact, CreateError> {
        if connector == LOCAL {
            return self.create_local(&contact).await;
        }
        let lane = self.find_lane(connector).ok_or(CreateError::UnknownConnector)?;
        if !lane.connector().capabilities().create_contact {
            return Err(CreateError::CannotCreate);
        }
        check(&contact)?;
        self.create_upstream(lane, whose, &contact).await
    }

    async fn create_local(&self, contact: &NewContact) -> Result<Contact, CreateError> {
        check(contact)?;
        let record =
            self.local.create_contact(&Whose::Company, contact).await.map_err(|error| match error.trouble {
                Trouble::Rejected => CreateError::Refused(error.words),
                _ => CreateError::Upstream(error),
            })?;
        let contact = Contact::from_json(Value::Object(record.contact), Some(&record.external_id), self.means.region)
            .map_err(|problem| CreateError::Refused(problem.to_string()))?;
        let numbers = contact.phone_numbers.iter().filter_map(|phone| phone.number.as_ref());
        (self.means.audience)(numbers.map(|number| number.number.clone()).collect());
        Ok(contact)
    }

    async fn create_upstream(&self, lane: &Lane, whose: &Whose, contact: &NewContact) -> Result<Contact, CreateError> {
        let mut record = lane.connector().create_contact(whose, contact).await?;
        let (version, modified) = (record.version.take(), record.modified_ms);
        let contact = match lane.mapping.map_unfiltered(record) {
            Mapped::Contact(contact) => *contact,
            Mapped::Refused(reason) => return Err(CreateError::Refused(reason)),
            Mapped::Filtered => return Err(CreateError::Refused("left out by the filter".into())),
        };
        let mut batch = ContactBatch::of(lane.id(), true);
        batch.put_version(&contact, version.clone(), modified);
        // Seen too: a listing under way may have passed the place where it would stand.
        let seen = vec![(contact.id.clone(), version)];
        let write = SyncWrite { connector: lane.id().to_owned(), batch, seen, ..SyncWrite::default() };
        let outcome = self.means.storage.write_sync(write).await?;
        (self.means.audience)(outcome.numbers);
        Ok(contact)
    }
}

fn check(contact: &NewContact) -> Result<(), CreateError> {
    let (first, last) = contact.name_parts();
    if first.is_empty() && last.is_empty() && contact.company.is_empty() {
        return Err(CreateError::Refused("give a name, or at least a number".into()));
    }
    Ok(())
}
