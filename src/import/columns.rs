//! What the columns of a CSV file hold, read from its header.

use crate::domain::contact::phone_type;
use crate::domain::fold::fold;
use crate::vcard::text::cut;

use super::error::ImportError;
use super::mapping::{Field, Mapping, known_fields};

/// A header longer than this is cut in messages.
const HEADERS_SHOWN: usize = 1_000;

/// A column with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PhoneColumn {
    pub(super) value: usize,
    /// The column that says what kind of number it is.
    pub(super) label: Option<usize>,
    pub(super) kind: &'static str,
}

/// Where everything is. A column that is not here is not read: what no phone needs should not reach
/// every browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) recognised: &'static str,
    pub(super) count: usize,
    pub(super) id: Option<usize>,
    pub(super) name: Option<usize>,
    pub(super) given: Option<usize>,
    pub(super) middle: Option<usize>,
    pub(super) family: Option<usize>,
    pub(super) company: Option<usize>,
    pub(super) department: Option<usize>,
    pub(super) job_title: Option<usize>,
    pub(super) photo: Option<usize>,
    pub(super) extension: Option<usize>,
    pub(super) emails: Vec<usize>,
    pub(super) phones: Vec<PhoneColumn>,
}

impl Columns {
    /// Reads `headers` by `mapping`, or else by what the known programs write.
    pub(super) fn read(headers: &[String], mapping: Option<&Mapping>, name: &str) -> Result<Self, ImportError> {
        let mut columns = match mapping {
            Some(mapping) => Self::mapped(headers, mapping, name)?,
            None => Self::guessed(headers),
        };
        columns.count = headers.len();
        if columns.phones.is_empty() && columns.emails.is_empty() {
            let headers = shown(headers);
            return Err(ImportError::NoColumns { name: name.to_owned(), headers, fields: known_fields() });
        }
        Ok(columns)
    }

    fn mapped(headers: &[String], mapping: &Mapping, name: &str) -> Result<Self, ImportError> {
        let mut columns = Self { recognised: "columns by name", ..Self::default() };
        for (field, column) in &mapping.columns {
            let exact = headers.iter().position(|header| header == column);
            let at = exact.or_else(|| headers.iter().position(|header| fold(header) == fold(column)));
            let at = at.ok_or_else(|| ImportError::MissingColumn {
                name: name.to_owned(),
                column: column.clone(),
                headers: shown(headers),
            })?;
            columns.put(*field, at);
        }
        Ok(columns)
    }

    fn guessed(headers: &[String]) -> Self {
        let folded: Vec<String> = headers.iter().map(|header| fold(header)).collect();
        let has = |name: &str| folded.iter().any(|header| header == name);
        let google = folded.iter().any(|header| google_value(header).is_some_and(|(kind, _)| kind == "phone"));
        let outlook = ["e mail address", "business phone", "company main phone", "e mail 2 address", "home phone 2"];
        let recognised = if google || (has("e mail 1 value") && (has("given name") || has("first name"))) {
            "Google Contacts"
        } else if has("record id") || has("record id contact") {
            "HubSpot"
        } else if outlook.iter().filter(|name| has(name)).count() >= 2 {
            "Outlook"
        } else {
            "columns by name"
        };
        let mut columns = Self { recognised, ..Self::default() };
        for (at, header) in folded.iter().enumerate() {
            match google_value(header) {
                Some(("phone", label)) => {
                    let label =
                        folded.iter().position(|h| *h == format!("{label} label") || *h == format!("{label} type"));
                    columns.phones.push(PhoneColumn { value: at, label, kind: "phone" });
                }
                Some(_) => columns.emails.push(at),
                None => {
                    if let Some(field) = field(header, recognised) {
                        columns.put(field, at);
                    }
                }
            }
        }
        columns
    }

    /// The first column for a field wins: exports put the preferred one first.
    fn put(&mut self, field: Field, at: usize) {
        let place = match field {
            Field::Id => &mut self.id,
            Field::Name => &mut self.name,
            Field::Given => &mut self.given,
            Field::Middle => &mut self.middle,
            Field::Family => &mut self.family,
            Field::Company => &mut self.company,
            Field::Department => &mut self.department,
            Field::JobTitle => &mut self.job_title,
            Field::Photo => &mut self.photo,
            Field::Extension => &mut self.extension,
            Field::Email => return self.emails.push(at),
            Field::Phone(kind) => return self.phones.push(PhoneColumn { value: at, label: None, kind }),
        };
        place.get_or_insert(at);
    }
}

