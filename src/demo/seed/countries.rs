//! Countries of the made-up people: their names, kinds of company and numbers.
//!
//! Numbers come first from the ranges that regulators keep free for fiction (NANPA, Ofcom, the
//! Bundesnetzagentur, ARCEP, PTS, ACMA); a large address book goes on with numbers that only look valid.

use super::names::{self, Names};

/// Where numbers of one kind are taken from. A number is a prefix and a running part.
pub(super) struct Pool {
    /// Kept free for fiction.
    fiction: &'static [&'static str],
    fiction_digits: u32,
    /// The rest.
    plain: &'static [&'static str],
    plain_digits: u32,
}

impl Pool {
    /// The `n`th number without its country code: another for each `n` as far as the pool reaches.
    pub(super) fn number(&self, n: u64) -> String {
        let places = self.fiction.len() as u64;
        let held = places * 10_u64.pow(self.fiction_digits);
        if n < held {
            return running(self.fiction, n, self.fiction_digits);
        }
        running(self.plain, n - held, self.plain_digits)
    }
}

fn running(prefixes: &[&str], n: u64, digits: u32) -> String {
    let places = prefixes.len() as u64;
    let size = 10_u64.pow(digits);
    // 7919 shares no factor with a power of ten, so this visits every line once, in no visible order.
    let line = (n / places % size) * 7_919 % size;
    let at = usize::try_from(n % places).unwrap_or(0);
    format!("{}{line:0width$}", prefixes[at], width = digits as usize)
}

/// One country.
pub(super) struct Country {
    pub(super) calling_code: &'static str,
    pub(super) names: &'static Names,
    /// What stands behind a company's name.
    pub(super) company_form: &'static str,
    pub(super) land: Pool,
    pub(super) mobile: Option<Pool>,
}

const fn plain(prefixes: &'static [&'static str], digits: u32) -> Pool {
    Pool { fiction: &[], fiction_digits: 0, plain: prefixes, plain_digits: digits }
}

macro_rules! behind_areas {
    ($name:ident, $behind:literal) => {
        /// American area codes, each followed by an exchange.
        const $name: [&str; 100] = behind_areas!(
            $behind: "201" "202" "203" "205" "206" "207" "208" "209" "210" "212" "213" "214" "215" "216" "217" "218"
            "219" "224" "225" "228" "229" "231" "234" "239" "240" "248" "251" "252" "253" "254" "256" "260" "262" "267"
            "269" "270" "276" "281" "301" "302" "303" "304" "305" "307" "308" "309" "310" "312" "313" "314" "315" "316"
            "317" "318" "319" "320" "321" "323" "330" "334" "336" "337" "352" "360" "361" "386" "401" "402" "404" "405"
            "406" "407" "408" "409" "410" "412" "413" "414" "415" "417" "419" "423" "425" "434" "440" "443" "469" "478"
            "479" "480" "501" "502" "503" "504" "505" "507" "508" "509" "510" "512"
        );
    };
    ($behind:literal: $($area:literal)+) => { [$(concat!($area, $behind)),+] };
}

behind_areas!(US_FICTION, "55501");
behind_areas!(US_PLAIN, "555");

const US_POOL: Pool = Pool { fiction: &US_FICTION, fiction_digits: 2, plain: &US_PLAIN, plain_digits: 4 };

const fn country(
    calling_code: &'static str,
    names: &'static Names,
    company_form: &'static str,
    land: Pool,
    mobile: Option<Pool>,
) -> Country {
    Country { calling_code, names, company_form, land, mobile }
}

pub(super) const US: Country = country("1", &names::ENGLISH, "Inc.", US_POOL, Some(US_POOL));

pub(super) const GB: Country = country(
    "44",
    &names::ENGLISH,
    "Ltd",
    Pool {
        fiction: &[
            "2079460", "1134960", "1144960", "1164960", "1174960", "1184960", "1214960", "1314960", "1414960",
            "1514960", "1614960", "1914980",
        ],
        fiction_digits: 3,
        plain: &["2083"],
        plain_digits: 6,
    },
    // The mobile ranges for fiction are not valid by libphonenumber, here and in France.
    None,
);

pub(super) const DE: Country = country(
    "49",
    &names::GERMAN,
    "GmbH",
    Pool {
        fiction: &["3023125", "6990009", "4066969", "2214710", "8999998"],
        fiction_digits: 3,
        plain: &["3055"],
        plain_digits: 6,
    },
    Some(Pool { fiction: &["17139200", "176040690"], fiction_digits: 2, plain: &["1712"], plain_digits: 6 }),
);

pub(super) const FR: Country = country(
    "33",
    &names::FRENCH,
    "SARL",
    Pool {
        fiction: &["19900", "26191", "35301", "46571", "53649"],
        fiction_digits: 4,
        plain: &["145"],
        plain_digits: 6,
    },
    None,
);

pub(super) const PL: Country =
    country("48", &names::POLISH, "Sp. z o.o.", plain(&["2255", "1255", "7155"], 5), Some(plain(&["512"], 6)));

pub(super) const SE: Country = country(
    "46",
    &names::SWEDISH,
    "AB",
    Pool { fiction: &["3139006", "4062804", "8465004"], fiction_digits: 2, plain: &["8505", "8506"], plain_digits: 5 },
    Some(plain(&["7034", "7035"], 5)),
);

pub(super) const ES: Country = country("34", &names::SPANISH, "S.L.", plain(&["915"], 6), Some(plain(&["612"], 6)));

pub(super) const BR: Country =
    country("55", &names::PORTUGUESE, "Ltda.", plain(&["1135", "2135"], 6), Some(plain(&["11991", "21991"], 6)));

pub(super) const IN: Country =
    country("91", &names::INDIAN, "Pvt. Ltd.", plain(&["1145"], 6), Some(plain(&["9810", "9811"], 6)));

pub(super) const AU: Country = country(
    "61",
    &names::ENGLISH,
    "Pty Ltd",
    Pool {
        fiction: &["25550", "27010", "35550", "37010", "75550", "77010", "85550", "87010"],
        fiction_digits: 4,
        plain: &["2805", "3805"],
        plain_digits: 5,
    },
    Some(Pool { fiction: &["491570"], fiction_digits: 3, plain: &["412"], plain_digits: 6 }),
);

pub(super) const UA: Country =
    country("380", &names::UKRAINIAN, "ТОВ", plain(&["4455", "4456"], 5), Some(plain(&["501", "671"], 6)));

pub(super) const GR: Country =
    country("30", &names::GREEK, "ΑΕ", plain(&["2105"], 6), Some(plain(&["6945", "6975"], 6)));

pub(super) const JP: Country =
    country("81", &names::JAPANESE, "株式会社", plain(&["355"], 6), Some(plain(&["9012"], 6)));

pub(super) const CN: Country =
    country("86", &names::CHINESE, "有限公司", plain(&["1065"], 6), Some(plain(&["13910", "13810"], 6)));

pub(super) const KR: Country = country("82", &names::KOREAN, "주식회사", plain(&["255"], 6), Some(plain(&["1055"], 6)));
