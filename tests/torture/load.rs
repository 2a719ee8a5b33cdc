//! What the widget posts: calls of several operators in several tabs, shuffled and repeated, 50 logs a
//! second. A post counts once the daemon said 200; until then the page posts it again.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::crm;
use super::figures::Figures;

/// Logs a second.
const RATE: u32 = 50;
/// Before a post is given up: the daemon does not come back.
const PATIENCE: Duration = Duration::from_mins(2);
/// The page's wait before it posts again.
const AGAIN: Duration = Duration::from_millis(60);
/// Milliseconds before an operator does the next thing: some of it meets a log that is on its way, or there.
const LONGEST_THOUGHT: u64 = 1_500;
/// Seconds since 1970 as calls begin.
const BEGAN: u64 = 1_790_000_000;

/// A call of an operator, and what must be upstream of it in the end.
#[derive(Debug, Clone)]
pub struct Call {
    pub operator: usize,
    pub session: String,
    /// Whose number it is.
    pub person: u64,
    /// What the operator does about it, in order: the first as the call goes on, the others when it is in
    /// the CRM already.
    pub edits: Vec<Edit>,
    /// How many are the first.
    pub early: usize,
}

/// One thing an operator does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    Note(String),
    /// The call is another person's.
    Move(u64),
}

impl Call {
    /// The contact it ends on.
    pub fn contact(&self) -> u64 {
        let mut moves =
            self.edits.iter().rev().filter_map(|edit| if let Edit::Move(to) = edit { Some(*to) } else { None });
        moves.next().unwrap_or(self.person)
    }

    /// The notes, oldest first.
    pub fn notes(&self) -> Vec<&str> {
        let notes = self.edits.iter().filter_map(|edit| if let Edit::Note(text) = edit { Some(&**text) } else { None });
        notes.collect()
    }
}

/// The calls of a round.
pub fn calls(count: usize, operators: usize, seed: u64) -> Vec<Call> {
    let mut chance = StdRng::seed_from_u64(seed ^ 0x6c6f_6164);
    let mut calls: Vec<Call> = Vec::with_capacity(count);
    while calls.len() < count {
        let n = calls.len();
        let person = chance.random_range(1..=crm::PEOPLE);
        let mut edits: Vec<Edit> = (0..chance.random_range(0..4))
            .map(|edit| Edit::Note(format!("Note {edit} of {n}: quoted ${edit}50 & <b>")))
            .collect();
        if chance.random_bool(0.35) {
            let place = chance.random_range(0..=edits.len());
            edits.insert(place, Edit::Move(chance.random_range(1..=crm::PEOPLE)));
        }
        let early = chance.random_range(0..=edits.len());
        let call = Call {
            operator: chance.random_range(0..operators),
            session: format!("{seed}0{n:04}"),
            person,
            edits,
            early,
        };
        // Now and then two operators have the same call, and each has a log of it.
        if chance.random_bool(0.1) && calls.len() + 1 < count {
            let other = (call.operator + 1) % operators;
            calls.push(Call { operator: other, edits: Vec::new(), early: 0, ..call.clone() });
        }
        calls.push(call);
    }
    calls
}

/// The way to the daemon.
#[derive(Debug, Clone)]
pub struct Page {
    pub client: reqwest::Client,
    pub base: String,
    /// Of the operators.
    pub tokens: Vec<String>,
}

impl Page {
    /// Posts until it is taken; how often it was posted.
    pub async fn post(&self, operator: usize, path: &str, body: &Value) -> (Value, u64) {
        let began = Instant::now();
        for times in 1.. {
            let request = self.client.post(format!("{}/embeddable{path}", self.base));
            if let Ok(answer) = request.bearer_auth(&self.tokens[operator]).json(body).send().await {
                let status = answer.status();
                assert!(!status.is_client_error(), "{path}: {status} {}", answer.text().await.unwrap_or_default());
                // An answer that breaks off says nothing.
                if status.is_success()
                    && let Ok(json) = answer.json().await
                {
                    return (json, times);
                }
            }
            assert!(began.elapsed() < PATIENCE, "the daemon does not come back");
            tokio::time::sleep(AGAIN).await;
        }
        unreachable!("posts have no end")
    }
}

