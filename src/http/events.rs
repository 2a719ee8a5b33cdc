//! Commands to pages that are open: one event stream a browser, one hub for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::access::Caller;
use super::state::ServiceState;
use crate::domain::operator::Operator;

/// Messages a slow page may be behind before it is told to fetch everything again.
const BACKLOG: usize = 256;
/// Changes of contacts within this time are told together.
const GATHERED: Duration = Duration::from_millis(300);
/// More changed numbers than this are not listed: the widget asks again by itself (its TTL).
const MOST_NUMBERS: usize = 1000;
/// Longest life of a stream where tokens are off.
const LONGEST_STREAM: Duration = Duration::from_hours(24);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Debug, Clone)]
struct Message {
    /// `None` is everybody.
    operator: Option<String>,
    commands: Arc<str>,
    id: u64,
}

/// Where commands for open pages are handed in.
#[derive(Debug, Clone)]
pub struct Hub {
    sender: broadcast::Sender<Message>,
    changed: Arc<Mutex<Gathering>>,
    present: Present,
    closing: CancellationToken,
    tasks: TaskTracker,
}

/// Operators with open pages, by id, and how many.
type Present = Arc<Mutex<BTreeMap<String, (Arc<Operator>, usize)>>>;

/// One open stream; dropped with it.
#[derive(Debug)]
struct Presence {
    present: Present,
    id: String,
}

impl Presence {
    fn of(present: &Present, operator: &Arc<Operator>) -> Self {
        let mut all = present.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(operator.id.clone()).or_insert_with(|| (operator.clone(), 0));
        // The newest token's words: names change.
        entry.0 = operator.clone();
        entry.1 += 1;
        Self { present: present.clone(), id: operator.id.clone() }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut all = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = all.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.id);
            }
        }
    }
}

#[derive(Debug, Default)]
struct Gathering {
    numbers: BTreeSet<String>,
    waiting: bool,
    sent: u64,
}

impl Hub {
    /// A hub whose streams end when `closing` is cancelled.
    pub fn new(closing: CancellationToken, tasks: TaskTracker) -> Self {
        Self {
            sender: broadcast::channel(BACKLOG).0,
            changed: Arc::default(),
            present: Present::default(),
            closing,
            tasks,
        }
    }

    /// Where work goes that outlives the request it came with.
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// The end of the daemon.
    pub fn closing(&self) -> CancellationToken {
        self.closing.clone()
    }

    /// Sends commands to every open page of an operator.
    pub fn tell(&self, operator: &Operator, commands: &[Value]) {
        self.send(Some(operator.id.clone()), commands);
    }

    /// Operators who have a page open.
    pub fn operators(&self) -> Vec<Arc<Operator>> {
        let all = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().map(|(operator, _)| operator.clone()).collect()
    }

    fn send(&self, operator: Option<String>, commands: &[Value]) {
        let id = {
            let mut gathering = self.lock();
            gathering.sent += 1;
            gathering.sent
        };
        let commands = json!({"commands": commands}).to_string().into();
        // No page is open: nobody to tell.
        let _ = self.sender.send(Message { operator, commands, id });
    }

    /// Contacts changed: pages fetch the list's changes and match these numbers again.
    pub fn contacts_changed(&self, numbers: Vec<String>) {
        let mut gathering = self.lock();
        gathering.numbers.extend(numbers);
        if std::mem::replace(&mut gathering.waiting, true) {
            return;
        }
        drop(gathering);
        let hub = self.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(GATHERED) => hub.tell_contacts_changed(),
                () = hub.closing.cancelled() => {}
            }
        });
    }

    fn tell_contacts_changed(&self) {
        let numbers = {
            let mut gathering = self.lock();
            gathering.waiting = false;
            std::mem::take(&mut gathering.numbers)
        };
        let mut commands = vec![json!({"type": "rc-adapter-sync-third-party-contacts"})];
        if !numbers.is_empty() && numbers.len() <= MOST_NUMBERS {
            commands.push(json!({"type": "rc-adapter-trigger-contact-match", "phoneNumbers": numbers}));
        }
        self.send(None, &commands);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Gathering> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a stream may run whose token ends at `end_ms`.
fn life(end_ms: i64, now_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(end_ms.saturating_sub(now_ms)).unwrap_or(0)).min(LONGEST_STREAM)
}

/// `GET /embeddable/events`: server-sent events, `hello` first, then `commands`.
pub async fn stream(
    State(state): State<ServiceState>,
    Caller { operator, expires_ms }: Caller,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let hello = Event::default().event("hello").data(json!({"version": env!("CARGO_PKG_VERSION")}).to_string());
    let receiver = state.hub.sender.subscribe();
    let closing = state.hub.closing.clone();
    // A stream speaks for its token no longer than any other request would; the page comes back with a
    // new one.
    let leeway_ms = i64::from(state.config.operators.leeway_seconds) * 1000;
    let over = tokio::time::Instant::now() + life(expires_ms.saturating_add(leeway_ms), state.clock.now_ms());
    // After the subscription: whoever is told is listening.
    let presence = Presence::of(&state.hub.present, &operator);
    let start = (Some(hello), receiver, closing, presence);
    let events = stream::unfold(start, move |(hello, mut receiver, closing, presence)| async move {
        if let Some(hello) = hello {
            return Some((Ok(hello), (None, receiver, closing, presence)));
        }
        loop {
            let next = tokio::select! {
                message = receiver.recv() => message,
                () = closing.cancelled() => return None,
                () = tokio::time::sleep_until(over) => return None,
            };
            let event = match next {
                Ok(message) if message.operator.as_ref().is_some_and(|id| *id != presence.id) => continue,
                Ok(message) => Event::default().event("commands").id(message.id.to_string()).data(&*message.commands),
                // Too far behind: what was missed is made good by one fresh sync.
                Err(broadcast::error::RecvError::Lagged(_)) => Event::default()
                    .event("commands")
                    .data(json!({"commands": [{"type": "rc-adapter-sync-third-party-contacts"}]}).to_string()),
                Err(broadcast::error::RecvError::Closed) => return None,
            };
            return Some((Ok(event), (None, receiver, closing, presence)));
        }
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_ends_with_its_token() {
        assert_eq!(life(5_000, 2_000), Duration::from_secs(3));
        assert_eq!(life(1_000, 2_000), Duration::ZERO);
        assert_eq!(life(i64::MAX, 2_000), LONGEST_STREAM);
    }
}
