//! JSON as a value of expressions without making one of all of it: a condition on a page of a thousand
//! records looks at one key.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

/// One step into JSON.
#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

/// A table or a list inside of an answer.
#[derive(Debug)]
struct Part {
    root: Arc<serde_json::Value>,
    steps: Vec<Step>,
}

/// An answer's JSON for expressions.
pub(super) fn value(root: &Arc<serde_json::Value>) -> Value {
    part(root, Vec::new())
}

fn at<'a>(root: &'a serde_json::Value, steps: &[Step]) -> Option<&'a serde_json::Value> {
    steps.iter().try_fold(root, |here, step| match step {
        Step::Key(key) => here.get(key),
        Step::Index(index) => here.get(index),
    })
}

fn part(root: &Arc<serde_json::Value>, steps: Vec<Step>) -> Value {
    match at(root, &steps) {
        None => Value::UNDEFINED,
        Some(serde_json::Value::Array(_) | serde_json::Value::Object(_)) => {
            Value::from_object(Part { root: root.clone(), steps })
        }
        Some(plain) => Value::from(minijinja::value::Serde(plain)),
    }
}

impl Object for Part {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match at(&self.root, &self.steps) {
            Some(serde_json::Value::Array(_)) => ObjectRepr::Seq,
            _ => ObjectRepr::Map,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let step = match at(&self.root, &self.steps)? {
            serde_json::Value::Array(_) => Step::Index(key.as_usize()?),
            _ => Step::Key(key.as_str()?.to_owned()),
        };
        let mut steps = self.steps.clone();
        steps.push(step);
        at(&self.root, &steps)?;
        Some(part(&self.root, steps))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match at(&self.root, &self.steps) {
            Some(serde_json::Value::Array(items)) => Enumerator::Seq(items.len()),
            Some(serde_json::Value::Object(map)) => {
                Enumerator::Values(map.keys().map(|key| Value::from(key.as_str())).collect())
            }
            _ => Enumerator::NonEnumerable,
        }
    }
}
