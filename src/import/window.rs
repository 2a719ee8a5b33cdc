//! A window on a stream of bytes: what has been read and not yet used. It grows only as far as its
//! reader asks, so memory is bounded by the longest record that is allowed.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::Decoder;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// A reader that counts what passes, for a progress bar.
pub(super) struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Counted<R> {
    pub(super) fn new(inner: R) -> (Self, Arc<AtomicU64>) {
        let count = Arc::new(AtomicU64::new(0));
        (Self { inner, count: Arc::clone(&count) }, count)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// A reader that turns UTF-16 into UTF-8. All other encodings keep ASCII as it is, so their text is
/// told apart field by field (see [`crate::vcard::text`]).
pub(super) struct Transcoded<R> {
    inner: R,
    decoder: Decoder,
    input: Vec<u8>,
    output: Vec<u8>,
    given: usize,
    done: bool,
}

impl<R: Read> Transcoded<R> {
    pub(super) fn new(inner: R, decoder: Decoder) -> Self {
        Self { inner, decoder, input: vec![0; CHUNK], output: Vec::new(), given: 0, done: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        let n = read_some(&mut self.inner, &mut self.input)?;
        self.done = n == 0;
        self.given = 0;
        let room = self.decoder.max_utf8_buffer_length(n).unwrap_or(CHUNK * 4);
        self.output.resize(room, 0);
        let (_, _, written, _) = self.decoder.decode_to_utf8(&self.input[..n], &mut self.output, self.done);
        self.output.truncate(written);
        Ok(())
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.given == self.output.len() && !self.done {
            self.refill()?;
        }
        let n = (&self.output[self.given..]).read(buf)?;
        self.given += n;
        Ok(n)
    }
}

/// What has been read and not yet used.
pub(super) struct Window {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    eof: bool,
}

impl Window {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { reader, buffer: Vec::new(), start: 0, eof: false }
    }

    /// What can be seen.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// True when nothing follows what can be seen.
    pub(super) fn at_end(&self) -> bool {
        self.eof
    }

    /// Lets go of the first `n` bytes.
    pub(super) fn advance(&mut self, n: usize) {
        self.start = (self.start + n).min(self.buffer.len());
    }

    /// Reads more behind what can be seen, twice as much each time when nothing is let go between.
    pub(super) fn grow(&mut self) -> io::Result<()> {
        if self.eof {
            return Ok(());
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let kept = self.buffer.len();
        self.buffer.resize(kept + kept.max(CHUNK), 0);
        let read = read_some(&mut self.reader, &mut self.buffer[kept..]);
        self.buffer.truncate(kept + *read.as_ref().unwrap_or(&0));
        self.eof = read? == 0;
        Ok(())
    }
}

/// One read that is not disturbed by signals.
fn read_some(reader: &mut impl Read, buf: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buf) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_grows_and_lets_go() {
        let (counted, count) = Counted::new(&b"hello world"[..]);
        let mut window = Window::new(Box::new(counted));
        assert!(window.bytes().is_empty() && !window.at_end());
        window.grow().unwrap();
        window.advance(6);
        assert_eq!(window.bytes(), b"world");
        window.grow().unwrap();
        assert!(window.at_end());
        assert_eq!((window.bytes(), count.load(Ordering::Relaxed)), (&b"world"[..], 11));
        window.advance(99);
        assert!(window.bytes().is_empty());
    }

    #[test]
    fn utf_16_comes_out_as_utf_8() {
        let text = "Zoë 山田 🦀,".repeat(20_000);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut out = String::new();
        Transcoded::new(&bytes[..], encoding_rs::UTF_16LE.new_decoder()).read_to_string(&mut out).unwrap();
        assert!(out == text);
        let mut cut = String::new();
        Transcoded::new(&bytes[..7], encoding_rs::UTF_16LE.new_decoder()).read_to_string(&mut cut).unwrap();
        assert_eq!(cut, "Zoë\u{fffd}", "half a character at the end is said");
    }
}
