//! CardDAV against Radicale and Xandikos.

use serde_json::json;
use trunkline::domain::credential::Whose;
use trunkline::domain::upstream::{Change, NewContact, NewPhone, Next, Trouble};

use crate::conformance::{Model, Person, World, conform};
use crate::support::dav::{DavWorld, card, connector};

#[tokio::test]
async fn radicale_conforms() {
    conform(&mut DavWorld::radicale().await).await;
}

#[tokio::test]
async fn xandikos_conforms() {
    conform(&mut DavWorld::xandikos().await).await;
}

/// What the two servers answer to tokens they do not know is told apart by its body, not its status.
#[tokio::test]
async fn tokens_that_are_not_known() {
    for world in [DavWorld::radicale().await, DavWorld::xandikos().await] {
        for token in [
            "http://radicale.org/ns/sync/0000000000000000000000000000000000000000000000000000000000000000",
            "0123456789012345678901234567890123456789",
            "<&\"junk",
        ] {
            let error = world.connector().list_changes(Some(&world.cursor_at(token))).await.expect_err(token);
            assert_eq!(error.trouble, Trouble::Gone, "{token}: {error}");
        }
    }
}

/// Cards as programs write them: groups are no people, pictures stay away, categories and books become
/// facets, and a card that says nothing holds up nobody.
#[tokio::test]
async fn cards_of_all_kinds() {
    let world = DavWorld::xandikos().await;
    let picture = format!("PHOTO;ENCODING=b;TYPE=JPEG:{}\r\n", "QUJD".repeat(500_000));
    let ada = card("ada", &Person::new("Ada", "Lovelace", "+16505550100"));
    let with = |lines: &str| ada.replace("END:VCARD", &format!("{lines}END:VCARD"));
    let put = async |name: &str, card: &str| world.other.put(&format!("{}{name}", world.book), card).await;
    put("ada.vcf", &with(&format!("CATEGORIES:Board,Friends\r\n{picture}"))).await;
    put("four.vcf", "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:four\r\nFN:Four\r\nTEL;VALUE=uri;TYPE=\"cell,voice\":tel:+1-650-555-0104\r\nEND:VCARD\r\n").await;
    put("label.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:label\r\nFN:La\r\n bel\r\nN:Label;;;;\r\nitem1.TEL:(650) 555-0105\r\nitem1.X-ABLabel:Work Fax\r\nEND:VCARD\r\n").await;
    put("group.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:g1\r\nFN:Team\r\nN:Team;;;;\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:ada\r\nEND:VCARD\r\n").await;
    put(
        "group4.vcf",
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:g2\r\nKIND:group\r\nFN:Team 4\r\nMEMBER:urn:uuid:ada\r\nEND:VCARD\r\n",
    )
    .await;
    put("bare.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:bare\r\nFN:\r\nN:;;;;\r\nNOTE:nobody\r\nEND:VCARD\r\n").await;

    let mut model = Model::default();
    let connector = world.connector();
    model.run(&*connector).await.expect("a run");
    let id = |name: &str| format!("{}{name}", world.book);
    let ids: Vec<&String> = model.records.keys().collect();
    assert_eq!(ids, [&id("ada.vcf"), &id("four.vcf"), &id("label.vcf")]);
    let ada = &model.records[&id("ada.vcf")];
    assert_eq!(
        (&ada.facets.tags, &ada.facets.lists),
        (&vec!["Board".into(), "Friends".into()], &vec!["addressbook".into()])
    );
    assert!(ada.raw.to_string().len() < 1_000, "the picture came along");
    assert_eq!(ada.contact["phoneNumbers"], json!([{"phoneNumber": "+16505550100", "phoneType": "mobile"}]));
    assert_eq!(model.records[&id("label.vcf")].contact["phoneNumbers"][0]["phoneType"], "fax");
    assert_eq!(model.records[&id("four.vcf")].contact["phoneNumbers"][0]["phoneType"], "mobile");

    // A person who becomes a group is nobody any more.
    put("four.vcf", "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:four\r\nKIND:group\r\nFN:Four\r\nEND:VCARD\r\n").await;
    model.run(&*connector).await.expect("a run");
    assert!(!model.records.contains_key(&id("four.vcf")));
}

