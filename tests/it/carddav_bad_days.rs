//! CardDAV where the server, or what stands in front of it, misbehaves.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use trunkline::connectors::SharedConnector;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{NewContact, Trouble, UpstreamError};
use wiremock::ResponseTemplate;

use crate::conformance::{Model, Person};
use crate::support::dav::{card, connector, connector_within};
use crate::support::fake_dav::{FakeDav, multistatus, with_status};

fn member(at: usize) -> String {
    card(&format!("u{at}"), &Person::new("Member", &format!("N{at}"), &format!("+1650555{:04}", 1000 + at)))
}

fn body(request: &wiremock::Request) -> String {
    String::from_utf8_lossy(&request.body).into_owned()
}

async fn trouble(connector: &SharedConnector) -> UpstreamError {
    connector.list_changes(None).await.expect_err("trouble")
}

/// What hides behind a web page is no address book, and says so.
#[tokio::test]
async fn pages_and_broken_answers() {
    for (answer, kind, word) in [
        (200, "text/html", "text/html"),
        (207, "application/xml", "is broken"),
        (207, "application/json", "application/json"),
    ] {
        let fake = FakeDav::start(move |_, _| {
            let text = if kind == "application/xml" {
                "<d:multistatus xmlns:d='DAV:'><d:resp"
            } else {
                "<html><body>Log in</body></html>"
            };
            Some(ResponseTemplate::new(answer).set_body_raw(text, kind))
        })
        .await;
        let error = trouble(&connector(&fake.config())).await;
        assert_eq!(error.trouble, Trouble::Broken, "{error}");
        assert!(error.words.contains(word), "{error}");
    }
}

/// Statuses as the kinds of trouble, with the wait the server asks for.
#[tokio::test]
async fn refusals_are_told_apart() {
    for (status, trouble_of, wait) in [
        (429, Trouble::RateLimited, Some(17)),
        (429, Trouble::RateLimited, None),
        (503, Trouble::RateLimited, Some(120)),
        (503, Trouble::Down, None),
        (500, Trouble::Down, None),
        (504, Trouble::Slow, None),
    ] {
        let fake = FakeDav::start(move |_, _| {
            let answer = ResponseTemplate::new(status);
            Some(match wait {
                Some(seconds) => answer.insert_header("retry-after", seconds.to_string()),
                None => answer,
            })
        })
        .await;
        let error = trouble(&connector(&fake.config())).await;
        assert_eq!(
            (error.trouble, error.retry_after),
            (trouble_of, wait.map(Duration::from_secs)),
            "{status}: {error}"
        );
        assert!(error.words.contains(&status.to_string()), "{error}");
        assert_eq!(fake.asked().len(), 1, "a server in trouble is not asked in other ways");
    }
}

#[tokio::test]
async fn a_server_that_hangs_or_is_not_there() {
    let fake = FakeDav::start(|_, _| Some(ResponseTemplate::new(207).set_delay(Duration::from_mins(10)))).await;
    let hung = connector_within(&fake.config(), Duration::from_millis(100));
    assert_eq!(trouble(&hung).await.trouble, Trouble::Slow);
    let gone = crate::support::dav::config("http://127.0.0.1:1/", "pw");
    assert_eq!(trouble(&connector(&gone)).await.trouble, Trouble::Down);
}

/// 401 for ever; and 403, which says of a login what 401 should, or of a book what it means.
#[tokio::test]
async fn refused_credentials() {
    for status in [401, 403] {
        let fake = FakeDav::start(move |_, _| Some(ResponseTemplate::new(status))).await;
        let error = trouble(&connector(&fake.config())).await;
        assert_eq!(error.trouble, Trouble::Unauthorized, "{status}: {error}");
        assert_eq!(fake.asked().len(), 1, "a refused password is not tried again");
    }
    // The login ends in the middle of a run.
    let fake = FakeDav::start(|request, store| {
        (store.asked.iter().any(|asked| asked.starts_with("REPORT")) || request.method.as_str() == "REPORT")
            .then(|| ResponseTemplate::new(403))
    })
    .await;
    let error = trouble(&connector(&fake.config())).await;
    assert_eq!(error.trouble, Trouble::Unauthorized, "{error}");
    // Only this report is not allowed.
    let fake =
        FakeDav::start(|request, _| (request.method.as_str() == "REPORT").then(|| ResponseTemplate::new(403))).await;
    let error = trouble(&connector(&fake.config())).await;
    assert_eq!(error.trouble, Trouble::Forbidden, "{error}");
}

