//! Contacts out of files: CSV as Google Contacts, Outlook, `HubSpot` and others export it, and vCard 2.1
//! to 4.0. Files are read as a stream, in memory bounded by the longest allowed record; a row that is
//! wrong is handed out with its line and the reason, and the rest goes on.
//!
//! Nothing here knows of the database or the terminal.

mod columns;
mod csv;
mod error;
mod identity;
mod mapping;
mod record;
mod sniff;
mod vcard;
mod vcard_lines;
mod window;

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use encoding_rs::Encoding;

use crate::domain::contact::Contact;
use crate::domain::phone::Region;
use crate::vcard::draft::Draft;
use crate::vcard::text::{Charset, cut};

pub use error::ImportError;
pub use mapping::{Field, Mapping};

pub use identity::Identities;
use identity::Identity;
use window::{Counted, Transcoded, Window};

/// Longest text of a rejected row that is kept, in bytes.
const RAW_LIMIT: usize = 4 * 1024;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Rows of columns, with the columns' names in the first line.
    Csv,
    /// Cards.
    VCard,
}

/// How to read a file.
#[derive(Debug, Clone)]
pub struct Options {
    /// The country of numbers without one. It is part of who a contact without an id is: another
    /// region may read another first number and so make another id.
    pub region: Option<Region>,
    /// Columns by name, in place of what the header suggests.
    pub mapping: Option<Mapping>,
    /// Starts every id. The same label keeps the same people the same across renamed files.
    pub label: String,
    /// The encoding of the file, where it is neither UTF-8, UTF-16 nor windows-1252: a label of the
    /// WHATWG encoding standard such as `windows-1251`.
    pub encoding: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { region: None, mapping: None, label: "import".to_owned(), encoding: None }
    }
}

/// One row or card.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A contact ready to be stored.
    Contact {
        /// Where it starts in the file, from 1.
        line: u64,
        /// The contact.
        contact: Box<Contact>,
    },
    /// A row that cannot be a contact.
    Reject {
        /// Where it starts in the file, from 1.
        line: u64,
        /// Why, in words.
        reason: String,
        /// The row as it stands in the file, at most 4 KiB of it.
        raw: String,
    },
}

/// What the readers of the formats find.
enum Found {
    Draft(Draft),
    Reject(String),
}

/// The two formats behind one face.
enum Rows {
    Csv(csv::CsvRows),
    VCard(vcard::Cards),
}

impl Rows {
    fn advance(&mut self) -> io::Result<Option<Found>> {
        match self {
            Self::Csv(rows) => rows.advance(),
            Self::VCard(cards) => cards.advance(),
        }
    }

    fn line(&self) -> u64 {
        match self {
            Self::Csv(rows) => rows.line(),
            Self::VCard(cards) => cards.line(),
        }
    }

    fn raw(&self) -> &[u8] {
        match self {
            Self::Csv(rows) => rows.raw(),
            Self::VCard(cards) => cards.raw(),
        }
    }
}

/// Contacts and rejects of one file, in the file's order.
pub struct Reader {
    rows: Rows,
    name: String,
    label: String,
    region: Option<Region>,
    charset: Charset,
    identities: Identities,
    bytes: Arc<AtomicU64>,
    duplicates: u64,
    done: bool,
}

