//! A browser, as far as sign-ins need one: windows that are sent on, cookies kept by hand.

use std::collections::BTreeMap;

use super::Answer;

pub struct Browser {
    client: reqwest::Client,
    /// By origin, then name.
    pub cookies: BTreeMap<String, BTreeMap<String, String>>,
    /// Addresses it was sent to, in order.
    pub visited: Vec<String>,
}

/// Where a browser ended.
pub struct Window {
    pub url: String,
    pub answer: Answer,
}

impl Default for Browser {
    fn default() -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.timeout(std::time::Duration::from_mins(1)).build().expect("a client");
        Self { client, cookies: BTreeMap::new(), visited: Vec::new() }
    }
}

fn origin(url: &str) -> String {
    url::Url::parse(url).expect("an address").origin().ascii_serialization()
}

impl Browser {
    /// Opens an address in a window and follows where it is sent.
    pub async fn open(&mut self, url: &str) -> Window {
        let mut url = url.to_owned();
        for _ in 0..10 {
            let answer = self.step(&url).await;
            match answer.header("location") {
                Some(to) => url = url::Url::parse(&url).expect("a base").join(to).expect("an address").into(),
                None => return Window { url, answer },
            }
        }
        panic!("sent around in circles: {:?}", self.visited);
    }

    /// Opens one address, without following.
    pub async fn step(&mut self, url: &str) -> Answer {
        self.visited.push(url.to_owned());
        let request = self.client.get(url).header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document");
        self.send(url, request).await
    }

    /// Sends a form of a page at its own origin.
    pub async fn submit(&mut self, url: &str, fields: &[(&str, &str)]) -> Answer {
        self.submit_from(&origin(url), url, fields).await
    }

    /// Sends a form from a page of `from`.
    pub async fn submit_from(&mut self, from: &str, url: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.client.post(url).header("origin", from).form(fields);
        self.send(url, request).await
    }

    async fn send(&mut self, url: &str, mut request: reqwest::RequestBuilder) -> Answer {
        let jar = self.cookies.entry(origin(url)).or_default();
        if !jar.is_empty() {
            let line: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", line.join("; "));
        }
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        for value in answer.headers.get_all("set-cookie") {
            let value = value.to_str().expect("text");
            let (name, rest) = value.split_once('=').expect("a cookie");
            jar.insert(name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned());
        }
        answer
    }
}

impl Window {
    /// The page's text; it must be a page of ours with its guards.
    #[track_caller]
    pub fn page(&self, status: u16) -> &str {
        page(&self.answer, status)
    }
}

/// A page of ours: HTML that nothing foreign can be loaded into.
#[track_caller]
pub fn page(answer: &Answer, status: u16) -> &str {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = answer.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
    &answer.text
}

/// The token a page's forms bring back.
#[track_caller]
pub fn form_token(page: &str) -> &str {
    let start = "name=\"token\" value=\"";
    let rest = page.split_once(start).unwrap_or_else(|| panic!("no form: {page}")).1;
    rest.split('"').next().expect("a value")
}
