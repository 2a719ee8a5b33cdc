//! libphonenumber's example numbers of every region and type, in four spellings: stored in each,
//! asked in each, all must match.

use rlibphonenumber::enums::{PhoneNumberType, Region as LibRegion};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat};
use serde_json::{Value, json};
use trunkline::domain::phone::{Number, Region};

use crate::support::Daemon;
use crate::support::daemon::ids;

const TYPES: [PhoneNumberType; 11] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::FixedLineOrMobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::SharedCost,
    PhoneNumberType::VoIP,
    PhoneNumberType::PersonalNumber,
    PhoneNumberType::Pager,
    PhoneNumberType::UAN,
    PhoneNumberType::VoiceMail,
];

fn format(number: &PhoneNumber, as_format: PhoneNumberFormat) -> String {
    PHONE_NUMBER_UTIL.format(number, as_format).into_owned()
}

/// E.164, international, national, RFC 3966.
fn spellings(number: &PhoneNumber) -> [String; 4] {
    [PhoneNumberFormat::E164, PhoneNumberFormat::International, PhoneNumberFormat::National, PhoneNumberFormat::RFC3966]
        .map(|as_format| format(number, as_format))
}

/// (code of the region, its example numbers).
fn examples() -> Vec<(String, Vec<PhoneNumber>)> {
    let mut regions: Vec<LibRegion> = PHONE_NUMBER_UTIL.get_supported_regions().collect();
    regions.sort_by_key(ToString::to_string);
    regions
        .into_iter()
        .map(|region| {
            let numbers = TYPES
                .into_iter()
                .filter_map(|kind| PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind).ok());
            (region.to_string(), numbers.collect())
        })
        .collect()
}

#[test]
fn example_numbers_of_all_regions_and_types_are_one_key_in_four_spellings() {
    let examples = examples();
    assert!(examples.len() >= 240, "{} regions", examples.len());
    let (mut pairs, mut wrong) = (0, Vec::new());
    for (code, numbers) in &examples {
        let region = Region::from_code(code);
        assert!(region.is_some() && !numbers.is_empty(), "{code}");
        for number in numbers {
            let keys = spellings(number).map(|text| (Number::parse(&text, region), text));
            for (stored, written) in &keys {
                for (asked, typed) in &keys {
                    pairs += 1;
                    let (Some(stored), Some(asked)) = (stored, asked) else {
                        wrong.push(format!("{code}: {written} or {typed} is no number"));
                        continue;
                    };
                    if (&stored.number, &stored.extension) != (&asked.number, &asked.extension) {
                        wrong.push(format!("{code}: {written} = {stored:?}, {typed} = {asked:?}"));
                    }
                }
            }
        }
    }
    assert!(pairs > 20_000, "{pairs} pairs");
    let shown: Vec<&String> = wrong.iter().take(30).collect();
    assert!(wrong.is_empty(), "{} of {pairs} pairs do not match: {shown:#?}", wrong.len());
}

#[test]
fn numbers_of_no_region_are_one_key_in_four_spellings() {
    let mut codes: Vec<i32> = PHONE_NUMBER_UTIL.get_supported_global_network_calling_codes().collect();
    codes.sort_unstable();
    assert!(codes.len() >= 8, "{codes:?}");
    for code in codes {
        let number = PHONE_NUMBER_UTIL.get_example_number_for_non_geo_entity(code).expect("an example");
        let [e164, international, _, rfc3966] = spellings(&number);
        // No country writes it nationally: the fourth is how a British phone dials it.
        let dialled = format!("00{}", e164.trim_start_matches('+'));
        for text in [&e164, &international, &rfc3966, &dialled] {
            let key = Number::parse(text, Region::from_code("GB")).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(key.number, e164, "{text}");
        }
    }
}

#[tokio::test]
async fn a_sample_of_regions_matches_over_http_stored_and_asked_in_every_spelling() {
    let sample = [
        "US", "CA", "GB", "DE", "FR", "IT", "ES", "NL", "BE", "CH", "AT", "SE", "NO", "DK", "FI", "PL", "CZ", "RU",
        "UA", "TR", "IL", "AE", "IN", "CN", "JP", "KR", "SG", "AU", "NZ", "BR", "AR", "MX", "ZA", "NG", "SM", "NU",
        "SH", "CI",
    ];
    for (code, numbers) in examples().into_iter().filter(|(code, _)| sample.contains(&code.as_str())) {
        let daemon = Daemon::with(&format!("[numbers]\ndefault_region = '{code}'\n")).await;
        let mut contacts = Vec::new();
        for (n, number) in numbers.iter().enumerate() {
            for (way, text) in spellings(number).into_iter().enumerate() {
                contacts.push(json!({"id": format!("{n}-{way}"), "name": code, "phoneNumbers": [text]}));
            }
        }
        daemon.contacts(&contacts).await;
        let asked: Vec<String> = numbers.iter().flat_map(spellings).collect();
        let data = daemon.data("/contacts/match", &json!({"phoneNumbers": asked})).await;
        for (n, number) in numbers.iter().enumerate() {
            for text in spellings(number) {
                let found = &data[&text];
                for way in 0..4 {
                    let id = format!("{n}-{way}");
                    assert!(ids(found).contains(&id.as_str()), "{code}: {text} does not find {id}: {found}");
                }
                let weak = found.as_array().expect("a list").iter().any(|e: &Value| e.get("matchQuality").is_some());
                assert!(!weak, "{code}: {text} matches, but not surely");
            }
        }
        daemon.stop().await;
    }
}
