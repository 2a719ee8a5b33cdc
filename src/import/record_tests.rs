use std::io::Read;

use super::*;

fn rows(text: &[u8]) -> Vec<(u64, Row, Vec<String>)> {
    rows_of(Box::new(std::io::Cursor::new(text.to_vec())))
}

fn rows_of(reader: Box<dyn Read + Send>) -> Vec<(u64, Row, Vec<String>)> {
    let mut records = Records::new(Window::new(reader), b',', 1);
    let mut out = Vec::new();
    while let Some(row) = records.advance().unwrap() {
        let fields = &records.fields;
        let texts = (0..fields.len()).map(|i| String::from_utf8_lossy(fields.get(i)).into_owned()).collect();
        out.push((records.line(), row, if row == Row::Whole { texts } else { Vec::new() }));
    }
    out
}

fn whole(line: u64, fields: &[&str]) -> (u64, Row, Vec<String>) {
    (line, Row::Whole, fields.iter().map(|f| (*f).to_owned()).collect())
}

/// One byte at a time: every record straddles the window's end.
struct Drip(Vec<u8>, usize);

impl Read for Drip {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some(byte) = self.0.get(self.1) else { return Ok(0) };
        self.1 += 1;
        buf[0] = *byte;
        Ok(1)
    }
}

#[test]
fn quotes_lines_and_ends() {
    let text = b"a,b\r\n\"x,1\",\"say \"\"hi\"\"\"\n\"two\r\nlines\", \"blank\" ,\"a\"b\rlast,";
    let expected = vec![
        whole(1, &["a", "b"]),
        whole(2, &["x,1", "say \"hi\""]),
        whole(3, &["two\r\nlines", "blank ", "ab"]),
        whole(5, &["last", ""]),
    ];
    assert_eq!(rows(text), expected);
    assert_eq!(rows_of(Box::new(Drip(text.to_vec(), 0))), expected);
    assert!(rows(b"").is_empty());
}

#[test]
fn an_unclosed_quote_costs_one_line() {
    for text in ["a,b\n1,\"Ann\n2,\"Bob\"\n3,Cy\n", "a,b\n1,\"Ann\n2,\"\",\"Bob\"\n3,Cy\n", "a,b\n1,\"Ann\n2,Bob\n3,Cy"]
    {
        for found in [rows(text.as_bytes()), rows_of(Box::new(Drip(text.into(), 0)))] {
            assert_eq!(found[1], (2, Row::Unclosed, vec![]), "{text}");
            assert_eq!((found[2].0, found[2].1), (3, Row::Whole), "{text}");
            assert_eq!(found[3], whole(4, &["3", "Cy"]), "{text}");
        }
    }
}

#[test]
fn a_line_without_end_is_skipped_in_bounded_memory() {
    let long = std::io::repeat(b'x').take(40 << 20);
    let text = (&b"a,b\n"[..]).chain(long).chain(&b"\r\n1,Ann\n"[..]);
    let found = rows_of(Box::new(text));
    assert_eq!(found, vec![whole(1, &["a", "b"]), (2, Row::TooLong, vec![]), whole(3, &["1", "Ann"])]);
    let open = (&b"1,\"x\n"[..]).chain(std::io::repeat(b'y').take(3 << 20));
    let found = rows_of(Box::new(open));
    assert_eq!(found, vec![(1, Row::Unclosed, vec![]), (2, Row::TooLong, vec![])]);
}

#[test]
fn the_delimiter_is_the_most_frequent() {
    for (head, expected) in [
        ("a,b;c,d\nx;y;z;", b','),
        ("a;b;\"c,d,e\"", b';'),
        ("a\tb\tc, d", b'\t'),
        ("a|b", b'|'),
        ("only", b','),
        ("", b','),
    ] {
        assert_eq!(delimiter(head.as_bytes()), expected, "{head}");
    }
}
