use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::Ordering;

use proptest::prelude::*;

use super::*;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import").join(name);
    std::fs::read(path).unwrap()
}

fn us() -> Options {
    Options { region: Region::from_code("US"), ..Options::default() }
}

fn items(bytes: &[u8], name: &str, options: Options) -> (Reader, Vec<Item>) {
    let mut reader = open(Cursor::new(bytes.to_vec()), name, options).unwrap_or_else(|error| panic!("{name}: {error}"));
    let items = reader.by_ref().map(Result::unwrap).collect();
    (reader, items)
}

/// Contacts as JSON, and rejects as line and reason.
fn read(name: &str) -> (&'static str, Vec<serde_json::Value>, Vec<(u64, String)>) {
    let (reader, items) = items(&fixture(name), name, us());
    let (mut contacts, mut rejects) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Contact { contact, .. } => contacts.push(serde_json::from_str(&contact.to_json()).unwrap()),
            Item::Reject { line, reason, .. } => rejects.push((line, reason)),
        }
    }
    (reader.recognised(), contacts, rejects)
}

fn phones(contact: &serde_json::Value) -> Vec<(&str, &str)> {
    let phones = contact["phoneNumbers"].as_array().unwrap();
    phones.iter().map(|p| (p["phoneNumber"].as_str().unwrap(), p["phoneType"].as_str().unwrap())).collect()
}

fn names(contacts: &[serde_json::Value]) -> Vec<&str> {
    contacts.iter().map(|contact| contact["name"].as_str().unwrap()).collect()
}

#[test]
fn google_contacts_old_and_new() {
    for file in ["google-old.csv", "google-new.csv"] {
        let (recognised, contacts, rejects) = read(file);
        assert_eq!((recognised, rejects.as_slice()), ("Google Contacts", &[][..]));
        assert_eq!(names(&contacts), ["Mara Quill", "Öz Demirci", "Harbor Freight Desk"], "{file}");
        let expected = [("+16505550111", "mobile"), ("+16505550112", "business"), ("+16505550113", "business")];
        assert_eq!(phones(&contacts[0]), expected, "{file}");
        assert_eq!(contacts[0]["emails"], serde_json::json!(["mara@quill.example", "m.quill@home.example"]));
        assert_eq!((&contacts[0]["company"], &contacts[0]["jobTitle"]), (&"Quill & Co".into(), &"Buyer".into()));
        assert!(!contacts[0].to_string().contains("allergic"), "notes stay out");
    }
}

#[test]
fn outlook_and_hubspot() {
    let (recognised, contacts, _) = read("outlook.csv");
    assert_eq!(recognised, "Outlook");
    assert_eq!(names(&contacts), ["Jörg K. Brandt", "Ada Vance"]);
    assert_eq!(
        phones(&contacts[0]),
        [("+493023125001", "fax"), ("+493023125000", "business"), ("+4917912345678", "mobile")]
    );
    assert_eq!(contacts[0]["jobTitle"], "Einkauf");
    let (recognised, contacts, rejects) = read("hubspot.csv");
    assert_eq!((recognised, contacts[0]["id"].as_str()), ("HubSpot", Some("import:9001")));
    assert_eq!(phones(&contacts[0]), [("+16505550121", "phone"), ("+16505550122", "mobile")]);
    assert_eq!(rejects.len(), 2);
    assert!(rejects[0].1.contains("9001") && rejects[1].1.contains("spreadsheet"), "{rejects:?}");
}

#[test]
fn bad_rows_are_named_and_the_rest_arrives() {
    let (_, contacts, rejects) = read("bad-rows.csv");
    assert_eq!(names(&contacts), ["Good One", "Short Row", "Mul\nti Line", "Nul Byte", "Latin Jürgen", "Last One"]);
    let found: Vec<_> = rejects.iter().map(|(line, reason)| (*line, reason.split(':').next().unwrap())).collect();
    assert_eq!(
        found,
        [
            (3, "the row has 6 columns and the header 3"),
            (5, "a quote is opened on this line and never closed"),
            (9, "the row has no name, no number and no e-mail address"),
            (11, "`name` is longer than 1000 bytes"),
        ]
    );
}

#[test]
fn vcards_of_every_version() {
    let (recognised, contacts, rejects) = read("mixed.vcf");
    assert_eq!(recognised, "vCard");
    assert_eq!(names(&contacts), ["Иван Олень", "Nora Field", "Kim Sample", "山田太郎"]);
    assert_eq!(phones(&contacts[1]), [("+16505550131", "mobile"), ("+16505550132*22", "business")]);
    assert_eq!(contacts[1]["id"], "import:card-2");
    assert_eq!(contacts[2]["profileImageUrl"], "https://pics.example/kim.png");
    assert_eq!(rejects.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [33, 45], "{rejects:?}");
}

