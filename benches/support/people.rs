//! Invented people: 80 % Latin names, many with accents, 10 % Cyrillic, 10 % CJK; 1.3 numbers each;
//! about 277 bytes of JSON.

use serde_json::{Value, json};

use super::numbers::Dice;

const GIVEN: [&str; 48] = [
    "Anna",
    "José",
    "Maria",
    "Łukasz",
    "John",
    "Zoë",
    "Peter",
    "Søren",
    "Emma",
    "François",
    "Lucía",
    "Jürgen",
    "Olivia",
    "Björn",
    "Sofía",
    "Michael",
    "Chloé",
    "Paweł",
    "Laura",
    "André",
    "Nina",
    "Tomáš",
    "Sarah",
    "René",
    "Ingrid",
    "Mateusz",
    "Hannah",
    "Iñigo",
    "Clara",
    "David",
    "Agnès",
    "Karl",
    "Beatriz",
    "Åsa",
    "Daniel",
    "Eva",
    "Gábor",
    "Linda",
    "Óscar",
    "Julia",
    "Henrik",
    "Martina",
    "Kevin",
    "Renée",
    "Stefan",
    "Vera",
    "Noël",
    "Ida",
];
const STEMS: [&str; 60] = [
    "Har", "Mül", "Kow", "Fer", "Lind", "Sant", "Berg", "Nov", "Sil", "Dub", "Mor", "Wag", "Ols", "Per", "Góm", "Sch",
    "Bra", "Kel", "Mac", "Rou", "Vin", "Tho", "Cas", "Zie", "Pet", "Gra", "Hol", "Jan", "Lef", "Mar", "Nor", "Ort",
    "Pal", "Que", "Ros", "Sto", "Tur", "Ung", "Var", "Wit", "Yor", "Zam", "Bel", "Cor", "Dra", "Est", "Fos", "Gal",
    "Hen", "Iva", "Jor", "Kra", "Lau", "Mey", "Nie", "Orl", "Pri", "Rad", "Sve", "Tan",
];
const MIDDLES: [&str; 14] = ["", "bo", "ler", "an", "dé", "ti", "ov", "man", "el", "is", "kö", "ra", "un", "est"];
const ENDS: [&str; 16] =
    ["r", "ski", "son", "ez", "quist", "ova", "i", "mann", "ière", "sen", "wood", "ström", "etti", "ić", "ard", "ley"];
const CYRILLIC_GIVEN: [&str; 16] = [
    "Пётр",
    "Анна",
    "Сергей",
    "Ольга",
    "Иван",
    "Мария",
    "Дмитрий",
    "Елена",
    "Алексей",
    "Наталья",
    "Юрий",
    "Татьяна",
    "Андрей",
    "Ирина",
    "Фёдор",
    "Софья",
];
const CYRILLIC_STEMS: [&str; 24] = [
    "Иван",
    "Петр",
    "Сидор",
    "Кузнец",
    "Смирн",
    "Волк",
    "Соколь",
    "Лебед",
    "Мороз",
    "Орл",
    "Зайц",
    "Павл",
    "Семён",
    "Голуб",
    "Виноград",
    "Богдан",
    "Воробь",
    "Фёдор",
    "Михайл",
    "Беля",
    "Тарас",
    "Жук",
    "Комар",
    "Щерба",
];
const CYRILLIC_ENDS: [&str; 6] = ["ов", "ский", "енко", "ин", "чук", "ёв"];
const CJK_FAMILY: [&str; 32] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "山田", "佐藤", "鈴木", "高橋", "田中", "渡辺", "伊藤",
    "中村", "小林", "加藤", "김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "林", "何",
];
const CJK_GIVEN: [&str; 40] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛", "明", "超", "秀", "霞", "平",
    "刚", "太", "郎", "花", "子", "健", "一", "美", "咲", "翔", "陽", "민", "준", "서", "연", "지", "우", "현", "수",
    "영", "호",
];
const TRADES: [&str; 16] = [
    "Freight",
    "Logistics",
    "Bakery",
    "Software",
    "Dental",
    "Marine",
    "Tools",
    "Insurance",
    "Optics",
    "Print",
    "Energy",
    "Foods",
    "Travel",
    "Textiles",
    "Legal",
    "Garden",
];
const FORMS: [&str; 6] = ["GmbH", "Inc", "Ltd", "SA", "AB", "LLC"];
const JOBS: [&str; 10] = [
    "Buyer",
    "Sales manager",
    "Accountant",
    "Office manager",
    "Director",
    "Engineer",
    "Dispatcher",
    "Owner",
    "Support lead",
    "Analyst",
];
const KINDS: [&str; 4] = ["business", "mobile", "home", "direct"];
const COUNTRIES: [(&str, u64, u64); 5] = [
    ("+1650", 2_000_000, 9_999_999),
    ("+4930", 20_000_000, 99_999_999),
    ("+4420", 70_000_000, 89_999_999),
    ("+7495", 2_000_000, 9_999_999),
    ("+336", 10_000_000, 99_999_999),
];

