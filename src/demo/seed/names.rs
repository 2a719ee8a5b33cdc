//! Names and words the made-up people and companies are put together from. The lists hold common
//! names and rare ones, so that no pair is anybody's in particular.

/// Given and family names of one language.
pub(super) struct Names {
    pub(super) given: &'static [&'static str],
    pub(super) family: &'static [&'static str],
    /// The same names in Latin letters, for addresses; empty where they are Latin already.
    pub(super) latin_given: &'static [&'static str],
    pub(super) latin_family: &'static [&'static str],
    /// Family name first, with this between.
    pub(super) family_first: Option<&'static str>,
}

const fn latin(given: &'static [&'static str], family: &'static [&'static str]) -> Names {
    Names { given, family, latin_given: &[], latin_family: &[], family_first: None }
}

pub(super) const ENGLISH: Names = latin(
    &[
        "Alice", "Martin", "Hazel", "Owen", "Renée", "Gareth", "Joan", "Dennis", "Zoë", "Trevor", "Maud", "Colin",
        "Siân", "Barry", "Chloë", "Neil", "Doreen", "Ian", "Phyllis", "Leonard", "Beth", "Clive", "Rhona", "Ewan",
        "Mabel", "Stuart", "Imogen", "Ralph", "Thea", "Duncan",
    ],
    &[
        "Abbotsley", "Birkwood", "Cawthray", "Dunmore", "Eastlake", "Farrowby", "Greenhalgh", "Hartnoll", "Inskip",
        "Jellicott", "Kettlewell", "Lockyear", "Merriman", "Nettleship", "Ollerton", "Penhallow", "Quill",
        "Rushbrook", "Saltmarsh", "Thackwell", "Underhay", "Venning", "Whitlow", "Yardley-Moss", "O'Hanrahan",
        "MacAskey",
    ],
);

pub(super) const GERMAN: Names = latin(
    &[
        "Jörg", "Anke", "Günther", "Käthe", "Björn", "Silke", "Jürgen", "Heike", "Uwe", "Bärbel", "Torsten", "Elke",
        "Rüdiger", "Antje", "Matthias", "Sabine", "Holger", "Birgit", "Detlef", "Ute", "Söhnke", "Gesa", "Falk",
        "Imke",
    ],
    &[
        "Brückmann", "Hölzel", "Weißhaupt", "Kröger", "Möllmann", "Straßburg", "Lüdecke", "Thönnes", "Rößler",
        "Vogelsang", "Steinbrink", "Überall", "Janßen", "Pfaffinger", "Dürrbaum", "Quandel", "Oelschläger",
        "Hagedorn", "Zahnke", "Ebersbach", "Ückert", "Nießen",
    ],
);

pub(super) const FRENCH: Names = latin(
    &[
        "Hélène", "Jérôme", "Anaïs", "Benoît", "Maëlle", "Gaëtan", "Françoise", "Loïc", "Céline", "Rémi", "Noémie",
        "Cédric", "Aurélie", "Stéphane", "Éléonore", "Thibault", "Solène", "Yannick", "Maïté", "Grégoire",
    ],
    &[
        "Lefèvre-Blin", "Châtelain", "Bréchard", "Gauthérot", "Desprès", "Lacôte", "Péréol", "Vaillancel", "Beaupré",
        "Rousselin", "Mérignol", "Dufrêne", "Tréhorel", "Fontanel", "Garçonnet", "Berthelin", "Noëllet", "Quéméner",
        "Hautbois", "d'Arcelet",
    ],
);

pub(super) const POLISH: Names = latin(
    &[
        "Łukasz", "Małgorzata", "Grzegorz", "Bożena", "Paweł", "Agnieszka", "Michał", "Żaneta", "Sławomir",
        "Jadwiga", "Błażej", "Elżbieta", "Wojciech", "Świetlana", "Zdzisław", "Grażyna", "Bartłomiej", "Róża",
    ],
    &[
        "Wiśniak", "Żółtek", "Dąbrowiecki", "Ślęzak", "Chrząszczyk", "Gałązka", "Błaszczyński", "Krzyżak",
        "Jabłonka", "Brzęczek", "Ćwikliński", "Pękała", "Zając-Mroczek", "Skowroń", "Łabędzki", "Świderek",
        "Gęsicki", "Źrebiec",
    ],
);

pub(super) const SWEDISH: Names = latin(
    &[
        "Åsa", "Göran", "Märta", "Örjan", "Sölve", "Björg", "Håkan", "Kerstin", "Rönn", "Ingegerd", "Lennart", "Åke",
        "Gunnel", "Torbjörn", "Maj-Britt", "Sören", "Viveka", "Börje",
    ],
    &[
        "Åkerblad", "Sjöhagen", "Björkmo", "Lövdal", "Öhrnfält", "Hägglöf", "Strömvik", "Ängsmark", "Nordhåll",
        "Grönvall", "Bäckelid", "Rosenskär", "Fältskog", "Dahlbro", "Vänerås", "Källsten",
    ],
);