/// Posts all calls and what is done about them early, or what is done late. Returns when all that was
/// posted is acknowledged.
pub async fn run(page: &Page, calls: &[Call], late: bool, seed: u64) -> Figures {
    let mut chance = StdRng::seed_from_u64(seed ^ 0x706f_7374 ^ u64::from(late));
    let mut tabs = JoinSet::new();
    let mut tick = tokio::time::interval(Duration::from_secs(1) / RATE);
    for call in calls {
        tick.tick().await;
        for _ in 0..if late { 0 } else { 2 } {
            let (page, operator, posts) = (page.clone(), call.operator, machine_posts(call, &mut chance));
            tabs.spawn(async move { post_all(&page, operator, &posts).await });
        }
        let (page, operator, posts) = (page.clone(), call.operator, person_posts(call, late));
        let thinks = Duration::from_millis(chance.random_range(0..LONGEST_THOUGHT));
        tabs.spawn(async move {
            let mut done = (0, 0);
            for post in &posts {
                tokio::time::sleep(thinks).await;
                let (taken, repeated) = post_all(&page, operator, std::slice::from_ref(post)).await;
                done = (done.0 + taken, done.1 + repeated);
            }
            done
        });
    }
    let mut figures = Figures::default();
    while let Some(done) = tabs.join_next().await {
        let (taken, repeated) = done.expect("every post is taken in the end");
        figures.count("posts acknowledged", taken);
        figures.count("posts repeated because nobody answered", repeated);
    }
    figures
}

async fn post_all(page: &Page, operator: usize, posts: &[Value]) -> (u64, u64) {
    let mut repeated = 0;
    for post in posts {
        repeated += page.post(operator, "/callLogger", post).await.1 - 1;
    }
    (posts.len() as u64, repeated)
}

/// What a tab posts by itself: each stage of the call, out of order, some twice.
fn machine_posts(call: &Call, chance: &mut StdRng) -> Vec<Value> {
    let mut posts: Vec<Value> = ["Ringing", "CallConnected", "NoCall", ""].map(|stage| stage_of(call, stage)).into();
    if chance.random_bool(0.5) {
        posts.push(posts[chance.random_range(0..posts.len())].clone());
    }
    if chance.random_bool(0.5) {
        posts.shuffle(chance);
    }
    posts
}

fn stage_of(call: &Call, stage: &str) -> Value {
    let mut post = json!({"triggerType": "presenceUpdate", "call": {"sessionId": call.session,
        "telephonySessionId": format!("s-{}-{}", call.session, call.operator), "direction": "Inbound",
        "from": {"phoneNumber": crm::number(call.person)}, "to": {"phoneNumber": "+16505550199"},
        "startTime": BEGAN * 1000}});
    match stage {
        "" => {
            post["triggerType"] = "callLogSync".into();
            for (name, value) in
                [("action", json!("Phone Call")), ("result", json!("Accepted")), ("duration", json!(75))]
            {
                post["call"][name] = value;
            }
        }
        "NoCall" => {
            post["call"]["telephonyStatus"] = stage.into();
            post["call"]["result"] = "Disconnected".into();
        }
        _ => post["call"]["telephonyStatus"] = stage.into(),
    }
    post
}

/// What the operator posts, one after the other.
fn person_posts(call: &Call, late: bool) -> Vec<Value> {
    let (early, others) = call.edits.split_at(call.early);
    let posts = if late { others } else { early }.iter().map(|edit| {
        let mut post = stage_of(call, "CallConnected");
        match edit {
            Edit::Note(text) => {
                post["triggerType"] = "editLog".into();
                post["note"] = text.as_str().into();
            }
            Edit::Move(to) => {
                post["triggerType"] = "contactUpdated".into();
                post["fromEntity"] = json!({"id": format!("crm:{to}")});
            }
        }
        post
    });
    posts.collect()
}
