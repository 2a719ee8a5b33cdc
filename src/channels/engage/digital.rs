//! Engage Digital's REST API, as far as it is read: contents of a thread in their order, and identities.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::config::engage::CommunityConfig;
use crate::domain::clock::SharedClock;
use crate::domain::json;
use crate::outbound::{Answer, Outbound};

/// The most that the API lists at once.
const PAGE: usize = 150;
/// Pages that are read of one thread: beyond it something runs in circles.
const MOST_PAGES: usize = 400;
/// Wait after 429 where the API names none.
const REST: Duration = Duration::from_mins(1);

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadProblem {
    /// For the administrator; nothing of tokens or contents.
    pub(super) words: String,
    /// The API asks to be left alone for so long.
    pub(super) rest: Option<Duration>,
    /// A repeat changes nothing until somebody does something.
    pub(super) setup: bool,
}

/// One community's API.
pub(super) struct Digital<'a> {
    pub(super) community: &'a CommunityConfig,
    pub(super) outbound: &'a Outbound,
    pub(super) clock: &'a SharedClock,
}

impl Digital<'_> {
    /// All contents of a thread, oldest first. What says that it is of another thread is left out, though the
    /// API listed it: it may be another visitor's.
    pub(super) async fn contents(&self, thread: &str) -> Result<Vec<Value>, ReadProblem> {
        let asked = format!("thread:\"{}\" order:created_at.asc", thread.replace(['"', '\\'], ""));
        let mut found: Vec<Value> = Vec::new();
        for _ in 0..MOST_PAGES {
            let offset = found.len().to_string();
            let limit = PAGE.to_string();
            let page = self.get("contents", &[("q", &asked), ("offset", &offset), ("limit", &limit)]).await?;
            let Some(Value::Array(records)) = page.get("records") else {
                return Err(problem("a list of contents has no `records`"));
            };
            found.extend(records.iter().cloned());
            let count = page["count"].as_u64().and_then(|count| usize::try_from(count).ok());
            // A count that is missing or too small does not cut a thread short while pages are full.
            if records.is_empty() || (records.len() < PAGE && count.is_none_or(|count| found.len() >= count)) {
                return Ok(of_thread(found, thread));
            }
            if records.len() == PAGE && count == Some(found.len()) {
                return Ok(of_thread(found, thread));
            }
        }
        Err(problem("a thread does not end"))
    }

    /// An identity; `None` where there is none any more.
    pub(super) async fn identity(&self, id: &str) -> Result<Option<Value>, ReadProblem> {
        let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        match self.ask(&format!("identities/{id}"), &[]).await? {
            answer if answer.status.as_u16() == 404 => Ok(None),
            answer => self.read(&answer).map(Some),
        }
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, ReadProblem> {
        let answer = self.ask(path, query).await?;
        self.read(&answer)
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, ReadProblem> {
        let url = Url::parse(&self.community.base()).and_then(|base| base.join(path));
        let url = url.map_err(|_| problem("the address of the API is none"))?;
        let request = self.outbound.request(Method::GET, url).query(query);
        let request = request.bearer_auth(self.community.api_token.expose()).header("accept", "application/json");
        let request = request.build().map_err(|_| problem("the request cannot be made"))?;
        self.outbound.send(request).await.map_err(|error| problem(&error.words))
    }

    fn read(&self, answer: &Answer) -> Result<Value, ReadProblem> {
        let status = answer.status.as_u16();
        match status {
            200 => serde_json::from_slice(&answer.body).map_err(|_| problem("the API's answer is no JSON")),
            429 => Err(ReadProblem {
                words: "the API asked for fewer requests (429): it is asked again by itself".to_owned(),
                rest: Some(answer.retry_after(self.clock.now_ms()).unwrap_or(REST)),
                setup: false,
            }),
            401 | 403 => Err(ReadProblem {
                words: format!("the API refuses the token ({status}): correct api_token, and its permission to read"),
                rest: None,
                setup: true,
            }),
            _ => Err(problem(&format!("the API answers {status}"))),
        }
    }
}

/// Whether a community's API answers, and takes the token: for `trunkline doctor`. The error is words.
pub async fn try_api(community: &CommunityConfig, outbound: &Outbound, clock: &SharedClock) -> Result<(), String> {
    let api = Digital { community, outbound, clock };
    // A thread that nobody has: the same question as for any other.
    api.contents("0").await.map(drop).map_err(|problem| problem.words)
}

fn of_thread(mut records: Vec<Value>, thread: &str) -> Vec<Value> {
    records.retain(|record| json::text(record.get("thread_id")).is_none_or(|own| own == thread));
    records
}

fn problem(words: &str) -> ReadProblem {
    ReadProblem { words: words.to_owned(), rest: None, setup: false }
}