pub(super) const SPANISH: Names = latin(
    &[
        "Begoña", "Iñaki", "María José", "Ángel", "Inés", "Joaquín", "Lucía", "Raúl", "Verónica", "Héctor", "Rocío",
        "Óscar", "Asunción", "Martín", "Nuria", "Félix", "Belén", "Íñigo", "Mónica", "Julián",
    ],
    &[
        "Ibáñez Rueda", "Núñez Alcor", "Peñalver", "Cañizares", "Zubiría", "Muñozano", "Arístegui", "Quiñonero",
        "Güell Serra", "Bermúdez Lara", "Ordóñez Pino", "Yáñez Cobo", "Echeverría", "Sepúlveda Mir", "Alarcón Tejo",
        "Valdés Orduña", "Castañeda Gil", "Lázaro Pons",
    ],
);

pub(super) const PORTUGUESE: Names = latin(
    &[
        "João Pedro", "Conceição", "Antônio", "Luísa", "Mário", "Vitória", "Cauã", "Inácio", "Beatriz", "Estêvão",
        "Débora", "Otávio", "Raíssa", "Sebastião", "Thaís", "Márcio", "Íris", "Fabrício",
    ],
    &[
        "Araújo Pinhal", "Brandão Leal", "Conceição Reis", "Falcão Prado", "Guimarães Luz", "Leitão Vaz",
        "Magalhães Sá", "Negrão Dias", "Palhão", "Quintão", "Sampaio Brito", "Teixeira Cão", "Uchôa Paz", "Valadão",
        "Assunção Mello", "Simões Rego",
    ],
);

pub(super) const INDIAN: Names = latin(
    &[
        "Aarti", "Nikhil", "Sunita", "Prakash", "Kavya", "Dinesh", "Lakshmi", "Harish", "Meenal", "Suresh", "Anjali",
        "Vikrant", "Rekha", "Ganesh", "Padma", "Tarun", "Ishita", "Mohit",
    ],
    &[
        "Acharekar", "Bhandarkar", "Chaturvedi", "Deshmane", "Gokhalekar", "Hegdekatte", "Iyerswamy", "Joglekarni",
        "Kulkarnath", "Limbachia", "Mukherkar", "Nambiyar", "Oberai", "Pillaikal", "Ranganath", "Subramanya",
    ],
);

pub(super) const UKRAINIAN: Names = Names {
    given: &[
        "Олена", "Тарас", "Ганна", "Богдан", "Оксана", "Юрій", "Соломія", "Євген", "Любов", "Ярослав", "Ірина",
        "Остап", "Мар'яна", "Гліб", "Зоряна", "Пилип",
    ],
    latin_given: &[
        "olena", "taras", "hanna", "bohdan", "oksana", "yurii", "solomiia", "yevhen", "liubov", "yaroslav", "iryna",
        "ostap", "mariana", "hlib", "zoriana", "pylyp",
    ],
    family: &[
        "Калинчук", "Вербицька-Сад", "Горобієнко", "Їжакевич", "Лелеченко", "Смеречук", "Дзвонар", "Полинюк",
        "Жайворонок", "Криничко", "Чорнобривець", "Явірський", "Щедрик", "Ґонтаренко",
    ],
    latin_family: &[
        "kalynchuk", "verbytska-sad", "horobiienko", "yizhakevych", "lelechenko", "smerechuk", "dzvonar", "polyniuk",
        "zhaivoronok", "krynychko", "chornobryvets", "yavirskyi", "shchedryk", "gontarenko",
    ],
    family_first: None,
};

pub(super) const GREEK: Names = Names {
    given: &[
        "Ελένη", "Γιώργος", "Δήμητρα", "Σπύρος", "Αγγελική", "Θανάσης", "Φωτεινή", "Ηλίας", "Χρυσούλα", "Λευτέρης",
        "Μυρτώ", "Στέλιος", "Ξένια", "Άρης",
    ],
    latin_given: &[
        "eleni", "giorgos", "dimitra", "spyros", "angeliki", "thanasis", "foteini", "ilias", "chrysoula", "lefteris",
        "myrto", "stelios", "xenia", "aris",
    ],
    family: &[
        "Θαλασσινός", "Καραβάς", "Λεμονής", "Πευκάκης", "Ροδίτης", "Ψαρουλάς", "Κυπαρίσσης", "Αμπελάς", "Βουνάκης",
        "Μελισσάκης", "Στεριανός", "Χελιδόνης",
    ],
    latin_family: &[
        "thalassinos", "karavas", "lemonis", "pefkakis", "roditis", "psaroulas", "kyparissis", "ampelas", "vounakis",
        "melissakis", "sterianos", "chelidonis",
    ],
    family_first: None,
};

