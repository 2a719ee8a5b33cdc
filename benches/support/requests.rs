//! Requests as bytes, in a file between the bench and its load generator.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};

use super::server::{KEY_ID, ORIGIN, SECRET};
use super::{folder, load, with_tokens};

/// Requests of some classes.
#[derive(Debug, Default)]
pub struct Requests {
    bytes: Vec<u8>,
    /// Class, and end in `bytes`.
    ends: Vec<(u8, usize)>,
}

impl Requests {
    /// Adds a widget's call of a path.
    pub fn post(&mut self, class: u8, path: &str, body: &Value) {
        let body = body.to_string();
        let token = token();
        let head = format!(
            "POST /embeddable{path} HTTP/1.1\r\nhost: 127.0.0.1\r\norigin: {ORIGIN}\r\n{token}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(body.as_bytes());
        self.ends.push((class, self.bytes.len()));
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Class and bytes of one.
    pub fn get(&self, at: usize) -> (u8, &[u8]) {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before].1);
        (self.ends[at].0, &self.bytes[start..self.ends[at].1])
    }

    /// Writes them into a file of this name.
    pub fn save(&self, name: &str) -> PathBuf {
        let path = folder().join(format!("{name}-{}.requests", std::process::id()));
        let mut out = (self.ends.len() as u64).to_le_bytes().to_vec();
        for (class, end) in &self.ends {
            out.push(*class);
            out.extend_from_slice(&(*end as u64).to_le_bytes());
        }
        out.extend_from_slice(&self.bytes);
        std::fs::write(&path, out).expect("the requests are written");
        path
    }

    /// Reads such a file.
    pub fn read(path: &Path) -> Self {
        let all = std::fs::read(path).expect("the requests");
        let number = |at: usize| {
            let bytes = all[at..at + 8].try_into().expect("eight bytes");
            usize::try_from(u64::from_le_bytes(bytes)).expect("a length")
        };
        let count = number(0);
        let ends = (0..count).map(|place| (all[8 + place * 9], number(9 + place * 9))).collect();
        Self { bytes: all[8 + count * 9..].to_vec(), ends }
    }

    /// The bodies of the answers to the first `most` of them.
    pub fn record(&self, address: SocketAddr, most: usize) -> Vec<Vec<u8>> {
        let mut stream = TcpStream::connect(address).expect("a connection");
        (0..self.len().min(most)).map(|at| exchange(&mut stream, self.get(at).1)).collect()
    }
}

fn exchange(stream: &mut TcpStream, request: &[u8]) -> Vec<u8> {
    stream.write_all(request).expect("a request is sent");
    let mut answer = Vec::new();
    let mut part = vec![0; 64 * 1024];
    loop {
        let read = stream.read(&mut part).expect("an answer");
        assert!(read > 0, "the server closed the connection");
        answer.extend_from_slice(&part[..read]);
        if let Some((head, length)) = load::head(&answer)
            && answer.len() >= head + length
        {
            return answer.split_off(head);
        }
    }
}

/// The answer whose size is nearest to the mean: what a bare handler is to send.
pub fn typical(answers: Vec<Vec<u8>>) -> Vec<u8> {
    let mean = answers.iter().map(Vec::len).sum::<usize>() / answers.len().max(1);
    answers.into_iter().min_by_key(|answer| answer.len().abs_diff(mean)).unwrap_or_default()
}

fn token() -> String {
    if !with_tokens() {
        return String::new();
    }
    // Far enough for any run; the configuration allows any life.
    let claims = json!({"sub": "dana", "name": "Dana Bench", "email": "dana@crm.example", "exp": 4_000_000_000_u64});
    let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::default() };
    let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(SECRET.as_bytes()));
    format!("authorization: Bearer {}\r\n", token.expect("a token"))
}
