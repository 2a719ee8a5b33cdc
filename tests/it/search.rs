//! `/contacts/search` (protocol 3.2): while the operator types.

use serde_json::{Value, json};

use crate::support::Daemon;
use crate::support::daemon::ids;

async fn book() -> Daemon {
    let daemon = Daemon::start().await;
    let of = |id: &str, name: &str, company: &str, mail: &str, number: &str| {
        json!({"id": id, "name": name,
        "company": company, "emails": [mail], "phoneNumbers": [{"phoneNumber": number, "phoneType": "mobile"}]})
    };
    daemon
        .contacts(&[
            of("ann", "Ann Harbor", "Harbor Tools", "ann@harbor.example", "+16505550123"),
            of("zoe", "Zoë Müller-Lüdenscheidt", "Straßenbau GmbH", "zoe@bau.example", "+493012345678"),
            of("luk", "Łukasz Żółć", "Ørsted", "l.z@orsted.example", "+48221234567"),
            of("pet", "Пётр Ильич Чайковский", "Оркестр", "petr@music.example", "+74951234567"),
            of("yam", "山田 太郎", "東京商事", "yamada@tokyo.example", "+81312345678"),
            of("kim", "김민수", "서울전자", "kim@seoul.example", "+82212345678"),
            of("tan", "たなか はなこ", "", "tanaka@tokyo.example", "+81398765432"),
            of("obr", "Sinéad O'Brien", "A&B \"Quoted\" Ltd.", "sinead@ab.example", "+353861234567"),
        ])
        .await;
    daemon
}