pub(super) const JAPANESE: Names = Names {
    given: &[
        "陽菜", "健太", "美咲", "大輔", "恵子", "翔平太", "由美", "直樹", "さくら", "隆志", "明日香", "浩二", "千尋", "勝利",
    ],
    latin_given: &[
        "hina", "kenta", "misaki", "daisuke", "keiko", "shoheita", "yumi", "naoki", "sakura", "takashi", "asuka",
        "koji", "chihiro", "katsutoshi",
    ],
    family: &[
        "佐々木原", "高橋野", "渡部", "小川内", "森下", "石渡", "藤川", "長谷部川", "岡留", "三浦谷", "竹之内", "桜庭", "柴崎田", "水無瀬",
    ],
    latin_family: &[
        "sasakihara", "takahashino", "watabe", "ogawauchi", "morishita", "ishiwata", "fujikawa", "hasebekawa",
        "okadome", "miuratani", "takenouchi", "sakuraba", "shibasakida", "minase",
    ],
    family_first: Some(" "),
};

pub(super) const CHINESE: Names = Names {
    given: &[
        "伟明", "秀英", "晓燕", "建国", "丽娟", "志强", "雪梅", "海涛", "玉兰", "文博", "佳怡", "国栋", "春花", "子轩",
    ],
    latin_given: &[
        "weiming", "xiuying", "xiaoyan", "jianguo", "lijuan", "zhiqiang", "xuemei", "haitao", "yulan", "wenbo",
        "jiayi", "guodong", "chunhua", "zixuan",
    ],
    family: &[
        "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "欧阳", "司徒",
    ],
    latin_family: &[
        "wang", "li", "zhang", "liu", "chen", "yang", "zhao", "huang", "zhou", "wu", "xu", "sun", "ouyang", "situ",
    ],
    family_first: Some(""),
};

pub(super) const KOREAN: Names = Names {
    given: &[
        "서윤", "민준", "지영", "현우", "수빈", "영호", "하은", "동욱", "미경", "재훈", "은정", "상철",
    ],
    latin_given: &[
        "seoyun", "minjun", "jiyeong", "hyeonu", "subin", "yeongho", "haeun", "donguk", "migyeong", "jaehun",
        "eunjeong", "sangcheol",
    ],
    family: &[
        "김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "남궁", "선우",
    ],
    latin_family: &[
        "kim", "lee", "park", "choi", "jung", "kang", "cho", "yoon", "jang", "lim", "namgung", "seonwoo",
    ],
    family_first: Some(""),
};

/// First words of company names, all made up; in lower case they are also domains under `.example`.
pub(super) const STEMS: [&str; 40] = [
    "Northwick",
    "Alderbrae",
    "Quenby",
    "Tallowmere",
    "Brindlecote",
    "Fennimor",
    "Osterlund",
    "Kestrelia",
    "Vantory",
    "Marlowen",
    "Pellworth",
    "Sundermark",
    "Calvarino",
    "Ostrivka",
    "Trelawick",
    "Hollenbeek",
    "Zarvento",
    "Lumbrado",
    "Grenvik",
    "Solvanta",
    "Copperlea",
    "Duskwater",
    "Emberlyn",
    "Foxhollow",
    "Glimmerick",
    "Harrowdene",
    "Ivorstead",
    "Junivale",
    "Kirrendale",
    "Larkspire",
    "Mossgarth",
    "Nettlecombe",
    "Orchidane",
    "Pinewhistle",
    "Quartzby",
    "Rookhaven",
    "Saltreef",
    "Thistlemoor",
    "Umberfield",
    "Wrenlock",
];

/// What the companies do.
pub(super) const TRADES: [&str; 16] = [
    "Logistics",
    "Timber",
    "Dental",
    "Optics",
    "Foods",
    "Textiles",
    "Robotics",
    "Travel",
    "Insurance",
    "Bakeries",
    "Energy",
    "Printing",
    "Motors",
    "Software",
    "Plumbing",
    "Ceramics",
];

pub(super) const TITLES: [&str; 24] = [
    "Buyer",
    "Head of Purchasing",
    "Office Manager",
    "Account Executive",
    "Accountant",
    "Site Foreman",
    "Receptionist",
    "Managing Director",
    "Dispatcher",
    "Field Technician",
    "Quality Engineer",
    "Legal Counsel",
    "Chief Financial Officer",
    "Sales Representative",
    "Warehouse Supervisor",
    "Marketing Coordinator",
    "Support Engineer",
    "Project Lead",
    "Payroll Clerk",
    "Product Designer",
    "Export Manager",
    "Fleet Planner",
    "Facility Manager",
    "Owner",
];

pub(super) const DEPARTMENTS: [&str; 12] = [
    "Purchasing",
    "Sales",
    "Finance",
    "Operations",
    "Customer Service",
    "Engineering",
    "Legal",
    "Human Resources",
    "Marketing",
    "Logistics",
    "IT",
    "Administration",
];
