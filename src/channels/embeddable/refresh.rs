//! The refresh button of the contact list (protocol 3.1, type `manual`): connectors look for changes
//! now. The list is answered when they are done, or without them when that takes long; then the
//! operator sees how far they are.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::commands;
use crate::domain::operator::Operator;
use crate::http::ServiceState;
use crate::sync::{Lane, Phase, Progress, RunOptions};

/// How long the list waits for connectors: the widget waits a minute for its page.
const PATIENCE: Duration = Duration::from_secs(8);
/// What takes no longer needs no words.
const QUICK: Duration = Duration::from_secs(2);

/// Looks for changes everywhere; returns when all is done or the patience is over. The work goes on.
pub(super) async fn refresh(state: &ServiceState, operator: &Arc<Operator>) {
    let lanes: Vec<Arc<Lane>> = state.sync.lanes().cloned().collect();
    if lanes.is_empty() {
        return;
    }
    let work: Vec<_> =
        lanes.into_iter().map(|lane| state.hub.tasks().spawn(one(state.clone(), operator.clone(), lane))).collect();
    drop(tokio::time::timeout(PATIENCE, join_all(work)).await);
}

async fn one(state: ServiceState, operator: Arc<Operator>, lane: Arc<Lane>) {
    let task = format!("sync:{}", lane.id());
    let tell = |level: &str, message: &str, done: bool| {
        state.hub.tell(&operator, &[commands::progress(&task, level, message, done)]);
    };
    let mut progress = lane.progress();
    let slow = tokio::time::sleep(QUICK);
    let running = lane.sync_now(RunOptions::default());
    let (mut slow, mut running) = (std::pin::pin!(slow), std::pin::pin!(running));
    let mut told = false;
    let result = loop {
        tokio::select! {
            result = &mut running => break result,
            () = &mut slow, if !told => {
                told = true;
                tell("info", &format!("Fetching contacts from {}", lane.name()), false);
            }
            Ok(()) = progress.changed(), if told => {
                let now = *progress.borrow_and_update();
                if let Some(words) = words(lane.name(), now) {
                    tell("info", &words, false);
                }
            }
        }
    };
    match result {
        Ok(_) if told => tell("success", &format!("Contacts from {} are up to date", lane.name()), true),
        Ok(_) => {}
        Err(error) => tell("warning", &format!("Contacts from {} were not fetched: {error}", lane.name()), true),
    }
}

fn words(name: &str, progress: Progress) -> Option<String> {
    let of = progress.total.map_or_else(String::new, |total| format!(" of {total}"));
    match progress.phase {
        Phase::Idle => None,
        Phase::Listing | Phase::Changes => Some(format!("Fetching contacts from {name}: {}{of} so far", progress.done)),
        Phase::Sweeping => Some(format!("Comparing contacts with {name}")),
    }
}