#[test]
fn encodings_and_delimiters_make_the_same_contacts() {
    let text = "name;phone\r\nZoë Müller;650 555 0141\r\nLi;650 555 0142\r\n";
    let wide = |to: fn(u16) -> [u8; 2], mark: bool| {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(to).collect::<Vec<u8>>()
    };
    let (_, expected) = items(text.as_bytes(), "a.csv", us());
    assert_eq!(expected.len(), 2);
    for bytes in [
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
        wide(u16::to_le_bytes, true),
        wide(u16::to_be_bytes, true),
        wide(u16::to_le_bytes, false),
        text.replace(';', "\t").into_bytes(),
        text.replace(';', ",").replace("\r\n", "\r").into_bytes(),
    ] {
        assert_eq!(items(&bytes, "a.csv", us()).1, expected, "{:?}", String::from_utf8_lossy(&bytes));
    }
    let (_, shifted) = items(format!("sep=;\r\n{text}").as_bytes(), "a.csv", us());
    let line = |item: &Item| match item {
        Item::Contact { line, .. } | Item::Reject { line, .. } => *line,
    };
    assert_eq!((line(&expected[0]), line(&shifted[0]), shifted.len()), (2, 3, 2));
    let cyrillic = Options { encoding: Some("windows-1251".into()), ..us() };
    let (_, found) = items(b"name,phone\n\xcf\xb8\xf2\xf0,+16505550143\n", "a.csv", cyrillic);
    assert!(matches!(&found[0], Item::Contact { contact, .. } if contact.name == "Пётр"));
}

#[test]
fn a_second_run_makes_the_same_ids() {
    let ids = |text: &str| -> Vec<String> {
        let (_, items) = items(text.as_bytes(), "a.csv", us());
        let contacts = items.into_iter().filter_map(|item| match item {
            Item::Contact { contact, .. } => Some(contact.id),
            Item::Reject { .. } => None,
        });
        contacts.collect()
    };
    let text = "name,phone,title\nAnn,650 555 0100,Buyer\nBob,,x\nAnn,650 555 0100,Clerk\nBob,,x\n";
    let first = ids(text);
    assert_eq!(first.len(), 3, "an identical row is one contact");
    assert_eq!(first, ids(text));
    assert_eq!(first, ids(&text.replace("Buyer", "Owner").replace("650 555 0100", "+1 (650) 555-0100")));
    assert_eq!(first[2], format!("{}-2", first[0]));
}

#[test]
fn whole_files_that_cannot_be_read_say_why() {
    let error = |bytes: &[u8], name: &str| match open(Cursor::new(bytes.to_vec()), name, us()) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{name} was opened"),
    };
    assert!(error(b"", "a.csv").contains("empty"));
    assert!(error(b"\xff\xfe", "a.csv").contains("empty"));
    assert!(error(b"PK\x03\x04\x14\0", "a.xlsx").contains("CSV UTF-8"));
    assert!(error(b"Ann,+16505550100\n", "a.csv").contains("--map"));
    assert!(error(b"\"name,phone\nAnn,1\n", "a.csv").contains("--map"));
    assert!(error(b"x", "a.vcf").contains("BEGIN:VCARD"));
    let options = Options { encoding: Some("klingon".into()), ..us() };
    assert!(matches!(open(&b"x"[..], "a", options), Err(ImportError::Encoding(_))));
    let options = Options { label: "\n".into(), ..us() };
    assert!(matches!(open(&b"x"[..], "a", options), Err(ImportError::Label(_))));
}

/// Fails after some bytes, as a disk or a pipe does.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buf)? {
            0 => Err(io::Error::other("the disk is gone")),
            n => Ok(n),
        }
    }
}

#[test]
fn a_file_that_breaks_off_is_said_once() {
    let text = format!("name,phone\n{}", "Ann,650 555 0100\n".repeat(20_000));
    let mut reader = open(Failing(Cursor::new(text.into_bytes())), "a.csv", us()).ok().unwrap();
    assert_eq!((reader.format(), reader.bytes_read().load(Ordering::Relaxed)), (Format::Csv, 64 * 1024));
    assert!(matches!(reader.next(), Some(Ok(Item::Contact { line: 2, .. }))));
    let error = reader.next().unwrap().unwrap_err().to_string();
    assert!(error.contains("the disk is gone"), "{error}");
    assert!(reader.next().is_none());
    assert!(reader.duplicates() > 1000);
}

/// Files made of pieces that mean something to one of the two grammars.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 40] = [
        b"BEGIN:VCARD\r\n",
        b"END:VCARD\r\n",
        b"BEGIN:VCARD",
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b"FN:",
        b"N:a;b",
        b"TEL;",
        b"TYPE=",
        b"\"",
        b"\"\"",
        b":",
        b";",
        b",",
        b"=",
        b"=\r\n",
        b"\\",
        b"\\n",
        b"item1.",
        b"X-ABLabel:",
        b"ENCODING=QUOTED-PRINTABLE",
        b"ENCODING=b",
        b"CHARSET=",
        b"PHOTO;",
        b"AGENT:\r\n",
        b"name,phone\n",
        b"+16505550100",
        b"ext 5",
        b"\0",
        b"\xff\xfe",
        b"\xfc",
        b"\xc3",
        b"VALUE=uri:tel:+1",
        b"KIND:group",
        b"data:;base64,AA",
        b"1E+10",
        b"VERSION:4.0\n",
    ];
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_read_panics_or_runs_on(body in hostile(), noise: Vec<u8>, start in 0..4_usize) {
        let head: &[u8] = [&b""[..], b"name,phone,email\n", b"BEGIN:VCARD\n", b"FN;phone\n"][start];
        for tail in [&body, &noise] {
            let bytes = [head, tail].concat();
            let lines = bytes.len() as u64 + 1;
            let Ok(reader) = open(Cursor::new(bytes), "a.csv", us()) else { continue };
            for item in reader {
                let (Item::Contact { line, .. } | Item::Reject { line, .. }) = item.unwrap();
                prop_assert!((1..=lines).contains(&line));
            }
        }
    }
}
