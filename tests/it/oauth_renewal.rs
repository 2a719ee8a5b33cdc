//! Tokens that end, are refused, or whose renewal goes wrong.

use std::time::Duration;

use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{Trouble, UpstreamError};
use trunkline::oauth::CredentialState;

use crate::support::crm::{Crm, OAUTH};
use crate::support::vendor::{Mood, Vendor};

const MINUTE: i64 = 60_000;

fn state(crm: &Crm) -> CredentialState {
    crm.daemon.state.authority.state("crm", &Whose::Company).expect("a connector")
}

async fn signed_in() -> Crm {
    let crm = Crm::with(OAUTH).await;
    crm.sign_in().await;
    crm
}

#[tokio::test]
async fn a_token_is_renewed_a_little_before_it_ends() {
    let crm = signed_in().await;
    crm.daemon.clock.advance(58 * MINUTE);
    crm.ask().await.expect("good");
    assert_eq!(crm.vendor.books().refreshes, 0);
    crm.daemon.clock.advance(MINUTE);
    let asked = crm.vendor.books().asked;
    crm.ask().await.expect("renewed");
    assert_eq!(crm.vendor.books().refreshes, 1);
    assert_eq!(crm.vendor.books().asked - asked, 1, "no request was wasted");
    crm.ask().await.expect("good");
    assert_eq!(crm.vendor.books().refreshes, 1);
}

#[tokio::test]
async fn a_token_of_unknown_life_is_renewed_when_it_is_refused() {
    let vendor = Vendor::start().await;
    vendor.books().life = None;
    let crm = Crm::of(vendor, OAUTH, Duration::from_secs(20)).await;
    crm.sign_in().await;
    crm.daemon.clock.advance(500 * MINUTE);
    crm.ask().await.expect("good");
    assert_eq!(crm.vendor.books().refreshes, 0);
    crm.vendor.books().access.clear();
    crm.ask().await.expect("renewed");
    assert_eq!(crm.vendor.books().refreshes, 1);
    assert!(state(&crm).is_usable());
}

#[tokio::test]
async fn twenty_at_once_make_one_renewal() {
    for refused in [false, true] {
        let crm = signed_in().await;
        crm.daemon.clock.advance(if refused { 5 * MINUTE } else { 61 * MINUTE });
        crm.vendor.books().access.clear();
        crm.vendor.next(&[Mood::Wait]);
        let all = futures_util::future::join_all((0..20).map(|_| crm.ask()));
        let (all, ()) = tokio::join!(all, async {
            crm.vendor.until(|books| books.refreshes == 1).await;
            crm.vendor.go_on();
        });
        for one in all {
            one.expect("renewed");
        }
        assert_eq!(crm.vendor.books().refreshes, 1, "refused: {refused}");
    }
}

#[tokio::test]
async fn a_late_refusal_does_not_undo_a_newer_token() {
    let crm = signed_in().await;
    let credentials = crm.daemon.state.authority.credentials("crm");
    let old = credentials.grant(&Whose::Company).await.expect("a grant");
    crm.daemon.clock.advance(5 * MINUTE);
    let new = credentials.renew(&Whose::Company, &old).await.expect("a newer one");
    assert_ne!(old.serial, new.serial);
    let again = credentials.renew(&Whose::Company, &old).await.expect("the same newer one");
    assert_eq!((new.serial, crm.vendor.books().refreshes), (again.serial, 1));
}

