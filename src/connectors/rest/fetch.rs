//! Records by id, and the ids of everything.

use serde::{Deserialize, Serialize};

use super::client::{Ask, Client};
use super::cursor::{Page, unknown};
use super::plan::FetchPlan;
use super::{listing, map, run};
use crate::domain::credential::Whose;
use crate::domain::upstream::{IdPage, Record, Trouble, UpstreamError};

/// The records of these ids that are there.
pub(super) async fn records(
    client: &Client,
    whose: &Whose,
    external_ids: &[String],
) -> Result<Vec<Record>, UpstreamError> {
    if external_ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut groups: Vec<(&FetchPlan, Vec<&str>)> = client.plan.fetch.iter().map(|plan| (plan, Vec::new())).collect();
    if groups.is_empty() {
        let words = "this manifest has no [fetch]: records cannot be read by id";
        return Err(UpstreamError::new(Trouble::Rejected, words));
    }
    for id in external_ids {
        let fits = |plan: &FetchPlan| {
            plan.when.as_ref().is_none_or(|when| {
                let scope = client.scope().with("id", id);
                when.eval(&scope).is_ok_and(|value| value.is_true())
            })
        };
        if let Some((_, ids)) = groups.iter_mut().find(|(plan, _)| fits(plan)) {
            ids.push(id);
        }
    }
    let mut out = Vec::with_capacity(external_ids.len());
    for (plan, ids) in groups {
        for some in ids.chunks(plan.batch) {
            out.extend(batch(client, whose, plan, some).await?);
        }
    }
    Ok(out)
}

async fn batch(client: &Client, whose: &Whose, plan: &FetchPlan, ids: &[&str]) -> Result<Vec<Record>, UpstreamError> {
    let scope = client.scope().with("ids", ids).with("id", ids.first());
    let ask = Ask { whose, request: &plan.request, scope, address: None, writes: false };
    let reply = match client.ask(ask).await {
        Ok(reply) => reply,
        Err(error) if error.trouble == Trouble::Gone => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let found = reply.found();
    let entries = match &plan.records {
        Some(path) => path.find(&found).map(|list| list.entries()).unwrap_or_default(),
        None => found.entries(),
    };
    let mut out = Vec::with_capacity(entries.len());
    for entry in entries {
        if run::is_gone(&client.plan.sync, &entry) || !map::is_contact(&client.plan.contact, &entry) {
            continue;
        }
        let record = map::record(&client.plan.contact, None, &entry);
        let record = record.map_err(|words| UpstreamError::new(Trouble::Broken, words))?;
        if ids.contains(&record.external_id.as_str()) {
            out.push(record);
        }
    }
    Ok(out)
}

/// The place in the listings of ids.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    listing: usize,
    page: Page,
}

/// Some of all ids.
pub(super) async fn ids(client: &Client, place: Option<&str>) -> Result<IdPage, UpstreamError> {
    let place: Place = match place {
        None => Place::default(),
        Some(text) => serde_json::from_str(text).map_err(|_| unknown())?,
    };
    let plan = &client.plan;
    let own = !plan.ids.is_empty();
    let listings = match (own, plan.sync.full.is_empty()) {
        (true, _) => &plan.ids,
        (false, false) => &plan.sync.full,
        (false, true) => &plan.sync.changes,
    };
    let listing = listings.get(place.listing).ok_or_else(unknown)?;
    let read = listing::read(client, &Whose::Company, listing, run::outside(client), &place.page).await?;
    let mut ids = Vec::with_capacity(read.records.len());
    for (id, found) in read.records {
        // A listing of ids alone shows nothing of what makes a record a contact.
        let counts = own || map::is_contact(&plan.contact, &found);
        if counts && !run::is_gone(&plan.sync, &found) {
            ids.push((id, map::version(&plan.contact, &found)));
        }
    }
    let next = match read.next {
        Some(page) => Some(Place { listing: place.listing, page }),
        None if place.listing + 1 < listings.len() => Some(Place { listing: place.listing + 1, page: Page::default() }),
        None => None,
    };
    Ok(IdPage { ids, next: next.map(|place| serde_json::to_string(&place).unwrap_or_default()) })
}
