//! Which column holds what, as the user says it: `name=Full name,phone=Tel`.

use std::str::FromStr;

use super::error::ImportError;

/// What a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The record's own id: keeps a contact the same when everything else changes.
    Id,
    /// The full name.
    Name,
    /// First name.
    Given,
    /// Middle name.
    Middle,
    /// Last name.
    Family,
    /// Employer.
    Company,
    /// Part of the employer.
    Department,
    /// What the person does there.
    JobTitle,
    /// An http(s) address of a picture.
    Photo,
    /// An e-mail address.
    Email,
    /// The extension behind the first number.
    Extension,
    /// A number of this kind, one of the widget's.
    Phone(&'static str),
}

/// Names of fields as a mapping writes them.
const NAMES: [(&str, Field); 18] = [
    ("id", Field::Id),
    ("name", Field::Name),
    ("firstName", Field::Given),
    ("middleName", Field::Middle),
    ("lastName", Field::Family),
    ("phone", Field::Phone("phone")),
    ("mobile", Field::Phone("mobile")),
    ("business", Field::Phone("business")),
    ("home", Field::Phone("home")),
    ("companyPhone", Field::Phone("company")),
    ("direct", Field::Phone("direct")),
    ("fax", Field::Phone("fax")),
    ("extension", Field::Extension),
    ("email", Field::Email),
    ("company", Field::Company),
    ("department", Field::Department),
    ("jobTitle", Field::JobTitle),
    ("photo", Field::Photo),
];

/// Columns by name, in the order they were given. `phone` and `email` may be given more than once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    pub(super) columns: Vec<(Field, String)>,
}

impl Mapping {
    /// Adds the columns of `other`, for an option that is given several times.
    pub fn extend(&mut self, other: Self) {
        self.columns.extend(other.columns);
    }
}

impl FromStr for Mapping {
    type Err = ImportError;

    fn from_str(text: &str) -> Result<Self, ImportError> {
        let wrong = |part: &str| ImportError::Mapping { part: part.to_owned(), fields: known_fields() };
        let mut columns: Vec<(Field, String)> = Vec::new();
        for part in text.split(',') {
            match (part.split_once('='), columns.last_mut()) {
                (Some((field, column)), _) => {
                    let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(field.trim()));
                    let (_, field) = known.ok_or_else(|| wrong(part))?;
                    columns.push((*field, column.trim().to_owned()));
                }
                // A comma inside a column's name.
                (None, Some((_, column))) => {
                    column.push(',');
                    column.push_str(part);
                }
                (None, None) => return Err(wrong(part)),
            }
        }
        match columns.iter().find(|(_, column)| column.trim().is_empty()) {
            Some(_) => Err(wrong(text)),
            None => Ok(Self { columns }),
        }
    }
}

/// The fields a mapping may name, for messages.
pub(super) fn known_fields() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_and_wrong_ones_named() {
        let mapping: Mapping = "name=Last, First,phone=Tel 1,PHONE= Tel 2".parse().unwrap();
        let columns: Vec<_> = mapping.columns.iter().map(|(field, column)| (*field, column.as_str())).collect();
        let phone = Field::Phone("phone");
        assert_eq!(columns, [(Field::Name, "Last, First"), (phone, "Tel 1"), (phone, "Tel 2")]);
        for bad in ["", "name", "nmae=X", "name=", "phone=Tel,surname=X"] {
            let error = bad.parse::<Mapping>().unwrap_err().to_string();
            assert!(error.contains("firstName") && error.contains("field=Column"), "{error}");
        }
    }
}
