use super::*;
use crate::vcard::draft::Draft;

fn found(text: &[u8]) -> Vec<(u64, Result<Draft, String>)> {
    let mut cards = Cards::new(Window::new(Box::new(std::io::Cursor::new(text.to_vec()))), Charset::new(None));
    let mut out = Vec::new();
    while let Some(found) = cards.advance().unwrap() {
        let result = match found {
            Found::Draft(draft) => Ok(draft),
            Found::Reject(reason) => Err(reason),
        };
        out.push((cards.line(), result));
    }
    out
}

fn one(body: &str) -> Draft {
    let text = format!("BEGIN:VCARD\r\n{body}\r\nEND:VCARD\r\n");
    found(text.as_bytes()).remove(0).1.unwrap()
}

fn phones(draft: &Draft) -> Vec<(&str, &str)> {
    draft.phones.iter().map(|(number, kind)| (number.as_str(), *kind)).collect()
}

#[test]
fn types_in_all_their_forms() {
    for (line, kind) in [
        ("TEL;CELL;VOICE:+1", "mobile"),
        ("TEL;TYPE=CELL:+1", "mobile"),
        ("TEL;TYPE=\"cell,voice\":+1", "mobile"),
        ("TEL;TYPE=work,voice,pref:+1", "business"),
        ("TEL;TYPE=WORK;TYPE=FAX:+1", "fax"),
        ("TEL;WORK;FAX:+1", "fax"),
        ("tel;type=iPhone;type=CELL;type=VOICE;type=pref:+1", "mobile"),
        ("TEL;TYPE=main:+1", "company"),
        ("TEL;HOME:+1", "home"),
        ("TEL:+1", "phone"),
        ("TEL;TYPE=VOICE:+1", "phone"),
        ("item1.TEL:+1\r\nitem1.X-ABLabel:_$!<Mobile>!$_", "mobile"),
        ("item2.TEL;type=pref:+1\r\nITEM2.X-ABLABEL:Work Fax", "fax"),
    ] {
        assert_eq!(phones(&one(&format!("VERSION:3.0\r\nFN:A\r\n{line}"))), [("+1", kind)], "{line}");
    }
    let uri = one("VERSION:4.0\r\nFN:A\r\nTEL;VALUE=uri;TYPE=work:tel:+1-650-555-0100;ext=22");
    assert_eq!(phones(&uri), [("tel:+1-650-555-0100;ext=22", "business")]);
}

#[test]
fn texts_of_old_phones() {
    let quoted = one(
        "VERSION:2.1\r\nN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=D0=98=D0=B2=D0=B0=\r\n=D0=BD;=D0=9E=D0=BB\r\nTEL;CELL:+1",
    );
    assert_eq!(quoted.name, "Ол Иван");
    assert_eq!(one("FN;QUOTED-PRINTABLE:J=C3=BCrg").name, "Jürg", "UTF-8 that is not named");
    assert_eq!(one("FN;ENCODING=QUOTED-PRINTABLE:J=FCrg").name, "Jürg");
    assert_eq!(one("FN;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:J=FCrg").name, "Jürg");
    let named = [&b"BEGIN:VCARD\nFN;CHARSET=windows-1251:"[..], b"\xcf\xb8\xf2\xf0", b"\nEND:VCARD\n"].concat();
    assert_eq!(found(&named)[0].1.as_ref().unwrap().name, "Пётр");
    let plain = found(b"BEGIN:VCARD\nFN:J\xfcrg\nEND:VCARD\n");
    assert_eq!(plain[0].1.as_ref().unwrap().name, "Jürg");
}

#[test]
fn folding_also_inside_a_character() {
    let text = "BEGIN:VCARD\r\nFN:Zo\u{eb} Long\r\n name\r\nORG:Harbor\\, Ltd;Sa\r\n\tles\r\nEND:VCARD\r\n";
    let mut bytes = text.as_bytes().to_vec();
    let inside = bytes.iter().position(|b| *b == 0xc3).unwrap() + 1;
    bytes.splice(inside..inside, *b"\r\n ");
    let draft = found(&bytes).remove(0).1.unwrap();
    assert_eq!((draft.name.as_str(), draft.company.as_str()), ("Zoë Longname", "Harbor, Ltd"));
    assert_eq!(draft.department, "Sales");
}

