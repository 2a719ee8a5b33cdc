//! A made-up address book: the same on every machine, as large as asked for. The first people of a
//! large book are those of a small one.

mod countries;
// One name a line would be six hundred lines.
#[rustfmt::skip]
mod names;

use serde_json::{Value, json};

use self::countries::{AU, BR, CN, Country, DE, ES, FR, GB, GR, IN, JP, KR, PL, SE, UA, US};
use self::names::{DEPARTMENTS, STEMS, TITLES, TRADES};
use crate::domain::fold::fold;

/// Who comes in what order: of 20 people 16 write in Latin letters, 2 in Cyrillic or Greek, 2 in CJK.
const ROUND: [&Country; 20] =
    [&US, &GB, &DE, &JP, &US, &FR, &UA, &ES, &US, &AU, &PL, &DE, &CN, &BR, &US, &GR, &SE, &GB, &IN, &FR];
/// One switchboard in so many people ...
const BLOCK: u64 = 170;
/// ... is shared by at most this many of them.
const MOST_SHARING: u64 = 8;
/// Numbers set aside for each person of a country: three, and one for a switchboard.
const NUMBERS: u64 = 4;

/// The first `count` people: contacts as the widget reads them, with ids from `demo-00001`.
pub fn contacts(count: usize) -> impl Iterator<Item = Value> {
    (0..count as u64).map(contact)
}

/// `SplitMix64`: small, and unlike the generators of a library never another with a new version.
struct Chance(u64);

impl Chance {
    /// One person's own chance, so that nobody depends on who came before.
    fn of(person: u64) -> Self {
        Self(person.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0x7472_756E_6B6C_696E)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }

    fn percent(&mut self, of_hundred: u64) -> bool {
        self.below(100) < of_hundred
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.index(from.len())]
    }
}

/// The people of one switchboard: its number, and where they work.
struct Switchboard {
    number: String,
    /// Each has an extension behind the number, in place of the number alone.
    extensions: bool,
    company: String,
}

fn switchboard(person: u64) -> Option<Switchboard> {
    let block = person / BLOCK;
    let first = block * BLOCK;
    let host = first + block % 20;
    let same = |other: u64| country(other).calling_code == country(host).calling_code;
    if !same(person) {
        return None;
    }
    let mut chance = Chance::of(block ^ (1 << 40));
    if (first..person).filter(|other| same(*other)).count() as u64 >= 2 + chance.below(MOST_SHARING - 1) {
        return None;
    }
    let country = country(host);
    let number = format!("+{}{}", country.calling_code, country.land.number(ordinal(host) + NUMBERS - 1));
    Some(Switchboard { number, extensions: block % 3 == 2, company: company(&mut chance, country) })
}

fn country(person: u64) -> &'static Country {
    let (round, place) = (person / 20, person % 20);
    match ROUND[usize::try_from(place).unwrap_or(0)] {
        china if china.calling_code == CN.calling_code && round % 2 == 1 => &KR,
        country => country,
    }
}

/// The first of the numbers set aside for a person in the person's country.
fn ordinal(person: u64) -> u64 {
    let (round, place) = (person / 20, usize::try_from(person % 20).unwrap_or(0));
    let same = |other: &&&Country| other.calling_code == ROUND[place].calling_code;
    let (before, all) = (ROUND[..place].iter().filter(same).count(), ROUND.iter().filter(same).count());
    (round * all as u64 + before as u64) * NUMBERS
}

fn company(chance: &mut Chance, country: &Country) -> String {
    format!("{} {} {}", chance.pick(&STEMS), chance.pick(&TRADES), country.company_form)
}

