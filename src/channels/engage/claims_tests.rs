//! Claims of requests and of contacts.

use serde_json::{Map, Value, json};

use super::claims::{Person, uuid_of};
use crate::config::engage::{ExtraType, ExtraValue, FurtherField, SiteConfig};

fn read(site: &SiteConfig, body: Value) -> Result<Value, &'static str> {
    let Value::Object(body) = body else { panic!("no object") };
    Person::from_claims(site, body).map(|person| person.claims.into()).map_err(|problem| problem.code)
}

#[test]
fn claims_are_taken_or_refused_by_code() {
    let site = SiteConfig::default();
    let kept = read(
        &site,
        json!({"email": " a@example.com ", "firstname": "", "lastname": null, "screenname": "Ada",
        "extra_values": {"n": 1, "gone": null, "b": false}}),
    );
    assert_eq!(kept, Ok(json!({"screenname": "Ada", "email": "a@example.com", "extra_values": {"n": 1, "b": false}})));
    for (body, code) in [
        (json!({"firstname": 1}), "invalid_body"),
        (json!({"firstname": "x".repeat(1_001)}), "invalid_body"),
        (json!({"jti": "x"}), "unknown_field"),
        (json!({"mobile_phone": "+1"}), "unknown_field"),
        (json!({"avatar_url": "javascript:alert(1)"}), "avatar_not_https"),
        (json!({"extra_values": []}), "extra_value_nested"),
        (json!({"extra_values": {"a": {}}}), "extra_value_nested"),
        (json!({"extra_values": {"a.b": 1}}), "extra_key_forbidden"),
        (json!({"extra_values": {"$a": 1}}), "extra_key_forbidden"),
        (json!({"extra_values": {"  ": 1}}), "extra_key_forbidden"),
        (json!({"extra_values": {"a": "x".repeat(1_001)}}), "invalid_body"),
    ] {
        assert_eq!(read(&site, body.clone()), Err(code), "{body}");
    }
    let site = SiteConfig { further_fields: vec![FurtherField::MobilePhone], ..site };
    assert!(read(&site, json!({"mobile_phone": "+1"})).is_ok());
}

#[test]
fn uuids_of_requests() {
    assert_eq!(uuid_of(Some(json!("a"))).map_err(|problem| problem.code), Ok("a".into()));
    for (uuid, code) in [
        (None, "uuid_missing"),
        (Some(Value::Null), "uuid_missing"),
        (Some(json!("  ")), "uuid_blank"),
        (Some(json!(5)), "uuid_not_string"),
        (Some(json!("a\u{7}")), "invalid_body"),
        (Some(json!("x".repeat(1_001))), "invalid_body"),
    ] {
        assert_eq!(uuid_of(uuid.clone()).map_err(|problem| problem.code), Err(code), "{uuid:?}");
    }
}

#[test]
fn a_contact_becomes_claims_by_the_mapping() {
    let map = |key: &str, from: &str, kind, required, max_length| ExtraValue {
        key: key.into(),
        from: from.into(),
        kind,
        required,
        max_length,
    };
    let mut site = SiteConfig {
        extra_values: vec![
            map("customer_id", "contact.id", ExtraType::String, true, 64),
            map("owner", "contact.owner.id", ExtraType::Number, false, 64),
            map("second", "contact.emails.1", ExtraType::String, false, 64),
            map("vip", "contact.vip", ExtraType::Boolean, false, 64),
            map("job", "contact.jobTitle", ExtraType::String, false, 5),
        ],
        ..SiteConfig::default()
    };
    let contact = json!({"id": "crm:17", "name": "Ada Lovelace", "firstName": "Ada", "emails": ["ada@example.com"],
        "profileImageUrl": "http://x.example/a.png", "owner": {"id": "3"}, "vip": true, "jobTitle": "Analyst"});
    let person = Person::from_contact(&site, &contact).expect("claims");
    assert_eq!(
        Value::from(person.claims.clone()),
        json!({"screenname": "Ada Lovelace", "firstname": "Ada", "email": "ada@example.com",
            "extra_values": {"customer_id": "crm:17", "owner": 3, "vip": true}})
    );
    assert_eq!(person.omitted, [("second".to_owned(), "is not set"), ("job".to_owned(), "is too long")]);
    let payload = person.payload(7, "u").to_string();
    assert!(payload.starts_with("{\"exp\":7,\"uuid\":\"u\",\"screenname\":"), "{payload}");

    site.extra_values[2].required = true;
    let problem = Person::from_contact(&site, &contact).expect_err("refused");
    assert_eq!(problem.code, "extra_value_missing");
    assert!(problem.words.contains("`second`") && problem.words.contains("contact.emails.1"), "{}", problem.words);
    assert_eq!(Person::from_claims(&site, Map::new()).map(|person| person.claims), Ok(Map::new()));
}
