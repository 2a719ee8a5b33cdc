//! What came back from the daemon.

use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body that can be read");
        Self { status, headers, text }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// A success; its JSON.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.json()
    }

    /// A success; its text.
    #[track_caller]
    pub fn ok_text(self) -> String {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.text
    }

    /// A refusal as problem details (RFC 9457) with a stable code and words.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        let problem = self.any_problem();
        assert_eq!(problem["code"], code, "{problem}");
        problem
    }

    /// A refusal of any kind, whole as problem details; its JSON.
    #[track_caller]
    pub fn any_problem(&self) -> Value {
        assert!(self.status >= 400 && self.status != 500, "{} {}", self.status, self.text);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        for key in ["type", "title", "code", "detail"] {
            assert!(problem[key].as_str().is_some_and(|text| !text.is_empty()), "{key} is missing: {problem}");
        }
        problem
    }
}
