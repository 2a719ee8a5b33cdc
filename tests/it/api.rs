//! `/v1/contacts`: the address book for programs.

use serde_json::{Value, json};

use crate::support::Daemon;
use crate::support::daemon::{ids, person};

async fn batch(daemon: &Daemon, body: Value) -> Value {
    daemon.send("POST", "/v1/contacts/batch", &body).await.ok()
}

#[tokio::test]
async fn a_contact_is_put_read_changed_and_deleted() {
    let daemon = Daemon::start().await;
    let stored = daemon.send("PUT", "/v1/contacts/ann", &person("other", "Ann", "(650) 555-0123")).await.ok();
    assert_eq!(stored["id"], "ann", "the address names it, not the body");
    assert_eq!(stored["phoneNumbers"][0]["phoneNumber"], "+16505550123");
    assert_eq!(stored["phoneNumbers"][0]["rawPhoneNumber"], "(650) 555-0123", "the text as written is kept");
    assert_eq!(daemon.get("/v1/contacts/ann").await.ok(), stored);
    let changed = daemon.send("PUT", "/v1/contacts/ann", &json!({"name": "Ann B"})).await.ok();
    assert_eq!((&changed["name"], &changed["phoneNumbers"]), (&json!("Ann B"), &json!([])), "a PUT replaces");
    assert_eq!(daemon.send("DELETE", "/v1/contacts/ann", &json!({})).await.status, 204);
    daemon.send("DELETE", "/v1/contacts/ann", &json!({})).await.problem(404, "not_found");
    daemon.get("/v1/contacts/ann").await.problem(404, "not_found");
    assert_eq!(daemon.get("/v1/contacts").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_contact_read_and_put_back_is_unchanged() {
    let daemon = Daemon::start().await;
    let one = json!({"id": "a", "name": "Ann", "phoneNumbers": [{"phoneNumber": "650 555 0123 x7", "phoneType": "Work",
        "label": "desk"}], "emails": ["a@b.example"], "company": "C", "jobTitle": "J", "department": "D",
        "profileImageUrl": "https://x.example/a.png", "crm": {"owner": {"id": 3}, "tags": ["x", null, 1.5]}});
    daemon.contacts(&[one]).await;
    let read = daemon.get("/v1/contacts/a").await.ok();
    assert_eq!(read["crm"], json!({"owner": {"id": 3}, "tags": ["x", null, 1.5]}), "unknown keys are kept");
    assert_eq!(read["phoneNumbers"][0]["label"], "desk");
    assert_eq!(daemon.contacts(std::slice::from_ref(&read)).await["unchanged"], 1);
    let listed = daemon.data("/contacts", &json!({})).await[0].clone();
    assert_eq!(daemon.contacts(&[listed]).await["unchanged"], 1, "what the widget has is the same contact");
}

#[tokio::test]
async fn a_batch_counts_what_it_did() {
    let daemon = Daemon::start().await;
    let first = batch(&daemon, json!({"contacts": [person("a", "A", "1"), person("b", "B", "2")]})).await;
    assert_eq!(first, json!({"upserted": 2, "unchanged": 0, "deleted": 0, "rejected": []}));
    let second = batch(
        &daemon,
        json!({"contacts": [person("a", "A", "1"), person("b", "Bob", "2"), person("c", "C", "3"), {"id": "bad", "name": []},
            {"name": "no id"}, "text", null, {"id": "", "name": "x"}, {"id": "empty"}], "deleted": ["a2", "c2", null, ""]}),
    )
    .await;
    assert_eq!((&second["upserted"], &second["unchanged"], &second["deleted"]), (&json!(2), &json!(1), &json!(0)));
    let rejected = second["rejected"].as_array().expect("a list");
    assert_eq!(rejected.len(), 8, "{second}");
    assert!(rejected.iter().all(|r| r["reason"].as_str().is_some_and(|words| words.len() > 10)), "{second}");
    assert_eq!(rejected[0]["id"], "bad");
    let third = batch(&daemon, json!({"deleted": ["a", "b", "b", "nobody"]})).await;
    assert_eq!(third["deleted"], 2, "{third}");
    let listed = daemon.get("/v1/contacts").await.ok();
    assert_eq!(ids(&listed["items"]), ["c"]);
    for empty in [json!({}), json!({"contacts": null, "deleted": null}), json!({"contacts": []})] {
        assert_eq!(batch(&daemon, empty).await["upserted"], 0);
    }
    for wrong in [json!([]), json!({"contacts": {}}), json!({"deleted": "a"}), json!({"contacts": 1})] {
        daemon.send("POST", "/v1/contacts/batch", &wrong).await.problem(422, "invalid_body");
    }
}

#[tokio::test]
async fn a_batch_that_names_an_id_twice_takes_the_last() {
    let daemon = Daemon::start().await;
    let counts = batch(
        &daemon,
        json!({"contacts": [person("a", "One", "1"), person("b", "B", "2"), person("a", "Two", "+16505550123")]}),
    )
    .await;
    assert_eq!(counts["upserted"], 2);
    assert_eq!(daemon.get("/v1/contacts/a").await.ok()["name"], "Two");
    assert_eq!(daemon.matched("1").await, [""; 0]);
    assert_eq!(daemon.matched("+16505550123").await, ["a"]);
    let both = batch(&daemon, json!({"contacts": [person("a", "Three", "1")], "deleted": ["a"]})).await;
    assert_eq!((&both["upserted"], &both["deleted"]), (&json!(0), &json!(1)));
    daemon.get("/v1/contacts/a").await.problem(404, "not_found");
    // Ids as numbers and as text are one id.
    let counts = batch(&daemon, json!({"contacts": [{"id": 7, "name": "N"}, {"id": "7", "name": "T"}]})).await;
    assert_eq!(counts["upserted"], 1);
    assert_eq!(daemon.get("/v1/contacts/7").await.ok()["name"], "T");
    assert_eq!(batch(&daemon, json!({"deleted": [7]})).await["deleted"], 1);
}

#[tokio::test]
async fn ten_thousand_contacts_in_one_batch() {
    let daemon = Daemon::start().await;
    let people: Vec<Value> = (0..10_000)
        .map(|n| person(&format!("c{n}"), &format!("P {n}"), &format!("+1650{:07}", 2_000_000 + n)))
        .collect();
    assert_eq!(daemon.contacts(&people).await["upserted"], 10_000);
    assert_eq!(daemon.contacts(&people).await["unchanged"], 10_000);
    assert_eq!(daemon.matched("+16502009999").await, ["c9999"]);
    let gone: Vec<String> = (0..9_999).map(|n| format!("c{n}")).collect();
    assert_eq!(batch(&daemon, json!({"deleted": gone})).await["deleted"], 9_999);
    let too_many: Vec<Value> = (0..20_001).map(|n| json!({"id": n})).collect();
    daemon.send("POST", "/v1/contacts/batch", &json!({"contacts": too_many})).await.problem(422, "invalid_body");
}

#[tokio::test]
async fn ids_of_any_characters_are_reached_by_their_address() {
    let daemon = Daemon::start().await;
    for id in
        ["a/b", "50%", "a b", "é", "山田", "😀", "a?b#c", "..", ".", "batch2", "a%2Fb", "\"';--", "+1", "a&b=c", "\\"]
    {
        let address = url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20");
        // A client resolves dots away, encoded or not: these ids are reached by batch and list only.
        let path = format!("/v1/contacts/{address}");
        if !id.chars().all(|c| c == '.') {
            daemon.send("PUT", &path, &json!({"name": "x"})).await.ok();
            assert_eq!(daemon.get(&path).await.ok()["id"], id);
        }
        daemon.contacts(&[json!({"id": id, "name": "y"})]).await;
        let listed = daemon.get("/v1/contacts?limit=1000").await.ok();
        assert_eq!(ids(&listed["items"]), [id], "one contact, the same by both ways");
        assert_eq!(batch(&daemon, json!({"deleted": [id]})).await["deleted"], 1, "{id}");
    }
    for bad in ["a\nb", "a\u{0}", "\u{7f}", &"x".repeat(257)] {
        let counts = batch(&daemon, json!({"contacts": [{"id": bad, "name": "x"}]})).await;
        assert_eq!(counts["rejected"].as_array().map(Vec::len), Some(1), "{bad:?}");
    }
}

#[tokio::test]
async fn a_contact_with_no_number_is_listed_found_and_shown() {
    let daemon = Daemon::start().await;
    daemon.contacts(&[json!({"id": "a", "name": "Numberless Nell", "phoneNumbers": null, "emails": null})]).await;
    let listed = daemon.data("/contacts", &json!({})).await;
    assert_eq!((&listed[0]["phoneNumbers"], &listed[0]["emails"]), (&json!([]), &json!([])));
    assert_eq!(ids(&daemon.data("/contacts/search", &json!({"searchString": "nell"})).await), ["a"]);
    let odd = json!({"id": "b", "name": "Odd", "phoneNumbers": [null, "", " ", "no number", {"phoneType": "mobile"}, {"phoneNumber": null}]});
    daemon.contacts(&[odd]).await;
    let b = daemon.get("/v1/contacts/b").await.ok();
    assert_eq!(b["phoneNumbers"], json!([{"phoneNumber": "no number", "phoneType": "unknown"}]));
}

#[tokio::test]
async fn a_list_is_paged_to_its_end() {
    let daemon = Daemon::start().await;
    let people: Vec<Value> = (0..25).map(|n| person(&format!("c{n:02}"), "P", "1")).collect();
    daemon.contacts(&people).await;
    let (mut found, mut page, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let answer = daemon.get(&format!("/v1/contacts?limit=10&page={page}")).await.ok();
        found.extend(ids(&answer["items"]).into_iter().map(String::from));
        pages += 1;
        match answer["nextPage"].as_str() {
            Some(next) => next.clone_into(&mut page),
            None => break,
        }
    }
    assert_eq!((found.len(), pages), (25, 3));
    found.dedup();
    assert_eq!(found.len(), 25);
}

#[tokio::test]
async fn logs_are_listed_page_by_page() {
    let daemon = Daemon::start().await;
    for n in 0..25 {
        daemon.clock.advance(1);
        daemon
            .post("/callLogger", &json!({"call": {"sessionId": format!("s{n}")}, "triggerType": "presenceUpdate"}))
            .await;
        let conversation = json!({"conversationId": format!("v{n}"), "messages": [{"id": n}]});
        daemon.post("/messageLogger", &json!({"conversation": conversation, "triggerType": "auto"})).await;
    }
    for (list, key) in [("/v1/call-logs", "sessionId"), ("/v1/message-logs", "conversationId")] {
        let (mut found, mut page) = (Vec::new(), String::new());
        loop {
            let answer = daemon.get(&format!("{list}?limit=10&page={page}")).await.ok();
            let items = answer["items"].as_array().expect("items");
            found.extend(items.iter().map(|item| item[key].as_str().expect("a key")[1..].parse::<usize>().expect("n")));
            match answer["nextPage"].as_str() {
                Some(next) => next.clone_into(&mut page),
                None => break,
            }
        }
        assert_eq!(found, (0..25).collect::<Vec<_>>(), "{list}");
    }
}