async fn found(daemon: &Daemon, typed: &str) -> Vec<String> {
    let data = daemon.data("/contacts/search", &json!({"searchString": typed})).await;
    ids(&data).into_iter().map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn what_is_typed_finds_by_name_company_mail_and_number() {
    let daemon = book().await;
    for (typed, id) in [
        ("ann", "ann"),
        ("HARBOR", "ann"),
        ("harbor ann", "ann"),
        ("arbo", "ann"),
        ("tools", "ann"),
        ("ann@harbor", "ann"),
        ("harbor.example", "ann"),
        ("zoe", "zoe"),
        ("ZOË", "zoe"),
        ("muller", "zoe"),
        ("Müller", "zoe"),
        ("mu\u{308}ller", "zoe"),
        ("luden", "zoe"),
        ("denscheid", "zoe"),
        ("strasse", "zoe"),
        ("straße", "zoe"),
        ("lukasz", "luk"),
        ("zolc", "luk"),
        ("ŻÓŁĆ", "luk"),
        ("orsted", "luk"),
        ("петр", "pet"),
        ("ПЁТР", "pet"),
        ("чайк", "pet"),
        ("ковск", "pet"),
        ("оркестр", "pet"),
        ("山", "yam"),
        ("田", "yam"),
        ("山田", "yam"),
        ("太郎", "yam"),
        ("商事", "yam"),
        ("김", "kim"),
        ("민수", "kim"),
        ("전자", "kim"),
        ("はな", "tan"),
        ("た", "tan"),
        ("o'brien", "obr"),
        ("O’Brien", "obr"),
        ("brien", "obr"),
        ("sinead", "obr"),
        ("quoted", "obr"),
        ("6505550123", "ann"),
        ("650 555", "ann"),
        ("(650) 555-01", "ann"),
        ("5550123", "ann"),
        ("+1 650", "ann"),
        ("0123", "ann"),
        ("861234567", "obr"),
        ("ａｎｎ", "ann"),
    ] {
        let all = found(&daemon, typed).await;
        assert!(all.contains(&id.to_owned()), "{typed:?} does not find {id}: {all:?}");
    }
}

#[tokio::test]
async fn one_character_finds_already() {
    let daemon = book().await;
    for (typed, id) in [("a", "ann"), ("z", "zoe"), ("ч", "pet"), ("郎", "yam"), ("수", "kim")] {
        assert!(found(&daemon, typed).await.contains(&id.to_owned()), "{typed}");
    }
}

#[tokio::test]
async fn what_nobody_has_finds_nobody() {
    let daemon = book().await;
    for typed in ["xyzzy", "annn", "harbor zoe", "山口", "9999999", "ann 0124", "田山", "ё1"] {
        assert_eq!(found(&daemon, typed).await, [""; 0], "{typed}");
    }
}

#[tokio::test]
async fn quotes_and_operators_of_the_index_are_only_text() {
    let daemon = book().await;
    for typed in [
        "\"",
        "'",
        "\"\"",
        "ann\"",
        "\"ann",
        "ann*",
        "*",
        "an*n",
        "ann OR zoe",
        "ann AND",
        "NOT",
        "NEAR(ann zoe)",
        "NEAR/2",
        "text:ann",
        "ann - zoe",
        "^ann",
        "(ann",
        "ann)",
        "{ann}",
        "ann; drop table contact",
        "%",
        "_",
        "\\",
        "a\u{0}nn",
        "ann\n",
        "\u{202e}ann",
        "+",
        "-",
        "--",
        "AND",
        "OR",
        "😀",
        "\u{300}",
        "a b c d e f g h i j k l",
        "\u{fffd}",
    ] {
        let data = daemon.data("/contacts/search", &json!({"searchString": typed})).await;
        assert!(data.is_array(), "{typed:?}");
    }
    assert_eq!(found(&daemon, "ann OR zoe").await, [""; 0], "OR is a word like others");
    assert_eq!(found(&daemon, "ann\"*").await, ["ann"]);
}

#[tokio::test]
async fn nothing_typed_finds_nothing_and_odd_types_are_no_fault() {
    let daemon = book().await;
    for body in [
        json!({}),
        json!({"searchString": null}),
        json!({"searchString": ""}),
        json!({"searchString": "   "}),
        json!({"searchString": "...!?"}),
        json!({"searchString": []}),
    ] {
        assert_eq!(daemon.data("/contacts/search", &body).await, json!([]), "{body}");
    }
    let number = daemon.data("/contacts/search", &json!({"searchString": 5_550_123})).await;
    assert_eq!(ids(&number), ["ann"]);
    let long = daemon.data("/contacts/search", &json!({"searchString": "ann ".repeat(20_000)})).await;
    assert!(long.is_array());
}

#[tokio::test]
async fn the_best_come_first_and_a_name_is_better_than_a_company() {
    let daemon = Daemon::start().await;
    daemon
        .contacts(&[
            json!({"id": "infix", "name": "Rosanna Quay"}),
            json!({"id": "company", "name": "Zed", "company": "Anna Ltd"}),
            json!({"id": "second", "name": "Quay Anna"}),
            json!({"id": "first", "name": "Anna Quay"}),
        ])
        .await;
    assert_eq!(found(&daemon, "anna").await, ["first", "second", "infix", "company"]);
}

#[tokio::test]
async fn a_fitting_contact_is_found_among_thousands_that_share_its_letters() {
    let daemon = Daemon::start().await;
    let mut people: Vec<Value> =
        (0..3_000).map(|n| json!({"id": format!("c{n}"), "name": format!("Anders Other{n}")})).collect();
    people.push(json!({"id": "wanted", "name": "Anders Zimmermann"}));
    people.push(json!({"id": "exact", "name": "And"}));
    daemon.contacts(&people).await;
    assert_eq!(found(&daemon, "anders zimm").await, ["wanted"]);
    assert_eq!(found(&daemon, "anders").await.len(), 50);
    assert!(found(&daemon, "zimmermann anders").await.contains(&"wanted".to_owned()));
    assert_eq!(found(&daemon, "mmerm").await, ["wanted"]);
}

#[tokio::test]
async fn changed_and_deleted_contacts_are_found_as_they_are_now() {
    let daemon = book().await;
    daemon.contacts(&[json!({"id": "ann", "name": "Beate Hafen"})]).await;
    assert_eq!(found(&daemon, "harbor").await, [""; 0]);
    assert_eq!(found(&daemon, "hafen").await, ["ann"]);
    daemon.delete(&["ann"]).await;
    assert_eq!(found(&daemon, "hafen").await, [""; 0]);
    let listed = daemon.get("/v1/contacts?q=yamada").await.ok();
    assert_eq!(ids(&listed["items"]), ["yam"], "the API searches alike");
}
