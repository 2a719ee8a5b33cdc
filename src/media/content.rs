//! What a file is, by its own first bytes and by what the vendor calls it. A page of words in place of a
//! recording (an error, a sign-in) is refused, and so is whatever a browser would run.

use bytes::Bytes;

/// Bytes that are looked at: the longest mark below stands within them.
pub(super) const LOOKED_AT: usize = 512;

/// Marks at a place of the first bytes, and what they say.
const MARKS: [(usize, &[u8], &str); 27] = [
    (0, b"ID3", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WEBP", "image/webp"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"FORM", "audio/aiff"),
    (0, b".snd", "audio/basic"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"BM", "image/bmp"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp3g", "video/3gpp"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"BEGIN:VCARD", "text/vcard"),
];
/// What the vendor may call text, as it may hold nothing but text.
const TEXTS: [&str; 7] =
    ["text/vcard", "text/x-vcard", "text/directory", "text/calendar", "text/plain", "text/csv", "application/rtf"];

/// The media type to keep, from the first bytes and the vendor's `Content-Type`. In words why not.
pub(super) fn kind_of(start: &[u8], told: &str) -> Result<String, String> {
    let told = told.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if start.is_empty() {
        return Err("an empty file was sent".into());
    }
    if matches!(
        told.as_str(),
        "text/html" | "application/xhtml+xml" | "application/json" | "application/xml" | "text/xml"
    ) || is_page(start)
    {
        return Err("a page of words was sent in its place, as of an error or a sign-in".into());
    }
    if let Some(seen) = seen(start) {
        // An Ogg or WebM file tells audio from video late: the vendor knows.
        let twin = |kind: &str| told.starts_with(kind) && ["audio/ogg", "video/webm", "video/mp4"].contains(&seen);
        return Ok(if twin("audio/") || twin("video/") { told } else { seen.to_owned() });
    }
    if TEXTS.contains(&told.as_str()) && is_text(start) {
        return Ok(told);
    }
    // Codecs of telephony without a mark of their own (G.711, G.729).
    if told.starts_with("audio/") && !is_text(start) && told != "audio/svg+xml" {
        return Ok(told);
    }
    let told = if told.is_empty() { "without a type" } else { &told };
    Err(format!("what was sent ({told}) is no recording, picture, video or document that is kept"))
}

/// How a browser may treat it: shown in place, or saved. A PDF is not drawn in the sandbox it is sent in.
pub fn is_shown(content_type: &str) -> bool {
    ["audio/", "video/", "image/"].iter().any(|kind| content_type.starts_with(kind))
}

/// The usual ending of a file's name.
pub fn extension(content_type: &str) -> &'static str {
    match content_type {
        "audio/mpeg" => "mp3",
        "audio/wav" | "audio/x-wav" => "wav",
        "audio/ogg" => "ogg",
        "audio/mp4" => "m4a",
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/tiff" => "tif",
        "video/mp4" => "mp4",
        "video/3gpp" => "3gp",
        "text/vcard" | "text/x-vcard" => "vcf",
        "text/plain" => "txt",
        "application/zip" => "zip",
        _ => "bin",
    }
}

fn seen(start: &[u8]) -> Option<&'static str> {
    let mark = MARKS.iter().find(|(at, mark, _)| start.get(*at..).is_some_and(|rest| rest.starts_with(mark)));
    if let Some((at, _, kind)) = mark {
        // RIFF holds three of them; a bitmap's two letters alone could start a text.
        let riff = *at != 8 || start.starts_with(b"RIFF");
        let bitmap = *kind != "image/bmp" || !is_text(start);
        if riff && bitmap {
            return Some(kind);
        }
    }
    // A frame of MPEG audio without a tag before it: eleven bits set, a layer, a bit rate.
    let frame = matches!(start, [0xff, second, third, ..]
        if second & 0xe0 == 0xe0 && second & 0x06 != 0 && second & 0x18 != 0x08 && third & 0xf0 != 0xf0);
    frame.then_some("audio/mpeg")
}

/// Whether it starts like a page, after a byte order mark, spaces and comments.
fn is_page(start: &[u8]) -> bool {
    let bare = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    // In UTF-16 every other byte of a tag is nothing.
    let narrow: Vec<u8> = bare.iter().copied().filter(|byte| *byte != 0).take(64).collect();
    let narrow = narrow.strip_prefix(b"\xff\xfe").or_else(|| narrow.strip_prefix(b"\xfe\xff")).unwrap_or(&narrow);
    let narrow = narrow.trim_ascii_start();
    match narrow {
        [b'<', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'!' | b'?' | b'/'),
        [b'{', rest @ ..] => rest.trim_ascii_start().starts_with(b"\""),
        _ => false,
    }
}

fn is_text(start: &[u8]) -> bool {
    let whole = match std::str::from_utf8(start) {
        Ok(_) => start.len(),
        // A letter that is cut off at the end of what is looked at is still text.
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => return false,
    };
    start[..whole].iter().all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace())
}

/// The first bytes of a stream's parts, as many as are looked at.
pub(super) fn start_of(parts: &[Bytes]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.iter().copied()).take(LOOKED_AT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_what_their_bytes_say() {
        let mp3 = [0xff, 0xfb, 0x90, 0x64, 0];
        for (start, told, kind) in [
            (&b"ID3\x04rest"[..], "audio/mpeg", "audio/mpeg"),
            (b"ID3\x04rest", "application/octet-stream", "audio/mpeg"),
            (&mp3, "", "audio/mpeg"),
            (b"RIFF\x10\0\0\0WAVEfmt ", "audio/x-wav", "audio/wav"),
            (b"%PDF-1.7\n", "application/pdf; charset=x", "application/pdf"),
            (b"\x89PNG\r\n\x1a\nx", "image/jpeg", "image/png"),
            (b"\0\0\0\x18ftypmp42", "audio/mp4", "audio/mp4"),
            (b"\0\0\0\x18ftyp3gp4", "video/3gpp", "video/3gpp"),
            (b"BEGIN:VCARD\r\n", "text/x-vcard", "text/vcard"),
            (b"hello", "text/plain", "text/plain"),
            (b"\x7f\x80\xd5\x55\0\x01", "audio/basic", "audio/basic"),
        ] {
            assert_eq!(kind_of(start, told).as_deref(), Ok(kind), "{told}");
        }
    }

    #[test]
    fn pages_and_programs_are_refused() {
        for (start, told) in [
            (&b"ID3"[..], "text/html"),
            (b"<!DOCTYPE html><html>", "audio/mpeg"),
            (b"\xef\xbb\xbf  <html>", "audio/mpeg"),
            (b"<\0h\0t\0m\0l\0", "audio/mpeg"),
            (b"<?xml version=\"1.0\"?><svg>", "image/svg+xml"),
            (b"<svg onload=alert(1)>", "image/png"),
            (b"<script>", "text/plain"),
            (b"{\"errorCode\":\"TokenInvalid\"}", "audio/mpeg"),
            (b"error", "audio/mpeg"),
            (b"MZ\x90\0", "application/octet-stream"),
            (b"\x7fELF", "application/x-elf"),
            (b"BMW is a text", "image/bmp"),
            (b"", "audio/mpeg"),
        ] {
            assert!(kind_of(start, told).is_err(), "{:?} {told}", String::from_utf8_lossy(start));
        }
    }
}
