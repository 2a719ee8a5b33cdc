//! Whatever changes between whichever pages: after a quiet sync each widget's list equals the table.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::widget::Widget;
use crate::support::{Daemon, NOW};

/// More than two pages of a thousand.
const SEEDED: usize = 2_050;
const WIDGETS: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    /// Contacts around a place are written with a new name.
    Edit { at: usize, count: usize, name: u32 },
    /// Contacts around a place are deleted.
    Delete { at: usize, count: usize },
    /// Contacts that were never there.
    Add { count: usize },
    /// A widget fetches one page, if need be of a new run.
    Page { widget: usize },
    /// A widget is loaded anew: its memory is gone.
    Reload { widget: usize },
    /// The clock moves, either way.
    Clock { by: i64 },
    /// Old tombstones are forgotten.
    Purge { before: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let count = prop_oneof![4 => 1..5_usize, 1 => 900..1_300_usize];
    prop_oneof![
        4 => (0..SEEDED, count.clone(), any::<u32>()).prop_map(|(at, count, name)| Step::Edit { at, count, name }),
        3 => (0..SEEDED, count.clone()).prop_map(|(at, count)| Step::Delete { at, count }),
        1 => count.prop_map(|count| Step::Add { count }),
        9 => (0..WIDGETS).prop_map(|widget| Step::Page { widget }),
        1 => (0..WIDGETS).prop_map(|widget| Step::Reload { widget }),
        3 => (-100_000..100_000_i64).prop_map(|by| Step::Clock { by }),
        1 => (-50_000..50_000_i64).prop_map(|before| Step::Purge { before }),
    ]
}

struct World {
    daemon: Daemon,
    table: BTreeMap<String, String>,
    widgets: Vec<Widget>,
    next: usize,
}

impl World {
    async fn new() -> Self {
        let daemon = Daemon::start().await;
        let mut world = Self { daemon, table: BTreeMap::new(), widgets: vec![Widget::default(); WIDGETS], next: 0 };
        world.write(0, SEEDED, 0).await;
        world.next = SEEDED;
        world
    }

    async fn write(&mut self, at: usize, count: usize, name: u32) {
        let contacts: Vec<Value> = (at..at + count)
            .map(|n| {
                let (id, name) = (format!("c{n}"), format!("N{name}"));
                self.table.insert(id.clone(), json!(name).to_string());
                json!({"id": id, "name": name})
            })
            .collect();
        self.daemon.contacts(&contacts).await;
    }

    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Edit { at, count, name } => self.write(at, count, name).await,
            Step::Delete { at, count } => {
                let ids: Vec<String> = (at..at + count).map(|n| format!("c{n}")).collect();
                ids.iter().for_each(|id| drop(self.table.remove(id)));
                self.daemon.delete(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
            }
            Step::Add { count } => {
                self.write(self.next + SEEDED, count, 7).await;
                self.next += count;
            }
            Step::Page { widget } => {
                let mut at = std::mem::take(&mut self.widgets[widget]);
                // A run that a purge cut off is dropped: list and token stay (protocol 1.3).
                at.step_or_drop(&self.daemon).await;
                self.widgets[widget] = at;
            }
            Step::Reload { widget } => self.widgets[widget] = Widget::default(),
            Step::Clock { by } => self.daemon.clock.advance(by),
            Step::Purge { before } => {
                self.daemon.state.storage.purge_tombstones(NOW + before).await.expect("purged");
            }
        }
    }

    async fn settle(&mut self) {
        for (place, widget) in self.widgets.iter_mut().enumerate() {
            // What was under way ends first; then one quiet sync.
            while !widget.step_or_drop(&self.daemon).await {}
            widget.sync(&self.daemon).await;
            let listed = widget.by_id();
            let wrong: Vec<_> = self
                .table
                .iter()
                .filter(|(id, name)| listed.get(*id) != Some(name))
                .chain(listed.iter().filter(|(id, _)| !self.table.contains_key(*id)))
                .take(5)
                .collect();
            assert!(wrong.is_empty(), "widget {place} differs from the table, first at {wrong:?}");
        }
    }
}

#[test]
fn after_a_quiet_sync_every_widgets_list_is_the_table() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = Config { cases: 16, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let steps = prop::collection::vec(step(), 5..40);
    let tried = TestRunner::new(config).run(&steps, |steps| {
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in &steps {
                world.take(step).await;
            }
            world.settle().await;
            world.daemon.stop().await;
        });
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}