/// `phone 2 value` is Google's second number, `phone 2` names its label column.
fn google_value(header: &str) -> Option<(&'static str, &str)> {
    let entry = header.strip_suffix(" value")?;
    let (what, number) = entry.rsplit_once(' ')?;
    let what = match what {
        "phone" => "phone",
        "e mail" | "email" => "email",
        _ => return None,
    };
    number.parse::<u16>().is_ok().then_some((what, entry))
}

/// What a column called `header` (folded) holds.
fn field(header: &str, recognised: &str) -> Option<Field> {
    Some(match header {
        "record id" | "record id contact" => Field::Id,
        // Elsewhere an "id" may be a company's or a list's; two people with one id would be refused.
        "id" | "contact id" | "uid" | "contactid" if recognised == "columns by name" => Field::Id,
        "name" | "full name" | "fullname" | "display name" | "displayname" | "contact name" | "contact" => Field::Name,
        "first name" | "firstname" | "given name" | "givenname" | "forename" => Field::Given,
        "middle name" | "middlename" | "additional name" => Field::Middle,
        "last name" | "lastname" | "surname" | "family name" | "familyname" => Field::Family,
        "company"
        | "company name"
        | "companyname"
        | "organization"
        | "organisation"
        | "organization name"
        | "organisation name"
        | "organization 1 name"
        | "associated company"
        | "primary associated company"
        | "account name"
        | "employer" => Field::Company,
        "department" | "organization department" | "organization 1 department" => Field::Department,
        "job title" | "jobtitle" | "position" | "organization title" | "organization 1 title" => Field::JobTitle,
        // In Outlook's files the title is "Dr.", and "Position" does not occur.
        "title" | "role" if recognised == "columns by name" => Field::JobTitle,
        "photo" | "photo url" | "picture url" | "profile image url" | "profileimageurl" | "avatar url" => Field::Photo,
        "extension" | "ext" | "phone extension" | "phone ext" => Field::Extension,
        _ if is_email(header) => Field::Email,
        _ => Field::Phone(phone_kind(header)?),
    })
}

fn is_email(header: &str) -> bool {
    const AROUND: [&str; 14] = [
        "e",
        "mail",
        "email",
        "emails",
        "address",
        "addresses",
        "work",
        "home",
        "business",
        "personal",
        "private",
        "primary",
        "other",
        "additional",
    ];
    let mut words = header.split(' ').peekable();
    let named =
        header.split(' ').any(|w| w == "email" || w == "emails") || header.contains("e mail") || header == "mail";
    named && words.peek().is_some() && words.all(|word| AROUND.contains(&word) || is_count(word))
}

/// The kind of number a column called `header` holds; `None` unless every word of it is about that,
/// so that "Phone type" or "Last phone call" is not taken for a number.
fn phone_kind(header: &str) -> Option<&'static str> {
    let mut kind = "";
    let mut is_phone = false;
    for word in header.split(' ') {
        match word {
            "phone" | "phones" | "telephone" | "tel" | "callback" | "pager" => is_phone = true,
            "mobile" | "cell" | "cellphone" | "cellular" | "mobilephone" => {
                is_phone = true;
                kind = keep(kind, "mobile");
            }
            "fax" => (is_phone, kind) = (true, "fax"),
            "work" | "business" | "office" | "home" | "direct" | "main" | "company" | "other" | "car" | "radio" => {
                kind = keep(kind, word);
            }
            "number" | "numbers" | "no" | "nr" | "primary" | "personal" | "private" | "1st" | "2nd" => {}
            word if is_count(word) => {}
            _ => return None,
        }
    }
    is_phone.then(|| if kind.is_empty() { "phone" } else { phone_type(kind) })
}

/// "Company main phone" is the company's; "business fax" is a fax.
fn keep<'a>(kind: &'a str, word: &'a str) -> &'a str {
    if kind.is_empty() || (word == "mobile" && kind != "fax") { word } else { kind }
}

fn is_count(word: &str) -> bool {
    !word.is_empty() && word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit())
}

fn shown(headers: &[String]) -> String {
    let all = headers.iter().map(|header| format!("{:?}", cut(header, 60))).collect::<Vec<_>>().join(", ");
    if all.len() > HEADERS_SHOWN { format!("{} ...", cut(&all, HEADERS_SHOWN)) } else { all }
}

#[cfg(test)]
#[path = "columns_tests.rs"]
mod tests;