#[tokio::test]
async fn a_renewal_without_an_answer_signs_nobody_out() {
    let vendor = Vendor::start().await;
    let crm = Crm::of(vendor, OAUTH, Duration::from_millis(300)).await;
    crm.sign_in().await;
    crm.daemon.clock.advance(59 * MINUTE);
    crm.vendor.next(&[Mood::Hang, Mood::Hang]);
    // The token is still good for a minute.
    crm.ask().await.expect("the old token");
    assert_eq!(crm.vendor.books().refreshes, 2, "tried, and once more");
    crm.daemon.clock.advance(2 * MINUTE);
    crm.vendor.next(&[Mood::Hang, Mood::Fail500]);
    let error = crm.ask().await.expect_err("no token");
    assert_eq!(error.trouble, Trouble::Down, "{error}");
    crm.vendor.next(&[Mood::Html]);
    assert_eq!(crm.ask().await.expect_err("no token").trouble, Trouble::Broken);
    assert!(state(&crm).is_usable(), "{}", state(&crm));
    crm.ask().await.expect("the old refresh token still works");
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_is_asked_for_again() {
    let crm = signed_in().await;
    crm.vendor.books().grace = true;
    crm.daemon.clock.advance(61 * MINUTE);
    crm.vendor.next(&[Mood::BreakOff]);
    crm.ask().await.expect("renewed");
    assert_eq!(crm.vendor.books().refreshes, 2);
    // A server that takes a token once leaves no way but the person's.
    crm.vendor.books().grace = false;
    crm.daemon.clock.advance(61 * MINUTE);
    crm.vendor.next(&[Mood::BreakOff]);
    let error = crm.ask().await.expect_err("lost");
    assert!(error.to_string().contains("was lost"), "{error}");
    assert!(!state(&crm).is_usable());
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_lose_the_tokens() {
    let crm = signed_in().await;
    crm.daemon.clock.advance(61 * MINUTE);
    crm.vendor.next(&[Mood::Wait]);
    tokio::select! {
        _ = crm.ask() => panic!("it was to wait"),
        () = crm.vendor.until(|books| books.refreshes == 1) => {}
    }
    crm.vendor.go_on();
    crm.ask().await.expect("renewed");
    assert_eq!(crm.vendor.books().refreshes, 1);
}

#[tokio::test]
async fn tokens_survive_a_restart_and_are_stored_before_they_are_used() {
    let crm = signed_in().await.restart().await;
    crm.ask().await.expect("signed in");
    crm.daemon.clock.advance(61 * MINUTE);
    let before = crm.daemon.state.storage.list_credentials().await.expect("rows");
    crm.ask().await.expect("renewed");
    let after = crm.daemon.state.storage.list_credentials().await.expect("rows");
    assert_ne!(before[0].sealed, after[0].sealed);
    let crm = crm.restart().await;
    crm.ask().await.expect("the renewed ones");
    assert_eq!(crm.vendor.books().refreshes, 1);
    assert_eq!(state(&crm).account(), Some("Ada Lovelace"));
}

#[tokio::test]
async fn what_the_server_does_not_renew_is_signed_out_and_forgotten() {
    let crm = signed_in().await;
    let mut changes = crm.daemon.state.authority.changes();
    crm.daemon.clock.advance(61 * MINUTE);
    crm.vendor.withdraw();
    let error = crm.ask().await.expect_err("withdrawn");
    assert_eq!(error.trouble, Trouble::Unauthorized);
    assert!(error.to_string().contains("invalid_grant") && !error.to_string().contains("CANARY"), "{error}");
    let change = changes.recv().await.expect("a change");
    assert_eq!((change.connector.as_str(), &change.whose, change.state.is_usable()), ("crm", &Whose::Company, false));
    assert_eq!(change.state.since_ms(), Some(crm.daemon.clock_ms()));
    crm.ask().await.expect_err("still");
    assert_eq!(crm.vendor.books().refreshes, 1, "the server is not asked again");
    let rows = crm.daemon.state.storage.list_credentials().await.expect("rows");
    assert!(rows[0].sealed.is_none() && rows[0].reason.is_some(), "{rows:?}");
    let crm = crm.restart().await;
    let words = state(&crm).to_string();
    assert!(words.starts_with("signed out because the server does not renew it any more"), "{words}");
    crm.sign_in().await;
    crm.ask().await.expect("signed in again");
}

#[tokio::test]
async fn an_upstream_that_refuses_even_fresh_tokens_is_told_and_heals() {
    let crm = signed_in().await;
    crm.daemon.clock.advance(5 * MINUTE);
    crm.vendor.books().access.clear();
    crm.vendor.next(&[Mood::Wait]);
    let (first, ()) = tokio::join!(crm.ask(), async {
        crm.vendor.until(|books| books.refreshes == 1).await;
        crm.vendor.go_on();
    });
    first.expect("401 once: renewed");
    let token = crm.vendor.books().access.pop_first().expect("a token");
    let error = crm.ask().await.expect_err("401 always");
    assert_eq!((error.trouble, crm.vendor.books().refreshes), (Trouble::Unauthorized, 1));
    assert!(!state(&crm).is_usable());
    crm.daemon.state.authority.heal().await;
    assert!(!state(&crm).is_usable());
    crm.vendor.books().access.insert(token);
    crm.daemon.state.authority.heal().await;
    assert!(state(&crm).is_usable(), "{}", state(&crm));
    crm.ask().await.expect("healed");
}

#[tokio::test]
async fn a_client_that_is_not_known_any_more_waits_for_the_administrator() {
    let crm = signed_in().await;
    crm.daemon.clock.advance(61 * MINUTE);
    crm.vendor.next(&[Mood::InvalidClient]);
    let error: UpstreamError = crm.ask().await.expect_err("refused");
    assert!(error.to_string().contains("client_secret") && !error.to_string().contains("CANARY"), "{error}");
    assert!(!state(&crm).is_usable());
    // The secret is right again: nobody has to sign in again.
    crm.daemon.state.authority.heal().await;
    assert!(state(&crm).is_usable(), "{}", state(&crm));
    crm.ask().await.expect("healed");
}

#[tokio::test]
async fn a_sign_out_during_a_renewal_holds() {
    let crm = signed_in().await;
    crm.daemon.clock.advance(61 * MINUTE);
    crm.vendor.next(&[Mood::Wait]);
    let (asked, ()) = tokio::join!(crm.ask(), async {
        crm.vendor.until(|books| books.refreshes == 1).await;
        crm.daemon.post("/authorize", &serde_json::json!({"authorized": true})).await;
        crm.vendor.until(|books| books.revoked.len() == 1).await;
        crm.vendor.books().grace = true;
        crm.vendor.go_on();
    });
    asked.expect_err("signed out");
    assert!(!state(&crm).is_usable());
    assert!(crm.daemon.state.storage.list_credentials().await.expect("rows").is_empty());
}