/// 507 for the book says that there is more: the next question goes on at the token it came with.
#[tokio::test]
async fn a_listing_that_is_cut_short() {
    let fake = FakeDav::start(|request, store| {
        let body = body(request);
        if !body.contains("sync-collection") || body.contains("<D:sync-token>half</D:sync-token>") {
            return None;
        }
        let first = store.cards.keys().next()?;
        let cut = with_status(&store.book, "507 Insufficient Storage");
        let first = with_status(first, "200 OK");
        Some(multistatus(&format!("{first}{cut}<d:sync-token>half</d:sync-token>")))
    })
    .await;
    for at in 0..3 {
        fake.store().put(&format!("{at}.vcf"), &member(at));
    }
    let mut model = Model::default();
    model.run(&*connector(&fake.config())).await.expect("a run");
    assert_eq!(model.records.len(), 3);
    assert!(model.cursor.is_some_and(|cursor| cursor.contains("t3")));

    let circle = FakeDav::start(|request, store| {
        let cut = with_status(&store.book, "507 Insufficient Storage");
        body(request)
            .contains("sync-collection")
            .then(|| multistatus(&format!("{cut}<d:sync-token>same</d:sync-token>")))
    })
    .await;
    let error = trouble(&connector(&circle.config())).await;
    assert_eq!(error.trouble, Trouble::Broken, "{error}");
}

/// A restored backup: the old token is taken, and the answer says that nothing changed. The sweep heals it.
#[tokio::test]
async fn a_token_that_is_taken_for_another() {
    let fake = FakeDav::start(|request, _| {
        body(request)
            .contains("<D:sync-token>t2</D:sync-token>")
            .then(|| multistatus("<d:sync-token>restored</d:sync-token>"))
    })
    .await;
    fake.store().put("a.vcf", &member(1));
    fake.store().put("b.vcf", &member(2));
    let mut model = Model::default();
    let connector = connector(&fake.config());
    model.run(&*connector).await.expect("a run");
    fake.store().delete("a.vcf");
    fake.store().put("b.vcf", &member(3));
    model.run(&*connector).await.expect("a run");
    assert!(model.records.contains_key("/alice/book/a.vcf"), "the server hides its changes");
    model.sweep(&*connector).await;
    let names: Vec<String> = model.seen().into_values().map(|seen| seen.name).collect();
    assert_eq!(names, ["Member N3"]);
}

/// A server that fails over one card: the others come. One that fails over all is down, and nothing is skipped.
#[tokio::test]
async fn one_card_that_breaks_the_server() {
    let fake = FakeDav::start(|request, _| {
        (body(request).contains("multiget") && body(request).contains("/7.vcf")).then(|| ResponseTemplate::new(500))
    })
    .await;
    for at in 0..20 {
        fake.store().put(&format!("{at}.vcf"), &member(at));
    }
    let mut model = Model::default();
    model.run(&*connector(&fake.config())).await.expect("a run");
    assert_eq!(model.records.len(), 19);
    // Nor does a sweep end over it, which asks for what it misses.
    model.sweep(&*connector(&fake.config())).await;
    assert_eq!(model.records.len(), 19);

    let down =
        FakeDav::start(|request, _| body(request).contains("multiget").then(|| ResponseTemplate::new(500))).await;
    for at in 0..20 {
        down.store().put(&format!("{at}.vcf"), &member(at));
    }
    assert_eq!(trouble(&connector(&down.config())).await.trouble, Trouble::Down);
    assert!(down.asked().len() < 10, "a server that is down is left alone");
}

