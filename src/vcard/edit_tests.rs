use super::*;
use crate::vcard::draft::Draft;

fn phone(number: &str, kind: &str) -> NewPhone {
    NewPhone { phone_number: number.into(), phone_type: kind.into() }
}

fn read(card: &str) -> Draft {
    person(card.as_bytes()).unwrap().draft
}

#[test]
fn a_new_card_reads_as_it_was_given() {
    let kinds =
        ["mobile", "business", "home", "fax", "company", "phone", "direct", "contact", "extension", "other", "pager"];
    let contact = NewContact {
        name: "Ada, Countess; of \\ Lovelace — a name that is longer than one line of a card may be".into(),
        company: "Harbor; Ltd".into(),
        job_title: "Head\nof numbers".into(),
        phone_numbers: kinds.iter().enumerate().map(|(at, kind)| phone(&format!("+1650555010{at}"), kind)).collect(),
        emails: vec!["ada@harbor.example".into()],
        ..NewContact::default()
    };
    let card = fresh(&contact, "u-1");
    assert!(card.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{card}");
    let draft = read(&card);
    assert_eq!((&draft.name, &draft.company), (&contact.name, &contact.company));
    assert_eq!((draft.job_title.as_str(), draft.own_id.as_str()), ("Head\nof numbers", "u-1"));
    let found: Vec<&str> = draft.phones.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(found[..10], kinds[..10]);
    assert_eq!((found[10], draft.emails[0].as_str()), ("other", "ada@harbor.example"));
    let unnamed = NewContact { phone_numbers: vec![phone("+16505550100", "")], ..NewContact::default() };
    assert_eq!(read(&fresh(&unnamed, "u")).name, "+16505550100");
}

const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//x//y\r\nUID:17\r\nFN:Ada Byron\r\nN:Byron;Ada;Augusta;Lady;\r\n\
    ORG:Harbor\\, Ltd;Sales\r\nNOTE:line one\\n\r\n  folded\\; on\r\nitem1.TEL;type=pref:(650) 555-0100\r\n\
    item1.X-ABLabel:_$!<Direct>!$_\r\nTEL;TYPE=CELL:+1 650 555 0101\r\nitem2.TEL:+16505550102\r\nitem2.X-ABLabel:Boat\r\n\
    item3.URL:https://harbor.example\r\nEMAIL;TYPE=WORK:Ada@harbor.example\r\nX-OWN;P=\"a:b\":kept\r\n\
    PHOTO;ENCODING=b;TYPE=JPEG:QUJD\r\n QUJD\r\nEND:VCARD\r\n";

#[test]
fn what_is_not_given_stays_to_the_byte() {
    assert_eq!(edited(CARD, &NewContact::default(), None).unwrap(), CARD);
    let same = NewContact {
        name: "Ada Byron".into(),
        company: "Harbor, Ltd".into(),
        phone_numbers: vec![
            phone("+16505550100", "direct"),
            phone("+16505550101", "mobile"),
            phone("+16505550102", "other"),
        ],
        emails: vec!["ada@harbor.example".into()],
        ..NewContact::default()
    };
    assert_eq!(edited(CARD, &same, None).unwrap(), CARD);
}

#[test]
fn only_what_is_given_changes() {
    let change = NewContact {
        name: "Ada Lovelace".into(),
        company: "Engines".into(),
        job_title: "Analyst".into(),
        phone_numbers: vec![phone("+16505550101", "business"), phone("+16505550109", "mobile")],
        ..NewContact::default()
    };
    let after = edited(CARD, &change, None).unwrap();
    let expected = CARD
        .replace("FN:Ada Byron", "FN:Ada Lovelace")
        .replace("N:Byron;Ada;Augusta;Lady;", "N:Lovelace;Ada;Augusta;Lady;")
        .replace("ORG:Harbor\\, Ltd;Sales", "ORG:Engines;Sales")
        .replace("item1.TEL;type=pref:(650) 555-0100\r\nitem1.X-ABLabel:_$!<Direct>!$_\r\n", "")
        .replace("TEL;TYPE=CELL:+1 650 555 0101\r\n", "")
        .replace("item2.TEL:+16505550102\r\nitem2.X-ABLabel:Boat\r\n", "")
        .replace("END:VCARD", "TITLE:Analyst\r\nTEL;TYPE=WORK:+16505550101\r\nTEL;TYPE=CELL:+16505550109\r\nEND:VCARD");
    assert_eq!(after, expected);
    assert_eq!(edited(&after, &change, None).unwrap(), after, "once more changes nothing");
}

#[test]
fn cards_inside_cards_and_no_cards() {
    let nested = "BEGIN:VCARD\nVERSION:2.1\nN:King;Ada\nAGENT:\nBEGIN:VCARD\nFN:Agent\nTEL:1234567\nEND:VCARD\n\
        PHOTO;BASE64:\nQUJDQUJD\nQUJD\n\nTEL;HOME:7654321\nEND:VCARD\n";
    let change = NewContact { phone_numbers: vec![phone("+16505550100", "home")], ..NewContact::default() };
    let expected = nested.replace("TEL;HOME:7654321\nEND", "TEL;TYPE=HOME:+16505550100\nEND");
    assert_eq!(edited(nested, &change, None).unwrap(), expected);
    assert!(edited("hello", &change, None).is_none() && edited("BEGIN:VCARD\nFN:A\n", &change, None).is_none());
}

proptest::proptest! {
    /// Whatever a server holds: nothing panics, and nothing changes where nothing is asked for.
    #[test]
    fn any_text(text in "(BEGIN:VCARD\r?\n)?((TEL|FN|N|item1\\.TEL|ORG|EMAIL|AGENT|X|PHOTO|\\PC{0,6})(;[A-Z=\",a-z]{0,9}){0,3}:?[\\PC\r\n\t =;,\\\\]{0,40}\r?\n){0,6}(END:VCARD)?\r?\n?") {
        drop(person(text.as_bytes()));
        if let Some(same) = edited(&text, &NewContact::default(), None) {
            proptest::prop_assert_eq!(&same, &text);
        }
        let change = NewContact {
            name: "Ada Lovelace".into(),
            company: "Engines".into(),
            phone_numbers: vec![phone("+16505550101", "direct")],
            emails: vec!["ada@harbor.example".into()],
            ..NewContact::default()
        };
        if let Some(once) = edited(&text, &change, None) {
            proptest::prop_assert_eq!(&edited(&once, &change, None).unwrap(), &once, "once more changes something");
        }
    }
}
