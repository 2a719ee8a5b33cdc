//! Bytes of one field as text. Files mix encodings, and the first megabyte says nothing about the
//! last row, so each field is judged by itself: UTF-8 where it is valid, the old Windows code page
//! where it is not.

use std::borrow::Cow;

use encoding_rs::{Encoding, WINDOWS_1252};

/// How text that may not be UTF-8 is read.
#[derive(Debug, Clone, Copy)]
pub struct Charset {
    asked: Option<&'static Encoding>,
}

impl Charset {
    /// `asked` is what the user said the file is in; it then also decides over valid UTF-8.
    pub fn new(asked: Option<&'static Encoding>) -> Self {
        Self { asked }
    }

    /// Text without NUL, trimmed.
    pub fn read(self, bytes: &[u8]) -> Cow<'_, str> {
        let text = match (self.asked, std::str::from_utf8(bytes)) {
            (None, Ok(text)) => Cow::Borrowed(text),
            (asked, _) => asked.unwrap_or(WINDOWS_1252).decode_without_bom_handling(bytes).0,
        };
        if text.contains('\0') {
            return Cow::Owned(text.replace('\0', "").trim().to_owned());
        }
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }
}

/// `text` cut to at most `max` bytes, between two characters.
pub fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_judged_by_itself() {
        let guess = Charset::new(None);
        assert_eq!(guess.read("Müller ".as_bytes()), "Müller");
        assert_eq!(guess.read(b"M\xfcller"), "Müller");
        assert_eq!(guess.read(b"\x8eana\0"), "Žana");
        let cyrillic = Charset::new(Encoding::for_label(b"windows-1251"));
        assert_eq!(cyrillic.read(b"\xcf\xb8\xf2\xf0"), "Пётр");
        assert_eq!(cut("naïve", 3), "na");
    }
}