/// Without sync tokens, versions are compared; a quiet poll asks one thing.
#[tokio::test]
async fn a_server_without_sync() {
    let fake = FakeDav::start(|_, _| None).await;
    fake.store().syncs = false;
    for at in 0..3 {
        fake.store().put(&format!("{at}.vcf"), &member(at));
    }
    let connector = connector(&fake.config());
    let mut model = Model::default();
    assert_eq!(model.run(&*connector).await.expect("a run").changes, 3);
    fake.asked();
    assert_eq!(model.run(&*connector).await.expect("a run").changes, 0);
    assert_eq!(fake.asked(), ["PROPFIND /alice/"]);
    fake.store().put("1.vcf", &member(11));
    fake.store().put("3.vcf", &member(3));
    fake.store().delete("0.vcf");
    assert_eq!(model.run(&*connector).await.expect("a run").changes, 3);
    let names: Vec<String> = model.seen().into_values().map(|seen| seen.name).collect();
    assert_eq!(names, ["Member N11", "Member N2", "Member N3"]);
}

/// A poll of a server where nothing changed asks one thing, too.
#[tokio::test]
async fn a_quiet_poll() {
    let fake = FakeDav::start(|_, _| None).await;
    fake.store().put("a.vcf", &member(1));
    let connector = connector(&fake.config());
    let mut model = Model::default();
    model.run(&*connector).await.expect("a run");
    fake.asked();
    model.run(&*connector).await.expect("a run");
    assert_eq!(fake.asked(), ["PROPFIND /alice/"]);
}

/// A write that fails after it was carried out is looked up, not reported; one that did not happen is.
#[tokio::test]
async fn a_write_with_an_unclear_end() {
    let done = FakeDav::start(|request, store| {
        let name = request.url.path().strip_prefix("/alice/book/")?.to_owned();
        (request.method.as_str() == "PUT").then(|| {
            store.put(&name, &body(request));
            ResponseTemplate::new(500)
        })
    })
    .await;
    let ada = NewContact { name: "Ada Lovelace".into(), ..NewContact::default() };
    let made = connector(&done.config()).create_contact(&Whose::Company, &ada).await.expect("it stands");
    assert_eq!(made.contact["name"], "Ada Lovelace");
    assert_eq!(done.store().cards.len(), 1);

    let lost =
        FakeDav::start(|request, _| (request.method.as_str() == "PUT").then(|| ResponseTemplate::new(500))).await;
    let error = connector(&lost.config()).create_contact(&Whose::Company, &ada).await.expect_err("it failed");
    assert!(error.trouble == Trouble::Down && !error.unclear, "{error:?}");

    let full = FakeDav::start(|request, _| {
        let words = "<d:error xmlns:d='DAV:' xmlns:s='http://sabredav.org/ns'><s:message>No  more\nroom</s:message><d:quota-not-exceeded/></d:error>";
        (request.method.as_str() == "PUT").then(|| ResponseTemplate::new(403).set_body_raw(words, "application/xml"))
    })
    .await;
    let error = connector(&full.config()).create_contact(&Whose::Company, &ada).await.expect_err("it is full");
    assert!(error.words.contains("quota-not-exceeded: No more room"), "{error}");
}

/// Somebody else writes between our reading and our writing: once is made good, for ever is told.
#[tokio::test]
async fn a_card_that_changes_meanwhile() {
    for (times, works) in [(1, true), (9, false)] {
        let left = AtomicUsize::new(times);
        let fake = FakeDav::start(move |request, store| {
            let meanwhile = request.method.as_str() == "PUT"
                && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            if meanwhile {
                let text = store.cards["/alice/book/a.vcf"].0.replace("END:", "NOTE:theirs\r\nEND:");
                store.put("a.vcf", &text);
            }
            None
        })
        .await;
        fake.store().put("a.vcf", &member(1));
        let change = NewContact { company: "Engines".into(), ..NewContact::default() };
        let result = connector(&fake.config()).update_contact(&Whose::Company, "/alice/book/a.vcf", &change).await;
        let text = fake.store().cards["/alice/book/a.vcf"].0.clone();
        if works {
            assert_eq!(result.expect("both").contact["company"], "Engines");
            assert!(text.contains("NOTE:theirs") && text.contains("ORG:Engines"), "{text}");
        } else {
            assert_eq!(result.expect_err("no end").trouble, Trouble::Rejected);
            assert!(!text.contains("Engines"));
        }
    }
}