/// All books are read, or those that are named; a book that goes away asks for a run from the start.
#[tokio::test]
async fn several_books() {
    let world = DavWorld::radicale().await;
    world.other.make_book("/alice/second/", "Suppliers &amp; Co").await;
    world.other.put("/alice/book/a.vcf", &card("a", &Person::new("Ada", "Lovelace", "+16505550100"))).await;
    world.other.put("/alice/second/b.vcf", &card("b", &Person::new("Alan", "Turing", "+16505550101"))).await;
    let mut model = Model::default();
    model.run(&*world.connector()).await.expect("a run");
    assert_eq!(model.records.len(), 2);
    assert_eq!(model.records["/alice/second/b.vcf"].facets.lists, ["Suppliers & Co"]);
    model.sweep(&*world.connector()).await;
    assert_eq!(model.records.len(), 2);

    let mut config = world.config();
    config.vars.insert("book".into(), "suppliers & co".into());
    let mut one = Model::default();
    one.run(&*connector(&config)).await.expect("a run");
    assert_eq!(one.records.keys().collect::<Vec<_>>(), ["/alice/second/b.vcf"]);
    let made = connector(&config).create_contact(&Whose::Company, &named("Mary Somerville")).await.expect("made");
    assert!(made.external_id.starts_with("/alice/second/"), "{}", made.external_id);
    config.vars.insert("book".into(), "none".into());
    let error = connector(&config).list_changes(None).await.expect_err("no such book");
    assert!(error.trouble == Trouble::Rejected && error.words.contains("Customers"), "{error}");

    world.other.delete("/alice/second/").await;
    let error = model.run(&*world.connector()).await.expect_err("a book went away");
    assert_eq!(error.trouble, Trouble::Gone);
}

fn named(name: &str) -> NewContact {
    let phone = NewPhone { phone_number: "+16505550150".into(), phone_type: "mobile".into() };
    NewContact { name: name.into(), phone_numbers: vec![phone], ..NewContact::default() }
}

/// The address may be the server's, the principal's, the home's or the book's own.
#[tokio::test]
async fn addresses_that_lead_to_the_book() {
    for mut world in [DavWorld::radicale().await, DavWorld::xandikos().await] {
        let ids = world.add(&[Person::new("Ada", "Lovelace", "+16505550100")]).await;
        for path in ["", "/", "/alice/", world.book, world.book.trim_end_matches('/')] {
            let mut config = world.config();
            config.url = format!("{}{path}", world.server.base);
            let page = connector(&config).list_changes(None).await.unwrap_or_else(|error| panic!("{path}: {error}"));
            let found: Vec<&String> = page.changes.iter().filter_map(upsert).collect();
            assert_eq!(found, [&ids[0]], "{path}");
            let account = connector(&config).who_am_i(&Whose::Company).await.expect("an account");
            assert!(account.id.starts_with("/alice"), "{account:?}");
        }
    }
}

fn upsert(change: &Change) -> Option<&String> {
    match change {
        Change::Upsert(record) => Some(&record.external_id),
        Change::Delete { .. } => None,
    }
}

/// What the connector does not know of a card stays in it.
#[tokio::test]
async fn a_change_keeps_what_it_does_not_know() {
    for mut world in [DavWorld::radicale().await, DavWorld::xandikos().await] {
        let ids = world.add(&[Person::new("Ada", "Byron", "+16505550100")]).await;
        world.mark(&ids[0]).await;
        let change = NewContact { name: "Ada Lovelace".into(), company: "Engines".into(), ..NewContact::default() };
        let record =
            world.connector().update_contact(&Whose::Company, &ids[0], &change).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(record.contact["company"], "Engines");
        let card = world.other.get(&ids[0]).await;
        assert!(
            world.is_marked(&ids[0]).await && card.contains("PRODID") && card.contains("N:Lovelace;Ada;;;"),
            "{card}"
        );
    }
}

/// A first run comes in pages with their total; the cursor of a quiet run stays as it is.
#[tokio::test]
async fn hundreds_of_cards_in_pages() {
    let world = DavWorld::radicale().await;
    // Written into its folder: hundreds of requests would take longer than the test.
    let folder = world.server.folder.path().join("store/collection-root/alice/book");
    for at in 0..250 {
        let person = Person::new("Member", &format!("N{at}"), &format!("+1650555{:04}", 1000 + at));
        std::fs::write(folder.join(format!("{at}.vcf")), card(&at.to_string(), &person)).expect("a card");
    }
    let connector = world.connector();
    let (mut cursor, mut sizes) = (None, Vec::new());
    loop {
        let page = connector.list_changes(cursor.as_deref()).await.expect("a page");
        assert_eq!(page.total, Some(250));
        sizes.push(page.changes.len());
        match page.next {
            Next::More(next) => cursor = Some(next),
            Next::Done(next) => {
                cursor = next;
                break;
            }
        }
    }
    assert_eq!(sizes, [200, 50]);
    let quiet = connector.list_changes(cursor.as_deref()).await.expect("a page");
    assert_eq!((quiet.changes.len(), quiet.next), (0, Next::Done(cursor)));
}