/// Opens a file. `name` is used in messages, and its extension as a hint. Errors are about the file as
/// a whole: empty, of another kind, without a column that is known.
pub fn open(reader: impl Read + Send + 'static, name: &str, options: Options) -> Result<Reader, ImportError> {
    let Options { region, mapping, label, encoding } = options;
    if label.is_empty() || label.len() > 64 || label.chars().any(char::is_control) {
        return Err(ImportError::Label(cut(&label, 64).to_owned()));
    }
    let asked = match encoding {
        None => None,
        Some(label) => Some(Encoding::for_label(label.as_bytes()).ok_or(ImportError::Encoding(label))?),
    };
    let unreadable = |source| ImportError::Read { name: name.to_owned(), line: 0, source };
    let (mut counted, bytes) = Counted::new(reader);
    let mut sample = Vec::new();
    (&mut counted).take(sniff::SAMPLE as u64).read_to_end(&mut sample).map_err(unreadable)?;
    let shown = sniff::wide_encoding(&sample);
    let mark = shown.map_or(0, |(_, length)| length);
    let encoding = shown.map(|(encoding, _)| encoding).or(asked);
    sample.drain(..mark);
    let all = Cursor::new(sample).chain(counted);
    let mut window = match encoding {
        Some(wide) if sniff::is_wide(wide) => {
            Window::new(Box::new(Transcoded::new(all, wide.new_decoder_without_bom_handling())))
        }
        _ => Window::new(Box::new(all)),
    };
    while !window.at_end() && window.bytes().len() < sniff::SAMPLE {
        window.grow().map_err(unreadable)?;
    }
    let charset =
        Charset::new(encoding.filter(|encoding| !sniff::is_wide(encoding) && *encoding != encoding_rs::UTF_8));
    let rows = match sniff::format(window.bytes(), name)? {
        Format::Csv => Rows::Csv(csv::CsvRows::open(window, charset, mapping.as_ref(), name)?),
        Format::VCard => Rows::VCard(vcard::Cards::new(window, charset)),
    };
    let (name, identities) = (name.to_owned(), Identities::default());
    Ok(Reader { rows, name, label, region, charset, identities, bytes, duplicates: 0, done: false })
}

impl Reader {
    /// Bytes read so far, shared: for a progress bar against the file's size.
    pub fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes)
    }

    /// What the file holds.
    pub fn format(&self) -> Format {
        match self.rows {
            Rows::Csv(_) => Format::Csv,
            Rows::VCard(_) => Format::VCard,
        }
    }

    /// `Google Contacts`, `Outlook`, `HubSpot`, `columns by name` or `vCard`.
    pub fn recognised(&self) -> &'static str {
        match &self.rows {
            Rows::Csv(rows) => rows.recognised(),
            Rows::VCard(_) => "vCard",
        }
    }

    /// How many rows so far said again what an earlier row had said; they are not handed out.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Goes on where an earlier file of the same run ended: its ids are taken.
    pub fn continue_with(&mut self, known: Identities) {
        self.identities = known;
    }

    /// The ids given so far, for the next file of the run.
    pub fn into_identities(self) -> Identities {
        self.identities
    }

    /// `None` for a row that is a duplicate.
    fn judge(&mut self, found: Found) -> Option<Item> {
        let line = self.rows.line();
        let contact = match found {
            Found::Reject(reason) => Err(reason),
            Found::Draft(draft) => match draft.to_contact("new", self.region) {
                Err(problem) => Err(problem.to_string()),
                Ok(mut contact) => match self.identities.identify(&self.label, &draft, &contact) {
                    Identity::Duplicate => {
                        self.duplicates += 1;
                        return None;
                    }
                    Identity::Taken => Err(format!(
                        "the id \"{}\" was used for another contact earlier: give the files labels of their own (--label)",
                        cut(&draft.own_id, 100)
                    )),
                    Identity::Id(id) => {
                        contact.id = id;
                        Ok(Box::new(contact))
                    }
                },
            },
        };
        Some(match contact {
            Ok(contact) => Item::Contact { line, contact },
            Err(reason) => Item::Reject { line, reason, raw: self.raw() },
        })
    }

    fn raw(&self) -> String {
        let raw = self.rows.raw();
        let text = self.charset.read(&raw[..raw.len().min(RAW_LIMIT)]);
        cut(&text, RAW_LIMIT).to_owned()
    }
}

impl Iterator for Reader {
    type Item = Result<Item, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            match self.rows.advance() {
                Ok(Some(found)) => {
                    if let Some(item) = self.judge(found) {
                        return Some(Ok(item));
                    }
                }
                Ok(None) => self.done = true,
                Err(source) => {
                    self.done = true;
                    let line = self.rows.line();
                    return Some(Err(ImportError::Read { name: self.name.clone(), line, source }));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
