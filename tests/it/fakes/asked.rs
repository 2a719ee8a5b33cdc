//! One request as a fake sees it.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// Without the query, decoded.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn new(parts: &Parts, body: &[u8]) -> Self {
        let url = url::Url::parse(&format!("http://fake{}", parts.uri)).expect("an address");
        let path = url
            .path_segments()
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .map(|part| {
                let mut pairs = url::form_urlencoded::parse(part.as_bytes());
                pairs.next().map_or_else(String::new, |(name, _)| name.into_owned())
            })
            .collect();
        let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        Self { method: parts.method.to_string(), path, query, headers: parts.headers.clone(), body: body.to_vec() }
    }

    /// The method and the path's parts, to match on.
    pub fn parts(&self) -> (&str, Vec<&str>) {
        (&self.method, self.path.iter().map(String::as_str).collect())
    }

    pub fn line(&self) -> String {
        format!("{} /{}", self.method, self.path.join("/"))
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The values of a parameter that may come more than once.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> Option<usize> {
        self.query(name)?.parse().ok()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A value of a form.
    pub fn form(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(&self.body).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    }

    /// What stands after `Bearer ` or another scheme's word.
    pub fn scheme(&self, word: &str) -> Option<String> {
        let (found, token) = self.header("authorization")?.split_once(' ')?;
        (found == word).then(|| token.to_owned())
    }
}
