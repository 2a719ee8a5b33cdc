//! A widget's contact list, by the merge rules of protocol 3.1.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Daemon;

#[derive(Debug, Clone, Default)]
pub struct Widget {
    /// In memory only: after a reload a full sync comes.
    pub list: Vec<Value>,
    pub token: Value,
    run: Option<Run>,
}

#[derive(Debug, Clone)]
struct Run {
    page: Value,
    asked: Value,
    /// Of page 1, and only of page 1.
    token: Option<Value>,
    data: Vec<Value>,
    pages: usize,
}

impl Widget {
    /// A widget that holds a token from before.
    pub fn holding(token: Value) -> Self {
        Self { token, ..Self::default() }
    }

    /// Fetches one page. True when the run ended with it.
    pub async fn step(&mut self, daemon: &Daemon) -> bool {
        let before = self.run.as_ref().map(|run| run.page.clone());
        assert!(self.fetch(daemon).await, "page {before:?} was refused");
        self.run.is_none()
    }

    /// The same, but a refused page drops the whole run: list and token stay (protocol 1.3).
    pub async fn step_or_drop(&mut self, daemon: &Daemon) -> bool {
        let starts = self.run.is_none();
        assert!(self.fetch(daemon).await || !starts, "page 1 was refused");
        self.run.is_none()
    }

    async fn fetch(&mut self, daemon: &Daemon) -> bool {
        let mut run = self.run.take().unwrap_or_else(|| Run {
            page: json!(1),
            asked: self.token.clone(),
            token: None,
            data: Vec::new(),
            pages: 0,
        });
        let body = json!({"page": run.page, "syncTimestamp": run.asked, "type": "manual"});
        let answer = daemon.try_post("/contacts", &body).await;
        if answer.status != 200 {
            answer.problem(422, "invalid_body");
            return false;
        }
        let response = answer.json()["response"].clone();
        let page = response["data"].as_array().expect("a page is a list");
        run.data.extend(page.iter().cloned());
        run.pages += 1;
        assert!(run.pages < 1000, "a run that does not end");
        let token = response.get("syncTimestamp").cloned().unwrap_or(Value::Null);
        run.token.get_or_insert(token);
        if truthy(&response["nextPage"]) {
            run.page = response["nextPage"].clone();
            self.run = Some(run);
        } else {
            self.finish(run);
        }
        true
    }

    fn finish(&mut self, run: Run) {
        let mut seen = BTreeMap::new();
        for contact in &run.data {
            let id = contact["id"].as_str().expect("an id");
            assert!(seen.insert(id.to_owned(), ()).is_none(), "{id} twice in one listing");
        }
        let token = run.token.unwrap_or(Value::Null);
        if truthy(&run.asked) && truthy(&token) {
            self.list.retain(|known| !seen.contains_key(known["id"].as_str().expect("an id")));
            self.list.extend(run.data.into_iter().filter(|contact| !truthy(&contact["deleted"])));
            self.token = token;
        } else {
            assert!(run.data.iter().all(|contact| !truthy(&contact["deleted"])), "a tombstone in a full list is shown");
            self.list = run.data;
            self.token = if truthy(&token) { token } else { Value::Null };
        }
    }

    /// Runs to the end of the current run, or through a new one.
    pub async fn sync(&mut self, daemon: &Daemon) {
        while !self.step(daemon).await {}
    }

    /// Its contacts by id.
    pub fn by_id(&self) -> BTreeMap<String, String> {
        let pairs = self.list.iter().map(|c| (c["id"].as_str().expect("an id").to_owned(), c["name"].to_string()));
        let map: BTreeMap<String, String> = pairs.collect();
        assert_eq!(map.len(), self.list.len(), "a contact stands twice in the list");
        map
    }
}

/// As JavaScript has it.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}
