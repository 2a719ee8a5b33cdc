//! What a file is, judged by its first bytes; its name is only a hint.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::Format;
use super::error::ImportError;

/// How many bytes are looked at.
pub(super) const SAMPLE: usize = 64 * 1024;

/// Starts of files people pick by mistake: what they are, and what to do.
const MISTAKES: [(&[u8], &str, &str); 9] = [
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive", "open it and save it as \"CSV UTF-8\", or unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Outlook file", "open it and save the contacts as CSV"),
    (b"!BDN", "an Outlook data file (PST)", "in Outlook use File, Open & Export, Export to a file, CSV"),
    (b"\x1f\x8b", "compressed with gzip", "unpack it first (`gunzip`)"),
    (b"%PDF", "a PDF document", "export the contacts as CSV or vCard"),
    (b"SQLite format 3", "an SQLite database", "export the contacts as CSV or vCard"),
    (b"BEGIN:VCALENDAR", "a calendar", "export the contacts, not the appointments, as vCard"),
    (b"<", "a web page or XML", "check that the export was downloaded and not a log-in page; export as CSV or vCard"),
    (b"{", "JSON", "export as CSV or vCard, or send JSON contacts to the HTTP API"),
];

/// The encoding the bytes show, and how long their byte order mark is. `None`: an extension of ASCII.
pub(super) fn wide_encoding(sample: &[u8]) -> Option<(&'static Encoding, usize)> {
    if let Some((encoding, length)) = Encoding::for_bom(sample) {
        return Some((encoding, length));
    }
    // UTF-16 without a mark: nearly every second byte of mostly Latin text is zero.
    let head = &sample[..sample.len().min(4096) & !1];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let half = head.len() / 2;
    let (even, odd) = (zeros(0), zeros(1));
    match half {
        4.. if odd * 10 > half * 4 && even * 20 < half => Some((UTF_16LE, 0)),
        4.. if even * 10 > half * 4 && odd * 20 < half => Some((UTF_16BE, 0)),
        _ => None,
    }
}

/// True when the file has to be turned into UTF-8 before lines can be found in it.
pub(super) fn is_wide(encoding: &'static Encoding) -> bool {
    encoding != UTF_8 && !encoding.is_ascii_compatible()
}

/// What the file holds. `sample` is its start, without byte order mark, in an extension of ASCII.
pub(super) fn format(sample: &[u8], name: &str) -> Result<Format, ImportError> {
    let text = sample.trim_ascii_start();
    let not_contacts = |found, fix| Err(ImportError::NotContacts { name: name.to_owned(), found, fix });
    if text.iter().all(|b| *b == 0) {
        return Err(ImportError::Empty(name.to_owned()));
    }
    if starts_with(text, b"BEGIN:VCARD") {
        return Ok(Format::VCard);
    }
    for (start, found, fix) in MISTAKES {
        if starts_with(text, start) {
            return not_contacts(found, fix);
        }
    }
    let controls = sample.iter().filter(|b| b.is_ascii_control() && !b.is_ascii_whitespace()).count();
    if controls > 8 && controls > sample.len() / 32 {
        return not_contacts("no text", "export the contacts as CSV or vCard and check that the download finished");
    }
    if extension(name).is_some_and(|end| ["vcf", "vcard"].contains(&end.as_str())) {
        if text.windows(11).any(|w| w.eq_ignore_ascii_case(b"BEGIN:VCARD")) {
            return Ok(Format::VCard);
        }
        return not_contacts("named like a vCard file but has no BEGIN:VCARD", "export the contacts again as vCard");
    }
    Ok(Format::Csv)
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn extension(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_and_the_name_is_a_hint() {
        assert_eq!(format(b"\r\nbegin:vcard\r\n", "x.csv").ok(), Some(Format::VCard));
        assert_eq!(format(b"name,phone\n", "x.txt").ok(), Some(Format::Csv));
        assert_eq!(format(b"junk\nBEGIN:VCARD\n", "x.VCF").ok(), Some(Format::VCard));
        assert!(format(b"name,phone\n", "x.vcf").is_err());
        assert_eq!(format(b"name,phone\nA\0nn,+1\n", "x.csv").ok(), Some(Format::Csv), "one NUL is no binary file");
    }

    #[test]
    fn a_wrong_file_is_named_with_a_fix() {
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b" \r\n\t", "empty"),
            (b"PK\x03\x04....", "Excel"),
            (b"<!doctype html>", "log-in page"),
            (b"[", "no column"),
            (&[0x01_u8; 400], "no text"),
        ] {
            match format(bytes, "f.csv") {
                Err(error) => assert!(error.to_string().contains(word), "{error}"),
                Ok(found) => assert_eq!((found, word), (Format::Csv, "no column")),
            }
        }
    }

    #[test]
    fn utf_16_is_seen_with_and_without_its_mark() {
        let le: Vec<u8> = "name;phone\nAnn;1".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = "name;phone\nAnn;1".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(wide_encoding(&le), Some((UTF_16LE, 0)));
        assert_eq!(wide_encoding(&be), Some((UTF_16BE, 0)));
        assert_eq!(wide_encoding(b"\xff\xfen\0"), Some((UTF_16LE, 2)));
        assert_eq!(wide_encoding(b"\xef\xbb\xbfname"), Some((UTF_8, 3)));
        assert_eq!(wide_encoding(b"name,phone\nAnn,1"), None);
    }
}
