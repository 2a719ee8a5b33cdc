//! Whether everything that was acknowledged is in the CRM once, as it should be.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::book::{Book, Row};
use super::figures::Figures;
use super::kind::Kind;
use super::load::{Call, Page};
use super::round::api;

/// What is wrong.
pub async fn of(page: &Page, book: &Book, calls: &[Call], kind: Kind, figures: &mut Figures) -> Vec<String> {
    let mut problems = Vec::new();
    let (mut lost, mut doubled) = (0, 0);
    for call in calls {
        let logs = api(page, Method::GET, &format!("/call-logs?sessionId={}", call.session)).await;
        let operator = format!("op{}", call.operator);
        let own: Vec<&Value> =
            logs["items"].as_array().into_iter().flatten().filter(|log| log["operator"] == operator).collect();
        let [log] = own.as_slice() else {
            problems.push(format!("{} logs of call {} of {operator}", own.len(), call.session));
            continue;
        };
        let key = log["id"].as_str().unwrap_or_default();
        let there = book.with_key(key);
        match there.as_slice() {
            [id] => {
                let entry = api(page, Method::GET, "/outbox?state=kept&limit=1000").await;
                let kept = |entry: &Value| entry["logId"] == key;
                let dropped = entry["items"].as_array().is_some_and(|items| items.iter().any(kept));
                if !(kind == Kind::Blind && dropped) {
                    let row = &book.rows[*id];
                    let twice = row.more.windows(2).filter(|pair| pair[0].1 == pair[1].1).count();
                    figures.count("texts added that say nothing new", twice as u64);
                    problems.extend(judged(key, row, call, kind));
                    problems.extend(shown(page, call, key).await);
                }
            }
            [] => {
                lost += 1;
                problems.push(format!("lost: {key} {call:?}"));
            }
            several => {
                doubled += several.len() - 1;
                problems.push(format!("doubled: {key} as {several:?} {call:?}"));
            }
        }
    }
    if book.rows.len() != calls.len() {
        problems.push(format!("{} logs in the CRM of {} calls", book.rows.len(), calls.len()));
    }
    if book.count("missing") > 0 {
        problems.push(format!("{} changes of logs that were not there", book.count("missing")));
    }
    figures.count("lost", lost);
    figures.count("doubled", doubled as u64);
    problems
}

/// What is wrong with a row.
fn judged(key: &str, row: &Row, call: &Call, kind: Kind) -> Vec<String> {
    let mut problems = Vec::new();
    let notes = call.notes();
    let texts = row.texts();
    if let (Some(note), Some(last)) = (notes.last(), texts.last())
        && !last.contains(*note)
    {
        problems.push(format!("{key} does not end with {note:?}: {texts:#?}"));
    }
    let order: Vec<usize> =
        texts.iter().map(|text| notes.iter().rposition(|note| text.contains(*note)).map_or(0, |at| at + 1)).collect();
    if !order.is_sorted() {
        problems.push(format!("{key} went back: notes {order:?}"));
    }
    let people: BTreeSet<String> = [call.contact().to_string()].into();
    if row.people != people {
        problems.push(format!("{key} hangs on {:?}, not on {people:?}: {call:?}", row.people));
    }
    if kind == Kind::Append {
        let keys: BTreeSet<&str> = row.more.iter().map(|(key, _)| key.as_str()).collect();
        if keys.len() != row.more.len() {
            problems.push(format!("{key} has texts twice: {:?}", row.more));
        }
    }
    problems
}

/// What is wrong with what the widget shows.
async fn shown(page: &Page, call: &Call, key: &str) -> Option<String> {
    let asked = json!({"sessionIds": [call.session]});
    let (answer, _) = page.post(call.operator, "/callLogger/match", &asked).await;
    let shown = &answer["response"]["data"][&call.session];
    let good = shown.as_array().is_some_and(|entities| {
        entities.len() == 1
            && entities[0]["type"] == "callLog"
            && entities[0]["id"] == key
            && entities[0]["note"] == call.notes().last().copied().unwrap_or_default()
            && entities[0]["contact"] == format!("crm:{}", call.contact())
    });
    (!good).then(|| format!("the widget shows of {key}: {shown}; {call:?}"))
}