#[test]
fn names_ids_and_pictures() {
    let draft = one("VERSION:4.0\r\nN:Lee;Ann;B.;Dr.;\r\nUID:urn:uuid:1\r\nTITLE:Buyer\r\nEMAIL;TYPE=work:a@x.example\
                     \r\nPHOTO;VALUE=uri:https://pics.example/a.png\r\nREV:20260101T000000Z\r\nNOTE:secret");
    assert_eq!((draft.name.as_str(), draft.own_id.as_str()), ("Ann B. Lee", "urn:uuid:1"));
    assert_eq!((draft.photo.as_str(), draft.job_title.as_str()), ("https://pics.example/a.png", "Buyer"));
    assert_eq!(draft.emails, ["a@x.example"]);
    assert_eq!(one("N:山田;太郎;;;").name, "山田太郎");
}

#[test]
fn pictures_never_arrive() {
    let picture = format!("{}\r\n", "QUJD".repeat(18)).repeat(40_000);
    for photo in [
        format!("PHOTO;ENCODING=b;TYPE=JPEG:{}", "QUJD".repeat(700_000)),
        format!("PHOTO;ENCODING=BASE64;JPEG:\r\n {}", picture.replace("\r\n", "\r\n ")),
        format!("PHOTO;JPEG;ENCODING=BASE64:\r\n{picture}"),
        format!("PHOTO:data:image/png;base64,{}", "QUJD".repeat(700_000)),
    ] {
        let draft = one(&format!("FN:Ann\r\n{photo}\r\nTEL:+1"));
        assert_eq!((draft.name.as_str(), draft.photo.as_str(), phones(&draft)), ("Ann", "", vec![("+1", "phone")]));
    }
}

#[test]
fn broken_cards_are_told_apart() {
    let text = b"hello\nworld\nBEGIN:VCARD\nFN:Ann\nBEGIN:VCARD\nFN:Bob\nEND:VCARD\n\n\
        BEGIN:VCARD\nKIND:group\nFN:Team\nEND:VCARD\nBEGIN:VCARD\nX-ADDRESSBOOKSERVER-KIND:group\nFN:T\nEND:VCARD\n\
        BEGIN:VCARD\nEND:VCARD\nBEGIN:VCARD\nAGENT:\nBEGIN:VCARD\nFN:Agent\nEND:VCARD\nFN:Cy\nEND:VCARD\n\
        BEGIN:VCARD\nFN:Dee\n";
    let short = |(line, result): (u64, Result<Draft, String>)| match result {
        Ok(draft) => (line, draft.name),
        Err(reason) => (line, reason.split(':').next().unwrap_or_default().to_owned()),
    };
    let all: Vec<_> = found(text).into_iter().map(short).collect();
    let all: Vec<_> = all.iter().map(|(line, text)| (*line, text.as_str())).collect();
    assert_eq!(
        all,
        [
            (1, "the text stands outside a card"),
            (3, "the card does not end"),
            (5, "Bob"),
            (9, "a group, not a person"),
            (13, "a group, not a person"),
            (17, "the card has no name, no number and no e-mail address"),
            (19, "Cy"),
            (26, "the card does not end"),
        ]
    );
}

#[test]
fn a_card_without_measure_is_refused() {
    let many = "TEL:+16505550100\r\n".repeat(80_000);
    let text = format!("BEGIN:VCARD\r\nFN:Ann\r\n{many}END:VCARD\r\nBEGIN:VCARD\r\nFN:Bob\r\nEND:VCARD\r\n");
    let all = found(text.as_bytes());
    assert!(all[0].1.as_ref().unwrap_err().contains("1 MiB"));
    assert_eq!(all[1].1.as_ref().unwrap().name, "Bob");
}
