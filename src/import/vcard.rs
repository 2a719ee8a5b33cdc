//! Cards of a file as drafts, one after the other.

use std::io;

use crate::vcard::card::{Ruined, draft};
use crate::vcard::text::Charset;

use super::Found;
use super::vcard_lines::{Card, CardReader};
use super::window::Window;

/// Drafts out of cards.
pub(super) struct Cards {
    reader: CardReader,
    charset: Charset,
}

impl Cards {
    pub(super) fn new(window: Window, charset: Charset) -> Self {
        Self { reader: CardReader::new(window), charset }
    }

    pub(super) fn line(&self) -> u64 {
        self.reader.line
    }

    pub(super) fn raw(&self) -> &[u8] {
        &self.reader.raw
    }

    pub(super) fn advance(&mut self) -> io::Result<Option<Found>> {
        let Some(card) = self.reader.advance()? else { return Ok(None) };
        Ok(Some(match card {
            Card::Broken(reason) => Found::Reject(reason.to_owned()),
            Card::Lines(lines) => draft(&lines, self.charset, Ruined::Refused)
                .map_or_else(|problem| Found::Reject(problem.to_string()), Found::Draft),
        }))
    }
}

#[cfg(test)]
#[path = "vcard_tests.rs"]
mod tests;
