//! Rows of a CSV file as drafts of contacts.

use std::borrow::Cow;
use std::io;

use crate::vcard::card::label_kind;
use crate::vcard::draft::{Draft, full_name};
use crate::vcard::text::Charset;

use super::columns::Columns;
use super::error::ImportError;
use super::mapping::Mapping;
use super::record::{self, MAX_RECORD, Records, Row};
use super::window::Window;
use super::{Found, RAW_LIMIT};

/// More columns than this is no address book.
const MAX_COLUMNS: usize = 4_096;

/// The rows behind the header.
pub(super) struct CsvRows {
    records: Records,
    columns: Columns,
    charset: Charset,
    skipped: bool,
}

impl CsvRows {
    /// Reads the header. `window` has been filled as far as a header can reach.
    pub(super) fn open(
        mut window: Window,
        charset: Charset,
        mapping: Option<&Mapping>,
        name: &str,
    ) -> Result<Self, ImportError> {
        let asked = take_separator_line(&mut window);
        let head = window.bytes().trim_ascii_start();
        let delimiter = asked.unwrap_or_else(|| record::delimiter(head));
        let mut records = Records::new(window, delimiter, 1 + u64::from(asked.is_some()));
        loop {
            let row =
                records.advance().map_err(|source| ImportError::Read { name: name.to_owned(), line: 1, source })?;
            match row {
                None => return Err(ImportError::Empty(name.to_owned())),
                Some(Row::Whole) if records.fields.is_blank() => {}
                Some(_) => break,
            }
        }
        let headers: Vec<String> = (0..records.fields.len().min(MAX_COLUMNS))
            .map(|at| charset.read(records.fields.get(at)).into_owned())
            .collect();
        let columns = Columns::read(&headers, mapping, name)?;
        Ok(Self { records, columns, charset, skipped: false })
    }

    pub(super) fn recognised(&self) -> &'static str {
        self.columns.recognised
    }

    pub(super) fn line(&self) -> u64 {
        self.records.line()
    }

    pub(super) fn raw(&self) -> &[u8] {
        if self.skipped { self.records.skipped() } else { self.records.raw() }
    }

    pub(super) fn advance(&mut self) -> io::Result<Option<Found>> {
        loop {
            let Some(row) = self.records.advance()? else { return Ok(None) };
            self.skipped = row == Row::TooLong;
            return Ok(Some(match row {
                Row::Whole if self.records.fields.is_blank() => continue,
                Row::Whole => self.draft().map_or_else(Found::Reject, Found::Draft),
                Row::Unclosed => Found::Reject("a quote is opened on this line and never closed".to_owned()),
                Row::TooLong => Found::Reject(format!("the line is longer than {} MiB", MAX_RECORD >> 20)),
            }));
        }
    }

    fn text(&self, column: Option<usize>) -> Cow<'_, str> {
        column.map_or(Cow::Borrowed(""), |at| self.charset.read(self.records.fields.get(at)))
    }

    fn draft(&self) -> Result<Draft, String> {
        let (columns, fields) = (&self.columns, &self.records.fields);
        if (columns.count..fields.len()).any(|at| !fields.get(at).trim_ascii().is_empty()) {
            return Err(format!(
                "the row has {} columns and the header {}: a value with a delimiter in it needs quotes",
                fields.len(),
                columns.count
            ));
        }
        let mut name = self.text(columns.name);
        if name.is_empty() {
            let (given, middle, family) =
                (self.text(columns.given), self.text(columns.middle), self.text(columns.family));
            name = Cow::Owned(full_name(&given, &middle, &family));
        }
        let mut draft = Draft {
            own_id: self.text(columns.id).into_owned(),
            name: name.into_owned(),
            company: self.text(columns.company).into_owned(),
            department: self.text(columns.department).into_owned(),
            job_title: self.text(columns.job_title).into_owned(),
            photo: self.text(columns.photo).into_owned(),
            ..Draft::default()
        };
        for email in &columns.emails {
            draft.add_emails(&self.text(Some(*email)));
        }
        self.add_phones(&mut draft)?;
        if [&draft.name, &draft.company].iter().all(|text| text.is_empty())
            && draft.phones.is_empty()
            && draft.emails.is_empty()
        {
            return Err("the row has no name, no number and no e-mail address".to_owned());
        }
        Ok(draft)
    }

    fn add_phones(&self, draft: &mut Draft) -> Result<(), String> {
        for column in &self.columns.phones {
            let cell = self.text(Some(column.value));
            if cell.is_empty() {
                continue;
            }
            let kind = match column.label {
                // Google marks the preferred entry with a star.
                Some(label) => label_kind(self.text(Some(label)).trim_start_matches(['*', ' '])),
                None => column.kind,
            };
            draft.add_phones(&cell, kind)?;
        }
        let extension = self.text(self.columns.extension);
        if extension.bytes().any(|b| b.is_ascii_digit()) {
            match draft.phones.first_mut() {
                Some((number, _)) if extension.len() <= 20 => *number = format!("{number} ext. {extension}"),
                _ => draft.phones.push((extension.into_owned(), "extension")),
            }
        }
        Ok(())
    }
}

/// Excel's `sep=;` before the header.
fn take_separator_line(window: &mut Window) -> Option<u8> {
    let line = window.bytes().get(..5)?;
    if !line[..4].eq_ignore_ascii_case(b"sep=") {
        return None;
    }
    let (delimiter, rest) = (line[4], &window.bytes()[5..]);
    let end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => return None,
    };
    window.advance(5 + end);
    Some(delimiter)
}

const _: () = assert!(RAW_LIMIT < MAX_RECORD);