/// Given and family name of the contact at a place.
pub fn name(dice: &mut Dice) -> (String, String) {
    match dice.below(10) {
        0 => {
            let stem = CYRILLIC_STEMS[dice.skewed(CYRILLIC_STEMS.len())];
            (dice.pick(&CYRILLIC_GIVEN).to_owned(), format!("{stem}{}", dice.pick(&CYRILLIC_ENDS)))
        }
        1 => {
            let given = format!("{}{}", dice.pick(&CJK_GIVEN), dice.pick(&CJK_GIVEN));
            (given, CJK_FAMILY[dice.skewed(CJK_FAMILY.len())].to_owned())
        }
        _ => {
            let stem = STEMS[dice.skewed(STEMS.len())];
            let family = format!("{stem}{}{}", dice.pick(&MIDDLES), dice.pick(&ENDS));
            (GIVEN[dice.skewed(GIVEN.len())].to_owned(), family)
        }
    }
}

/// One number of the many; `salt` tells those of contacts (below 8) from those of nobody.
pub fn number(place: u64, salt: u64) -> String {
    let mut dice = Dice::new(place.wrapping_mul(16) + salt);
    let (prefix, low, high) = COUNTRIES[usize::try_from(dice.below(5)).unwrap_or(0)];
    format!("{prefix}{}", low + dice.below(high - low))
}

/// The contact at a place, as the API takes it.
pub fn contact(place: u64) -> Value {
    let mut dice = Dice::new(place ^ 0x5EED);
    let (given, family) = name(&mut dice);
    let employer = dice.below(40_000);
    let mut of_company = Dice::new(employer ^ 0xC0_FFEE);
    let (_, founder) = name(&mut of_company);
    let trade = of_company.pick(&TRADES);
    let company = format!("{founder} {trade} {}", of_company.pick(&FORMS));
    let mut phones = Vec::with_capacity(2);
    let written = if dice.below(50) == 0 { number(employer, 1) } else { number(place, 2) };
    phones.push(json!({"phoneNumber": written, "phoneType": dice.pick(&KINDS)}));
    if dice.below(10) < 3 {
        phones.push(json!({"phoneNumber": number(place, 3), "phoneType": dice.pick(&KINDS)}));
    }
    let mailbox = format!("u{place}.{}", trade.to_lowercase());
    let full = if family.chars().all(|c| u32::from(c) >= 0x2E80) {
        format!("{family}{given}")
    } else {
        format!("{given} {family}")
    };
    json!({
        "id": format!("crm-{place:08}"),
        "name": full,
        "phoneNumbers": phones,
        "emails": [format!("{mailbox}@{}{employer}.example", trade.to_lowercase())],
        "company": company,
        "jobTitle": dice.pick(&JOBS),
    })
}