fn contact(person: u64) -> Value {
    let mut chance = Chance::of(person);
    let shared = switchboard(person);
    let country = country(person);
    let names = country.names;
    let (given_at, family_at) = (chance.index(names.given.len()), chance.index(names.family.len()));
    let (given, family) = (names.given[given_at], names.family[family_at]);
    let name = match names.family_first {
        Some(between) => format!("{family}{between}{given}"),
        None => format!("{given} {family}"),
    };
    let company = company(&mut chance, country);
    let company = shared.as_ref().map_or(company, |board| board.company.clone());
    let mut contact = json!({
        "id": format!("demo-{:05}", person + 1),
        "name": name,
        "phoneNumbers": phones(&mut chance, person, country, shared.as_ref()),
    });
    if chance.percent(85) {
        let latin = |list: &[&'static str], at: usize, own: &'static str| list.get(at).copied().unwrap_or(own);
        let local =
            format!("{} {}", latin(names.latin_given, given_at, given), latin(names.latin_family, family_at, family));
        let domain = fold(company.rsplit_once(' ').map_or(&company, |(name, _)| name));
        let domain = domain.split(' ').take(2).collect::<Vec<_>>().join("-");
        contact["emails"] = json!([format!("{}@{domain}.example", fold(&local).replace(' ', "."))]);
    }
    contact["company"] = company.into();
    if chance.percent(95) {
        contact["jobTitle"] = chance.pick(&TITLES).into();
    }
    if chance.percent(90) {
        contact["department"] = chance.pick(&DEPARTMENTS).into();
    }
    contact
}

/// One to three numbers, 1.3 of them on average.
fn phones(chance: &mut Chance, person: u64, country: &Country, shared: Option<&Switchboard>) -> Vec<Value> {
    let phone = |number: String, kind: &str| json!({"phoneNumber": number, "phoneType": kind});
    let mut phones = Vec::with_capacity(3);
    let more = match chance.below(100) {
        0..6 => 2,
        6..24 => 1,
        _ => 0,
    };
    if let Some(board) = shared {
        let extension = if board.extensions { format!("*{}", 200 + person % BLOCK) } else { String::new() };
        phones.push(phone(format!("{}{extension}", board.number), "company"));
    }
    let own = ordinal(person);
    let lines = if shared.is_some() { more } else { more + 1 };
    for line in 0..lines {
        let mobile = country.mobile.as_ref().filter(|_| chance.percent(50));
        let number = mobile.unwrap_or(&country.land).number(own + line);
        let mut number = format!("+{}{number}", country.calling_code);
        let kind = match line {
            _ if mobile.is_some() => "mobile",
            0 => "business",
            _ if country.mobile.is_none() => "direct",
            _ => "home",
        };
        if kind == "business" && chance.percent(6) {
            let extension = 100 + chance.below(900);
            number =
                if chance.percent(50) { format!("{number}*{extension}") } else { format!("{number} ext. {extension}") };
        }
        phones.push(phone(number, kind));
    }
    phones
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::domain::contact::Contact;
    use crate::domain::fold::is_cjk;

    fn book(count: usize) -> Vec<Contact> {
        contacts(count).map(|value| Contact::from_json(value, None, None).unwrap()).collect()
    }

    #[test]
    fn the_book_is_the_same_everywhere() {
        let all: Vec<String> = contacts(5_000).map(|contact| contact.to_string()).collect();
        let hash = crate::domain::contact::content_hash(&all.join("\n"));
        assert_eq!(
            hash, -7_746_375_350_124_337_434,
            "a change of the book changes every figure that was measured with it"
        );
        assert_eq!(contacts(300).map(|contact| contact.to_string()).collect::<Vec<_>>(), all[..300]);
        let size = all.iter().map(String::len).sum::<usize>() / all.len();
        assert!((240..310).contains(&size), "{size} bytes a contact");
    }

    #[test]
    fn numbers_are_valid_and_scripts_are_mixed() {
        let book = book(5_000);
        let phones = book.iter().flat_map(|contact| &contact.phone_numbers);
        let invalid = phones.filter(|phone| phone.number.as_ref().is_none_or(|number| !number.certain));
        assert_eq!(invalid.map(|phone| phone.phone_number.as_str()).collect::<Vec<_>>(), [""; 0]);
        let share = |test: fn(char) -> bool| book.iter().filter(|c| c.name.chars().any(test)).count() * 100 / 5_000;
        assert_eq!((share(is_cjk), share(|c| matches!(c, '\u{370}'..='\u{52f}'))), (10, 10));
    }

    #[test]
    fn some_share_a_number_and_most_do_not() {
        let book = book(20_000);
        let mut owners: HashMap<String, usize> = HashMap::new();
        let numbers = book.iter().flat_map(|c| c.phone_numbers.iter().map(|p| p.phone_number.clone()));
        numbers.for_each(|number| *owners.entry(number).or_default() += 1);
        let shared = owners.values().filter(|count| **count > 1).sum::<usize>();
        assert!((300..700).contains(&shared), "{shared} of 20,000");
        assert!(owners.values().all(|count| *count <= 8));
        let all: usize = book.iter().map(|c| c.phone_numbers.len()).sum();
        assert!((25_000..27_500).contains(&all), "{all} numbers");
        assert!(book.iter().filter(|c| c.phone_numbers.iter().any(|p| p.phone_number.contains('*'))).count() > 300);
    }
}
