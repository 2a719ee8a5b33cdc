//! Bad days, the same for every vendor.

use std::sync::Arc;
use std::time::Duration;

use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::Trouble;

use super::{Renewing, Site, hubspot, pipedrive, salesforce, zoho};
use crate::fakes::gate::{Gate, KEY};
use crate::fakes::{Fault, Running, Vendor};

/// What must hold whatever the vendor: the kinds of trouble are told apart, a credential is renewed
/// once, and the next good answer heals.
async fn bad_days(mut site: Site, gate: Arc<Gate>) {
    site.answer = Duration::from_millis(400);
    let credentials = Renewing::new(KEY);
    let connector = site.with(credentials.clone());
    connector.list_changes(None).await.unwrap();

    gate.once("", Fault::Unauthorized);
    connector.list_changes(None).await.unwrap();
    assert_eq!(credentials.renewals(), 1, "refused once, renewed once");
    gate.always("", Fault::Unauthorized);
    let error = connector.list_changes(None).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Unauthorized, "{error}");
    assert_eq!(credentials.renewals(), 2, "it is not renewed for ever");
    assert!(!error.words.contains(KEY), "{error}");
    gate.heal();
    gate.revoke(KEY);
    let error = connector.list_changes(None).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Unauthorized, "{error}");
    gate.admit(KEY);
    connector.list_changes(None).await.unwrap();

    for (wait, expected) in [(Some(7), Some(Duration::from_secs(7))), (None, None)] {
        gate.once("", Fault::RateLimited(wait));
        let error = connector.list_changes(None).await.unwrap_err();
        assert_eq!((error.trouble, error.retry_after), (Trouble::RateLimited, expected), "{error}");
    }
    let kinds = [
        (Fault::Forbidden, Trouble::Forbidden),
        (Fault::ServerError, Trouble::Down),
        (Fault::Html, Trouble::Broken),
        (Fault::Truncated, Trouble::Broken),
        (Fault::Hang, Trouble::Slow),
    ];
    for (fault, trouble) in kinds {
        gate.once("", fault.clone());
        let error = connector.list_changes(None).await.unwrap_err();
        assert_eq!(error.trouble, trouble, "{fault:?}: {error}");
        assert!(!error.unclear, "a read has no effect: {error}");
        connector.list_changes(None).await.unwrap();
        connector.who_am_i(&Whose::Company).await.unwrap();
    }
}

fn parts<V: Vendor>(site: Site, fake: &Running<V>) -> (Site, Arc<Gate>) {
    (site, fake.gate.clone())
}

#[tokio::test]
async fn hubspot_has_bad_days() {
    let world = hubspot::portal().await;
    world.fake.add_many(2);
    let (site, gate) = parts(world.site().unhurried(), &world.fake);
    bad_days(site, gate).await;
}

#[tokio::test]
async fn pipedrive_has_bad_days() {
    let world = pipedrive::company().await;
    let (site, gate) = parts(world.site().unhurried(), &world.fake);
    bad_days(site, gate).await;
}

#[tokio::test]
async fn salesforce_has_bad_days() {
    let world = salesforce::org().await;
    world.fake.add_many(2);
    let (site, gate) = parts(world.site(), &world.fake);
    bad_days(site, gate).await;
}

#[tokio::test]
async fn zoho_has_bad_days() {
    let world = zoho::org().await;
    world.fake.add_many(2);
    let (site, gate) = parts(world.site().unhurried(), &world.fake);
    bad_days(site, gate).await;
}
