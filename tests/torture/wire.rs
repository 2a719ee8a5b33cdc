//! HTTP/1.1 as far as the fake CRM speaks it: requests with a length, connections that stay open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// A request.
#[derive(Debug)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// The segments of its path.
    pub path: Vec<String>,
    /// `ref` of its query.
    pub key: String,
    /// Its JSON; null without.
    pub body: Value,
}

/// The next request of a connection; none when it ends.
pub fn read(connection: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    if connection.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        if connection.read_line(&mut header).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Request {
        method,
        path: path.split('/').skip(1).map(str::to_owned).collect(),
        key: query.strip_prefix("ref=").unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

/// An answer as bytes.
pub fn answer(status: u16, headers: &str, body: &Value) -> Vec<u8> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    format!(
        "HTTP/1.1 {status} .\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends bytes; false when nobody is there any more.
pub fn send(connection: &mut BufReader<TcpStream>, bytes: &[u8]) -> bool {
    connection.get_mut().write_all(bytes).is_ok()
}
